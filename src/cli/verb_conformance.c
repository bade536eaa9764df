/* SPDX-License-Identifier: Apache-2.0 */
/* quell conformance: the scoreboard of exams found in a folder. */
#define _POSIX_C_SOURCE 200809L
#include "base/json.h"
#include "cli/conformance.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct ql_conform_exam *ql_conform_add(struct ql_conformance *k, const char *id, const char *title)
{
	int last = (int)(sizeof k->exam / sizeof *k->exam) - 1;
	struct ql_conform_exam *e = &k->exam[k->n_exam < last ? k->n_exam++ : last];
	e->id = id;
	e->title = title;
	e->hash = QL_HASH_SEED;
	return e;
}

void ql_conform_judge(struct ql_conformance *k, struct ql_conform_exam *e, const char *id, const char *reason)
{
	QL_GROW(e->item, e->n, e->cap);
	e->item[e->n++] = (struct ql_conform_case){ql_arena_strdup(&k->c->arena, id), reason};
	e->passed += !reason;
}

bool ql_conform_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

const char *ql_conform_reason(struct ql_conformance *k, struct ql_diags *ds, enum quell_status s)
{
	for (int i = 0; i < ds->n; i++)
		if (ds->item[i]->severity == QL_ERROR)
			return ql_arena_strdup(&k->c->arena, ds->item[i]->message);
	return quell_status_text(s);
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

struct ql_words ql_conform_list(struct ql_conformance *k, const char *folder)
{
	struct ql_words w = {0};
	DIR *dir = opendir(folder);
	if (!dir)
		return w;
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			ql_words_add(&k->c->arena, &w, ql_arena_strdup(&k->c->arena, e->d_name));
	closedir(dir);
	if (w.n)
		qsort(w.item, (size_t)w.n, sizeof *w.item, by_name);
	return w;
}

static json_t *as_json(const struct ql_conformance *k, bool all)
{
	json_t *j = json_object(), *exams = json_array();
	json_object_set_new(j, "schema", json_string("quell-conformance-1"));
	json_object_set_new(j, "version", json_string(quell_version()));
	json_object_set_new(j, "passed", json_boolean(all));
	for (int i = 0; i < k->n_exam; i++) {
		const struct ql_conform_exam *e = &k->exam[i];
		char hash[20];
		snprintf(hash, sizeof hash, "%016llx", (unsigned long long)e->hash);
		json_t *x = json_object(), *failures = json_array();
		json_object_set_new(x, "id", json_string(e->id));
		json_object_set_new(x, "title", json_string(e->title));
		json_object_set_new(x, "total", json_integer(e->n));
		json_object_set_new(x, "passed", json_integer(e->passed));
		json_object_set_new(x, "failed", json_integer(e->n - e->passed));
		json_object_set_new(x, "files_hash", json_string(hash));
		for (int n = 0; n < e->n; n++)
			if (e->item[n].reason) {
				json_t *f = json_object();
				json_object_set_new(f, "case", ql_json_text(e->item[n].id));
				json_object_set_new(f, "reason", ql_json_text(e->item[n].reason));
				json_array_append_new(failures, f);
			}
		json_object_set_new(x, "failures", failures);
		json_array_append_new(exams, x);
	}
	json_object_set_new(j, "exams", exams);
	return j;
}

static void as_text(const struct ql_conformance *k, int limit)
{
	struct ql_buf *b = &k->c->out;
	ql_buf_printf(b, "%s%-24s %8s %8s %8s%s\n", ql_cli_style(k->c, QL_BOLD), "exam", "passed", "failed", "of",
		      ql_cli_style(k->c, QL_PLAIN));
	for (int i = 0; i < k->n_exam; i++) {
		const struct ql_conform_exam *e = &k->exam[i];
		ql_buf_printf(b, "%-24s %8d %8d %8d\n", e->id, e->passed, e->n - e->passed, e->n);
	}
	for (int i = 0; i < k->n_exam; i++) {
		const struct ql_conform_exam *e = &k->exam[i];
		for (int n = 0, shown = 0; n < e->n; n++) {
			if (!e->item[n].reason)
				continue;
			if (shown++ < limit)
				ql_buf_printf(b, "FAIL %s %s: %s\n", e->id, e->item[n].id, e->item[n].reason);
		}
	}
}

static int show(struct ql_conformance *k, int limit)
{
	bool all = k->n_exam > 0;
	int judged = 0;
	for (int i = 0; i < k->n_exam; i++) {
		all = all && k->exam[i].passed == k->exam[i].n;
		judged += k->exam[i].n;
	}
	if (!judged) {
		struct ql_diag *d = ql_diag_add(&k->c->ds, QL_E0915, ql_cli_span(k->c, k->exams), "no exams in `%s`", k->exams);
		ql_diag_help(d, "the folder holds `nonmem/`, `ivp/` or `sbml/`; docs/conformance.md says what is in them");
		return QL_EXIT_USAGE;
	}
	if (k->c->json)
		ql_cli_print_json(k->c, as_json(k, all));
	else
		as_text(k, limit);
	return all ? QL_EXIT_OK : QL_EXIT_INPUT;
}

int ql_verb_conformance(struct ql_cli *c, int argc, char **argv)
{
	struct ql_conformance k = {.c = c};
	int limit = 40;
	const struct ql_opt opt[] = {
		{"exams", QL_OPT_TEXT, &k.exams, "DIR", NULL, 0, 0, NULL, "folder with nonmem/, ivp/ and sbml/ (required)"},
		{"models", QL_OPT_TEXT, &k.models, "DIR", "tests/exams of quell", 0, 0, NULL, "models of the NONMEM exams, NAME.qm"},
		{"limit", QL_OPT_INT, &limit, "N", "40", 0, 1e6, NULL, "failures to list per exam"},
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{0}};
	const struct ql_command cmd = {"conformance", "", 0, 0,
				       "Runs the exams in a folder and prints how many cases pass. Exit status 0: all passed, 1: some\n"
				       "failed, 2: nothing to score.\n",
				       "quell conformance --exams ../shared/exams\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!k.exams) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell conformance` needs `--exams`");
		ql_diag_help(d, "the folder that holds the exams");
		return QL_EXIT_USAGE;
	}
	if (!k.models && !ql_cli_data(c))
		return QL_EXIT_INPUT;
	k.models = k.models ? k.models : ql_arena_printf(&c->arena, "%s/tests/exams", c->data_dir);
	ql_conform_nonmem(&k);
	ql_conform_ivp(&k);
	ql_conform_sbml(&k);
	exit = *c->cancel ? QL_EXIT_INTERRUPTED : show(&k, limit);
	for (int i = 0; i < k.n_exam; i++)
		ql_free(k.exam[i].item);
	return exit;
}
