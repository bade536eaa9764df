/* SPDX-License-Identifier: Apache-2.0 */
/* The files are taken in by the assembler: no generator, no copy in the build folder. */
#include "report/page.h"
#include <string.h>

#define HOLD(symbol, file)                                                           \
	__asm__(".pushsection .rodata\n.global " #symbol "\n" #symbol ":\n"           \
		".incbin \"" QUELL_PAGE_DIR "/" file "\"\n"                           \
		".global " #symbol "_end\n" #symbol "_end:\n.byte 0\n.popsection\n"); \
	extern const char symbol[] __attribute__((visibility("hidden")));            \
	extern const char symbol##_end[] __attribute__((visibility("hidden")))

HOLD(ql_page_html, "index.html");
HOLD(ql_page_js, "app.js");
HOLD(ql_page_css, "app.css");
HOLD(ql_page_hash, "app.js.hash");

static const struct {
	const char *name, *type, *begin, *end;
} file[] = {{"index.html", "text/html; charset=utf-8", ql_page_html, ql_page_html_end},
	    {"app.js", "text/javascript; charset=utf-8", ql_page_js, ql_page_js_end},
	    {"app.css", "text/css; charset=utf-8", ql_page_css, ql_page_css_end},
	    {"app.js.hash", NULL, ql_page_hash, ql_page_hash_end}};

bool ql_page_find(const char *name, struct ql_page_file *out)
{
	for (size_t i = 0; i < sizeof file / sizeof *file; i++)
		if (strcmp(file[i].name, name) == 0) {
			*out = (struct ql_page_file){file[i].type, file[i].begin, (size_t)(file[i].end - file[i].begin)};
			return true;
		}
	return false;
}
