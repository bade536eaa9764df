/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_CLI_EVIDENCE_VERBS_H
#define QL_CLI_EVIDENCE_VERBS_H

#include "cli/cli.h"
#include "evidence/table.h"

/* Line of evidence/trials.csv. */
int ql_row_number(const struct ql_trial_row *r);
json_t *ql_row_json(const struct ql_evidence *e, const struct ql_trial_row *r);
/* quell evidence nma ...; argv[0] is "nma" */
int ql_evidence_nma(struct ql_cli *c, int argc, char **argv);

#endif
