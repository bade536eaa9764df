/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The six therapies, each with five aspects (library/therapies/<id>.yaml): what
 * is known in words, the publications behind it, and the parameters and
 * equations of the model that stand for it. Reading checks every name against
 * the model, the library and the evidence base, so that no text can outlive
 * what it speaks of.
 */
#ifndef QL_EXPLAIN_THERAPY_H
#define QL_EXPLAIN_THERAPY_H

#include "evidence/table.h"
#include "lang/model.h"

enum ql_aspect { QL_MECHANISM, QL_EFFICACY, QL_SAFETY, QL_RESISTANCE, QL_FUTURE, QL_N_ASPECT };
const char *ql_aspect_name(enum ql_aspect a); /* "mechanism", ... */

struct ql_names { /* a list of names with the places where they stand */
	const char **item;
	struct ql_span *span;
	int n;
};

struct ql_therapy_aspect {
	const char *text;
	struct ql_names references;            /* keys of references.bib */
	struct ql_names parameters, equations; /* full names of the model */
	struct ql_names published;             /* endpoints of evidence/trials.csv; efficacy and safety */
	struct ql_names simulated;             /* endpoints of a comparison; efficacy and safety */
	struct ql_names what_if;               /* names in library/whatif; future */
};

struct ql_therapy {
	const char *id, *title, *summary;
	int order;           /* of the review */
	char evidence_grade; /* the best of its regimens */
	const char *warning; /* NULL if none */
	const char *population; /* who is simulated */
	struct ql_names regimens, simulate, treatments;
	struct ql_names agents;
	const char **agent_note; /* per agent: what distinguishes it */
	struct ql_therapy_aspect aspect[QL_N_ASPECT];
	struct ql_yaml *diagram; /* see explain/diagram.h */
	const char *path;
};

struct ql_therapies {
	struct ql_therapy *item; /* in order of the review */
	int n;
};

/* All of <data_dir>/library/therapies, all mistakes at once. Lives in `a`. */
enum quell_status ql_therapies_load(const char *data_dir, const struct ql_model *m, const struct ql_evidence *e,
				    struct ql_arena *a, struct ql_diags *ds, struct ql_therapies *out);
const struct ql_therapy *ql_therapy_find(const struct ql_therapies *t, const char *id); /* NULL if unknown */
/* The therapy that lists an agent; *note says what distinguishes it. NULL if none does. */
const struct ql_therapy *ql_therapy_of_agent(const struct ql_therapies *t, const char *agent, const char **note);
bool ql_names_have(const struct ql_names *n, const char *name);

#endif
