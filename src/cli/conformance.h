/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exams with known answers, found in a folder and judged by the rules of their
 * scorers: nonmem/ (event tables with NONMEM output), ivp/reference.json (stiff
 * problems), sbml/ (cases of the SBML test suite).
 */
#ifndef QL_CLI_CONFORMANCE_H
#define QL_CLI_CONFORMANCE_H

#include "cli/cli.h"

struct ql_conform_case {
	const char *id, *reason; /* reason NULL: passed */
};

struct ql_conform_exam {
	const char *id, *title;
	struct ql_conform_case *item; /* heap */
	int n, cap, passed;
	uint64_t hash; /* of all files that were judged */
};

struct ql_conformance {
	struct ql_cli *c;
	const char *exams, *models; /* folders */
	struct ql_conform_exam exam[16];
	int n_exam;
};

struct ql_conform_exam *ql_conform_add(struct ql_conformance *k, const char *id, const char *title);
void ql_conform_judge(struct ql_conformance *k, struct ql_conform_exam *e, const char *id, const char *reason);
/* Sorted names in a folder, empty if there is none. */
struct ql_words ql_conform_list(struct ql_conformance *k, const char *folder);
bool ql_conform_exists(const char *path);
/* First message of the diagnostics as a reason; they are dropped, the verdict holds what matters. */
const char *ql_conform_reason(struct ql_conformance *k, struct ql_diags *ds, enum quell_status s);

void ql_conform_nonmem(struct ql_conformance *k);
void ql_conform_ivp(struct ql_conformance *k);
void ql_conform_sbml(struct ql_conformance *k);

#endif
