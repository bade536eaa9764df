/* SPDX-License-Identifier: Apache-2.0 */
/* What those who start and resume work share. */
#include "scale/work.h"
#include "base/csv.h"
#include <jansson.h>
#include <math.h>
#include <string.h>

bool ql_duration_parse(const char *text, double *out)
{
	static const struct {
		char unit;
		double s;
	} unit[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t n = strlen(text);
	double factor = 1;
	for (size_t i = 0; i < sizeof unit / sizeof *unit && n > 1; i++)
		if (text[n - 1] == unit[i].unit) {
			factor = unit[i].s;
			n--;
			break;
		}
	return ql_parse_double(text, n, out) && (*out *= factor) > 0 && isfinite(*out);
}

static const char *meaning(const char *key)
{
	return strcmp(key, "quell") == 0	 ? "version of quell"
	       : strcmp(key, "model_hash") == 0	 ? "model"
	       : strcmp(key, "inputs_hash") == 0 ? "content of the model, population, regimen or agent files"
						 : key;
}

bool ql_work_expected(const struct ql_work *w, const char *expect, const char *store, struct ql_diags *ds)
{
	if (strcmp(expect, w->settings) == 0)
		return true;
	struct ql_span at = {store, 0, 0, 0};
	struct ql_diag *d = ql_diag_add(ds, QL_E1207, at, "the run cannot go on: what it started with has changed");
	json_t *was = json_loads(expect, 0, NULL), *is = json_loads(w->settings, 0, NULL), *v;
	const char *key;
	json_object_foreach(is, key, v) {
		const json_t *old = json_object_get(was, key);
		if (json_equal(old, v))
			continue;
		if (json_is_string(old) && json_is_string(v))
			ql_diag_note(d, (struct ql_span){0}, "%s: was %s, is %s", meaning(key), json_string_value(old),
				     json_string_value(v));
		else
			ql_diag_note(d, (struct ql_span){0}, "%s differs", meaning(key));
	}
	ql_diag_help(d, "bring the files back to what they were, or start a new run");
	json_decref(was);
	json_decref(is);
	return false;
}
