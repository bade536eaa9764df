/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the public interface: from options to the settings of a simulation. */
#ifndef QL_API_SIMULATION_H
#define QL_API_SIMULATION_H

#include "api/api.h"

/* Everything that the options `population` to `fixed-doses` say; lives in r->work. */
enum quell_status ql_api_run_spec(struct ql_api_run *r, bool needs_regimens, struct ql_run_spec *out);

#endif
