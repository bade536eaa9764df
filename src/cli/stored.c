/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "cli/stored.h"
#include "base/json.h"
#include "base/pool.h"
#include "cli/compare_text.h"
#include "compare/numerics.h"
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define STORE_OPTION QL_OPT_SHARED("store", QL_OPT_TEXT, &s->store)
#define TIME_OPTION QL_OPT_SHARED("max-time", QL_OPT_TEXT, &s->max_time)

void ql_stored_options(struct ql_stored *s, struct ql_opt *opt)
{
	const struct ql_opt table[] = {
		STORE_OPTION, TIME_OPTION,
		QL_OPT_SHARED("keep", QL_OPT_LIST, &s->keep),
		QL_OPT_SHARED("chunk", QL_OPT_COUNT, &s->chunk),
		{"dry-run", QL_OPT_FLAG, &s->dry_run, NULL, NULL, 0, 0, NULL,
		 "predict time, memory and disk from a short pilot, and stop"},
		{0}};
	_Static_assert(sizeof table / sizeof *table == QL_STORED_N_OPT, "keep QL_STORED_N_OPT in step");
	memcpy(opt, table, sizeof table);
}

void ql_resume_options(struct ql_stored *s, struct ql_opt *opt)
{
	const struct ql_opt table[] = {STORE_OPTION, TIME_OPTION, {0}};
	_Static_assert(sizeof table / sizeof *table == QL_RESUME_N_OPT, "keep QL_RESUME_N_OPT in step");
	memcpy(opt, table, sizeof table);
}

bool ql_stored_finish(struct ql_cli *c, struct ql_stored *s, int *exit)
{
	*exit = QL_EXIT_USAGE;
	if (s->max_time && !ql_duration_parse(s->max_time, &s->max_s)) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, s->max_time), "`%s` is no duration", s->max_time);
		ql_diag_help(d, "write seconds, or a number with s, m, h or d: `--max-time 90m`");
		return false;
	}
	for (int i = 0; i < s->keep.n; i++)
		if (strcmp(s->keep.item[i], "patients") != 0 && strcmp(s->keep.item[i], "courses") != 0) {
			struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, s->keep.item[i]), "cannot keep `%s`",
							s->keep.item[i]);
			ql_diag_help(d, "rows that can be kept: patients, courses");
			return false;
		}
	bool needs = s->max_time || s->keep.n || s->chunk;
	if (!s->store && !s->dry_run && (needs || ql_team_launched() > 1)) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), needs
						? "--max-time, --keep and --chunk need a store"
						: "several processes need a store");
		ql_diag_help(d, "add `--store FILE.db`");
		return false;
	}
	*exit = QL_EXIT_INPUT;
	return !s->store || s->dry_run || c->team || ql_team_open(&c->ds, &c->team) == QUELL_OK;
}

int ql_stored_threads(const struct ql_cli *c, int asked) { return asked == 0 && c->team ? 1 : asked; }

/* --- running --- */

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	ql_cli_show_warnings(ctx);
	ql_cli_progress(ctx, "Simulating", done, total);
}

static void say(void *ctx, const char *text)
{
	ql_cli_progress(ctx, "", 1, 1);
	ql_cli_say(ctx, "Note", "%s", text);
}

enum quell_status ql_stored_run(struct ql_cli *c, const struct ql_stored *s, struct ql_work *w, struct ql_buf *json,
				struct ql_queue_report *report)
{
	struct ql_queue_opts o = {.store = s->store, .command = c->line, .max_s = s->max_s, .cancel = c->cancel,
				  .progress = on_progress, .say = say, .ctx = c, .team = c->team};
	bool first = !c->team || c->team->rank == 0;
	enum quell_status status = ql_queue_run(w, &o, &c->ds, json, report);
	if (!first)
		return status;
	ql_cli_progress(c, "", 1, 1);
	if (report->run && report->reused)
		ql_cli_say(c, "Reused", "%s of %s chunks of run %" PRId64 " in %s", ql_grouped(c, report->reused),
			   ql_grouped(c, report->chunks), report->run, s->store);
	if (report->run && report->computed)
		ql_cli_say(c, "Stored", "%s chunk%s as run %" PRId64 " in %s", ql_grouped(c, report->computed),
			   report->computed == 1 ? "" : "s", report->run, s->store);
	if (status == QUELL_ERR_INTERRUPTED)
		ql_cli_say(c, "Stopped", "%s with %s of %s chunks; go on with: quell resume --store %s %" PRId64,
			   report->out_of_time ? "by --max-time" : "by a signal", ql_grouped(c, report->reused + report->computed),
			   ql_grouped(c, report->chunks), s->store, report->run);
	return status;
}

bool ql_stored_expected(struct ql_cli *c, const struct ql_stored *s, const struct ql_work *w)
{
	return !s->expect || ql_work_expected(w, s->expect, s->store, &c->ds);
}

/* --- prediction --- */

static void put_time(struct ql_buf *b, double s)
{
	if (s < 90)
		ql_buf_printf(b, "%.0f s", s);
	else if (s < 5400)
		ql_buf_printf(b, "%.0f min", s / 60);
	else
		ql_buf_printf(b, "%.1f h", s / 3600);
}

static double free_bytes(const char *path)
{
	struct statvfs v;
	struct ql_arena a = {0};
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *folder = slash ? ql_arena_strndup(&a, path, (size_t)(slash - path + 1)) : ".";
	double n = statvfs(folder, &v) == 0 ? (double)v.f_bavail * (double)v.f_frsize : NAN;
	ql_arena_free(&a);
	return n;
}

int ql_stored_dry_run(struct ql_cli *c, const struct ql_stored *s, struct ql_work *w, int threads)
{
	double cpu, disk, memory, room = free_bytes(s->store);
	int n = threads > 0 ? threads : ql_cpu_count();
	enum quell_status status = w->estimate(w->self, &cpu, &disk, &memory);
	ql_cli_progress(c, "", 1, 1);
	if (status != QUELL_OK)
		return ql_cli_exit(status);
	if (c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "schema", json_string("quell.dry-run/1"));
		json_object_set_new(o, "kind", json_string(w->kind));
		json_object_set_new(o, "units", json_integer((json_int_t)w->units));
		json_object_set_new(o, "chunks", json_integer((json_int_t)w->chunks));
		json_object_set_new(o, "threads", json_integer(n));
		json_object_set_new(o, "cpu_s", ql_json_real(cpu));
		json_object_set_new(o, "wall_s", ql_json_real(cpu / n));
		json_object_set_new(o, "memory_bytes", ql_json_real(memory));
		json_object_set_new(o, "disk_bytes", ql_json_real(disk));
		json_object_set_new(o, "disk_free_bytes", ql_json_real(room));
		ql_cli_print_json(c, o);
		return QL_EXIT_OK;
	}
	struct ql_buf *b = &c->out;
	ql_buf_printf(b, "%s %s in %s chunks\n", ql_grouped(c, w->units), w->unit_name, ql_grouped(c, w->chunks));
	ql_buf_puts(b, "time    ");
	put_time(b, cpu / n);
	ql_buf_printf(b, " on %d thread%s (", n, n == 1 ? "" : "s");
	put_time(b, cpu);
	ql_buf_printf(b, " of processor, from a pilot)\nmemory  %.0f MB\n", memory / 1e6);
	ql_buf_printf(b, "disk    %.1f MB in the store%s; %.0f MB are free\n", disk / 1e6,
		      s->store ? "" : ", with --store", room / 1e6);
	if (s->store && disk > room)
		ql_buf_puts(b, "The disk has not enough room for this.\n");
	return QL_EXIT_OK;
}

/* --- quell compare --- */

int ql_compare_stored(struct ql_cli *c, struct ql_run_spec *spec, struct ql_compare_keep keep, const struct ql_stored *s,
		      const struct ql_compare_outputs *o)
{
	struct ql_compare_work *work;
	struct ql_buf json = {0};
	struct ql_queue_report report = {0};
	spec->threads = ql_stored_threads(c, spec->threads);
	spec->progress = c->team ? NULL : on_progress;
	spec->progress_ctx = c;
	enum quell_status status = ql_compare_work_open(spec, keep, s->chunk, &c->ds, &work);
	if (status != QUELL_OK && c->team && c->team->rank > 0)
		ql_team_give_up(c->team, &c->ds);
	if (status == QUELL_OK && !ql_stored_expected(c, s, ql_compare_work(work)))
		status = QUELL_ERR_INPUT;
	int exit = ql_cli_exit(status);
	if (status == QUELL_OK && s->dry_run) {
		exit = ql_stored_dry_run(c, s, ql_compare_work(work), spec->threads);
	} else if (status == QUELL_OK) {
		status = ql_stored_run(c, s, ql_compare_work(work), &json, &report);
		exit = ql_cli_exit(status);
		struct ql_compare *r = status == QUELL_OK ? ql_compare_work_result(work) : NULL;
		if (r) {
			r->wall_s = report.wall_s;
			if (o->numerics)
				status = ql_compare_numerics(spec, o->numerics, &c->ds, r);
			exit = status == QUELL_OK ? ql_compare_show(c, o, r, spec->solver == QL_SOLVER_CVODE) : ql_cli_exit(status);
		}
		ql_compare_free(r);
	}
	ql_buf_free(&json);
	ql_compare_work_close(work);
	return exit;
}
