/* SPDX-License-Identifier: Apache-2.0 */
/* Stiff problems of ivp/reference.json at three tolerances. */
#include "cli/conformance.h"
#include "cli/ivp.h"
#include <ctype.h>
#include <string.h>

#define SLACK 3 /* digits that may be lost */

/* "y1 + y2 = 1 at all times": how far off, or 0 if the text is no such sum. */
static double invariant_error(const char *text, const struct ql_ivp_problem *p, const double *y)
{
	double sum = 0, want, sign = 1;
	const char *s = text;
	while (*s && *s != '=') {
		size_t n = 0;
		if (*s == '+' || *s == '-' || *s == ' ') {
			sign = *s == '-' ? -1 : *s == '+' ? 1 : sign;
			s++;
			continue;
		}
		while (isalnum((unsigned char)s[n]) || s[n] == '_')
			n++;
		int found = -1;
		for (int i = 0; i < p->n; i++)
			if (strlen(p->state[i]) == n && strncmp(p->state[i], s, n) == 0)
				found = i;
		if (found < 0)
			return 0;
		sum += sign * y[found];
		s += n;
	}
	if (*s != '=')
		return 0;
	s += 1 + strspn(s + 1, " ");
	if (!ql_parse_double(s, strcspn(s, " "), &want))
		return 0;
	return fabs(sum - want) / (want != 0 ? fabs(want) : 1);
}

static const char *judge(struct ql_conformance *k, const json_t *problem, const struct ql_ivp_problem *p, double rtol,
			 const double *y)
{
	const json_t *reference = json_object_get(problem, "reference"), *invariants = json_object_get(problem, "invariants");
	double digits = 17;
	for (int t = 0; t < p->n_time; t++) {
		const double *row = y + (size_t)t * (size_t)p->n;
		const json_t *want = json_object_get(json_array_get(reference, (size_t)t), "y");
		for (int i = 0; i < p->n; i++) {
			double w = json_number_value(json_array_get(want, (size_t)i));
			double error = fabs(row[i] - w) / (fabs(w) + p->scale[i]);
			digits = error > 0 ? fmin(digits, -log10(error)) : isnan(error) ? NAN : digits;
		}
		for (size_t i = 0; i < json_array_size(invariants); i++) {
			const char *text = json_string_value(json_array_get(invariants, i));
			if (text && invariant_error(text, p, row) > 1e3 * rtol)
				return ql_arena_printf(&k->c->arena, "`%s` is broken", text);
		}
	}
	double need = -log10(rtol) - SLACK;
	return digits >= need ? NULL : ql_arena_printf(&k->c->arena, "%.2f digits, %.2f wanted", digits, need);
}

static void run_problem(struct ql_conformance *k, struct ql_conform_exam *e, const char *path, const json_t *problem,
			double rtol)
{
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_ivp_problem p;
	double *y;
	const char *name = json_string_value(json_object_get(problem, "name"));
	name = name ? name : "?";
	enum quell_status s = ql_ivp_read(&a, path, name, &ds, &p);
	if (s == QUELL_OK)
		s = ql_ivp_solve(&p, rtol, QL_RODAS5P, &a, &ds, &y);
	ql_conform_judge(k, e, ql_arena_printf(&k->c->arena, "%s rtol %g", name, rtol),
			 s == QUELL_OK ? judge(k, problem, &p, rtol, y) : ql_conform_reason(k, &ds, s));
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

void ql_conform_ivp(struct ql_conformance *k)
{
	static const double rtol[] = {1e-6, 1e-8, 1e-10};
	const char *path = ql_arena_printf(&k->c->arena, "%s/ivp/reference.json", k->exams);
	if (!ql_conform_exists(path))
		return;
	struct ql_conform_exam *e = ql_conform_add(k, "ivp", "stiff initial value problems");
	struct ql_diags ds = {0};
	const struct ql_source *src;
	json_t *file = NULL;
	if (ql_read_source(&ds, path, &src) == QUELL_OK) {
		e->hash = ql_hash(e->hash, src->text, src->len);
		file = json_loadb(src->text, src->len, 0, NULL);
	}
	const json_t *problems = json_object_get(file, "problems");
	if (!json_array_size(problems))
		ql_conform_judge(k, e, "reference.json", "it holds no problems");
	for (size_t i = 0; i < json_array_size(problems); i++)
		for (size_t r = 0; r < sizeof rtol / sizeof *rtol; r++)
			run_problem(k, e, path, json_array_get(problems, i), rtol[r]);
	json_decref(file);
	ql_diags_free(&ds);
}
