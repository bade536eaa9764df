/* SPDX-License-Identifier: Apache-2.0 */
/* The client contract of ode.h through SUNDIALS CVODE, as a second opinion and for comparison of speed. */
#include "ode/lane.h"

#ifndef QUELL_HAVE_CVODE

enum quell_status ql_cvode_run(const struct ql_kernel *kernel, const double *k, const struct ql_ode_opts *opts,
			       enum ql_cvode_linear linear, const struct ql_ode_client *client,
			       struct ql_ode_stats *stats)
{
	(void)kernel, (void)k, (void)opts, (void)linear, (void)client, (void)stats;
	return QUELL_ERR_UNSUPPORTED;
}

#else

#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <string.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunmatrix/sunmatrix_sparse.h>

#define STILL_MOST 20
#define TRIES 30 /* of one step; CVODE's own limits (7, 10) end relaxation oscillators at a jump */

struct engine {
	const struct ql_kernel *kernel;
	const double *k;
	const struct ql_ode_opts *opts;
	enum ql_cvode_linear linear;
	const struct ql_ode_client *client;
	struct ql_ode_stats stats;
	struct ql_lane_care care;
	struct ql_lane lane;
	int n; /* states; at least one, so that CVODE has something to do */
	bool nonfinite; /* a right-hand side was refused for it since the time last moved */
	int still;      /* steps since the time last moved */
	double *block; /* all arrays below */
	double *y, *p, *f, *ft, *lu, *row, *out, *g0, *g, *tolerance;
	sunindextype *slot_at, *col_start, *row_of; /* sparse: LU slot of each entry, by column */
	sunindextype n_jac;
	int *rising, *found; /* per trigger */

	SUNContext context;
	void *mem;
	N_Vector state, atol, look;
	SUNMatrix matrix;
	SUNLinearSolver solver;
};

static double *values(N_Vector v) { return N_VGetArrayPointer(v); }

static int rhs(realtype t, N_Vector y, N_Vector ydot, void *arg)
{
	struct engine *e = arg;
	const struct ql_kernel *k = e->kernel;
	double bad = 0, *f = values(ydot);
	f[0] = 0;
	k->rhs(k->self, &t, values(y), e->p, e->k, f);
	for (int i = 0; i < k->n_state; i++)
		bad += f[i] - f[i];
	e->nonfinite |= bad != 0;
	return bad != 0;
}

static int jacobian(realtype t, N_Vector y, N_Vector fy, SUNMatrix J, void *arg, N_Vector a, N_Vector b, N_Vector c)
{
	struct engine *e = arg;
	const struct ql_kernel *k = e->kernel;
	(void)fy, (void)a, (void)b, (void)c;
	k->jac(k->self, &t, values(y), e->p, e->k, e->f, e->ft, e->lu);
	if (e->linear == QL_CVODE_KLU) {
		realtype *x = SUNSparseMatrix_Data(J);
		memcpy(SUNSparseMatrix_IndexPointers(J), e->col_start,
		       (size_t)(e->n + 1) * sizeof *e->col_start);
		memcpy(SUNSparseMatrix_IndexValues(J), e->row_of, (size_t)e->n_jac * sizeof *e->row_of);
		for (sunindextype i = 0; i < e->n_jac; i++)
			x[i] = -e->lu[e->slot_at[i]];
		return 0;
	}
	SUNMatZero(J);
	for (int s = 0; s < k->n_lu; s++)
		if (k->lu_is_jac[s])
			SUNDenseMatrix_Column(J, k->lu_col[s])[k->lu_row[s]] = -e->lu[s];
	return 0;
}

static int trigger_functions(realtype t, N_Vector y, realtype *g, void *arg)
{
	struct engine *e = arg;
	e->kernel->trig(e->kernel->self, &t, values(y), e->p, e->k, g);
	return 0;
}

static void say_nothing(int code, const char *module, const char *function, char *message, void *arg)
{
	(void)code, (void)module, (void)function, (void)message, (void)arg;
}

/* Entries of the Jacobian by column, rows rising, as KLU wants them; the diagonal is always there. */
static void sparse_pattern(struct engine *e)
{
	const struct ql_kernel *k = e->kernel;
	sunindextype m = 0;
	for (int c = 0; c < k->n_state; c++) {
		e->col_start[c] = m;
		for (int s = 0; s < k->n_lu; s++) {
			if (k->lu_col[s] != c || (!k->lu_is_jac[s] && k->lu_row[s] != c))
				continue;
			sunindextype at = m++;
			for (; at > e->col_start[c] && e->row_of[at - 1] > k->lu_row[s]; at--) {
				e->row_of[at] = e->row_of[at - 1];
				e->slot_at[at] = e->slot_at[at - 1];
			}
			e->row_of[at] = k->lu_row[s];
			e->slot_at[at] = s;
		}
	}
	for (int c = k->n_state; c <= e->n; c++)
		e->col_start[c] = m;
	e->n_jac = m;
}

static void allocate(struct engine *e)
{
	const struct ql_kernel *k = e->kernel;
	const size_t n = (size_t)e->n, slots = (size_t)k->n_lu, trig = (size_t)k->n_trig;
	const size_t sizes[] = {n, (size_t)k->n_p, n, n, slots, n, (size_t)k->n_out, trig, trig,
			       n,        slots, n + 1, slots, trig};
	double **array[] = {&e->y, &e->p, &e->f, &e->ft, &e->lu, &e->row, &e->out, &e->g0, &e->g, &e->tolerance};
	size_t total = 0, used = 0;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		total += (sizes[i] + 7) & ~(size_t)7;
	e->block = ql_alloc_aligned(total, sizeof(double));
	for (size_t i = 0; i < sizeof array / sizeof *array; i++) {
		*array[i] = e->block + used;
		used += (sizes[i] + 7) & ~(size_t)7;
	}
	e->slot_at = (sunindextype *)(void *)(e->block + used);
	e->col_start = e->slot_at + slots;
	e->row_of = e->col_start + n + 1;
	e->rising = (int *)(void *)(e->row_of + slots);
	e->found = e->rising + trig;
	for (size_t i = 0; i < trig; i++)
		e->rising[i] = 1;
	sparse_pattern(e);
	e->tolerance[0] = 1;
	memcpy(e->tolerance, e->opts->atol, (size_t)k->n_state * sizeof *e->tolerance);
}

static bool make_linear_solver(struct engine *e)
{
	const sunindextype n = e->n;
	if (e->n_jac == 0)
		e->linear = QL_CVODE_DENSE; /* KLU wants at least one entry */
	if (e->linear == QL_CVODE_KLU) {
		e->matrix = SUNSparseMatrix(n, n, e->n_jac, CSC_MAT, e->context);
		e->solver = e->matrix ? SUNLinSol_KLU(e->state, e->matrix, e->context) : NULL;
	} else {
		e->matrix = SUNDenseMatrix(n, n, e->context);
		e->solver = e->matrix ? SUNLinSol_Dense(e->state, e->matrix, e->context) : NULL;
	}
	if (!e->solver || CVodeSetLinearSolver(e->mem, e->solver, e->matrix) != CVLS_SUCCESS)
		return false;
	return e->linear == QL_CVODE_DENSE_FD || CVodeSetJacFn(e->mem, jacobian) == CVLS_SUCCESS;
}

static bool make_solver(struct engine *e)
{
	const sunindextype n = e->n;
	if (SUNContext_Create(NULL, &e->context) != 0)
		return false;
	e->state = N_VMake_Serial(n, e->y, e->context);
	e->atol = N_VMake_Serial(n, e->tolerance, e->context);
	e->look = N_VMake_Serial(n, e->row, e->context);
	e->mem = CVodeCreate(CV_BDF, e->context);
	if (!e->state || !e->atol || !e->look || !e->mem)
		return false;
	if (CVodeSetErrHandlerFn(e->mem, say_nothing, NULL) != CV_SUCCESS ||
	    CVodeInit(e->mem, rhs, 0, e->state) != CV_SUCCESS || CVodeSetUserData(e->mem, e) != CV_SUCCESS ||
	    CVodeSVtolerances(e->mem, e->opts->rtol, e->atol) != CV_SUCCESS ||
	    CVodeSetMaxErrTestFails(e->mem, TRIES) != CV_SUCCESS || CVodeSetMaxConvFails(e->mem, TRIES) != CV_SUCCESS ||
	    CVodeSetMaxStep(e->mem, fmax(e->opts->h_max, 0)) != CV_SUCCESS || !make_linear_solver(e))
		return false;
	if (e->kernel->n_trig == 0)
		return true;
	return CVodeRootInit(e->mem, e->kernel->n_trig, trigger_functions) == CV_SUCCESS &&
	       CVodeSetRootDirection(e->mem, e->rising) == CV_SUCCESS &&
	       CVodeSetNoInactiveRootWarn(e->mem) == CV_SUCCESS;
}

static void release(struct engine *e)
{
	CVodeFree(&e->mem);
	SUNLinSolFree(e->solver);
	SUNMatDestroy(e->matrix);
	N_VDestroy(e->state);
	N_VDestroy(e->atol);
	N_VDestroy(e->look);
	SUNContext_Free(&e->context);
	ql_free_aligned(e->block);
}

static const double *triggers_now(void *engine, struct ql_lane *l)
{
	struct engine *e = engine;
	const struct ql_kernel *k = e->kernel;
	k->trig(k->self, &l->t, e->y, e->p, e->k, e->g);
	return e->g;
}

static enum ql_next give_sample(struct engine *e, double t)
{
	const struct ql_kernel *k = e->kernel;
	const enum ql_wants wants = e->opts->wants;
	if (k->n_out > 0 && wants != QL_WANT_STATES)
		k->out(k->self, &t, e->row, e->p, e->k, e->out);
	enum ql_next next = e->client->sample(e->client->ctx, &e->lane, t, wants != QL_WANT_OUTPUTS ? e->row : NULL,
					      wants != QL_WANT_STATES ? e->out : NULL);
	if (!(e->lane.t_sample > t))
		e->lane.t_sample = INFINITY;
	return next;
}

static enum ql_next sample_now(void *engine, struct ql_lane *l)
{
	struct engine *e = engine;
	memcpy(e->row, e->y, (size_t)e->kernel->n_state * sizeof *e->row);
	return give_sample(e, l->t);
}

/* Samples up to the lane's time from the step just taken. True: one asked to be set back there, and the lane was. */
static bool give_samples(struct engine *e)
{
	struct ql_lane *l = &e->lane;
	while (l->t_sample <= l->t) {
		const double t = l->t_sample;
		if (t == l->t)
			memcpy(e->row, e->y, (size_t)e->kernel->n_state * sizeof *e->row);
		else
			CVodeGetDky(e->mem, t, 0, e->look);
		if (give_sample(e, t) != QL_GO_ON) {
			memcpy(e->y, e->row, (size_t)e->kernel->n_state * sizeof *e->row);
			l->t = t;
			return true;
		}
	}
	return false;
}

/* Starts anew from the lane's time and state. */
static bool restart(struct engine *e)
{
	double h = e->opts->h_first;
	return CVodeReInit(e->mem, e->lane.t, e->state) == CV_SUCCESS && CVodeSetInitStep(e->mem, h) == CV_SUCCESS;
}

static enum quell_status failure(const struct engine *e)
{
	return e->nonfinite || !ql_lane_is_finite(&e->lane, e->kernel->n_state) ? QUELL_SOLVE_NONFINITE
										: QUELL_SOLVE_STALLED;
}

static void trigger_values_before(struct engine *e)
{
	if (e->kernel->n_trig > 0)
		memcpy(e->g0, triggers_now(e, &e->lane), (size_t)e->kernel->n_trig * sizeof *e->g0);
}

/* The first trigger that CVODE saw rise here; the others count as down still, so that they are seen to rise next. */
static enum ql_outcome fire_roots(struct engine *e, bool *changed)
{
	int first = -1;
	trigger_values_before(e);
	CVodeGetRootInfo(e->mem, e->found);
	for (int j = 0; j < e->kernel->n_trig; j++) {
		if (e->found[j] <= 0)
			continue;
		if (first < 0)
			first = j;
		e->g0[j] = first == j ? 1 : 0;
	}
	return first < 0 ? QL_READY : ql_lane_trigger(&e->care, &e->lane, first, e->g0, changed);
}

/* Everything due after one step of CVODE. False when the patient is over. */
static bool attend(struct engine *e, int flag, bool *changed, enum quell_status *why)
{
	struct ql_lane *l = &e->lane;
	enum ql_outcome o = QL_READY;
	if (give_samples(e)) {
		*changed = true;
		trigger_values_before(e);
		o = ql_lane_stop(&e->care, l, e->g0, changed);
	} else if (flag == CV_ROOT_RETURN) {
		o = fire_roots(e, changed);
	}
	if (o == QL_READY && !(l->t_stop > l->t)) {
		trigger_values_before(e);
		o = ql_lane_settle(&e->care, l, e->g0, changed);
	}
	if (o != QL_READY)
		*why = ql_outcome_status(o);
	else if (*changed && !ql_lane_is_finite(l, e->kernel->n_state))
		*why = QUELL_SOLVE_NONFINITE;
	else
		return true;
	return false;
}

static bool one_step(struct engine *e, int *flag)
{
	struct ql_lane *l = &e->lane;
	CVodeSetStopTime(e->mem, fmin(l->t_stop, 1e300));
	double t = l->t;
	e->nonfinite = e->nonfinite && e->still > 0;
	memcpy(e->row, e->y, (size_t)e->kernel->n_state * sizeof *e->row);
	*flag = CVode(e->mem, l->t_stop, e->state, &t, CV_ONE_STEP);
	l->steps++;
	if (*flag < 0) { /* back to the last good state */
		memcpy(e->y, e->row, (size_t)e->kernel->n_state * sizeof *e->row);
		return false;
	}
	e->still = t > l->t ? 0 : e->still + 1; /* CVODE goes on with steps that do not move the time */
	l->t = *flag == CV_TSTOP_RETURN ? l->t_stop : t;
	return e->still < STILL_MOST;
}

/* CVODE stands beyond the next stop: the client moved it nearer at a trigger. */
static bool overran(const struct engine *e)
{
	double t = 0;
	CVodeGetCurrentTime(e->mem, &t);
	return t > e->lane.t_stop;
}

static enum quell_status run_patient(struct engine *e)
{
	struct ql_lane *l = &e->lane;
	const long limit = e->opts->max_steps > 0 ? e->opts->max_steps : 1000000;
	bool changed = false;
	enum quell_status why = QUELL_SOLVE_INIT;
	if (!ql_lane_is_finite(l, e->kernel->n_state) || !isfinite(l->t))
		return why;
	trigger_values_before(e);
	enum ql_outcome o = ql_lane_settle(&e->care, l, e->g0, &changed);
	if (o != QL_READY)
		return ql_outcome_status(o);
	e->still = 0;
	for (changed = true; l->steps < limit;) {
		int flag;
		if (e->opts->cancel && *e->opts->cancel)
			return QUELL_ERR_INTERRUPTED;
		if ((changed || overran(e)) && !restart(e))
			return QUELL_SOLVE_NONFINITE;
		changed = false;
		if (!one_step(e, &flag))
			return failure(e);
		if (!attend(e, flag, &changed, &why))
			return why;
	}
	return QUELL_SOLVE_STEPS;
}

static bool fetch(struct engine *e)
{
	e->lane = (struct ql_lane){.stride = 1, .y = e->y, .p = e->p, .t_stop = INFINITY, .t_sample = INFINITY};
	return e->client->fetch(e->client->ctx, &e->lane);
}

static enum quell_status run(void *arg)
{
	struct engine *e = arg;
	allocate(e);
	if (!make_solver(e))
		return ql_memory_failed();
	while (fetch(e)) {
		enum quell_status why = run_patient(e);
		e->stats.patients++;
		e->stats.failed += why != QUELL_OK;
		e->stats.steps += e->lane.steps;
		e->client->finished(e->client->ctx, &e->lane, why);
		if (why == QUELL_ERR_INTERRUPTED)
			return why;
	}
	return QUELL_OK;
}

enum quell_status ql_cvode_run(const struct ql_kernel *kernel, const double *k, const struct ql_ode_opts *opts,
			       enum ql_cvode_linear linear, const struct ql_ode_client *client,
			       struct ql_ode_stats *stats)
{
	if (kernel->width != 1 || opts->h_fixed > 0 || !(opts->rtol > 0))
		return QUELL_ERR_USAGE;
	struct engine e = {.kernel = kernel, .k = k, .opts = opts, .linear = linear, .client = client,
			   .n = kernel->n_state > 0 ? kernel->n_state : 1};
	e.care = (struct ql_lane_care){&e, client, &e.stats, opts->max_events, kernel->n_trig, triggers_now, sample_now};
	enum quell_status status = ql_protect(run, &e);
	release(&e);
	if (stats)
		*stats = e.stats;
	return status;
}

#endif
