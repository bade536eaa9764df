/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/compare_json.h"
#include "base/csv.h"
#include "base/io.h"
#include "base/json.h"
#include <inttypes.h>
#include <math.h>

static const char *const interval_kind[] = {"monte_carlo", "parameter", "trial"};

static void put(json_t *o, const char *key, json_t *v) { json_object_set_new(o, key, v); }
static void put_text(json_t *o, const char *key, const char *s) { put(o, key, ql_json_text(s)); }
static void put_real(json_t *o, const char *key, double x) { put(o, key, ql_json_real(x)); }
static void put_count(json_t *o, const char *key, uint64_t n) { put(o, key, json_integer((json_int_t)n)); }

static void put_reals(json_t *o, const char *key, const double *x, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, ql_json_real(x[i]));
	put(o, key, list);
}

static void put_counts(json_t *o, const char *key, const uint64_t *x, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_integer((json_int_t)x[i]));
	put(o, key, list);
}

static json_t *published_json(const struct ql_published *p)
{
	json_t *o = json_object();
	put_real(o, "value", p->value);
	put_real(o, "lower", p->lower);
	put_real(o, "upper", p->upper);
	put_text(o, "source", p->source);
	put_text(o, "trial", p->trial);
	put_text(o, "arm", p->arm);
	put_text(o, "population", p->population);
	put(o, "verified", json_boolean(p->verified));
	return o;
}

static json_t *endpoint_json(const struct ql_endpoint *e)
{
	json_t *o = json_object(), *interval = json_object(), *more = json_array();
	put_text(o, "id", e->id);
	put_text(o, "title", e->title);
	put_text(o, "unit", e->unit);
	put_real(o, "estimate", e->estimate);
	put_real(interval, "lower", e->lower);
	put_real(interval, "upper", e->upper);
	put_real(interval, "level", e->level);
	put_text(interval, "kind", interval_kind[e->kind]);
	put(o, "interval", interval);
	put(o, "published", e->n_published ? published_json(&e->published[0]) : json_null());
	for (int i = 1; i < e->n_published; i++)
		json_array_append_new(more, published_json(&e->published[i]));
	put(o, "published_more", more);
	return o;
}

static json_t *curve_json(const struct ql_curve *c)
{
	json_t *o = json_object();
	put_text(o, "id", c->id);
	put_reals(o, "month", c->month, c->n);
	put_reals(o, "surv", c->surv, c->n);
	put_reals(o, "lower", c->lower, c->n);
	put_reals(o, "upper", c->upper, c->n);
	put_counts(o, "at_risk", c->at_risk, c->n);
	put_counts(o, "events", c->events, c->n);
	put_counts(o, "censored", c->censored, c->n);
	return o;
}

static json_t *course_json(const struct ql_course *c)
{
	json_t *o = json_object();
	put_text(o, "output", c->output);
	put_text(o, "title", c->title);
	put_text(o, "unit", c->unit);
	put_reals(o, "day", c->day, c->n);
	put_reals(o, "q05", c->q05, c->n);
	put_reals(o, "q25", c->q25, c->n);
	put_reals(o, "q50", c->q50, c->n);
	put_reals(o, "q75", c->q75, c->n);
	put_reals(o, "q95", c->q95, c->n);
	return o;
}

static json_t *whatif_json(const struct ql_compare *c, const struct ql_arm *a)
{
	if (!a->whatif)
		return json_null();
	json_t *o = json_object(), *references = json_array();
	put_text(o, "id", a->whatif);
	put_text(o, "base", c->arm[a->base].id);
	put_text(o, "rationale", a->rationale);
	for (int i = 0; i < a->n_source; i++)
		json_array_append_new(references, ql_json_text(a->source[i]));
	put(o, "references", references);
	return o;
}

static json_t *arm_json(const struct ql_compare *c, const struct ql_arm *a)
{
	json_t *o = json_object(), *endpoints = json_array(), *curves = json_array(), *courses = json_array();
	char grade[2] = {a->evidence_grade, 0};
	put_text(o, "id", a->id);
	put_text(o, "title", a->title);
	put_text(o, "evidence_grade", grade);
	put_text(o, "warning", a->warning);
	put(o, "what_if", whatif_json(c, a));
	put_count(o, "patients_done", a->patients_done);
	put_count(o, "patients_failed", a->patients_failed);
	put_text(o, "kernel", a->kernel);
	put_count(o, "n_state", (uint64_t)a->n_state);
	for (int i = 0; i < a->n_endpoint; i++)
		json_array_append_new(endpoints, endpoint_json(&a->endpoint[i]));
	for (int i = 0; i < a->n_curve; i++)
		json_array_append_new(curves, curve_json(&a->curve[i]));
	for (int i = 0; i < a->n_course; i++)
		json_array_append_new(courses, course_json(&a->course[i]));
	put(o, "endpoints", endpoints);
	put(o, "curves", curves);
	put(o, "courses", courses);
	return o;
}

static json_t *ratio_json(struct ql_ratio r)
{
	if (!isfinite(r.estimate))
		return json_null();
	json_t *o = json_object();
	put_real(o, "estimate", r.estimate);
	put_real(o, "lower", r.lower);
	put_real(o, "upper", r.upper);
	return o;
}

json_t *ql_trial_evidence_json(const struct ql_trial_evidence *t)
{
	json_t *o = json_object(), *rows = json_array();
	put_text(o, "treatment_a", t->treat_a);
	put_text(o, "treatment_b", t->treat_b);
	put(o, "network", ratio_json(t->network));
	put(o, "direct", ratio_json(t->direct));
	put(o, "indirect", ratio_json(t->indirect));
	put_real(o, "proportion_direct", t->proportion_direct);
	for (int i = 0; i < t->n_row; i++) {
		json_t *r = json_object();
		put_text(r, "trial", t->row[i].trial);
		put_text(r, "source", t->row[i].publication);
		put_text(r, "role", t->row[i].role);
		put_count(r, "row", (uint64_t)t->row[i].row);
		json_array_append_new(rows, r);
	}
	put(o, "rows", rows);
	put(o, "verified", json_boolean(t->verified));
	put_text(o, "certainty", t->certainty);
	put_text(o, "agreement", t->agreement);
	put_text(o, "statement", t->statement);
	return o;
}

static json_t *contrast_json(const struct ql_compare *c, const struct ql_contrast *x)
{
	json_t *o = json_object(), *interval = json_object();
	put_text(o, "a", c->arm[x->arm_a].id);
	put_text(o, "b", c->arm[x->arm_b].id);
	put_text(o, "endpoint", x->endpoint);
	put_real(o, "difference", x->difference);
	put_real(interval, "lower", x->lower);
	put_real(interval, "upper", x->upper);
	put_real(interval, "level", 0.95);
	put_text(interval, "kind", "monte_carlo");
	put(o, "interval", interval);
	put_real(o, "p_ahead", x->p_ahead);
	put(o, "hazard_ratio", ratio_json((struct ql_ratio){x->hazard_ratio, x->hr_lower, x->hr_upper}));
	put(o, "trials", x->trials ? ql_trial_evidence_json(x->trials) : json_null());
	return o;
}

static json_t *numerics_json(const struct ql_compare *c, const struct ql_numerics *n)
{
	json_t *o = json_object(), *effects = json_array();
	put_count(o, "patients", n->patients);
	put_count(o, "solves_failed", n->failed);
	put_real(o, "rtol", n->rtol);
	for (int i = 0; i < n->n_effect; i++) {
		const struct ql_numeric_effect *e = &n->effect[i];
		json_t *x = json_object();
		put_text(x, "regimen", c->arm[e->arm].id);
		put_text(x, "endpoint", e->endpoint);
		put_text(x, "unit", e->unit);
		put_real(x, "estimate", e->loose);
		put_real(x, "estimate_tighter", e->tight);
		put_real(x, "effect", e->loose - e->tight);
		json_array_append_new(effects, x);
	}
	put(o, "effects", effects);
	return o;
}

void ql_compare_json(const struct ql_compare *c, struct ql_buf *out)
{
	json_t *o = json_object(), *regimens = json_array(), *contrasts = json_array(), *tolerances = json_object();
	char hash[20];
	snprintf(hash, sizeof hash, "%016" PRIx64, c->model_hash);
	put_text(o, "schema", "quell.compare/1");
	put_text(o, "version", quell_version());
	put_text(o, "model", c->model_name);
	put_text(o, "model_hash", hash);
	put_count(o, "seed", c->seed);
	put_text(o, "population", c->population);
	put_text(o, "population_title", c->population_title);
	put_count(o, "patients_total", c->patients_total);
	put_real(o, "years", c->years);
	put_real(tolerances, "rtol", c->rtol);
	put(o, "tolerances", tolerances);
	put(o, "interrupted", json_boolean(c->interrupted));
	for (int i = 0; i < c->n_arm; i++)
		json_array_append_new(regimens, arm_json(c, &c->arm[i]));
	for (int i = 0; i < c->n_contrast; i++)
		json_array_append_new(contrasts, contrast_json(c, &c->contrast[i]));
	put(o, "regimens", regimens);
	put(o, "contrasts", contrasts);
	put(o, "numerics", c->numerics ? numerics_json(c, c->numerics) : json_null());
	ql_json_write(o, out);
	json_decref(o);
}

/* --- CSV --- */

static void cell_text(FILE *f, const char *s)
{
	struct ql_buf b = {0};
	ql_csv_write_cell(&b, s ? s : "", ',');
	fputs(b.data ? b.data : "", f);
	ql_buf_free(&b);
}

static void row_end(FILE *f) { fputs("\n", f); }

static void cell_real(FILE *f, double x)
{
	char text[32];
	fputc(',', f);
	if (isfinite(x))
		fputs(ql_format_double(x, text), f);
}

static void more_text(FILE *f, const char *s)
{
	fputc(',', f);
	cell_text(f, s);
}

static void write_endpoints(const struct ql_compare *c, FILE *f)
{
	fputs("regimen,evidence_grade,warning,endpoint,title,unit,estimate,lower,upper,level,interval,"
	      "published,published_lower,published_upper,published_trial,published_source,published_verified\n", f);
	for (int i = 0; i < c->n_arm; i++)
		for (int j = 0; j < c->arm[i].n_endpoint; j++) {
			const struct ql_endpoint *e = &c->arm[i].endpoint[j];
			const struct ql_published none = {.value = NAN, .lower = NAN, .upper = NAN};
			const struct ql_published *p = e->n_published ? &e->published[0] : &none;
			char grade[2] = {c->arm[i].evidence_grade, 0};
			cell_text(f, c->arm[i].id);
			more_text(f, grade);
			more_text(f, c->arm[i].warning);
			more_text(f, e->id);
			more_text(f, e->title);
			more_text(f, e->unit);
			cell_real(f, e->estimate);
			cell_real(f, e->lower);
			cell_real(f, e->upper);
			cell_real(f, e->level);
			more_text(f, interval_kind[e->kind]);
			cell_real(f, p->value);
			cell_real(f, p->lower);
			cell_real(f, p->upper);
			more_text(f, p->trial);
			more_text(f, p->source);
			more_text(f, e->n_published ? (p->verified ? "yes" : "no") : "");
			row_end(f);
		}
}

static void write_curves(const struct ql_compare *c, FILE *f)
{
	fputs("regimen,curve,month,surv,lower,upper,at_risk,events,censored,warning\n", f);
	for (int i = 0; i < c->n_arm; i++)
		for (int j = 0; j < c->arm[i].n_curve; j++) {
			const struct ql_curve *k = &c->arm[i].curve[j];
			for (int d = 0; d < k->n; d++) {
				cell_text(f, c->arm[i].id);
				more_text(f, k->id);
				cell_real(f, k->month[d]);
				cell_real(f, k->surv[d]);
				cell_real(f, k->lower[d]);
				cell_real(f, k->upper[d]);
				fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, k->at_risk[d], k->events[d],
					k->censored[d]);
				more_text(f, c->arm[i].warning);
				row_end(f);
			}
		}
}

static void write_courses(const struct ql_compare *c, FILE *f)
{
	fputs("regimen,output,unit,day,q05,q25,q50,q75,q95,warning\n", f);
	for (int i = 0; i < c->n_arm; i++)
		for (int j = 0; j < c->arm[i].n_course; j++) {
			const struct ql_course *k = &c->arm[i].course[j];
			for (int d = 0; d < k->n; d++) {
				cell_text(f, c->arm[i].id);
				more_text(f, k->output);
				more_text(f, k->unit);
				cell_real(f, k->day[d]);
				cell_real(f, k->q05[d]);
				cell_real(f, k->q25[d]);
				cell_real(f, k->q50[d]);
				cell_real(f, k->q75[d]);
				cell_real(f, k->q95[d]);
				more_text(f, c->arm[i].warning);
				row_end(f);
			}
		}
}

static void write_contrasts(const struct ql_compare *c, FILE *f)
{
	fputs("a,b,endpoint,difference,lower,upper,p_ahead,hazard_ratio,hr_lower,hr_upper,"
	      "trials_hr,trials_lower,trials_upper,trials_direct,agreement,statement,warning\n", f);
	for (int i = 0; i < c->n_contrast; i++) {
		const struct ql_contrast *x = &c->contrast[i];
		cell_text(f, c->arm[x->arm_a].id);
		more_text(f, c->arm[x->arm_b].id);
		more_text(f, x->endpoint);
		cell_real(f, x->difference);
		cell_real(f, x->lower);
		cell_real(f, x->upper);
		cell_real(f, x->p_ahead);
		cell_real(f, x->hazard_ratio);
		cell_real(f, x->hr_lower);
		cell_real(f, x->hr_upper);
		cell_real(f, x->trials ? x->trials->network.estimate : NAN);
		cell_real(f, x->trials ? x->trials->network.lower : NAN);
		cell_real(f, x->trials ? x->trials->network.upper : NAN);
		cell_real(f, x->trials ? x->trials->proportion_direct : NAN);
		more_text(f, x->trials ? x->trials->agreement : NULL);
		more_text(f, x->trials ? x->trials->statement : NULL);
		more_text(f, c->arm[x->arm_a].warning ? c->arm[x->arm_a].warning : c->arm[x->arm_b].warning);
		row_end(f);
	}
}

static const struct {
	const char *file;
	void (*write)(const struct ql_compare *c, FILE *f);
} table[] = {{"endpoints.csv", write_endpoints},
	     {"curves.csv", write_curves},
	     {"courses.csv", write_courses},
	     {"contrasts.csv", write_contrasts}};

enum { N_TABLE = sizeof table / sizeof *table };

/* Every table is written in full under a temporary name before the first appears under its own. */
enum quell_status ql_compare_csv(const struct ql_compare *c, const char *dir, struct ql_diags *ds)
{
	struct ql_arena a = {0};
	struct ql_out_file out[N_TABLE] = {0};
	const char *path[N_TABLE];
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < N_TABLE; i++)
		path[i] = ql_arena_printf(&a, "%s/%s", dir, table[i].file);
	for (int i = 0; i < N_TABLE && s == QUELL_OK; i++) {
		s = ql_out_open(&out[i], path[i], ds);
		if (s == QUELL_OK)
			table[i].write(c, out[i].f);
	}
	for (int i = 0; i < N_TABLE && s == QUELL_OK; i++)
		s = fflush(out[i].f) == 0 && !ferror(out[i].f) ? QUELL_OK : ql_out_commit(&out[i], ds);
	for (int i = 0; i < N_TABLE; i++) {
		if (s == QUELL_OK)
			s = ql_out_commit(&out[i], ds);
		else
			ql_out_abandon(&out[i]);
	}
	ql_arena_free(&a);
	return s;
}
