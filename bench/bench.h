/* SPDX-License-Identifier: Apache-2.0 */
/* Speed and accuracy of the integrators on the same patients; see main.c for what is measured. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/diag.h"
#include "emit/plan.h"
#include "ode/ode.h"

enum bench_change { BENCH_ADD_STATE, BENCH_ADD_SLOT, BENCH_SET_SLOT };

struct bench_event {
	double t;
	enum bench_change change;
	int index; /* plan state or p slot */
	double amount;
};

/* Patients of one model with their doses, laid out once so that only the integration is timed. */
struct bench_case {
	const char *name;
	struct ql_model *m;
	struct ql_plan *plan;
	double *k;
	int n_patient;
	double *y0, *p0; /* [patient][n_state], [patient][n_p] */
	struct bench_event *event;
	int n_event, cap_event;
	int *first_event; /* [n_patient + 1] */
	double horizon;
	double *sample_t;
	int n_sample;
	double *atol_unit; /* absolute tolerance = rtol*atol_unit[state] */
};

/* cases_cll.c and cases_small.c; false after diagnostics. */
bool bench_case_cll(struct ql_arena *a, const char *data_dir, const char *regimen, const char *population,
		    int n_patient, struct ql_diags *ds, struct bench_case *out);
extern const char *const bench_small_names[];
extern const int bench_n_small;
bool bench_case_small(struct ql_arena *a, const char *name, int n_patient, struct ql_diags *ds,
		      struct bench_case *out);
void bench_case_free(struct bench_case *c);
/* Work shared by both. */
void bench_case_start(struct ql_arena *a, struct bench_case *c, int n_patient);
void bench_case_event(struct bench_case *c, struct bench_event e);

enum bench_solver { BENCH_QUELL, BENCH_CVODE_KLU, BENCH_CVODE_DENSE, BENCH_DESOLVE };

struct bench_run {
	enum bench_solver solver;
	const struct ql_kernel *kernel;
	double rtol;
	double *states; /* [patient][sample][state] */
	double seconds; /* CPU time, best of the repeats */
	int failed;
	long steps, rejected, vector_steps;
};
double bench_cpu_seconds(void); /* of this process */
/* Fused multiply-adds of one core per second, times two. */
double bench_peak_flops(void);
/* Repeats until `least_s` seconds of CPU time are spent. */
enum quell_status bench_measure(const struct bench_case *c, struct bench_run *r, double least_s);
/* wrms: RMS over patients, times and states of |y - ref|/(1e-6 |ref| + 1e-9). */
double bench_wrms(const struct bench_case *c, const double *y, const double *ref);

/* A kernel of the plan compiled for this machine: the shipped one, or else built with the C compiler; NULL if neither.
 * `keep` lives until the program ends. */
const struct ql_kernel *bench_kernel(struct ql_arena *keep, const struct ql_plan *plan, int width);
/* What bench_kernel() is made of: the emitter's name of a kernel, and C text to a shared object for this machine. */
const char *bench_symbol(struct ql_arena *a, const char *name, int width);
bool bench_write_text(const char *path, const struct ql_buf *text);
bool bench_compile(struct ql_arena *a, const char *source, const char *object);

/* desolve.c: false where R or deSolve is missing. */
struct bench_desolve {
	char folder[64];
	bool ready;
};
bool bench_desolve_start(struct ql_arena *a, const struct bench_case *c, struct bench_desolve *d);
bool bench_desolve_run(struct ql_arena *a, const struct bench_case *c, const struct bench_desolve *d,
		       struct bench_run *r);
void bench_desolve_end(struct ql_arena *a, const struct bench_desolve *d);

#endif
