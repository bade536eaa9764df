/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_CLI_RECOMMEND_TEXT_H
#define QL_CLI_RECOMMEND_TEXT_H

#include "cli/cli.h"
#include "decide/recommend.h"

void ql_recommend_text(struct ql_cli *c, const struct ql_recommendation *r);
/* `quell recommend --fields`: fields of a profile, courses and criteria. */
void ql_recommend_fields(struct ql_cli *c);

#endif
