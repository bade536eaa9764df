/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/shape.h"
#include "base/json.h"
#include "api/tables.h"
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 8 };

#define T(path, title) {"", path, "", title, QL_SHEET_TEXT}
#define R(path, unit) {"", path, unit, "", QL_SHEET_REAL}
#define W(path, title) {"", path, "", title, QL_SHEET_WHOLE}
#define Y(path) {"", path, "", "", QL_SHEET_YES}
#define EACH(path, title) {"", path, "", title, QL_SHEET_EACH}
#define KEY T("@", "")
#define SHEET(path, column) {"", "", NULL, path, column, (int)(sizeof column / sizeof *(column))}
#define END {NULL, NULL, NULL, NULL, NULL, 0}

#define VERSION T("version", "of quell")
#define MODEL T("model", "name of the model"), HASH
#define HASH T("model_hash", "of the text of the model"), VERSION, W("seed", "")

/* ---- what every answer of a name has at the top ---- */

static const struct ql_sheet_column version[] = {VERSION};
static const struct ql_sheet_column about[] = {VERSION, T("paths#", "addresses that this program answers"), T("library_hash", "of the contents of library/ and evidence/")};
static const struct ql_sheet_column item[] = {VERSION, T("id", "")};
static const struct ql_sheet_column code[] = {VERSION, T("code", ""), T("title", ""), T("text", "what it means and what to do")};
static const struct ql_sheet_column module[] = {VERSION, T("file", ""), T("text", "as written")};
static const struct ql_sheet_column diagram[] = {VERSION, T("id", ""), T("svg", "")};
static const struct ql_sheet_column model[] = {T("model", ""), T("model_hash", "")};
static const struct ql_sheet_column explain[] = {VERSION, T("model", ""), T("model_hash", "")};
static const struct ql_sheet_column nma[] = {T("endpoint", ""), T("line", ""), Y("recalled_rows")};
static const struct ql_sheet_column simulate[] = {HASH, T("population", ""), W("patient", "number of the patient"), Y("typical"), R("day#", "day")};
static const struct ql_sheet_column compare[] = {MODEL, T("population", ""), T("population_title", ""), W("patients_total", "per regimen"), R("years", "year"), Y("interrupted")};
static const struct ql_sheet_column recommend[] = {MODEL, T("research_use", ""), R("years", "year"), W("candidates", ""), W("n_draws", "")};
static const struct ql_sheet_column validate[] = {HASH, W("patients_per_arm", ""), W("replicates", ""), W("parameter_draws", ""), R("rtol", ""),
	W("trials", ""), W("patients_simulated", ""), W("patients_failed", ""), EACH("trial_effect_sd", "between trials, by kind of endpoint")};
static const struct ql_sheet_column trial[] = {HASH, Y("interrupted")};
static const struct ql_sheet_column sensitivity[] = {T("model_hash", "")};

/* ---- rows that no table of a verb has ---- */

static const struct ql_sheet_column tolerances[] = {R("rtol", "")};
static const struct ql_sheet_column choice[] = {T("id", ""), T("title", ""), T("line", "of treatment"), T("line#", "of treatment"), T("evidence_grade", ""), T("warning", ""),
	T("treatment", "name in the evidence"), T("treatment#", "names in the evidence"), T("trials", ""), T("trials#", ""), T("role", "of a trial: calibration, validation, evidence"), T("nct", "")};
static const struct ql_sheet_column quantity[] = {T("name", ""), T("kind", ""), T("unit", ""), R("value", "in `unit`"), T("spread", "between patients"),
	T("meaning", ""), T("grade", "verified, derived, recalled, assumed, calibrated"), T("sources#", ""), T("file", ""), W("line", "")};
static const struct ql_sheet_column kernel[] = {T("name", ""), W("states", ""), W("jacobian", ""), W("factors", ""), T("active#", "")};
static const struct ql_sheet_column plan[] = {T("id", ""), W("states", ""), T("kernel", ""), R("share_of_full_model", "1"), T("active#", "")};
static const struct ql_sheet_column therapy[] = {T("id", ""), T("title", ""), T("summary", ""), T("evidence_grade", ""), T("warning", ""), T("population", ""), T("simulate#", "regimens")};
static const struct ql_sheet_column drawn[] = {T("draws", "file of parameter draws")};
static const struct ql_sheet_column simulation[] = {T("population", ""), W("patients", ""), R("years", "year"), W("seed", ""), R("rtol", "")};
static const struct ql_sheet_column row[] = {W("row", "of evidence/trials.csv"), T("trial", ""), T("nct", ""), T("line", ""), T("population", ""), T("treatment", ""),
	T("comparator", ""), W("n_arm", ""), W("n_comp", ""), T("endpoint", ""), R("value", "in `unit`"), Y("not_reached"), R("lower", "in `unit`"),
	R("upper", "in `unit`"), R("ci_level", "%"), T("unit", ""), R("followup_mo", "month"), T("subgroup", ""), Y("verified"), T("role", ""), W("year", ""),
	T("publication", ""), T("cite", ""), T("reference", "key of evidence/references.bib"), T("note", ""), T("fate", "why a row is left out"), Y("used")};
static const struct ql_sheet_column listed[] = {T("trial", ""), T("nct", ""), T("line", ""), T("role", ""), W("rows", ""), W("verified", ""), W("latest", "year"), T("regimens", "")};
static const struct ql_sheet_column network[] = {T("measure", ""), T("method", ""), T("reference", ""), R("level", "1"), W("studies", ""), W("treatments", ""),
	R("tau2", ""), R("I2", "1"), R("Q", ""), W("df_Q", ""), R("p_Q", "1"), EACH("pscores", ""), EACH("sucra", ""), T("notes#", "")};
static const struct ql_sheet_column effect[] = {T("treat", ""), T("comp", ""), R("te", "logarithm"), R("se", ""), R("lower", ""), R("upper", ""), R("z", ""),
	R("p", "1"), R("predict_lower", ""), R("predict_upper", "")};
static const struct ql_sheet_column split[] = {T("treat", ""), T("comp", ""), W("studies", ""), R("proportion_direct", "1"), R("network", ""), R("direct", ""),
	R("indirect", ""), R("difference", ""), R("p", "1")};
static const struct ql_sheet_column judgement[] = {T("treat", ""), T("comp", ""), T("confidence", ""), T("assessed", "")};
static const struct ql_sheet_column field[] = {T("name", ""), T("title", ""), T("unit", ""), R("low", "in `unit`"), R("high", "in `unit`"), T("choices#", "")};
static const struct ql_sheet_column member[] = {T("name", ""), T("kind", ""), T("title", ""), T("unit", ""), R("low", "in `unit`"), R("high", "in `unit`"), T("choices#", "")};
static const struct ql_sheet_column line[] = {T("regimen", "of the library"), T("drugs#", ""), T("start", "YYYY-MM, or a year"), R("start", "year"), T("end", "YYYY-MM, or a year"), R("end", "year"), T("ended", ""), R("remission_months", "month")};
static const struct ql_sheet_column named[] = {T("id", ""), T("title", "")};
static const struct ql_sheet_column criterion[] = {T("id", ""), T("title", ""), R("usual", "weight where none is stated")};
static const struct ql_sheet_column courses[] = {T("regimen", "that they are measured under"), R("last_day", "day")};
static const struct ql_sheet_column measured[] = {T("name", ""), T("title", ""), T("unit", ""), R("low", "in `unit`"), R("high", "in `unit`")};
static const struct ql_sheet_column limits[] = {W("max_drugs", "of a line"), R("max_weight", "of a criterion")};
static const struct ql_sheet_column course[] = {T("output", ""), T("title", ""), T("unit", ""), R("value#", "in `unit`")};
static const struct ql_sheet_column nothing[] = {KEY};

static const struct ql_api_table more_trial[] = {SHEET("tolerances", tolerances), SHEET("parameter_draws", nothing), END};
static const struct ql_api_table more_compare[] = {SHEET("tolerances", tolerances), SHEET("parameter_draws", nothing), SHEET("numerics", nothing), END};
static const struct ql_api_table more_simulate[] = {SHEET("tolerances", tolerances), SHEET("regimens/*/outputs/*", course), END};
static const struct ql_api_table more_recommend[] = {SHEET("tolerances", tolerances), SHEET("preferences", nothing), SHEET("", drawn), END};
static const struct ql_api_table more_about[] = {SHEET("regimens/*", choice), SHEET("populations/*", choice), END};
static const struct ql_api_table more_library[] = {SHEET("regimens/*|populations/*|agents/*|trials/*", choice), END};
static const struct ql_api_table more_item[] = {SHEET("item", nothing), END};
static const struct ql_api_table more_model[] = {SHEET("quantities/*", quantity), SHEET("kernels/*", kernel), SHEET("regimens/*", plan), END};
static const struct ql_api_table more_therapies[] = {SHEET("therapies/*", therapy), END};
static const struct ql_api_table more_explain[] = {SHEET("therapies/*/simulation", simulation), END};
static const struct ql_api_table more_evidence[] = {SHEET("rows/*", row), SHEET("trials/*", listed), END};
static const struct ql_api_table more_nma[] = {SHEET("rows/*", row), SHEET("networks/*", network), SHEET("networks/*/effects/*|networks/*/league/*", effect),
	SHEET("networks/*/split/*", split), SHEET("certainty/*", judgement), END};
static const struct ql_api_table more_profile[] = {SHEET("fields/*", field), SHEET("line_members/*", member), SHEET("regimens/*|drugs/*|utilities/*|samples/*", named),
	SHEET("criteria/*", criterion), SHEET("courses", courses), SHEET("courses/quantities/*", measured), SHEET("", limits),
	SHEET("samples/*/known|samples/*/courses|samples/*/preferences", nothing), SHEET("samples/*/prior_lines/*", line), END};

static const struct shape {
	const char *name;
	const struct ql_sheet_column *top; /* each of them is there */
	int n_top;
	const struct ql_api_table *verb, *more;
	bool run; /* a job or a stored run may have it */
} shapes[] = {
#define OF(name, top, verb, more, run) {name, top, (int)(sizeof top / sizeof *(top)), verb, more, run}
	OF("quell.about/1", about, NULL, more_about, false),
	OF("quell.library/1", version, NULL, more_library, false),
	OF("quell.library_item/1", item, NULL, more_item, false),
	OF("quell.code/1", code, NULL, NULL, false),
	OF("quell.model/1", model, NULL, more_model, false),
	OF("quell.module/1", module, NULL, NULL, false),
	OF("quell.therapies/1", version, NULL, more_therapies, false),
	OF("quell.explain/1", explain, ql_tables_explain, more_explain, false),
	OF("quell.diagram/1", diagram, NULL, NULL, false),
	OF("quell.evidence/1", nothing, NULL, more_evidence, false),
	OF("quell.evidence_nma/1", nma, NULL, more_nma, false),
	OF("quell.simulate/1", simulate, ql_tables_simulate, more_simulate, false),
	OF("quell.profile_fields/1", version, NULL, more_profile, false),
	OF("quell.runs/1", nothing, ql_tables_runs, NULL, false),
	OF("quell.compare/1", compare, ql_tables_compare, more_compare, true),
	OF("quell.recommend/1", recommend, ql_tables_recommend, more_recommend, true),
	OF("quell.validate/1", validate, ql_tables_validate, NULL, true),
	OF("quell.trial/1", trial, ql_tables_trial, more_trial, true),
	OF("quell.sensitivity/1", sensitivity, ql_tables_sensitivity, NULL, true)};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

/* ---- schemas ---- */

static void allow(json_t *node, const char *type)
{
	json_t *list = json_object_get(node, "type"), *v;
	size_t i;
	if (!list)
		ql_json_put(node, "type", list = json_array());
	json_array_foreach(list, i, v) {
		if (strcmp(json_string_value(v), type) == 0)
			return;
	}
	json_array_append_new(list, json_string(type));
}

static json_t *child(json_t *node, const char *key, size_t n)
{
	json_t *v = json_object_getn(node, key, n);
	if (!v)
		json_object_setn_new(node, key, n, v = json_object());
	return v;
}

static json_t *property(json_t *node, const char *name, size_t n)
{
	allow(node, "object");
	allow(node, "null");
	return child(child(node, "properties", 10), name, n);
}

/* What each element of a list or a map is. */
static json_t *element(json_t *node, bool map)
{
	map = (map || json_object_get(node, "additionalProperties")) && !json_object_get(node, "items");
	allow(node, map ? "object" : "array");
	allow(node, "null");
	json_t *v = map ? child(node, "additionalProperties", 20) : child(node, "items", 5);
	allow(v, "object");
	return v;
}

static void describe(json_t *node, const struct ql_sheet_column *c)
{
	char text[400];
	snprintf(text, sizeof text, "%s%s%s", c->unit, *c->unit && *c->title ? "; " : "", c->title);
	if (*text)
		ql_json_put(node, "description", json_string(text));
}

enum how {
	AS_TABLE, /* of a verb: a text may be a list that the table joins */
	AS_SAID,  /* lists say so by # */
	ALWAYS    /* and the member is there */
};

static void leaf(json_t *node, const struct ql_sheet_column *c, enum how how)
{
	static const char *const type[] = {"string", "number", "integer", "boolean", "object"};
	allow(node, type[c->kind]);
	if (how != ALWAYS)
		allow(node, "null");
	if (c->kind == QL_SHEET_TEXT && how == AS_TABLE && !json_object_get(node, "items")) {
		allow(node, "array");
		ql_json_put(node, "items", json_pack("{s:[s,s]}", "type", "string", "null"));
	} else if (c->kind == QL_SHEET_EACH) {
		ql_json_put(node, "additionalProperties", json_pack("{s:[s,s]}", "type", "number", "null"));
	}
	describe(node, c);
}

/* A column's place below the row at stack[depth]; the paths are explained in api/sheet.h. */
static void add_column(json_t **stack, int depth, const struct ql_sheet_column *c, enum how how)
{
	const char *path = c->path;
	for (; *path == '^' && depth > 0; path++)
		depth--;
	json_t *node = *path == '/' ? stack[0] : stack[depth];
	path += *path == '/';
	if (strchr(path, '@') || strcmp(path, ".") == 0)
		return; /* a key is no member */
	for (size_t n; (n = strcspn(path, "/#")) > 0; path += n + (path[n] == '/')) {
		node = property(node, path, n);
		if (path[n] == '#') {
			allow(node, "array");
			if (how != ALWAYS)
				allow(node, "null");
			leaf(child(node, "items", 5), c, how);
			return;
		}
	}
	leaf(node, c, how);
}

/* Whether some column reads the key of the row that is `up` levels above: then that level is a map. */
static bool has_key(const struct ql_api_table *t, int up)
{
	for (int i = 0; i < t->n_column; i++) {
		size_t above = strspn(t->column[i].path, "^");
		if ((int)above == up && strcmp(t->column[i].path + above, "@") == 0)
			return true;
	}
	return false;
}

static void add_rows(json_t *top, const struct ql_api_table *t, const char *path, size_t length, enum how how)
{
	json_t *stack[DEEPEST] = {top}, *node = top;
	int levels = 0, depth = 0;
	for (size_t i = 0; i < length; i++)
		levels += path[i] == '*';
	const char *end = path + length, *last = memchr(path, '#', length);
	end = last ? last : end;
	if (!last && end > path && end[-1] != '*')
		levels++;
	while (path < end) {
		size_t n = strcspn(path, "/|#");
		n = n > (size_t)(end - path) ? (size_t)(end - path) : n;
		if (*path != '*') {
			node = property(node, path, n);
		} else if (depth + 1 < DEEPEST) {
			node = element(node, has_key(t, levels - depth - 1));
			stack[++depth] = node;
		}
		path += n + (path[n] == '/');
	}
	if (node != stack[depth] && depth + 1 < DEEPEST) {
		stack[++depth] = node;
		allow(node, "object");
		allow(node, "null");
	}
	for (int i = 0; i < t->n_column; i++)
		add_column(stack, depth, &t->column[i], how);
}

static void add_tables(json_t *top, const struct ql_api_table *t, enum how how)
{
	for (; t && t->name; t++) /* what a verb fills by itself has no path */
		for (const char *path = t->path; path; path = strchr(path, '|') ? strchr(path, '|') + 1 : NULL)
			add_rows(top, t, path, strcspn(path, "|"), how);
}

static json_t *schema_of(const struct shape *s)
{
	json_t *o = json_object(), *required = json_array();
	ql_json_put(property(o, "schema", 6), "const", json_string(s->name));
	json_array_append_new(required, json_string("schema"));
	for (int i = 0; i < s->n_top; i++) {
		size_t n = strcspn(s->top[i].path, "#");
		add_column(&o, 0, &s->top[i], ALWAYS);
		if (s->top[i].path != strchr(s->top[i].path, '@'))
			json_array_append_new(required, json_stringn(s->top[i].path, n));
	}
	add_tables(o, s->verb, AS_TABLE);
	add_tables(o, s->more, AS_SAID);
	ql_json_put(o, "type", json_string("object"));
	ql_json_put(o, "required", required);
	return o;
}

/* "quell.compare/1" as a key of `components`: no slash there. */
static void key_of(const char *schema, char out[64])
{
	snprintf(out, 64, "%s", schema);
	for (char *p = out; *p; p++)
		*p = *p == '/' ? '.' : *p;
}

json_t *ql_shape_ref(const char *schema)
{
	char key[64], ref[96];
	for (int i = 0; i < N_SHAPE; i++)
		if (strcmp(shapes[i].name, schema) == 0) {
			key_of(schema, key);
			snprintf(ref, sizeof ref, "#/components/schemas/%s", key);
			return json_pack("{s:s}", "$ref", ref);
		}
	return NULL;
}

json_t *ql_shape_of_runs(void)
{
	json_t *any = json_array();
	for (int i = 0; i < N_SHAPE; i++)
		if (shapes[i].run)
			json_array_append_new(any, ql_shape_ref(shapes[i].name));
	return json_pack("{s:o}", "anyOf", any);
}

json_t *ql_shapes(void)
{
	json_t *o = json_object();
	for (int i = 0; i < N_SHAPE; i++) {
		char key[64];
		key_of(shapes[i].name, key);
		ql_json_put(o, key, schema_of(&shapes[i]));
	}
	return o;
}
