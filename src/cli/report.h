/* SPDX-License-Identifier: Apache-2.0 */
/* --html and --pdf of the verbs whose result makes a report. */
#ifndef QL_CLI_REPORT_H
#define QL_CLI_REPORT_H

#include "cli/cli.h"
#include "report/report.h"

struct ql_report_files {
	const char *html, *pdf;
	const char *browser; /* for the pdf, after ql_report_files_ready() */
};

#define QL_REPORT_HTML(f) {"html", QL_OPT_TEXT, &(f)->html, "FILE", NULL, 0, 0, NULL, "a report with charts and tables, in one file"}
#define QL_REPORT_PDF(f) {"pdf", QL_OPT_TEXT, &(f)->pdf, "FILE", NULL, 0, 0, NULL, "the report for paper; needs Chromium"}
/* Whether a file can be made there; nothing is left behind. */
bool ql_cli_writable(struct ql_cli *c, const char *path);
/* A browser is found and the files can be made: asked before hours of computing, not after. */
bool ql_report_files_ready(struct ql_cli *c, struct ql_report_files *f);
/* json: as --json prints it. */
enum quell_status ql_report_files_write(struct ql_cli *c, const struct ql_report_files *f, const char *title, const char *solver,
					const struct ql_buf *json);

#endif
