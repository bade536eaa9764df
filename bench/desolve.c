/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same patients through R's deSolve (lsoda with compiled right-hand side and analytic full Jacobian), if Rscript and
 * deSolve are there. The right-hand side is the emitter's C at width 1; R loops over patients and over the stretches
 * between events, as a user would write it, and reports the time of that loop.
 */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char glue[] =
	"\n#include <string.h>\n"
	"static double slots[%d], shared[%d];\n"
	"static const struct ql_kernel *const K = &%s;\n"
	"void ql_set(double *p, double *k)\n"
	"{ memcpy(slots, p, sizeof(double)*%d); memcpy(shared, k, sizeof(double)*%d); }\n"
	"void ql_derivs(int *n, double *t, double *y, double *f, double *out, int *ip)\n"
	"{ (void)n, (void)out, (void)ip; K->rhs(K->self, t, y, slots, shared, f); }\n"
	"void ql_jac(int *n, double *t, double *y, int *ml, int *mu, double *pd, int *rows, double *out, int *ip)\n"
	"{ static double f[%d], ft[%d], lu[%d]; (void)ml, (void)mu, (void)out, (void)ip;\n"
	"  K->jac(K->self, t, y, slots, shared, f, ft, lu);\n"
	"  memset(pd, 0, sizeof(double)*(size_t)*rows*(size_t)*n);\n"
	"  for (int s = 0; s < K->n_lu; s++) if (K->lu_is_jac[s]) pd[K->lu_col[s]**rows + K->lu_row[s]] = -lu[s]; }\n";

static bool compile(struct ql_arena *a, const struct bench_case *c, const char *folder)
{
	const int n = c->plan->n_state;
	struct ql_buf text = {0};
	if (ql_emit_c(c->plan, 1, "native", &text) != QUELL_OK)
		return false;
	const struct ql_kernel *one = bench_kernel(a, c->plan, 1);
	ql_buf_printf(&text, glue, c->plan->n_p + 1, c->plan->n_k + 1, bench_symbol(a, c->plan->name, 1), c->plan->n_p,
		      c->plan->n_k, n, n, one ? one->n_lu : 1);
	bool ok = one && bench_write_text(ql_arena_printf(a, "%s/model.c", folder), &text) &&
		  bench_compile(a, ql_arena_printf(a, "%s/model.c", folder), ql_arena_printf(a, "%s/model.so", folder));
	ql_buf_free(&text);
	return ok;
}

static bool write_doubles(FILE *f, const double *x, size_t n) { return fwrite(x, sizeof *x, n, f) == n; }

/* All numbers as doubles in one file; desolve.R reads them in this order. */
static bool write_patients(struct ql_arena *a, const struct bench_case *c, const char *folder)
{
	FILE *f = fopen(ql_arena_printf(a, "%s/patients.bin", folder), "wb");
	if (!f)
		return false;
	const size_t n = (size_t)c->n_patient;
	const double head[] = {c->n_patient, c->plan->n_state, c->plan->n_p, c->plan->n_k, c->n_sample, c->n_event, c->horizon};
	bool ok = write_doubles(f, head, sizeof head / sizeof *head) && write_doubles(f, c->k, (size_t)c->plan->n_k) &&
		  write_doubles(f, c->sample_t, (size_t)c->n_sample) &&
		  write_doubles(f, c->atol_unit, (size_t)c->plan->n_state) &&
		  write_doubles(f, c->y0, n * (size_t)c->plan->n_state) && write_doubles(f, c->p0, n * (size_t)c->plan->n_p);
	for (size_t i = 0; ok && i <= n; i++)
		ok = write_doubles(f, &(double){c->first_event[i]}, 1);
	for (int i = 0; ok && i < c->n_event; i++) {
		const struct bench_event *e = &c->event[i];
		ok = write_doubles(f, (double[]){e->t, e->change, e->index + 1, e->amount}, 4);
	}
	return fclose(f) == 0 && ok;
}

bool bench_desolve_start(struct ql_arena *a, const struct bench_case *c, struct bench_desolve *d)
{
	static const char probe[] = "Rscript --vanilla -e 'quit(status = !requireNamespace(\"deSolve\", quietly = TRUE))' "
				    ">/dev/null 2>&1";
	*d = (struct bench_desolve){0};
	snprintf(d->folder, sizeof d->folder, "/tmp/quell_desolve_XXXXXX");
	if (system(probe) != 0 || !mkdtemp(d->folder))
		return false;
	d->ready = compile(a, c, d->folder) && write_patients(a, c, d->folder);
	return d->ready;
}

/* One run at r->rtol; fills r->states and r->seconds. */
bool bench_desolve_run(struct ql_arena *a, const struct bench_case *c, const struct bench_desolve *d, struct bench_run *r)
{
	const size_t n = (size_t)c->n_patient * (size_t)c->n_sample * (size_t)c->plan->n_state;
	const char *command = ql_arena_printf(a, "Rscript --vanilla %s/bench/desolve.R %s %.17g >/dev/null 2>%s/log", QUELL_SOURCE_DIR,
					      d->folder, r->rtol, d->folder);
	if (system(command) != 0)
		return false;
	FILE *f = fopen(ql_arena_printf(a, "%s/result.bin", d->folder), "rb");
	if (!f)
		return false;
	bool ok = fread(&r->seconds, sizeof r->seconds, 1, f) == 1 && fread(r->states, sizeof *r->states, n, f) == n;
	fclose(f);
	return ok;
}

void bench_desolve_end(struct ql_arena *a, const struct bench_desolve *d)
{
	static const char *const files[] = {"model.c", "model.so", "patients.bin", "result.bin", "log"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		remove(ql_arena_printf(a, "%s/%s", d->folder, files[i]));
	rmdir(d->folder);
}
