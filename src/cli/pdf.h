/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_CLI_PDF_H
#define QL_CLI_PDF_H

#include "cli/cli.h"

/* The Chromium of this machine, or NULL with a diagnostic: asked for before hours of computing, not after. */
const char *ql_pdf_browser(struct ql_cli *c);
/* A page, printed by that browser by its print style. Nothing is left behind when it fails. */
enum quell_status ql_pdf_print(struct ql_cli *c, const char *browser, const struct ql_buf *html, const char *path);

#endif
