/* SPDX-License-Identifier: Apache-2.0 */
/* A comparison as a table for the terminal. */
#ifndef QL_CLI_COMPARE_TEXT_H
#define QL_CLI_COMPARE_TEXT_H

#include "cli/cli.h"

void ql_compare_text(struct ql_cli *c, const struct ql_compare *r);
/* "1,234,567" in the arena. */
const char *ql_grouped(struct ql_cli *c, uint64_t n);

#endif
