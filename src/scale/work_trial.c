/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scale/work_trial.h"
#include "base/pack.h"
#include "scale/queue_private.h"
#include "scale/rows.h"
#include "scale/settings.h"
#include <stdlib.h>
#include <string.h>

#define CHUNK_PATIENTS (16u * QL_TRIAL_BLOCK) /* a second or two of one core over six years */
#define CHUNKS_WANTED 64                      /* of a small trial, so that stopping one loses little of it */
#define PILOT_PATIENTS QL_TRIAL_BLOCK

struct ql_trial_work {
	struct ql_work work;
	struct ql_arena arena;
	struct ql_trial_spec spec;
	const struct ql_trial_spec *asked;
	struct ql_diags *ds;
	double alpha;
	bool keep_patients;
	uint64_t chunk_patients;
	struct ql_trial *trial;
	struct ql_trial_sum *chunk_sum, *total;
	struct ql_patient_record *record; /* [chunk_patients] */
	struct ql_trial_result result;
};

static uint64_t patients(const struct ql_trial_work *w) { return ql_trial_info(w->trial)->n_total; }

/* --- settings --- */

static const char *settings_of(struct ql_trial_work *w)
{
	const struct ql_trial_spec *s = w->asked;
	const struct ql_trial_info *info = ql_trial_info(w->trial);
	json_t *o = ql_settings_new("trial");
	ql_json_put_text(o, "design", ql_settings_path(&w->arena, s->design));
	ql_json_put_hash(o, "design_hash", info->design_hash);
	ql_json_put_hash(o, "model_hash", info->model_hash);
	ql_json_put_hash(o, "inputs_hash", ql_settings_inputs_hash(w->ds, s->data_dir));
	ql_settings_put_words(o, "set", s->set, s->n_set);
	ql_json_put_count(o, "patients", s->patients);
	ql_json_put_count(o, "seed", s->seed);
	ql_json_put_real(o, "rtol", info->rtol);
	ql_settings_put_solver(o, s->solver);
	ql_json_put_real(o, "alpha", w->alpha);
	ql_json_put(o, "keep_patients", json_boolean(w->keep_patients));
	ql_json_put_count(o, "chunk_patients", w->chunk_patients);
	return ql_settings_text(o, &w->arena);
}

enum quell_status ql_trial_settings_read(const char *settings, struct ql_arena *a, struct ql_trial_spec *spec,
					 double *alpha, bool *keep_patients, uint64_t *chunk_patients)
{
	json_t *o = ql_settings_open(settings, "trial");
	const char *design = json_string_value(json_object_get(o, "design"));
	if (!design) {
		json_decref(o);
		return QUELL_ERR_INPUT;
	}
	spec->design = ql_arena_strdup(a, design);
	spec->set = ql_settings_read_words(o, "set", a, &spec->n_set);
	spec->patients = ql_settings_read_count(o, "patients");
	spec->seed = ql_settings_read_count(o, "seed");
	spec->rtol = ql_settings_read_real(o, "rtol");
	spec->solver = ql_settings_read_solver(o);
	*alpha = ql_settings_read_real(o, "alpha");
	*keep_patients = ql_settings_read_bool(o, "keep_patients");
	*chunk_patients = ql_settings_read_count(o, "chunk_patients");
	json_decref(o);
	return QUELL_OK;
}

/* --- chunks --- */

static void span(void *self, uint64_t chunk, uint64_t *first, uint64_t *n)
{
	const struct ql_trial_work *w = self;
	uint64_t left = patients(w) - chunk * w->chunk_patients;
	*first = chunk * w->chunk_patients;
	*n = left < w->chunk_patients ? left : w->chunk_patients;
}

static enum quell_status simulate(struct ql_trial_work *w, uint64_t first, uint64_t n, struct ql_buf *sum)
{
	ql_trial_sum_clear(w->chunk_sum);
	enum quell_status s = ql_trial_chunk(w->trial, 0, first, n, w->record, NULL, NULL, w->ds);
	if (s != QUELL_OK)
		return s;
	ql_trial_sum_add(w->chunk_sum, w->record, n);
	ql_trial_sum_pack(w->chunk_sum, sum);
	return QUELL_OK;
}

static enum quell_status run(void *self, uint64_t chunk, struct ql_buf *sum, struct ql_buf *rows)
{
	struct ql_trial_work *w = self;
	uint64_t first, n;
	span(w, chunk, &first, &n);
	enum quell_status s = simulate(w, first, n, sum);
	if (s == QUELL_OK && w->keep_patients) {
		ql_pack(rows, QL_RECORD_VERSION);
		ql_pack(rows, first);
		ql_pack(rows, n);
		ql_buf_add(rows, (const char *)w->record, (size_t)n * sizeof *w->record);
	}
	return s;
}

static enum quell_status keep(void *self, const void *rows, size_t size, struct ql_store *store, int64_t run_id)
{
	const unsigned char *at = rows;
	struct ql_unpack u = {at, at + size, false};
	uint64_t version = ql_unpack(&u), first = ql_unpack(&u), n = ql_unpack(&u);
	enum quell_status s = QUELL_OK;
	(void)self;
	if (u.bad || version != QL_RECORD_VERSION || (size_t)(u.end - u.at) != n * sizeof(struct ql_patient_record))
		return QUELL_ERR_INTERNAL;
	for (uint64_t i = 0; i < n && s == QUELL_OK; i++) {
		struct ql_patient_record r;
		memcpy(&r, u.at + i * sizeof r, sizeof r);
		s = ql_rows_put_patient(store, run_id, r.arm, first + i, &r);
	}
	return s;
}

static enum quell_status restart(void *self)
{
	struct ql_trial_work *w = self;
	ql_trial_sum_clear(w->total);
	return QUELL_OK;
}

static enum quell_status add(void *self, const void *sum, size_t size)
{
	struct ql_trial_work *w = self;
	return ql_trial_sum_unpack(w->total, sum, size);
}

static enum quell_status finish(void *self, struct ql_buf *json)
{
	struct ql_trial_work *w = self;
	enum quell_status s = ql_trial_estimate(w->trial, w->total, &w->arena, &w->result);
	if (s == QUELL_OK)
		ql_trial_json(w->trial, w->total, &w->result, NULL, w->alpha, false, json);
	return s;
}

static enum quell_status estimate(void *self, double *cpu_s, double *disk, double *memory)
{
	struct ql_trial_work *w = self;
	uint64_t n = patients(w) < PILOT_PATIENTS ? patients(w) : PILOT_PATIENTS;
	struct ql_buf sum = {0};
	double start = ql_cpu_seconds();
	enum quell_status s = simulate(w, 0, n, &sum);
	*cpu_s = (ql_cpu_seconds() - start) / (double)n * (double)patients(w);
	/* Counts grow less than patients do; taken in proportion this is an upper bound. */
	*disk = 65536 + (double)sum.len * (double)patients(w) / (double)n + (w->keep_patients ? 200.0 * (double)patients(w) : 0);
	*memory = 60e6 + (double)w->chunk_patients * sizeof *w->record;
	ql_buf_free(&sum);
	return s;
}

/* --- opening --- */

static uint64_t chunk_size(uint64_t all, uint64_t asked)
{
	uint64_t n = asked ? asked : (all + CHUNKS_WANTED - 1) / CHUNKS_WANTED;
	if (!asked && n > CHUNK_PATIENTS)
		n = CHUNK_PATIENTS;
	return (n + QL_TRIAL_BLOCK - 1) / QL_TRIAL_BLOCK * QL_TRIAL_BLOCK;
}

static enum quell_status open_work(void *arg)
{
	struct ql_trial_work *w = arg;
	enum quell_status s = ql_trial_open(&w->spec, w->ds, &w->trial);
	if (s != QUELL_OK)
		return s;
	const struct ql_trial_info *info = ql_trial_info(w->trial);
	w->chunk_patients = chunk_size(patients(w), w->chunk_patients);
	w->chunk_sum = ql_trial_sum_make(w->trial);
	w->total = ql_trial_sum_make(w->trial);
	w->record = ql_realloc(NULL, (size_t)w->chunk_patients, sizeof *w->record);
	w->work = (struct ql_work){.kind = "trial", .title = ql_arena_strdup(&w->arena, info->id), .settings = settings_of(w),
				   .model_hash = info->model_hash, .seed = w->spec.seed, .units = patients(w),
				   .chunks = (patients(w) + w->chunk_patients - 1) / w->chunk_patients, .unit_name = "patients",
				   .self = w, .span = span, .run = run, .restart = restart, .add = add, .finish = finish,
				   .keep = keep, .estimate = estimate};
	return QUELL_OK;
}

enum quell_status ql_trial_work_open(const struct ql_trial_spec *spec, double alpha, bool keep_patients,
				     uint64_t chunk_patients, struct ql_diags *ds, struct ql_trial_work **out)
{
	struct ql_trial_work *w = calloc(1, sizeof *w);
	*out = w;
	if (!w)
		return QUELL_ERR_MEMORY;
	w->asked = spec;
	w->spec = *spec;
	w->alpha = alpha;
	w->keep_patients = keep_patients;
	w->chunk_patients = chunk_patients;
	w->ds = ds;
	return ql_protect(open_work, w);
}

struct ql_work *ql_trial_work(struct ql_trial_work *w) { return &w->work; }
const struct ql_trial *ql_trial_work_trial(const struct ql_trial_work *w) { return w->trial; }
const struct ql_trial_sum *ql_trial_work_sum(const struct ql_trial_work *w) { return w->total; }
const struct ql_trial_result *ql_trial_work_result(const struct ql_trial_work *w) { return &w->result; }

void ql_trial_work_close(struct ql_trial_work *w)
{
	if (!w)
		return;
	ql_trial_sum_free(w->chunk_sum);
	ql_trial_sum_free(w->total);
	ql_free(w->record);
	ql_trial_close(w->trial);
	ql_arena_free(&w->arena);
	free(w);
}
