/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_API_TABLES_H
#define QL_API_TABLES_H

#include "api/sheet.h"

/* name: ql_tables_<verb>, ending with a NULL name. */
extern const struct ql_api_table ql_tables_compare[], ql_tables_simulate[], ql_tables_dataset[], ql_tables_trial[],
	ql_tables_survival[], ql_tables_nma[], ql_tables_evidence[], ql_tables_regimen[], ql_tables_recommend[],
	ql_tables_validate[], ql_tables_calibrate[], ql_tables_sensitivity[], ql_tables_optimize[], ql_tables_explain[],
	ql_tables_runs[], ql_tables_resume[];

#endif
