/* SPDX-License-Identifier: Apache-2.0 */
/* The review behind quell, concept by concept (library/review.yaml), as Markdown: docs/review.md is this text. */
#ifndef QL_CLI_REVIEW_TEXT_H
#define QL_CLI_REVIEW_TEXT_H

#include "cli/cli.h"

/* Reads, checks modules against the model, writes to c->out. */
enum quell_status ql_review_text(struct ql_cli *c);
enum quell_status ql_review_json(struct ql_cli *c);

#endif
