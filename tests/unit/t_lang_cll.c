/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped model: it loads without a mistake, quickly, and every agent row fits its slot. */
#define _POSIX_C_SOURCE 200809L
#include "lang_model.h"
#include "base/paths.h"
#include <dirent.h>

#define CLL QUELL_SOURCE_DIR "/models/cll/cll.qm"

static struct lang load_cll(void)
{
	struct lang l = {0};
	l.status = ql_model_load(CLL, &l.ds, &l.m);
	lang_render(&l);
	if (!l.m)
		print_message("%s\n", l.text);
	assert_non_null(l.m);
	return l;
}

static void loads(void **state)
{
	(void)state;
	double best = 1;
	for (int i = 0; i < 5; i++) {
		double start = lang_seconds();
		struct lang l = load_cll();
		double took = lang_seconds() - start;
		best = took < best ? took : best;
		assert_int_equal(l.ds.n_errors, 0);
		lang_free(&l);
	}
	print_message("cll.qm loads in %.1f ms\n", 1e3 * best);
	assert_true(best < 0.5); /* ten times what it should take: machines differ */
}

static void names_are_found(void **state)
{
	(void)state;
	struct lang l = load_cll();
	const struct ql_model *m = l.m;
	int S = ql_model_find(m, "disease.S[node]");
	assert_true(S >= 0);
	assert_int_equal(m->q[S].kind, QL_STATE);
	assert_int_equal(ql_model_find(m, "alc"), ql_model_find(m, "observe.alc"));
	assert_int_equal(m->q[ql_model_find(m, "alc")].kind, QL_OUTPUT);
	assert_int_equal(ql_model_find(m, "CL"), -1); /* several modules have one */
	assert_true(ql_model_find_when(m, "death") >= 0);
	assert_true(ql_model_find_dose(m, "mab.infusion") >= 0);
	assert_string_equal(ql_model_suggest(m, "disease.buden0", 1u << QL_LET), "disease.burden0");
	int slot = ql_model_find_slot(m, "mab");
	assert_true(slot >= 0);
	assert_string_equal(m->slot[slot].module, "anti_cd20");
	assert_string_equal(m->slot[slot].default_agent, "rituximab");
	for (int i = 0; i < m->slot[slot].n_column; i++)
		assert_string_equal(m->q[m->slot[slot].column[i]].module, "mab");
	lang_free(&l);
}

static void agents_fit(void **state)
{
	(void)state;
	struct lang l = load_cll();
	struct ql_arena a = {0};
	int n, loaded = 0;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/agents", ".yaml", &n);
	for (int i = 0; i < n; i++) {
		const char *path = ql_arena_printf(&a, "%s/library/agents/%s.yaml", QUELL_SOURCE_DIR, name[i]);
		struct ql_yaml *y = NULL;
		const char *module = NULL;
		assert_int_equal(ql_yaml_read(&a, path, &l.ds, &y), QUELL_OK);
		assert_true(ql_yaml_string(y, "module", true, &l.ds, &module));
		for (int s = 0; s < l.m->n_slot; s++) {
			struct ql_agent_row row;
			struct ql_diags ds = {0};
			if (strcmp(l.m->slot[s].module, module) != 0)
				continue;
			enum quell_status status = ql_agent_load(l.m, &l.m->slot[s], path, &a, &ds, &row);
			struct ql_buf b = {0};
			ql_buf_puts(&b, "");
			ql_diags_render(&ds, false, &b);
			if (status != QUELL_OK)
				print_message("%s", b.data);
			assert_int_equal(status, QUELL_OK);
			assert_string_equal(row.name, name[i]);
			for (int c = 0; c < l.m->slot[s].n_column; c++)
				assert_true(isfinite(row.value[c]));
			ql_buf_free(&b);
			ql_diags_free(&ds);
			loaded++;
			break;
		}
	}
	assert_int_equal(loaded, n); /* every row has a slot */
	ql_arena_free(&a);
	lang_free(&l);
}

static void agent_values_are_converted_and_checked(void **state)
{
	(void)state;
	struct lang l = load_cll();
	const struct ql_slot *slot = &l.m->slot[ql_model_find_slot(l.m, "chemo")];
	char path[] = "/tmp/quell-agent-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *f = fdopen(fd, "w");
	fputs("agent: x\nmodule: chemo\ncolumns:\n"
	      "  lk: {value: 99, unit: \"1\", source: [], grade: assumed}\n"
	      "  ndays: {value: 1, unit: day, source: [], grade: assumed}\n"
	      "  kT: {value: 36.525, unit: 1/year, source: [], grade: guessed}\n"
	      "  anc: {value: many, unit: \"1\", source: [], grade: assumed}\n"
	      "  cancr: {value: 1, unit: \"1\", source: [], grade: assumed}\n",
	      f);
	fclose(f);
	struct ql_arena a = {0};
	struct ql_agent_row row;
	assert_int_equal(ql_agent_load(l.m, slot, path, &a, &l.ds, &row), QUELL_ERR_INPUT);
	remove(path);
	struct ql_buf b = {0};
	ql_buf_puts(&b, "");
	ql_diags_render(&l.ds, false, &b);
	assert_non_null(strstr(b.data, "`chemo.lk` is 99 1, outside of 0..5"));
	assert_non_null(strstr(b.data, "`chemo.ndays` is in day, which does not fit 1"));
	assert_non_null(strstr(b.data, "unknown grade `guessed`"));
	assert_non_null(strstr(b.data, "`chemo.anc` needs a number"));
	assert_non_null(strstr(b.data, "did you mean `cancer`?"));
	assert_non_null(strstr(b.data, "column `cancer` (1) is missing"));
	for (int c = 0; c < slot->n_column; c++)
		if (strcmp(l.m->q[slot->column[c]].name, "chemo.kT") == 0)
			assert_near(row.value[c], 0.1);
	ql_buf_free(&b);
	ql_arena_free(&a);
	lang_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(agents_fit),
		cmocka_unit_test(agent_values_are_converted_and_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
