/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scale/work_compare.h"
#include "base/io.h"
#include "compare/compare_json.h"
#include "compare/job.h"
#include "compare/tally.h"
#include "scale/queue_private.h"
#include "scale/rows.h"
#include "scale/settings.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Patients times regimens of one chunk: a second or two of one core over six years. */
#define CHUNK_SOLVES 4096
#define CHUNK_LEAST 64
#define PILOT_PATIENTS 512
#define CHUNKS_WANTED 64 /* of a small run, so that stopping one loses little of it */

struct ql_compare_work {
	struct ql_work work;
	struct ql_arena arena;
	struct ql_run_spec spec; /* the caller's, with progress told to us */
	const struct ql_run_spec *asked;
	struct ql_compare_keep keep;
	uint64_t chunk_patients;
	struct ql_diags *ds;
	struct ql_comparison *comparison;
	struct ql_summary *chunk_sum, *total;
	struct ql_compare *result;
	struct ql_rows rows;
	uint64_t simulated; /* solves by this process before the chunk at work */
};

/* Regimens and what-ifs. */
static uint64_t arms(const struct ql_compare_work *c) { return (uint64_t)ql_comparison_job(c->comparison)->n_arm; }

/* --- settings --- */

static const char *settings_of(struct ql_compare_work *c)
{
	json_t *o = ql_settings_new("compare");
	ql_settings_put_run(o, &c->arena, c->asked, ql_comparison_job(c->comparison)->model->hash, c->ds);
	ql_json_put(o, "keep_patients", json_boolean(c->keep.patients));
	ql_json_put(o, "keep_courses", json_boolean(c->keep.courses));
	ql_json_put_count(o, "chunk_patients", c->chunk_patients);
	return ql_settings_text(o, &c->arena);
}

enum quell_status ql_compare_settings_read(const char *settings, struct ql_arena *a, struct ql_run_spec *spec,
					   struct ql_compare_keep *keep, uint64_t *chunk_patients)
{
	json_t *o = ql_settings_open(settings, "compare");
	if (!o)
		return QUELL_ERR_INPUT;
	ql_settings_read_run(o, a, spec);
	keep->patients = ql_settings_read_bool(o, "keep_patients");
	keep->courses = ql_settings_read_bool(o, "keep_courses");
	*chunk_patients = ql_settings_read_count(o, "chunk_patients");
	json_decref(o);
	return QUELL_OK;
}

/* --- chunks --- */

static void span(void *self, uint64_t chunk, uint64_t *first, uint64_t *n)
{
	const struct ql_compare_work *c = self;
	*first = chunk * c->chunk_patients;
	uint64_t left = c->spec.patients - *first;
	*n = left < c->chunk_patients ? left : c->chunk_patients;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct ql_compare_work *c = ctx;
	(void)total;
	c->asked->progress(c->asked->progress_ctx, c->work.done_units + done - c->simulated, c->work.units);
}

static void blank(struct ql_summary **s, const struct ql_comparison *k)
{
	ql_summary_free(*s);
	*s = NULL;
	*s = ql_comparison_summary(k);
	if (!*s)
		ql_out_of_memory();
}

static enum quell_status run(void *self, uint64_t chunk, struct ql_buf *sum, struct ql_buf *rows)
{
	struct ql_compare_work *c = self;
	uint64_t first, n;
	span(c, chunk, &first, &n);
	blank(&c->chunk_sum, c->comparison);
	ql_rows_begin(&c->rows, first, n);
	enum quell_status s = ql_comparison_simulate(c->comparison, first, n, c->chunk_sum);
	c->simulated += n * arms(c);
	if (s != QUELL_OK)
		return s;
	ql_summary_pack(c->chunk_sum, sum);
	ql_rows_pack(&c->rows, c->comparison, first, n, rows);
	return QUELL_OK;
}

static enum quell_status restart(void *self)
{
	struct ql_compare_work *c = self;
	blank(&c->total, c->comparison);
	return QUELL_OK;
}

static enum quell_status add(void *self, const void *sum, size_t size)
{
	struct ql_compare_work *c = self;
	return ql_summary_unpack(c->total, sum, size);
}

static enum quell_status finish(void *self, struct ql_buf *json)
{
	struct ql_compare_work *c = self;
	enum quell_status s = ql_comparison_finish(c->comparison, c->total, false, &c->result);
	if (s == QUELL_OK)
		ql_compare_json(c->result, json);
	return s;
}

static enum quell_status keep(void *self, const void *rows, size_t size, struct ql_store *s, int64_t run_id)
{
	(void)self;
	return ql_rows_keep(rows, size, s, run_id);
}

/* --- what it will take --- */

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

struct pilot { /* one round of it */
	double patients, cpu_s, bytes, row_bytes;
};

static enum quell_status fly(struct ql_compare_work *c, uint64_t n, struct pilot *p)
{
	struct ql_buf sum = {0}, rows = {0};
	double before = ql_cpu_seconds();
	blank(&c->chunk_sum, c->comparison);
	ql_rows_begin(&c->rows, 0, n);
	enum quell_status s = ql_comparison_simulate(c->comparison, 0, n, c->chunk_sum);
	c->simulated += n * arms(c);
	if (s == QUELL_OK) {
		ql_summary_pack(c->chunk_sum, &sum);
		ql_rows_pack(&c->rows, c->comparison, 0, n, &rows);
	}
	*p = (struct pilot){(double)n, ql_cpu_seconds() - before, (double)sum.len, (double)rows.len};
	ql_buf_free(&sum);
	ql_buf_free(&rows);
	return s;
}

/* What SQLite makes of a byte: chunks are compressed, rows get headers and an index. Measured: docs/scaling.md. */
#define DISK_PER_CHUNK_BYTE 0.42
#define DISK_PER_ROW_BYTE 1.8
#define PROGRAM_BYTES 55e6

/* Two pilots. Stored bytes of a chunk grow less than its patients do, since counts are kept; they are read off as a
 * power of its size. */
static enum quell_status estimate(void *self, double *cpu_s, double *disk, double *memory)
{
	struct ql_compare_work *c = self;
	struct pilot p[2];
	double patients = (double)c->spec.patients, n_arm = (double)arms(c);
	uint64_t few = smaller(c->spec.patients, PILOT_PATIENTS / 4), more = smaller(c->spec.patients, PILOT_PATIENTS);
	enum quell_status s = fly(c, few, &p[0]);
	if (s == QUELL_OK)
		s = fly(c, more, &p[1]);
	if (s != QUELL_OK)
		return s;
	double power = more > few ? log(p[1].bytes / p[0].bytes) / log(p[1].patients / p[0].patients) : 1;
	double chunk_bytes = p[1].bytes * pow((double)c->chunk_patients / p[1].patients, fmin(fmax(power, 0), 1));
	*cpu_s = p[1].cpu_s / p[1].patients * patients;
	*disk = DISK_PER_CHUNK_BYTE * chunk_bytes * (double)c->work.chunks +
		DISK_PER_ROW_BYTE * p[1].row_bytes / p[1].patients * patients;
	double tally = QL_TALLY_KINDS * QL_TALLY_CODES * 4.0 * ql_tally_bins(c->spec.years * QL_DAYS_PER_YEAR);
	double draw = QL_TALLY_KINDS * QL_TALLY_CODES * 4.0 * (c->spec.years * QL_DAYS_PER_YEAR / QL_TALLY_COARSE_DAY + 2);
	tally += draw * ql_comparison_job(c->comparison)->draws.n;
	double course = ql_course_axis_count * 4.0 * QL_COURSE_MAX_DAYS * QL_COURSE_BINS;
	*memory = PROGRAM_BYTES + n_arm * (2 * (tally + course) + course) +
		  n_arm * (double)c->chunk_patients * sizeof(struct ql_patient_record);
	return QUELL_OK;
}

/* --- opening --- */

static uint64_t chunk_size(const struct ql_run_spec *s, uint64_t n_arm, uint64_t asked)
{
	uint64_t most = CHUNK_SOLVES / n_arm, n = (s->patients + CHUNKS_WANTED - 1) / CHUNKS_WANTED;
	if (asked)
		return smaller(asked, s->patients);
	if (most < CHUNK_LEAST)
		most = CHUNK_LEAST;
	n = n < CHUNK_LEAST ? CHUNK_LEAST : n;
	return smaller(smaller(n, most), s->patients);
}

static const char *title_of(struct ql_compare_work *c)
{
	const struct ql_job *job = ql_comparison_job(c->comparison);
	struct ql_buf b = {0};
	for (int i = 0; i < job->n_shown; i++)
		ql_buf_printf(&b, "%s%s", i ? ", " : "", job->arm[i].regimen.name);
	ql_buf_printf(&b, "; %s", job->population.name);
	const char *title = ql_arena_strdup(&c->arena, b.data);
	ql_buf_free(&b);
	return title;
}

/* A stored run holds all of its result. */
static enum quell_status storable(const struct ql_compare_work *c)
{
	const char *word = c->spec.no_courses ? "no-courses" : c->spec.no_contrasts ? "no-contrasts" : NULL;
	if (!word)
		return QUELL_OK;
	struct ql_diag *d = ql_diag_add(c->ds, QL_E0913, (struct ql_span){"command line", 0, 0, 0},
					"a comparison in a store takes no `%s`", word);
	ql_diag_help(d, "leave it out: a stored run holds all of its result");
	return QUELL_ERR_USAGE;
}

static enum quell_status open_work(void *arg)
{
	struct ql_compare_work *c = arg;
	enum quell_status s = storable(c);
	if (s == QUELL_OK)
		s = ql_comparison_open(&c->spec, c->ds, &c->comparison);
	if (s != QUELL_OK)
		return s;
	c->chunk_patients = chunk_size(&c->spec, arms(c), c->chunk_patients);
	uint64_t chunks = (c->spec.patients + c->chunk_patients - 1) / c->chunk_patients;
	c->work = (struct ql_work){.kind = "compare", .title = title_of(c), .settings = settings_of(c),
				   .model_hash = ql_comparison_job(c->comparison)->model->hash, .seed = c->spec.seed,
				   .units = c->spec.patients * arms(c), .chunks = chunks,
				   .unit_name = "patients times regimens", .self = c, .span = span, .run = run,
				   .restart = restart, .add = add, .finish = finish, .keep = keep, .estimate = estimate};
	ql_rows_open(&c->rows, c->comparison, c->keep.patients, c->keep.courses);
	return QUELL_OK;
}

enum quell_status ql_compare_work_open(const struct ql_run_spec *spec, struct ql_compare_keep keep_rows,
				       uint64_t chunk_patients, struct ql_diags *ds, struct ql_compare_work **out)
{
	struct ql_compare_work *c = calloc(1, sizeof *c);
	*out = c;
	if (!c)
		return QUELL_ERR_MEMORY;
	c->asked = spec;
	c->spec = *spec;
	c->spec.progress = spec->progress ? on_progress : NULL;
	c->spec.progress_ctx = c;
	c->keep = keep_rows;
	c->chunk_patients = chunk_patients;
	c->ds = ds;
	return ql_protect(open_work, c);
}

struct ql_work *ql_compare_work(struct ql_compare_work *c) { return &c->work; }

struct ql_compare *ql_compare_work_result(struct ql_compare_work *c)
{
	struct ql_compare *r = c->result;
	c->result = NULL;
	return r;
}

void ql_compare_work_close(struct ql_compare_work *c)
{
	if (!c)
		return;
	ql_comparison_close(c->comparison);
	ql_summary_free(c->chunk_sum);
	ql_summary_free(c->total);
	ql_compare_free(c->result);
	ql_rows_free(&c->rows);
	ql_arena_free(&c->arena);
	free(c);
}
