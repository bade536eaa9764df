/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `quell survival` share. */
#ifndef QL_CLI_SURVIVAL_VERBS_H
#define QL_CLI_SURVIVAL_VERBS_H

#include "cli/cli.h"
#include "trial/sample.h"

/* `quell survival --spec`: every analysis of the file, results in its own shape. */
enum quell_status ql_survival_spec(struct ql_cli *c, const char *spec, const char *data, json_t **out);
/* Tables for people. */
void ql_survival_text(struct ql_cli *c, const json_t *analyses);

#endif
