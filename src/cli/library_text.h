/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the library and quantities of a model in words, for `quell explain` and `quell regimen`. */
#ifndef QL_CLI_LIBRARY_TEXT_H
#define QL_CLI_LIBRARY_TEXT_H

#include "base/yaml.h"
#include "cli/cli.h"
#include "evidence/references.h"
#include "emit/plan.h"

/* The bibliography, read once; empty if it cannot be read. */
const struct ql_references *ql_cli_references(struct ql_cli *c);
/* "  Fischer 2019, NEJM ..." one line each; unknown keys are shown as they are. */
void ql_text_sources(struct ql_cli *c, const char *const *key, int n);

void ql_text_heading(struct ql_cli *c, const char *name, const char *kind, const char *title);
void ql_text_field(struct ql_cli *c, const char *name, const char *value);
void ql_text_regimen(struct ql_cli *c, const struct ql_yaml *y);
void ql_text_population(struct ql_cli *c, const struct ql_yaml *y);
void ql_text_whatif(struct ql_cli *c, const struct ql_yaml *y);
void ql_text_agent(struct ql_cli *c, const struct ql_yaml *y);

/* By ql_plan_typical(). */
const double *ql_typical_values(struct ql_cli *c, struct ql_model *m);
void ql_text_quantity(struct ql_cli *c, const struct ql_model *m, const double *typical, int q);

#endif
