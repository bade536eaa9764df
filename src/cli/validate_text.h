/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_CLI_VALIDATE_TEXT_H
#define QL_CLI_VALIDATE_TEXT_H

#include "cli/cli.h"
#include "validate/validate.h"

/* The scoreboard: rows by role and trial, then the score. `all`: rows that are not simulated, too. */
void ql_validate_text(struct ql_cli *c, const struct ql_validation *v, bool all);
void ql_validate_score_text(struct ql_cli *c, const struct ql_validation *v);
/* "88.2 (83.7-92.6) %", "36.4 mo", "0.40 (0.31-0.52)" */
void ql_validate_value(char *buf, size_t size, const struct ql_target *t, double value, double lower, double upper);

#endif
