/* SPDX-License-Identifier: Apache-2.0 */
/* The actions of `quell model`, one file each. */
#ifndef QL_CLI_MODEL_VERBS_H
#define QL_CLI_MODEL_VERBS_H

#include "cli/cli.h"
#include "lang/model.h"

struct ql_model_options {
	struct ql_words doses; /* build */
	struct ql_words set, agents; /* export */
	const char *data;
	double end;
	int format;            /* export: position in "sbml|rxode2|mrgsolve" */
	const char *out;       /* export, doc */
	bool write, check;     /* fmt */
};

int ql_model_build_verb(struct ql_cli *c, const char *path, const struct ql_model_options *o);
int ql_model_diff_verb(struct ql_cli *c, const char *one, const char *other);
int ql_model_fmt_verb(struct ql_cli *c, const char *first, const struct ql_model_options *o);
int ql_model_doc_verb(struct ql_cli *c, const char *path, const struct ql_model_options *o);
int ql_model_export_verb(struct ql_cli *c, const char *path, const struct ql_model_options *o);

#endif
