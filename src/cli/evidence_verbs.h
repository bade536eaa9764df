/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_CLI_EVIDENCE_VERBS_H
#define QL_CLI_EVIDENCE_VERBS_H

#include "cli/cli.h"
#include "evidence/find.h"

/* quell evidence nma ...; argv[0] is "nma" */
int ql_evidence_nma(struct ql_cli *c, int argc, char **argv);

#endif
