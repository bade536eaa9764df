/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the public interface: handles, tables, option values.
 *
 * A handle is a number dressed as a pointer: place in the list of live objects
 * and how often that place was used. So a freed handle is recognised for sure,
 * and a call on a handle that another thread is using is refused.
 */
#ifndef QL_API_API_H
#define QL_API_API_H

#include "base/csv.h"
#include "compare/compare.h"
#include "lang/model.h"
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- the message of the last failed call ---- */

enum quell_status ql_api_fail(enum quell_status s, const char *fmt, ...) QL_PRINTF(2, 3);
/* What memory exhaustion and the like leave without a message. */
enum quell_status ql_api_said(enum quell_status s);
void ql_api_set_error(const char *text, size_t n);

/* ---- handles ---- */

enum ql_handle_kind { QL_TABLE_HANDLE, QL_MODEL_HANDLE, QL_RUN_HANDLE };

enum quell_status ql_handle_make(enum ql_handle_kind kind, void *object, void *handle_out);
/* The object, for this thread alone until ql_handle_leave(). */
enum quell_status ql_handle_enter(const void *handle, enum ql_handle_kind kind, void *object_out);
void ql_handle_leave(const void *handle);
/* The object while others may be using it, for what is safe then. */
enum quell_status ql_handle_share(const void *handle, enum ql_handle_kind kind, void *object_out);
void ql_handle_unshare(const void *handle);
/* Ends the handle; the caller then frees the object. NULL handles: QUELL_OK and a NULL object. */
enum quell_status ql_handle_end(const void *handle, enum ql_handle_kind kind, void *object_out);

/* ---- tables ---- */

struct ql_table_column {
	struct quell_column c; /* rows filled in when handed out */
	bool borrowed;
	double *own_doubles;
	int64_t *own_ints;
	int32_t *own_offsets;
	uint8_t *own_valid;
	struct ql_buf own_bytes;
	int64_t n_text; /* texts added so far */
	struct ql_csv_column in; /* borrowed */
};

struct ql_table {
	_Atomic int refs;
	struct ql_arena arena;
	const char *name;
	int64_t rows;
	struct ql_table_column *column; /* heap */
	int n, cap;
	struct ArrowArray taken; /* whose columns these are; release NULL: none */
	struct ql_buf csv; /* guarded by the lock */
	pthread_mutex_t lock;
};

struct ql_table *ql_table_make(const char *name, int64_t rows);
void ql_table_ref(struct ql_table *t);
void ql_table_unref(struct ql_table *t);
double *ql_table_doubles(struct ql_table *t, const char *name, const char *unit, const char *title);
int64_t *ql_table_ints(struct ql_table *t, const char *name, const char *unit, const char *title);
/* Filled by ql_table_text_add() from the first row to the last; NULL: missing. */
int ql_table_text(struct ql_table *t, const char *name, const char *title);
void ql_table_text_add(struct ql_table *t, int column, const char *s);
void ql_table_text_fill(struct ql_table *t, int column, const char *s, int64_t times);
/* The caller's columns as the readers of files see them. Lives in `a`; an empty table of no columns is refused. */
enum quell_status ql_table_csv_view(const struct ql_table *t, struct ql_arena *a, struct ql_diags *ds, struct ql_csv **out);

/* ---- models ---- */

struct ql_model_setting {
	char *name;
	double value;
};
struct ql_model_object { /* text or path, so that a run can read a model of its own */
	_Atomic int refs;
	struct ql_arena arena;
	struct ql_diags ds;
	const char *path; /* NULL: text */
	const char *name, *text;
	size_t length;
	struct ql_model *m;
	struct ql_model_setting *setting; /* heap */
	int n_setting, cap_setting;
	struct ql_buf messages;
};
void ql_model_object_unref(struct ql_model_object *m);
/* What was given to a run: the model and the settings at that time, as "NAME=VALUE". */
struct ql_model_use {
	struct ql_model_object *m;
	const char **set;
	int n_set;
};
/* A model of one's own, to be freed with ql_model_free(). */
enum quell_status ql_model_again(const struct ql_model_object *m, struct ql_diags *ds, struct ql_model **out);
/* Typical values of all quantities for a patient with default covariates; [n_q] in `a`, NaN where there is none. */
double *ql_model_typical(struct ql_model *m, struct ql_arena *a, struct ql_diags *ds);

/* ---- runs ---- */

struct ql_run_value {
	bool set;
	double number;
	const char *text, **list; /* in the run's arena */
	int n, cap;
	struct ql_table *table;
	struct ql_model_use model;
};

struct ql_api_run {
	const struct ql_api_verb *verb;
	struct ql_arena arena;      /* option values */
	struct ql_run_value *value; /* per option */
	struct ql_arena work;       /* emptied before every execution */
	struct ql_diags ds;
	const char *data_dir;
	struct ql_table **table; /* heap */
	int n_table, cap_table;
	struct ql_buf json, messages;
	volatile int cancel;
	_Atomic uint64_t done, total;
	quell_progress progress;
	void *progress_context;
	/* of a run in a thread of its own */
	pthread_mutex_t lock;
	pthread_cond_t over;
	pthread_t thread;
	bool started, finished;
	enum quell_status status;
	const void *handle;
};

struct ql_api_table; /* api/sheet.h */
struct ql_api_verb {
	const char *name, *summary, *about;
	const struct quell_option_info *option;
	int n_option;
	const struct ql_api_table *table; /* ends with a NULL name */
	enum quell_status (*run)(struct ql_api_run *r);
};
extern const struct ql_api_verb ql_api_verbs[];
extern const int ql_n_api_verbs;

/* Values of options; the default where none was given. */
double ql_run_number(const struct ql_api_run *r, const char *option);
bool ql_run_flag(const struct ql_api_run *r, const char *option);
const char *ql_run_text(const struct ql_api_run *r, const char *option); /* NULL: none */
int ql_run_choice(const struct ql_api_run *r, const char *option);
const char **ql_run_list(const struct ql_api_run *r, const char *option, int *n);
const struct ql_run_value *ql_run_value(const struct ql_api_run *r, const char *option);
/* The table of an option, from columns or, where a path was given, from a file. QL_E0915 if there is none. */
enum quell_status ql_run_csv(struct ql_api_run *r, const char *option, bool any_case, struct ql_csv **out);

/* A text into a file that appears when it is complete; path NULL: nothing. */
enum quell_status ql_run_write(struct ql_api_run *r, const char *path, const struct ql_buf *text);
/* QL_E0915, "needs a `option`"; `give` completes "give ...". */
enum quell_status ql_run_needs(struct ql_api_run *r, const char *option, const char *give);
/* Threads, 0 for all; "auto|4|8"; and integer options. */
int ql_run_threads(const struct ql_api_run *r);
int ql_run_lanes(const struct ql_api_run *r);
int ql_run_int(const struct ql_api_run *r, const char *option);      /* 0 if there is none */
uint64_t ql_run_count(const struct ql_api_run *r, const char *option); /* 0 if there is none */
/* A table of the result. It belongs to the run from the start. */
struct ql_table *ql_run_add_table(struct ql_api_run *r, const char *name, int64_t rows);
/* r->data_dir, or QUELL_ERR_IO with a diagnostic. */
enum quell_status ql_run_data(struct ql_api_run *r);
void ql_run_on_progress(void *run, uint64_t done, uint64_t total);

#define QL_API_VERBS(X)                                                                                       \
	X(compare) X(simulate) X(dataset) X(trial) X(survival) X(nma) X(evidence) X(regimen) X(recommend)         \
	X(optimize) X(validate) X(calibrate) X(sensitivity) X(explain) X(runs) X(resume)
#define X(verb) enum quell_status ql_api_##verb(struct ql_api_run *r);
QL_API_VERBS(X)
#undef X

#endif
