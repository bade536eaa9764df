/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"
#include "base/io.h"
#include "cli/pdf.h"
#include <string.h>

bool ql_cli_writable(struct ql_cli *c, const char *path)
{
	struct ql_out_file f;
	if (ql_out_open(&f, path, &c->ds) != QUELL_OK)
		return false;
	ql_out_abandon(&f);
	return true;
}

bool ql_report_files_ready(struct ql_cli *c, struct ql_report_files *f)
{
	if (f->pdf && !(f->browser = ql_pdf_browser(c)))
		return false;
	bool ok = !f->html || ql_cli_writable(c, f->html);
	return (!f->pdf || ql_cli_writable(c, f->pdf)) && ok;
}

enum quell_status ql_report_files_write(struct ql_cli *c, const struct ql_report_files *f, const char *title, const char *solver,
					const struct ql_buf *json)
{
	const struct ql_report r = {title, c->line, solver, json};
	struct ql_buf page = {0};
	enum quell_status s = QUELL_OK;
	if (!f->html && !f->pdf)
		return s;
	ql_report_page(&r, &page);
	if (f->html)
		s = ql_out_file(f->html, &page, &c->ds);
	if (f->pdf && s == QUELL_OK)
		s = ql_pdf_print(c, f->browser, &page, f->pdf);
	ql_buf_free(&page);
	return s;
}
