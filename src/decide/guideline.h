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
 * Conditions: {field: F, is: X} (X may be a list) or {field: F, min: A, max: B} with fields of the profile and
 * tp53_aberrant, indication, tls_risk, lines, remission (months after the last line); {had: W}, {never: W},
 * {progressed: W}, {intolerant: W} (ended by toxicity), {remission_after: W, min: A, max: B} with W an agent or a class;
 * {any: [...]}. A target names words (agents, classes, regimens): any, all, none; continuous: yes or no.
 * exclude: not given. last: only behind all others. prefer: consensus names it. caution: shown.
 * over: [ids] of rules that give way where this one applies for sure.
 *
 *	tests:                       # what must be known before a treatment is chosen; shown where it is not
 *	  - {field: tp53_aberrant, text: "...", source: [...], grade: verified, when: [...]}
 */
#ifndef QL_DECIDE_GUIDELINE_H
#define QL_DECIDE_GUIDELINE_H

#include "dosing/regimen.h"
#include "patient/risk.h"

enum ql_effect { QL_EXCLUDE, QL_LAST, QL_PREFER, QL_CAUTION };

struct ql_guideline_when {
	const char *field, *is; /* is: text of a choice */
	double min, max;
	const char *had, *never, *progressed, *intolerant, *after; /* after: remission after the line that held it */
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
	const char **over;
	int n_over;
};

struct ql_guideline_test {
	const char *field, *text, *grade;
	const char **source;
	int n_source;
	struct ql_guideline_when *when;
	int n_when;
};

struct ql_guideline {
	const char *name, *title;
	struct ql_guideline_rule *rule;
	int n_rule;
	struct ql_guideline_test *test;
	int n_test;
	struct ql_words_list candidates[2]; /* regimens considered: untreated, treated before */
};

enum quell_status ql_guideline_load(const char *path, const char *data_dir, struct ql_arena *a, struct ql_diags *ds,
				    struct ql_guideline *out);
enum ql_three ql_rule_applies(const struct ql_guideline_rule *r, const struct ql_profile *p);
/* Another rule that applies for sure stands over this one. */
bool ql_rule_gives_way(const struct ql_guideline *g, const struct ql_guideline_rule *r, const struct ql_profile *p);
/* What the test asks is unknown, and its conditions may hold. */
bool ql_test_is_due(const struct ql_guideline_test *t, const struct ql_profile *p);
/* An agent, a class or the name of the regimen. */
bool ql_regimen_holds(const struct ql_regimen *g, const char *word);
bool ql_rule_targets(const struct ql_guideline_rule *r, const struct ql_regimen *g);
extern const char *const ql_effect_text[];

#endif
