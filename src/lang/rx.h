/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the checker: the rxode2 dialect. Statements run from top to
 * bottom and may assign a name again; running them on symbols gives the model.
 */
#ifndef QL_LANG_RX_H
#define QL_LANG_RX_H

#include "lang/check.h"

enum ql_rx_kind {
	QL_RX_ASSIGN,	/* name = value; `hidden` if by ~ */
	QL_RX_RATE,	/* d/dt(name) = value */
	QL_RX_INIT,	/* name(0) = value */
	QL_RX_PROPERTY, /* f, alag, rate or dur (property 0..3) of name */
	QL_RX_IF,	/* if (value) body else otherwise */
	QL_RX_MTIME,	/* mtime(name) = value */
	QL_RX_CMT,	/* cmt(name) */
	QL_RX_INPUT,	/* locf(name), nocb(name), linear(name), midpoint(name): varies during the run */
	QL_RX_PARAM,	/* param(name) */
	QL_RX_THETA,	/* ini: name <- value, or c(lo, value, hi) */
	QL_RX_ETA,	/* ini: names ~ lower triangle of the covariance matrix */
	QL_RX_LABEL	/* ini: label("name") of the theta before */
};

struct ql_rx_stmt {
	short kind, property;
	bool hidden;
	struct ql_span span;
	const char *name, *text;
	const char **names; /* ETA */
	struct ql_span *names_span;
	int n_names;
	struct ql_expr *value; /* of ETA and THETA: number or call of c(...) */
	struct ql_rx_stmt **body, **otherwise;
	int n_body, n_otherwise;
};

struct ql_rx_text {
	const char *name, *doc;
	struct ql_rx_stmt **stmt; /* ini first */
	int n_stmt;
};

/* Does a text without `module` or `model` look like rxode2? */
bool ql_rx_detect(const char *text, size_t len);
void ql_rx_parse(struct ql_parser *p, struct ql_arena *a, const char *file, const char *text, size_t len, struct ql_diags *ds,
		 struct ql_rx_text *out);
/* Runs the statements; fills the model. */
void ql_rx_build(struct ql_check *ck, const struct ql_rx_text *t);
void ql_rx_free(struct ql_rx *rx);

/* ---- while it runs ---- */

/* What can be assigned: names, rates, start values, properties of doses. One letter each. */
enum { QL_SLOT_NAME = 'v', QL_SLOT_RATE = 'd', QL_SLOT_INIT = 'i', QL_SLOT_PROPERTY = '0' };

struct ql_rx_slot {
	const char *name;
	char kind;
	bool hidden, assigned, seen;
	int other; /* while branches are joined: place in the second one, from 1 */
	ql_node node; /* QL_NO_NODE: nothing yet */
	struct ql_span span;
	int state; /* of the slots of a state */
};

struct ql_rx_state {
	const char *name;
	int q;
	struct ql_span span;
	bool by_lincmt;
};

struct ql_rx {
	struct ql_rx_slot *slot;
	int n_slot, cap_slot;
	struct ql_map slots; /* "v:name" */
	struct ql_rx_state *state;
	int n_state, cap_state;
	struct ql_rx_trail {
		int slot;
		ql_node before;
	} * trail;
	int n_trail, cap_trail;
	struct ql_rx_clock {
		int state; /* -1: any */
		enum ql_clock_kind kind;
		int q;
	} * clock;
	int n_clock, cap_clock;
	struct ql_map assigned; /* lower-case names that the text assigns -> index in `spelling` */
	const char **spelling;
	int n_spelling, cap_spelling;
	int current; /* state whose rate is being evaluated, -1 */
	int last_theta;
	bool lincmt;
};

/* The names by which linCmt() finds its parameters. */
struct ql_rx_lincmt {
	const char *cl, *v, *ka, *q[2], *vp[2], *kel, *k_out[2], *k_in[2];
	int n; /* compartments without the depot, 0: not enough names */
};

int ql_rx_find_slot(const struct ql_rx *rx, char kind, const char *name); /* -1 */
int ql_rx_make_slot(struct ql_check *ck, char kind, const char *name);
void ql_rx_assign(struct ql_check *ck, int slot, ql_node n);
int ql_rx_find_state(const struct ql_rx *rx, const char *name); /* -1 */
int ql_rx_quantity(struct ql_check *ck, enum ql_kind kind, const char *name, struct ql_span span);
struct ql_rx_lincmt ql_rx_lincmt_names(const struct ql_rx *rx);

/* Hooks of the evaluator. The call hook is false if the function is an ordinary one. */
struct ql_value ql_rx_ref(struct ql_check *ck, const struct ql_expr *e);
bool ql_rx_call(struct ql_check *ck, const struct ql_expr *e, struct ql_value *out);

#endif
