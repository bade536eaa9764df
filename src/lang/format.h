/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical layout of a model text: spaces, indentation, blank lines. Words,
 * their order, the lines they stand on and all comments stay, so the model
 * stays; the result is read again and compared word by word before it is given
 * out. Formatting twice changes nothing.
 */
#ifndef QL_LANG_FORMAT_H
#define QL_LANG_FORMAT_H

#include "base/diag.h"

/* QUELL_ERR_INPUT with diagnostics if the text cannot be split into words. */
enum quell_status ql_format_text(const char *file, const char *text, size_t len, struct ql_diags *ds, struct ql_buf *out);

#endif
