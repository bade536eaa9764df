/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the API (OpenAPI 3.1), from the table of endpoints. */
#include "base/json.h"
#include "serve/address.h"
#include "serve/profile_json.h"
#include <ctype.h>
#include <string.h>

static json_t *choices(const char *list)
{
	json_t *out = json_array();
	for (const char *p = list; p; p = strchr(p, '|')) {
		p += *p == '|';
		json_array_append_new(out, json_stringn(p, strcspn(p, "|")));
	}
	return out;
}

static json_t *field_schema(const struct ql_field *f)
{
	json_t *o = json_object();
	switch (f->kind) {
	case QL_FIELD_NAME:
	case QL_FIELD_ITEM:
		ql_json_put(o, "type", json_string("string"));
		ql_json_put(o, "pattern", json_string("^[A-Za-z0-9_+][A-Za-z0-9_+-]{0,63}$"));
		break;
	case QL_FIELD_TEXT:
		ql_json_put(o, "type", json_string("string"));
		ql_json_put(o, "maxLength", json_integer(120));
		break;
	case QL_FIELD_NAMES:
	case QL_FIELD_TEXTS:
		ql_json_put(o, "type", json_string("array"));
		ql_json_put(o, "items", json_pack("{s:s}", "type", "string"));
		ql_json_put(o, "maxItems", json_integer(64));
		break;
	case QL_FIELD_COUNT:
	case QL_FIELD_NUMBER:
		ql_json_put(o, "type", json_string(f->kind == QL_FIELD_COUNT ? "integer" : "number"));
		ql_json_put(o, "minimum", json_real(f->lo));
		ql_json_put(o, "maximum", json_real(f->hi));
		break;
	case QL_FIELD_CHOICE:
		ql_json_put(o, "type", json_string("string"));
		ql_json_put(o, "enum", choices(f->choices));
		break;
	case QL_FIELD_FLAG:
		ql_json_put(o, "type", json_string("boolean"));
		break;
	case QL_FIELD_SETTINGS:
		ql_json_put(o, "type", json_string("object"));
		ql_json_put(o, "additionalProperties", json_pack("{s:s}", "type", "number"));
		break;
	case QL_FIELD_FACTS:
		json_object_update_new(o, ql_profile_schema());
		break;
	}
	ql_json_put(o, "description", json_string(f->help));
	return o;
}

static json_t *body_of(const struct ql_field *field)
{
	json_t *schema = json_object(), *properties = json_object(), *required = json_array();
	for (const struct ql_field *f = field; f->name; f++) {
		ql_json_put(properties, f->name, field_schema(f));
		if (f->required)
			json_array_append_new(required, json_string(f->name));
	}
	ql_json_put(schema, "type", json_string("object"));
	ql_json_put(schema, "properties", properties);
	ql_json_put(schema, "required", required);
	ql_json_put(schema, "additionalProperties", json_false());
	return json_pack("{s:b,s:{s:{s:o}}}", "required", 1, "content", "application/json", "schema", schema);
}

static json_t *parameter(const char *name, const char *in, bool required, json_t *schema)
{
	return json_pack("{s:s,s:s,s:b,s:o}", "name", name, "in", in, "required", required, "schema", schema);
}

static json_t *parameters_of(const struct ql_address *e)
{
	json_t *list = json_array();
	const char *brace = strchr(e->path, '{');
	if (brace) {
		json_t *p = json_object();
		ql_json_put(p, "name", json_stringn(brace + 1, strcspn(brace + 1, "}")));
		ql_json_put(p, "in", json_string("path"));
		ql_json_put(p, "required", json_true());
		ql_json_put(p, "schema", json_pack("{s:s}", "type", "string"));
		json_array_append_new(list, p);
	}
	for (const struct ql_field *f = e->field; f->name && strcmp(e->method, "GET") == 0; f++)
		json_array_append_new(list, parameter(f->name, "query", f->required, field_schema(f)));
	return list;
}

static json_t *reply(const char *description, const char *type)
{
	return json_pack("{s:s,s:{s:{}}}", "description", description, "content", type);
}

static json_t *replies(const struct ql_address *e)
{
	json_t *o = json_object();
	ql_json_put(o, "200", reply(e->schema, "application/json"));
	if (e->size == QL_BY_COURSES || e->size == QL_LONG)
		ql_json_put(o, "202", reply("too large to wait for: {\"job\": ...}; see /api/v1/jobs/{id}", "application/json"));
	ql_json_put(o, "default", reply("problem document (RFC 9457) with quell's diagnostics", "application/problem+json"));
	return o;
}

static void add_endpoint(json_t *paths, const struct ql_address *e)
{
	json_t *operation = json_object(), *item = json_object_get(paths, e->path);
	char method[8] = "";
	for (size_t i = 0; e->method[i] && i + 1 < sizeof method; i++)
		method[i] = (char)tolower((unsigned char)e->method[i]);
	if (!item) {
		item = json_object();
		ql_json_put(paths, e->path, item);
	}
	ql_json_put(operation, "summary", json_string(e->summary));
	ql_json_put(operation, "parameters", parameters_of(e));
	if (strcmp(e->method, "POST") == 0)
		ql_json_put(operation, "requestBody", body_of(e->field));
	ql_json_put(operation, "responses", replies(e));
	ql_json_put(item, method, operation);
}

/* Jobs are answered by the router itself. */
static void add_jobs(json_t *paths)
{
	static const struct {
		const char *path, *method, *summary, *type;
	} job[] = {{"/api/v1/jobs", "get", "the jobs of this start of the program", "application/json"},
		   {"/api/v1/jobs/{id}", "get", "state and progress of a job", "application/json"},
		   {"/api/v1/jobs/{id}", "delete", "stop a job; what it has is thrown away", "application/json"},
		   {"/api/v1/jobs/{id}/events", "get", "its progress as server-sent events, one JSON object each", "text/event-stream"},
		   {"/api/v1/jobs/{id}/result", "get", "its result, when it is done", "application/json"}};
	for (size_t i = 0; i < sizeof job / sizeof *job; i++) {
		json_t *item = json_object_get(paths, job[i].path), *operation = json_object(), *list = json_array();
		if (!item) {
			item = json_object();
			ql_json_put(paths, job[i].path, item);
		}
		if (strchr(job[i].path, '{'))
			json_array_append_new(list, parameter("id", "path", true, json_pack("{s:s}", "type", "string")));
		ql_json_put(operation, "summary", json_string(job[i].summary));
		ql_json_put(operation, "parameters", list);
		ql_json_put(operation, "responses", json_pack("{s:o,s:o}", "200", reply("", job[i].type), "default",
						      reply("problem document (RFC 9457)", "application/problem+json")));
		ql_json_put(item, job[i].method, operation);
	}
}

void ql_openapi(struct ql_buf *out)
{
	json_t *o = json_object(), *paths = json_object();
	for (int i = 0; i < ql_n_addresses; i++)
		add_endpoint(paths, &ql_addresses[i]);
	add_jobs(paths);
	ql_json_put(o, "openapi", json_string("3.1.0"));
	ql_json_put(o, "info", json_pack("{s:s,s:s,s:s}", "title", "quell", "version", quell_version(), "description",
				 "The answers are those of the command line with --json. The header Quell-Command holds the command. "
				 "Research use only: groups of virtual patients, not advice for a person."));
	ql_json_put(o, "paths", paths);
	ql_json_write(o, out);
	json_decref(o);
}
