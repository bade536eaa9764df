/* SPDX-License-Identifier: Apache-2.0 */
/* `survival` and `nma`: the statistics of a table, each as JSON and as tables. */
#include "api/sheet.h"
#include "base/json.h"
#include "evidence/nma_job.h"
#include "trial/sample.h"
#include <math.h>
#include <string.h>

/* ---- from JSON, in which null is a missing number ---- */

static double number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static json_t *at(const json_t *o, const char *key) { return json_object_get(o, key); }

/* ---- survival ---- */

/* The log-rank test and Gray's by cause have two places in the JSON. */
static void tests(struct ql_api_run *r, const json_t *a)
{
	static const char *const key[] = {"rho", "chisq", "df", "p"};
	const json_t *logrank = at(a, "logrank");
	json_t *gray = at(at(a, "cif"), "gray_test"), *o;
	const char *word;
	struct ql_table *t = ql_run_add_table(r, "tests", (logrank != NULL) + (int64_t)json_object_size(gray));
	int name = ql_table_text(t, "test", "");
	if (logrank)
		ql_table_text_add(t, name, number(logrank, "rho") == 0 ? "log-rank" : "S^rho");
	json_object_foreach(gray, word, o) ql_table_text_add(t, name, ql_arena_printf(&r->work, "Gray, %s", word));
	for (int k = 0; k < 4; k++) {
		double *x = ql_table_doubles(t, key[k], "", "");
		if (logrank)
			*x++ = number(logrank, key[k]);
		json_object_foreach(gray, word, o) *x++ = number(o, key[k]);
	}
}

struct survival {
	struct ql_api_run *r;
	json_t *o;
};

static enum quell_status survival(void *arg)
{
	struct survival *w = arg;
	struct ql_api_run *r = w->r;
	struct ql_csv *table;
	const struct ql_work work = {&r->work, &r->ds};
	struct ql_survival_request q = {.time = ql_run_text(r, "time"),
					.event = ql_run_text(r, "event"),
					.group = ql_run_text(r, "group"),
					.strata = ql_run_text(r, "strata"),
					.ties = ql_run_choice(r, "ties") ? QL_BRESLOW : QL_EFRON,
					.tau = ql_run_number(r, "rmst"),
					.rho = isnan(ql_run_number(r, "rho")) ? 0 : ql_run_number(r, "rho"),
					.level = ql_run_number(r, "level")};
	q.cox = ql_run_list(r, "cox", &q.n_cox);
	q.times = ql_run_list(r, "times", &q.n_times);
	q.competing = ql_run_list(r, "competing", &q.n_competing);
	enum quell_status s = ql_run_csv(r, "data", false, &table);
	if (s == QUELL_OK && (!q.time || !q.event)) {
		struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "survival needs `time` and `event`");
		ql_diag_help(d, "name the columns of the table");
		return QUELL_ERR_USAGE;
	}
	if (s != QUELL_OK)
		return s;
	s = ql_survival_analyses(&work, table, &q, &w->o);
	if (s != QUELL_OK)
		return s;
	ql_json_write(w->o, &r->json);
	ql_run_own_sheets(r);
	tests(r, at(w->o, "analyses"));
	return QUELL_OK;
}

enum quell_status ql_api_survival(struct ql_api_run *r)
{
	struct survival w = {.r = r};
	enum quell_status s = ql_protect(survival, &w);
	json_decref(w.o);
	return s;
}

/* ---- nma ---- */

static void put_estimates(struct ql_table *t, const struct ql_estimate *e, int n, bool predict)
{
	double *te = ql_table_doubles(t, "effect", "", "ratios as logarithms"), *se = ql_table_doubles(t, "se", "", ""),
	       *lower = ql_table_doubles(t, "lower", "", ""), *upper = ql_table_doubles(t, "upper", "", ""),
	       *p = ql_table_doubles(t, "p", "1", "");
	double *low = predict ? ql_table_doubles(t, "predict_lower", "", "of a further study") : NULL,
	       *high = predict ? ql_table_doubles(t, "predict_upper", "", "of a further study") : NULL;
	for (int i = 0; i < n; i++) {
		te[i] = e[i].te;
		se[i] = e[i].se;
		lower[i] = e[i].lower;
		upper[i] = e[i].upper;
		p[i] = e[i].p;
		if (predict) {
			low[i] = e[i].predict_lower;
			high[i] = e[i].predict_upper;
		}
	}
}

static void effects(struct ql_api_run *r, const struct ql_nma_report *x)
{
	int n = x->m->n, reference = x->m->o.reference;
	struct ql_table *t = ql_run_add_table(r, "effects", n);
	int treat = ql_table_text(t, "treatment", ""), against = ql_table_text(t, "reference", "");
	struct ql_estimate *e = QL_NEW_N(&r->work, struct ql_estimate, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		ql_table_text_add(t, treat, x->d->treat[i]);
		ql_table_text_add(t, against, x->d->treat[reference]);
		e[i] = i == reference ? (struct ql_estimate){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN} : ql_nma_estimate(x->m, i, reference);
	}
	put_estimates(t, e, n, true);
	double *score = ql_table_doubles(t, "p_score", "1", "share of others that it is better than, by certainty"),
	       *sucra = ql_table_doubles(t, "sucra", "1", "from the rankogram");
	for (int i = 0; i < n; i++) {
		score[i] = x->ranks.p_score ? x->ranks.p_score[i] : NAN;
		sucra[i] = x->ranks.sucra ? x->ranks.sucra[i] : NAN;
	}
}

static void league(struct ql_api_run *r, const struct ql_nma_report *x)
{
	int n = x->m->n, k = 0;
	if (n > 1000) /* a million rows are enough */
		return;
	struct ql_table *t = ql_run_add_table(r, "league", (int64_t)n * (n - 1));
	int treat = ql_table_text(t, "treatment", ""), against = ql_table_text(t, "comparator", "");
	struct ql_estimate *e = QL_NEW_N(&r->work, struct ql_estimate, (size_t)n * (size_t)n + 1);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			if (i == j)
				continue;
			ql_table_text_add(t, treat, x->d->treat[i]);
			ql_table_text_add(t, against, x->d->treat[j]);
			e[k++] = ql_nma_estimate(x->m, i, j);
		}
	put_estimates(t, e, k, false);
}

static void split(struct ql_api_run *r, const struct ql_nma_report *x)
{
	static const char *const name[] = {"studies", "proportion_direct", "network", "direct", "direct_se",
					   "indirect", "indirect_se", "difference", "p"};
	struct ql_table *t = ql_run_add_table(r, "split", x->n_split);
	int treat = ql_table_text(t, "treatment", ""), against = ql_table_text(t, "comparator", "");
	double *c[9];
	for (int k = 0; k < 9; k++)
		c[k] = ql_table_doubles(t, name[k], "", "");
	for (int i = 0; i < x->n_split; i++) {
		const struct ql_split *s = &x->split[i];
		const double row[9] = {s->n_study, s->proportion, s->network.te, s->direct.te, s->direct.se,
				       s->indirect.te, s->indirect.se, s->difference.te, s->difference.p};
		ql_table_text_add(t, treat, x->d->treat[s->treat]);
		ql_table_text_add(t, against, x->d->treat[s->comp]);
		for (int k = 0; k < 9; k++)
			c[k][i] = row[k];
	}
}

static void designs(struct ql_api_run *r, const struct ql_nma_report *x)
{
	struct ql_table *t = ql_run_add_table(r, "designs", x->designs.n);
	int name = ql_table_text(t, "design", "");
	int64_t *n = ql_table_ints(t, "studies", "", ""), *df = NULL;
	double *q = ql_table_doubles(t, "q_within", "", "");
	df = ql_table_ints(t, "df_within", "", "");
	for (int i = 0; i < x->designs.n; i++) {
		ql_table_text_add(t, name, x->designs.design[i].label);
		n[i] = x->designs.design[i].n_study;
		q[i] = x->designs.design[i].q_within;
		df[i] = x->designs.design[i].df_within;
	}
}

/* Values that the JSON has at its top, for networks and pairs alike. */
static void summary(struct ql_api_run *r, const json_t *o)
{
	static const char *const key[] = {"studies", "treatments", "tau2", "I2", "Q", "df_Q", "p_Q"};
	static const char *const name[] = {"studies", "treatments", "tau2", "i2", "q", "df", "p_q"};
	struct ql_table *t = ql_run_add_table(r, "summary", 1);
	int measure = ql_table_text(t, "measure", "");
	ql_table_text_add(t, measure, json_string_value(at(o, "measure")));
	for (int k = 0; k < 7; k++)
		*ql_table_doubles(t, name[k], "", "") = number(o, key[k]);
}

static void pair(struct ql_api_run *r, const struct ql_pair_report *x, const json_t *o)
{
	struct ql_table *t = ql_run_add_table(r, "effects", 1);
	const json_t *p = json_array_get(at(o, "effects"), 0);
	static const char *const key[] = {"te", "se", "lower", "upper", "p", "predict_lower", "predict_upper"},
				*const name[] = {"effect", "se", "lower", "upper", "p", "predict_lower", "predict_upper"};
	int treat = ql_table_text(t, "treatment", ""), against = ql_table_text(t, "reference", "");
	ql_table_text_add(t, treat, x->d->treat[x->treat]);
	ql_table_text_add(t, against, x->d->treat[x->comp]);
	for (int k = 0; k < 7; k++)
		*ql_table_doubles(t, name[k], "", "") = number(p, key[k]);
}

struct nma {
	struct ql_api_run *r;
	struct ql_nma_answer x;
	json_t *o;
};

static struct ql_nma_request request(struct ql_api_run *r)
{
	double effect_sd = ql_run_number(r, "effect-sd");
	return (struct ql_nma_request){.dataset = ql_run_text(r, "dataset"),
				       .method = ql_run_text(r, "method"),
				       .reference = ql_run_text(r, "reference"),
				       .covariate = ql_run_text(r, "covariate"),
				       .group1 = ql_run_text(r, "treatment"),
				       .group2 = ql_run_text(r, "control"),
				       .inactive = ql_run_text(r, "inactive"),
				       .tau_prior = ql_run_text(r, "tau-prior"),
				       .measure = ql_run_choice(r, "measure"),
				       .common = ql_run_choice(r, "model") == 1,
				       .undesirable = ql_run_choice(r, "small-values") == 1,
				       .hk = ql_run_flag(r, "hk"),
				       .repair = ql_run_flag(r, "repair"),
				       .exact_names = ql_run_flag(r, "exact-names"),
				       .heat = ql_run_flag(r, "heat"),
				       .keep_double_zero = ql_run_flag(r, "keep-double-zero"),
				       .components = ql_run_flag(r, "components"),
				       .separate_slopes = ql_run_choice(r, "slopes") == 1,
				       .bayes = ql_run_flag(r, "bayes"),
				       .contributions = ql_run_choice(r, "contributions"),
				       .chains = (int)ql_run_number(r, "chains"),
				       .warmup = (int)ql_run_number(r, "warmup"),
				       .chain_draws = (int)ql_run_number(r, "chain-draws"),
				       .level = ql_run_number(r, "level"),
				       .increment = ql_run_number(r, "increment"),
				       .effect_sd = isnan(effect_sd) ? 0 : effect_sd,
				       .draws = (uint64_t)ql_run_number(r, "draws"),
				       .seed = (uint64_t)ql_run_number(r, "seed"),
				       .cancel = &r->cancel};
}

static enum quell_status nma(void *arg)
{
	struct nma *w = arg;
	struct ql_api_run *r = w->r;
	struct ql_csv *table;
	const struct ql_nma_request q = request(r);
	enum quell_status s = ql_run_csv(r, "data", true, &table);
	if (s == QUELL_OK)
		s = ql_nma_job_run(&r->work, table, &q, &r->ds, &w->x);
	if (s != QUELL_OK)
		return s;
	w->o = ql_nma_answer_json(&w->x);
	ql_json_write(w->o, &r->json);
	if (w->x.is_pair) {
		pair(r, &w->x.pair, w->o);
	} else {
		effects(r, &w->x.network);
		league(r, &w->x.network);
		split(r, &w->x.network);
		if (w->x.network.has_designs)
			designs(r, &w->x.network);
	}
	summary(r, w->o);
	return QUELL_OK;
}

enum quell_status ql_api_nma(struct ql_api_run *r)
{
	struct nma w = {.r = r};
	enum quell_status s = ql_protect(nma, &w);
	json_decref(w.o);
	return s;
}
