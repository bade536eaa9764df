/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/compare_json.h"
#include "base/csv.h"
#include "base/io.h"
#include "base/json.h"
#include <inttypes.h>
#include <math.h>

const char *ql_interval_name(enum ql_interval_kind kind)
{
	static const char *const name[] = {"monte_carlo", "parameter", "trial"};
	return name[kind];
}


json_t *ql_interval_json(double lower, double upper, double level, const char *kind)
{
	json_t *o = json_object();
	ql_json_put_real(o, "lower", lower);
	ql_json_put_real(o, "upper", upper);
	ql_json_put_real(o, "level", level);
	ql_json_put_text(o, "kind", kind);
	return o;
}

static json_t *published_json(const struct ql_published *p)
{
	json_t *o = json_object();
	ql_json_put_real(o, "value", p->value);
	ql_json_put_real(o, "lower", p->lower);
	ql_json_put_real(o, "upper", p->upper);
	ql_json_put_text(o, "source", p->source);
	ql_json_put_text(o, "trial", p->trial);
	ql_json_put_text(o, "arm", p->arm);
	ql_json_put_text(o, "population", p->population);
	ql_json_put(o, "verified", json_boolean(p->verified));
	return o;
}

static json_t *endpoint_json(const struct ql_endpoint *e)
{
	json_t *o = json_object(), *more = json_array();
	ql_json_put_text(o, "id", e->id);
	ql_json_put_text(o, "title", e->title);
	ql_json_put_text(o, "unit", e->unit);
	ql_json_put_real(o, "estimate", e->estimate);
	ql_json_put(o, "interval", ql_interval_json(e->lower, e->upper, e->level, ql_interval_name(e->kind)));
	if (e->kind == QL_INTERVAL_PARAMETER) {
		ql_json_put(o, "interval_chance", ql_interval_json(e->chance_lower, e->chance_upper, e->level,
								   ql_interval_name(QL_INTERVAL_MONTE_CARLO)));
		ql_json_put_real(o, "parameter_sd", e->parameter_sd);
	}
	ql_json_put(o, "published", e->n_published ? published_json(&e->published[0]) : json_null());
	for (int i = 1; i < e->n_published; i++)
		json_array_append_new(more, published_json(&e->published[i]));
	ql_json_put(o, "published_more", more);
	return o;
}

json_t *ql_curve_json(const struct ql_curve *c)
{
	json_t *o = json_object();
	ql_json_put_text(o, "id", c->id);
	ql_json_put_reals(o, "month", c->month, c->n);
	ql_json_put_reals(o, "surv", c->surv, c->n);
	ql_json_put_reals(o, "lower", c->lower, c->n);
	ql_json_put_reals(o, "upper", c->upper, c->n);
	ql_json_put_counts(o, "at_risk", c->at_risk, c->n);
	ql_json_put_counts(o, "events", c->events, c->n);
	ql_json_put_counts(o, "censored", c->censored, c->n);
	return o;
}

static json_t *course_json(const struct ql_course *c)
{
	json_t *o = json_object();
	ql_json_put_text(o, "output", c->output);
	ql_json_put_text(o, "title", c->title);
	ql_json_put_text(o, "unit", c->unit);
	ql_json_put_reals(o, "day", c->day, c->n);
	ql_json_put_reals(o, "q05", c->q05, c->n);
	ql_json_put_reals(o, "q25", c->q25, c->n);
	ql_json_put_reals(o, "q50", c->q50, c->n);
	ql_json_put_reals(o, "q75", c->q75, c->n);
	ql_json_put_reals(o, "q95", c->q95, c->n);
	return o;
}

static json_t *whatif_json(const struct ql_compare *c, const struct ql_arm *a)
{
	if (!a->whatif)
		return json_null();
	json_t *o = json_object(), *references = json_array();
	ql_json_put_text(o, "id", a->whatif);
	ql_json_put_text(o, "base", c->arm[a->base].id);
	ql_json_put_text(o, "rationale", a->rationale);
	for (int i = 0; i < a->n_source; i++)
		json_array_append_new(references, ql_json_text(a->source[i]));
	ql_json_put(o, "references", references);
	return o;
}

static json_t *prior_json(const struct ql_prior *p)
{
	if (!p)
		return json_null();
	json_t *o = json_object();
	ql_json_put_text(o, "agent", p->agent);
	ql_json_put_text(o, "text", p->text);
	ql_json_put_real(o, "kill_factor", p->kill_factor);
	ql_json_put_real(o, "growth_factor", p->growth_factor);
	ql_json_put_real(o, "level", 0.95);
	return o;
}

static json_t *arm_json(const struct ql_compare *c, const struct ql_arm *a)
{
	json_t *o = json_object(), *endpoints = json_array(), *curves = json_array(), *courses = json_array();
	char grade[2] = {a->evidence_grade, 0};
	ql_json_put_text(o, "id", a->id);
	ql_json_put_text(o, "title", a->title);
	ql_json_put_text(o, "evidence_grade", grade);
	ql_json_put_text(o, "warning", a->warning);
	ql_json_put(o, "prior", prior_json(a->prior));
	ql_json_put(o, "what_if", whatif_json(c, a));
	ql_json_put_count(o, "patients_done", a->patients_done);
	ql_json_put_count(o, "patients_failed", a->patients_failed);
	ql_json_put_text(o, "kernel", a->kernel);
	ql_json_put_count(o, "n_state", (uint64_t)a->n_state);
	for (int i = 0; i < a->n_endpoint; i++)
		json_array_append_new(endpoints, endpoint_json(&a->endpoint[i]));
	for (int i = 0; i < a->n_curve; i++)
		json_array_append_new(curves, ql_curve_json(&a->curve[i]));
	for (int i = 0; i < a->n_course; i++)
		json_array_append_new(courses, course_json(&a->course[i]));
	ql_json_put(o, "endpoints", endpoints);
	ql_json_put(o, "curves", curves);
	ql_json_put(o, "courses", courses);
	return o;
}

json_t *ql_ratio_json(struct ql_ratio r)
{
	if (!isfinite(r.estimate))
		return json_null();
	json_t *o = json_object();
	ql_json_put_real(o, "estimate", r.estimate);
	ql_json_put_real(o, "lower", r.lower);
	ql_json_put_real(o, "upper", r.upper);
	return o;
}

json_t *ql_trial_evidence_json(const struct ql_trial_evidence *t)
{
	json_t *o = json_object(), *rows = json_array();
	ql_json_put_text(o, "treatment_a", t->treat_a);
	ql_json_put_text(o, "treatment_b", t->treat_b);
	ql_json_put(o, "network", ql_ratio_json(t->network));
	ql_json_put(o, "direct", ql_ratio_json(t->direct));
	ql_json_put(o, "indirect", ql_ratio_json(t->indirect));
	ql_json_put_real(o, "proportion_direct", t->proportion_direct);
	for (int i = 0; i < t->n_row; i++) {
		json_t *r = json_object();
		ql_json_put_text(r, "trial", t->row[i].trial);
		ql_json_put_text(r, "source", t->row[i].publication);
		ql_json_put_text(r, "role", t->row[i].role);
		ql_json_put_count(r, "row", (uint64_t)t->row[i].row);
		json_array_append_new(rows, r);
	}
	ql_json_put(o, "rows", rows);
	ql_json_put(o, "verified", json_boolean(t->verified));
	ql_json_put_text(o, "certainty", t->certainty);
	ql_json_put_text(o, "agreement", t->agreement);
	ql_json_put_text(o, "statement", t->statement);
	return o;
}

static json_t *contrast_json(const struct ql_compare *c, const struct ql_contrast *x)
{
	json_t *o = json_object(), *interval = json_object();
	ql_json_put_text(o, "a", c->arm[x->arm_a].id);
	ql_json_put_text(o, "b", c->arm[x->arm_b].id);
	ql_json_put_text(o, "endpoint", x->endpoint);
	ql_json_put_real(o, "difference", x->difference);
	ql_json_put_real(interval, "lower", x->lower);
	ql_json_put_real(interval, "upper", x->upper);
	ql_json_put_real(interval, "level", 0.95);
	ql_json_put_text(interval, "kind", ql_interval_name(x->kind));
	ql_json_put(o, "interval", interval);
	ql_json_put_real(o, "p_ahead", x->p_ahead);
	ql_json_put(o, "hazard_ratio", ql_ratio_json((struct ql_ratio){x->hazard_ratio, x->hr_lower, x->hr_upper}));
	ql_json_put(o, "trials", x->trials ? ql_trial_evidence_json(x->trials) : json_null());
	return o;
}

static json_t *numerics_json(const struct ql_compare *c, const struct ql_numerics *n)
{
	json_t *o = json_object(), *effects = json_array();
	ql_json_put_count(o, "patients", n->patients);
	ql_json_put_count(o, "solves_failed", n->failed);
	ql_json_put_real(o, "rtol", n->rtol);
	for (int i = 0; i < n->n_effect; i++) {
		const struct ql_numeric_effect *e = &n->effect[i];
		json_t *x = json_object();
		ql_json_put_text(x, "regimen", c->arm[e->arm].id);
		ql_json_put_text(x, "endpoint", e->endpoint);
		ql_json_put_text(x, "unit", e->unit);
		ql_json_put_real(x, "estimate", e->loose);
		ql_json_put_real(x, "estimate_tighter", e->tight);
		ql_json_put_real(x, "effect", e->loose - e->tight);
		json_array_append_new(effects, x);
	}
	ql_json_put(o, "effects", effects);
	return o;
}

json_t *ql_draws_json(const char *file, uint64_t hash, int draws)
{
	if (!draws)
		return json_null();
	json_t *o = json_object();
	ql_json_put_text(o, "file", file);
	ql_json_put_hash(o, "file_hash", hash);
	ql_json_put_count(o, "draws", (uint64_t)draws);
	return o;
}

void ql_compare_json(const struct ql_compare *c, struct ql_buf *out)
{
	json_t *o = json_object(), *regimens = json_array(), *contrasts = json_array(), *tolerances = json_object();
	ql_json_put_text(o, "schema", "quell.compare/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_text(o, "model", c->model_name);
	ql_json_put_hash(o, "model_hash", c->model_hash);
	ql_json_put_count(o, "seed", c->seed);
	ql_json_put_text(o, "population", c->population);
	ql_json_put_text(o, "population_title", c->population_title);
	ql_json_put_count(o, "patients_total", c->patients_total);
	ql_json_put_real(o, "years", c->years);
	ql_json_put_real(tolerances, "rtol", c->rtol);
	ql_json_put(o, "tolerances", tolerances);
	ql_json_put(o, "parameter_draws", ql_draws_json(c->draws, c->draws_hash, c->n_draws));
	ql_json_put(o, "interrupted", json_boolean(c->interrupted));
	for (int i = 0; i < c->n_arm; i++)
		json_array_append_new(regimens, arm_json(c, &c->arm[i]));
	for (int i = 0; i < c->n_contrast; i++)
		json_array_append_new(contrasts, contrast_json(c, &c->contrast[i]));
	ql_json_put(o, "regimens", regimens);
	ql_json_put(o, "contrasts", contrasts);
	ql_json_put(o, "numerics", c->numerics ? numerics_json(c, c->numerics) : json_null());
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
	fputs("regimen,evidence_grade,warning,prior,endpoint,title,unit,estimate,lower,upper,level,interval,"
	      "published,published_lower,published_upper,published_trial,published_source,published_verified,"
	      "chance_lower,chance_upper,parameter_sd\n", f);
	for (int i = 0; i < c->n_arm; i++)
		for (int j = 0; j < c->arm[i].n_endpoint; j++) {
			const struct ql_endpoint *e = &c->arm[i].endpoint[j];
			const struct ql_published none = {.value = NAN, .lower = NAN, .upper = NAN};
			const struct ql_published *p = e->n_published ? &e->published[0] : &none;
			char grade[2] = {c->arm[i].evidence_grade, 0};
			cell_text(f, c->arm[i].id);
			more_text(f, grade);
			more_text(f, c->arm[i].warning);
			more_text(f, c->arm[i].prior ? c->arm[i].prior->text : NULL);
			more_text(f, e->id);
			more_text(f, e->title);
			more_text(f, e->unit);
			cell_real(f, e->estimate);
			cell_real(f, e->lower);
			cell_real(f, e->upper);
			cell_real(f, e->level);
			more_text(f, ql_interval_name(e->kind));
			cell_real(f, p->value);
			cell_real(f, p->lower);
			cell_real(f, p->upper);
			more_text(f, p->trial);
			more_text(f, p->source);
			more_text(f, e->n_published ? (p->verified ? "yes" : "no") : "");
			cell_real(f, e->chance_lower);
			cell_real(f, e->chance_upper);
			cell_real(f, e->parameter_sd);
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
