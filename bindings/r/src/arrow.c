/* SPDX-License-Identifier: Apache-2.0 */
/* The two structures of the Arrow C data interface as external pointers. */
#include "quell_r.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void end_schema(SEXP x)
{
	struct ArrowSchema *s = R_ExternalPtrAddr(x);
	if (s && s->release)
		s->release(s);
	free(s);
	R_ClearExternalPtr(x);
}

static void end_array(SEXP x)
{
	struct ArrowArray *a = R_ExternalPtrAddr(x);
	if (a && a->release)
		a->release(a);
	free(a);
	R_ClearExternalPtr(x);
}

/* Two empty structures that are freed with their pointers. */
static SEXP pair(struct ArrowSchema **schema, struct ArrowArray **array)
{
	SEXP out = PROTECT(Rf_allocVector(VECSXP, 2));
	*schema = calloc(1, sizeof **schema);
	SET_VECTOR_ELT(out, 0, qr_pointer(*schema, R_NilValue, end_schema));
	*array = calloc(1, sizeof **array);
	SET_VECTOR_ELT(out, 1, qr_pointer(*array, R_NilValue, end_array));
	if (!*schema || !*array)
		qr_raise(QUELL_ERR_MEMORY, "memory ran out");
	UNPROTECT(1);
	return out;
}

SEXP export_arrow(SEXP run, SEXP name)
{
	struct quell_table *t;
	struct ArrowSchema *schema;
	struct ArrowArray *array;
	SEXP out = PROTECT(pair(&schema, &array));
	qr_check(quell_run_table(qr_handle(run), qr_utf8(name), &t));
	enum quell_status s = quell_table_arrow(t, schema, array);
	quell_table_free(t); /* the structures keep what they need */
	qr_check(s);
	UNPROTECT(1);
	return out;
}

/* An external pointer, or the text of an address. */
static void *address(SEXP x)
{
	if (TYPEOF(x) == EXTPTRSXP)
		return R_ExternalPtrAddr(x);
	char *end;
	const char *text = qr_utf8(x);
	uintptr_t p = (uintptr_t)strtoull(text, &end, 0);
	if (end == text || *end || p == 0)
		qr_raise(QUELL_ERR_USAGE, "this text is no address of an Arrow structure");
	return (void *)p;
}

SEXP move_arrow(SEXP from_schema, SEXP from_array)
{
	struct ArrowSchema *schema, *s = address(from_schema);
	struct ArrowArray *array, *a = address(from_array);
	SEXP out = PROTECT(pair(&schema, &array));
	if (!s || !a || !s->release || !a->release)
		qr_raise(QUELL_ERR_USAGE, "these Arrow structures are empty: they were released, or taken over before");
	*schema = *s;
	s->release = NULL;
	*array = *a;
	a->release = NULL;
	UNPROTECT(1);
	return out;
}

static struct ArrowSchema *schema_of(SEXP x)
{
	struct ArrowSchema *s = TYPEOF(x) == EXTPTRSXP ? R_ExternalPtrAddr(x) : NULL;
	if (!s || !s->release)
		qr_raise(QUELL_ERR_USAGE, "this Arrow schema is empty: it was released, taken over, or saved and loaded");
	return s;
}

static struct ArrowArray *array_of(SEXP x)
{
	struct ArrowArray *a = TYPEOF(x) == EXTPTRSXP ? R_ExternalPtrAddr(x) : NULL;
	if (!a || !a->release)
		qr_raise(QUELL_ERR_USAGE, "this Arrow array is empty: it was released, taken over, or saved and loaded");
	return a;
}

SEXP take_arrow(SEXP name, SEXP schema, SEXP array)
{
	struct quell_table *t;
	qr_check(quell_table_take_arrow(qr_utf8(name), schema_of(schema), array_of(array), &t));
	return qr_pointer(t, R_NilValue, qr_end_table);
}

SEXP arrow_address(SEXP x)
{
	char text[32];
	snprintf(text, sizeof text, "%p", TYPEOF(x) == EXTPTRSXP ? R_ExternalPtrAddr(x) : NULL);
	return qr_text(text);
}

/* ---- read back ---- */

/* The value of a key; NULL if the metadata has none. Lengths are 32-bit numbers in the machine's order. */
static SEXP metadata(const char *m, const char *key)
{
	int32_t n = 0, k, v;
	if (!m)
		return R_NilValue;
	memcpy(&n, m, 4);
	for (m += 4; n-- > 0; m += 8 + k + v) {
		memcpy(&k, m, 4);
		memcpy(&v, m + 4 + k, 4);
		if (k == (int32_t)strlen(key) && memcmp(m + 4, key, (size_t)k) == 0)
			return v ? Rf_ScalarString(Rf_mkCharLenCE(m + 8 + k, v, CE_UTF8)) : R_NilValue;
	}
	return R_NilValue;
}

static int valid(const struct ArrowArray *a, int64_t i)
{
	const uint8_t *bits = a->null_count != 0 ? a->buffers[0] : NULL;
	return !bits || bits[i / 8] >> (i % 8) & 1;
}

static SEXP doubles(const struct ArrowArray *a, int64_t start, int64_t n)
{
	SEXP x = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)n));
	for (int64_t i = 0; i < n; i++)
		REAL(x)[i] = valid(a, start + i) ? ((const double *)a->buffers[1])[start + i] : NA_REAL;
	UNPROTECT(1);
	return x;
}

/* Whole numbers as R has them: of 32 bits where they fit. */
static SEXP integers(const struct ArrowArray *a, int64_t start, int64_t n, int wide)
{
	int small = 1;
#define VALUE(i) (wide ? ((const int64_t *)a->buffers[1])[start + (i)] : ((const int32_t *)a->buffers[1])[start + (i)])
	for (int64_t i = 0; i < n; i++)
		small &= !valid(a, start + i) || (VALUE(i) > INT32_MIN && VALUE(i) <= INT32_MAX);
	SEXP x = PROTECT(Rf_allocVector(small ? INTSXP : REALSXP, (R_xlen_t)n));
	for (int64_t i = 0; i < n; i++)
		if (small)
			INTEGER(x)[i] = valid(a, start + i) ? (int)VALUE(i) : NA_INTEGER;
		else
			REAL(x)[i] = valid(a, start + i) ? (double)VALUE(i) : NA_REAL;
#undef VALUE
	UNPROTECT(1);
	return x;
}

static SEXP texts(const struct ArrowArray *a, int64_t start, int64_t n)
{
	SEXP x = PROTECT(Rf_allocVector(STRSXP, (R_xlen_t)n));
	const int32_t *at = a->buffers[1];
	const char *bytes = a->buffers[2];
	for (int64_t i = 0; i < n; i++)
		SET_STRING_ELT(x, i, valid(a, start + i)
					     ? Rf_mkCharLenCE(bytes + at[start + i], at[start + i + 1] - at[start + i], CE_UTF8)
					     : NA_STRING);
	UNPROTECT(1);
	return x;
}

static SEXP column(const struct ArrowSchema *s, const struct ArrowArray *a, int64_t offset, int64_t n)
{
	char said[200];
	int64_t start = offset + a->offset;
	if (!s->dictionary && strcmp(s->format, "g") == 0)
		return doubles(a, start, n);
	if (!s->dictionary && (strcmp(s->format, "l") == 0 || strcmp(s->format, "i") == 0))
		return integers(a, start, n, s->format[0] == 'l');
	if (!s->dictionary && strcmp(s->format, "u") == 0)
		return texts(a, start, n);
	snprintf(said, sizeof said, "column `%.60s` holds Arrow's type `%.20s`%s, which is not read here", s->name ? s->name : "", s->format,
		 s->dictionary ? " with a dictionary" : "");
	qr_raise(QUELL_ERR_UNSUPPORTED, said);
	return R_NilValue;
}

SEXP read_arrow(SEXP schema, SEXP array)
{
	static const char *const key[] = {"unit", "title"}, *const attribute[] = {"unit", "label"};
	const struct ArrowSchema *s = schema_of(schema);
	const struct ArrowArray *a = array_of(array);
	if (strcmp(s->format, "+s") != 0 || s->n_children != a->n_children)
		qr_raise(QUELL_ERR_USAGE, "these Arrow structures are no table");
	SEXP out = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t)s->n_children));
	SEXP names = PROTECT(Rf_allocVector(STRSXP, (R_xlen_t)s->n_children));
	for (int64_t i = 0; i < s->n_children; i++) {
		SEXP x = PROTECT(column(s->children[i], a->children[i], a->offset, a->length));
		for (int k = 0; k < 2; k++) {
			SEXP value = PROTECT(metadata(s->children[i]->metadata, key[k]));
			if (value != R_NilValue && strcmp(CHAR(STRING_ELT(value, 0)), "1") != 0)
				Rf_setAttrib(x, Rf_install(attribute[k]), value);
			UNPROTECT(1);
		}
		SET_VECTOR_ELT(out, (R_xlen_t)i, x);
		SET_STRING_ELT(names, (R_xlen_t)i, Rf_mkCharCE(s->children[i]->name, CE_UTF8));
		UNPROTECT(1);
	}
	Rf_setAttrib(out, R_NamesSymbol, names);
	UNPROTECT(2);
	return out;
}
