/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consensus rules as data: library/guidelines/<name>.yaml.
 *
 *	rules:
 *	  - id: no-chemotherapy-tp53
 *	    when: [{field: tp53_aberrant, is: yes}]
 *	    effect: exclude
 *	    target: {any: [chlorambucil, bendamustine, fludarabine-cyclophosphamide]}
 *	    text: chemoimmunotherapy is not given when TP53 is aberrant
 *	    source: [ESMO2024]
 *	    grade: verified
 *
 * Conditions: {field: F, is: X} or {field: F, min: A, max: B} with fields of the profile and tp53_aberrant, indication,
 * lines, remission (months after the last line); {had: W}, {never: W}, {progressed: W} with W an agent or a class;
 * {any: [...]}. A target names words (agents, classes, regimens): any, all, none; continuous: yes or no.
 * exclude: not given. last: only behind all others. prefer: consensus names it. caution: shown.
 */
#ifndef QL_DECIDE_GUIDELINE_H
#define QL_DECIDE_GUIDELINE_H

#include "dosing/regimen.h"
#include "patient/risk.h"

enum ql_effect { QL_EXCLUDE, QL_LAST, QL_PREFER, QL_CAUTION };

struct ql_guideline_when {
	const char *field, *is; /* is: text of a choice */
	double min, max;
	const char *had, *never, *progressed;
	struct ql_guideline_when *any;
	int n_any;
};

struct ql_words_list {
	const char **word;
	int n;
};

struct ql_guideline_rule {
	const char *id, *text, *grade;
	const char **source;
	int n_source;
	enum ql_effect effect;
	struct ql_guideline_when *when; /* all must hold */
	int n_when;
	struct ql_words_list any, all, none;
	int continuous; /* -1: either */
};

struct ql_guideline {
	const char *name, *title;
	struct ql_guideline_rule *rule;
	int n_rule;
	struct ql_words_list candidates[2]; /* regimens considered: untreated, treated before */
};

enum quell_status ql_guideline_load(const char *path, const char *data_dir, struct ql_arena *a, struct ql_diags *ds,
				    struct ql_guideline *out);
enum ql_three ql_rule_applies(const struct ql_guideline_rule *r, const struct ql_profile *p);
/* name: of the regimen in the library. */
bool ql_rule_targets(const struct ql_guideline_rule *r, const struct ql_regimen *g);
extern const char *const ql_effect_text[];

#endif
