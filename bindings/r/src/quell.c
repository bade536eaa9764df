/* SPDX-License-Identifier: Apache-2.0 */
/* R's side of quell.h. Handles are external pointers; a failed call becomes a condition by the package's raise(). */
#include "quell_r.h"
#include <R_ext/Rdynload.h>
#include <R_ext/Utils.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static SEXP raise_in(void)
{
	SEXP name = PROTECT(Rf_mkString("quell"));
	SEXP ns = R_FindNamespace(name);
	UNPROTECT(1);
	return ns;
}

void qr_raise(enum quell_status s, const char *message)
{
	SEXP status = PROTECT(Rf_ScalarInteger((int)s));
	SEXP text = PROTECT(Rf_ScalarString(Rf_mkCharCE(message, CE_UTF8)));
	SEXP call = PROTECT(Rf_lang3(Rf_install("raise"), status, text));
	Rf_eval(call, raise_in());
	UNPROTECT(3); /* raise() does not return */
}

void qr_check(enum quell_status s)
{
	if (s != QUELL_OK)
		qr_raise(s, quell_last_error());
}

const char *qr_utf8(SEXP x)
{
	if (TYPEOF(x) != STRSXP || Rf_length(x) != 1 || STRING_ELT(x, 0) == NA_STRING)
		qr_raise(QUELL_ERR_USAGE, "a single text is needed here, not NA and not several");
	return Rf_translateCharUTF8(STRING_ELT(x, 0));
}

void *qr_handle(SEXP x) { return TYPEOF(x) == EXTPTRSXP ? R_ExternalPtrAddr(x) : NULL; }

SEXP qr_pointer(void *h, SEXP keep, R_CFinalizer_t f)
{
	SEXP x = PROTECT(R_MakeExternalPtr(h, R_NilValue, keep));
	R_RegisterCFinalizerEx(x, f, TRUE);
	UNPROTECT(1);
	return x;
}

static void end_run(SEXP x)
{
	struct quell_run *r = R_ExternalPtrAddr(x);
	struct quell_state s;
	if (!r)
		return;
	quell_run_cancel(r);
	while (quell_run_poll(r, 1000, &s) == QUELL_OK && s.running)
		;
	quell_run_free(r);
	R_ClearExternalPtr(x);
}

static void end_model(SEXP x)
{
	quell_model_free(R_ExternalPtrAddr(x));
	R_ClearExternalPtr(x);
}

SEXP qr_text(const char *s) { return Rf_ScalarString(Rf_mkCharCE(s ? s : "", CE_UTF8)); }

/* ---- the library ---- */

static SEXP library_info(void)
{
	SEXP x = PROTECT(Rf_allocVector(VECSXP, 3));
	SET_VECTOR_ELT(x, 0, Rf_ScalarInteger(quell_abi()));
	SET_VECTOR_ELT(x, 1, Rf_ScalarInteger(QUELL_ABI));
	SET_VECTOR_ELT(x, 2, qr_text(quell_version()));
	UNPROTECT(1);
	return x;
}

/* Kinds of a verb's options, named as R names arguments. */
static SEXP verb_options(SEXP verb)
{
	const struct quell_verb_info *v = quell_verb_find(qr_utf8(verb));
	int n = v ? v->n_option : 0;
	SEXP out = PROTECT(Rf_allocVector(INTSXP, n)), names = PROTECT(Rf_allocVector(STRSXP, n));
	for (int i = 0; i < n; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s", v->option[i].name);
		for (char *p = name; *p; p++)
			*p = *p == '-' ? '_' : *p;
		INTEGER(out)[i] = (int)v->option[i].kind;
		SET_STRING_ELT(names, i, Rf_mkChar(name));
	}
	Rf_setAttrib(out, R_NamesSymbol, names);
	UNPROTECT(2);
	return out;
}

static SEXP find_data(void)
{
	const char *path = NULL;
	qr_check(quell_data_dir(&path));
	return qr_text(path);
}

/* ---- tables in ---- */

static SEXP add_text(struct quell_table *t, const char *name, SEXP column)
{
	R_xlen_t n = Rf_xlength(column);
	SEXP list = PROTECT(Rf_allocVector(RAWSXP, (n + 1) * (R_xlen_t)sizeof(char *)));
	const char **x = (const char **)(void *)RAW(list);
	for (R_xlen_t i = 0; i < n; i++) /* enc2utf8() was called: no copies */
		x[i] = STRING_ELT(column, i) == NA_STRING ? NULL : CHAR(STRING_ELT(column, i));
	qr_check(quell_table_add_text(t, name, x));
	UNPROTECT(1);
	return list;
}

void qr_end_table(SEXP x)
{
	quell_table_free(R_ExternalPtrAddr(x));
	R_ClearExternalPtr(x);
}

/* A named list of columns of one length: doubles, integers, logicals or text. */
static SEXP make_table(SEXP name, SEXP columns, SEXP rows)
{
	struct quell_table *t;
	R_xlen_t n = Rf_xlength(columns);
	SEXP names = Rf_getAttrib(columns, R_NamesSymbol);
	SEXP keep = PROTECT(Rf_allocVector(VECSXP, n + 1));
	SET_VECTOR_ELT(keep, n, columns);
	qr_check(quell_table_new(qr_utf8(name), (int64_t)Rf_asReal(rows), &t));
	SEXP out = PROTECT(qr_pointer(t, keep, qr_end_table));
	for (R_xlen_t i = 0; i < n; i++) {
		SEXP x = VECTOR_ELT(columns, i);
		const char *column = Rf_translateCharUTF8(STRING_ELT(names, i));
		switch (TYPEOF(x)) {
		case REALSXP:
			qr_check(quell_table_add_doubles(t, column, REAL(x)));
			break;
		case INTSXP:
			qr_check(quell_table_add_int32(t, column, INTEGER(x)));
			break;
		case LGLSXP:
			qr_check(quell_table_add_int32(t, column, LOGICAL(x)));
			break;
		default:
			SET_VECTOR_ELT(keep, i, add_text(t, column, x));
		}
	}
	UNPROTECT(2);
	return out;
}

/* ---- tables out ---- */

static SEXP texts(const struct quell_column *c)
{
	R_xlen_t n = (R_xlen_t)c->rows;
	SEXP x = PROTECT(Rf_allocVector(STRSXP, n));
	for (R_xlen_t i = 0; i < n; i++) {
		int32_t from = c->offsets[i], len = c->offsets[i + 1] - from;
		int32_t before = i ? c->offsets[i - 1] : 0;
		if (c->valid && !(c->valid[i / 8] >> (i % 8) & 1))
			SET_STRING_ELT(x, i, NA_STRING);
		else if (i && from - before == len && memcmp(c->bytes + before, c->bytes + from, (size_t)len) == 0 &&
			 STRING_ELT(x, i - 1) != NA_STRING)
			SET_STRING_ELT(x, i, STRING_ELT(x, i - 1)); /* columns of names repeat */
		else
			SET_STRING_ELT(x, i, Rf_mkCharLenCE(c->bytes + from, len, CE_UTF8));
	}
	UNPROTECT(1);
	return x;
}

static SEXP integers(const struct quell_column *c)
{
	R_xlen_t n = (R_xlen_t)c->rows;
	int small = 1;
	for (R_xlen_t i = 0; i < n; i++)
		small &= c->ints[i] > INT_MIN && c->ints[i] <= INT_MAX;
	SEXP x = PROTECT(Rf_allocVector(small ? INTSXP : REALSXP, n));
	for (R_xlen_t i = 0; i < n; i++)
		if (small)
			INTEGER(x)[i] = (int)c->ints[i];
		else
			REAL(x)[i] = (double)c->ints[i];
	UNPROTECT(1);
	return x;
}

static SEXP column_of(const struct quell_column *c)
{
	SEXP x;
	if (c->type == QUELL_TEXT) {
		x = PROTECT(texts(c));
	} else if (c->type == QUELL_INT64) {
		x = PROTECT(integers(c));
	} else {
		x = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)c->rows));
		if (c->rows)
			memcpy(REAL(x), c->doubles, (size_t)c->rows * sizeof(double));
	}
	if (*c->unit && strcmp(c->unit, "1") != 0)
		Rf_setAttrib(x, Rf_install("unit"), PROTECT(qr_text(c->unit)));
	else
		PROTECT(R_NilValue);
	if (*c->title)
		Rf_setAttrib(x, Rf_install("label"), PROTECT(qr_text(c->title)));
	else
		PROTECT(R_NilValue);
	UNPROTECT(3);
	return x;
}

static SEXP list_of(struct quell_table *t)
{
	int n = 0;
	qr_check(quell_table_size(t, NULL, &n));
	SEXP out = PROTECT(Rf_allocVector(VECSXP, n)), names = PROTECT(Rf_allocVector(STRSXP, n));
	for (int i = 0; i < n; i++) {
		struct quell_column c;
		qr_check(quell_table_column(t, i, &c));
		SET_STRING_ELT(names, i, Rf_mkCharCE(c.name, CE_UTF8));
		SET_VECTOR_ELT(out, i, column_of(&c));
	}
	Rf_setAttrib(out, R_NamesSymbol, names);
	UNPROTECT(2);
	return out;
}

/* The handle is an R object while R allocates, so that an error does not lose it. */
static SEXP take_table(struct quell_table *t)
{
	SEXP p = PROTECT(qr_pointer(t, R_NilValue, qr_end_table));
	SEXP out = PROTECT(list_of(t));
	qr_end_table(p);
	UNPROTECT(2);
	return out;
}

static SEXP run_table(SEXP run, SEXP name)
{
	struct quell_table *t;
	qr_check(quell_run_table(qr_handle(run), qr_utf8(name), &t));
	return take_table(t);
}

static SEXP run_table_csv(SEXP run, SEXP name)
{
	struct quell_table *t;
	const char *text;
	size_t n;
	qr_check(quell_run_table(qr_handle(run), qr_utf8(name), &t));
	SEXP p = PROTECT(qr_pointer(t, R_NilValue, qr_end_table));
	qr_check(quell_table_csv(t, &text, &n));
	SEXP out = PROTECT(Rf_ScalarString(Rf_mkCharLenCE(text, (int)n, CE_UTF8)));
	qr_end_table(p);
	UNPROTECT(2);
	return out;
}

/* ---- models ---- */

static SEXP model_load(SEXP path)
{
	struct quell_model *m;
	qr_check(quell_model_load(Rf_isNull(path) ? NULL : qr_utf8(path), &m));
	return qr_pointer(m, R_NilValue, end_model);
}

static SEXP model_parse(SEXP name, SEXP text)
{
	struct quell_model *m;
	const char *s = qr_utf8(text);
	qr_check(quell_model_parse(qr_utf8(name), s, strlen(s), &m));
	return qr_pointer(m, R_NilValue, end_model);
}

static SEXP model_set(SEXP m, SEXP name, SEXP value)
{
	qr_check(quell_model_set(qr_handle(m), qr_utf8(name), Rf_asReal(value)));
	return R_NilValue;
}

static SEXP model_get(SEXP m, SEXP name)
{
	double x;
	qr_check(quell_model_get(qr_handle(m), qr_utf8(name), &x));
	return Rf_ScalarReal(x);
}

static SEXP model_table(SEXP m, SEXP which)
{
	struct quell_table *t;
	qr_check(quell_model_table(qr_handle(m), qr_utf8(which), &t));
	return take_table(t);
}

static SEXP model_hash(SEXP m)
{
	uint64_t h;
	char text[20];
	qr_check(quell_model_hash(qr_handle(m), &h));
	snprintf(text, sizeof text, "%016llx", (unsigned long long)h);
	return qr_text(text);
}

/* ---- runs ---- */

static SEXP run_new(SEXP verb)
{
	struct quell_run *r;
	qr_check(quell_run_new(qr_utf8(verb), &r));
	return qr_pointer(r, R_NilValue, end_run);
}

static SEXP run_number(SEXP run, SEXP option, SEXP value)
{
	qr_check(quell_run_set_number(qr_handle(run), qr_utf8(option), Rf_asReal(value)));
	return R_NilValue;
}

static SEXP run_text(SEXP run, SEXP option, SEXP value)
{
	qr_check(quell_run_set_text(qr_handle(run), qr_utf8(option), qr_utf8(value)));
	return R_NilValue;
}

static SEXP run_give_table(SEXP run, SEXP option, SEXP table)
{
	qr_check(quell_run_set_table(qr_handle(run), qr_utf8(option), qr_handle(table)));
	R_SetExternalPtrProtected(run, Rf_cons(R_ExternalPtrProtected(table), R_ExternalPtrProtected(run)));
	return R_NilValue;
}

static SEXP run_give_model(SEXP run, SEXP option, SEXP m)
{
	qr_check(quell_run_set_model(qr_handle(run), qr_utf8(option), qr_handle(m)));
	return R_NilValue;
}

static SEXP run_start(SEXP run)
{
	qr_check(quell_run_start(qr_handle(run)));
	return R_NilValue;
}

/* running, status, done, total. Interrupts are noticed here: nothing of ours is lost by the jump. */
static SEXP run_poll(SEXP run, SEXP wait_ms)
{
	struct quell_state s;
	R_CheckUserInterrupt();
	qr_check(quell_run_poll(qr_handle(run), Rf_asInteger(wait_ms), &s));
	SEXP x = PROTECT(Rf_allocVector(REALSXP, 4));
	REAL(x)[0] = s.running;
	REAL(x)[1] = s.status;
	REAL(x)[2] = (double)s.done;
	REAL(x)[3] = (double)s.total;
	UNPROTECT(1);
	return x;
}

static SEXP run_cancel(SEXP run)
{
	qr_check(quell_run_cancel(qr_handle(run)));
	return R_NilValue;
}

static SEXP run_last_error(void) { return qr_text(quell_last_error()); }

static SEXP run_tables(SEXP run)
{
	int n;
	qr_check(quell_run_table_count(qr_handle(run), &n));
	SEXP x = PROTECT(Rf_allocVector(STRSXP, n));
	for (int i = 0; i < n; i++) {
		const char *name = "";
		qr_check(quell_run_table_name(qr_handle(run), i, &name));
		SET_STRING_ELT(x, i, Rf_mkCharCE(name, CE_UTF8));
	}
	UNPROTECT(1);
	return x;
}

static SEXP run_json(SEXP run)
{
	const char *text;
	size_t n;
	qr_check(quell_run_json(qr_handle(run), &text, &n));
	return Rf_ScalarString(Rf_mkCharLenCE(text, (int)n, CE_UTF8));
}

static SEXP run_messages(SEXP run)
{
	const char *text;
	qr_check(quell_run_messages(qr_handle(run), &text));
	return qr_text(text);
}

static SEXP run_diagnostics(SEXP run)
{
	static const char *const name[] = {"code", "severity", "message", "label", "help", "file", "line", "column"},
				*const severity[] = {"error", "warning", "note"};
	int n;
	qr_check(quell_run_diagnostic_count(qr_handle(run), &n));
	SEXP out = PROTECT(Rf_allocVector(VECSXP, 8)), names = PROTECT(Rf_allocVector(STRSXP, 8));
	for (int k = 0; k < 8; k++) {
		SET_STRING_ELT(names, k, Rf_mkChar(name[k]));
		SET_VECTOR_ELT(out, k, Rf_allocVector(k < 6 ? STRSXP : INTSXP, n));
	}
	for (int i = 0; i < n; i++) {
		struct quell_diagnostic d;
		qr_check(quell_run_diagnostic(qr_handle(run), i, &d));
		const char *const text[] = {d.code, severity[d.severity], d.message, d.label, d.help, d.file};
		for (int k = 0; k < 6; k++)
			SET_STRING_ELT(VECTOR_ELT(out, k), i, Rf_mkCharCE(text[k], CE_UTF8));
		INTEGER(VECTOR_ELT(out, 6))[i] = d.line;
		INTEGER(VECTOR_ELT(out, 7))[i] = d.column;
	}
	Rf_setAttrib(out, R_NamesSymbol, names);
	UNPROTECT(2);
	return out;
}

/* For tests: what a second free, or a call afterwards, does. */
static SEXP run_free(SEXP run)
{
	qr_check(quell_run_free(qr_handle(run)));
	return R_NilValue;
}

#define ENTRY(name, n) {#name, (DL_FUNC)(void (*)(void)) & name, n}
static const R_CallMethodDef entries[] = {
	ENTRY(library_info, 0), ENTRY(verb_options, 1), ENTRY(find_data, 0), ENTRY(make_table, 3), ENTRY(run_table, 2),
	ENTRY(run_table_csv, 2), ENTRY(model_load, 1), ENTRY(model_parse, 2), ENTRY(model_set, 3), ENTRY(model_get, 2),
	ENTRY(model_table, 2), ENTRY(model_hash, 1), ENTRY(run_new, 1), ENTRY(run_number, 3), ENTRY(run_text, 3),
	ENTRY(run_give_table, 3), ENTRY(run_give_model, 3), ENTRY(run_start, 1), ENTRY(run_poll, 2), ENTRY(run_cancel, 1),
	ENTRY(run_last_error, 0), ENTRY(run_tables, 1), ENTRY(run_json, 1), ENTRY(run_messages, 1),
	ENTRY(run_diagnostics, 1), ENTRY(run_free, 1),
	ENTRY(export_arrow, 2), ENTRY(move_arrow, 2), ENTRY(take_arrow, 3), ENTRY(read_arrow, 2), ENTRY(arrow_address, 1), {NULL, NULL, 0}};

void R_init_quell(DllInfo *dll)
{
	R_registerRoutines(dll, NULL, entries, NULL, NULL);
	R_useDynamicSymbols(dll, FALSE);
}
