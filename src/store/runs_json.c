/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "store/store.h"

static json_t *run_json(const struct ql_run *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "run", json_integer(r->id));
	json_object_set_new(o, "kind", ql_json_text(r->kind));
	json_object_set_new(o, "title", ql_json_text(r->title));
	json_object_set_new(o, "state", json_string(r->finished ? "finished" : "unfinished"));
	json_object_set_new(o, "chunks", json_integer((json_int_t)r->chunks));
	json_object_set_new(o, "chunks_done", json_integer((json_int_t)r->chunks_done));
	json_object_set_new(o, "units", json_integer((json_int_t)r->units));
	json_object_set_new(o, "seed", json_integer((json_int_t)r->seed));
	json_object_set_new(o, "bytes", json_integer((json_int_t)r->bytes));
	json_object_set_new(o, "created", ql_json_text(r->created));
	json_object_set_new(o, "finished", ql_json_text(r->finished));
	json_object_set_new(o, "quell", ql_json_text(r->quell_version));
	json_object_set_new(o, "model_hash", ql_json_text(r->model_hash));
	json_object_set_new(o, "command", ql_json_text(r->command));
	return o;
}

json_t *ql_runs_json(const struct ql_run *run, int n)
{
	json_t *o = json_object(), *all = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(all, run_json(&run[i]));
	json_object_set_new(o, "schema", json_string("quell.runs/1"));
	json_object_set_new(o, "runs", all);
	return o;
}
