/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture of how a therapy works, drawn from the model: the boxes are
 * quantities that the therapy's file names (`diagram: {title, rows: [{title,
 * nodes: [{name, label}]}]}`), the links are found in the equations. A link
 * from A to B means that B's equation changes when A does, everything else
 * shown held still; its sign is the same at all sampled states of a treated
 * patient, or the link is marked as going both ways.
 */
#ifndef QL_EXPLAIN_DIAGRAM_H
#define QL_EXPLAIN_DIAGRAM_H

#include "explain/therapy.h"

/* A standalone SVG with title, description and a title on every box. */
enum quell_status ql_therapy_figure(struct ql_model *m, const char *data_dir, const struct ql_therapy *t, struct ql_diags *ds,
				    struct ql_buf *out);

/* --- pieces, for tests --- */

enum ql_node_shape { QL_SHAPE_GIVEN, QL_SHAPE_STATE, QL_SHAPE_RATE, QL_SHAPE_SEEN };

struct ql_diagram_node {
	const char *name, *label, *meaning, *unit;
	enum ql_node_shape shape;
	int row;
	int *q;  /* quantities: all elements of the name */
	int n_q;
	bool core; /* cells of the disease */
	double x, y, width; /* after layout: centre and width */
};
struct ql_diagram_link {
	int from, to;  /* nodes */
	int sign;      /* +1 raises, -1 lowers, 0 either */
	double weight; /* 0 to 1: its share of the strongest influence on `to`, at the state where it counts most */
	bool through;  /* by way of states that are not shown */
};
struct ql_diagram {
	struct ql_arena *a;
	const char *title;
	const char **row_title;
	int n_row;
	struct ql_diagram_node *node;
	int n_node;
	struct ql_diagram_link *link;
	int n_link;
	double width, height;
};

enum quell_status ql_diagram_read(struct ql_model *m, const struct ql_therapy *t, struct ql_arena *a, struct ql_diags *ds,
				  struct ql_diagram *out);
enum quell_status ql_diagram_links(struct ql_model *m, const char *data_dir, const struct ql_therapy *t, struct ql_arena *a,
				   struct ql_diags *ds, struct ql_diagram *d);
void ql_diagram_draw(struct ql_diagram *d, const struct ql_therapy *t, struct ql_buf *out);

#endif
