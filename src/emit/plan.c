/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/code.h"
#include "base/io.h"
#include <math.h>
#include <string.h>

#define DEFAULT_ATOL 1e-6

/* Everything that lives only while a plan is made. */
struct making {
	struct ql_model *m;
	const char *const *active;
	int n_active;
	struct ql_diags *ds;
	struct ql_plan *p;
	struct ql_graph g;
	struct ql_lowering w;
	struct ql_builder b;
	struct ql_slots k, ps;
	struct ql_activity act;
	struct ql_accumulation acc;
	unsigned char *var_phase, *is_input;
	ql_node *uniform_of;     /* Poisson draws: the uniform behind them */
	int *defined, n_defined; /* quantities with definitions, each after what it depends on */
	ql_node *root;           /* lane roots: f, ft, -J in slots, outputs, triggers */
	int n_root;
};

static void free_making(struct making *k)
{
	ql_graph_free(&k->g);
	ql_lowering_free(&k->w);
	ql_builder_free(&k->b);
	ql_accumulation_free(&k->acc);
	ql_free(k->k.node);
	ql_free(k->ps.node);
}

/* Layout: which states, inputs, outputs and triggers the plan has, in which order. */

static int *list_quantities(struct making *k, enum ql_kind kind, const unsigned char *keep, int *of_q, int *n_out)
{
	int *list = QL_NEW_N(&k->p->arena, int, k->m->n_q);
	int n = 0;
	for (int i = 0; i < k->m->n_q; i++) {
		bool in = k->m->q[i].kind == kind && (!keep || keep[i]);
		if (of_q)
			of_q[i] = in ? n : -1;
		if (in)
			list[n++] = i;
	}
	*n_out = n;
	return list;
}

static bool acts(const struct making *k, const struct ql_when *w)
{
	for (int j = 0; j < w->n_assign; j++) {
		int q = w->target[j];
		if (k->m->q[q].kind == QL_STATE ? k->act.live[q] : k->act.q[q])
			return true;
	}
	return false;
}

static void lay_out(struct making *k)
{
	struct ql_plan *p = k->p;
	struct ql_arena *a = &p->arena;
	const struct ql_model *m = k->m;
	p->state_of_q = QL_NEW_N(a, int, m->n_q);
	p->p_of_q = QL_NEW_N(a, int, m->n_q);
	p->state = list_quantities(k, QL_STATE, k->act.live, p->state_of_q, &p->n_state);
	p->input_q = list_quantities(k, QL_INPUT, k->act.q, p->p_of_q, &p->n_input);
	p->out_q = list_quantities(k, QL_OUTPUT, NULL, NULL, &p->n_out);
	p->atol = QL_NEW_N(a, double, p->n_state);
	for (int i = 0; i < p->n_state; i++)
		p->atol[i] = m->q[p->state[i]].atol > 0 ? m->q[p->state[i]].atol : DEFAULT_ATOL;
	p->trig_when = QL_NEW_N(a, int, m->n_when);
	for (int i = 0; i < m->n_when; i++)
		if (k->act.fires[i] && acts(k, &m->when[i]))
			p->trig_when[p->n_trig++] = i;
}

/* Definitions: typical values that are expressions, draws, initial states. */

static ql_node definition(const struct ql_quantity *q)
{
	switch (q->kind) {
	case QL_PARAM: return q->def;
	case QL_STATE: return q->init;
	case QL_DRAW: return q->draw == QL_DRAW_POISSON ? q->draw_mean : q->def;
	default: return QL_NO_NODE;
	}
}

static bool has_definition(const struct making *k, int q)
{
	ql_node def = definition(&k->m->q[q]);
	return def != QL_NO_NODE && (k->m->q[q].kind != QL_PARAM || !ql_is_const(&k->m->dag, def, NULL));
}

static void import_rest(struct making *k)
{
	const struct ql_model *m = k->m;
	ql_node *roots = QL_NEW_N(&k->p->arena, ql_node, m->n_q);
	for (int i = 0; i < m->n_q; i++)
		roots[i] = m->q[i].kind == QL_OUTPUT ? m->q[i].def : has_definition(k, i) ? definition(&m->q[i]) : QL_NO_NODE;
	ql_graph_import(&k->g, m, roots, m->n_q);
}

static bool ready(const struct making *k, ql_node def, unsigned char *mark, const unsigned char *placed)
{
	const struct ql_dag *d = &k->g.dag;
	ql_dag_reach(d, &def, 1, mark);
	for (ql_node n = 0; n <= def; n++)
		if (mark[n] && d->node[n].op == QL_OP_VAR && !placed[d->node[n].var])
			return false;
	return true;
}

static enum ql_phase own_phase(const struct ql_quantity *q)
{
	switch (q->kind) {
	case QL_STATE:
	case QL_INPUT: return QL_PHASE_DYNAMIC;
	case QL_PARAM:
	case QL_ACTIVE: return QL_PHASE_RUN;
	default: return QL_PHASE_PATIENT;
	}
}

/* A typical value that is an expression varies as much as the most varying thing in it. */
static enum ql_phase definition_phase(const struct making *k, const unsigned char *mark, ql_node def)
{
	enum ql_phase phase = QL_PHASE_RUN;
	for (ql_node n = 0; n <= def; n++)
		if (mark[n] && k->g.dag.node[n].op == QL_OP_VAR && k->var_phase[k->g.dag.node[n].var] > phase)
			phase = k->var_phase[k->g.dag.node[n].var];
	return phase;
}

static enum quell_status order_definitions(struct making *k)
{
	const struct ql_model *m = k->m;
	struct ql_arena *a = &k->p->arena;
	unsigned char *mark = QL_NEW_N(a, unsigned char, k->g.dag.n), *placed = QL_NEW_N(a, unsigned char, m->n_q);
	int missing = 0;
	k->defined = QL_NEW_N(a, int, m->n_q);
	k->var_phase = QL_NEW_N(a, unsigned char, m->n_q);
	for (int i = 0; i < m->n_q; i++) {
		k->var_phase[i] = (unsigned char)own_phase(&m->q[i]);
		placed[i] = !has_definition(k, i);
		missing += !placed[i];
	}
	for (bool progress = true; missing && progress;) {
		progress = false;
		for (int i = 0; i < m->n_q; i++) {
			ql_node def = placed[i] ? QL_NO_NODE : k->g.from[definition(&m->q[i])];
			if (placed[i] || !ready(k, def, mark, placed))
				continue;
			if (m->q[i].kind == QL_PARAM)
				k->var_phase[i] = (unsigned char)definition_phase(k, mark, def);
			k->defined[k->n_defined++] = i;
			placed[i] = 1;
			progress = true;
			missing--;
		}
	}
	return missing ? QUELL_ERR_INTERNAL : QUELL_OK; /* the language refuses cycles */
}

/* Jacobian */

/* Columns by state, then time: which node of the graph each derivative is taken for, QL_NO_NODE if rates lack it. */
static void find_inputs(struct making *k, unsigned char *is_input, ql_node *input)
{
	const struct ql_dag *d = &k->g.dag;
	int n = k->p->n_state;
	for (int i = 0; i <= n; i++)
		input[i] = QL_NO_NODE;
	for (ql_node i = 0; i < d->n; i++) {
		int state = d->node[i].op == QL_OP_VAR ? k->p->state_of_q[d->node[i].var] : -1;
		is_input[i] = state >= 0 || d->node[i].op == QL_OP_TIME;
		if (is_input[i])
			input[state >= 0 ? state : n] = i;
	}
}

static void build_roots(struct making *k)
{
	struct ql_plan *p = k->p;
	struct ql_plan_code *code = p->code;
	struct ql_arena *a = &p->arena;
	struct ql_dag *d = &k->g.dag;
	int n = p->n_state, n_dag = d->n;
	ql_node *f = QL_NEW_N(a, ql_node, n), *ft = QL_NEW_N(a, ql_node, n), *j = QL_NEW_N(a, ql_node, n * n);
	unsigned char *is_input = QL_NEW_N(a, unsigned char, n_dag), *needed = QL_NEW_N(a, unsigned char, n_dag);
	unsigned char *pattern = QL_NEW_N(a, unsigned char, n * n);
	ql_node *input = QL_NEW_N(a, ql_node, n + 1);
	for (int i = 0; i < n; i++)
		f[i] = k->g.from[k->m->q[p->state[i]].def];
	find_inputs(k, is_input, input);
	ql_accumulate(&k->acc, &k->w, f, n, is_input, needed);
	for (int i = 0; i < n; i++) {
		ft[i] = ql_accumulated(&k->acc, i, n, input[n]);
		ft[i] = ft[i] == QL_NO_NODE ? ft[i] : ql_op1(d, QL_OP_NEG, ft[i]);
		for (int c = 0; c < n; c++) {
			j[i * n + c] = ql_accumulated(&k->acc, i, n, input[c]);
			pattern[i * n + c] = j[i * n + c] != QL_NO_NODE;
		}
	}
	ql_sparse_plan(n, pattern, a, code);
	k->root = QL_NEW_N(a, ql_node, 2 * n + code->n_lu + p->n_out + p->n_trig);
	code->autonomous = true;
	for (int i = 0; i < n; i++) {
		k->root[k->n_root++] = f[i];
		code->autonomous = code->autonomous && ft[i] == QL_NO_NODE;
	}
	for (int i = 0; i < n; i++)
		k->root[k->n_root++] = ft[i] == QL_NO_NODE ? ql_const(d, 0) : ft[i];
	for (int s = 0; s < code->n_lu; s++) {
		ql_node e = j[code->lu_row[s] * n + code->lu_col[s]];
		k->root[k->n_root++] = e == QL_NO_NODE ? ql_const(d, 0) : e;
	}
	for (int i = 0; i < p->n_out; i++)
		k->root[k->n_root++] = k->g.from[k->m->q[p->out_q[i]].def];
	for (int i = 0; i < p->n_trig; i++)
		k->root[k->n_root++] = k->g.from[k->m->when[p->trig_when[i]].g];
}

/* Programs */

static void store_all(struct ql_builder *b, const ql_node *root, int n, enum ql_target target)
{
	for (int i = 0; i < n; i++)
		ql_builder_store(b, root[i], target, i);
}

/* f, ft and the row of -J of one state together: they share most of their terms. */
static void store_jacobian(struct making *k, const ql_node *f, const ql_node *ft, const ql_node *lu)
{
	const struct ql_plan_code *code = k->p->code;
	int n = k->p->n_state;
	for (int i = 0; i < n; i++) {
		ql_builder_store(&k->b, f[i], QL_TO_F, i);
		ql_builder_store(&k->b, ft[i], QL_TO_FT, i);
		for (int j = 0; j < n; j++)
			if (code->slot_at[i * n + j] >= 0)
				ql_builder_store(&k->b, lu[code->slot_at[i * n + j]], QL_TO_LU, code->slot_at[i * n + j]);
	}
}

static void build_lane_programs(struct making *k)
{
	struct ql_plan *p = k->p;
	struct ql_plan_code *code = p->code;
	struct ql_builder *b = &k->b;
	const ql_node *f = k->root, *ft = f + p->n_state, *lu = ft + p->n_state, *out = lu + code->n_lu;
	b->lanes = true;
	b->k = &k->k;
	b->p = &k->ps;
	b->p->first = p->n_input;
	b->state_of_q = p->state_of_q;
	b->p_of_q = p->p_of_q;
	b->is_input = k->is_input;
	ql_builder_start(b, &k->w);
	store_all(b, f, p->n_state, QL_TO_F);
	code->rhs = ql_builder_finish(b, &p->arena);
	ql_builder_start(b, &k->w);
	store_jacobian(k, f, ft, lu);
	code->jac = ql_builder_finish(b, &p->arena);
	ql_builder_start(b, &k->w);
	store_all(b, out, p->n_out, QL_TO_OUT);
	code->out = ql_builder_finish(b, &p->arena);
	ql_builder_start(b, &k->w);
	store_all(b, out + p->n_out, p->n_trig, QL_TO_TRIG);
	code->trig = ql_builder_finish(b, &p->arena);
	p->n_k = k->k.n;
	p->n_p = p->n_input + k->ps.n;
}

static void define(struct making *k, int q)
{
	const struct ql_quantity *x = &k->m->q[q];
	ql_node def = k->g.from[definition(x)];
	if (x->kind == QL_DRAW && x->draw == QL_DRAW_POISSON) {
		ql_builder_draw_poisson(&k->b, k->uniform_of[q], def, q);
		return;
	}
	ql_builder_store(&k->b, def, x->kind == QL_PARAM ? QL_TO_Q_PARAM : QL_TO_Q, q);
	if (x->kind == QL_STATE && k->p->state_of_q[q] >= 0)
		ql_builder_store(&k->b, def, QL_TO_Y, k->p->state_of_q[q]);
}

static void build_scalar_programs(struct making *k)
{
	struct ql_plan *p = k->p;
	struct ql_plan_code *code = p->code;
	struct ql_builder *b = &k->b;
	b->lanes = false;
	ql_builder_start(b, &k->w);
	for (int i = 0; i < k->n_defined; i++)
		if (k->m->q[k->defined[i]].kind == QL_PARAM && k->var_phase[k->defined[i]] == QL_PHASE_RUN)
			define(k, k->defined[i]);
	store_all(b, k->k.node, k->k.n, QL_TO_K);
	code->run_constants = ql_builder_finish(b, &p->arena);
	ql_builder_start(b, &k->w);
	for (int i = 0; i < k->n_defined; i++)
		define(k, k->defined[i]);
	code->definitions = ql_builder_finish(b, &p->arena);
	ql_builder_start(b, &k->w);
	for (int i = 0; i < k->ps.n; i++)
		ql_builder_store(b, k->ps.node[i], QL_TO_P, p->n_input + i);
	code->patient_constants = ql_builder_finish(b, &p->arena);
}

static void find_uniforms(struct making *k)
{
	k->uniform_of = QL_NEW_N(&k->p->arena, ql_node, k->m->n_q);
	k->is_input = QL_NEW_N(&k->p->arena, unsigned char, k->m->n_q);
	for (int i = 0; i < k->m->n_q; i++) {
		k->is_input[i] = k->m->q[i].kind == QL_INPUT;
		if (k->m->q[i].kind == QL_DRAW && k->m->q[i].draw == QL_DRAW_POISSON)
			k->uniform_of[i] = ql_var(&k->g.dag, k->m->q[i].draw_random);
	}
}

/* Two plans with the same lane programs and the same layout of the factors are the same kernel. */

static uint64_t hash_program(uint64_t h, const struct ql_program *g)
{
	h = ql_hash(h, &g->n, sizeof g->n);
	for (int i = 0; i < g->n; i++) {
		const struct ql_ins *x = &g->ins[i];
		int key[6] = {x->op, x->a, x->b, x->c, x->index, x->target};
		h = ql_hash(ql_hash(h, key, sizeof key), &x->value, sizeof x->value);
	}
	return h;
}

static uint64_t hash_plan(const struct ql_plan *p)
{
	const struct ql_plan_code *code = p->code;
	int key[8] = {QL_EMIT_VERSION, p->n_state, p->n_p, p->n_k, p->n_out, p->n_trig, code->n_lu, code->autonomous};
	uint64_t h = ql_hash(QL_HASH_SEED, key, sizeof key);
	const struct ql_program *program[] = {&code->rhs, &code->jac, &code->out, &code->trig};
	for (int i = 0; i < 4; i++)
		h = hash_program(h, program[i]);
	h = ql_hash(h, code->lu_row, (size_t)code->n_lu * sizeof(int));
	h = ql_hash(h, code->lu_col, (size_t)code->n_lu * sizeof(int));
	return ql_hash(h, code->order, (size_t)p->n_state * sizeof(int));
}

static enum quell_status make_plan(void *arg)
{
	struct making *k = arg;
	struct ql_plan *p = k->p;
	p->code = QL_NEW(&p->arena, struct ql_plan_code);
	p->m = k->m;
	p->name = ql_arena_strdup(&p->arena, p->name);
	enum quell_status s = ql_activity_resolve(k->m, k->active, k->n_active, &p->arena, k->ds, &k->act);
	if (s != QUELL_OK)
		return s;
	ql_activity_prune(k->m, &k->g, &p->arena, &k->act);
	lay_out(k);
	import_rest(k);
	s = order_definitions(k);
	if (s != QUELL_OK)
		return s;
	find_uniforms(k);
	k->w.d = &k->g.dag;
	k->w.var_phase = k->var_phase;
	build_roots(k);
	ql_lower(&k->w, k->root, k->n_root);
	build_lane_programs(k);
	build_scalar_programs(k);
	p->code->activity = QL_NEW(&p->arena, struct ql_activity);
	*p->code->activity = k->act;
	p->hash = hash_plan(p);
	return QUELL_OK;
}

enum quell_status ql_plan_make(struct ql_model *m, const char *name, const char *const *active, int n_active,
			       struct ql_diags *ds, struct ql_plan **out)
{
	struct making k = {.m = m, .active = active, .n_active = n_active, .ds = ds};
	*out = NULL;
	k.p = ql_realloc(NULL, 1, sizeof *k.p);
	*k.p = (struct ql_plan){.name = name};
	enum quell_status s = ql_protect(make_plan, &k);
	free_making(&k);
	if (s != QUELL_OK) {
		ql_plan_free(k.p);
		return s;
	}
	*out = k.p;
	return QUELL_OK;
}

void ql_plan_free(struct ql_plan *p)
{
	if (!p)
		return;
	ql_arena_free(&p->arena);
	ql_free(p);
}

static int covered(const struct ql_activity *wanted, const struct ql_activity *have, const struct ql_model *m)
{
	int size = 0;
	for (int i = 0; i < m->n_dose; i++) {
		if (wanted->dose[i] && !have->dose[i])
			return -1;
		size += have->dose[i];
	}
	for (int i = 0; i < m->n_q; i++) {
		if (m->q[i].kind == QL_INPUT && wanted->q[i] && !have->q[i])
			return -1;
		size += m->q[i].kind == QL_INPUT && have->q[i];
	}
	return size;
}

int ql_kernel_set_for(const struct ql_model *m, const char *const *wanted, int n_wanted)
{
	struct ql_arena a = {0};
	struct ql_activity want, have;
	int best = -1, best_size = 0;
	if (ql_activity_resolve(m, wanted, n_wanted, &a, NULL, &want) == QUELL_OK)
		for (int i = 0; i < m->n_kernel; i++) {
			if (ql_activity_resolve(m, m->kernel[i].active, m->kernel[i].n_active, &a, NULL, &have) != QUELL_OK)
				continue;
			int size = covered(&want, &have, m);
			if (size >= 0 && (best < 0 || size < best_size)) {
				best = i;
				best_size = size;
			}
		}
	ql_arena_free(&a);
	return best;
}
