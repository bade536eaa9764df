/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scale/work_compare.h"
#include "base/io.h"
#include "base/json.h"
#include "compare/compare_json.h"
#include "compare/job.h"
#include "compare/tally.h"
#include "scale/queue_private.h"
#include "scale/rows.h"
#include "trial/rules.h"
#include <inttypes.h>
#include <limits.h>
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

const char *ql_work_path(struct ql_arena *a, const char *name)
{
	char real[PATH_MAX];
	if (!name || !strpbrk(name, "/.") || !realpath(name, real))
		return name;
	return ql_arena_strdup(a, real);
}

static int by_name(const void *x, const void *y)
{
	const struct ql_source *const *a = x, *const *b = y;
	return strcmp((*a)->file, (*b)->file);
}

uint64_t ql_work_inputs_hash(const struct ql_diags *ds, const char *data_dir)
{
	const struct ql_source **list = ql_realloc(NULL, (size_t)ds->n_source + 1, sizeof(const struct ql_source *));
	size_t prefix = strlen(data_dir), n = 0;
	for (int i = 0; i < ds->n_source; i++) {
		const char *file = ds->source[i].file;
		bool shipped = strncmp(file, data_dir, prefix) == 0 && file[prefix] == '/';
		bool of_results = shipped && strncmp(file + prefix, "/evidence/", 10) == 0;
		if (strcmp(file, "command line") != 0 && !of_results)
			list[n++] = &ds->source[i];
	}
	qsort(list, n, sizeof *list, by_name);
	uint64_t h = QL_HASH_SEED;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(list[i]->file, list[i - 1]->file) != 0)
			h = ql_hash(ql_hash(h, list[i]->text, list[i]->len), "", 1);
	ql_free(list);
	return h;
}

static void put_hash(json_t *o, const char *key, uint64_t h)
{
	char text[17];
	snprintf(text, sizeof text, "%016" PRIx64, h);
	json_object_set_new(o, key, json_string(text));
}

static json_t *words(struct ql_arena *a, const char **word, int n, bool paths)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, ql_json_text(paths ? ql_work_path(a, word[i]) : word[i]));
	return list;
}

static const char *settings_of(struct ql_compare_work *c)
{
	const struct ql_run_spec *s = c->asked;
	struct ql_buf b = {0};
	json_t *o = json_object();
	json_object_set_new(o, "kind", json_string("compare"));
	json_object_set_new(o, "quell", json_string(quell_version()));
	json_object_set_new(o, "model", ql_json_text(ql_work_path(&c->arena, s->model)));
	put_hash(o, "model_hash", ql_comparison_job(c->comparison)->model->hash);
	put_hash(o, "inputs_hash", ql_work_inputs_hash(c->ds, s->data_dir));
	json_object_set_new(o, "population", ql_json_text(ql_work_path(&c->arena, s->population)));
	json_object_set_new(o, "regimens", words(&c->arena, s->regimen, s->n_regimen, true));
	json_object_set_new(o, "what_ifs", words(&c->arena, s->whatif, s->n_whatif, true));
	json_object_set_new(o, "set", words(&c->arena, s->set, s->n_set, false));
	json_object_set_new(o, "patients", json_integer((json_int_t)s->patients));
	json_object_set_new(o, "years", json_real(s->years));
	json_object_set_new(o, "seed", json_integer((json_int_t)s->seed));
	json_object_set_new(o, "rtol", json_real(s->rtol > 0 ? s->rtol : 1e-4));
	json_object_set_new(o, "solver", json_string(s->solver == QL_SOLVER_CVODE ? "cvode" : "own"));
	json_object_set_new(o, "protocol", ql_json_text(ql_work_path(&c->arena, s->protocol)));
	json_object_set_new(o, "next_line", ql_json_text(ql_work_path(&c->arena, s->next_line)));
	if (s->draws) {
		bool named = strcmp(s->draws, QL_DRAWS_SHIPPED) == 0;
		json_object_set_new(o, "draws", ql_json_text(named ? s->draws : ql_work_path(&c->arena, s->draws)));
		json_object_set_new(o, "n_draws", json_integer(s->n_draws));
	}
	json_object_set_new(o, "fixed_doses", json_boolean(s->fixed_doses));
	json_object_set_new(o, "keep_patients", json_boolean(c->keep.patients));
	json_object_set_new(o, "keep_courses", json_boolean(c->keep.courses));
	json_object_set_new(o, "chunk_patients", json_integer((json_int_t)c->chunk_patients));
	ql_json_write(o, &b);
	json_decref(o);
	const char *text = ql_arena_strdup(&c->arena, b.data);
	ql_buf_free(&b);
	return text;
}

static const char **read_words(const json_t *list, struct ql_arena *a, int *n)
{
	*n = (int)json_array_size(list);
	const char **out = QL_NEW_N(a, const char *, (size_t)*n + 1);
	for (int i = 0; i < *n; i++) {
		const char *s = json_string_value(json_array_get(list, (size_t)i));
		out[i] = ql_arena_strdup(a, s ? s : "");
	}
	return out;
}

static const char *read_text(const json_t *o, const char *key, struct ql_arena *a)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? ql_arena_strdup(a, s) : NULL;
}

enum quell_status ql_compare_settings_read(const char *settings, struct ql_arena *a, struct ql_run_spec *spec,
					   struct ql_compare_keep *keep, uint64_t *chunk_patients)
{
	json_t *o = json_loads(settings, 0, NULL);
	const char *kind = json_string_value(json_object_get(o, "kind")), *solver;
	if (!kind || strcmp(kind, "compare") != 0) {
		json_decref(o);
		return QUELL_ERR_INPUT;
	}
	spec->model = read_text(o, "model", a);
	spec->population = read_text(o, "population", a);
	spec->protocol = read_text(o, "protocol", a);
	spec->next_line = read_text(o, "next_line", a);
	spec->regimen = read_words(json_object_get(o, "regimens"), a, &spec->n_regimen);
	spec->whatif = read_words(json_object_get(o, "what_ifs"), a, &spec->n_whatif);
	spec->set = read_words(json_object_get(o, "set"), a, &spec->n_set);
	spec->patients = (uint64_t)json_integer_value(json_object_get(o, "patients"));
	spec->years = json_number_value(json_object_get(o, "years"));
	spec->seed = (uint64_t)json_integer_value(json_object_get(o, "seed"));
	spec->rtol = json_number_value(json_object_get(o, "rtol"));
	solver = json_string_value(json_object_get(o, "solver"));
	spec->solver = solver && strcmp(solver, "cvode") == 0 ? QL_SOLVER_CVODE : QL_SOLVER_OWN;
	spec->draws = read_text(o, "draws", a);
	spec->n_draws = (int)json_integer_value(json_object_get(o, "n_draws"));
	spec->fixed_doses = json_is_true(json_object_get(o, "fixed_doses"));
	keep->patients = json_is_true(json_object_get(o, "keep_patients"));
	keep->courses = json_is_true(json_object_get(o, "keep_courses"));
	*chunk_patients = (uint64_t)json_integer_value(json_object_get(o, "chunk_patients"));
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

static enum quell_status open_work(void *arg)
{
	struct ql_compare_work *c = arg;
	enum quell_status s = ql_comparison_open(&c->spec, c->ds, &c->comparison);
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
