/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of dosing and patients share: models from text, files in a scratch folder, messages. */
#ifndef QL_TESTS_DOSING_HELPERS_H
#define QL_TESTS_DOSING_HELPERS_H

#include "lang/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[64];

static inline const char *scratch_file(const char *name, const char *text)
{
	static char path[128];
	if (!*scratch) {
		strcpy(scratch, "/tmp/quell-test-XXXXXX");
		assert_non_null(mkdtemp(scratch));
	}
	snprintf(path, sizeof path, "%s/%s", scratch, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static inline int scratch_remove(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", scratch);
	return *scratch ? system(command) : 0;
}

static inline void show(const struct ql_diags *ds)
{
	struct ql_buf b = {0};
	ql_diags_render(ds, false, &b);
	fprintf(stderr, "%s\n", b.data ? b.data : "(no diagnostics)");
	ql_buf_free(&b);
}

static inline struct ql_model *model_of(const char *text, struct ql_diags *ds)
{
	struct ql_model *m = NULL;
	ql_model_parse("test.qm", text, strlen(text), ds, &m);
	if (!m)
		show(ds);
	assert_non_null(m);
	return m;
}

/* The first diagnostic with this code, or NULL. */
static inline const struct ql_diag *find_diag(const struct ql_diags *ds, enum ql_code code)
{
	for (int i = 0; i < ds->n; i++)
		if (ds->item[i]->code == code)
			return ds->item[i];
	return NULL;
}

#endif
