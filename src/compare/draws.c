/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "compare/draws.h"
#include "base/csv.h"
#include "base/io.h"
#include "trial/names.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct reading {
	const struct ql_model *m;
	const struct ql_csv *t;
	const double *own;
	struct ql_diags *ds;
	struct ql_draws *out;
	bool bad;
};

/* Rows are used as equally likely: other weights would be ignored in silence. */
static void check_weights(struct reading *r)
{
	int c = ql_csv_find(r->t, "weight");
	double first, x;
	for (int i = 0; c >= 0 && i < r->t->n_row; i++) {
		if (!ql_csv_number_required(r->t, i, c, r->ds, &x)) {
			r->bad = true;
			continue;
		}
		if (i == 0)
			first = x;
		if (x == first)
			continue;
		ql_diag_help(ql_diag_add(r->ds, QL_E0673, ql_csv_span(r->t, i, c), "the draws differ in weight"),
			     "resample them to equal weight; `quell calibrate` does so");
		r->bad = true;
		return;
	}
}

static void read_column(struct reading *r, int c)
{
	int q = ql_trial_quantity(r->m, r->t->name[c], 1u << QL_PARAM);
	double x;
	if (q < 0) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0604, ql_csv_span(r->t, -1, c), "no parameter `%s`", r->t->name[c]),
			     "the draws belong to another model: run `make calibrate`");
		r->bad = true;
		return;
	}
	r->out->n_parameter++;
	for (int d = 0; d < r->out->n; d++) {
		if (!ql_csv_number_required(r->t, d, c, r->ds, &x))
			r->bad = true;
		else if (isnan(r->own[q]))
			r->out->param[d][q] = x;
	}
}

/* `quell calibrate` writes the hash of its model into the head of the file. */
static void check_model(const struct reading *r)
{
	static const char mark[] = "# model ";
	enum { DIGITS = 16 };
	char want[DIGITS + 1];
	const char *at = memmem(r->t->text, r->t->text_len, mark, strlen(mark));
	if (!at || (size_t)(r->t->text + r->t->text_len - at) < strlen(mark) + DIGITS)
		return;
	snprintf(want, sizeof want, "%016" PRIx64, r->m->hash);
	at += strlen(mark);
	if (memcmp(at, want, DIGITS) == 0)
		return;
	ql_diag_help(ql_diag_add(r->ds, QL_W0674, (struct ql_span){"command line", 0, 0, 0},
				 "the draws of %s were made with model %.*s, this one is %s", r->t->file, DIGITS, at, want),
		     "`make calibrate` draws anew");
}

enum quell_status ql_draws_load(const struct ql_model *m, const char *data_dir, const char *name, int most, const double *own,
				struct ql_arena *a, struct ql_diags *ds, struct ql_draws *out)
{
	const struct ql_csv_options o = {.comment = '#'};
	const char *path = strcmp(name, QL_DRAWS_SHIPPED) == 0 ? ql_arena_printf(a, "%s/library/posterior/draws.csv", data_dir) : name;
	struct ql_csv *t;
	*out = (struct ql_draws){.name = name};
	enum quell_status s = ql_csv_read(a, path, &o, ds, &t);
	if (s != QUELL_OK)
		return s;
	struct reading r = {m, t, own, ds, out, false};
	out->n = most > 0 && most < t->n_row ? most : t->n_row;
	out->n = out->n > QL_DRAWS_MOST ? QL_DRAWS_MOST : out->n;
	out->hash = ql_hash(QL_HASH_SEED, t->text, t->text_len);
	out->param = QL_NEW_N(a, double *, (size_t)out->n + 1);
	for (int d = 0; d < out->n; d++) {
		out->param[d] = QL_NEW_N(a, double, (size_t)m->n_q + 1);
		memcpy(out->param[d], own, (size_t)m->n_q * sizeof *own);
	}
	for (int c = 0; c < t->n_col; c++)
		if (strcmp(t->name[c], "draw") != 0 && strcmp(t->name[c], "weight") != 0)
			read_column(&r, c);
	check_weights(&r);
	if (!r.bad && (out->n < 1 || out->n_parameter < 1)) {
		ql_diag_help(ql_diag_add(ds, QL_E0673, (struct ql_span){path, 0, 0, 0}, "the file holds no draws"),
			     "write a header of parameter names and one row of numbers per draw");
		r.bad = true;
	}
	if (!r.bad)
		check_model(&r);
	return r.bad ? QUELL_ERR_INPUT : QUELL_OK;
}
