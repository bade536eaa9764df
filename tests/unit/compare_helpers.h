/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of comparisons share. */
#ifndef COMPARE_HELPERS_H
#define COMPARE_HELPERS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "compare/compare_json.h"
#include "compare/job.h"
#include "dosing_helpers.h"

/* For whoever reads why a test failed. */
static inline void show_errors(const struct ql_diags *ds)
{
	if (ds->n_errors)
		show(ds);
}

static inline struct ql_compare *compare(const struct ql_run_spec *spec)
{
	struct ql_diags ds = {0};
	struct ql_compare *c = NULL;
	enum quell_status s = ql_compare_run(spec, &ds, &c);
	show_errors(&ds);
	ql_diags_free(&ds);
	assert_int_equal(s, QUELL_OK);
	return c;
}

/* The caller frees it. */
static inline char *json_of(const struct ql_run_spec *spec)
{
	struct ql_compare *c = compare(spec);
	struct ql_buf b = {0};
	ql_compare_json(c, &b);
	ql_compare_free(c);
	return b.data;
}

static inline const struct ql_endpoint *endpoint(const struct ql_arm *a, const char *id)
{
	for (int i = 0; i < a->n_endpoint; i++)
		if (strcmp(a->endpoint[i].id, id) == 0)
			return &a->endpoint[i];
	fail_msg("%s has no %s", a->id, id);
	return NULL;
}

#endif
