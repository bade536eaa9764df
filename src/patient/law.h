/* SPDX-License-Identifier: Apache-2.0 */
/* Private to patient: how one covariate is distributed, and which hidden normals go together. */
#ifndef QL_PATIENT_LAW_H
#define QL_PATIENT_LAW_H

#include "patient/population.h"

enum ql_law_kind {
	QL_LAW_FIXED,
	QL_LAW_NORMAL,
	QL_LAW_LOGNORMAL,
	QL_LAW_LOGITNORMAL,
	QL_LAW_UNIFORM,
	QL_LAW_BERNOULLI,
	QL_LAW_CHOICE
};

/* A number, or a table by the value of another covariate. */
struct ql_law_number {
	double value; /* or the `else` value of a table, NaN if it has none */
	int by;       /* covariate quantity, -1: plain number */
	int n;
	double *when, *then;
	struct ql_span span;
};

struct ql_population_law {
	int q; /* covariate */
	enum ql_law_kind kind;
	struct ql_law_number a, b; /* mean and sd, median and sd, low and high, p and unused */
	double lo, hi;             /* truncation: range of the file within the range of the model */
	int n_shift;               /* bernoulli: added to the logit of p */
	struct ql_law_number *shift;
	int n_choice;
	double *choice, *cumulated; /* cumulated weights, last 1 */
	uint64_t stream;            /* hash of the covariate's full name */
	int correlated;             /* row of the correlation factor, -1: independent */
};

/* Hidden normals that go together: z = factor * independent normals, one row per stream. */
struct ql_correlation {
	int n;
	const char **name;
	uint64_t *stream;
	double *factor; /* n*n, lower triangle of the Cholesky factor, row-major */
};
enum { QL_MAX_CORRELATED = 128 };

/* A QL_RANDOM of the model. */
struct ql_population_random {
	int q;
	bool uniform;
	uint64_t stream;
	int correlated;
};

/* CSV population. */
struct ql_population_table {
	int n_row, n_column;
	int *q;        /* column: covariate */
	double *value; /* [row*n_column + column] */
};

/* Full name, or a last part that only one quantity of these kinds has; -1 if none, -2 if ambiguous. */
int ql_population_find(const struct ql_model *m, const char *name, unsigned kinds);

/* Reads `name: {law, range, source, grade}`. False after a mistake was reported. */
bool ql_law_read(const struct ql_model *m, int q, const struct ql_yaml *y, struct ql_arena *a, struct ql_diags *ds,
		 struct ql_population_law *out);
/* Sorts laws so that each comes after those it depends on. */
bool ql_laws_order(const struct ql_model *m, const struct ql_yaml *covariates, struct ql_population_law *law, int n,
		   struct ql_arena *a, struct ql_diags *ds);
/* Reads `correlations:` and marks the laws and randoms that take part. */
bool ql_correlations_read(const struct ql_model *m, const struct ql_yaml *list, struct ql_population *p,
			  struct ql_arena *a, struct ql_diags *ds);
/* A number of a law for a patient; the probability of a Bernoulli law. */
double ql_law_number_value(const struct ql_law_number *x, const double *q);
double ql_law_probability(const struct ql_population_law *law, const double *q);
/* The correlated normals of a patient, before anything is fixed: z[correlation->n]. */
void ql_population_correlated(const struct ql_population *p, uint64_t seed, uint64_t patient, double *z);
/* value of a covariate: u is uniform (0,1), z its normal quantile. */
double ql_law_draw(const struct ql_population_law *law, const double *q, double u, double z);

enum quell_status ql_population_table_read(const struct ql_model *m, const char *path, struct ql_arena *a,
					   struct ql_diags *ds, struct ql_population *out);

#endif
