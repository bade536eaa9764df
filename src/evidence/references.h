/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/references.bib: the publications behind the numbers, by citation key. Reads the plain subset of BibTeX that
 * the file uses: @type{key, field = {text} or "text" or word, ...}; % starts a comment line. */
#ifndef QL_EVIDENCE_REFERENCES_H
#define QL_EVIDENCE_REFERENCES_H

#include "base/diag.h"

struct ql_reference {
	const char *key, *type;
	const char *author, *title, *journal, *year, *volume, *pages, *doi, *pmid, *pmcid, *howpublished,
	    *note; /* NULL */
	struct ql_span span;
};

struct ql_references {
	struct ql_reference *item; /* sorted by key */
	int n;
};

enum quell_status ql_references_read(struct ql_arena *a, const char *path, struct ql_diags *ds,
				     struct ql_references *out);
const struct ql_reference *ql_reference_find(const struct ql_references *r, const char *key);
/* One line: "Fischer. NEJM 2019;380:2225. doi:10.1056/..." */
void ql_reference_text(const struct ql_reference *r, struct ql_buf *out);

#endif
