/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quell: virtual trials of immunotherapy in chronic lymphocytic leukaemia.
 *
 * This header is the public interface and its manual. Every function that can
 * fail returns an enum quell_status and puts its results in the last arguments.
 * Nothing here prints, exits or aborts on bad input: mistakes in the caller's
 * files become entries of a diagnostics list with file, line and column.
 *
 * A run is a verb of the command line, options by name, and tables in and out:
 *
 *	struct quell_run *run;
 *	struct quell_table *t;
 *	quell_run_new("compare", &run);
 *	quell_run_set_text(run, "regimens", "ven-obi");
 *	quell_run_set_text(run, "regimens", "clb-obi");
 *	quell_run_set_number(run, "patients", 1000);
 *	if (quell_run_execute(run) != QUELL_OK)
 *		fputs(quell_last_error(), stderr);
 *	else if (quell_run_table(run, "endpoints", &t) == QUELL_OK)
 *		...
 *	quell_table_free(t);
 *	quell_run_free(run);
 *
 * Which verbs there are, which options each takes (type, range, unit, default,
 * meaning) and which tables it returns is in tables that quell_verb_at() gives;
 * the command line, its help and the R and Python packages come from the same.
 *
 * Handles (quell_model, quell_table, quell_run) are checked: a handle that was
 * freed, or that another thread is using at this moment, gives QUELL_ERR_USAGE
 * and a message, not a crash. Different handles may be used by different
 * threads at the same time. A table that belongs to a result may be read by
 * many threads. Text and arrays that a function hands out stay valid until the
 * handle they came from is freed (for a run: until it is executed again).
 *
 * Times are days, and units stand with every column and option. NaN in a column
 * of doubles is a missing value. Same inputs and seed give the same bits,
 * whatever the number of threads.
 */
#ifndef QUELL_H
#define QUELL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QUELL_API __attribute__((visibility("default")))
#else
#define QUELL_API
#endif

#define QUELL_VERSION_MAJOR 0
#define QUELL_VERSION_MINOR 1
#define QUELL_VERSION_PATCH 0

/* Status of a call, and of one simulated patient. Name, value, meaning. */
#define QUELL_STATUS_LIST(X)                                                   \
	X(OK, 0, "no error")                                                   \
	X(ERR_INPUT, 1, "the input is at fault; see the diagnostics")          \
	X(ERR_USAGE, 2, "the call or command line is at fault")                \
	X(ERR_MEMORY, 3, "memory ran out")                                     \
	X(ERR_IO, 4, "a file could not be read or written")                    \
	X(ERR_UNSUPPORTED, 5, "valid input, but not supported by this build")  \
	X(ERR_INTERRUPTED, 6, "stopped on request before the end")             \
	X(ERR_INTERNAL, 7, "a fault of the program itself")                    \
	X(ERR_NUMERIC, 8, "a numerical method did not converge")               \
	X(SOLVE_STEPS, 20, "the step limit was reached")                       \
	X(SOLVE_STALLED, 21, "the step size fell below what time can resolve") \
	X(SOLVE_NONFINITE, 22, "a state or rate became NaN or infinite")       \
	X(SOLVE_EVENTS, 23, "the event limit was reached")                     \
	X(SOLVE_INIT, 24, "the initial state is not finite")

enum quell_status {
#define X(name, value, text) QUELL_##name = value,
	QUELL_STATUS_LIST(X)
#undef X
};

/* One short English phrase for a status; never NULL. */
QUELL_API const char *quell_status_text(enum quell_status status);

/* "0.1.0"; static storage. */
QUELL_API const char *quell_version(void);

/* Number of the binary interface: a program compiled against another one must refuse to go on. */
#define QUELL_ABI 1
QUELL_API int quell_abi(void);

/* What went wrong in the last failed call of this thread, as text with places and advice; "" if nothing did. Stays
 * valid until the thread's next call that fails. */
QUELL_API const char *quell_last_error(void);

/* The folder that holds models/, library/ and evidence/. Found beside the library or program, or by the environment
 * variable QUELL_DATA. The text stays valid until the thread's next call of this function. */
QUELL_API enum quell_status quell_data_dir(const char **path);

/* ---- verbs, options and results: what this library can do ---- */

enum quell_option_kind {
	QUELL_OPTION_FLAG,   /* quell_run_set_number: 0 or 1 */
	QUELL_OPTION_NUMBER, /* quell_run_set_number: lo to hi */
	QUELL_OPTION_WHOLE,  /* quell_run_set_number: a whole number, lo to hi */
	QUELL_OPTION_CHOICE, /* quell_run_set_text: one of `choices` */
	QUELL_OPTION_TEXT,   /* quell_run_set_text */
	QUELL_OPTION_LIST,   /* quell_run_set_text, once per item */
	QUELL_OPTION_TABLE,  /* quell_run_set_table */
	QUELL_OPTION_MODEL   /* quell_run_set_model, or quell_run_set_text: a path */
};

struct quell_option_info {
	const char *name;     /* "years"; - and _ are the same in names */
	enum quell_option_kind kind;
	const char *metavar;  /* "Y": what stands for the value in help; NULL for flags and choices */
	const char *fallback; /* the default; in (brackets): words for what happens; NULL: none */
	double lo, hi;        /* range of numbers */
	const char *unit;     /* "year"; "" if none */
	const char *choices;  /* "own|cvode"; NULL */
	const char *help;
};

struct quell_table_info {
	const char *name;    /* "endpoints" */
	const char *rows;    /* "one per regimen and endpoint" */
	const char *columns; /* names, comma separated; "outputs" stands for one per output of the model */
};

struct quell_verb_info {
	const char *name, *summary, *about;
	const struct quell_option_info *option;
	int n_option;
	const struct quell_table_info *table;
	int n_table;
};

QUELL_API int quell_verb_count(void);
/* NULL if there is none; static storage. */
QUELL_API const struct quell_verb_info *quell_verb_at(int i);
QUELL_API const struct quell_verb_info *quell_verb_find(const char *name);

/* ---- tables: columns of numbers and text ---- */

struct quell_table;
enum quell_type {
	QUELL_DOUBLE, /* NaN: missing */
	QUELL_INT64,
	QUELL_TEXT
};

struct quell_column {
	const char *name, *unit, *title; /* unit "" or "1" if there is none; title may be "" */
	enum quell_type type;
	int64_t rows;
	const double *doubles;  /* QUELL_DOUBLE */
	const int64_t *ints;    /* QUELL_INT64 */
	const int32_t *offsets; /* QUELL_TEXT: [rows+1]; row i is bytes[offsets[i]] up to bytes[offsets[i+1]], UTF-8 */
	const char *bytes;
	const uint8_t *valid;   /* QUELL_TEXT: bit i%8 of byte i/8 is 0 where the text is missing; NULL: none is */
};

/* A table of the caller's columns, for a run. `name` stands in messages ("data"). Columns are borrowed: they must stay
 * as they are until the table and every run that it was given to are freed. Values that mean missing: NaN, INT32_MIN,
 * INT64_MIN, NULL. Column names and text must be UTF-8. */
QUELL_API enum quell_status quell_table_new(const char *name, int64_t rows, struct quell_table **out);
QUELL_API enum quell_status quell_table_add_doubles(struct quell_table *t, const char *name, const double *x);
QUELL_API enum quell_status quell_table_add_int32(struct quell_table *t, const char *name, const int32_t *x);
QUELL_API enum quell_status quell_table_add_int64(struct quell_table *t, const char *name, const int64_t *x);
QUELL_API enum quell_status quell_table_add_text(struct quell_table *t, const char *name, const char *const *x);
QUELL_API enum quell_status quell_table_free(struct quell_table *t);

/* Tables of results. */
QUELL_API enum quell_status quell_table_size(struct quell_table *t, int64_t *rows, int *columns);
QUELL_API enum quell_status quell_table_column(struct quell_table *t, int i, struct quell_column *out);
QUELL_API enum quell_status quell_table_find(struct quell_table *t, const char *name, int *column);
/* As CSV, numbers as the shortest decimals that read back equal. */
QUELL_API enum quell_status quell_table_csv(struct quell_table *t, const char **text, size_t *length);

/* The Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html): a struct array of the columns,
 * without a copy. Units and titles are metadata of the fields, "unit" and "title". The consumer calls both release
 * callbacks, at any time, from any thread, also after the table was freed. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
	const char *format, *name, *metadata;
	int64_t flags, n_children;
	struct ArrowSchema **children, *dictionary;
	void (*release)(struct ArrowSchema *);
	void *private_data;
};
struct ArrowArray {
	int64_t length, null_count, offset, n_buffers, n_children;
	const void **buffers;
	struct ArrowArray **children, *dictionary;
	void (*release)(struct ArrowArray *);
	void *private_data;
};
#endif
QUELL_API enum quell_status quell_table_arrow(struct quell_table *t, struct ArrowSchema *schema,
					      struct ArrowArray *array);
/* The other way: a table, for a run, of columns that another library hands over as a struct array. Both structures are
 * taken over, after a failure too. Numbers of all widths, booleans, text, and dictionaries of text; doubles and whole
 * numbers of 32 and 64 bits without missing values are not copied. */
QUELL_API enum quell_status quell_table_take_arrow(const char *name, struct ArrowSchema *schema, struct ArrowArray *array,
						   struct quell_table **out);

/* ---- models ---- */

struct quell_model;
/* A model text of quell, of rxode2's language, or SBML. path NULL: the CLL model that comes with quell. */
QUELL_API enum quell_status quell_model_load(const char *path, struct quell_model **out);
/* The same from memory; `name` stands in messages. */
QUELL_API enum quell_status quell_model_parse(const char *name, const char *text, size_t length,
					      struct quell_model **out);
QUELL_API enum quell_status quell_model_free(struct quell_model *m);
/* Changes a parameter's typical value, or a covariate, for the runs that get this model from now on. */
QUELL_API enum quell_status quell_model_set(struct quell_model *m, const char *name, double value);
/* The value in use. */
QUELL_API enum quell_status quell_model_get(struct quell_model *m, const char *name, double *value);
/* "quantities": name, kind, unit, value, spread, grade, sources, meaning. "doses": name, unit, into, meaning. */
QUELL_API enum quell_status quell_model_table(struct quell_model *m, const char *which, struct quell_table **out);
QUELL_API enum quell_status quell_model_hash(struct quell_model *m, uint64_t *hash);
/* What was noticed while reading, warnings included, as text. */
QUELL_API enum quell_status quell_model_messages(struct quell_model *m, const char **text);

/* ---- runs ---- */

struct quell_run;
QUELL_API enum quell_status quell_run_new(const char *verb, struct quell_run **out);
QUELL_API enum quell_status quell_run_free(struct quell_run *r);

/* Options by name. A wrong name, type or value is refused at once and changes nothing. */
QUELL_API enum quell_status quell_run_set_number(struct quell_run *r, const char *option, double value);
QUELL_API enum quell_status quell_run_set_text(struct quell_run *r, const char *option, const char *value);
/* The run keeps the table or the model (with the values set so far) by itself; free yours when you like. */
QUELL_API enum quell_status quell_run_set_table(struct quell_run *r, const char *option, struct quell_table *t);
QUELL_API enum quell_status quell_run_set_model(struct quell_run *r, const char *option, struct quell_model *m);

/* Called now and then while the run is going, from one thread at a time, which need not be yours. */
typedef void (*quell_progress)(void *context, uint64_t done, uint64_t total);
QUELL_API enum quell_status quell_run_on_progress(struct quell_run *r, quell_progress f, void *context);

/* Does the work in this thread (and its helpers). QUELL_ERR_INTERRUPTED after a cancel, with what there is. */
QUELL_API enum quell_status quell_run_execute(struct quell_run *r);

/* Does the work in a thread of its own. Poll waits up to wait_ms for the end and never touches the results; `running`
 * 0 means that the work is over and *status holds what quell_run_execute would have returned. */
struct quell_state {
	int running;
	enum quell_status status;
	uint64_t done, total;
};
QUELL_API enum quell_status quell_run_start(struct quell_run *r);
QUELL_API enum quell_status quell_run_poll(struct quell_run *r, int wait_ms, struct quell_state *out);
/* Asks the run to stop; from any thread. It does within about a second. */
QUELL_API enum quell_status quell_run_cancel(struct quell_run *r);

/* Results: tables, and the JSON that the command line prints for --json ("" where a verb has none). */
QUELL_API enum quell_status quell_run_table_count(struct quell_run *r, int *n);
QUELL_API enum quell_status quell_run_table_name(struct quell_run *r, int i, const char **name);
QUELL_API enum quell_status quell_run_table(struct quell_run *r, const char *name, struct quell_table **out);
QUELL_API enum quell_status quell_run_json(struct quell_run *r, const char **text, size_t *length);

/* What was noticed: errors, warnings, notes. Text may be ""; never NULL. line 0: no place in a text. */
enum quell_severity { QUELL_SEVERITY_ERROR, QUELL_SEVERITY_WARNING, QUELL_SEVERITY_NOTE };
struct quell_diagnostic {
	const char *code, *message, *label, *help, *file;
	enum quell_severity severity;
	int line, column;
};
QUELL_API enum quell_status quell_run_diagnostic_count(struct quell_run *r, int *n);
QUELL_API enum quell_status quell_run_diagnostic(struct quell_run *r, int i, struct quell_diagnostic *out);
/* All of them as text, as the command line shows them. */
QUELL_API enum quell_status quell_run_messages(struct quell_run *r, const char **text);
/* The long explanation of a code ("E0401"), NULL if there is none. */
QUELL_API const char *quell_explain_code(const char *code);

#ifdef __cplusplus
}
#endif
#endif
