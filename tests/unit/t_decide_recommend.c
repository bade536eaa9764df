/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles, matched patients, rules and ranking. The shipped vignettes carry what is expected of them in `expect`. */
#define _POSIX_C_SOURCE 200809L
#include "base/paths.h"
#include "base/rng.h"
#include "compare/job.h"
#include "decide/recommend.h"
#include "patient/posterior.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ql_recommend_spec spec_of(const char *profile)
{
	struct ql_recommend_spec s = {.profile = profile};
	s.run.data_dir = QUELL_SOURCE_DIR;
	s.run.patients = 64;
	s.run.seed = 3;
	s.run.years = 10;
	return s;
}

static struct ql_recommendation *recommend(const struct ql_recommend_spec *s)
{
	struct ql_diags ds = {0};
	struct ql_recommendation *r = NULL;
	enum quell_status st = ql_recommend_run(s, &ds, &r);
	if (st != QUELL_OK) {
		struct ql_buf text = {0};
		ql_diags_render(&ds, false, &text);
		fail_msg("%s", text.data ? text.data : "no diagnostics");
	}
	ql_diags_free(&ds);
	return r;
}

static const struct ql_ranked *find(const struct ql_recommendation *r, const char *id)
{
	for (int i = 0; i < r->n_ranked; i++)
		if (strcmp(r->ranked[i].id, id) == 0)
			return &r->ranked[i];
	return NULL;
}

static const char *profile_file(char *path, const char *text)
{
	strcpy(path, "/tmp/quell_profile_XXXXXX");
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	return path;
}

static void no_rule_is_broken(const struct ql_recommendation *r)
{
	for (int i = 0; i < r->n_ranked; i++) {
		const struct ql_ranked *x = &r->ranked[i];
		for (int k = 0; k < x->n_rule; k++)
			assert_false(x->eligible && x->rule[k].sure && x->rule[k].rule->effect == QL_EXCLUDE);
		assert_true(x->eligible == !x->excluded && x->eligible == (i < r->n_eligible));
		assert_false(!x->eligible && x->smaa);
		assert_true(i == 0 || !x->eligible || r->ranked[i - 1].smaa->tier <= x->smaa->tier);
	}
}

/* --- vignettes --- */

static bool listed(const struct ql_yaml *list, const char *word)
{
	for (int i = 0; list && i < list->n; i++)
		if (strcmp(list->item[i]->text, word) == 0)
			return true;
	return false;
}

/* The regimen, one of its agents or one of their classes stands in the list. */
static bool regimen_in(const struct ql_yaml *list, const char *id)
{
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_yaml *y, *agent;
	bool found = listed(list, id);
	assert_int_equal(ql_yaml_read(&a, ql_arena_printf(&a, "%s/library/regimens/%s.yaml", QUELL_SOURCE_DIR, id), &ds, &y), QUELL_OK);
	const struct ql_yaml *agents = ql_yaml_get(y, "agents");
	for (int i = 0; agents && i < agents->n; i++) {
		const char *name = agents->item[i]->text, *class = "";
		found |= listed(list, name);
		assert_int_equal(ql_yaml_read(&a, ql_arena_printf(&a, "%s/library/agents/%s.yaml", QUELL_SOURCE_DIR, name), &ds, &agent),
				 QUELL_OK);
		ql_yaml_string(agent, "class", false, &ds, &class);
		found |= listed(list, class);
	}
	ql_diags_free(&ds);
	ql_arena_free(&a);
	return found;
}

static void check_vignette(const struct ql_recommendation *r, const char *name)
{
	const struct ql_yaml *e = ql_yaml_get(r->profile.yaml, "expect");
	assert_non_null(e);
	const struct ql_yaml *first = ql_yaml_get(e, "first"), *any = ql_yaml_get(e, "first_any"), *never = ql_yaml_get(e, "never_first"),
			     *excluded = ql_yaml_get(e, "excluded"), *verdict = ql_yaml_get(e, "verdict");
	const char *id = r->n_eligible ? r->ranked[0].id : "none";
	if ((first && !listed(first, id)) || (any && !regimen_in(any, id)) || (never && regimen_in(never, id)))
		fail_msg("%s: %s comes first", name, id);
	for (int i = 0; excluded && i < excluded->n; i++) {
		const struct ql_ranked *x = find(r, excluded->item[i]->text);
		if (!x || x->eligible)
			fail_msg("%s: %s is not excluded", name, excluded->item[i]->text);
		assert_non_null(x->excluded);
	}
	if (verdict)
		assert_string_equal(ql_verdict_text[r->verdict], verdict->text);
	assert_non_null(r->statement);
}

static void the_vignettes_come_out_as_expected(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/vignettes", ".yaml", &n);
	assert_true(n >= 30);
	for (int i = 0; i < n; i++) {
		struct ql_recommend_spec s = spec_of(ql_arena_printf(&a, "%s/library/vignettes/%s.yaml", QUELL_SOURCE_DIR, name[i]));
		struct ql_recommendation *r = recommend(&s);
		check_vignette(r, name[i]);
		no_rule_is_broken(r);
		ql_recommendation_free(r);
	}
	ql_arena_free(&a);
}

/* --- ranking --- */

static void everything_unknown_is_the_population(void **state)
{
	(void)state;
	static const char *regimens[] = {"ven-obi", "acala-obi", "clb-obi"};
	struct ql_recommend_spec s = spec_of(NULL);
	s.run.population = "unfit-1l";
	s.run.regimen = regimens;
	s.run.n_regimen = 3;
	struct ql_recommendation *r = recommend(&s);
	struct ql_run_spec same = s.run;
	struct ql_diags ds = {0};
	struct ql_compare *c = NULL;
	assert_int_equal(ql_compare_run(&same, &ds, &c), QUELL_OK);
	assert_true(fabs(r->effective - 64) < 1e-9 && !r->outside);
	for (int i = 0; i < 3; i++) {
		const struct ql_ranked *x = find(r, c->arm[i].id);
		double qaly = NAN, os = NAN, spread = 0;
		for (int k = 0; k < c->arm[i].n_endpoint; k++) {
			if (strcmp(c->arm[i].endpoint[k].id, "qaly") == 0)
				qaly = c->arm[i].endpoint[k].estimate;
			if (strcmp(c->arm[i].endpoint[k].id, "os_rate_60mo") == 0)
				os = c->arm[i].endpoint[k].estimate;
		}
		/* the same patients: the means without bootstrap and model error are the comparison's */
		double mean = 0, alive = 0;
		for (uint64_t p = 0; p < r->smaa.n; p++) {
			mean += x->smaa->x[p * QL_K_COUNT + QL_K_qaly] / (double)r->smaa.n;
			alive += x->smaa->x[p * QL_K_COUNT + QL_K_os] / (double)r->smaa.n;
		}
		spread = fabs(x->smaa->mean[QL_K_qaly] - mean);
		assert_true(fabs(qaly - mean) < 0.005); /* counted in steps */
		assert_true(isnan(os) || fabs(os - alive) < 1e-9);
		assert_true(spread < 0.2);
	}
	ql_compare_free(c);
	ql_recommendation_free(r);
	ql_diags_free(&ds);
}

/* Weights on one criterion alone would favour whatever is shortest, weakest or strongest; rules come first all the same. */
static void absurd_weights_do_not_bring_back_what_is_excluded(void **state)
{
	(void)state;
	static const char *const patient[] = {
		"symptoms: \"yes\"\ntp53: mutated\ndel17p: \"yes\"\nprior_lines: []\n",
		"symptoms: \"yes\"\nage: 79\ncrcl: 25\nanticoagulant: warfarin\nhbv: active\ncyp3a_inhibitor: strong\nprior_lines: []\n",
		"symptoms: \"yes\"\necog: 3\nbtk_mutation: C481S\nbcl2_mutation: G101V\nprior_lines: [{regimen: ibrutinib, ended: progression}, {regimen: ven-rituximab, ended: progression}]\n"};
	static const char *const out[] = {"clb-obi", "ven-obi", "liso-cel"};
	for (size_t p = 0; p < sizeof patient / sizeof *patient; p++)
		for (int c = 0; c < QL_K_COUNT; c++) {
			char path[40], text[512];
			snprintf(text, sizeof text, "profile: absurd\n%spreferences: {%s: 1e6}\n", patient[p], ql_benefit_def[c].id);
			struct ql_recommend_spec s = spec_of(profile_file(path, text));
			s.run.patients = 16;
			struct ql_recommendation *r = recommend(&s);
			assert_true(r->smaa.stated && r->smaa.weight[c] == 1);
			assert_false(find(r, out[p])->eligible);
			assert_false(find(r, "watch-and-wait")->eligible);
			no_rule_is_broken(r);
			ql_recommendation_free(r);
			remove(path);
		}
}

static void nothing_graded_d_ranks_first(void **state)
{
	(void)state;
	static const char *regimens[] = {"gd-t", "bak", "liso-cel"};
	const char *with[] = {"symptoms=yes"};
	struct ql_recommend_spec s = spec_of(NULL);
	s.run.population = "cellular";
	s.run.regimen = regimens;
	s.with = with;
	s.n_with = 1;
	s.run.n_regimen = 3;
	struct ql_recommendation *r = recommend(&s);
	assert_string_equal(r->ranked[0].id, "liso-cel");
	assert_string_equal(find(r, "bak")->warning, "no clinical data in CLL");
	ql_recommendation_free(r);
	s.run.n_regimen = 2; /* only D is left */
	r = recommend(&s);
	assert_int_equal(r->verdict, QL_V_NOT_KNOWN);
	ql_recommendation_free(r);
}

/* Another set of utilities changes the years and nothing else of the simulation; what the view says of a set is what the set
 * gives when it is used. */
static void utility_sets_are_shown_and_used(void **state)
{
	(void)state;
	static const char *regimens[] = {"ven-obi", "acalabrutinib", "clb-obi"};
	const char *with[] = {"symptoms=yes", "tp53=normal", "del17p=no"};
	struct ql_recommend_spec s = spec_of(NULL);
	s.run.regimen = regimens;
	s.run.n_regimen = 3;
	s.with = with;
	s.n_with = 3;
	struct ql_recommendation *base = recommend(&s);
	s.utilities = "beusterien-2010";
	struct ql_recommendation *other = recommend(&s);
	assert_true(base->n_utility >= 4 && base->utility[0].used);
	int view = 1;
	while (view < base->n_utility && strcmp(base->utility[view].set.id, "beusterien-2010") != 0)
		view++;
	assert_true(view < base->n_utility && other->utility[view].used && !other->utility[0].used);
	for (int i = 0; i < base->n_eligible; i++) {
		const struct ql_ranked *x = &base->ranked[i], *y = find(other, x->id);
		double mean = 0, before = 0;
		for (uint64_t p = 0; p < other->smaa.n; p++) {
			mean += y->smaa->x[p * QL_K_COUNT + QL_K_qaly] / (double)other->smaa.n;
			before += x->smaa->x[p * QL_K_COUNT + QL_K_qaly] / (double)base->smaa.n;
			for (int c = 1; c < QL_K_COUNT; c++)
				assert_true(!(x->smaa->x[p * QL_K_COUNT + (uint64_t)c] < y->smaa->x[p * QL_K_COUNT + (uint64_t)c]) &&
					    !(x->smaa->x[p * QL_K_COUNT + (uint64_t)c] > y->smaa->x[p * QL_K_COUNT + (uint64_t)c]));
		}
		assert_true(fabs(base->utility[view].qaly[i] - mean) < 1e-9 && mean > before);
		assert_true(fabs(base->utility[0].qaly[i] - before) < 1e-5); /* records hold floats */
		assert_true(x->quality.mean[0] > 0 && x->quality.worse_month[2] > 0 && x->quality.well_5y[1] <= 1);
	}
	ql_recommendation_free(base);
	ql_recommendation_free(other);
}

static void json_is_the_same_for_threads(void **state)
{
	(void)state;
	static const char *regimens[] = {"ven-obi", "acalabrutinib"};
	const char *with[] = {"age=70", "ighv=unmutated"};
	struct ql_buf text[2] = {{0}, {0}};
	for (int i = 0; i < 2; i++) {
		struct ql_recommend_spec s = spec_of(NULL);
		s.run.regimen = regimens;
		s.run.n_regimen = 2;
		s.with = with;
		s.n_with = 2;
		s.run.threads = i + 1;
		s.run.lanes = i ? 4 : 8;
		struct ql_recommendation *r = recommend(&s);
		ql_recommendation_json(r, &text[i]);
		ql_recommendation_free(r);
	}
	assert_string_equal(text[0].data, text[1].data);
	ql_buf_free(&text[0]);
	ql_buf_free(&text[1]);
}

/* --- doubt --- */

/* Two options that differ in nothing but the parameter draw: groups drawn as a whole spread the mean like groups. */
static void parameter_draws_widen_the_limits(void **state)
{
	(void)state;
	enum { N = 400, GROUPS = 8 };
	static double x[N * QL_K_COUNT];
	static int group[N];
	static const double none[QL_K_COUNT] = {0};
	double width[2];
	for (int i = 0; i < N; i++) {
		group[i] = i % GROUPS;
		x[i * QL_K_COUNT + QL_K_qaly] = 5 + group[i] % 2; /* draws differ, patients within them do not */
	}
	for (int with = 0; with < 2; with++) {
		struct ql_arena a = {0};
		struct ql_smaa_option o = {.x = x, .error = none, .grade = 'A'};
		struct ql_smaa s = {.n_option = 1, .option = &o, .n = N, .seed = 9};
		ql_preferences_none(&s);
		if (with) {
			s.group = group;
			s.n_group = GROUPS;
		}
		ql_smaa_run(&s, &a);
		width[with] = o.upper[QL_K_qaly] - o.lower[QL_K_qaly];
		ql_arena_free(&a);
	}
	/* Beta(200, 200) and Beta(4, 4): 95 % within 0.098 and 0.632 */
	assert_true(fabs(width[0] - 0.098) < 0.012);
	assert_true(fabs(width[1] - 0.632) < 0.06);
}

static void parameter_draws_are_taken_in_turn(void **state)
{
	(void)state;
	static const char *regimens[] = {"ven-obi", "acalabrutinib"};
	const char *with[] = {"symptoms=yes"};
	char path[] = "/tmp/quell_draws_XXXXXX";
	const char text[] = "draw,btki.f_kill\n1,0.6\n2,0.2\n";
	int fd = mkstemp(path);
	assert_true(write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
	close(fd);
	struct ql_recommend_spec s = spec_of(NULL);
	s.run.regimen = regimens;
	s.run.n_regimen = 2;
	s.with = with;
	s.n_with = 1;
	s.run.draws = path;
	struct ql_recommendation *both = recommend(&s);
	s.run.n_draws = 1;
	struct ql_recommendation *first = recommend(&s);
	assert_true(both->n_draws == 2 && first->n_draws == 1 && both->smaa.n_group == 2);
	const double *x = find(both, "acalabrutinib")->smaa->x, *y = find(first, "acalabrutinib")->smaa->x;
	const double *u = find(both, "ven-obi")->smaa->x, *v = find(first, "ven-obi")->smaa->x;
	int differ = 0;
	for (uint64_t i = 0; i < 64; i++)
		for (uint64_t c = 0; c < QL_K_COUNT; c++) {
			uint64_t at = i * QL_K_COUNT + c;
			if (i % 2 == 0) /* the first draw in both */
				assert_true(x[at] <= y[at] && x[at] >= y[at]);
			differ += i % 2 == 1 && c <= QL_K_ttnt && (x[at] < y[at] || x[at] > y[at]);
			assert_true(c == QL_K_ttnt || i % 2 == 1 || (u[at] <= v[at] && u[at] >= v[at]));
		}
	assert_true(differ > 10);
	ql_recommendation_free(both);
	ql_recommendation_free(first);
	remove(path);
}

/* From calibration arms where there are some, assumed else; the class's own figure before that of all. */
static void model_error_is_derived(void **state)
{
	(void)state;
	static const char *regimens[] = {"acalabrutinib", "ven-obi", "liso-cel"};
	const char *with[] = {"symptoms=yes"};
	struct ql_recommend_spec s = spec_of(NULL);
	s.run.regimen = regimens;
	s.run.n_regimen = 3;
	s.run.patients = 16;
	s.with = with;
	s.n_with = 1;
	struct ql_recommendation *r = recommend(&s);
	const struct ql_ranked *btki = find(r, "acalabrutinib"), *ven = find(r, "ven-obi");
	assert_true(btki->error_arms[QL_K_os] >= 3 && btki->error_arms[QL_K_os] < ven->error_arms[QL_K_os]);
	assert_true(ven->error[QL_K_os] > 0.05 && ven->error[QL_K_os] < 2);
	assert_true(fabs(ven->error[QL_K_qaly] - 0.1 * ven->error[QL_K_os]) < 1e-12);
	assert_int_equal(ven->error_arms[QL_K_acute], 0);
	assert_true(ven->error[QL_K_acute] >= ql_benefit_def[QL_K_acute].error && ven->error[QL_K_af] >= ql_benefit_def[QL_K_af].error);
	ql_recommendation_free(r);
}

/* --- matched patients --- */

struct drawn {
	struct ql_job job;
	struct ql_values v;
	struct ql_diags ds;
};

static const char *one[] = {"watch-and-wait"};

static void open_draws(struct drawn *d, struct ql_run_spec *s, const char *population)
{
	*d = (struct drawn){0};
	*s = (struct ql_run_spec){.data_dir = QUELL_SOURCE_DIR, .population = population, .regimen = one, .n_regimen = 1, .patients = 10,
				  .seed = 5, .years = 1, .protocol = "none", .next_line = "none"};
	assert_int_equal(ql_job_open(&d->job, s, &d->ds), QUELL_OK);
	ql_values_init(d->job.arm[0].plan, &d->v);
}

static void close_draws(struct drawn *d)
{
	ql_values_free(&d->v);
	ql_job_close(&d->job);
	ql_diags_free(&d->ds);
}

/* P(IGHV unmutated | TP53 aberrant) by Bayes from the laws themselves against the weighted draws: the population draws IGHV
 * first and TP53 given it. Weight and surface are correlated normals: a heavy patient's surface must move by rho. */
static void weights_follow_bayes(void **state)
{
	(void)state;
	struct drawn d;
	struct ql_run_spec s;
	open_draws(&d, &s, "relapsed");
	const struct ql_model *m = d.job.model;
	int tp53 = ql_model_find(m, "disease.tp53"), ighv = ql_model_find(m, "disease.ighv_u");
	int weight = ql_model_find(m, "host.weight"), bsa = ql_model_find(m, "host.bsa"), male = ql_model_find(m, "host.male");
	double *fixed = d.job.covariate, sum = 0, unmutated = 0, both = 0, all = 0;
	enum { N = 40000 };
	for (uint64_t i = 0; i < N; i++) { /* the joint draws, counted */
		ql_population_draw(&d.job.population, m, s.seed, i, NULL, &d.v);
		all += d.v.q[tp53] == 1;
		both += d.v.q[tp53] == 1 && d.v.q[ighv] == 1;
	}
	fixed[tp53] = 1;
	for (uint64_t i = 0; i < N; i++) {
		ql_population_draw(&d.job.population, m, s.seed, i, fixed, &d.v);
		double w = exp(ql_population_log_weight(&d.job.population, m, s.seed, i, fixed, d.v.q));
		sum += w;
		unmutated += w * d.v.q[ighv];
	}
	assert_true(fabs(unmutated / sum - both / all) < 0.015);
	fixed[tp53] = NAN;

	fixed[male] = 1;
	fixed[weight] = 81 * exp(2 * 0.16); /* two standard deviations above the median of men */
	double mean = 0;
	sum = 0;
	for (uint64_t i = 0; i < N; i++) {
		ql_population_draw(&d.job.population, m, s.seed, i, fixed, &d.v);
		double w = exp(ql_population_log_weight(&d.job.population, m, s.seed, i, fixed, d.v.q));
		sum += w;
		mean += w * log(d.v.q[bsa]);
	}
	assert_true(fabs(mean / sum - (log(1.97) + 0.9 * 2 * 0.09)) < 0.006);
	close_draws(&d);
}

static void resampling_keeps_the_weights(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	double w[100];
	struct ql_posterior_sample p;
	for (int i = 0; i < 100; i++)
		w[i] = i < 10 ? log(9.0) : log(1.0);
	assert_true(ql_posterior_resample(w, 100, 1000, 1, &a, &p));
	int heavy = 0;
	for (int i = 0; i < 1000; i++)
		heavy += p.patient[i] < 10;
	assert_true(abs(heavy - 500) <= 10); /* 90 of 180 parts; systematic: at most one off per candidate */
	assert_true(fabs(p.effective - 180.0 * 180.0 / (10 * 81 + 90)) < 1e-9);
	for (int i = 0; i < 100; i++)
		w[i] = -INFINITY;
	assert_false(ql_posterior_resample(w, 100, 10, 1, &a, &p));
	for (int i = 0; i < 100; i++)
		w[i] = -3;
	assert_true(ql_posterior_resample(w, 100, 10, 1, &a, &p));
	for (int i = 0; i < 10; i++)
		assert_int_equal(p.patient[i], i);
	ql_arena_free(&a);
}

/* --- calibration of the posterior by simulation --- */

enum { TRUTHS = 200, CANDIDATES = 1500, SEEN = 4 };
static const double day_of[SEEN + 1] = {0, 84, 168, 252, 420}; /* the last one is predicted */

struct course {
	int alc;
	double (*value)[SEEN + 1];
	double *fixed_day;
};

static void keep(void *ctx, uint64_t patient, double day, unsigned at, const double *out)
{
	struct course *c = ctx;
	if (!(at & QL_READ_GRID))
		return;
	for (int i = 0; i <= SEEN; i++)
		if (fabs(day_of[i] - day) < 1e-9)
			c->value[patient][i] = out[c->alc];
}

/* Talts 2018, arXiv:1804.06788: patients drawn from the population, lymphocytes observed with error under watch and wait, the
 * count in five months predicted from the weighted candidates; the share of truths inside each interval must be its level. */
static void intervals_cover_what_they_claim(void **state)
{
	(void)state;
	struct drawn d;
	struct ql_run_spec s;
	open_draws(&d, &s, "early");
	static double value[CANDIDATES + TRUTHS][SEEN + 1];
	struct course c = {.alc = ql_trial_output(d.job.arm[0].plan, "alc"), .value = value};
	struct ql_arm_spec a = ql_job_arm_spec(&d.job, 0);
	struct ql_arm_result result = {0};
	a.n_patients = CANDIDATES + TRUTHS;
	a.horizon_day = day_of[SEEN] + 1;
	a.grid = day_of;
	a.n_grid = SEEN + 1;
	a.fixed_doses = true; /* no death or progression: the course alone */
	a.observe = keep;
	a.observe_ctx = &c;
	assert_int_equal(ql_arm_run(&a, &d.ds, &result), QUELL_OK);
	const double level[3] = {0.5, 0.8, 0.95};
	int inside[3] = {0, 0, 0};
	for (int t = 0; t < TRUTHS; t++) {
		double w[CANDIDATES], sum = 0, below = 0, best = -INFINITY;
		const double *truth = value[CANDIDATES + t];
		for (int k = 0; k < CANDIDATES; k++) {
			w[k] = 0;
			for (int i = 0; i < SEEN; i++) {
				double z = ql_quantile_normal(ql_rng_uniform(11, (uint64_t)t, (uint64_t)i, 0));
				struct ql_observation o = {QL_CK_ALC, day_of[i], truth[i] * exp(ql_course_def[QL_CK_ALC].sd * z)};
				w[k] += ql_observation_log_density(&o, value[k][i]);
			}
			best = fmax(best, w[k]);
		}
		for (int k = 0; k < CANDIDATES; k++) {
			w[k] = exp(w[k] - best);
			sum += w[k];
			below += value[k][SEEN] < truth[SEEN] ? w[k] : 0;
		}
		double p = below / sum;
		for (int l = 0; l < 3; l++)
			inside[l] += p > (1 - level[l]) / 2 && p < (1 + level[l]) / 2;
	}
	for (int l = 0; l < 3; l++) {
		double share = (double)inside[l] / TRUTHS, se = sqrt(level[l] * (1 - level[l]) / TRUTHS);
		printf("interval of %g: %g of the truths inside\n", level[l], share);
		assert_true(fabs(share - level[l]) < 3.5 * se);
	}
	ql_arm_result_free(&result);
	close_draws(&d);
}

/* --- scores and bad input --- */

static void scores_are_computed(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_profile p;
	const char *why;
	ql_profile_blank(&p);
	struct ql_cll_ipi ipi = ql_cll_ipi(&p, &a);
	assert_true(ipi.low == 0 && ipi.high == 10);
	assert_string_equal(ipi.group, "low to very high");
	assert_string_equal(ql_tls_risk(&p), "not known");
	assert_int_equal(ql_treatment_indication(&p, &why), QL_UNSURE);
	const char *set[] = {"age=70", "tp53=mutated", "ighv=unmutated", "b2m=4.2", "rai=2", "alc=120", "node=6", "symptoms=no", "hb=130",
			     "platelets=150", "spleen=14", "ldt=20"};
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		assert_true(ql_profile_set(&p, set[i], &ds));
	ipi = ql_cll_ipi(&p, &a);
	assert_true(ipi.low == 10 && ipi.high == 10);
	assert_string_equal(ql_tls_risk(&p), "high");
	assert_int_equal(ql_treatment_indication(&p, &why), QL_NO);
	assert_true(ql_profile_set(&p, "hb=95", &ds));
	assert_int_equal(ql_treatment_indication(&p, &why), QL_YES);
	assert_int_equal(ql_tp53_aberrant(&p), QL_YES);
	assert_true(ql_profile_set(&p, "tp53=normal", &ds) && ql_profile_set(&p, "del17p=yes", &ds));
	assert_int_equal(ql_tp53_aberrant(&p), QL_YES);
	ql_profile_check(&p, &ds);
	assert_true(ds.n_errors == 0 && ds.n_warnings > 0); /* unusual, not wrong */
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

static void refuse(const char *text, enum ql_code code)
{
	char path[] = "/tmp/quell_profile_XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	struct ql_recommend_spec s = spec_of(path);
	struct ql_diags ds = {0};
	struct ql_recommendation *r = NULL;
	assert_int_equal(ql_recommend_run(&s, &ds, &r), QUELL_ERR_INPUT);
	assert_null(r);
	bool found = false;
	for (int i = 0; i < ds.n; i++)
		found |= ds.item[i]->code == code && ds.item[i]->span.line > 0 && ds.item[i]->help;
	if (!found)
		fail_msg("no %s for: %s", ql_code_name(code), text);
	ql_diags_free(&ds);
	remove(path);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	refuse("profile: x\nage: 300\n", QL_E0521);
	refuse("profile: x\ncrcl: -5\n", QL_E0521);
	refuse("profile: x\nalc: 0\nrai: 1\n", QL_E0525);
	refuse("profile: x\nname: Smith\n", QL_E0520);
	refuse("profile: x\nighv: perhaps\n", QL_E0521);
	refuse("profile: x\nprior_lines:\n  - {drugs: [ibrutinb]}\n", QL_E0522);
	refuse("profile: x\nprior_lines:\n  - {regimen: br, start: 2019-05, end: 2018-01}\n", QL_E0523);
	refuse("profile: x\nprior_lines:\n  - {regimen: br, start: 2019-05, end: 2019-11}\n  - {regimen: ibrutinib, start: 2018-01}\n", QL_E0523);
	refuse("profile: x\ncourses:\n  alc: {unit: cells/uL, at: {0: 40000}}\n", QL_E0524);
	refuse("profile: x\ncourses:\n  alc: {unit: 1e9/L, at: {-3: 40}}\n", QL_E0524);
	refuse("profile: x\npreferences: {os: -1}\n", QL_E0529);
	refuse("profile: x\npreferences: {os: 0}\n", QL_E0529);
	refuse("profile: x\nbtk_mutation: C481S\nprior_lines: []\n", QL_E0525);
	refuse("profile: x\nsex: male\npregnancy: \"yes\"\n", QL_E0525);
	refuse("profile: x\nage: 70\npregnancy: \"yes\"\n", QL_E0525);
	refuse("profile: x\necog: 2.5\n", QL_E0521);
	refuse("profile: x\nage: [70, 71]\n", QL_E0305);
	refuse("profile: x\nprior_lines:\n  - {regimen: br, remission_months: -4}\n", QL_E0521);
	refuse("profile: x\nprior_lines:\n  - {regimen: br, start: May}\n", QL_E0523);
	refuse("profile: x\nprior_lines:\n  - {regimen: br, ended: badly}\n", QL_E0521);
	refuse("profile: x\ncourses:\n  alc: {unit: 1e9/L, at: {0: -40}}\n", QL_E0524);
	refuse("profile: x\ncourses:\n  alc: {unit: 1e9/L, at: {0: 40000}}\n", QL_E0524);
}

/* Unusual is told and used; a rule that stands over another hides it; dates give the remission; autoimmune anaemia is no
 * indication. */
static void history_is_understood(void **state)
{
	(void)state;
	char path[40];
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_profile p;
	const char *why;
	profile_file(path, "profile: x\nhb: 80\nplatelets: 150\nautoimmune_cytopenia: active\nsymptoms: \"no\"\nspleen: 12\nnode: 2\nldt: 20\n"
			   "prior_lines:\n  - {regimen: ven-obi, start: 2018-01, end: 2018-12, ended: completed}\n"
			   "  - {regimen: acalabrutinib, start: 2020-12, end: 2021-03, ended: toxicity, remission_months: 5}\n");
	assert_int_equal(ql_profile_load(path, NULL, 0, QUELL_SOURCE_DIR, &a, &ds, &p), QUELL_OK);
	assert_true(ql_profile_remission_after(&p, "BCL2 inhibitor") == 24);
	assert_true(ql_profile_remission_after(&p, "BTK inhibitor") == 5);
	assert_true(isnan(ql_profile_remission_after(&p, "chemotherapy")));
	assert_true(ql_profile_intolerant_of(&p, "BTK inhibitor") && !ql_profile_progressed_on(&p, "BTK inhibitor"));
	assert_int_equal(ql_treatment_indication(&p, &why), QL_NO);
	assert_true(ql_profile_set(&p, "autoimmune_cytopenia=refractory", &ds));
	assert_int_equal(ql_treatment_indication(&p, &why), QL_YES);
	ql_diags_free(&ds);
	ql_arena_free(&a);
	remove(path);
}

/* Older than anybody in the population: simulated all the same, and said. */
static void beyond_the_population_is_said(void **state)
{
	(void)state;
	static const char *regimens[] = {"acalabrutinib", "ven-obi"};
	const char *with[] = {"age=99", "symptoms=yes"};
	struct ql_recommend_spec s = spec_of(NULL);
	s.run.regimen = regimens;
	s.run.n_regimen = 2;
	s.with = with;
	s.n_with = 2;
	struct ql_diags ds = {0};
	struct ql_recommendation *r = NULL;
	assert_int_equal(ql_recommend_run(&s, &ds, &r), QUELL_OK);
	assert_true(r->outside && r->effective > 30 && r->verdict != QL_V_NOT_KNOWN && ds.n_warnings > 0);
	ql_recommendation_free(r);
	ql_diags_free(&ds);
}

/* Years to the next treatment or death under watch and wait after a course of lymphocytes. */
static double waits_after(const char *course)
{
	static const char *regimens[] = {"watch-and-wait", "ven-obi"};
	char path[] = "/tmp/quell_profile_XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	fprintf(f, "profile: course\nalc: 30\nprior_lines: []\ncourses:\n  alc: {unit: 1e9/L, at: {%s}}\n", course);
	fclose(f);
	struct ql_recommend_spec s = spec_of(path);
	s.run.population = "early";
	s.run.regimen = regimens;
	s.run.n_regimen = 2;
	struct ql_recommendation *r = recommend(&s);
	assert_int_equal(r->profile.n_seen, 3);
	assert_int_equal(r->candidates, 1000);
	double years = find(r, "watch-and-wait")->smaa->mean[QL_K_ttnt];
	ql_recommendation_free(r);
	remove(path);
	return years;
}

/* Flat counts move the weight to slow growers, doubling ones to fast ones. */
static void a_course_changes_who_is_simulated(void **state)
{
	(void)state;
	assert_true(waits_after("0: 30, 180: 31, 360: 32") > 1.3 * waits_after("0: 30, 180: 60, 360: 115"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_are_computed),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(history_is_understood),
		cmocka_unit_test(beyond_the_population_is_said),
		cmocka_unit_test(resampling_keeps_the_weights),
		cmocka_unit_test(weights_follow_bayes),
		cmocka_unit_test(intervals_cover_what_they_claim),
		cmocka_unit_test(everything_unknown_is_the_population),
		cmocka_unit_test(absurd_weights_do_not_bring_back_what_is_excluded),
		cmocka_unit_test(nothing_graded_d_ranks_first),
		cmocka_unit_test(parameter_draws_widen_the_limits),
		cmocka_unit_test(parameter_draws_are_taken_in_turn),
		cmocka_unit_test(model_error_is_derived),
		cmocka_unit_test(utility_sets_are_shown_and_used),
		cmocka_unit_test(json_is_the_same_for_threads),
		cmocka_unit_test(a_course_changes_who_is_simulated),
		cmocka_unit_test(the_vignettes_come_out_as_expected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
