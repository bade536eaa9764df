/* SPDX-License-Identifier: Apache-2.0 */
/* Selection of rows, certainty and the join with simulated hazard ratios, on the shipped evidence. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "evidence/certainty.h"
#include "evidence/join.h"

struct fixture {
	struct ql_arena a;
	struct ql_diags ds;
	struct ql_evidence *e;
};

static void open_evidence(struct fixture *f)
{
	*f = (struct fixture){0};
	assert_int_equal(ql_evidence_load(QUELL_SOURCE_DIR, &f->ds, &f->e), QUELL_OK);
}

static void close_evidence(struct fixture *f)
{
	ql_evidence_free(f->e);
	ql_diags_free(&f->ds);
	ql_arena_free(&f->a);
}

static const struct ql_selected *item_of(const struct ql_selection *s, const char *trial, const char *cite,
					 double value)
{
	for (int i = 0; i < s->n; i++)
		if (strcmp(s->item[i].row->trial, trial) == 0 && strcmp(s->item[i].row->cite, cite) == 0 &&
		    fabs(s->item[i].row->value - value) < 1e-9)
			return &s->item[i];
	return NULL;
}

static void one_verified_cut_per_trial(void **state)
{
	(void)state;
	struct fixture f;
	struct ql_selection s;
	open_evidence(&f);
	struct ql_selection_options o = {.endpoint = "PFS_HR", .line = "1L"};
	assert_int_equal(ql_evidence_select(f.e, &o, &f.a, &f.ds, &s), QUELL_OK);
	assert_int_equal(f.ds.n, 0);
	for (int i = 0; i < s.n; i++) {
		const struct ql_trial_row *r = s.item[i].row;
		assert_null(strstr(r->endpoint, "prognostic"));
		if (s.item[i].fate != QL_USED)
			continue;
		assert_true(r->verified && !isnan(r->lower) && !isnan(r->upper));
		assert_null(strstr(r->note, "do not pool"));
		for (int k = 0; k < s.n; k++) /* nothing of another cut of the same trial */
			if (s.item[k].fate == QL_USED && strcmp(s.item[k].row->trial, r->trial) == 0)
				assert_string_equal(s.item[k].row->cite, r->cite);
	}
	/* the level of the limits counts: CLL13 prints 97.5 % */
	const struct ql_selected *x = item_of(&s, "CLL13", "Fuerstenau2024LancetOncol", 0.47);
	assert_non_null(x);
	assert_int_equal(x->fate, QL_USED);
	assert_true(fabs(x->se - (log(0.69) - log(0.32)) / (2 * 2.241402727604947)) < 1e-12);
	assert_int_equal(item_of(&s, "CLL14", "Fischer2019NEJM", 0.35)->fate, QL_EARLIER_CUT);
	assert_int_equal(item_of(&s, "CLL14", "AlSawaf2023NatCommun", 0.35)->fate, QL_RECALLED);
	assert_int_equal(item_of(&s, "ELEVATE-TN", "Sharman2023", 0.14)->fate, QL_NO_LIMITS);
	assert_int_equal(item_of(&s, "CLL11", "Lee2014ClinCancerRes", 0.16)->fate, QL_NOT_POOLED);
	/* the trial of both lines enters with its stratum */
	assert_int_equal(item_of(&s, "UNITY-CLL", "Gribben2020", 0.482)->fate, QL_USED);
	assert_null(item_of(&s, "UNITY-CLL", "Gribben2020", 0.546));
	const char *const cut[] = {"CLL14=Fischer2019NEJM"}, *const out[] = {"CLL8"};
	o.cut = cut, o.n_cut = 1, o.exclude = out, o.n_exclude = 1, o.recalled = true;
	assert_int_equal(ql_evidence_select(f.e, &o, &f.a, &f.ds, &s), QUELL_OK);
	assert_int_equal(item_of(&s, "CLL14", "Fischer2019NEJM", 0.35)->fate, QL_USED);
	assert_int_equal(item_of(&s, "CLL14", "AlSawaf2024Blood", 0.4)->fate, QL_EARLIER_CUT);
	assert_int_equal(item_of(&s, "CLL8", "Fischer2016Blood", 0.59)->fate, QL_EXCLUDED);
	assert_int_equal(item_of(&s, "ELEVATE-TN", "srcSharmanASH20222023582mo", 0.11)->fate, QL_USED);
	const char *const wrong[] = {"CLL41"};
	o.exclude = wrong;
	assert_int_equal(ql_evidence_select(f.e, &o, &f.a, &f.ds, &s), QUELL_ERR_INPUT);
	assert_int_equal(f.ds.item[0]->code, QL_E0727);
	close_evidence(&f);
}

static void judgements_are_complete(void **state)
{
	(void)state;
	struct fixture f;
	struct ql_certainty c;
	struct ql_selection s;
	open_evidence(&f);
	assert_int_equal(ql_certainty_load(QUELL_SOURCE_DIR, f.e, &f.a, &f.ds, &c), QUELL_OK);
	assert_true(c.n >= 30);
	for (int i = 0; i < c.n; i++)
		for (int d = 0; d < QL_N_DOMAIN; d++)
			assert_true(c.item[i].reason[d] && c.item[i].reason[d][0]);
	static const char *const line[] = {"1L", "RR"};
	for (int l = 0; l < 2; l++) { /* every comparison that a trial makes has been judged */
		struct ql_selection_options o = {.endpoint = "PFS_HR", .line = line[l]};
		assert_int_equal(ql_evidence_select(f.e, &o, &f.a, &f.ds, &s), QUELL_OK);
		for (int i = 0; i < s.n; i++)
			if (s.item[i].fate == QL_USED)
				assert_non_null(ql_certainty_find(&c, "PFS_HR", line[l], s.item[i].row->comparator,
								  s.item[i].row->treatment));
	}
	assert_null(ql_certainty_find(&c, "PFS_HR", "1L", "Clb", "Ven-R"));
	close_evidence(&f);
}

static void a_simulation_is_held_against_the_trials(void **state)
{
	(void)state;
	struct fixture f;
	struct ql_join *j;
	open_evidence(&f);
	assert_int_equal(ql_join_open(f.e, "PFS_HR", "1L", false, &f.a, &f.ds, &j), QUELL_OK);
	const char *ven[] = {"Ven-G"}, *clb[] = {"unknown", "G-Clb"}, *liso[] = {"Liso-cel"}, *ibr[] = {"Ibr"};
	struct ql_joined x = ql_join_pair(j, ven, 1, clb, 2, (struct ql_simulated){log(0.42), log(0.38), log(0.46)});
	assert_int_equal(x.agreement, QL_AGREES);
	assert_string_equal(x.treat_b, "G-Clb");
	assert_int_equal(x.n_row, 1);
	assert_string_equal(x.row[0]->trial, "CLL14");
	assert_true(fabs(exp(x.direct.te) - 0.40) < 0.005 && x.verified);
	assert_non_null(strstr(x.statement, "directly from CLL14"));
	struct ql_joined y = ql_join_pair(j, clb, 2, ven, 1, (struct ql_simulated){-log(0.42), -log(0.46), -log(0.38)});
	assert_true(fabs(x.network.te + y.network.te) < 1e-12 && fabs(x.network.lower + y.network.upper) < 1e-12);
	assert_true(fabs(x.direct.te + y.direct.te) < 1e-12);
	assert_int_equal(y.agreement, QL_AGREES);
	x = ql_join_pair(j, ven, 1, clb, 2, (struct ql_simulated){log(4.0), log(3.0), log(5.0)});
	assert_true(x.agreement == QL_NEAR || x.agreement == QL_DIFFERS);
	x = ql_join_pair(j, ven, 1, clb, 2, (struct ql_simulated){log(1e6), log(1e6), log(1e6)});
	assert_int_equal(x.agreement, QL_DIFFERS);
	assert_non_null(strstr(x.statement, "higher"));
	x = ql_join_pair(j, ibr, 1, clb, 2, (struct ql_simulated){NAN, NAN, NAN});
	assert_int_equal(x.agreement, QL_NOT_SIMULATED);
	assert_true(isnan(x.direct.te) && !isnan(x.indirect.te) && x.n_row == 0);
	assert_true(x.indirect.te == x.network.te);
	x = ql_join_pair(j, liso, 1, clb, 2, (struct ql_simulated){0, -0.1, 0.1});
	assert_int_equal(x.agreement, QL_NO_EVIDENCE);
	assert_null(x.treat_a);
	/* a line without any row is no error */
	assert_int_equal(ql_join_open(f.e, "PFS_HR", "RT", false, &f.a, &f.ds, &j), QUELL_OK);
	assert_int_equal(f.ds.n, 0);
	x = ql_join_pair(j, ven, 1, clb, 2, (struct ql_simulated){0, -0.1, 0.1});
	assert_int_equal(x.agreement, QL_NO_EVIDENCE);
	close_evidence(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_verified_cut_per_trial),
	    cmocka_unit_test(judgements_are_complete),
	    cmocka_unit_test(a_simulation_is_held_against_the_trials),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
