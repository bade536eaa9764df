/* SPDX-License-Identifier: Apache-2.0 */
/* Event tables nonmem/NAME/NNNN.csv with NONMEM's output NNNN-nm.csv, run with the model NAME.qm. */
#include "cli/conformance.h"
#include "dosing/dataset.h"
#include <string.h>

#define RTOL 1e-4 /* the references carry five digits */
#define ATOL 1e-6

struct nonmem_exam {
	struct ql_conformance *k;
	struct ql_conform_exam *e;
	const char *data, *reference, *model;
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_model *m;
};

static int output_named(const struct ql_dataset_result *r, const char *name)
{
	for (int i = 0; i < r->n_out; i++)
		if (strcmp(r->name[i], name) == 0)
			return i;
	return -1;
}

/* Observations of one subject against the rows of the reference, which are in the same order. */
static const char *judge_subject(struct nonmem_exam *x, const struct ql_dataset *d, const struct ql_subject *s,
				 const struct ql_dataset_result *r, int out, const struct ql_csv *ref, int cp)
{
	int bad = 0, judged = 0, worst = -1;
	double most = 0;
	for (int i = s->first; i < s->first + s->n; i++) {
		double want, got = r->value[(size_t)i * (size_t)r->n_out + (size_t)out];
		if (d->record[i].evid != 0)
			continue;
		if (!ql_csv_number(ref, i, cp, &x->ds, &want))
			return "the reference holds a field that is no number";
		judged++;
		double off = fabs(got - want) / (RTOL * fabs(want) + ATOL);
		if (off <= 1)
			continue;
		bad++;
		if (worst < 0 || off > most) {
			worst = i;
			most = off;
		}
	}
	if (!judged)
		return "no observation to judge";
	return bad ? ql_arena_printf(&x->k->c->arena, "%d of %d observations off, worst at TIME %g", bad, judged,
				     d->record[worst].time)
		   : NULL;
}

static enum quell_status run(struct nonmem_exam *x)
{
	struct ql_dataset d;
	struct ql_dataset_result r;
	struct ql_csv *ref;
	const struct ql_csv_options options = {.any_case = true};
	enum quell_status s = ql_model_load(x->model, &x->ds, &x->m);
	if (s == QUELL_OK)
		s = ql_dataset_read(x->m, x->data, &x->a, &x->ds, &d);
	if (s == QUELL_OK)
		s = ql_csv_read(&x->a, x->reference, &options, &x->ds, &ref);
	if (s != QUELL_OK)
		return s;
	struct ql_dataset_run job = {.model = x->m, .data = &d, .threads = 1, .cancel = x->k->c->cancel};
	s = ql_dataset_simulate(&job, &x->a, &x->ds, &r);
	int cp = ql_csv_find(ref, "CP"), out = output_named(&r, "CP");
	if ((s != QUELL_OK && s != QUELL_ERR_NUMERIC) || cp < 0 || out < 0 || ref->n_row != d.n_record) {
		if (s == QUELL_OK)
			ql_diag_add(&x->ds, QL_E0915, (struct ql_span){0}, "data, reference and model do not fit together");
		return s == QUELL_OK ? QUELL_ERR_INPUT : s;
	}
	for (int i = 0; i < x->ds.n_source; i++)
		x->e->hash = ql_hash(x->e->hash, x->ds.source[i].text, x->ds.source[i].len);
	for (int i = 0; i < d.n_subject; i++)
		ql_conform_judge(x->k, x->e, d.subject[i].id, judge_subject(x, &d, &d.subject[i], &r, out, ref, cp));
	return QUELL_OK;
}

static void run_pair(struct ql_conformance *k, struct ql_conform_exam *e, const char *folder, const char *name,
		     const char *stem)
{
	struct ql_arena *a = &k->c->arena;
	struct nonmem_exam x = {.k = k,
				.e = e,
				.data = ql_arena_printf(a, "%s/%s.csv", folder, stem),
				.reference = ql_arena_printf(a, "%s/%s-nm.csv", folder, stem),
				.model = ql_arena_printf(a, "%s/%s.qm", k->models, name)};
	enum quell_status s = run(&x);
	if (s != QUELL_OK)
		ql_conform_judge(k, e, stem, ql_conform_reason(k, &x.ds, s));
	ql_model_free(x.m);
	ql_diags_free(&x.ds);
	ql_arena_free(&x.a);
}

void ql_conform_nonmem(struct ql_conformance *k)
{
	struct ql_arena *a = &k->c->arena;
	struct ql_words folders = ql_conform_list(k, ql_arena_printf(a, "%s/nonmem", k->exams));
	for (int i = 0; i < folders.n; i++) {
		const char *folder = ql_arena_printf(a, "%s/nonmem/%s", k->exams, folders.item[i]);
		struct ql_words files = ql_conform_list(k, folder);
		struct ql_conform_exam *e = NULL;
		for (int f = 0; f < files.n; f++) {
			size_t n = strlen(files.item[f]);
			if (n < 8 || strcmp(files.item[f] + n - 7, "-nm.csv") != 0)
				continue;
			e = e ? e : ql_conform_add(k, ql_arena_printf(a, "nonmem/%s", folders.item[i]), "NONMEM data sets");
			run_pair(k, e, folder, folders.item[i], ql_arena_strndup(a, files.item[f], n - 7));
		}
	}
}
