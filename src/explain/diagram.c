/* SPDX-License-Identifier: Apache-2.0 */
/* What a diagram shows, and which equations link it. */
#include "explain/diagram.h"
#include "base/io.h"
#include "base/rng.h"
#include "dosing/regimen.h"
#include "emit/plan.h"
#include <math.h>
#include <string.h>

enum { SAMPLES = 24 };
#define STEP 1e-5       /* relative change of a quantity */
/* A link weaker than this share of the strongest influence on its target is left out; links against the direction of
 * reading (saturation, consumption) must be stronger, or they would bury the rest. */
#define LEAST_DOWN 0.06
#define LEAST_LEVEL 0.15
#define LEAST_BACK 0.25
#define LEAST_SHARE LEAST_DOWN
#define ONE_SIGN 6.0 /* times as strong in one sense as in the other: the link has a sign */

/* --- reading --- */

static int elements(const struct ql_model *m, const char *name, int *out)
{
	int n = 0;
	for (int i = 0; i < m->n_q; i++) {
		enum ql_kind k = m->q[i].kind;
		if ((k == QL_STATE || k == QL_LET || k == QL_OUTPUT || k == QL_INPUT) &&
		    (strcmp(m->q[i].name, name) == 0 || strcmp(m->q[i].base, name) == 0))
			out[n++] = i;
	}
	return n;
}

static enum ql_node_shape shape_of(const struct ql_quantity *q, bool dose)
{
	if (dose || q->kind == QL_INPUT)
		return QL_SHAPE_GIVEN;
	return q->kind == QL_STATE ? QL_SHAPE_STATE : q->kind == QL_OUTPUT ? QL_SHAPE_SEEN : QL_SHAPE_RATE;
}

static void read_node(struct ql_model *m, const struct ql_yaml *y, int row, struct ql_diags *ds, struct ql_diagram *d)
{
	struct ql_diagram_node *n = &d->node[d->n_node];
	if (!ql_yaml_string(y, "name", true, ds, &n->name) || !ql_yaml_string(y, "label", true, ds, &n->label))
		return;
	ql_yaml_check_keys(y, (const char *const[]){"name", "label", NULL}, ds);
	int dose = ql_model_find_dose(m, n->name);
	n->q = QL_NEW_N(d->a, int, (size_t)m->n_q);
	n->row = row;
	if (dose >= 0)
		n->q[n->n_q++] = m->dose[dose].state;
	else
		n->n_q = elements(m, n->name, n->q);
	if (n->n_q == 0) {
		struct ql_diag *x = ql_diag_add(ds, QL_E0321, ql_yaml_get(y, "name")->span, "the model has no dose, input, state or equation `%s`",
						n->name);
		ql_diag_help(x, "`quell model show` lists them");
		return;
	}
	const struct ql_quantity *q = &m->q[n->q[0]];
	n->meaning = dose >= 0 ? m->dose[dose].doc : q->doc;
	n->unit = dose >= 0 ? m->dose[dose].unit : q->unit;
	n->shape = shape_of(q, dose >= 0);
	n->core = dose < 0 && q->kind == QL_STATE && strcmp(q->module, "disease") == 0;
	d->n_node++;
}

enum quell_status ql_diagram_read(struct ql_model *m, const struct ql_therapy *t, struct ql_arena *a, struct ql_diags *ds,
				  struct ql_diagram *d)
{
	int errors = ds->n_errors, total = 0;
	const struct ql_yaml *rows = ql_yaml_get(t->diagram, "rows");
	*d = (struct ql_diagram){.a = a};
	if (!rows || rows->kind != QL_YAML_LIST || !ql_yaml_string(t->diagram, "title", true, ds, &d->title)) {
		ql_diag_help(ql_diag_add(ds, QL_E0321, (struct ql_span){t->path, 0, 0, 0}, "`diagram` needs a title and rows"),
			     "write `diagram: {title: ..., rows: [{title: ..., nodes: [{name: ..., label: ...}]}]}`");
		return QUELL_ERR_INPUT;
	}
	for (int r = 0; r < rows->n; r++) {
		const struct ql_yaml *nodes = ql_yaml_get(rows->item[r], "nodes");
		total += nodes ? nodes->n : 0;
	}
	d->node = QL_NEW_N(a, struct ql_diagram_node, (size_t)total + 1);
	d->row_title = QL_NEW_N(a, const char *, (size_t)rows->n + 1);
	for (int r = 0; r < rows->n; r++, d->n_row++) {
		const struct ql_yaml *nodes = ql_yaml_get(rows->item[r], "nodes");
		ql_yaml_string(rows->item[r], "title", true, ds, &d->row_title[r]);
		for (int i = 0; nodes && nodes->kind == QL_YAML_LIST && i < nodes->n; i++)
			read_node(m, nodes->item[i], r, ds, d);
	}
	return ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

/* --- a treated patient, at sampled states --- */

struct graph { /* shown nodes first, then states that are not shown */
	struct ql_model *m;
	struct ql_plan *plan;
	struct ql_values v;
	struct ql_diagram *d;
	int n;            /* of groups */
	int **q, *n_q;    /* quantities per group */
	bool *rate;       /* per group: states, so that its equation is a rate */
	int *owner;       /* dag node -> group of a shown equation, -1 */
	int *holder;      /* quantity -> group of a state or input, -1 */
	ql_node **need;   /* per group: what its equations need, in order */
	int *n_need;
	bool *depends;    /* [to*n + from] */
	double *base, *now; /* per dag node */
	double *var;      /* per quantity */
	double *effect;   /* [to*n + from]: largest share */
	double *up, *down; /* the same, summed over the samples by sense */
};

static ql_node root_of(const struct graph *g, int q) { return g->m->q[q].def; }

static void add_group(struct graph *g, const int *q, int n, bool rate)
{
	g->q[g->n] = QL_NEW_N(g->d->a, int, (size_t)n);
	memcpy(g->q[g->n], q, (size_t)n * sizeof *q);
	g->n_q[g->n] = n;
	g->rate[g->n] = rate;
	for (int i = 0; i < n; i++)
		if (g->m->q[q[i]].kind == QL_STATE || g->m->q[q[i]].kind == QL_INPUT)
			g->holder[q[i]] = g->n;
		else
			g->owner[root_of(g, q[i])] = g->n;
	g->n++;
}

/* A dose stands for the state it goes into unless that is shown itself. */
static void make_groups(struct graph *g)
{
	const struct ql_model *m = g->m;
	size_t most = (size_t)(g->d->n_node + m->n_q);
	g->q = QL_NEW_N(g->d->a, int *, most);
	g->n_q = QL_NEW_N(g->d->a, int, most);
	g->rate = QL_NEW_N(g->d->a, bool, most);
	g->owner = QL_NEW_N(g->d->a, int, (size_t)m->dag.n);
	g->holder = QL_NEW_N(g->d->a, int, (size_t)m->n_q);
	memset(g->owner, -1, (size_t)m->dag.n * sizeof *g->owner);
	memset(g->holder, -1, (size_t)m->n_q * sizeof *g->holder);
	for (int i = 0; i < g->d->n_node; i++)
		add_group(g, g->d->node[i].q, g->d->node[i].n_q, g->d->node[i].shape == QL_SHAPE_STATE);
	for (int i = 0; i < g->d->n_node; i++)
		if (g->d->node[i].shape == QL_SHAPE_STATE)
			for (int k = 0; k < g->n_q[i]; k++)
				g->holder[g->q[i][k]] = i;
	int *set = QL_NEW_N(g->d->a, int, (size_t)m->n_q);
	for (int i = 0; i < m->n_q; i++) {
		if (m->q[i].kind != QL_STATE || m->q[i].is_quad || g->holder[i] >= 0 || g->plan->state_of_q[i] < 0)
			continue;
		int n = 0;
		for (int k = i; k < m->n_q; k++)
			if (m->q[k].kind == QL_STATE && strcmp(m->q[k].base, m->q[i].base) == 0)
				set[n++] = k;
		add_group(g, set, n, true);
	}
}

/* What b's equations need down to what is shown otherwise, in order of evaluation. */
static void list_needs(struct graph *g, int b, unsigned char *mark)
{
	const struct ql_dag *dag = &g->m->dag;
	int n = 0;
	memset(mark, 0, (size_t)dag->n);
	for (int i = 0; i < g->n_q[b]; i++)
		if (g->m->q[g->q[b][i]].kind != QL_INPUT)
			mark[root_of(g, g->q[b][i])] = 1;
	for (ql_node i = dag->n - 1; i >= 0; i--) {
		const struct ql_dag_node *x = &dag->node[i];
		n += mark[i];
		if (!mark[i] || (g->owner[i] >= 0 && g->owner[i] != b))
			continue;
		for (int k = 0; k < ql_op_arity(x->op); k++)
			mark[k == 0 ? x->a : k == 1 ? x->b : x->c] = 1;
	}
	g->need[b] = QL_NEW_N(g->d->a, ql_node, (size_t)n + 1);
	for (ql_node i = 0; i < dag->n; i++) {
		const struct ql_dag_node *x = &dag->node[i];
		if (!mark[i])
			continue;
		g->need[b][g->n_need[b]++] = i;
		int from = g->owner[i] >= 0 ? g->owner[i] : x->op == QL_OP_VAR ? g->holder[x->var] : -1;
		if (from >= 0)
			g->depends[b * g->n + from] = true;
	}
}

static void mark_needs(struct graph *g)
{
	unsigned char *mark = QL_NEW_N(g->d->a, unsigned char, (size_t)g->m->dag.n);
	g->need = QL_NEW_N(g->d->a, ql_node *, (size_t)g->n);
	g->n_need = QL_NEW_N(g->d->a, int, (size_t)g->n);
	g->depends = QL_NEW_N(g->d->a, bool, (size_t)(g->n * g->n));
	for (int b = 0; b < g->n; b++)
		list_needs(g, b, mark);
}

/* Cells that appear stay below ten thousand million or so, a drug's amount in nmol goes further. */
static double decades(const char *unit) { return strcmp(unit, "Gcell") == 0 ? 2.7 : strcmp(unit, "nmol") == 0 ? 6 : 4; }

/* A state of a treated patient: what is there at the start within a factor of 4, what appears later over some decades. */
static void sample(struct graph *g, int s)
{
	for (int i = 0; i < g->m->n_q; i++) {
		const struct ql_quantity *q = &g->m->q[i];
		double u = ql_rng_uniform(1, (uint64_t)s, ql_hash_str(q->name), 0), x = g->v.q[i];
		g->var[i] = x;
		if (q->kind == QL_STATE && g->plan->state_of_q[i] >= 0) {
			bool share = strcmp(q->unit, "1") == 0;
			g->var[i] = x > 0 && !share ? x * exp(1.4 * (2 * u - 1)) : share ? (x > 1 ? x : 0.9 * u) : pow(10, -2 + decades(q->unit) * u);
		} else if (q->kind == QL_INPUT && g->holder[i] >= 0) {
			g->var[i] = isfinite(q->hi) && q->hi < 1e6 ? u * q->hi * 0.5 : u;
		}
	}
}

static double node_value(const struct ql_model *m, const double *value, const double *var, ql_node i)
{
	const struct ql_dag_node *x = &m->dag.node[i];
	switch (x->op) {
	case QL_OP_CONST:
		return x->value;
	case QL_OP_VAR:
		return var[x->var];
	case QL_OP_TIME:
		return 30;
	default:
		return ql_op_apply(x->op, x->a < 0 ? 0 : value[x->a], x->b < 0 ? 0 : value[x->b], x->c < 0 ? 0 : value[x->c]);
	}
}

/* The equations of group b with everything shown held at `base`, except that group a is moved by a small step. */
static void evaluate(struct graph *g, int a, int b)
{
	const struct ql_model *m = g->m;
	for (int k = 0; k < g->n_need[b]; k++) {
		ql_node i = g->need[b][k];
		int owner = g->owner[i];
		const struct ql_dag_node *x = &m->dag.node[i];
		if (owner >= 0 && owner != b)
			g->now[i] = owner == a ? g->base[i] * (1 + STEP) : g->base[i];
		else if (x->op == QL_OP_VAR && a >= 0 && g->holder[x->var] == a)
			g->now[i] = g->var[x->var] * (1 + STEP);
		else
			g->now[i] = node_value(m, g->now, g->var, i);
	}
}

/* Change of b's equations per relative change of a, summed over the elements that change in one sense. */
static void effect_on(struct graph *g, int a, int b, double *up, double *down)
{
	*up = *down = 0;
	evaluate(g, a, b);
	for (int i = 0; i < g->n_q[b]; i++) {
		if (g->m->q[g->q[b][i]].kind == QL_INPUT)
			continue;
		ql_node r = root_of(g, g->q[b][i]);
		double change = (g->now[r] - g->base[r]) / STEP;
		if (!isfinite(change) || fabs(change) < 1e-9 * fabs(g->base[r]))
			continue;
		*(change > 0 ? up : down) += fabs(change);
	}
}

static void measure_sample(struct graph *g)
{
	double *up = QL_NEW_N(g->d->a, double, (size_t)g->n), *down = QL_NEW_N(g->d->a, double, (size_t)g->n);
	for (ql_node i = 0; i < g->m->dag.n; i++)
		g->base[i] = node_value(g->m, g->base, g->var, i);
	for (int b = 0; b < g->n; b++) {
		double most = 0;
		for (int a = 0; a < g->n; a++) {
			up[a] = down[a] = 0;
			if (a != b && g->depends[b * g->n + a])
				effect_on(g, a, b, &up[a], &down[a]);
			if (a != b)
				most = fmax(most, fmax(up[a], down[a]));
		}
		for (int a = 0; a < g->n && most > 0; a++) {
			double share = fmax(up[a], down[a]) / most;
			double *e = &g->effect[b * g->n + a];
			*e = fmax(*e, share);
			g->up[b * g->n + a] += up[a] / most;
			g->down[b * g->n + a] += down[a] / most;
		}
	}
}

static int sign_of(const struct graph *g, int from, int to)
{
	double up = g->up[to * g->n + from], down = g->down[to * g->n + from];
	return up > ONE_SIGN * down ? 1 : down > ONE_SIGN * up ? -1 : 0;
}

static double least(const struct graph *g, int from, int to)
{
	int a = g->d->node[from].row, b = g->d->node[to].row;
	return a < b ? LEAST_DOWN : a == b ? LEAST_LEVEL : LEAST_BACK;
}

static void add_link(struct graph *g, int from, int to, int sign, double weight, bool through)
{
	struct ql_diagram *d = g->d;
	if (from == to)
		return;
	for (int i = 0; i < d->n_link; i++)
		if (d->link[i].from == from && d->link[i].to == to) {
			if (through && d->link[i].sign != sign)
				d->link[i].sign = 0;
			return;
		}
	d->link[d->n_link++] = (struct ql_diagram_link){from, to, sign, weight, through};
}

/* Backwards through states that are not shown, at most six deep. */
static void trace(struct graph *g, int at, int to, int sign, int depth)
{
	for (int a = 0; a < g->n; a++) {
		double e = g->effect[at * g->n + a];
		if (e < LEAST_SHARE || a == to)
			continue;
		int s = sign * sign_of(g, a, at);
		if (a < g->d->n_node)
			add_link(g, a, to, s, e, true);
		else if (depth < 6)
			trace(g, a, to, s, depth + 1);
	}
}

static void dose_links(struct graph *g)
{
	for (int i = 0; i < g->d->n_node; i++) {
		const struct ql_diagram_node *n = &g->d->node[i];
		int state = n->q[0], shown = g->holder[state];
		if (n->shape == QL_SHAPE_GIVEN && g->m->q[state].kind == QL_STATE && shown != i && shown >= 0)
			add_link(g, i, shown, 1, 1, false);
	}
}

static void find_links(struct graph *g)
{
	g->d->link = QL_NEW_N(g->d->a, struct ql_diagram_link, (size_t)(g->d->n_node * g->d->n_node) + 1);
	dose_links(g);
	for (int b = 0; b < g->d->n_node; b++) {
		bool direct = false;
		if (g->d->node[b].shape == QL_SHAPE_GIVEN)
			continue;
		for (int a = 0; a < g->d->n_node; a++)
			if (a != b && g->effect[b * g->n + a] >= least(g, a, b) && g->holder[g->q[a][0]] != b) {
				add_link(g, a, b, sign_of(g, a, b), g->effect[b * g->n + a], false);
				direct = true;
			}
		if (!direct)
			trace(g, b, b, 1, 0);
	}
}

/* The default agents, then those of the therapy's own regimens. */
static enum quell_status bind_agents(struct graph *g, const char *data_dir, const struct ql_therapy *t, struct ql_diags *ds)
{
	struct ql_model *m = g->m;
	struct ql_arena *a = g->d->a;
	const char *agents = ql_arena_printf(a, "%s/library/agents", data_dir);
	for (int s = 0; s < m->n_slot; s++) {
		struct ql_agent_row row;
		const char *path = ql_arena_printf(a, "%s/%s.yaml", agents, m->slot[s].default_agent);
		if (ql_agent_load(m, &m->slot[s], path, a, ds, &row) != QUELL_OK)
			return QUELL_ERR_INPUT;
		for (int k = 0; k < m->slot[s].n_column; k++)
			g->v.q[m->slot[s].column[k]] = row.value[k];
	}
	for (int i = t->simulate.n - 1; i >= 0; i--) {
		struct ql_regimen r;
		const char *path = ql_arena_printf(a, "%s/library/regimens/%s.yaml", data_dir, t->simulate.item[i]);
		if (ql_regimen_load(m, path, agents, a, ds, &r) != QUELL_OK)
			return QUELL_ERR_INPUT;
		for (int s = 0; s < r.n_slot; s++)
			for (int k = 0; k < m->slot[r.slot[s]].n_column; k++)
				g->v.q[m->slot[r.slot[s]].column[k]] = r.row[s].value[k];
	}
	return QUELL_OK;
}

static enum quell_status plan_for(struct graph *g, const char *title, struct ql_diags *ds)
{
	const char **active = QL_NEW_N(g->d->a, const char *, (size_t)g->d->n_node + 1);
	int n = 0;
	for (int i = 0; i < g->d->n_node; i++)
		if (g->d->node[i].shape == QL_SHAPE_GIVEN)
			active[n++] = g->d->node[i].name;
	active[n++] = "protocol";
	return ql_plan_make(g->m, title, active, n, ds, &g->plan);
}

static enum quell_status measure(struct graph *g, const char *data_dir, const struct ql_therapy *t, struct ql_diags *ds)
{
	enum quell_status s = plan_for(g, t->id, ds);
	if (s != QUELL_OK)
		return s;
	ql_values_init(g->plan, &g->v);
	s = bind_agents(g, data_dir, t, ds);
	if (s != QUELL_OK)
		return s;
	double *slot = QL_NEW_N(g->d->a, double, (size_t)g->plan->n_p + 1), *y = QL_NEW_N(g->d->a, double, (size_t)g->plan->n_state + 1);
	ql_plan_patient(g->plan, &g->v, slot, y, 1);
	make_groups(g);
	mark_needs(g);
	size_t nodes = (size_t)g->m->dag.n, pairs = (size_t)(g->n * g->n);
	g->base = QL_NEW_N(g->d->a, double, nodes);
	g->now = QL_NEW_N(g->d->a, double, nodes);
	g->var = QL_NEW_N(g->d->a, double, (size_t)g->m->n_q);
	g->effect = QL_NEW_N(g->d->a, double, pairs);
	g->up = QL_NEW_N(g->d->a, double, pairs);
	g->down = QL_NEW_N(g->d->a, double, pairs);
	for (int i = 0; i < SAMPLES; i++) {
		sample(g, i);
		measure_sample(g);
	}
	find_links(g);
	return QUELL_OK;
}

enum quell_status ql_diagram_links(struct ql_model *m, const char *data_dir, const struct ql_therapy *t, struct ql_arena *a,
				   struct ql_diags *ds, struct ql_diagram *d)
{
	struct graph g = {.m = m, .d = d};
	d->a = a;
	enum quell_status s = measure(&g, data_dir, t, ds);
	ql_values_free(&g.v);
	if (g.plan)
		ql_plan_free(g.plan);
	return s;
}

struct figure_job {
	struct ql_model *m;
	const char *data_dir;
	const struct ql_therapy *t;
	struct ql_diags *ds;
	struct ql_buf *out;
	struct ql_arena arena;
};

static enum quell_status figure(void *arg)
{
	struct figure_job *j = arg;
	struct ql_diagram d;
	enum quell_status s = ql_diagram_read(j->m, j->t, &j->arena, j->ds, &d);
	if (s == QUELL_OK)
		s = ql_diagram_links(j->m, j->data_dir, j->t, &j->arena, j->ds, &d);
	if (s == QUELL_OK)
		ql_diagram_draw(&d, j->t, j->out);
	return s;
}

enum quell_status ql_therapy_figure(struct ql_model *m, const char *data_dir, const struct ql_therapy *t, struct ql_diags *ds,
				    struct ql_buf *out)
{
	struct figure_job j = {m, data_dir, t, ds, out, {0}};
	enum quell_status s = ql_protect(figure, &j);
	ql_arena_free(&j.arena);
	return s;
}
