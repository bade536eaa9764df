/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_SCALE_SENSITIVITY_PRIVATE_H
#define QL_SCALE_SENSITIVITY_PRIVATE_H

#include "compare/endpoint.h"
#include "compare/job.h"
#include "scale/work_sensitivity.h"

struct ql_sensitivity_work {
	struct ql_work work;
	struct ql_arena arena, scratch;
	const struct ql_sensitivity_spec *spec;
	struct ql_diags *ds;
	struct ql_job job;
	struct ql_sensitivity_input *input;
	int n_input;
	struct ql_sensitivity_output *output;
	struct ql_endpoint_def *def; /* per output */
	int *arm, n_output;
	uint64_t chunk_size;         /* evaluations */
	double *u, *f;               /* point and outputs of the evaluation at work */
	double *value, *column;      /* [evaluations][outputs]; one output of all */
	uint64_t n_value;
	struct ql_sensitivity result;
};

double ql_sensitivity_value(const struct ql_sensitivity_input *in, double u);
const char *ql_sensitivity_settings(struct ql_sensitivity_work *w);
void ql_sensitivity_json(const struct ql_sensitivity *r, double level, struct ql_buf *out);

#endif
