/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "base/io.h"
#include "base/paths.h"
#include "compare/job.h"
#include "decide/optimize_private.h"
#include "trial/rules.h"
#include <math.h>
#include <nlopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PENALTY 10.0
#define BROAD 0.6 /* share of the evaluations for the broad search */

const struct ql_opt_measure_def ql_opt_measure_def[QL_O_COUNT] = {
#define X(id, title, higher) {#id, title, higher},
	QL_OPT_MEASURES(X)
#undef X
};

/* --- the file --- */

static int measure_of(const char *id)
{
	for (int i = 0; i < QL_O_COUNT; i++)
		if (strcmp(ql_opt_measure_def[i].id, id) == 0)
			return i;
	return -1;
}

static int known_measure(struct optimizing *k, const char *id, struct ql_span at)
{
	const char *names[QL_O_COUNT];
	int m = measure_of(id);
	if (m >= 0)
		return m;
	for (int i = 0; i < QL_O_COUNT; i++)
		names[i] = ql_opt_measure_def[i].id;
	struct ql_diag *d = ql_diag_add(k->ds, QL_E0610, at, "nothing is measured that is called `%s`", id);
	const char *near = ql_suggest(id, names, QL_O_COUNT);
	ql_diag_help(d, near ? "did you mean `%s`?" : "`quell optimize --measures` lists what is%s", near ? near : "");
	return -1;
}

static void fault(struct optimizing *k, struct ql_span at, const char *what, const char *help)
{
	ql_diag_help(ql_diag_add(k->ds, QL_E0610, at, "%s", what), "%s", help);
}

static void read_loss(struct optimizing *k)
{
	const struct ql_yaml *y = ql_yaml_get(k->yaml, "minimise");
	bool any = false;
	for (int i = 0; y && y->kind == QL_YAML_MAP && i < y->n; i++) {
		int m = known_measure(k, y->key[i], y->key_span[i]);
		double w;
		if (!ql_yaml_is_number(y->item[i], &w) || !isfinite(w) || w == 0)
			fault(k, y->item[i]->span, "not a weight", "give a number; below 0 means that more is better");
		else if (m >= 0) {
			k->o->weight[m] = w;
			any = true;
		}
	}
	if (!any)
		fault(k, y ? y->span : k->yaml->span, "there is nothing to minimise", "write minimise: {crs_g2: 1}");
}

static void read_bounds(struct optimizing *k)
{
	const struct ql_yaml *y = ql_yaml_get(k->yaml, "subject");
	for (int i = 0; i < QL_O_COUNT; i++)
		k->o->bound[i] = NAN;
	for (int i = 0; y && y->kind == QL_YAML_MAP && i < y->n; i++) {
		int m = known_measure(k, y->key[i], y->key_span[i]);
		const struct ql_yaml *v = y->item[i], *least = ql_yaml_get(v, ql_opt_measure_def[m < 0 ? 0 : m].higher ? "at_least" : "at_most");
		double margin = 0;
		if (m < 0)
			continue;
		if (!least || least->kind != QL_YAML_SCALAR) {
			fault(k, v->span, "the bound is not understood",
			      "write {at_least: 0.7} where more is better, {at_most: 0.1} else; a regimen's name stands for its own value");
			continue;
		}
		ql_yaml_number(v, "margin", false, k->ds, &margin);
		k->margin[m] = margin;
		if (!ql_yaml_is_number(least, &k->o->bound[m])) {
			k->o->bound[m] = NAN;
			k->bound_of[m] = least->text;
		}
	}
}

static void read_list(struct optimizing *k, const struct ql_yaml *y, struct ql_opt_variable *v)
{
	const struct ql_yaml *list = ql_yaml_get(y, v->order ? "order" : "choose");
	v->choice = QL_NEW_N(&k->o->arena, const char *, (size_t)list->n + 1);
	for (int i = 0; list->kind == QL_YAML_LIST && i < list->n; i++)
		if (list->item[i]->kind == QL_YAML_SCALAR)
			v->choice[v->n_choice++] = ql_arena_strdup(&k->o->arena, list->item[i]->text);
	if (v->n_choice < 2 || v->n_choice > 40)
		fault(k, list->span, "a choice needs 2 to 40 values", "write {choose: [a, b]}, or {order: [a, b]} for two of them in an order");
	v->integer = true;
	v->low = 0;
	v->high = (v->order ? v->n_choice * (v->n_choice - 1) : v->n_choice) - 1;
}

static void read_variable(struct optimizing *k, const struct ql_yaml *y, struct ql_opt_variable *v)
{
	static const char *const keys[] = {"low", "high", "log", "integer", "choose", "order", NULL};
	ql_yaml_check_keys(y, keys, k->ds);
	v->order = ql_yaml_get(y, "order") != NULL;
	if (v->order || ql_yaml_get(y, "choose")) {
		read_list(k, y, v);
		return;
	}
	ql_yaml_number(y, "low", true, k->ds, &v->low);
	ql_yaml_number(y, "high", true, k->ds, &v->high);
	ql_yaml_bool(y, "log", false, k->ds, &v->log);
	ql_yaml_bool(y, "integer", false, k->ds, &v->integer);
	if (v->low >= v->high || (v->log && v->low <= 0))
		fault(k, y->span, "the range of the variable is empty", "low lies below high, above 0 where log is true");
}

static void read_variables(struct optimizing *k)
{
	const struct ql_yaml *y = ql_yaml_get(k->yaml, "variables");
	for (int i = 0; y && y->kind == QL_YAML_MAP && i < y->n && i < QL_OPT_MAX_VARIABLES; i++) {
		struct ql_opt_variable *v = &k->o->variable[k->o->n_variable++];
		*v = (struct ql_opt_variable){.name = y->key[i], .low = NAN, .high = NAN};
		read_variable(k, y->item[i], v);
	}
	if (!k->o->n_variable || (y && y->n > QL_OPT_MAX_VARIABLES))
		fault(k, y ? y->span : k->yaml->span, "one to eight variables can be varied", "write variables: {first: {low: 0.1, high: 2}}");
}

int ql_opt_values(const struct ql_opt_variable *v)
{
	return v->integer ? (int)(round(v->high) - round(v->low)) + 1 : 0;
}

const char *ql_opt_label(const struct ql_opt_variable *v, double x, int place, struct ql_arena *a)
{
	int at = (int)round(x);
	if (!v->choice)
		return ql_arena_printf(a, v->integer ? "%.0f" : "%.4g", x);
	if (!v->order)
		return v->choice[at];
	int one = at / (v->n_choice - 1), two = at % (v->n_choice - 1);
	return v->choice[place == 0 ? one : two + (two >= one)];
}

static void read_compare(struct optimizing *k)
{
	const struct ql_yaml *y = ql_yaml_get(k->yaml, "compare");
	k->compare = QL_NEW_N(&k->o->arena, const char *, (size_t)(y && y->kind == QL_YAML_LIST ? y->n : 0) + QL_O_COUNT + 1);
	for (int i = 0; y && y->kind == QL_YAML_LIST && i < y->n; i++)
		k->compare[k->n_compare++] = y->item[i]->text;
	for (int m = 0; m < QL_O_COUNT; m++) { /* a bound's regimen is simulated as well */
		bool listed = !k->bound_of[m];
		for (int i = 0; i < k->n_compare && !listed; i++)
			listed = strcmp(k->compare[i], k->bound_of[m]) == 0;
		if (!listed)
			k->compare[k->n_compare++] = k->bound_of[m];
	}
}

/* A table or protocol of the library that the schedule adds to. */
static struct ql_yaml *read_base(struct optimizing *k, const char *name)
{
	struct ql_yaml *y = NULL;
	const char *path = ql_library_file(&k->o->arena, k->run.data_dir, "library/protocols", name, ".yaml", QL_E0660, "protocol", k->ds);
	if (path)
		ql_yaml_read(&k->o->arena, path, k->ds, &y);
	return y;
}

static void read_rest(struct optimizing *k)
{
	static const char *const keys[] = {"when", "held_for", "stop", "source", "grade", NULL};
	k->second_line = ql_yaml_get(k->yaml, "second_line");
	k->stop_rule = ql_yaml_get(k->yaml, "stop_rule");
	if (k->second_line && k->second_line->kind != QL_YAML_SCALAR)
		fault(k, k->second_line->span, "the second line is one regimen", "write second_line: $line2");
	if (k->second_line)
		k->next_table = read_base(k, k->run.next_line ? k->run.next_line : "next-line");
	if (!k->stop_rule)
		return;
	if (k->stop_rule->kind != QL_YAML_MAP || !ql_yaml_get(k->stop_rule, "when") || !ql_yaml_get(k->stop_rule, "stop"))
		fault(k, k->stop_rule->span, "the rule is not understood", "write stop_rule: {when: \"mrd_blood < 1e-4\", held_for: 84 day, stop: [bcl2i.dose]}");
	else
		ql_yaml_check_keys(k->stop_rule, keys, k->ds);
	k->protocol = read_base(k, k->run.protocol ? k->run.protocol : "standard");
}

static enum quell_status read_file(struct optimizing *k)
{
	static const char *const keys[] = {"optimize", "title", "population", "patients", "years", "minimise", "subject",
					   "compare", "variables", "regimen", "second_line", "stop_rule", "next_line", "protocol", "note", NULL};
	int errors = k->ds->n_errors;
	double patients = 300, years = 1;
	enum quell_status s = ql_yaml_read(&k->o->arena, k->spec->path, k->ds, &k->yaml);
	if (s != QUELL_OK)
		return s;
	if (!k->yaml || k->yaml->kind != QL_YAML_MAP) {
		fault(k, (struct ql_span){k->spec->path, 0, 0, 0}, "the file says nothing", "start from a file of library/optimize");
		return QUELL_ERR_INPUT;
	}
	k->run = k->spec->run;
	ql_yaml_check_keys(k->yaml, keys, k->ds);
	ql_yaml_string(k->yaml, "optimize", true, k->ds, &k->o->name);
	ql_yaml_string(k->yaml, "title", false, k->ds, &k->o->title);
	if (!k->run.population)
		ql_yaml_string(k->yaml, "population", true, k->ds, &k->run.population);
	ql_yaml_number(k->yaml, "patients", false, k->ds, &patients);
	ql_yaml_number(k->yaml, "years", false, k->ds, &years);
	ql_yaml_string(k->yaml, "protocol", false, k->ds, &k->run.protocol);
	if (!(patients >= 10 && patients <= 1e6) || !(years >= 0.1 && years <= 20))
		fault(k, k->yaml->span, "patients or years are out of range", "10 to 1e6 patients, 0.1 to 20 years");
	k->run.patients = k->run.patients ? k->run.patients : (uint64_t)patients;
	k->run.years = k->run.years > 0 ? k->run.years : years;
	read_loss(k);
	read_bounds(k);
	read_variables(k);
	read_compare(k);
	ql_yaml_string(k->yaml, "next_line", false, k->ds, &k->run.next_line);
	k->regimen = ql_yaml_get(k->yaml, "regimen");
	if (!k->regimen || k->regimen->kind == QL_YAML_LIST)
		fault(k, k->yaml->span, "`regimen` is missing", "write the regimen with $NAME where a variable stands, or the name of one");
	read_rest(k);
	return k->ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}

/* --- measuring --- */

static void add_patient(const struct ql_patient_record *r, double horizon_day, double *m)
{
	double end = isfinite(r->end_day) ? (double)r->end_day : (double)r->follow_day;
	m[QL_O_crs_any] += r->crs_grade >= 1;
	m[QL_O_crs_g2] += r->crs_grade >= 2;
	m[QL_O_crs_g3] += r->crs_grade >= 3;
	m[QL_O_orr] += r->best >= QL_RESP_PR;
	m[QL_O_cr] += r->best >= QL_RESP_CRI;
	m[QL_O_umrd] += (double)r->mrd_blood_low < QL_MRD_UNDETECTABLE;
	m[QL_O_pfs_12mo] += r->pfs_cause == QL_PFS_CENSORED || (double)r->pfs_day > QL_DAYS_PER_YEAR;
	m[QL_O_pfs_60mo] += r->pfs_cause == QL_PFS_CENSORED || (double)r->pfs_day > 5 * QL_DAYS_PER_YEAR;
	m[QL_O_infection_12mo] += (double)r->infection_day <= QL_DAYS_PER_YEAR;
	m[QL_O_days] += fmin(end, horizon_day) / QL_DAYS_PER_YEAR;
	m[QL_O_qaly] += (double)r->qaly;
	m[QL_O_os_60mo] += !((double)r->death_day <= 5 * QL_DAYS_PER_YEAR);
	m[QL_O_ttnt] += fmin(fmin((double)r->next_day, (double)r->death_day), horizon_day) / QL_DAYS_PER_YEAR;
	m[QL_O_pfs2] += fmin(fmin((double)r->pfs2_day, (double)r->death_day), horizon_day) / QL_DAYS_PER_YEAR;
}

/* Simulates one regimen (a name or the file in hand); the same patients each time. */
static enum quell_status measure(struct optimizing *k, const char *regimen, double *m, struct ql_job *job)
{
	struct ql_arm_result result = {0};
	const char *list[1] = {regimen};
	struct ql_run_spec *run = QL_NEW(&k->o->arena, struct ql_run_spec); /* the job keeps it */
	*run = k->run;
	run->regimen = list;
	run->n_regimen = 1;
	if (k->second_line && k->trying)
		run->next_line = k->next_path;
	if (k->stop_rule && k->trying)
		run->protocol = k->protocol_path;
	enum quell_status s = ql_job_open(job, run, k->ds);
	if (s == QUELL_OK) {
		struct ql_arm_spec a = ql_job_arm_spec(job, 0);
		s = ql_arm_run(&a, k->ds, &result);
	}
	memset(m, 0, QL_O_COUNT * sizeof *m);
	uint64_t n = 0;
	for (uint64_t i = 0; s == QUELL_OK && i < k->run.patients; i++) {
		if (result.record[i].status != QUELL_OK) {
			m[QL_O_failed]++;
			continue;
		}
		add_patient(&result.record[i], k->run.years * QL_DAYS_PER_YEAR, m);
		n++;
	}
	for (int i = 0; i < QL_O_COUNT && n; i++)
		m[i] /= i == QL_O_failed ? (double)k->run.patients : (double)n;
	ql_arm_result_free(&result);
	return s;
}

static double loss_of(const struct optimizing *k, const double *m)
{
	double sum = 0;
	for (int i = 0; i < QL_O_COUNT; i++)
		sum += k->o->weight[i] * m[i];
	return sum;
}

static double miss_of(const struct optimizing *k, const double *m)
{
	double sum = 0;
	for (int i = 0; i < QL_O_COUNT; i++)
		if (!isnan(k->o->bound[i])) {
			double short_of = k->o->bound[i] - m[i];
			sum += fmax(ql_opt_measure_def[i].higher ? short_of : -short_of, 0);
		}
	return sum;
}

static enum quell_status measure_references(struct optimizing *k)
{
	k->o->reference = QL_NEW_N(&k->o->arena, struct ql_opt_reference, (size_t)k->n_compare + 1);
	for (int i = 0; i < k->n_compare; i++) {
		struct ql_opt_reference *r = &k->o->reference[k->o->n_reference++];
		struct ql_job job = {0};
		enum quell_status s = measure(k, k->compare[i], r->measure, &job);
		r->id = ql_arena_strdup(&k->o->arena, k->compare[i]);
		r->title = s == QUELL_OK ? ql_arena_strdup(&k->o->arena, job.arm[0].regimen.title) : NULL;
		ql_job_close(&job);
		if (s != QUELL_OK)
			return s;
		for (int m = 0; m < QL_O_COUNT; m++)
			if (k->bound_of[m] && strcmp(k->bound_of[m], r->id) == 0)
				k->o->bound[m] = r->measure[m] + (ql_opt_measure_def[m].higher ? -k->margin[m] : k->margin[m]);
	}
	for (int i = 0; i < k->o->n_reference; i++) {
		k->o->reference[i].loss = loss_of(k, k->o->reference[i].measure);
		k->o->reference[i].miss = miss_of(k, k->o->reference[i].measure);
	}
	return QUELL_OK;
}

/* --- searching --- */

static double natural(const struct ql_opt_variable *v, double u)
{
	double x = v->log ? v->low * pow(v->high / v->low, u) : v->low + u * (v->high - v->low);
	return v->integer ? round(x) : x;
}

static enum quell_status write_text(struct optimizing *k, const char *path, struct ql_buf *text)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(text->data, 1, text->len, f) == text->len;
	ok = f && fclose(f) == 0 && ok;
	ql_buf_free(text);
	if (ok)
		return QUELL_OK;
	ql_diag_help(ql_diag_add(k->ds, QL_E0903, (struct ql_span){path, 0, 0, 0}, "cannot write `%s`", path),
		     "the schedule in hand is kept in /tmp; make room there");
	return QUELL_ERR_IO;
}

/* The schedule as the files that a run reads; the regimen's name if it is one of the library. */
static enum quell_status write_schedule(struct optimizing *k, const double *x, const char **regimen)
{
	enum quell_status s = QUELL_OK;
	struct ql_buf b = {0};
	*regimen = k->path;
	if (k->regimen->kind == QL_YAML_SCALAR) {
		ql_opt_put_text(k->o, x, k->regimen->text, false, &b);
		*regimen = ql_arena_strdup(&k->o->arena, b.data);
		ql_buf_free(&b);
	} else {
		ql_opt_put_map(k->o, x, k->regimen, &b);
		s = write_text(k, k->path, &b);
	}
	if (s == QUELL_OK && k->second_line) {
		ql_opt_put_next_line(k, x, &b);
		s = write_text(k, k->next_path, &b);
	}
	if (s == QUELL_OK && k->stop_rule) {
		ql_opt_put_protocol(k, x, &b);
		s = write_text(k, k->protocol_path, &b);
	}
	return s;
}

static const struct ql_opt_trial *tried(const struct optimizing *k, const double *x)
{
	for (int i = 0; i < k->o->n_trial; i++)
		if (memcmp(k->o->trial[i].x, x, (size_t)k->o->n_variable * sizeof *x) == 0)
			return &k->o->trial[i];
	return NULL;
}

/* The loss of a point of the unit cube. */
static double evaluate(unsigned n, const double *u, double *gradient, void *ctx)
{
	struct optimizing *k = ctx;
	double x[QL_OPT_MAX_VARIABLES] = {0};
	(void)gradient;
	for (unsigned i = 0; i < n; i++)
		x[i] = natural(&k->o->variable[i], u[i]);
	const struct ql_opt_trial *before = tried(k, x);
	if (before)
		return before->loss + PENALTY * before->miss;
	if (k->status != QUELL_OK || k->o->n_trial >= k->most)
		return 1e9;
	struct ql_opt_trial *t = &k->o->trial[k->o->n_trial];
	struct ql_job job = {0};
	memcpy(t->x, x, sizeof x);
	const char *regimen = NULL;
	k->status = write_schedule(k, x, &regimen);
	if (k->status == QUELL_OK)
		k->status = measure(k, regimen, t->measure, &job);
	if (k->status == QUELL_OK && !k->o->model_hash) {
		k->o->model_hash = job.model->hash;
		k->o->evidence_grade = 'D'; /* whatever the parts have */
		k->o->warning = k->regimen->kind == QL_YAML_MAP && job.arm[0].regimen.warning
					? ql_arena_strdup(&k->o->arena, job.arm[0].regimen.warning)
					: "no trial has compared these schedules";
	}
	ql_job_close(&job);
	if (k->status != QUELL_OK)
		return 1e9;
	t->loss = loss_of(k, t->measure);
	t->miss = miss_of(k, t->measure);
	k->o->n_trial++;
	return t->loss + PENALTY * t->miss;
}

static void search(struct optimizing *k, nlopt_algorithm how, int most, double *u)
{
	nlopt_opt opt = nlopt_create(how, (unsigned)k->o->n_variable);
	double value;
	if (!opt)
		ql_out_of_memory();
	nlopt_set_min_objective(opt, evaluate, k);
	nlopt_set_lower_bounds1(opt, 0.0);
	nlopt_set_upper_bounds1(opt, 1.0);
	nlopt_set_maxeval(opt, most);
	nlopt_set_initial_step1(opt, 0.1);
	nlopt_optimize(opt, u, &value);
	nlopt_destroy(opt);
}

static double total(const struct ql_opt_trial *t) { return t->loss + PENALTY * t->miss; }

/* Of discrete variables, if they can all be tried; else 0. */
static int combinations(const struct optimizing *k)
{
	double n = 1;
	for (int v = 0; v < k->o->n_variable; v++)
		n *= ql_opt_values(&k->o->variable[v]);
	return n >= 1 && n <= k->most ? (int)n : 0;
}

static void try_all(struct optimizing *k)
{
	double u[QL_OPT_MAX_VARIABLES];
	for (int i = 0, n = combinations(k); i < n && k->status == QUELL_OK; i++) {
		int rest = i;
		for (int v = 0; v < k->o->n_variable; v++) {
			const int values = ql_opt_values(&k->o->variable[v]);
			u[v] = values > 1 ? (double)(rest % values) / (values - 1) : 0;
			rest /= values;
		}
		evaluate((unsigned)k->o->n_variable, u, NULL, k);
	}
}

static void search_broad_and_near(struct optimizing *k, double *u)
{
	search(k, NLOPT_GN_DIRECT_L, (int)(BROAD * k->most), u);
	for (int i = 0, best = 0; i < k->o->n_trial; i++)
		if (i == 0 || total(&k->o->trial[i]) < total(&k->o->trial[best])) {
			best = i;
			for (int v = 0; v < k->o->n_variable; v++) {
				const struct ql_opt_variable *x = &k->o->variable[v];
				u[v] = x->log ? log(k->o->trial[i].x[v] / x->low) / log(x->high / x->low)
					      : (k->o->trial[i].x[v] - x->low) / (x->high - x->low);
			}
		}
	if (k->status == QUELL_OK)
		search(k, NLOPT_LN_SBPLX, 3 * k->most, u); /* points tried before cost nothing; the trials are counted */
}

static void choose(struct optimizing *k)
{
	struct ql_optimisation *o = k->o;
	int first = 0;
	while (first < QL_O_COUNT && isnan(o->bound[first]))
		first++;
	o->best = -1;
	for (int i = 0; i < o->n_trial; i++) {
		struct ql_opt_trial *t = &o->trial[i];
		if (t->miss <= 0 && (o->best < 0 || t->loss < o->trial[o->best].loss))
			o->best = i;
		t->pareto = true;
		for (int j = 0; j < o->n_trial && first < QL_O_COUNT; j++) {
			const struct ql_opt_trial *s = &o->trial[j];
			double sign = ql_opt_measure_def[first].higher ? 1 : -1, d = sign * (s->measure[first] - t->measure[first]);
			if (s->loss <= t->loss && d >= 0 && (s->loss < t->loss || d > 0))
				t->pareto = false;
		}
	}
}

static const char *taken(struct optimizing *k, struct ql_buf *b)
{
	const char *text = ql_arena_strdup(&k->o->arena, b->data);
	ql_buf_free(b);
	return text;
}

static void keep_best(struct optimizing *k)
{
	const double *x = k->o->trial[k->o->best].x;
	struct ql_buf b = {0};
	if (k->regimen->kind == QL_YAML_SCALAR) {
		ql_opt_put_text(k->o, x, k->regimen->text, false, &b);
		k->o->regimen_name = taken(k, &b);
	} else {
		ql_opt_put_map(k->o, x, k->regimen, &b);
		k->o->regimen = taken(k, &b);
	}
	if (k->second_line) {
		ql_opt_put_next_line(k, x, &b);
		k->o->next_line = taken(k, &b);
	}
	if (k->stop_rule) {
		ql_opt_put_protocol(k, x, &b);
		k->o->protocol = taken(k, &b);
	}
}

static enum quell_status optimise(void *arg)
{
	struct optimizing *k = arg;
	k->o = ql_realloc(NULL, 1, sizeof *k->o);
	*k->o = (struct ql_optimisation){.best = -1};
	k->most = k->spec->evaluations > 0 ? k->spec->evaluations : 80;
	enum quell_status s = read_file(k);
	if (s == QUELL_OK)
		s = measure_references(k);
	if (s != QUELL_OK)
		return s;
	k->o->seed = k->run.seed;
	k->o->patients = k->run.patients;
	k->o->years = k->run.years;
	k->o->rtol = k->run.rtol > 0 ? k->run.rtol : 1e-4;
	k->o->population = ql_arena_strdup(&k->o->arena, k->run.population);
	k->trying = true;
	k->o->trial = QL_NEW_N(&k->o->arena, struct ql_opt_trial, (size_t)k->most + 1);
	double u[QL_OPT_MAX_VARIABLES] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
	if (combinations(k) > 0)
		try_all(k);
	else
		search_broad_and_near(k, u);
	if (k->status != QUELL_OK)
		return k->status;
	choose(k);
	if (k->o->best >= 0) {
		keep_best(k);
	}
	return QUELL_OK;
}

enum quell_status ql_optimize_run(const struct ql_optimize_spec *spec, struct ql_diags *ds, struct ql_optimisation **out)
{
	struct optimizing k = {.spec = spec, .ds = ds};
	struct timespec start, end;
	*out = NULL;
	snprintf(k.folder, sizeof k.folder, "/tmp/quell-schedule-XXXXXX");
	if (!mkdtemp(k.folder)) {
		ql_diag_help(ql_diag_add(ds, QL_E0903, (struct ql_span){0}, "cannot make a folder in /tmp"),
			     "schedules in hand are kept there; make room");
		return QUELL_ERR_IO;
	}
	snprintf(k.path, sizeof k.path, "%s/schedule.yaml", k.folder);
	snprintf(k.next_path, sizeof k.next_path, "%s/next.yaml", k.folder);
	snprintf(k.protocol_path, sizeof k.protocol_path, "%s/protocol.yaml", k.folder);
	clock_gettime(CLOCK_MONOTONIC, &start);
	enum quell_status s = ql_protect(optimise, &k);
	clock_gettime(CLOCK_MONOTONIC, &end);
	remove(k.path);
	remove(k.next_path);
	remove(k.protocol_path);
	rmdir(k.folder);
	if (s != QUELL_OK) {
		ql_optimisation_free(k.o);
		return s;
	}
	k.o->wall_s = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
	*out = k.o;
	return QUELL_OK;
}

void ql_optimisation_free(struct ql_optimisation *o)
{
	if (!o)
		return;
	ql_arena_free(&o->arena);
	ql_free(o);
}
