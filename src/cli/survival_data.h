/* SPDX-License-Identifier: Apache-2.0 */
/* A table of times and events as arrays, and the analyses of it as JSON: what both forms of `quell survival` share. */
#ifndef QL_CLI_SURVIVAL_DATA_H
#define QL_CLI_SURVIVAL_DATA_H

#include "base/csv.h"
#include "cli/cli.h"
#include "trial/survival.h"

struct ql_levels { /* the different values of a column, numbers in order of size, else in order of bytes */
	const char **name;
	int n;
};

struct ql_sample {
	size_t n, dropped;
	double *time, *x; /* x[n*p] */
	int *event, *group, *strata;
	struct ql_levels groups;
	const char **term; /* [p] names of columns of x: text columns become "sex=male" against the first value */
	int p;
};

struct ql_sample_columns { /* names; NULL or empty: not used */
	const char *time, *event, *group, *strata;
	const char *const *covariate;
	int n_covariate;
};

/* Rows with a blank in a used column are left out. False with diagnostics if columns or values are wrong. */
bool ql_sample_take(struct ql_cli *c, const struct ql_csv *t, const struct ql_sample_columns *names,
		    struct ql_sample *out);

/* NULL `time`: about six round times. */
json_t *ql_survival_km(struct ql_cli *c, const struct ql_sample *s, double level, const double *time, int n_time);
/* minuend and subtrahend: numbers of the groups of the difference; -1 = none. */
json_t *ql_survival_rmst(struct ql_cli *c, const struct ql_sample *s, double tau, int minuend, int subtrahend);
json_t *ql_survival_logrank(struct ql_cli *c, const struct ql_sample *s, double rho);
json_t *ql_survival_cox(struct ql_cli *c, const struct ql_sample *s, enum ql_ties ties);
struct ql_cause {
	const char *name;
	int code;
};
json_t *ql_survival_cif(struct ql_cli *c, const struct ql_sample *s, const struct ql_cause *cause, int n_cause,
			const double *time, int n_time);

/* `quell survival --spec`: every analysis of the file, results in its own shape. */
enum quell_status ql_survival_spec(struct ql_cli *c, const char *spec, const char *data, json_t **out);
/* Tables for people. */
void ql_survival_text(struct ql_cli *c, const json_t *analyses);

#endif
