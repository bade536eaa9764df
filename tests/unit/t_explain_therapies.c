/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
/* The six therapies: thirty cells with content, sources and live names of the model, and diagrams drawn from it. */
#include "base/paths.h"
#include "explain/diagram.h"
#include "explain/explain.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ql_explain shared;
static struct ql_explanation all[8];

static void fine(enum quell_status s, struct ql_diags *ds)
{
	struct ql_buf b = {0};
	ql_diags_render(ds, false, &b);
	if (s != QUELL_OK && b.data)
		fprintf(stderr, "%s", b.data);
	ql_buf_free(&b);
	ql_diags_free(ds);
	assert_int_equal(s, QUELL_OK);
}

static int setup(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	enum quell_status s = ql_explain_open(&shared, QUELL_SOURCE_DIR, &ds);
	for (int i = 0; s == QUELL_OK && i < shared.therapies.n; i++)
		s = ql_explain_therapy(&shared, shared.therapies.item[i].id, &ds, &all[i]);
	fine(s, &ds);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < shared.therapies.n; i++)
		ql_explanation_free(&all[i]);
	ql_explain_close(&shared);
	return 0;
}

static json_t *explained(void)
{
	struct ql_buf text = {0};
	ql_explain_json(&shared, all, shared.therapies.n, &text);
	json_t *o = json_loadb(text.data, text.len, 0, NULL);
	assert_non_null(o);
	ql_buf_free(&text);
	return o;
}

static void names_resolve(const json_t *list, const char *where)
{
	size_t i;
	json_t *name;
	assert_true(json_array_size(list) >= 2);
	json_array_foreach(list, i, name) {
		int q = ql_model_find(shared.model, json_string_value(name));
		if (q < 0 || strcmp(shared.model->q[q].name, json_string_value(name)) != 0)
			fail_msg("%s: the model has no `%s`", where, json_string_value(name));
	}
}

static void sources_resolve(const json_t *list, const char *where)
{
	size_t i;
	json_t *key;
	assert_true(json_array_size(list) >= 1);
	json_array_foreach(list, i, key)
		if (!ql_reference_find(&shared.evidence->references, json_string_value(key)))
			fail_msg("%s: `%s` is not in references.bib", where, json_string_value(key));
}

static void figures_are_there(const json_t *aspect, const char *where)
{
	size_t i;
	json_t *x;
	const json_t *published = json_object_get(aspect, "published"), *simulated = json_object_get(aspect, "simulated");
	if (!json_array_size(published) || !json_array_size(simulated))
		fail_msg("%s: nothing published or nothing simulated", where);
	json_array_foreach(published, i, x) {
		assert_true(json_is_number(json_object_get(x, "value")));
		assert_non_null(json_string_value(json_object_get(x, "source")));
		assert_true(json_is_boolean(json_object_get(x, "verified")));
	}
	json_array_foreach(simulated, i, x) {
		double p = json_number_value(json_object_get(x, "estimate"));
		assert_true(json_is_number(json_object_get(x, "estimate")) && p >= 0 && p <= 1);
		assert_int_equal(json_integer_value(json_object_get(x, "patients_failed")), 0);
	}
}

/* Six therapies, five aspects each: text, sources, names of the model; efficacy and safety with figures. */
static void thirty_cells(void **state)
{
	(void)state;
	static const char *const id[] = {"anti-cd20", "car-cells", "bispecifics", "combinations", "gamma-delta-t", "bak"};
	static const char grade[] = "ABBADD";
	json_t *o = explained(), *t;
	size_t i;
	int cells = 0;
	assert_int_equal(json_array_size(json_object_get(o, "therapies")), 6);
	json_array_foreach(json_object_get(o, "therapies"), i, t) {
		assert_string_equal(json_string_value(json_object_get(t, "id")), id[i]);
		assert_int_equal(json_string_value(json_object_get(t, "evidence_grade"))[0], grade[i]);
		for (int k = 0; k < QL_N_ASPECT; k++, cells++) {
			char where[64];
			const char *name = ql_aspect_name((enum ql_aspect)k);
			const json_t *a = json_object_get(json_object_get(t, "aspects"), name), *model = json_object_get(a, "model");
			snprintf(where, sizeof where, "%s %s", id[i], name);
			if (strlen(json_string_value(json_object_get(a, "text"))) < 200)
				fail_msg("%s says too little", where);
			sources_resolve(json_object_get(a, "references"), where);
			names_resolve(json_object_get(model, "parameters"), where);
			names_resolve(json_object_get(model, "equations"), where);
			if (k == QL_EFFICACY || k == QL_SAFETY)
				figures_are_there(a, where);
		}
	}
	assert_int_equal(cells, 30);
	json_decref(o);
}

/* Grade D everywhere it is shown: the therapy, its regimens, each simulated figure, the page, the picture. */
static void no_data_is_said_everywhere(void **state)
{
	(void)state;
	json_t *o = explained(), *t, *r;
	size_t i, k;
	json_array_foreach(json_object_get(o, "therapies"), i, t) {
		struct ql_buf page = {0}, picture = {0};
		struct ql_diags ds = {0};
		fine(ql_explain_html(&shared, &all[i], &ds, &page), &ds);
		fine(ql_therapy_figure(shared.model, QUELL_SOURCE_DIR, all[i].therapy, &ds, &picture), &ds);
		bool none = json_string_value(json_object_get(t, "evidence_grade"))[0] == 'D';
		if (none) {
			assert_string_equal(json_string_value(json_object_get(t, "warning")), "no clinical data in CLL");
			assert_non_null(strstr(page.data, "no clinical data in CLL"));
			assert_non_null(strstr(picture.data, "no clinical data in CLL"));
		}
		json_array_foreach(json_object_get(json_object_get(json_object_get(t, "aspects"), "efficacy"), "simulated"), k, r) {
			bool d = json_string_value(json_object_get(r, "evidence_grade"))[0] == 'D';
			assert_int_equal(d, json_is_string(json_object_get(r, "warning")));
			assert_true(d || !none);
		}
		ql_buf_free(&page);
		ql_buf_free(&picture);
	}
	json_decref(o);
}

/* Every agent row belongs to exactly one therapy, and every regimen with treatment to at least one. */
static void the_library_is_covered(void **state)
{
	(void)state;
	int n;
	struct ql_arena a = {0};
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/agents", ".yaml", &n);
	for (int i = 0; i < n; i++) {
		int found = 0;
		for (int t = 0; t < shared.therapies.n; t++)
			found += ql_names_have(&shared.therapies.item[t].agents, name[i]);
		if (found != 1)
			fail_msg("agent %s stands in %d therapies", name[i], found);
	}
	name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/regimens", ".yaml", &n);
	for (int i = 0; i < n; i++) {
		int found = strcmp(name[i], "watch-and-wait") == 0;
		for (int t = 0; t < shared.therapies.n; t++)
			found += ql_names_have(&shared.therapies.item[t].regimens, name[i]);
		if (!found)
			fail_msg("regimen %s stands in no therapy", name[i]);
	}
	ql_arena_free(&a);
}

static void every_agent_is_explained(void **state)
{
	(void)state;
	for (int t = 0; t < shared.therapies.n; t++)
		for (int i = 0; i < shared.therapies.item[t].agents.n; i++) {
			struct ql_diags ds = {0};
			struct ql_explanation e;
			struct ql_buf text = {0};
			fine(ql_explain_agent(&shared, shared.therapies.item[t].agents.item[i], &ds, &e), &ds);
			assert_int_equal(e.n_regimen > 0, e.run != NULL);
			assert_true(e.evidence_grade != 'D' || e.warning);
			ql_explain_json(&shared, &e, 1, &text);
			json_t *o = json_loadb(text.data, text.len, 0, NULL);
			assert_int_equal(json_array_size(json_object_get(o, "agents")), 1);
			json_decref(o);
			ql_buf_free(&text);
			ql_explanation_free(&e);
		}
}

/* --- diagrams --- */

static const struct ql_diagram_link *link_between(const struct ql_diagram *d, const char *from, const char *to)
{
	for (int i = 0; i < d->n_link; i++)
		if (strcmp(d->node[d->link[i].from].name, from) == 0 && strcmp(d->node[d->link[i].to].name, to) == 0)
			return &d->link[i];
	return NULL;
}

static void read_diagram(struct ql_arena *a, const char *id, struct ql_diagram *d)
{
	struct ql_diags ds = {0};
	const struct ql_therapy *t = ql_therapy_find(&shared.therapies, id);
	fine(ql_diagram_read(shared.model, t, a, &ds, d), &ds);
	fine(ql_diagram_links(shared.model, QUELL_SOURCE_DIR, t, a, &ds, d), &ds);
}

/* Links that the texts of the modules promise, with their sense, and some that must not be there. */
static void links_come_from_the_equations(void **state)
{
	(void)state;
	static const struct {
		const char *id, *from, *to;
		int sign; /* 9: no link */
	} want[] = {{"anti-cd20", "mab.infusion", "mab.A_c", 1},	{"anti-cd20", "mab.A_c", "mab.Ob", 1},
		    {"anti-cd20", "mab.F_b", "mab.Ob", 1},		{"anti-cd20", "mab.Ob", "mab.seq", 1},
		    {"anti-cd20", "mab.seq", "mab.N_sq", 1},		{"anti-cd20", "mab.Cp", "mab.cdc", 1},
		    {"anti-cd20", "mab.Ot", "mab.kT_now", 1},		{"anti-cd20", "mab.kT_now", "disease.P", -1},
		    {"anti-cd20", "disease.S", "observe.alc", 1},	{"anti-cd20", "mab.infusion", "observe.alc", 9},
		    {"anti-cd20", "mab.kT_now", "mab.seq", 9},		{"car-cells", "cells.infusion", "cells.M", 1},
		    {"car-cells", "host.T", "cytokines.C15", -1},	{"car-cells", "cytokines.C15", "cells.growth", 1},
		    {"car-cells", "cells.E", "cells.kk", 1},		{"car-cells", "cells.Z", "cells.kk", -1},
		    {"car-cells", "cells.kk", "disease.S", -1},		{"car-cells", "cells.kk", "cytokines.MAC", 1},
		    {"bispecifics", "bispecific.sc", "bispecific.CEN", 1}, {"bispecifics", "bispecific.TOL", "cytokines.MAC", -1},
		    {"bispecifics", "tcells.Z", "tcells.kk", -1},	{"combinations", "btki.level", "host.cd20", -1},
		    {"combinations", "imid.level", "host.nk_killing", 1}, {"combinations", "chemo.D", "disease.P", -1},
		    {"combinations", "bcl2i.on", "disease.P", -1},	{"combinations", "chemo.D", "observe.anc", -1},
		    {"combinations", "host.cd20", "mab.kT_now", 1},	{"gamma-delta-t", "cells.il2", "cells.helped", 1},
		    {"gamma-delta-t", "host.opsonised", "cells.q", 1},	{"gamma-delta-t", "host.T", "cells.loss", 1},
		    {"bak", "cells.infusion_active", "cells.E", 1},	{"bak", "cells.kk", "disease.S", -1}};
	struct ql_arena a = {0};
	struct ql_diagram d = {0};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		if (i == 0 || strcmp(want[i].id, want[i - 1].id) != 0)
			read_diagram(&a, want[i].id, &d);
		const struct ql_diagram_link *k = link_between(&d, want[i].from, want[i].to);
		if ((k ? k->sign : 9) != want[i].sign)
			fail_msg("%s: %s to %s is %d instead of %d", want[i].id, want[i].from, want[i].to, k ? k->sign : 9, want[i].sign);
	}
	ql_arena_free(&a);
}

/* No box is alone, none overlaps another or leaves the picture, and the same bytes come out twice. */
static void pictures_are_clear(void **state)
{
	(void)state;
	for (int t = 0; t < shared.therapies.n; t++) {
		struct ql_arena a = {0};
		struct ql_diagram d;
		struct ql_buf one = {0}, two = {0};
		struct ql_diags ds = {0};
		const struct ql_therapy *th = &shared.therapies.item[t];
		read_diagram(&a, th->id, &d);
		ql_diagram_draw(&d, th, &one);
		fine(ql_therapy_figure(shared.model, QUELL_SOURCE_DIR, th, &ds, &two), &ds);
		assert_string_equal(one.data, two.data);
		assert_non_null(strstr(one.data, "<title id="));
		assert_non_null(strstr(one.data, "<desc id="));
		for (int i = 0; i < d.n_node; i++) {
			int linked = 0;
			for (int k = 0; k < d.n_link; k++)
				linked += d.link[k].from == i || d.link[k].to == i;
			if (!linked)
				fail_msg("%s: nothing leads to or from %s", th->id, d.node[i].name);
			assert_true(d.node[i].x - d.node[i].width / 2 > 0 && d.node[i].x + d.node[i].width / 2 < d.width);
			for (int j = 0; j < i; j++)
				if (d.node[i].row == d.node[j].row &&
				    fabs(d.node[i].x - d.node[j].x) < (d.node[i].width + d.node[j].width) / 2 + 8)
					fail_msg("%s: %s and %s overlap", th->id, d.node[i].name, d.node[j].name);
		}
		ql_buf_free(&one);
		ql_buf_free(&two);
		ql_arena_free(&a);
	}
}

/* --- a file with mistakes --- */

static void mistakes_are_named(void **state)
{
	(void)state;
	char dir[] = "/tmp/quell_therapy_XXXXXX", path[128], command[512];
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof command,
		 "mkdir -p %s/library && ln -s %s/models %s/evidence %s/ && ln -s %s/library/agents %s/library/regimens %s/library/whatif %s/library/ && "
		 "mkdir %s/library/therapies",
		 dir, QUELL_SOURCE_DIR, QUELL_SOURCE_DIR, dir, QUELL_SOURCE_DIR, QUELL_SOURCE_DIR, QUELL_SOURCE_DIR, dir, dir);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof path, "%s/library/therapies/x.yaml", dir);
	FILE *f = fopen(path, "w");
	fputs("therapy: x\ntitle: t\nsummary: s\norder: 1\nevidence: D\npopulation: relapsed\nregimens: [rituximabb]\nsimulate: [ofatumumab]\n"
	      "treatments: [Nothing]\nagents: {rituximab: short}\naspects:\n  mechanism: {text: too short, references: [Nobody1900], "
	      "parameters: [mab.nothing, mab.Ob], equations: [mab.kseq]}\n", f);
	fclose(f);
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_therapies t;
	struct ql_buf said = {0};
	static const char *const want[] = {"no regimen `rituximabb`", "`ofatumumab` is not among the regimens", "`Nothing` is no treatment",
					   "grade D needs a warning", "`rituximab` needs a sentence", "says too little", "`Nobody1900`",
					   "the model has no `mab.nothing`", "`mab.Ob` stands in the wrong list", "`mab.kseq` stands in the wrong list",
					   "the aspect `efficacy` is missing", "the aspect `future` is missing", "x.yaml:7"};
	assert_int_equal(ql_therapies_load(dir, shared.model, shared.evidence, &a, &ds, &t), QUELL_ERR_INPUT);
	ql_diags_render(&ds, false, &said);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if (!strstr(said.data, want[i]))
			fail_msg("`%s` was not said:\n%s", want[i], said.data);
	ql_buf_free(&said);
	ql_diags_free(&ds);
	ql_arena_free(&a);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thirty_cells),
		cmocka_unit_test(no_data_is_said_everywhere),
		cmocka_unit_test(the_library_is_covered),
		cmocka_unit_test(every_agent_is_explained),
		cmocka_unit_test(links_come_from_the_equations),
		cmocka_unit_test(pictures_are_clear),
		cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
