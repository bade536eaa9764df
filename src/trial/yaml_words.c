/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/yaml_words.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

static bool bound(const char *s, size_t n, double open, double *out)
{
	if (n == 0) {
		*out = open;
		return true;
	}
	return ql_parse_double(s, n, out) && isfinite(*out);
}

struct ql_range ql_yaml_range(const struct ql_yaml *map, const char *key, enum ql_code code, struct ql_diags *ds)
{
	struct ql_range r = {-INFINITY, INFINITY};
	const struct ql_yaml *v = ql_yaml_get(map, key);
	if (!v)
		return r;
	const char *dots = v->kind == QL_YAML_SCALAR ? strstr(v->text, "..") : NULL;
	bool ok = v->kind == QL_YAML_SCALAR;
	if (dots) {
		ok = bound(v->text, (size_t)(dots - v->text), -INFINITY, &r.low) &&
		     bound(dots + 2, strlen(dots + 2), INFINITY, &r.high);
	} else if (ok) {
		ok = ql_parse_double(v->text, strlen(v->text), &r.low) && isfinite(r.low);
		r.high = r.low;
	}
	if (!ok || r.low > r.high) {
		struct ql_diag *d = ql_diag_add(ds, code, v->span, "`%s` must be a range", key);
		ql_diag_help(d, "write `2..3`, or `3..` and `..70` for a range that is open at one end");
		return (struct ql_range){-INFINITY, INFINITY};
	}
	return r;
}

bool ql_yaml_days(const struct ql_yaml *map, const char *key, bool required, enum ql_code code, struct ql_diags *ds,
		  double *out)
{
	static const struct {
		const char *unit;
		double day;
	} units[] = {{"h", 1.0 / 24.0}, {"day", 1.0}, {"week", 7.0}, {"month", QL_DAYS_PER_MONTH}, {"year", QL_DAYS_PER_YEAR}};
	const char *text = NULL;
	const struct ql_yaml *v = ql_yaml_get(map, key);
	if (!v || !ql_yaml_string(map, key, required, ds, &text))
		return v ? false : ql_yaml_string(map, key, required, ds, &text);
	const char *space = strchr(text, ' ');
	double x;
	if (space && ql_parse_double(text, (size_t)(space - text), &x))
		for (size_t i = 0; i < sizeof units / sizeof *units; i++)
			if (strcmp(space + 1, units[i].unit) == 0) {
				*out = x * units[i].day;
				return true;
			}
	struct ql_diag *d = ql_diag_add(ds, code, v->span, "`%s` must be a time", key);
	ql_diag_help(d, "write a number and h, day, week, month or year, such as `21 day`");
	return false;
}

void ql_yaml_check_grade(const struct ql_yaml *map, enum ql_code code, struct ql_diags *ds)
{
	static const char *const grades[] = {"verified", "derived", "recalled", "assumed", "calibrated"};
	const char *text = NULL;
	if (!ql_yaml_string(map, "grade", true, ds, &text))
		return;
	for (int i = 0; i < 5; i++)
		if (strcmp(text, grades[i]) == 0)
			return;
	struct ql_diag *d = ql_diag_add(ds, code, ql_yaml_get(map, "grade")->span, "`%s` is no grade", text);
	ql_diag_help(d, "write verified, derived, recalled, assumed or calibrated");
}
