/* SPDX-License-Identifier: Apache-2.0 */
/* A therapy or an agent in words: five aspects, published and simulated figures, sources. */
#ifndef QL_CLI_EXPLAIN_TEXT_H
#define QL_CLI_EXPLAIN_TEXT_H

#include "cli/cli.h"
#include "explain/explain.h"

void ql_text_therapy_line(struct ql_cli *c, const struct ql_therapy *t); /* one line of `quell explain therapies` */
void ql_text_explanation(struct ql_cli *c, const struct ql_explanation *e);
/* Paragraph of words between `indent` and the width of the terminal. */
void ql_text_wrapped(struct ql_cli *c, const char *text, int indent);

#endif
