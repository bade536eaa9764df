/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ivp.h"
#include "base/io.h"
#include "base/json.h"
#include "emit/plan.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

static bool fault(struct ql_diags *ds, const char *path, const char *fmt, ...) QL_PRINTF(3, 4);
static bool fault(struct ql_diags *ds, const char *path, const char *fmt, ...)
{
	char text[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	ql_diag_add(ds, QL_E0801, (struct ql_span){path, 0, 0, 0}, "%s", text);
	return false;
}

/* --- reading --- */

static bool is_name(const char *s)
{
	if (!isalpha((unsigned char)*s))
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return !*s;
}

static bool numbers(const json_t *list, struct ql_arena *a, int n, double **out)
{
	*out = QL_NEW_N(a, double, (size_t)n + 1);
	if (!json_is_array(list) || (int)json_array_size(list) != n)
		return false;
	for (int i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, (size_t)i);
		if (!json_is_number(v))
			return false;
		(*out)[i] = json_number_value(v);
	}
	return true;
}

/* "dX/dt = rate": the rate, if X is `state`. */
static const char *rate_of(const char *equation, const char *state, struct ql_arena *a)
{
	const size_t n = strlen(state);
	if (equation[0] != 'd' || strncmp(equation + 1, state, n) != 0 || strncmp(equation + 1 + n, "/dt", 3) != 0)
		return NULL;
	const char *p = equation + n + 4;
	p += strspn(p, " ");
	return *p == '=' ? ql_arena_strdup(a, p + 1) : NULL;
}

static bool read_equations(const json_t *j, struct ql_arena *a, struct ql_diags *ds, struct ql_ivp_problem *p)
{
	const json_t *names = json_object_get(j, "states"), *equations = json_object_get(j, "equations");
	p->n = (int)json_array_size(names);
	p->state = QL_NEW_N(a, const char *, (size_t)p->n + 1);
	p->rate = QL_NEW_N(a, const char *, (size_t)p->n + 1);
	if (p->n == 0 || (int)json_array_size(equations) != p->n)
		return fault(ds, p->file, "problem `%s`: as many `equations` as `states` are wanted", p->name);
	for (int i = 0; i < p->n; i++) {
		const char *name = json_string_value(json_array_get(names, (size_t)i));
		const char *text = json_string_value(json_array_get(equations, (size_t)i));
		if (!name || !is_name(name))
			return fault(ds, p->file, "problem `%s`: state %d has no usable name", p->name, i + 1);
		p->state[i] = ql_arena_strdup(a, name);
		p->rate[i] = text ? rate_of(text, name, a) : NULL;
		if (!p->rate[i])
			return fault(ds, p->file, "problem `%s`: equation %d is not `d%s/dt = ...`", p->name, i + 1, name);
	}
	return true;
}

static bool read_times(const json_t *j, struct ql_arena *a, struct ql_diags *ds, struct ql_ivp_problem *p)
{
	const json_t *reference = json_object_get(j, "reference"), *t0 = json_object_get(j, "t0");
	p->n_time = (int)json_array_size(reference);
	p->time = QL_NEW_N(a, double, (size_t)p->n_time + 1);
	p->t0 = json_number_value(t0);
	if (!json_is_number(t0) || p->n_time == 0)
		return fault(ds, p->file, "problem `%s`: `t0` and a list `reference` are wanted", p->name);
	for (int i = 0; i < p->n_time; i++) {
		p->time[i] = json_number_value(json_object_get(json_array_get(reference, (size_t)i), "t"));
		if (!(p->time[i] > (i ? p->time[i - 1] : p->t0)))
			return fault(ds, p->file, "problem `%s`: times of `reference` must rise from `t0`", p->name);
	}
	return true;
}

static bool read_problem(const json_t *j, struct ql_arena *a, struct ql_diags *ds, struct ql_ivp_problem *p)
{
	if (!read_equations(j, a, ds, p) || !read_times(j, a, ds, p))
		return false;
	if (!numbers(json_object_get(j, "y0"), a, p->n, &p->y0))
		return fault(ds, p->file, "problem `%s`: `y0` must be %d numbers", p->name, p->n);
	if (!numbers(json_object_get(j, "scale"), a, p->n, &p->scale))
		return fault(ds, p->file, "problem `%s`: `scale` must be %d numbers", p->name, p->n);
	for (int i = 0; i < p->n; i++)
		if (!(p->scale[i] > 0))
			return fault(ds, p->file, "problem `%s`: `scale` must be above 0", p->name);
	return true;
}

static bool pick_problem(const json_t *root, const char *name, struct ql_arena *a, struct ql_diags *ds,
			 struct ql_ivp_problem *p)
{
	const json_t *list = json_object_get(root, "problems");
	const size_t n = json_array_size(list);
	const char **known = QL_NEW_N(a, const char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		const char *its = json_string_value(json_object_get(json_array_get(list, i), "name"));
		known[i] = its ? its : "";
		if (strcmp(known[i], name) == 0)
			return read_problem(json_array_get(list, i), a, ds, p);
	}
	if (n == 0)
		return fault(ds, p->file, "no list `problems`");
	struct ql_diag *d = ql_diag_add(ds, QL_E0916, (struct ql_span){p->file, 0, 0, 0}, "no problem `%s`", name);
	const char *near = ql_suggest(name, known, (int)n);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	return false;
}

enum quell_status ql_ivp_read(struct ql_arena *a, const char *path, const char *name, struct ql_diags *ds,
			      struct ql_ivp_problem *out)
{
	const struct ql_source *src;
	enum quell_status s = ql_read_source(ds, path, &src);
	if (s != QUELL_OK)
		return s;
	*out = (struct ql_ivp_problem){.name = ql_arena_strdup(a, name), .file = src->file};
	json_error_t error;
	json_t *root = json_loadb(src->text, src->len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		ql_diag_add(ds, QL_E0801, (struct ql_span){src->file, error.line, error.column > 0 ? error.column : 1, 0},
			    "%s", error.text);
		return QUELL_ERR_INPUT;
	}
	bool ok = pick_problem(root, name, a, ds, out);
	json_decref(root);
	return ok ? QUELL_OK : QUELL_ERR_INPUT;
}

/* --- solving --- */

/* A right-hand side in the model language: free of units, with the time as a plain number. */
static void add_rate(struct ql_buf *text, const char *rate)
{
	for (const char *p = rate; *p;) {
		size_t n = 0;
		while (isalnum((unsigned char)p[n]) || p[n] == '_' || p[n] == '.')
			n++;
		if (n == 1 && *p == 't')
			ql_buf_puts(text, "(t/(1 day))");
		else
			ql_buf_add(text, p, n ? n : 1);
		p += n ? n : 1;
	}
}

static void model_text(const struct ql_ivp_problem *p, struct ql_buf *text)
{
	char number[32];
	for (int i = 0; i < p->n; i++) {
		ql_buf_printf(text, "state %s : 1 = %s\n", p->state[i], ql_format_double(p->y0[i], number));
		ql_buf_printf(text, "let rate_of_%s : 1 = ", p->state[i]);
		add_rate(text, p->rate[i]);
		ql_buf_printf(text, "\nd/dt(%s) = rate_of_%s*(1 (1/day))\n", p->state[i], p->state[i]);
	}
}

struct solving {
	const struct ql_ivp_problem *p;
	const struct ql_model *m;
	const struct ql_plan *plan;
	struct ql_values v;
	bool given;
	int next;
	double *y;
	enum quell_status why;
};

static bool fetch(void *ctx, struct ql_lane *l)
{
	struct solving *s = ctx;
	if (s->given)
		return false;
	s->given = true;
	l->t = s->p->t0;
	l->t_stop = s->p->time[0];
	return ql_plan_patient(s->plan, &s->v, l->p, l->y, l->stride) == QUELL_OK;
}

static enum ql_next stop(void *ctx, struct ql_lane *l)
{
	struct solving *s = ctx;
	double *row = s->y + s->next * s->p->n;
	for (int i = 0; i < s->p->n; i++) {
		int state = s->plan->state_of_q[ql_model_find(s->m, s->p->state[i])];
		row[i] = state < 0 ? s->p->y0[i] : l->y[state * l->stride]; /* a pruned state keeps its value */
	}
	if (++s->next >= s->p->n_time)
		return QL_FINISHED;
	l->t_stop = s->p->time[s->next];
	return QL_GO_ON;
}

static void finished(void *ctx, struct ql_lane *l, enum quell_status why)
{
	(void)l;
	((struct solving *)ctx)->why = why;
}

static enum quell_status run(struct solving *s, const struct ql_kernel *kernel, double *k, struct ql_ode_opts *o)
{
	struct ql_ode_client c = {.ctx = s, .fetch = fetch, .stop = stop, .finished = finished};
	struct ql_ode_work *w;
	enum quell_status st = ql_ode_work_make(kernel, &w);
	if (st != QUELL_OK)
		return st;
	ql_plan_run_constants(s->plan, &s->v, k);
	st = ql_ode_run(kernel, k, o, &c, w, NULL);
	ql_ode_work_free(w);
	return st == QUELL_OK ? s->why : st;
}

static enum quell_status solve_planned(struct solving *s, double rtol, enum ql_method method, struct ql_arena *a)
{
	const struct ql_ivp_problem *p = s->p;
	struct ql_kernel *kernel;
	enum quell_status st = ql_interp_make(s->plan, 1, &kernel);
	if (st != QUELL_OK)
		return st;
	double *atol = QL_NEW_N(a, double, (size_t)s->plan->n_state + 1);
	for (int i = 0; i < p->n; i++) {
		int state = s->plan->state_of_q[ql_model_find(s->m, p->state[i])];
		if (state >= 0)
			atol[state] = rtol * p->scale[i];
	}
	struct ql_ode_opts o = {.method = method, .rtol = rtol, .atol = atol, .max_steps = 100000000};
	ql_values_init(s->plan, &s->v);
	st = run(s, kernel, QL_NEW_N(a, double, (size_t)s->plan->n_k + 1), &o);
	ql_values_free(&s->v);
	ql_interp_free(kernel);
	return st;
}

enum quell_status ql_ivp_solve(const struct ql_ivp_problem *p, double rtol, enum ql_method method,
			       struct ql_arena *a, struct ql_diags *ds, double **y)
{
	struct ql_buf text = {0};
	struct ql_model *m = NULL;
	struct ql_plan *plan = NULL;
	model_text(p, &text);
	enum quell_status st = ql_model_parse(p->name, text.data, text.len, ds, &m);
	if (st == QUELL_OK)
		st = ql_plan_make(m, p->name, NULL, 0, ds, &plan);
	if (st == QUELL_OK) {
		struct solving s = {.p = p, .m = m, .plan = plan, .why = QUELL_ERR_INTERNAL};
		*y = s.y = QL_NEW_N(a, double, (size_t)p->n * (size_t)p->n_time);
		st = solve_planned(&s, rtol, method, a);
		if (st >= QUELL_SOLVE_STEPS)
			ql_diag_add(ds, QL_E0802, (struct ql_span){p->file, 0, 0, 0}, "problem `%s`: %s", p->name,
				    quell_status_text(st));
	}
	ql_plan_free(plan);
	ql_model_free(m);
	ql_buf_free(&text);
	return st;
}

json_t *ql_ivp_result(const struct ql_ivp_problem *p, double rtol, const double *y)
{
	json_t *o = json_object(), *t = json_array(), *rows = json_array();
	json_object_set_new(o, "problem", json_string(p->name));
	json_object_set_new(o, "rtol", json_real(rtol));
	for (int i = 0; i < p->n_time; i++) {
		json_t *row = json_array();
		json_array_append_new(t, json_real(p->time[i]));
		for (int j = 0; j < p->n; j++)
			json_array_append_new(row, ql_json_real(y[i * p->n + j]));
		json_array_append_new(rows, row);
	}
	json_object_set_new(o, "t", t);
	json_object_set_new(o, "y", rows);
	return o;
}
