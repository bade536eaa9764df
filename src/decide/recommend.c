/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "decide/recommend.h"
#include "base/io.h"
#include "base/paths.h"
#include "compare/job.h"
#include "decide/recommend_private.h"
#include "patient/law.h"
#include "patient/posterior.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const ql_verdict_text[] = {"preferred", "equipoise", "wait", "not known"};

/* Candidates per patient kept: enough to weight, cheap to draw. */
#define CANDIDATES_PER_PATIENT 20u
/* Candidates that courses are simulated for. */
#define COURSE_CANDIDATES 1000u
#define FEW_PATIENTS 30.0

static const char *copy(struct ql_recommending *k, const char *s) { return ql_arena_strdup(&k->r->arena, s); }

/* --- profile and rules --- */

static enum quell_status read_profile(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	int errors = k->ds->n_errors;
	const char *path = NULL;
	if (k->spec->profile)
		path = ql_library_file(&r->arena, k->spec->run.data_dir, "library/vignettes", k->spec->profile, ".yaml", QL_E0916,
				       "profile", k->ds);
	enum quell_status s = ql_profile_load(path, k->spec->with, k->spec->n_with, k->spec->run.data_dir, &r->arena, k->ds, &r->profile);
	if (s != QUELL_OK && s != QUELL_ERR_INPUT)
		return s;
	ql_preferences_read(r->profile.preferences, &r->smaa, k->ds);
	r->ipi = ql_cll_ipi(&r->profile, &r->arena);
	r->tls = ql_tls_risk(&r->profile);
	r->indication = ql_treatment_indication(&r->profile, &r->indication_why);
	return k->ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}

static enum quell_status read_guideline(struct ql_recommending *k)
{
	const char *name = k->spec->guideline ? k->spec->guideline : "cll";
	const char *path = ql_library_file(&k->r->arena, k->spec->run.data_dir, "library/guidelines", name, ".yaml", QL_E0528,
					   "guideline", k->ds);
	return path ? ql_guideline_load(path, k->spec->run.data_dir, &k->r->arena, k->ds, &k->r->guideline) : QUELL_ERR_INPUT;
}

/* The regimens that are looked at, and the population, as a run of the usual kind. */
static void make_run(struct ql_recommending *k)
{
	const struct ql_recommendation *r = k->r;
	k->run = k->spec->run;
	if (!k->run.population)
		k->run.population = ql_profile_population(&r->profile);
	if (!k->run.n_regimen) {
		const struct ql_words_list *l = &r->guideline.candidates[ql_profile_treated(&r->profile)];
		k->run.regimen = l->word;
		k->run.n_regimen = l->n;
	}
	if (k->run.years <= 0)
		k->run.years = 10;
	if (!k->run.patients)
		k->run.patients = 500;
}

static bool for_this_line(const struct ql_recommending *k, const struct ql_regimen *g)
{
	const char *line = ql_profile_treated(&k->r->profile) ? "RR" : "1L";
	if (!k->r->profile.lines_known && !k->spec->profile && !ql_profile_treated(&k->r->profile))
		line = k->job.population.line;
	for (int i = 0; i < g->n_line; i++)
		if (line && strcmp(g->line[i], line) == 0)
			return true;
	return false;
}

/* What the rules say of one regimen: its tier, and why it is out if it is. */
static void apply_rules(struct ql_recommending *k, int arm)
{
	const struct ql_guideline *g = &k->r->guideline;
	struct ql_candidate *c = &k->candidate[arm];
	const struct ql_regimen *regimen = &k->job.arm[arm].regimen;
	c->rule = QL_NEW_N(&k->r->arena, struct ql_applied_rule, (size_t)g->n_rule + 1);
	for (int i = 0; i < g->n_rule; i++) {
		const struct ql_guideline_rule *rule = &g->rule[i];
		enum ql_three applies = ql_rule_applies(rule, &k->r->profile);
		if (applies == QL_NO || !ql_rule_targets(rule, regimen) || ql_rule_gives_way(g, rule, &k->r->profile))
			continue;
		c->rule[c->n_rule++] = (struct ql_applied_rule){rule, applies == QL_YES};
		if (applies != QL_YES)
			continue;
		if (rule->effect == QL_EXCLUDE && !c->excluded)
			c->excluded = rule->text;
		c->tier = rule->effect == QL_LAST ? 1 : c->tier;
		c->preferred |= rule->effect == QL_PREFER;
	}
	if (!for_this_line(k, regimen) && !c->excluded)
		c->excluded = ql_profile_treated(&k->r->profile) ? "studied in untreated patients only" : "studied after earlier treatment only";
	if (regimen->evidence_grade == 'D')
		c->tier = 2; /* never first */
}

/* --- patients --- */

static bool weigh(struct ql_recommending *k)
{
	struct ql_job *job = &k->job;
	for (uint64_t i = 0; i < k->n_candidate; i++) {
		ql_population_draw(&job->population, job->model, k->run.seed, i, job->covariate, &k->v);
		k->log_weight[i] += ql_population_log_weight(&job->population, job->model, k->run.seed, i, job->covariate,
							     k->v.q);
	}
	return ql_posterior_resample(k->log_weight, k->n_candidate, k->run.patients, k->run.seed, &k->r->arena, &k->sample);
}

/* Values beyond what the population has: taken as they stand, the rest as of its border. */
static bool beyond_population(struct ql_recommending *k)
{
	bool any = false;
	for (int i = 0; i < k->job.population.n_law; i++) {
		const struct ql_population_law *law = &k->job.population.law[i];
		double x = k->job.covariate[law->q];
		char lo[32], hi[32];
		if (ql_population_reaches(law, x))
			continue;
		any = true;
		const char *name = k->job.model->q[law->q].name, *dot = strrchr(name, '.');
		struct ql_diag *d = ql_diag_add(k->ds, QL_E0527, (struct ql_span){0}, "`%s` of %.4g lies outside of the population `%s` (%s to %s)",
						dot ? dot + 1 : name, x, k->run.population, ql_format_double(law->lo, lo),
						ql_format_double(law->hi, hi));
		ql_diag_help(d, "the value is used; what goes with it is taken from the border of the population, so trust the figures less");
	}
	return any;
}

static enum quell_status choose_patients(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	bool known = false;
	for (int i = 0; i < k->job.model->n_q; i++)
		known |= k->job.model->q[i].kind == QL_COVARIATE && !isnan(k->job.covariate[i]);
	k->n_candidate = known || r->profile.n_seen ? CANDIDATES_PER_PATIENT * k->run.patients : k->run.patients;
	if (r->profile.n_seen && k->n_candidate > COURSE_CANDIDATES)
		k->n_candidate = COURSE_CANDIDATES;
	k->log_weight = QL_NEW_N(&r->arena, double, k->n_candidate + 1);
	enum quell_status s = r->profile.n_seen ? ql_recommend_courses(k) : QUELL_OK;
	if (s != QUELL_OK)
		return s;
	bool any = weigh(k);
	r->candidates = k->n_candidate;
	r->effective = any ? k->sample.effective : 0;
	const bool few = !any || k->sample.effective < FEW_PATIENTS;
	r->outside = beyond_population(k) || few;
	if (!any) { /* nobody like that: the covariates alone are set, and the answer says so */
		memset(k->log_weight, 0, k->n_candidate * sizeof *k->log_weight);
		ql_posterior_resample(k->log_weight, k->n_candidate, k->run.patients, k->run.seed, &r->arena, &k->sample);
	}
	if (few)
		ql_diag_help(ql_diag_add(k->ds, QL_E0527, (struct ql_span){0}, "the population `%s` hardly holds such a patient",
					 k->run.population),
			     "the answer leans on the equivalent of %.0f virtual patients; another `--population` may fit better", r->effective);
	return QUELL_OK;
}

static void read_ages(struct ql_recommending *k)
{
	int age = ql_population_find(k->job.model, "age", 1u << QL_COVARIATE);
	k->age = QL_NEW_N(&k->r->arena, double, k->run.patients + 1);
	for (uint64_t i = 0; i < k->run.patients; i++) {
		ql_population_draw(&k->job.population, k->job.model, k->run.seed, k->sample.patient[i], k->job.covariate, &k->v);
		k->age[i] = age < 0 ? 70 : k->v.q[age];
	}
}

/* --- outcomes --- */

static double by_day(float day, double limit) { return (double)day <= limit; }

static void outcomes(const struct ql_patient_record *rec, double qaly, double horizon_day, double *x)
{
	const double five = 5 * QL_DAYS_PER_YEAR, two = 2 * QL_DAYS_PER_YEAR;
	double next = fmin(fmin((double)rec->next_day, (double)rec->death_day), horizon_day);
	double end = isfinite(rec->end_day) ? (double)rec->end_day : (double)rec->follow_day;
	x[QL_K_qaly] = qaly;
	x[QL_K_os] = !((double)rec->death_day <= five);
	x[QL_K_ttnt] = next / QL_DAYS_PER_YEAR;
	x[QL_K_infection] = by_day(rec->infection_day, two);
	x[QL_K_af] = by_day(rec->af_day, five);
	x[QL_K_spm] = by_day(rec->spm_day, five);
	x[QL_K_days] = fmin(end, horizon_day);
	x[QL_K_acute] = rec->tls || rec->crs_grade >= 3 || rec->icans_grade >= 3;
}

/* One regimen on the patients, or on those of parameter draw d: places d, d + n, ... of the sample. */
static enum quell_status run_part(struct ql_recommending *k, int arm, int d, struct ql_arm_result *out)
{
	struct ql_arm_spec s = ql_job_arm_spec(&k->job, arm);
	const uint64_t n = (uint64_t)k->job.draws.n;
	s.patient = k->sample.patient;
	s.n_patients = k->run.patients;
	if (n == 0)
		return ql_arm_run(&s, k->ds, out);
	s.n_patients = 0;
	for (uint64_t i = (uint64_t)d; i < k->run.patients; i += n)
		k->part[s.n_patients++] = k->sample.patient[i];
	s.patient = k->part;
	return s.n_patients ? ql_arm_run(&s, k->ds, out) : QUELL_OK;
}

static enum quell_status simulate_draw(struct ql_recommending *k, int d)
{
	enum quell_status s = QUELL_OK;
	const uint64_t n = (uint64_t)k->job.draws.n;
	for (int arm = 0; arm < k->job.n_arm && s == QUELL_OK; arm++) {
		struct ql_candidate *c = &k->candidate[arm];
		struct ql_arm_result part = {0};
		if (c->excluded)
			continue;
		s = run_part(k, arm, d, &part);
		for (uint64_t j = 0; s == QUELL_OK && part.record && (uint64_t)d + j * n < k->run.patients; j++)
			c->result.record[(uint64_t)d + j * n] = part.record[j];
		ql_arm_result_free(&part);
	}
	return s;
}

/* Every eligible regimen on the same patients. */
static enum quell_status simulate_all(struct ql_recommending *k)
{
	enum quell_status s = QUELL_OK;
	for (int arm = 0; arm < k->job.n_arm && s == QUELL_OK; arm++) {
		struct ql_candidate *c = &k->candidate[arm];
		c->infusion_day = ql_utility_last_infusion(k->job.model, &k->job.arm[arm].regimen);
		if (!c->excluded && k->job.draws.n == 0)
			s = run_part(k, arm, 0, &c->result);
		else if (!c->excluded)
			c->result.record = ql_realloc(NULL, (size_t)k->run.patients, sizeof *c->result.record);
	}
	k->part = QL_NEW_N(&k->r->arena, uint64_t, k->run.patients + 1);
	for (int d = 0; d < k->job.draws.n && s == QUELL_OK; d++) {
		ql_job_use_draw(&k->job, d);
		s = simulate_draw(k, d);
	}
	return s;
}

static void read_outcomes(struct ql_recommending *k, int arm)
{
	struct ql_candidate *c = &k->candidate[arm];
	const double horizon_day = k->run.years * QL_DAYS_PER_YEAR;
	c->x = QL_NEW_N(&k->r->arena, double, k->run.patients * QL_K_COUNT);
	uint64_t n = 0;
	for (uint64_t i = 0; i < k->run.patients; i++) {
		const struct ql_patient_record *rec = &c->result.record[i];
		double *x = c->x + i * QL_K_COUNT;
		if (rec->status != QUELL_OK) {
			c->failed++;
			x[0] = NAN;
			continue;
		}
		outcomes(rec, ql_recommend_qaly(k, c, i), horizon_day, x);
		c->pfs5 += !((double)rec->pfs_day <= 5 * QL_DAYS_PER_YEAR) || rec->pfs_cause == QL_PFS_CENSORED;
		c->umrd += (double)rec->mrd_blood_low < QL_MRD_UNDETECTABLE;
		n++;
	}
	c->pfs5 /= n ? (double)n : 1;
	c->umrd /= n ? (double)n : 1;
}

/* A patient who could not be integrated under one regimen is left out under all, so that all see the same patients. */
static void drop_failed(struct ql_recommending *k)
{
	uint64_t kept = 0;
	k->kept = QL_NEW_N(&k->r->arena, uint64_t, k->run.patients + 1);
	for (uint64_t i = 0; i < k->run.patients; i++) {
		bool ok = true;
		for (int a = 0; a < k->job.n_arm; a++)
			ok &= !k->candidate[a].x || !isnan(k->candidate[a].x[i * QL_K_COUNT]);
		if (!ok)
			continue;
		for (int a = 0; a < k->job.n_arm; a++)
			if (k->candidate[a].x)
				memmove(k->candidate[a].x + kept * QL_K_COUNT, k->candidate[a].x + i * QL_K_COUNT,
					QL_K_COUNT * sizeof(double));
		k->kept[kept] = i;
		k->sample.patient[kept++] = k->sample.patient[i];
	}
	k->n_kept = kept;
}

/* --- the whole --- */

static void describe(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	r->model_hash = k->job.model->hash;
	r->model_name = copy(k, k->job.model->name);
	r->population = copy(k, k->run.population);
	r->seed = k->run.seed;
	r->patients = k->run.patients;
	r->years = k->run.years;
	r->rtol = k->run.rtol > 0 ? k->run.rtol : 1e-4;
	r->draws = copy(k, k->job.draws.name);
	r->n_draws = k->job.draws.n;
}

static enum quell_status open_job(struct ql_recommending *k)
{
	make_run(k);
	enum quell_status s = ql_job_open(&k->job, &k->run, k->ds);
	if (s == QUELL_OK)
		s = ql_evidence_load(k->run.data_dir, k->ds, &k->evidence);
	if (s == QUELL_OK)
		s = ql_trials_open(k->run.data_dir, k->evidence, k->job.population.line, &k->r->arena, k->ds, &k->trials);
	if (s == QUELL_OK)
		s = ql_model_errors_load(k->run.data_dir, &k->r->arena, k->ds, &k->errors);
	if (s != QUELL_OK)
		return s;
	double *fixed = QL_NEW_N(&k->r->arena, double, (size_t)k->job.model->n_q + 1);
	ql_profile_covariates(&k->r->profile, k->job.model, fixed, k->ds);
	for (int i = 0; i < k->job.model->n_q; i++)
		if (!isnan(fixed[i]))
			k->job.covariate[i] = fixed[i];
	k->candidate = QL_NEW_N(&k->r->arena, struct ql_candidate, (size_t)k->job.n_arm + 1);
	for (int i = 0; i < k->job.n_arm; i++) {
		apply_rules(k, i);
		ql_model_errors_of(&k->errors, &k->job.arm[i].regimen, k->candidate[i].error, k->candidate[i].error_arms);
	}
	ql_values_init(k->job.arm[0].plan, &k->v);
	describe(k);
	return QUELL_OK;
}

static enum quell_status recommend(void *arg)
{
	struct ql_recommending *k = arg;
	k->r = ql_realloc(NULL, 1, sizeof *k->r);
	*k->r = (struct ql_recommendation){0};
	int errors = k->ds->n_errors;
	enum quell_status s = read_profile(k), g = read_guideline(k), u = ql_recommend_utilities(k);
	s = s != QUELL_OK ? s : g != QUELL_OK ? g : u;
	if (s == QUELL_OK)
		s = open_job(k);
	if (s != QUELL_OK || k->ds->n_errors > errors)
		return s != QUELL_OK ? s : QUELL_ERR_INPUT;
	s = choose_patients(k);
	if (s != QUELL_OK)
		return s;
	read_ages(k);
	s = simulate_all(k);
	if (s != QUELL_OK)
		return s;
	for (int i = 0; i < k->job.n_arm; i++)
		if (!k->candidate[i].excluded)
			read_outcomes(k, i);
	drop_failed(k);
	ql_recommend_rank(k);
	return QUELL_OK;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum quell_status ql_recommend_run(const struct ql_recommend_spec *spec, struct ql_diags *ds,
				   struct ql_recommendation **out)
{
	struct ql_recommending k = {.spec = spec, .ds = ds};
	double start = seconds();
	*out = NULL;
	enum quell_status s = ql_protect(recommend, &k);
	for (int i = 0; k.candidate && i < k.job.n_arm; i++)
		ql_arm_result_free(&k.candidate[i].result);
	if (k.evidence)
		ql_evidence_free(k.evidence);
	ql_values_free(&k.v);
	ql_job_close(&k.job);
	if (s != QUELL_OK) {
		ql_recommendation_free(k.r);
		return s;
	}
	k.r->wall_s = seconds() - start;
	*out = k.r;
	return QUELL_OK;
}

void ql_recommendation_free(struct ql_recommendation *r)
{
	if (!r)
		return;
	ql_arena_free(&r->arena);
	ql_free(r);
}
