/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutation of the shipped model: each equation in turn is multiplied by one
 * litre, and each declared unit divided by one; the checker must object every
 * time. An equation whose unit nothing checks would slip through here.
 */
#define _POSIX_C_SOURCE 200809L
#include "lang_model.h"
#include "base/io.h"
#include "base/paths.h"
#include <sys/stat.h>
#include <unistd.h>

struct place {
	int line;	   /* of the statement */
	size_t from, to;   /* text of the equation, or of the unit */
	bool is_unit;
};

static size_t indent_of(const char *s) { return strspn(s, " \t"); }

/* End of the statement that starts at `s`: before the first line that is not indented deeper; blank lines end it too. */
static const char *statement_end(const char *s)
{
	const char *line = s;
	while (line > s - 200 && line[-1] != '\n' && line[-1] != 0)
		line--;
	size_t indent = indent_of(line);
	for (const char *nl = strchr(s, '\n'); nl; nl = strchr(nl + 1, '\n'))
		if (nl[1] == '\n' || nl[1] == 0 || indent_of(nl + 1) <= indent)
			return nl;
	return s + strlen(s);
}

/* Up to the meaning or a comment. */
static const char *equation_end(const char *from, const char *end)
{
	const char *p = from;
	while (p < end && *p != '"' && *p != '#')
		p++;
	while (p > from && (p[-1] == ' ' || p[-1] == '\n'))
		p--;
	return p;
}

static bool starts(const char *s, const char *word) { return strncmp(s, word, strlen(word)) == 0; }

/* Places to break in one text. */
static int find_places(const char *text, struct place *out, int max)
{
	int n = 0, line = 1;
	for (const char *s = text; *s && n + 2 < max; line++) {
		const char *first = s + indent_of(s), *end = statement_end(first), *op = NULL;
		const char *nl = strchr(s, '\n');
		bool let = starts(first, "let ") || starts(first, "output "), rate = starts(first, "d/dt(");
		for (const char *p = first; (let || rate || strstr(first, "= ")) && p < end && !op; p++)
			if (*p == '=' && (p[1] == ' ' || p[1] == '\n') && (let || rate || p[-1] == '+' || p[-1] == '*'))
				op = p + 1;
			else if (*p == '"' || *p == '#' || (*p == '=' && p[1] != '='))
				break;
		if (op)
			out[n++] = (struct place){line, (size_t)(op - text), (size_t)(equation_end(op, end) - text), false};
		const char *colon = let && op ? memchr(first, ':', (size_t)(op - first)) : NULL;
		if (colon)
			out[n++] = (struct place){line, (size_t)(colon + 1 - text), (size_t)(op - 1 - text), true};
		s = nl ? nl + 1 : s + strlen(s);
	}
	return n;
}

static char *broken(const char *text, const struct place *p)
{
	struct ql_buf b = {0};
	ql_buf_add(&b, text, p->from);
	ql_buf_puts(&b, p->is_unit ? " " : " (1 L)*(");
	ql_buf_add(&b, text + p->from, p->to - p->from);
	ql_buf_puts(&b, p->is_unit ? "/L " : ")");
	ql_buf_puts(&b, text + p->to);
	return b.data;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool caught(const char *dir, bool print)
{
	struct lang l = {0};
	char path[600];
	snprintf(path, sizeof path, "%s/cll.qm", dir);
	l.status = ql_model_load(path, &l.ds, &l.m);
	bool found = false;
	for (int i = 0; i < l.ds.n; i++)
		found = found || l.ds.item[i]->code == QL_E0203 || l.ds.item[i]->code == QL_E0205;
	if (print && !found) {
		lang_render(&l);
		print_message("%s\n", l.text);
	}
	lang_free(&l);
	return found;
}

static void every_broken_unit_is_caught(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	char dir[] = "/tmp/quell-mutation-XXXXXX";
	assert_non_null(mkdtemp(dir));
	int n, tried = 0, missed = 0;
	/* every k-th mutant by default, each of them with QUELL_TEST_ALL=1 */
	int step = getenv("QUELL_TEST_ALL") ? 1 : 12;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "models/cll", ".qm", &n);
	char **text = ql_arena_alloc(&a, (size_t)n, sizeof *text);
	struct ql_diags ds = {0};
	for (int i = 0; i < n; i++) {
		const struct ql_source *src;
		assert_int_equal(ql_read_source(&ds, ql_arena_printf(&a, "%s/models/cll/%s.qm", QUELL_SOURCE_DIR, name[i]), &src), QUELL_OK);
		text[i] = ql_arena_strndup(&a, src->text, src->len);
		write_text(ql_arena_printf(&a, "%s/%s.qm", dir, name[i]), text[i]);
	}
	assert_false(caught(dir, false));
	static struct place place[4000];
	int serial = 0;
	for (int i = 0; i < n; i++) {
		const char *path = ql_arena_printf(&a, "%s/%s.qm", dir, name[i]);
		int places = find_places(text[i], place, 4000);
		for (int k = 0; k < places; k++) {
			if (serial++ % step)
				continue;
			char *mutant = broken(text[i], &place[k]);
			write_text(path, mutant);
			tried++;
			if (!caught(dir, true)) {
				missed++;
				print_message("missed: %s.qm line %d\n", name[i], place[k].line);
			}
			free(mutant);
		}
		write_text(path, text[i]);
	}
	print_message("%d of %d mutants tried, %d missed\n", tried, serial, missed);
	assert_true(serial > 500);
	assert_int_equal(missed, 0);
	for (int i = 0; i < n; i++)
		unlink(ql_arena_printf(&a, "%s/%s.qm", dir, name[i]));
	rmdir(dir);
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_broken_unit_is_caught)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
