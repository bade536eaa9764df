/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of a protocol's and a next line's file share: reading one that a test wrote out, and what it is told. */
#ifndef RULES_HELPERS_H
#define RULES_HELPERS_H

#include "compare_helpers.h"

static struct ql_model *model;
static struct ql_arena arena;

static inline const char *write_yaml(const char *head, const char *rows)
{
	char *path = ql_arena_strdup(&arena, "/tmp/quell-rules-XXXXXX.yaml");
	int fd = mkstemps(path, 5);
	assert_true(fd >= 0);
	FILE *f = fdopen(fd, "w");
	fprintf(f, "%s%s", head, rows);
	fclose(f);
	return path;
}

/* Reads head + rows by `load` for the shipped model; what was complained about, as text in the arena. */
static inline const char *read_yaml(const char *head, const char *rows,
				    enum quell_status (*load)(const char *path, struct ql_diags *ds))
{
	struct ql_diags ds = {0};
	struct ql_buf b = {0};
	if (!model)
		assert_int_equal(ql_model_load(QUELL_SOURCE_DIR "/models/cll/cll.qm", &ds, &model), QUELL_OK);
	const char *path = write_yaml(head, rows);
	enum quell_status s = load(path, &ds);
	unlink(path);
	assert_int_equal(s == QUELL_OK, ds.n_errors == 0);
	ql_diags_render(&ds, false, &b);
	const char *text = ql_arena_strdup(&arena, b.data ? b.data : "");
	ql_buf_free(&b);
	ql_diags_free(&ds);
	return text;
}

static inline void says(const char *text, const char *code, const char *place, const char *help)
{
	if (!strstr(text, code) || !strstr(text, place) || !strstr(text, help))
		fail_msg("wanted %s at %s with `%s`, got:\n%s", code, place, help, text);
}

/* Patients first .. first+n-1 of an arm, none failed; the caller frees them. */
static inline struct ql_patient_record *records(const struct ql_run_spec *s, int arm, uint64_t first, uint64_t n)
{
	struct ql_diags ds = {0};
	struct ql_job job;
	struct ql_arm_result r;
	enum quell_status status = ql_job_open(&job, s, &ds);
	show_errors(&ds);
	assert_int_equal(status, QUELL_OK);
	struct ql_arm_spec a = ql_job_arm_spec(&job, arm);
	a.first_patient = first;
	a.n_patients = n;
	assert_int_equal(ql_arm_run(&a, &ds, &r), QUELL_OK);
	assert_int_equal(r.n_done, n);
	assert_int_equal(r.n_failed, 0);
	struct ql_patient_record *keep = malloc(n * sizeof *keep);
	memcpy(keep, r.record, n * sizeof *keep);
	ql_arm_result_free(&r);
	ql_job_close(&job);
	ql_diags_free(&ds);
	return keep;
}

static inline int clean_up(void **state)
{
	(void)state;
	if (model)
		ql_model_free(model);
	ql_arena_free(&arena);
	return 0;
}

#endif
