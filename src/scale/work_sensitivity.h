/* SPDX-License-Identifier: Apache-2.0 */
/* Sensitivity analysis as work cut into chunks of evaluations. An evaluation simulates the same virtual patients with
 * one set of typical values. */
#ifndef QL_SCALE_WORK_SENSITIVITY_H
#define QL_SCALE_WORK_SENSITIVITY_H

#include "decide/sensitivity.h"
#include "scale/work.h"

enum ql_sensitivity_method { QL_SENSITIVITY_SOBOL, QL_SENSITIVITY_MORRIS };
enum ql_input_scale { QL_SCALE_LINEAR, QL_SCALE_LOG, QL_SCALE_ODDS };

struct ql_sensitivity_spec {
	const struct ql_run_spec *run;  /* regimens, population, patients per evaluation, years, seed, ... */
	const char *function;           /* "ishigami", "g": that instead of a model */
	enum ql_sensitivity_method method;
	uint64_t samples;               /* rows, or trajectories */
	double spread;                  /* each typical value from 1/spread to spread times itself */
	const char **input;             /* names, "module.*"; none: all parameters with a value */
	int n_input;
	const char **range;             /* "NAME=LOW:HIGH" */
	int n_range;
	const char **endpoint;
	int n_endpoint;
};

struct ql_sensitivity_input {
	const char *name, *unit, *grade;
	int quantity;
	enum ql_input_scale scale;
	double typical, low, high;
};

struct ql_sensitivity_output { /* one endpoint of one regimen */
	const char *regimen, *endpoint, *title, *unit, *warning;
	char evidence_grade;
	struct ql_sobol sobol;   /* by method */
	struct ql_morris morris;
	int *order;              /* [inputs] most influential first */
};

struct ql_sensitivity {
	const struct ql_sensitivity_spec *spec;
	const struct ql_sensitivity_input *input;
	int n_input, n_output;
	struct ql_sensitivity_output *output;
	const char *population, *model_name;
	uint64_t model_hash, evaluations, failed; /* evaluations with too many failed patients */
};

struct ql_sensitivity_work;
/* The specification must stay. Close it whatever is returned. */
enum quell_status ql_sensitivity_work_open(const struct ql_sensitivity_spec *spec, struct ql_diags *ds,
					   struct ql_sensitivity_work **out);
struct ql_work *ql_sensitivity_work(struct ql_sensitivity_work *w);
/* After ql_queue_run() or ql_sensitivity_run() has returned QUELL_OK; lives as long as the work. */
const struct ql_sensitivity *ql_sensitivity_result(const struct ql_sensitivity_work *w);
void ql_sensitivity_work_close(struct ql_sensitivity_work *w);
/* Without a store. */
enum quell_status ql_sensitivity_run(struct ql_sensitivity_work *w, struct ql_buf *json);

/* From a run's settings; texts in `a`; spec->run is *run, with data_dir, threads, cancel and progress as they were. */
enum quell_status ql_sensitivity_settings_read(const char *settings, struct ql_arena *a, struct ql_run_spec *run,
					       struct ql_sensitivity_spec *spec);

#endif
