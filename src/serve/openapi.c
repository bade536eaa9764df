/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the API (OpenAPI 3.1), from the table of endpoints. */
#include "base/json.h"
#include "serve/address.h"
#include "serve/profile_json.h"
#include "serve/shape.h"
#include <ctype.h>
#include <stdio.h>
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

#define NAME "^[A-Za-z0-9_+][A-Za-z0-9_+-]{0,63}$"
#define TEXT "^[^,\\x00-\\x1f\\x7f]{1,120}$"

static json_t *field_schema(const struct ql_field *f)
{
	json_t *o = json_object();
	switch (f->kind) {
	case QL_FIELD_NAME:
	case QL_FIELD_ITEM:
		ql_json_put(o, "type", json_string("string"));
		ql_json_put(o, "pattern", json_string(NAME));
		break;
	case QL_FIELD_TEXT:
		ql_json_put(o, "type", json_string("string"));
		ql_json_put(o, "pattern", json_string(TEXT));
		break;
	case QL_FIELD_NAMES:
	case QL_FIELD_TEXTS:
		ql_json_put(o, "type", json_string("array"));
		ql_json_put(o, "items", json_pack("{s:s,s:s}", "type", "string", "pattern", f->kind == QL_FIELD_NAMES ? NAME : TEXT));
		if (f->required)
			ql_json_put(o, "minItems", json_integer(1));
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
		ql_json_put(o, "propertyNames", json_pack("{s:s}", "pattern", "^[A-Za-z0-9_.\\[\\]]{1,120}$"));
		ql_json_put(o, "maxProperties", json_integer(64));
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
	if (strcmp(e->method, "POST") == 0)
		json_array_append_new(list, parameter("Quell-View", "header", false, json_pack("{s:s,s:i}", "type", "string", "maxLength", 63)));
	for (const struct ql_field *f = e->field; f->name && strcmp(e->method, "GET") == 0; f++)
		json_array_append_new(list, parameter(f->name, "query", f->required, field_schema(f)));
	return list;
}

static json_t *ref(const char *what, const char *name)
{
	char text[96];
	snprintf(text, sizeof text, "#/components/%s/%s", what, name);
	return json_pack("{s:s}", "$ref", text);
}

static json_t *text_header(const char *description)
{
	return json_pack("{s:s,s:{s:s}}", "description", description, "schema", "type", "string");
}

static json_t *reply(const char *description, const char *type, json_t *schema)
{
	return json_pack("{s:s,s:{s:{s:o}}}", "description", description, "content", type, "schema", schema);
}

/* With the command line that answers the same. */
static json_t *reply_of_command(json_t *r, bool command, bool location)
{
	json_t *headers = json_object();
	if (command)
		ql_json_put(headers, "Quell-Command", text_header("the command line that prints the same; left out above 8 kB"));
	if (location)
		ql_json_put(headers, "Location", text_header("address of the job"));
	ql_json_put(r, "headers", headers);
	return r;
}

static void refusals(json_t *o, bool named, bool fields, bool body)
{
	static const struct {
		const char *status, *name;
	} all[] = {{"400", "Problem"}, {"404", "Problem"}, {"415", "Problem"}, {"422", "Problem"}, {"default", "Problem"}};
	const bool wanted[] = {body, named, body, fields || named, true};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (wanted[i])
			ql_json_put(o, all[i].status, ref("responses", all[i].name));
}

static json_t *replies(const struct ql_address *e)
{
	json_t *o = json_object(), *schema = *e->schema ? ql_shape_ref(e->schema) : ql_shape_of_runs();
	bool command = e->words[0] != '@', post = strcmp(e->method, "POST") == 0;
	if (e->size != QL_LONG)
		ql_json_put(o, "200", reply_of_command(reply(e->summary, "application/json", schema), command, false));
	else
		json_decref(schema);
	if (e->size == QL_BY_COURSES || e->size == QL_LONG)
		ql_json_put(o, "202", reply_of_command(reply(e->size == QL_LONG ? "a job; its result is at /api/v1/jobs/{id}/result"
								   : "too large to wait for: a job; its result is at /api/v1/jobs/{id}/result",
						 "application/json", ref("schemas", "JobAnswer")), true, true));
	if (post && e->size != QL_LONG)
		ql_json_put(o, "204", json_pack("{s:s}", "description", "a newer request of the same Quell-View took its place"));
	refusals(o, strchr(e->path, '{') || ql_address_needs_store(e), e->field->name != NULL || post, post);
	return o;
}

static void add_operation(json_t *paths, const char *path, const char *method, json_t *operation)
{
	char lower[8] = "";
	json_t *item = json_object_get(paths, path);
	for (size_t i = 0; method[i] && i + 1 < sizeof lower; i++)
		lower[i] = (char)tolower((unsigned char)method[i]);
	if (!item)
		ql_json_put(paths, path, item = json_object());
	ql_json_put(item, lower, operation);
}

static void add_endpoint(json_t *paths, const struct ql_address *e)
{
	json_t *operation = json_object();
	ql_json_put(operation, "summary", json_string(e->summary));
	ql_json_put(operation, "parameters", parameters_of(e));
	if (strcmp(e->method, "POST") == 0)
		ql_json_put(operation, "requestBody", body_of(e->field));
	ql_json_put(operation, "responses", replies(e));
	add_operation(paths, e->path, e->method, operation);
}

/* Jobs are answered by the router itself. */
static void add_jobs(json_t *paths)
{
	static const struct {
		const char *path, *method, *summary, *type, *schema;
	} job[] = {{"/api/v1/jobs", "get", "the jobs of this start of the program", "application/json", "Jobs"},
		   {"/api/v1/jobs/{id}", "get", "state and progress of a job", "application/json", "JobAnswer"},
		   {"/api/v1/jobs/{id}", "delete", "stop a job; what it has is thrown away", "application/json", "JobAnswer"},
		   {"/api/v1/jobs/{id}/events", "get", "its progress as server-sent events, each a Job", "text/event-stream", NULL},
		   {"/api/v1/jobs/{id}/result", "get", "its result, when it is done", "application/json", NULL}};
	for (size_t i = 0; i < sizeof job / sizeof *job; i++) {
		json_t *operation = json_object(), *list = json_array(), *answers = json_object(), *schema;
		bool result = strstr(job[i].path, "/result") != NULL, one = strchr(job[i].path, '{') != NULL;
		if (one)
			json_array_append_new(list, parameter("id", "path", true, json_pack("{s:s,s:s}", "type", "string", "pattern", "^[0-9a-f]{16}$")));
		schema = job[i].schema ? ref("schemas", job[i].schema) : result ? ql_shape_of_runs() : json_pack("{s:s}", "type", "string");
		ql_json_put(answers, "200", reply_of_command(reply(job[i].summary, job[i].type, schema), one && strcmp(job[i].type, "application/json") == 0, false));
		if (result)
			ql_json_put(answers, "409", ref("responses", "Problem"));
		refusals(answers, false, false, false);
		if (one)
			ql_json_put(answers, "404", ref("responses", "Problem"));
		ql_json_put(operation, "summary", json_string(job[i].summary));
		ql_json_put(operation, "parameters", list);
		ql_json_put(operation, "responses", answers);
		add_operation(paths, job[i].path, job[i].method, operation);
	}
}

/* Jobs and problem documents, in the words of JSON Schema. */
static const char still[] =
	"{\"Job\": {\"type\": \"object\", \"required\": [\"id\", \"state\", \"done\", \"total\", \"command\"], \"additionalProperties\": false,"
	"  \"properties\": {\"id\": {\"type\": \"string\", \"pattern\": \"^[0-9a-f]{16}$\"},"
	"   \"state\": {\"enum\": [\"queued\", \"running\", \"done\", \"failed\", \"cancelled\"]},"
	"   \"done\": {\"type\": \"integer\", \"minimum\": 0}, \"total\": {\"type\": \"integer\", \"minimum\": 0, \"description\": \"0: not known yet\"},"
	"   \"command\": {\"type\": \"string\"}, \"problem\": {\"$ref\": \"#/components/schemas/Problem\"}}},"
	" \"JobAnswer\": {\"type\": \"object\", \"required\": [\"job\"], \"additionalProperties\": false,"
	"  \"properties\": {\"job\": {\"$ref\": \"#/components/schemas/Job\"}}},"
	" \"Jobs\": {\"type\": \"object\", \"required\": [\"jobs\"], \"additionalProperties\": false,"
	"  \"properties\": {\"jobs\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/components/schemas/Job\"}}}},"
	" \"Problem\": {\"type\": \"object\", \"required\": [\"type\", \"title\", \"status\", \"diagnostics\"], \"additionalProperties\": false,"
	"  \"properties\": {\"type\": {\"type\": \"string\"}, \"title\": {\"type\": \"string\"}, \"status\": {\"type\": \"integer\"}, \"detail\": {\"type\": \"string\"},"
	"   \"diagnostics\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/components/schemas/Diagnostic\"}}}},"
	" \"Diagnostic\": {\"type\": \"object\", \"required\": [\"code\", \"severity\", \"title\", \"message\", \"notes\"], \"additionalProperties\": false,"
	"  \"properties\": {\"code\": {\"type\": \"string\", \"pattern\": \"^[EWN][0-9]{4}$\"}, \"severity\": {\"enum\": [\"error\", \"warning\", \"note\"]},"
	"   \"title\": {\"type\": \"string\"}, \"message\": {\"type\": \"string\"}, \"label\": {\"type\": \"string\"}, \"help\": {\"type\": \"string\"},"
	"   \"file\": {\"type\": \"string\"}, \"line\": {\"type\": \"integer\"}, \"column\": {\"type\": \"integer\"}, \"length\": {\"type\": \"integer\"},"
	"   \"notes\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"required\": [\"message\"]}}}}}";

static json_t *components(void)
{
	json_t *schemas = ql_shapes(), *more = json_loads(still, 0, NULL);
	json_object_update(schemas, more);
	json_decref(more);
	return json_pack("{s:o,s:{s:o},s:{s:{s:s,s:s}}}", "schemas", schemas, "responses", "Problem",
			 reply("problem document (RFC 9457) with quell's diagnostics", "application/problem+json", ref("schemas", "Problem")),
			 "securitySchemes", "token", "type", "http", "scheme", "bearer");
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
	ql_json_put(o, "security", json_pack("[{},{s:[]}]", "token")); /* a token where the program listens beyond this machine */
	ql_json_put(o, "paths", paths);
	ql_json_put(o, "components", components());
	ql_json_write(o, out);
	json_decref(o);
}
