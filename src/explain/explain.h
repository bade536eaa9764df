/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known about a therapy or an agent, and what the model makes of it:
 * the texts of library/therapies, published figures of the evidence base, and
 * figures simulated when asked for, on a small fixed population.
 *
 *	struct ql_explain x;
 *	ql_explain_open(&x, data_dir, ds);
 *	ql_explain_therapy(&x, "anti-cd20", ds, &e);
 *	ql_explain_json(&x, &e, 1, out);
 *	ql_explanation_free(&e);
 *	ql_explain_close(&x);
 */
#ifndef QL_EXPLAIN_EXPLAIN_H
#define QL_EXPLAIN_EXPLAIN_H

#include "compare/compare.h"
#include "explain/therapy.h"

#define QL_EXPLAIN_PATIENTS 200
#define QL_EXPLAIN_YEARS 2
#define QL_EXPLAIN_SEED 1

struct ql_explain { /* what all explanations share */
	struct ql_arena arena;
	const char *data_dir;
	struct ql_model *model;
	struct ql_evidence *evidence;
	struct ql_therapies therapies;
};

struct ql_explain_regimen {
	const char *id, *title, *warning, **line;
	char evidence_grade;
	const char **treatment; /* in the evidence base */
	int n_treatment, n_line;
};
struct ql_explain_figure { /* one simulated figure */
	const struct ql_arm *arm;
	const struct ql_endpoint *endpoint;
};

struct ql_explanation {
	const struct ql_therapy *therapy;
	const char *agent, *agent_note; /* NULL: about the therapy as a whole */
	struct ql_yaml *agent_row;
	struct ql_explain_regimen *regimen;
	int n_regimen;
	const struct ql_trial_row **published[QL_N_ASPECT];
	int n_published[QL_N_ASPECT];
	struct ql_explain_figure *figure[QL_N_ASPECT];
	int n_figure[QL_N_ASPECT];
	struct ql_compare *run; /* NULL if no regimen of the library gives the agent */
	const char *population;
	char evidence_grade;
	const char *warning; /* NULL if none */
};

/* Reads model, evidence and therapies. Close it whatever is returned. */
enum quell_status ql_explain_open(struct ql_explain *x, const char *data_dir, struct ql_diags *ds);
void ql_explain_close(struct ql_explain *x);
/* `id` of a therapy; QUELL_ERR_USAGE if there is none. */
enum quell_status ql_explain_therapy(struct ql_explain *x, const char *id, struct ql_diags *ds, struct ql_explanation *out);
/* A row of library/agents. Regimens are those that give it; up to four are simulated. */
enum quell_status ql_explain_agent(struct ql_explain *x, const char *agent, struct ql_diags *ds, struct ql_explanation *out);
void ql_explanation_free(struct ql_explanation *e);

/* "A", "phase 3 in CLL", ...; "" for an unknown grade. */
const char *ql_evidence_grade_text(char grade);

/* schema "quell.explain/1", `therapies` or `agents`; same bytes for the same inputs. */
void ql_explain_json(const struct ql_explain *x, const struct ql_explanation *e, int n, struct ql_buf *out);
/* One page about one therapy: texts, figures, diagram, sources; nothing is loaded from elsewhere. */
enum quell_status ql_explain_html(const struct ql_explain *x, const struct ql_explanation *e, struct ql_diags *ds, struct ql_buf *out);

#endif
