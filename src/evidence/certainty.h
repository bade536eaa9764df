/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How sure a comparison is: judgements by people, in the six domains of
 * CINeMA, read from evidence/certainty.yaml. The program shows them and checks
 * that they are complete; it never makes them up. A comparison without an
 * entry is "not assessed".
 */
#ifndef QL_EVIDENCE_CERTAINTY_H
#define QL_EVIDENCE_CERTAINTY_H

#include "evidence/table.h"

enum ql_concern { QL_NO_CONCERN, QL_SOME_CONCERN, QL_MAJOR_CONCERN };
enum ql_domain {
	QL_BIAS,
	QL_REPORTING,
	QL_INDIRECTNESS,
	QL_IMPRECISION,
	QL_HETEROGENEITY,
	QL_INCOHERENCE,
	QL_N_DOMAIN
};
enum ql_confidence { QL_VERY_LOW, QL_LOW, QL_MODERATE, QL_HIGH };

struct ql_judgement {
	const char *endpoint, *line, *treat, *comp; /* "PFS_HR", "1L"; the order of the pair does not matter */
	enum ql_concern concern[QL_N_DOMAIN];
	const char *reason[QL_N_DOMAIN];
	enum ql_confidence confidence;
	const char *assessed; /* month of the judgement */
	struct ql_span span;
};
struct ql_certainty {
	struct ql_judgement *item;
	int n;
};

/* Reads <data_dir>/evidence/certainty.yaml; regimens must stand in e. */
enum quell_status ql_certainty_load(const char *data_dir, const struct ql_evidence *e, struct ql_arena *a,
				    struct ql_diags *ds, struct ql_certainty *out);
/* NULL: not assessed. */
const struct ql_judgement *ql_certainty_find(const struct ql_certainty *c, const char *endpoint, const char *line,
					     const char *treat, const char *comp);
const char *ql_concern_text(enum ql_concern c);       /* "none", "some", "major" */
const char *ql_domain_text(enum ql_domain d);         /* "bias", ... as in the file */
const char *ql_confidence_text(enum ql_confidence c); /* "very low", ... */

#endif
