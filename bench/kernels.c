/* SPDX-License-Identifier: Apache-2.0 */
/* Time per call of every function of compiled kernels: kernels MODEL SET[:WIDTH]... (default: all sets, widths 1, 4, 8), and
 * of the interpreter.
 * Run in the source tree, where library/agents holds the rows of the model's slots.
 * States are the default patient's with a small spread over lanes. Figures are the best of many short batches. */
#include "emit/plan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct arrays {
	double *t, *y, *p, *k, *f, *ft, *lu, *lu0, *b, *out, *g, *shift;
};

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double *lanes(int n, int w) { return ql_alloc_aligned((size_t)(n + 1) * (size_t)w, sizeof(double)); }

static struct arrays allocate(const struct ql_kernel *k)
{
	int w = k->width;
	return (struct arrays){lanes(1, w), lanes(k->n_state, w), lanes(k->n_p, w), lanes(k->n_k, 1), lanes(k->n_state, w),
			       lanes(k->n_state, w), lanes(k->n_lu, w), lanes(k->n_lu, w), lanes(k->n_state, w),
			       lanes(k->n_out, w), lanes(k->n_trig, w), lanes(1, w)};
}

static void set_default_agents(const struct ql_model *m, const char *folder, struct ql_values *v)
{
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	for (int s = 0; s < m->n_slot; s++) {
		const struct ql_slot *slot = &m->slot[s];
		struct ql_agent_row row;
		const char *path = ql_arena_printf(&a, "%s/%s.yaml", folder, slot->default_agent);
		if (ql_agent_load(m, slot, path, &a, &ds, &row) != QUELL_OK) {
			fprintf(stderr, "no agent row %s\n", path);
			exit(1);
		}
		for (int i = 0; i < slot->n_column; i++)
			v->q[slot->column[i]] = row.value[i];
	}
}

static const char *agent_folder = "library/agents";

static void fill(const struct ql_plan *plan, const struct ql_kernel *k, struct arrays *a)
{
	struct ql_values v;
	ql_values_init(plan, &v);
	set_default_agents(plan->m, agent_folder, &v);
	ql_plan_run_constants(plan, &v, a->k);
	for (int lane = 0; lane < k->width; lane++) {
		(void)ql_plan_patient(plan, &v, a->p + lane, a->y + lane, k->width);
		for (int i = 0; i < k->n_state; i++)
			a->y[i * k->width + lane] = (a->y[i * k->width + lane] + 0.01) * (1 + 0.01 * lane);
		a->t[lane] = 10 + lane;
		a->shift[lane] = 50 + lane;
	}
	ql_values_free(&v);
}

enum { RHS, JAC, FACTOR, SOLVE, OUT, TRIG, N_FUNCTIONS };

static void call(const struct ql_kernel *k, struct arrays *a, int function)
{
	switch (function) {
	case RHS: k->rhs(k->self, a->t, a->y, a->p, a->k, a->f); break;
	case JAC: k->jac(k->self, a->t, a->y, a->p, a->k, a->f, a->ft, a->lu); break;
	case FACTOR: k->factor(k->self, a->shift, a->lu); break;
	case SOLVE: k->solve(k->self, a->lu, a->b); break;
	case OUT: k->out(k->self, a->t, a->y, a->p, a->k, a->out); break;
	default: k->trig(k->self, a->t, a->y, a->p, a->k, a->g); break;
	}
}

/* Factors of factors of ... stay finite: the diagonal is set anew before every batch. */
static double best_us(const struct ql_kernel *k, struct arrays *a, int function)
{
	double best = 1e9;
	for (int round = 0; round < 600; round++) {
		call(k, a, JAC);
		call(k, a, FACTOR);
		memcpy(a->b, a->f, (size_t)(k->n_state * k->width) * sizeof(double));
		double start = seconds();
		for (int i = 0; i < 100; i++)
			call(k, a, function);
		double us = (seconds() - start) * 1e4;
		best = us < best ? us : best;
	}
	return best;
}

static void report(const struct ql_plan *plan, const struct ql_kernel *k)
{
	struct arrays a = allocate(k);
	double us[N_FUNCTIONS], step = 0;
	fill(plan, k, &a);
	for (int i = 0; i < N_FUNCTIONS; i++)
		us[i] = best_us(k, &a, i);
	step = us[JAC] + us[FACTOR] + 7 * us[RHS] + 8 * us[SOLVE];
	printf("%-16s %-12s %2d %3d %5d | %7.3f %7.3f %7.3f %7.3f %7.3f %7.3f | %7.2f %7.2f\n", k->name, k->isa, k->width,
	       k->n_state, k->n_lu, us[RHS], us[JAC], us[FACTOR], us[SOLVE], us[OUT], us[TRIG], step, step / k->width);
}

static void bench_set(struct ql_model *m, const struct ql_kernel_set *set, int only)
{
	static const int width[] = {1, 4, 8};
	struct ql_diags ds = {0};
	struct ql_plan *plan;
	if (ql_plan_make(m, set->name, set->active, set->n_active, &ds, &plan) != QUELL_OK)
		exit(1);
	for (int i = 0; i < 3; i++) {
		const struct ql_kernel *k = only && only != width[i] ? NULL : ql_kernel_find(plan->hash, width[i]);
		if (k)
			report(plan, k);
	}
	struct ql_kernel *interpreter;
	if (ql_interp_make(plan, only ? only : 32, &interpreter) == QUELL_OK) {
		report(plan, interpreter);
		ql_interp_free(interpreter);
	}
	ql_plan_free(plan);
}

int main(int argc, char **argv)
{
	struct ql_diags ds = {0};
	struct ql_model *m;
	if (argc < 2 || ql_model_load(argv[1], &ds, &m) != QUELL_OK) {
		fprintf(stderr, "usage: kernels MODEL [SET[:WIDTH]]...\n");
		return 2;
	}
	printf("%-16s %-12s %2s %3s %5s | %7s %7s %7s %7s %7s %7s | %7s %7s\n", "set", "isa", "W", "n", "n_lu", "rhs us", "jac", "factor",
	       "solve", "out", "trig", "step us", "/lane");
	for (int i = 0; i < m->n_kernel; i++) {
		bool wanted = argc == 2;
		int only = 0;
		for (int j = 2; j < argc; j++) {
			const char *colon = strchr(argv[j], ':');
			size_t n = colon ? (size_t)(colon - argv[j]) : strlen(argv[j]);
			if (strlen(m->kernel[i].name) != n || strncmp(argv[j], m->kernel[i].name, n) != 0)
				continue;
			wanted = true;
			only = colon ? atoi(colon + 1) : 0;
		}
		if (wanted)
			bench_set(m, &m->kernel[i], only);
	}
	return 0;
}
