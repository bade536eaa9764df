/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/trials.h"
#include "evidence/certainty.h"
#include "evidence/join.h"
#include <math.h>
#include <string.h>

static const char endpoint[] = "PFS_HR";

struct ql_trials {
	struct ql_arena *a;
	struct ql_join *join;
	struct ql_certainty certainty;
	const char *line;
};

enum quell_status ql_trials_open(const char *data_dir, const struct ql_evidence *e, const char *line, struct ql_arena *a,
				 struct ql_diags *ds, struct ql_trials **out)
{
	struct ql_trials *t = QL_NEW(a, struct ql_trials);
	*t = (struct ql_trials){.a = a, .line = ql_arena_strdup(a, line)};
	*out = t;
	enum quell_status s = ql_join_open(e, endpoint, line, false, a, ds, &t->join);
	return s == QUELL_OK ? ql_certainty_load(data_dir, e, a, ds, &t->certainty) : s;
}

struct ql_ratio ql_ratio_turned(struct ql_ratio r)
{
	return (struct ql_ratio){1 / r.estimate, 1 / r.upper, 1 / r.lower};
}

static struct ql_ratio ratio(struct ql_estimate e)
{
	return (struct ql_ratio){exp(e.te), exp(e.lower), exp(e.upper)};
}

static const char *copy(struct ql_trials *t, const char *s) { return ql_arena_strdup(t->a, s); }

static void add_rows(struct ql_trials *t, const struct ql_joined *x, struct ql_trial_evidence *out)
{
	struct ql_direct_row *row = QL_NEW_N(t->a, struct ql_direct_row, (size_t)x->n_row + 1);
	for (int i = 0; i < x->n_row; i++)
		row[i] = (struct ql_direct_row){copy(t, x->row[i]->trial), copy(t, x->row[i]->publication),
						copy(t, x->row[i]->role), x->row[i]->span.line};
	out->row = row;
	out->n_row = x->n_row;
}

const struct ql_trial_evidence *ql_trials_beside(struct ql_trials *t, struct ql_trial_regimen a,
						 struct ql_trial_regimen b, struct ql_ratio simulated)
{
	struct ql_joined x = ql_join_pair(t->join, a.treatment, a.n_treatment, b.treatment, b.n_treatment,
					  (struct ql_simulated){log(simulated.estimate), log(simulated.lower), log(simulated.upper)});
	struct ql_trial_evidence *out = QL_NEW(t->a, struct ql_trial_evidence);
	*out = (struct ql_trial_evidence){.treat_a = copy(t, x.treat_a), .treat_b = copy(t, x.treat_b),
					  .network = ratio(x.network), .direct = ratio(x.direct), .indirect = ratio(x.indirect),
					  .proportion_direct = x.proportion_direct, .verified = x.verified,
					  .agreement = ql_agreement_text(x.agreement), .statement = x.statement};
	add_rows(t, &x, out);
	const struct ql_judgement *j =
	    x.treat_a && x.treat_b ? ql_certainty_find(&t->certainty, endpoint, t->line, x.treat_a, x.treat_b) : NULL;
	out->certainty = j && x.agreement != QL_NO_EVIDENCE ? ql_confidence_text(j->confidence) : NULL;
	return out;
}
