/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUELL_R_H
#define QUELL_R_H

#include <quell.h>
#define R_NO_REMAP
#include <R.h>
#include <Rinternals.h>

/* A condition by the package's raise(); does not return. */
void qr_raise(enum quell_status s, const char *message);
void qr_check(enum quell_status s);
const char *qr_utf8(SEXP x);
/* A handle that was freed, or that was saved and loaded, is NULL: the library says so. */
void *qr_handle(SEXP x);
SEXP qr_pointer(void *h, SEXP keep, R_CFinalizer_t f);
void qr_end_table(SEXP x);
SEXP qr_text(const char *s);

SEXP export_arrow(SEXP run, SEXP name);
SEXP move_arrow(SEXP schema, SEXP array);
SEXP take_arrow(SEXP name, SEXP schema, SEXP array);
SEXP read_arrow(SEXP schema, SEXP array);
SEXP arrow_address(SEXP x);

#endif
