/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"
#include "dosing/sbml_run.h"
#include <math.h>
#include <string.h>

struct reader {
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_sbml_settings *out;
	int cap;
	bool has_start, has_duration, has_steps;
};

static struct ql_diag *complain(struct reader *r, struct ql_span at, const char *what)
{
	struct ql_diag *d = ql_diag_add(r->ds, QL_E1007, at, "%s", what);
	ql_diag_help(d, "see `quell explain E1007` for the lines of a settings file");
	return d;
}

static void read_number(struct reader *r, struct ql_span at, const char *s, size_t n, double low, double high, double *out)
{
	double x;
	if (ql_parse_double(s, n, &x) && x >= low && x <= high)
		*out = x;
	else
		complain(r, at, "a number is wanted here");
}

/* Calls take(name) for each name of "A, B". */
static void each_name(struct reader *r, struct ql_span at, const char *s, size_t n,
		      void (*take)(struct reader *r, struct ql_span at, const char *name))
{
	size_t i = 0;
	while (i < n) {
		while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == ','))
			i++;
		size_t from = i;
		while (i < n && s[i] != ',')
			i++;
		size_t to = i;
		while (to > from && (s[to - 1] == ' ' || s[to - 1] == '\t'))
			to--;
		if (to > from)
			take(r, at, ql_arena_strndup(r->a, s + from, to - from));
	}
}

static void take_variable(struct reader *r, struct ql_span at, const char *name)
{
	struct ql_sbml_settings *o = r->out;
	if (o->n_variable == r->cap) {
		size_t n = (size_t)o->n_variable, cap = n ? 2 * n : 16;
		const char **v = QL_NEW_N(r->a, const char *, cap);
		struct ql_span *span = QL_NEW_N(r->a, struct ql_span, cap);
		if (n) {
			memcpy(v, o->variable, n * sizeof *v);
			memcpy(span, o->span, n * sizeof *span);
		}
		o->variable = v;
		o->span = span;
		r->cap = (int)cap;
	}
	o->span[o->n_variable] = at;
	o->variable[o->n_variable++] = name;
}

static void mark(struct reader *r, const char *name, bool *flag)
{
	for (int i = 0; i < r->out->n_variable; i++)
		if (strcmp(r->out->variable[i], name) == 0)
			flag[i] = true;
}

static void take_amount(struct reader *r, struct ql_span at, const char *name)
{
	(void)at;
	mark(r, name, r->out->as_amount);
}

static void take_concentration(struct reader *r, struct ql_span at, const char *name)
{
	(void)at;
	mark(r, name, r->out->as_concentration);
}

static bool key_is(const char *s, size_t n, const char *key) { return n == strlen(key) && memcmp(s, key, n) == 0; }

/* One line "key: value"; `lists` chooses the pass: variables and numbers first, then what refers to variables. */
static void read_line(struct reader *r, struct ql_span at, const char *s, size_t n, bool lists)
{
	const char *colon = memchr(s, ':', n);
	if (!colon)
		return;
	size_t k = (size_t)(colon - s);
	const char *v = colon + 1;
	size_t m = n - k - 1;
	while (k && (s[k - 1] == ' ' || s[k - 1] == '\t'))
		k--;
	while (m && (*v == ' ' || *v == '\t'))
		v++, m--;
	while (m && (v[m - 1] == ' ' || v[m - 1] == '\t' || v[m - 1] == '\r'))
		m--;
	struct ql_sbml_settings *o = r->out;
	double steps = 0;
	if (lists) {
		if (key_is(s, k, "amount"))
			each_name(r, at, v, m, take_amount);
		else if (key_is(s, k, "concentration"))
			each_name(r, at, v, m, take_concentration);
	} else if (key_is(s, k, "start")) {
		r->has_start = true;
		read_number(r, at, v, m, 0, 1e300, &o->start);
	} else if (key_is(s, k, "duration")) {
		r->has_duration = true;
		read_number(r, at, v, m, 0, 1e300, &o->duration);
	} else if (key_is(s, k, "steps")) {
		r->has_steps = true;
		read_number(r, at, v, m, 0, 1e7, &steps);
		o->steps = (long)steps;
	} else if (key_is(s, k, "variables")) {
		each_name(r, at, v, m, take_variable);
	} else if (key_is(s, k, "absolute")) {
		read_number(r, at, v, m, 0, 1e300, &o->absolute);
	} else if (key_is(s, k, "relative")) {
		read_number(r, at, v, m, 0, 1, &o->relative);
	}
}

static void read_lines(struct reader *r, const struct ql_source *src, bool lists)
{
	const char *s = src->text, *end = src->text + src->len;
	if (src->len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	for (int line = 1; s < end; line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((nl ? nl : end) - s);
		read_line(r, (struct ql_span){src->file, line, 1, n > 0 ? (int)(n < 1000 ? n : 1000) : 1}, s, n, lists);
		s += n + 1;
	}
}

struct load {
	struct reader r;
	const char *path;
};

static enum quell_status load(void *arg)
{
	struct load *l = arg;
	struct reader *r = &l->r;
	const struct ql_source *found;
	int errors = r->ds->n_errors;
	enum quell_status s = ql_read_source(r->ds, l->path, &found);
	if (s != QUELL_OK)
		return s;
	struct ql_source src = *found;
	read_lines(r, &src, false);
	size_t n = (size_t)r->out->n_variable + 1;
	r->out->as_amount = QL_NEW_N(r->a, bool, n);
	r->out->as_concentration = QL_NEW_N(r->a, bool, n);
	read_lines(r, &src, true);
	struct ql_span whole = {src.file, 0, 0, 0};
	if (!r->has_start || !r->has_duration || !r->has_steps)
		complain(r, whole, "the settings need `start`, `duration` and `steps`");
	if (!r->out->n_variable)
		complain(r, whole, "the settings name no variables");
	return r->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_sbml_settings_read(const char *path, struct ql_arena *a, struct ql_diags *ds,
					struct ql_sbml_settings *out)
{
	*out = (struct ql_sbml_settings){.absolute = 1e-6, .relative = 1e-4};
	struct load l = {.r = {.a = a, .ds = ds, .out = out}, .path = path};
	return ql_protect(load, &l);
}
