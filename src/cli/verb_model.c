/* SPDX-License-Identifier: Apache-2.0 */
/* quell model: check a model text, show what it holds. */
#include "base/json.h"
#include "cli/library_text.h"
#include "cli/model_regimens.h"
#include "cli/model_verbs.h"
#include <string.h>


static int plan_size(struct ql_cli *c, struct ql_model *m, const struct ql_kernel_set *k, int *jacobian, int *fill)
{
	bool all = !k || (k->n_active == 1 && strcmp(k->active[0], "*") == 0);
	double operations;
	return ql_model_plan_size(c, m, k ? k->name : "all", all ? NULL : k->active, all ? 0 : k->n_active, jacobian, fill, &operations);
}

static int count_kind(const struct ql_model *m, enum ql_kind k)
{
	int n = 0;
	for (int i = 0; i < m->n_q; i++)
		n += m->q[i].kind == k;
	return n;
}

static int check_one(struct ql_cli *c, const char *path)
{
	struct ql_model *m = NULL;
	int jacobian, fill;
	enum quell_status s = ql_model_load(path, &c->ds, &m);
	if (s == QUELL_OK && plan_size(c, m, NULL, &jacobian, &fill) < 0)
		s = QUELL_ERR_INPUT;
	if (s == QUELL_OK)
		ql_buf_printf(&c->out, "%s: fine; %d states, %d parameters, %d outputs%s, hash %016llx\n", path,
			      count_kind(m, QL_STATE), count_kind(m, QL_PARAM), count_kind(m, QL_OUTPUT),
			      m->has_units ? ", units agree" : ", no units", (unsigned long long)m->hash);
	ql_model_free(m);
	return ql_cli_exit(s);
}

static void section(struct ql_cli *c, const char *title, int n)
{
	ql_buf_printf(&c->out, "\n%s%s%s (%d)\n", ql_cli_style(c, QL_BOLD), title, ql_cli_style(c, QL_PLAIN), n);
}

static void citations(struct ql_cli *c, const struct ql_quantity *q)
{
	for (int i = 0; i < q->n_cite; i++)
		ql_buf_printf(&c->out, "%s%s", i ? ", " : "{", q->cite[i]);
	ql_buf_puts(&c->out, q->n_cite ? "}" : "");
}

static void quantities(struct ql_cli *c, const struct ql_model *m, const double *typical, enum ql_kind kind,
		       const char *title)
{
	char number[32];
	int width = 20;
	section(c, title, count_kind(m, kind));
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == kind && ql_text_width(m->q[i].name) > width)
			width = ql_text_width(m->q[i].name);
	for (int i = 0; i < m->n_q; i++) {
		const struct ql_quantity *q = &m->q[i];
		if (q->kind != kind)
			continue;
		const char *unit = strcmp(q->unit, "1") == 0 ? "" : q->unit;
		const char *value = isfinite(typical[i]) ? ql_format_double(typical[i], number) : "";
		if (strlen(value) > 10) {
			snprintf(number, sizeof number, "%.6g", typical[i]);
			value = number;
		}
		ql_buf_puts(&c->out, "  ");
		ql_buf_pad(&c->out, q->name, width + 1, false);
		ql_buf_pad(&c->out, ql_arena_printf(&c->arena, " %s%s%s", value, *value && *unit ? " " : "", unit), 22, false);
		ql_buf_pad(&c->out, ql_grade_word(q->grade), *ql_grade_word(q->grade) ? 12 : 0, false);
		ql_buf_printf(&c->out, "%s%s", q->doc ? q->doc : "", q->doc && *q->doc && q->n_cite ? " " : "");
		citations(c, q);
		ql_buf_puts(&c->out, "\n");
	}
}

static void doses(struct ql_cli *c, const struct ql_model *m)
{
	section(c, "doses", m->n_dose);
	for (int i = 0; i < m->n_dose; i++)
		ql_buf_printf(&c->out, "  %-26s %-10s into %s: %s\n", m->dose[i].name, m->dose[i].unit,
			      m->q[m->dose[i].state].name, m->dose[i].doc ? m->dose[i].doc : "");
}

static size_t module_length(const char *name)
{
	const char *dot = strchr(name, '.');
	return dot ? (size_t)(dot - name) : strlen(name);
}

/* What may be given; many of one module are counted in place of named. */
static void active_names(struct ql_cli *c, const struct ql_kernel_set *k)
{
	for (int i = 0, n; i < k->n_active; i += n) {
		size_t len = module_length(k->active[i]);
		for (n = 1; i + n < k->n_active && module_length(k->active[i + n]) == len; n++)
			if (memcmp(k->active[i + n], k->active[i], len) != 0)
				break;
		if (n > 3) {
			ql_buf_printf(&c->out, "%s %d of %.*s", i ? "," : "", n, (int)len, k->active[i]);
			continue;
		}
		for (int j = i; j < i + n; j++)
			ql_buf_printf(&c->out, "%s %s", j ? "," : "", k->active[j]);
	}
	ql_buf_puts(&c->out, "\n");
}

static void kernels(struct ql_cli *c, struct ql_model *m)
{
	section(c, "kernels, with what is left of the states after pruning", m->n_kernel);
	for (int i = 0; i < m->n_kernel; i++) {
		int jacobian, fill, n = plan_size(c, m, &m->kernel[i], &jacobian, &fill);
		ql_buf_printf(&c->out, "  %-18s %3d states, %4d entries of the Jacobian, %4d of its factors:", m->kernel[i].name, n,
			      jacobian, fill);
		active_names(c, &m->kernel[i]);
	}
}

static json_t *quantity_json(const struct ql_quantity *q, double typical)
{
	json_t *o = json_object(), *cite = json_array();
	json_object_set_new(o, "name", json_string(q->name));
	json_object_set_new(o, "kind", json_string(ql_kind_word(q)));
	json_object_set_new(o, "unit", ql_json_text(q->unit));
	json_object_set_new(o, "value", ql_json_real(typical));
	json_object_set_new(o, "spread", ql_json_text(q->spread_text));
	json_object_set_new(o, "meaning", ql_json_text(q->doc));
	json_object_set_new(o, "grade", ql_json_text(*ql_grade_word(q->grade) ? ql_grade_word(q->grade) : NULL));
	for (int i = 0; i < q->n_cite; i++)
		json_array_append_new(cite, json_string(q->cite[i]));
	json_object_set_new(o, "sources", cite);
	json_object_set_new(o, "file", ql_json_text(q->span.file ? strrchr(q->span.file, '/') ? strrchr(q->span.file, '/') + 1
								  : q->span.file : NULL));
	json_object_set_new(o, "line", json_integer(q->span.line));
	return o;
}

static void show_json(struct ql_cli *c, struct ql_model *m, const double *typical, const struct ql_regimen_sizes *sizes)
{
	char hash[32];
	json_t *o = json_object(), *list = json_array(), *sets = json_array();
	snprintf(hash, sizeof hash, "%016llx", (unsigned long long)m->hash);
	json_object_set_new(o, "schema", json_string("quell.model/1"));
	json_object_set_new(o, "model", ql_json_text(m->name));
	json_object_set_new(o, "model_hash", json_string(hash));
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind != QL_RANDOM && m->q[i].kind != QL_ACTIVE)
			json_array_append_new(list, quantity_json(&m->q[i], typical[i]));
	json_object_set_new(o, "quantities", list);
	for (int i = 0; i < m->n_kernel; i++) {
		int jacobian, fill, n = plan_size(c, m, &m->kernel[i], &jacobian, &fill);
		json_t *k = json_object(), *active = json_array();
		json_object_set_new(k, "name", json_string(m->kernel[i].name));
		json_object_set_new(k, "states", json_integer(n));
		json_object_set_new(k, "jacobian", json_integer(jacobian));
		json_object_set_new(k, "factors", json_integer(fill));
		for (int j = 0; j < m->kernel[i].n_active; j++)
			json_array_append_new(active, json_string(m->kernel[i].active[j]));
		json_object_set_new(k, "active", active);
		json_array_append_new(sets, k);
	}
	json_object_set_new(o, "kernels", sets);
	if (sizes->n)
		json_object_set_new(o, "regimens", ql_model_regimens_json(sizes));
	ql_cli_print_json(c, o);
}

static int show(struct ql_cli *c, const char *path, bool shipped)
{
	struct ql_model *m = NULL;
	enum quell_status s = ql_model_load(path, &c->ds, &m);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	const double *typical = ql_typical_values(c, m);
	struct ql_regimen_sizes sizes = {0};
	if (shipped)
		sizes = ql_model_regimen_sizes(c, m);
	if (c->json) {
		show_json(c, m, typical, &sizes);
	} else {
		ql_buf_printf(&c->out, "%s%s%s  %s\nhash %016llx\n", ql_cli_style(c, QL_BOLD), m->name, ql_cli_style(c, QL_PLAIN),
			      m->doc ? m->doc : "", (unsigned long long)m->hash);
		for (int i = 0; i < m->n_module; i++)
			ql_buf_printf(&c->out, "  %-18s %s\n", m->module_name[i], m->module_doc[i] ? m->module_doc[i] : "");
		quantities(c, m, typical, QL_STATE, "states, values at the start");
		quantities(c, m, typical, QL_PARAM, "parameters, typical values");
		quantities(c, m, typical, QL_COVARIATE, "covariates, defaults");
		doses(c, m);
		quantities(c, m, typical, QL_INPUT, "inputs");
		quantities(c, m, typical, QL_OUTPUT, "outputs");
		kernels(c, m);
		if (sizes.n) {
			section(c, "regimens of the library, with what is left of the states for each alone", sizes.n);
			ql_model_regimens_text(c, &sizes);
		}
	}
	ql_model_free(m);
	return c->ds.n_errors ? QL_EXIT_INPUT : QL_EXIT_OK;
}

/* `quell model show mab.kseq`: names of the shipped model in place of a file. */
static bool names_quantities(const struct ql_cli *c)
{
	for (int i = 1; i < c->args.n; i++)
		if (strchr(c->args.item[i], '/') || strstr(c->args.item[i], ".qm"))
			return false;
	return c->args.n > 1;
}

static void unknown_quantity(struct ql_cli *c, const struct ql_model *m, const char *name)
{
	const unsigned kinds = 1u << QL_PARAM | 1u << QL_AGENT | 1u << QL_COVARIATE | 1u << QL_INPUT | 1u << QL_STATE | 1u << QL_OUTPUT | 1u << QL_LET;
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0916, ql_cli_span(c, name), "the model has no quantity `%s`", name);
	const char *near = ql_model_suggest(m, name, kinds);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`quell model show` lists the names; a file is given with its ending .qm");
}

static int show_names(struct ql_cli *c, const char *path)
{
	struct ql_model *m = NULL;
	enum quell_status s = ql_model_load(path, &c->ds, &m);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	const double *typical = ql_typical_values(c, m);
	json_t *list = json_array();
	for (int i = 1; i < c->args.n; i++) {
		int q = ql_model_find(m, c->args.item[i]);
		if (q < 0)
			unknown_quantity(c, m, c->args.item[i]);
		else if (c->json)
			json_array_append_new(list, quantity_json(&m->q[q], typical[q]));
		else
			ql_text_quantity(c, m, typical, q);
	}
	if (c->json)
		ql_cli_print_json(c, list);
	else
		json_decref(list);
	ql_model_free(m);
	return c->ds.n_errors ? QL_EXIT_INPUT : QL_EXIT_OK;
}

static int check(struct ql_cli *c, const char *shipped)
{
	int exit = QL_EXIT_OK;
	c->check = true;
	if (c->args.n == 1)
		return check_one(c, shipped);
	for (int i = 1; i < c->args.n; i++) {
		int one = check_one(c, c->args.item[i]);
		exit = one > exit ? one : exit;
	}
	return exit;
}

static int wrong_action(struct ql_cli *c, const char *action)
{
	static const char *const known[] = {"check", "show", "build", "export", "diff", "doc", "fmt"};
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0914, ql_cli_span(c, action), "`quell model` cannot do that with `%s`", action);
	if (strcmp(action, "diff") == 0 || strcmp(action, "fmt") == 0) {
		ql_diag_help(d, "`quell model %s` needs %s", action, *action == 'd' ? "two files" : "at least one file");
		return QL_EXIT_USAGE;
	}
	const char *near = ql_suggest(action, known, sizeof known / sizeof *known);
	if (near && strcmp(near, action) != 0)
		ql_diag_help(d, "did you mean `quell model %s`?", near);
	else
		ql_diag_help(d, "`quell model --help` lists the actions and what they take");
	return QL_EXIT_USAGE;
}

int ql_verb_model(struct ql_cli *c, int argc, char **argv)
{
	struct ql_model_options o = {0};
	const struct ql_opt opt[] = {
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "`show`, `build` and `diff` as JSON"},
		{"doses", QL_OPT_LIST, &o.doses, "A,B,...", "each alone, and all", 0, 0, NULL, "`build`: what runs will give or set"},
		{"format", QL_OPT_CHOICE, &o.format, NULL, "sbml", 0, 0, "sbml|rxode2|mrgsolve", "`export`: for which program"},
		{"out", QL_OPT_TEXT, &o.out, "FILE", "standard output", 0, 0, NULL,
		 "`export`: the file; FILE.expected.csv beside it holds numbers to check with. `doc`: the folder"},
		{"write", QL_OPT_FLAG, &o.write, NULL, NULL, 0, 0, NULL, "`fmt`: change the files"},
		{"check", QL_OPT_FLAG, &o.check, NULL, NULL, 0, 0, NULL, "`fmt`: name the files that would change; exit status 1 if any"},
		{"data", QL_OPT_TEXT, &o.data, "FILE", NULL, 0, 0, NULL, "`export`: doses of this data set's first subject go along"},
		{"end", QL_OPT_NUMBER, &o.end, "T", "100", 1e-300, 1e300, NULL, "`export` without --data: last time of the expected numbers"},
		{"set", QL_OPT_ITEM, &o.set, "NAME=VALUE", NULL, 0, 0, NULL, "`export`: change a parameter; may be repeated"},
		{"agents", QL_OPT_LIST, &o.agents, "SLOT=NAME,...", "the model's", 0, 0, NULL, "`export`: rows of library/agents"},
		{0}};
	const struct ql_command cmd = {
		"model", "ACTION [FILE...|NAME...]", 1, 1000,
		"check FILE...   grammar, names and units of model texts; all mistakes at once\n"
		"show [FILE]     states, parameters with source and grade, doses, outputs, states left for each kernel and regimen\n"
		"show NAME...    these quantities of the shipped model only\n"
		"build [FILE]    compile for this machine, into a cache; runs then use it by themselves\n"
		"export [FILE]   for SBML, rxode2 or mrgsolve, with expected numbers; what the format cannot carry is named\n"
		"diff A B        what differs: quantities, equations, doses, events; layout and order do not count\n"
		"doc [FILE]      pages with typeset equations, parameters and references, one per module\n"
		"fmt FILE...     canonical layout; words, lines and comments stay\n"
		"Without FILE: the shipped CLL model.\n",
		"quell model check my-model.qm\nquell model show my-model.qm --json\nquell model show mab.kseq\nquell model build my-model.qm\n"
		"quell model export my-model.qm --format rxode2 --out my-model.R\nquell model doc --out pages\n",
		{opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	const char *action = c->args.item[0], *file;
	bool names = strcmp(action, "show") == 0 && names_quantities(c), shipped = c->args.n == 1 || names;
	if (shipped) {
		if (!ql_cli_data(c))
			return QL_EXIT_INPUT;
		file = ql_arena_printf(&c->arena, "%s/models/cll/cll.qm", c->data_dir);
	} else {
		file = c->args.item[1];
	}
	if (strcmp(action, "check") == 0)
		return check(c, file);
	if (names)
		return show_names(c, file);
	if (strcmp(action, "show") == 0 && c->args.n <= 2)
		return show(c, file, shipped);
	if (strcmp(action, "build") == 0 && c->args.n <= 2)
		return ql_model_build_verb(c, file, &o);
	if (strcmp(action, "export") == 0 && c->args.n <= 2)
		return ql_model_export_verb(c, file, &o);
	if (strcmp(action, "diff") == 0 && c->args.n == 3)
		return ql_model_diff_verb(c, c->args.item[1], c->args.item[2]);
	if (strcmp(action, "doc") == 0 && c->args.n <= 2)
		return ql_model_doc_verb(c, file, &o);
	if (strcmp(action, "fmt") == 0 && c->args.n >= 2)
		return ql_model_fmt_verb(c, file, &o);
	return wrong_action(c, action);
}
