/* SPDX-License-Identifier: Apache-2.0 */
/* Order, evidence, reasons, what would be worth knowing, and the verdict. */
#include "decide/recommend_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEADS 0.5        /* share of draws in which the first must lead, */
#define REGRET_GAP 0.02  /* or by how much its score must be ahead (dossier of endpoints 5.4, assumed) */
#define CONSENSUS_GAP 0.10 /* a simulated lead must be larger than this to depart from consensus (assumed) */
#define CLOSE 0.05       /* scores closer than this may be put in order by direct evidence */
#define MAX_GROUPS 3

static double score(const struct ql_ranked *r) { return r->smaa ? r->smaa->value : -INFINITY; }

/* --- options --- */

static int eligible(const struct ql_recommending *k)
{
	int n = 0;
	for (int i = 0; i < k->job.n_arm; i++)
		n += !k->candidate[i].excluded;
	return n;
}

static void run_smaa(struct ql_recommending *k)
{
	struct ql_smaa *s = &k->r->smaa;
	s->option = QL_NEW_N(&k->r->arena, struct ql_smaa_option, (size_t)k->job.n_arm + 1);
	s->n = k->n_kept;
	s->seed = k->run.seed;
	if (k->job.draws.n > 1) {
		int *group = QL_NEW_N(&k->r->arena, int, k->n_kept + 1);
		for (uint64_t i = 0; i < k->n_kept; i++)
			group[i] = (int)(k->kept[i] % (uint64_t)k->job.draws.n);
		s->group = group;
		s->n_group = k->job.draws.n;
	}
	for (int i = 0; i < k->job.n_arm; i++)
		if (!k->candidate[i].excluded)
			s->option[s->n_option++] = (struct ql_smaa_option){.x = k->candidate[i].x, .error = k->candidate[i].error,
									   .tier = k->candidate[i].tier,
									   .grade = k->job.arm[i].regimen.evidence_grade};
	if (s->n_option && s->n)
		ql_smaa_run(s, &k->r->arena);
}

static bool used_in_calibration(const struct ql_recommending *k, const struct ql_regimen *g)
{
	for (int i = 0; i < k->evidence->n_row; i++)
		for (int t = 0; t < g->n_treatment; t++)
			if (strcmp(k->evidence->row[i].treatment, g->treatment[t]) == 0 &&
			    strcmp(k->evidence->row[i].role, "calibration") == 0)
				return true;
	return false;
}

static void list(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	int option = 0;
	r->ranked = QL_NEW_N(&r->arena, struct ql_ranked, (size_t)k->job.n_arm + 1);
	for (int i = 0; i < k->job.n_arm; i++) {
		const struct ql_candidate *c = &k->candidate[i];
		const struct ql_regimen *g = &k->job.arm[i].regimen;
		r->ranked[r->n_ranked++] = (struct ql_ranked){
			.id = ql_arena_strdup(&r->arena, g->name), .title = ql_arena_strdup(&r->arena, g->title),
			.grade = g->evidence_grade, .warning = ql_arena_strdup(&r->arena, g->warning),
			.eligible = !c->excluded, .excluded = c->excluded, .rule = c->rule, .n_rule = c->n_rule,
			.smaa = c->excluded || !k->n_kept ? NULL : &r->smaa.option[option], .pfs5 = c->pfs5, .umrd = c->umrd,
			.failed = c->failed, .calibrated = used_in_calibration(k, g), .rank = i};
		memcpy(r->ranked[i].error, c->error, sizeof c->error);
		memcpy(r->ranked[i].error_arms, c->error_arms, sizeof c->error_arms);
		option += !c->excluded;
	}
	r->n_eligible = eligible(k);
}

/* Tier, then score; rank still holds the arm, which settles ties. */
static int in_order(const void *x, const void *y)
{
	const struct ql_ranked *a = x, *b = y;
	if (a->eligible != b->eligible)
		return a->eligible ? -1 : 1;
	if (a->smaa && b->smaa && a->smaa->tier != b->smaa->tier)
		return a->smaa->tier - b->smaa->tier;
	if (score(a) < score(b) || score(a) > score(b))
		return score(a) > score(b) ? -1 : 1;
	return a->rank - b->rank;
}

/* --- direct evidence --- */

static struct ql_trial_regimen in_trials(const struct ql_recommending *k, int arm)
{
	return (struct ql_trial_regimen){k->job.arm[arm].regimen.treatment, k->job.arm[arm].regimen.n_treatment};
}

/* Verified trials compare the two, and b lives longer without progression beyond chance. */
static bool directly_behind(struct ql_recommending *k, int arm_a, int arm_b)
{
	const struct ql_trial_evidence *t =
	    ql_trials_beside(k->trials, in_trials(k, arm_a), in_trials(k, arm_b), (struct ql_ratio){NAN, NAN, NAN});
	return t->n_row > 0 && t->verified && t->direct.lower > 1;
}

static void swap(struct ql_ranked *a, struct ql_ranked *b)
{
	struct ql_ranked t = *a;
	*a = *b;
	*b = t;
}

/* Neighbours of one tier whose scores are close are exchanged where trials contradict their order. */
static void outrank(struct ql_recommending *k)
{
	struct ql_ranked *r = k->r->ranked;
	for (int pass = 0; pass < k->r->n_eligible; pass++)
		for (int i = 0; i + 1 < k->r->n_eligible; i++)
			if (r[i].smaa && r[i + 1].smaa && r[i].smaa->tier == r[i + 1].smaa->tier && !r[i].moved && !r[i + 1].moved &&
			    score(&r[i]) - score(&r[i + 1]) < CLOSE && directly_behind(k, r[i].rank, r[i + 1].rank)) {
				swap(&r[i], &r[i + 1]);
				r[i].moved = true;
			}
}

/* Regimens that consensus names come first, unless another is ahead of them by more than a model like this can be trusted
 * with. */
static void consensus_first(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	double best = r->n_eligible ? score(&r->ranked[0]) : 0;
	int to = 0;
	for (int i = 0; i < r->n_eligible; i++) {
		struct ql_ranked *x = &r->ranked[i];
		if (!x->smaa || x->smaa->tier != 0 || !k->candidate[x->rank].preferred || best - score(x) > CONSENSUS_GAP)
			continue;
		x->by_consensus = i > to;
		for (int j = i; j > to; j--)
			swap(&r->ranked[j], &r->ranked[j - 1]);
		to++;
	}
}

static void beside_first(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	for (int i = 1; i < r->n_eligible; i++)
		r->ranked[i].against_first = ql_trials_beside(k->trials, in_trials(k, r->ranked[i].rank),
							      in_trials(k, r->ranked[0].rank), (struct ql_ratio){NAN, NAN, NAN});
}

/* --- reasons --- */

/* The criteria that speak most for and against a regimen, the first against the second and the others against the first. */
static void drivers(struct ql_recommendation *r)
{
	for (int i = 0; i < r->n_eligible; i++) {
		const struct ql_ranked *other = i ? &r->ranked[0] : r->n_eligible > 1 ? &r->ranked[1] : NULL;
		if (!other || !other->smaa || !r->ranked[i].smaa)
			continue;
		double up = 0.001, down = -0.001;
		for (int c = 0; c < QL_K_COUNT; c++) {
			double d = r->ranked[i].smaa->part[c] - other->smaa->part[c];
			if (d > up) {
				up = d;
				r->ranked[i].driver[0] = ql_benefit_def[c].title;
			}
			if (d < down) {
				down = d;
				r->ranked[i].driver[1] = ql_benefit_def[c].title;
			}
		}
	}
}

/* --- what would be worth knowing --- */

/* Groups of patients by an unknown covariate: its two values, or thirds. */
static int group_patients(struct ql_recommending *k, int q, int *group)
{
	const uint64_t n = k->n_kept;
	struct ql_arena a = {0};
	double *x = QL_NEW_N(&a, double, n + 1), *sorted = QL_NEW_N(&a, double, n + 1);
	for (uint64_t i = 0; i < n; i++) {
		ql_population_draw(&k->job.population, k->job.model, k->run.seed, k->sample.patient[i], k->job.covariate,
				   &k->v);
		x[i] = sorted[i] = k->v.q[q];
	}
	for (uint64_t i = 1; i < n; i++) /* insertion: a few hundred */
		for (uint64_t j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
			double t = sorted[j];
			sorted[j] = sorted[j - 1];
			sorted[j - 1] = t;
		}
	bool two = k->job.model->q[q].n_allowed == 2;
	double low = two ? sorted[0] : sorted[n / 3], high = two ? sorted[0] : sorted[2 * n / 3];
	for (uint64_t i = 0; i < n; i++)
		group[i] = x[i] <= low ? 0 : two || x[i] <= high ? 1 : 2;
	bool spread = sorted[n - 1] > sorted[0];
	ql_arena_free(&a);
	return !spread ? 1 : two ? 2 : MAX_GROUPS;
}

/* Mean score of an option over the patients of a group (-1: all) of one half (0, 1). */
static double mean_score(const struct ql_recommending *k, const struct ql_smaa_option *o, const int *group, int g, int half,
			 uint64_t *n_out)
{
	double sum[QL_K_COUNT] = {0};
	uint64_t n = 0;
	for (uint64_t i = 0; i < k->n_kept; i++) {
		if ((g >= 0 && group[i] != g) || (int)(i & 1) != half)
			continue;
		for (int c = 0; c < QL_K_COUNT; c++)
			sum[c] += o->x[i * QL_K_COUNT + (uint64_t)c];
		n++;
	}
	for (int c = 0; c < QL_K_COUNT; c++)
		sum[c] /= n ? (double)n : 1;
	*n_out = n;
	return n ? ql_smaa_value(sum, k->r->smaa.weight) : -INFINITY;
}

/* The option of tier 0 that is best in one half of a group. */
static int best_in(const struct ql_recommending *k, const int *group, int g, int half)
{
	const struct ql_smaa *s = &k->r->smaa;
	int best = -1;
	double most = -INFINITY;
	uint64_t n;
	for (int i = 0; i < s->n_option; i++) {
		double v = s->option[i].tier == 0 ? mean_score(k, &s->option[i], group, g, half, &n) : -INFINITY;
		if (v > most) {
			most = v;
			best = i;
		}
	}
	return best;
}

/* Gain when the choice may follow the groups: chosen in one half of the patients, paid out in the other, so that chance does
 * not look like gain. */
static struct ql_information worth(struct ql_recommending *k, const int *group, int n_group)
{
	struct ql_information w = {0};
	const struct ql_smaa *s = &k->r->smaa;
	for (int half = 0; half < 2; half++) {
		int all = best_in(k, group, -1, half);
		for (int g = 0; g < n_group && all >= 0; g++) {
			uint64_t n, again;
			int own = best_in(k, group, g, half);
			if (own < 0)
				continue;
			double gain = mean_score(k, &s->option[own], group, g, !half, &n) -
				      mean_score(k, &s->option[all], group, g, !half, &again);
			if (!n)
				continue;
			w.value += gain * (double)n / (double)k->n_kept;
			w.change += own != all ? (double)n / (double)k->n_kept : 0;
		}
	}
	return w;
}

static int by_worth(const void *x, const void *y)
{
	double a = ((const struct ql_information *)x)->value, b = ((const struct ql_information *)y)->value;
	return (a < b) - (a > b);
}

static void information(struct ql_recommending *k)
{
	static const struct {
		enum ql_profile_field field;
		const char *covariate;
	} ask[] = {{QL_PF_tp53, "tp53"}, {QL_PF_ighv, "ighv_u"}, {QL_PF_crcl, "crcl"}, {QL_PF_age, "age"}, {QL_PF_node, "spd0"},
		   {QL_PF_alc, "alc0"}, {QL_PF_ldt, "ldt"}, {QL_PF_atrial_fibrillation, "prior_af"},
		   {QL_PF_heart_failure, "heart_failure"}, {QL_PF_igg, "igg0"}, {QL_PF_platelets, "plt0"}};
	struct ql_recommendation *r = k->r;
	int *group = QL_NEW_N(&r->arena, int, k->n_kept + 1);
	r->information = QL_NEW_N(&r->arena, struct ql_information, sizeof ask / sizeof *ask);
	for (size_t i = 0; i < sizeof ask / sizeof *ask && k->n_kept >= 40; i++) {
		int q = ql_trial_quantity(k->job.model, ask[i].covariate, 1u << QL_COVARIATE);
		if (q < 0 || !isnan(k->job.covariate[q]))
			continue;
		int n = group_patients(k, q, group);
		if (n < 2)
			continue;
		struct ql_information w = worth(k, group, n);
		w.field = ql_profile_def[ask[i].field].name;
		w.title = ql_profile_def[ask[i].field].help;
		r->information[r->n_information++] = w;
	}
	qsort(r->information, (size_t)r->n_information, sizeof *r->information, by_worth);
}

/* --- verdict --- */

static bool rests_on_evidence(const struct ql_recommendation *r)
{
	for (int i = 0; i < r->n_eligible; i++)
		if (r->ranked[i].grade == 'A' || r->ranked[i].grade == 'B')
			return true;
	return false;
}

/* By how much the best of the first's tier is ahead of it. */
static double lead_of_others(const struct ql_recommendation *r)
{
	double best = -INFINITY;
	for (int i = 0; i < r->n_eligible; i++)
		if (r->ranked[i].smaa->tier == r->ranked[0].smaa->tier)
			best = fmax(best, score(&r->ranked[i]));
	return best - score(&r->ranked[0]);
}

static int as_good(const struct ql_recommendation *r)
{
	double best = -INFINITY;
	int n = 0;
	for (int i = 0; i < r->n_eligible; i++)
		best = r->ranked[i].smaa->tier == r->ranked[0].smaa->tier ? fmax(best, score(&r->ranked[i])) : best;
	for (int i = 0; i < r->n_eligible; i++)
		n += r->ranked[i].smaa->tier == r->ranked[0].smaa->tier && best - score(&r->ranked[i]) <= REGRET_GAP;
	return n;
}

/* The rule that takes every regimen out, if there is one. */
static const char *common_exclusion(const struct ql_recommendation *r)
{
	for (int k = 0; r->n_ranked && k < r->ranked[0].n_rule; k++) {
		const struct ql_guideline_rule *rule = r->ranked[0].rule[k].rule;
		int n = 0;
		for (int i = 0; i < r->n_ranked; i++)
			for (int j = 0; j < r->ranked[i].n_rule; j++)
				n += r->ranked[i].rule[j].rule == rule && r->ranked[i].rule[j].sure && rule->effect == QL_EXCLUDE;
		if (n == r->n_ranked)
			return rule->text;
	}
	/* watch and wait may be out for another reason */
	const char *most = NULL;
	int of = 0;
	for (int i = 0; i < r->n_ranked; i++) {
		int n = 0;
		for (int j = 0; j < r->n_ranked; j++)
			n += r->ranked[j].excluded == r->ranked[i].excluded;
		if (n > of) {
			of = n;
			most = r->ranked[i].excluded;
		}
	}
	return of >= r->n_ranked - 1 ? most : NULL;
}

/* Only watch and wait is left, by a rule and not for lack of an indication. */
static bool only_waiting(const struct ql_recommendation *r)
{
	return r->n_eligible == 1 && strcmp(r->ranked[0].id, "watch-and-wait") == 0 && r->n_ranked > 1;
}

static void judge(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	struct ql_arena *a = &r->arena;
	if (r->n_ranked && r->n_eligible == 0) {
		const char *why = common_exclusion(r);
		r->verdict = QL_V_NOT_KNOWN;
		r->statement = why ? ql_arena_printf(a, "not known: %s", why) : "not known: the rules leave no regimen";
		return;
	}
	if (r->indication == QL_NO) {
		r->verdict = QL_V_WAIT;
		r->statement = ql_arena_printf(a, "watch and wait: %s", r->indication_why);
		return;
	}
	if (only_waiting(r)) {
		const char *why = r->ranked[1].excluded;
		r->verdict = QL_V_WAIT;
		r->statement = ql_arena_printf(a, "watch and wait: %s", why);
		return;
	}
	if (!k->n_kept || !r->ranked[0].smaa || r->ranked[0].smaa->tier == 2 || !rests_on_evidence(r)) {
		r->verdict = QL_V_NOT_KNOWN;
		r->statement = "not known: nothing that is left has been shown to work in patients like this";
		return;
	}
	if (r->effective < 5 && r->outside) {
		r->verdict = QL_V_NOT_KNOWN;
		r->statement = "not known: the population holds no patients like this";
		return;
	}
	int n = as_good(r);
	const struct ql_ranked *first = &r->ranked[0];
	const char *given = r->indication == QL_UNSURE
				? ql_arena_printf(a, "if there is a reason to treat (it would depend on %s), ", r->indication_why) : "";
	if (first->smaa->tier == 1 && r->n_eligible > 1)
		given = ql_arena_printf(a, "%sa rule speaks against everything that is left; of it ", given);
	double ahead = lead_of_others(r);
	if (first->by_consensus && ahead > REGRET_GAP) {
		r->verdict = QL_V_PREFERRED;
		r->statement = ql_arena_printf(a, "%s%s by consensus; the simulation puts another ahead by %.2f of score, less than the %.2f that a "
					       "departure would need", given, first->id, ahead, CONSENSUS_GAP);
	} else if (first->smaa->first >= LEADS || n == 1) {
		r->verdict = QL_V_PREFERRED;
		r->statement = ql_arena_printf(a, "%s%s is ahead in %.0f of 100 draws over outcomes and wishes", given, first->id,
					       100 * first->smaa->first);
	} else {
		r->verdict = QL_V_EQUIPOISE;
		r->statement = ql_arena_printf(a, "%sequipoise: %d regimens lie within %.2f of each other, %s first among them", given, n,
					       REGRET_GAP, first->id);
	}
}

static int by_qaly(const void *x, const void *y)
{
	const struct ql_ranked *a = *(const struct ql_ranked *const *)x, *b = *(const struct ql_ranked *const *)y;
	double d = b->smaa->mean[QL_K_qaly] - a->smaa->mean[QL_K_qaly];
	return d > 0 ? 1 : d < 0 ? -1 : a->rank - b->rank;
}

static void order_by_qaly(struct ql_recommendation *r)
{
	const struct ql_ranked **p = QL_NEW_N(&r->arena, const struct ql_ranked *, (size_t)r->n_eligible + 1);
	r->qaly_order = QL_NEW_N(&r->arena, const char *, (size_t)r->n_eligible + 1);
	int n = 0;
	for (int i = 0; i < r->n_eligible; i++)
		if (r->ranked[i].smaa)
			p[n++] = &r->ranked[i];
	qsort(p, (size_t)n, sizeof *p, by_qaly);
	for (int i = 0; i < n; i++)
		r->qaly_order[i] = p[i]->id;
}

void ql_recommend_rank(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	run_smaa(k);
	list(k);
	qsort(r->ranked, (size_t)r->n_ranked, sizeof *r->ranked, in_order);
	outrank(k);
	consensus_first(k);
	beside_first(k);
	drivers(r);
	information(k);
	order_by_qaly(r);
	judge(k);
	ql_recommend_quality(k); /* rank still holds the arm */
	for (int i = 0; i < r->n_ranked; i++)
		r->ranked[i].rank = i + 1;
}
