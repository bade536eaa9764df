/* SPDX-License-Identifier: Apache-2.0 */
/* The built page (web/, `make page`), held inside the program: served by `quell serve`, carried by reports. */
#ifndef QL_REPORT_PAGE_H
#define QL_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct ql_page_file {
	const char *type, *data; /* media type; content with a NUL after it */
	size_t len;
};
/* "index.html", "app.js", "app.css", or "app.js.hash" (for a policy, type NULL); false for any other name. */
bool ql_page_find(const char *name, struct ql_page_file *out);

#endif
