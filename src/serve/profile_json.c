/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/profile_json.h"
#include "base/json.h"
#include "base/paths.h"
#include "decide/smaa.h"
#include "patient/profile.h"
#include "trial/utility.h"
#include <string.h>

json_t *ql_yaml_json(const struct ql_yaml *y)
{
	double x;
	if (!y)
		return json_null();
	if (y->kind == QL_YAML_SCALAR)
		return ql_yaml_is_number(y, &x) ? ql_json_real(x) : ql_json_text(y->text);
	json_t *o = y->kind == QL_YAML_LIST ? json_array() : json_object();
	for (int i = 0; i < y->n; i++) {
		if (y->kind == QL_YAML_LIST)
			json_array_append_new(o, ql_yaml_json(y->item[i]));
		else
			ql_json_put(o, y->key[i], ql_yaml_json(y->item[i]));
	}
	return o;
}

static json_t *words_json(const char *list)
{
	json_t *out = json_array();
	for (const char *p = list; p; p = strchr(p, '|')) {
		p += *p == '|';
		json_array_append_new(out, json_stringn(p, strcspn(p, "|")));
	}
	return out;
}

/* --- what may be given --- */

/* Numbers have a unit and a range, the rest a list of choices. */
static json_t *field(const struct ql_profile_def *d)
{
	json_t *o = json_object();
	ql_json_put(o, "name", json_string(d->name));
	ql_json_put(o, "title", json_string(d->help));
	ql_json_put(o, "unit", ql_json_text(d->unit));
	ql_json_put(o, "low", d->unit ? ql_json_real(d->low) : json_null());
	ql_json_put(o, "high", d->unit ? ql_json_real(d->high) : json_null());
	ql_json_put(o, "choices", d->unit ? json_null() : words_json(d->choices));
	return o;
}

static json_t *line_member(const struct ql_line_def *d)
{
	bool number = d->kind == QL_LK_NUMBER;
	json_t *o = json_object();
	ql_json_put(o, "name", json_string(d->name));
	ql_json_put(o, "kind", json_string(ql_line_kind_text[d->kind]));
	ql_json_put(o, "title", json_string(d->help));
	ql_json_put(o, "unit", ql_json_text(d->unit));
	ql_json_put(o, "low", number ? ql_json_real(d->low) : json_null());
	ql_json_put(o, "high", number ? ql_json_real(d->high) : json_null());
	ql_json_put(o, "choices", d->choices ? words_json(d->choices) : json_null());
	return o;
}

/* Names and titles of a shelf of the library. */
static json_t *shelf(struct ql_arena *a, const char *data_dir, const char *folder, struct ql_diags *ds)
{
	json_t *list = json_array();
	int n;
	const char **id = ql_library_list(a, data_dir, folder, ".yaml", &n);
	for (int i = 0; i < n; i++) {
		struct ql_yaml *y = NULL;
		if (ql_yaml_read(a, ql_arena_printf(a, "%s/%s/%s.yaml", data_dir, folder, id[i]), ds, &y) != QUELL_OK || !y)
			continue;
		json_t *o = json_object();
		ql_json_put(o, "id", ql_json_text(id[i]));
		ql_json_put(o, "title", ql_yaml_json(ql_yaml_get(y, "title")));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *courses(void)
{
	json_t *o = json_object(), *list = json_array();
	for (int k = 0; k < QL_CK_COUNT; k++) {
		const struct ql_course_def *d = &ql_course_def[k];
		json_t *x = json_object();
		ql_json_put(x, "name", json_string(d->name));
		ql_json_put(x, "title", json_string(d->title));
		ql_json_put(x, "unit", json_string(d->unit));
		ql_json_put(x, "low", ql_json_real(d->low));
		ql_json_put(x, "high", ql_json_real(d->high));
		json_array_append_new(list, x);
	}
	ql_json_put(o, "regimen", json_string(QL_COURSE_REGIMEN));
	ql_json_put(o, "last_day", ql_json_real(QL_LAST_COURSE_DAY));
	ql_json_put(o, "quantities", list);
	return o;
}

static json_t *criteria(void)
{
	json_t *list = json_array();
	for (int k = 0; k < QL_K_COUNT; k++) {
		const struct ql_benefit_def *d = &ql_benefit_def[k];
		json_t *o = json_object();
		ql_json_put(o, "id", json_string(d->id));
		ql_json_put(o, "title", json_string(d->title));
		ql_json_put(o, "usual", ql_json_real(d->weight));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *utilities(struct ql_arena *a, const char *data_dir, struct ql_diags *ds)
{
	json_t *list = shelf(a, data_dir, "library/utilities", ds), *base = json_object();
	ql_json_put(base, "id", json_string(ql_utility_base.id));
	ql_json_put(base, "title", json_string(ql_utility_base.title));
	json_array_insert_new(list, 0, base);
	return list;
}

/* --- samples --- */

/* A part of a file, null where nothing is known of it. */
static json_t *part(const struct ql_yaml *file, const char *name)
{
	const struct ql_yaml *y = ql_yaml_get(file, name);
	return y && y->kind != QL_YAML_SCALAR ? ql_yaml_json(y) : json_null();
}

static json_t *sample(struct ql_arena *a, const char *data_dir, const char *id, struct ql_diags *ds)
{
	struct ql_profile p;
	const char *path = ql_arena_printf(a, "%s/library/vignettes/%s.yaml", data_dir, id);
	if (ql_profile_load(path, NULL, 0, data_dir, a, ds, &p) != QUELL_OK)
		return NULL;
	json_t *o = json_object(), *known = json_object();
	for (int f = 0; f < QL_PROFILE_N; f++)
		if (ql_profile_knows(&p, (enum ql_profile_field)f))
			ql_json_put(known, ql_profile_def[f].name, ql_json_text(ql_profile_text(&p, (enum ql_profile_field)f, a)));
	ql_json_put(o, "id", ql_json_text(id));
	ql_json_put(o, "title", ql_json_text(p.title));
	ql_json_put(o, "known", known);
	for (int i = 0; i < QL_PROFILE_PARTS; i++)
		ql_json_put(o, ql_profile_part[i], part(p.yaml, ql_profile_part[i]));
	return o;
}

static json_t *samples(struct ql_arena *a, const char *data_dir, struct ql_diags *ds)
{
	json_t *list = json_array();
	int n;
	const char **id = ql_library_list(a, data_dir, "library/vignettes", ".yaml", &n);
	for (int i = 0; i < n; i++) {
		json_t *s = sample(a, data_dir, id[i], ds);
		if (s)
			json_array_append_new(list, s);
	}
	return list;
}

json_t *ql_profile_offer(struct ql_arena *a, const char *data_dir, struct ql_diags *ds)
{
	json_t *o = json_object(), *fields = json_array(), *members = json_array();
	for (int f = 0; f < QL_PROFILE_N; f++)
		json_array_append_new(fields, field(&ql_profile_def[f]));
	for (int m = 0; m < QL_PL_N; m++)
		json_array_append_new(members, line_member(&ql_line_def[m]));
	ql_json_put(o, "schema", json_string("quell.profile_fields/1"));
	ql_json_put(o, "version", json_string(quell_version()));
	ql_json_put(o, "fields", fields);
	ql_json_put(o, "line_members", members);
	ql_json_put(o, "max_drugs", json_integer(QL_MAX_DRUGS));
	ql_json_put(o, "regimens", shelf(a, data_dir, "library/regimens", ds));
	ql_json_put(o, "drugs", shelf(a, data_dir, "library/agents", ds));
	ql_json_put(o, "courses", courses());
	ql_json_put(o, "criteria", criteria());
	ql_json_put(o, "max_weight", ql_json_real(QL_MAX_WEIGHT));
	ql_json_put(o, "utilities", utilities(a, data_dir, ds));
	ql_json_put(o, "samples", samples(a, data_dir, ds));
	return o;
}

/* --- the schema --- */

static json_t *object_schema(json_t *properties, const char *description)
{
	json_t *o = json_object();
	ql_json_put(o, "type", json_string("object"));
	ql_json_put(o, "properties", properties);
	ql_json_put(o, "additionalProperties", json_false());
	ql_json_put(o, "description", json_string(description));
	return o;
}

static json_t *or_unknown(json_t *schema)
{
	json_t *description = json_object_get(schema, "description");
	json_t *o = json_pack("{s:[o,{s:s}]}", "anyOf", schema, "const", "unknown");
	if (description) {
		json_object_set(o, "description", description);
		json_object_del(schema, "description");
	}
	return o;
}

static json_t *number_schema(double low, double high)
{
	return json_pack("{s:s,s:o,s:o}", "type", "number", "minimum", ql_json_real(low), "maximum", ql_json_real(high));
}

static json_t *field_schema(const struct ql_profile_def *d)
{
	json_t *o;
	if (d->unit) {
		o = json_pack("{s:[o,{s:s,s:s}]}", "anyOf", number_schema(d->low, d->high), "type", "string", "pattern",
			      "^(unknown|[0-9.]+([eE][-+]?[0-9]+)?)$");
	} else {
		json_t *choices = words_json(d->choices);
		json_array_append_new(choices, json_string("unknown"));
		o = json_pack("{s:o}", "enum", choices);
	}
	ql_json_put(o, "description", *(d->unit ? d->unit : "") ? json_sprintf("%s, %s", d->help, d->unit) : json_string(d->help));
	return o;
}

static json_t *member_schema(const struct ql_line_def *d)
{
	json_t *o = NULL;
	switch (d->kind) {
	case QL_LK_REGIMEN:
	case QL_LK_TEXT:
		o = json_pack("{s:s}", "type", "string");
		break;
	case QL_LK_DRUGS:
		o = json_pack("{s:s,s:{s:s},s:i}", "type", "array", "items", "type", "string", "maxItems", QL_MAX_DRUGS);
		break;
	case QL_LK_MONTH:
		o = json_pack("{s:[{s:s,s:s},{s:s,s:f,s:f}]}", "anyOf", "type", "string", "pattern", "^(unknown|[0-9]{4}(-[0-9]{2})?)$", "type",
			      "integer", "minimum", d->low, "maximum", d->high);
		break;
	case QL_LK_CHOICE:
		o = json_pack("{s:o}", "enum", words_json(d->choices));
		break;
	case QL_LK_NUMBER:
		o = or_unknown(number_schema(d->low, d->high));
		break;
	}
	ql_json_put(o, "description", *(d->unit ? d->unit : "") ? json_sprintf("%s, %s", d->help, d->unit) : json_string(d->help));
	return o;
}

static json_t *lines_schema(void)
{
	json_t *members = json_object(), *o = json_object();
	for (int m = 0; m < QL_PL_N; m++)
		ql_json_put(members, ql_line_def[m].name, member_schema(&ql_line_def[m]));
	ql_json_put(o, "type", json_string("array"));
	ql_json_put(o, "items", object_schema(members, "a regimen, drugs, or both; the rest may be left out"));
	ql_json_put(o, "description", json_string("earlier treatment, in order: [] is untreated, unknown (or left out) is not known"));
	return or_unknown(o);
}

static json_t *courses_schema(void)
{
	json_t *all = json_object();
	ql_json_put(all, "regimen", json_pack("{s:s,s:s}", "type", "string", "description", "under which it was measured (" QL_COURSE_REGIMEN ")"));
	for (int k = 0; k < QL_CK_COUNT; k++) {
		const struct ql_course_def *d = &ql_course_def[k];
		json_t *at = json_pack("{s:s,s:o,s:s}", "type", "object", "additionalProperties", number_schema(d->low, d->high), "description",
				       "value by day since the start of the regimen");
		json_t *two = json_object();
		ql_json_put(two, "unit", json_pack("{s:s}", "const", d->unit));
		ql_json_put(two, "at", at);
		json_t *x = object_schema(two, d->title);
		ql_json_put(x, "required", json_pack("[s,s]", "unit", "at"));
		ql_json_put(all, d->name, x);
	}
	return or_unknown(object_schema(all, "values measured over time"));
}

static json_t *preferences_schema(void)
{
	json_t *all = json_object();
	for (int k = 0; k < QL_K_COUNT; k++) {
		json_t *x = number_schema(0, QL_MAX_WEIGHT);
		ql_json_put(x, "description", json_string(ql_benefit_def[k].title));
		ql_json_put(all, ql_benefit_def[k].id, x);
	}
	return or_unknown(object_schema(all, "weights of criteria, of which ratios matter; what is left out has none"));
}

json_t *ql_profile_schema(void)
{
	json_t *all = json_object();
	for (int f = 0; f < QL_PROFILE_N; f++)
		ql_json_put(all, ql_profile_def[f].name, field_schema(&ql_profile_def[f]));
	ql_json_put(all, "prior_lines", lines_schema());
	ql_json_put(all, "courses", courses_schema());
	ql_json_put(all, "preferences", preferences_schema());
	json_t *o = object_schema(all, "");
	json_object_del(o, "description");
	return o;
}
