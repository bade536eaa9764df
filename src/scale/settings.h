/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a run: the JSON text of all that its result depends on, written when work is opened and read when a run is
 * gone on with. Keys stand in the order in which they are put. */
#ifndef QL_SCALE_SETTINGS_H
#define QL_SCALE_SETTINGS_H

#include "base/json.h"
#include "compare/compare.h"

/* --- writing --- */

/* An object that says kind and version. */
json_t *ql_settings_new(const char *kind);
void ql_settings_put_words(json_t *o, const char *key, const char *const *word, int n);
void ql_settings_put_solver(json_t *o, enum ql_solver solver);
/* Model, inputs and all of a specification that results depend on. ds has read the inputs. Paths live in `a`. */
void ql_settings_put_run(json_t *o, struct ql_arena *a, const struct ql_run_spec *s, uint64_t model_hash,
			 const struct ql_diags *ds);
/* The text, in `a`; takes the reference of o. */
const char *ql_settings_text(json_t *o, struct ql_arena *a);
/* A hash of the content of all files read so far for the simulation itself. */
uint64_t ql_settings_inputs_hash(const struct ql_diags *ds, const char *data_dir);
/* `name` if it is a name of the library, else its absolute path, so that a run can be resumed from any folder. */
const char *ql_settings_path(struct ql_arena *a, const char *name);

/* --- reading; what is not there reads as NULL, 0, none --- */

/* NULL: settings of another kind of run. The caller's reference. */
json_t *ql_settings_open(const char *settings, const char *kind);
const char *ql_settings_read_text(const json_t *o, const char *key, struct ql_arena *a);
const char **ql_settings_read_words(const json_t *o, const char *key, struct ql_arena *a, int *n);
uint64_t ql_settings_read_count(const json_t *o, const char *key);
double ql_settings_read_real(const json_t *o, const char *key);
bool ql_settings_read_bool(const json_t *o, const char *key);
enum ql_solver ql_settings_read_solver(const json_t *o);
/* What ql_settings_put_run() wrote; data_dir, threads, lanes, cancel and progress are left as they are. */
void ql_settings_read_run(const json_t *o, struct ql_arena *a, struct ql_run_spec *s);

#endif
