/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main job: the same virtual patients under every regimen, endpoints side
 * by side, published figures beside each. Computed here; shown by the command
 * line, the report and the page.
 */
#ifndef QL_COMPARE_COMPARE_H
#define QL_COMPARE_COMPARE_H

#include "base/diag.h"

enum ql_solver { QL_SOLVER_OWN, QL_SOLVER_CVODE };

struct ql_warm;

/* What every simulating verb accepts. Zero-initialise, then set. */
struct ql_run_spec {
	const char *data_dir;    /* root that holds models/, library/, evidence/ */
	const char *model;       /* path of a .qm file; NULL = the shipped models/cll/cll.qm */
	const char *population;  /* name in library/populations or a path .yaml / .csv */
	const char *design;      /* a trial of library/trials or a path, in place of population and regimens; NULL: none */
	const char **regimen;    /* names in library/regimens or paths */
	int n_regimen;
	const char **whatif;     /* names in library/whatif or paths: further arms beside the regimens that they change */
	int n_whatif;
	uint64_t patients;       /* 1 .. 2e9 */
	uint64_t seed;           /* below 2^63, so that JSON can hold it */
	double years;
	int threads;             /* 0 = all cores */
	int lanes;               /* 0 = best, 4, 8 */
	enum ql_solver solver;
	int native;              /* enum ql_native of emit/native.h, for what the build has no kernel of */
	double rtol;             /* 0 = 1e-4 */
	const char **set;        /* "NAME=VALUE": a parameter's typical value, or a covariate of every patient */
	int n_set;
	const char *protocol;    /* library/protocols, a path or "none"; NULL = standard, rules that another model than the
				  * shipped one cannot follow left out */
	const char *next_line;   /* what follows progression: library/protocols, a path or "none"; NULL = as the protocol
				  * says, none with another model than the shipped one */
	bool fixed_doses;        /* no adaptive protocol, no extinction: for solver comparisons */
	const char *draws;       /* parameter draws (compare/draws.h): patient i lives under draw i modulo their number; NULL: the
				  * model's values for all */
	int n_draws;             /* the first so many; 0 = all */
	bool no_courses;         /* courses are left out of the result */
	bool no_contrasts;       /* so are differences between regimens */
	struct ql_warm *warm;    /* compare/warm.h: where models and plans wait for the next run; NULL: none */
	uint64_t warm_stamp;     /* of the files of data_dir: another one, another kit */
	volatile const int *cancel;
	void (*progress)(void *ctx, uint64_t done, uint64_t total); /* called from one thread at a time */
	void *progress_ctx;
};

enum ql_interval_kind { QL_INTERVAL_MONTE_CARLO, QL_INTERVAL_PARAMETER, QL_INTERVAL_TRIAL };

struct ql_published { /* one row of the evidence base that answers for an endpoint */
	const char *trial, *arm, *source, *population;
	double value, lower, upper; /* in the endpoint's unit; NaN where not printed */
	bool verified;
};

struct ql_endpoint {
	const char *id, *title, *unit; /* "1" for a fraction, "month", "1/year" */
	double estimate, lower, upper; /* NaN: not reached or not estimable */
	double level;                  /* 0.95 */
	enum ql_interval_kind kind;
	double chance_lower, chance_upper; /* of kind parameter: limits of chance alone; else NaN */
	double parameter_sd;           /* with draws: of the estimate over them, chance taken off; else NaN */
	bool detail;                   /* left out of the short table for people */
	const struct ql_published *published; /* NULL: none in this evidence base; the first is shown */
	int n_published;
};

struct ql_curve { /* Kaplan-Meier on a monthly grid; at risk just before, events and censored up to that month */
	const char *id; /* "pfs", "os" */
	int n;
	double *month, *surv, *lower, *upper;
	uint64_t *at_risk, *events, *censored;
};

struct ql_course { /* quantiles over patients still followed */
	const char *output, *unit, *title;
	int n;
	double *day, *q05, *q25, *q50, *q75, *q95;
};

struct ql_prior { /* of a product that no patient with CLL has fixed: factors either way, 95 % */
	const char *agent;
	double kill_factor, growth_factor;
	const char *text; /* "wide prior: ..." for people */
};

struct ql_arm {
	const char *id, *title;
	const char *whatif, *rationale; /* NULL: a regimen as it is */
	const char **source;            /* of the what-if */
	int n_source, base;             /* base: the arm that the what-if changes, -1 */
	char evidence_grade;
	const char *warning; /* "no clinical data in CLL"; NULL if none */
	const struct ql_prior *prior; /* NULL: none; else the arm's intervals hold the product at both ends of it as well */
	const char *kernel, *isa;
	int n_state;
	uint64_t patients_failed;
	uint64_t patients_done; /* less than the total after an interrupt */
	struct ql_endpoint *endpoint;
	int n_endpoint;
	struct ql_curve *curve;
	int n_curve;
	struct ql_course *course;
	int n_course;
};

struct ql_ratio { /* a hazard ratio and its 95 % limits; NaN: none */
	double estimate, lower, upper;
};

struct ql_direct_row { /* a trial that compares the two regimens itself */
	const char *trial, *publication, *role; /* role: "calibration", "validation", "evidence" */
	int row;                                /* line of evidence/trials.csv; `quell evidence row N` */
};

struct ql_trial_evidence { /* what trials say of the same pair: hazard ratios of a over b, from verified rows */
	const char *treat_a, *treat_b; /* names in the evidence; NULL: not in the network */
	struct ql_ratio network, direct, indirect;
	double proportion_direct; /* 0 to 1 */
	bool verified;
	const struct ql_direct_row *row;
	int n_row;
	const char *certainty; /* "very low" to "high"; NULL: not assessed */
	const char *agreement; /* of the simulated ratio with the network: docs/evidence.md */
	const char *statement; /* one sentence for people */
};

struct ql_contrast { /* paired difference a - b in one endpoint, same virtual patients */
	int arm_a, arm_b;
	const char *endpoint;
	double difference, lower, upper; /* chance, and parameters with draws; NaN limits for a difference of medians */
	enum ql_interval_kind kind;
	double p_ahead;                  /* among patients who do not fare the same: share who do better under a */
	double hazard_ratio, hr_lower, hr_upper; /* a over b, for pfs_median; NaN otherwise */
	const struct ql_trial_evidence *trials;  /* for pfs_median; NULL otherwise */
};

struct ql_numeric_effect { /* NaN: not reached */
	int arm;
	const char *endpoint, *unit;
	double loose, tight; /* estimates of the same patients at the run's tolerance and at the tighter one */
};

struct ql_numerics { /* compare/numerics.h */
	uint64_t patients, failed; /* failed: solves at the tighter tolerance */
	double rtol;               /* the tighter one */
	struct ql_numeric_effect *effect;
	int n_effect;
};

struct ql_compare {
	struct ql_arena arena;
	uint64_t model_hash, seed, patients_total;
	double years, rtol;
	const char *population, *population_title, *model_name;
	struct ql_arm *arm;
	int n_arm;
	struct ql_contrast *contrast;
	int n_contrast;
	const struct ql_numerics *numerics; /* NULL: not asked for */
	const char *draws;    /* as asked for; NULL: none, and intervals are of chance alone */
	uint64_t draws_hash;
	int n_draws;
	bool interrupted;
	double wall_s, cpu_s; /* never in JSON */
	long steps, rejected;
};

enum quell_status ql_compare_run(const struct ql_run_spec *spec, struct ql_diags *ds, struct ql_compare **out);
void ql_compare_free(struct ql_compare *c);
const char *ql_interval_name(enum ql_interval_kind kind); /* as in JSON */
bool ql_compare_has_prior(const struct ql_compare *c);
/* b over a instead of a over b. */
struct ql_ratio ql_ratio_turned(struct ql_ratio r);

/*
 * The same in pieces, for those who keep them or share them out: open, simulate patients in any order and cut, add the
 * summaries up, finish. The result has the same bytes whatever the cut. Each function protects itself.
 */
struct ql_comparison;
struct ql_summary;        /* compare/tally.h */
struct ql_patient_record; /* trial/arm.h */

/* Close it whatever is returned. The specification must stay. */
enum quell_status ql_comparison_open(const struct ql_run_spec *spec, struct ql_diags *ds, struct ql_comparison **out);
const struct ql_job *ql_comparison_job(const struct ql_comparison *k);
/* A blank summary; the caller frees it. NULL: memory ran out. */
struct ql_summary *ql_comparison_summary(const struct ql_comparison *k);
/* Adds patients first .. first+n-1 under every regimen to *sum. After a cancel: QUELL_ERR_INTERRUPTED, and those that
 * were finished have been added. */
enum quell_status ql_comparison_simulate(struct ql_comparison *k, uint64_t first, uint64_t n, struct ql_summary *sum);
/* observe() sees what ql_arm_spec's does, and which regimen it is. */
void ql_comparison_observe(struct ql_comparison *k,
			   void (*observe)(void *ctx, int arm, uint64_t patient, double day, unsigned at, const double *out),
			   void *ctx);
/* Their records under one regimen, until the next call. */
const struct ql_patient_record *ql_comparison_records(const struct ql_comparison *k, int arm);
enum quell_status ql_comparison_finish(struct ql_comparison *k, const struct ql_summary *sum, bool interrupted,
				       struct ql_compare **out);
void ql_comparison_close(struct ql_comparison *k);

#endif
