/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/join.h"
#include <math.h>
#include <string.h>

struct part {
	const struct ql_nma_data *d;
	struct ql_nma *m;
	struct ql_split *split;
	int n_split;
};

struct ql_join {
	struct ql_arena *a;
	struct ql_selection s;
	struct part *part;
	int n_part;
	const char *endpoint, *line;
};

const char *ql_agreement_text(enum ql_agreement g)
{
	static const char *const text[] = {"no evidence", "not simulated", "agrees", "near", "differs"};
	return text[g];
}

/* Is there any row that could enter? Without one ql_evidence_select would report an error. */
static bool any_row(const struct ql_evidence *e, const struct ql_selection_options *o, struct ql_arena *a)
{
	struct ql_diags quiet = {0};
	struct ql_selection s;
	enum quell_status st = ql_evidence_select(e, o, a, &quiet, &s);
	bool empty = st != QUELL_OK && quiet.n == 1 && quiet.item[0]->code == QL_E0726;
	ql_diags_free(&quiet);
	return !empty;
}

enum quell_status ql_join_open(const struct ql_evidence *e, const char *endpoint, const char *line, bool recalled,
			       struct ql_arena *a, struct ql_diags *ds, struct ql_join **out)
{
	struct ql_selection_options o = {.endpoint = endpoint, .line = line, .recalled = recalled};
	struct ql_join *j = QL_NEW(a, struct ql_join);
	*j = (struct ql_join){.a = a, .endpoint = ql_arena_strdup(a, endpoint), .line = ql_arena_strdup(a, line)};
	*out = j;
	if (!any_row(e, &o, a))
		return QUELL_OK;
	enum quell_status st = ql_evidence_select(e, &o, a, ds, &j->s);
	if (st != QUELL_OK)
		return st;
	int *which = QL_NEW_N(a, int, (size_t)j->s.data->n_treat);
	j->n_part = ql_nma_parts(j->s.data, which);
	j->part = QL_NEW_N(a, struct part, (size_t)j->n_part);
	for (int k = 0; k < j->n_part; k++) {
		struct part *p = &j->part[k];
		p->d = ql_nma_part(j->s.data, which, k);
		struct ql_nma_options fit = {.method = QL_DL,
					     .random = true,
					     .small_desirable = true,
					     .level = 0.95,
					     .tau2 = NAN,
					     .reference = ql_nma_hub(p->d)};
		st = ql_nma_fit(p->d, &fit, ds, &p->m);
		if (st != QUELL_OK)
			return st;
		p->split = ql_nma_split(p->m, &p->n_split);
	}
	return QUELL_OK;
}

static int find(const struct ql_nma_data *d, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		for (int t = 0; t < d->n_treat; t++)
			if (strcmp(d->treat[t], names[i]) == 0)
				return t;
	return -1;
}

static struct ql_estimate turned(struct ql_estimate e)
{
	return (struct ql_estimate){-e.te, e.se, -e.upper, -e.lower, -e.z, e.p, -e.predict_upper, -e.predict_lower};
}

static void add_direct(struct ql_join *j, const struct part *p, int a, int b, struct ql_joined *x)
{
	for (int i = 0; i < p->n_split; i++) {
		const struct ql_split *s = &p->split[i];
		bool same = s->treat == a && s->comp == b, other = s->treat == b && s->comp == a;
		if (!same && !other)
			continue;
		x->direct = same ? s->direct : turned(s->direct);
		x->indirect = same ? s->indirect : turned(s->indirect);
		x->proportion_direct = s->proportion;
	}
	x->row = QL_NEW_N(j->a, const struct ql_trial_row *, (size_t)j->s.n);
	for (int i = 0; i < j->s.n; i++) {
		const struct ql_trial_row *r = j->s.item[i].row;
		bool used = j->s.item[i].fate == QL_USED;
		bool pair = (strcmp(r->treatment, x->treat_a) == 0 && strcmp(r->comparator, x->treat_b) == 0) ||
			    (strcmp(r->treatment, x->treat_b) == 0 && strcmp(r->comparator, x->treat_a) == 0);
		if (used && pair)
			x->row[x->n_row++] = r;
	}
}

static bool all_verified(const struct part *p)
{
	for (int s = 0; s < p->d->n_study; s++)
		for (int i = 0; i < p->d->study[s].n_row; i++)
			if (!p->d->study[s].row[i]->verified)
				return false;
	return true;
}

static enum ql_agreement judge(const struct ql_joined *x, struct ql_simulated s)
{
	if (isnan(x->network.te))
		return QL_NO_EVIDENCE;
	if (isnan(s.te))
		return QL_NOT_SIMULATED;
	if (s.te >= x->network.lower && s.te <= x->network.upper)
		return QL_AGREES;
	bool predicted = s.te >= x->network.predict_lower && s.te <= x->network.predict_upper;
	bool overlap = s.lower <= x->network.upper && s.upper >= x->network.lower;
	return predicted || overlap ? QL_NEAR : QL_DIFFERS;
}

static const char *state(struct ql_join *j, const struct ql_joined *x)
{
	struct ql_buf b = {0};
	if (x->n_row == 0)
		ql_buf_puts(&b, "indirect evidence only");
	for (int i = 0; i < x->n_row; i++)
		ql_buf_printf(&b, "%s%s", i ? ", " : "directly from ", x->row[i]->trial);
	if (x->n_row && x->proportion_direct < 0.995)
		ql_buf_printf(&b, ", %.0f %% direct", 100 * x->proportion_direct);
	ql_buf_puts(&b, x->verified ? "; rows verified" : "; some rows recalled");
	const char *text = ql_arena_strdup(j->a, b.data);
	ql_buf_free(&b);
	return text;
}

static const char *statement(struct ql_join *j, const struct ql_joined *x, struct ql_simulated s)
{
	if (x->agreement == QL_NO_EVIDENCE)
		return ql_arena_printf(j->a,
				       "no trial in this evidence base connects the two regimens for %s in line %s",
				       j->endpoint, j->line);
	const char *where = state(j, x);
	double net = exp(x->network.te), lower = exp(x->network.lower), upper = exp(x->network.upper);
	if (x->agreement == QL_NOT_SIMULATED)
		return ql_arena_printf(j->a, "trials: %.2f (%.2f to %.2f; %s)", net, lower, upper, where);
	static const char *const verdict[] = {"", "", "lies inside", "lies outside, but not out of reach of,",
					      "lies outside"};
	double off = exp(fabs(s.te - x->network.te));
	return ql_arena_printf(j->a, "simulated %.2f %s the trials' %.2f (%.2f to %.2f; %s)%s", exp(s.te),
			       verdict[x->agreement], net, lower, upper, where,
			       x->agreement == QL_DIFFERS ? ql_arena_printf(j->a, ": %.1f-fold %s", off,
									    s.te < x->network.te ? "lower" : "higher")
							  : "");
}

struct ql_joined ql_join_pair(struct ql_join *j, const char *const *a, int n_a, const char *const *b, int n_b,
			      struct ql_simulated s)
{
	const struct ql_estimate none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	struct ql_joined x = {.network = none, .direct = none, .indirect = none};
	for (int k = 0; k < j->n_part; k++) {
		const struct part *p = &j->part[k];
		int i = find(p->d, a, n_a), l = find(p->d, b, n_b);
		x.treat_a = i >= 0 ? p->d->treat[i] : x.treat_a;
		x.treat_b = l >= 0 ? p->d->treat[l] : x.treat_b;
		if (i < 0 || l < 0 || i == l)
			continue;
		x.network = ql_nma_estimate(p->m, i, l);
		x.indirect = x.network; /* unless a trial compares the two */
		x.verified = all_verified(p);
		add_direct(j, p, i, l, &x);
		break;
	}
	x.agreement = judge(&x, s);
	x.statement = statement(j, &x, s);
	return x;
}
