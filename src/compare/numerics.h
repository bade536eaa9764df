/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numerical error bar of a comparison: its first patients solved again at
 * tolerances a hundred times tighter, and what that does to every endpoint.
 */
#ifndef QL_COMPARE_NUMERICS_H
#define QL_COMPARE_NUMERICS_H

#include "compare/compare.h"

#define QL_NUMERICS_TIGHTER 100.0

/* Solves the first `patients` of the run (at most all) at its rtol and at a hundredth of it, and hangs the result on c.
 * QUELL_ERR_INTERRUPTED leaves c without it. rtol / 100 below 1e-12 counts as 1e-12. */
enum quell_status ql_compare_numerics(const struct ql_run_spec *spec, uint64_t patients, struct ql_diags *ds,
				      struct ql_compare *c);

#endif
