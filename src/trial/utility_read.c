/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of utilities as files. */
#include "trial/utility.h"
#include "base/yaml.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t at;
	double least, most;
} value[] = {
#define X(field, name, base, least, most) {name, offsetof(struct ql_utility_set, field), least, most},
	QL_UTILITIES(X)
#undef X
};
enum { N_VALUE = sizeof value / sizeof *value };

static void fault(struct ql_diags *ds, struct ql_span at, const char *what, const char *help)
{
	ql_diag_help(ql_diag_add(ds, QL_E0530, at, "%s", what), "%s", help);
}

/* {value: 0.71, source: [KEY], grade: verified} */
static void read_value(const struct ql_yaml *y, int i, struct ql_diags *ds, struct ql_utility_set *out)
{
	static const char *const keys[] = {"value", "source", "grade", "note", NULL};
	static const char *const grades[] = {"verified", "derived", "recalled", "assumed", "calibrated"};
	double x = NAN;
	const char *grade = NULL;
	char lo[32], hi[32];
	if (y->kind != QL_YAML_MAP) {
		fault(ds, y->span, "a utility is more than a number", "write {value: 0.71, source: [KEY], grade: verified}");
		return;
	}
	ql_yaml_check_keys(y, keys, ds);
	if (!ql_yaml_number(y, "value", true, ds, &x))
		return;
	if (!(x >= value[i].least && x <= value[i].most))
		ql_diag_help(ql_diag_add(ds, QL_E0530, ql_yaml_get(y, "value")->span, "`%s` cannot be %g", value[i].name, x), "give %s to %s",
			     ql_format_double(value[i].least, lo), ql_format_double(value[i].most, hi));
	ql_yaml_string(y, "grade", true, ds, &grade);
	bool known = false;
	for (size_t g = 0; grade && g < sizeof grades / sizeof *grades; g++)
		known |= strcmp(grade, grades[g]) == 0;
	if (grade && !known)
		fault(ds, ql_yaml_get(y, "grade")->span, "unknown grade", "one of verified, derived, recalled, assumed, calibrated");
	*(double *)(void *)((char *)out + value[i].at) = x;
}

static void read_values(const struct ql_yaml *y, struct ql_diags *ds, struct ql_utility_set *out)
{
	const char *names[N_VALUE];
	for (int i = 0; i < N_VALUE; i++)
		names[i] = value[i].name;
	for (int i = 0; i < y->n; i++) {
		int k = 0;
		while (k < N_VALUE && strcmp(value[k].name, y->key[i]) != 0)
			k++;
		if (k < N_VALUE) {
			read_value(y->item[i], k, ds, out);
			continue;
		}
		struct ql_diag *d = ql_diag_add(ds, QL_E0530, y->key_span[i], "nothing is called `%s` in a set of utilities", y->key[i]);
		const char *near = ql_suggest(y->key[i], names, N_VALUE);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			ql_diag_help(d, "docs/tailoring.md lists the states and losses");
	}
}

enum quell_status ql_utility_load(const char *path, struct ql_arena *a, struct ql_diags *ds, struct ql_utility_set *out)
{
	static const char *const keys[] = {"utilities", "title", "note", "values", NULL};
	struct ql_yaml *y = NULL;
	int errors = ds->n_errors;
	*out = ql_utility_base;
	out->note = NULL;
	enum quell_status s = ql_yaml_read(a, path, ds, &y);
	if (s != QUELL_OK)
		return s;
	if (!y || y->kind != QL_YAML_MAP) {
		fault(ds, (struct ql_span){path, 0, 0, 0}, "the file says nothing", "start from a file of library/utilities");
		return QUELL_ERR_INPUT;
	}
	ql_yaml_check_keys(y, keys, ds);
	ql_yaml_string(y, "utilities", true, ds, &out->id);
	ql_yaml_string(y, "title", true, ds, &out->title);
	ql_yaml_string(y, "note", false, ds, &out->note);
	const struct ql_yaml *values = ql_yaml_get(y, "values");
	if (values && values->kind == QL_YAML_MAP)
		read_values(values, ds, out);
	else
		fault(ds, y->span, "`values` is missing", "write values: {off: {value: 0.82, source: [KEY], grade: verified}}");
	bool response = !isnan(out->no_response);
	if (response != !isnan(out->partial_response) || response != !isnan(out->complete_response))
		fault(ds, y->span, "utilities by response are incomplete", "give no_response, partial_response and complete_response, or none of them");
	return ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}
