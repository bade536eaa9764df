/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/listing.h"
#include "lang/map.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TREE = 60 }; /* depth of what is written as one expression */

struct making {
	struct ql_listing *l;
	const struct ql_listing_options *o;
	struct ql_map names;
	ql_node *map;
	struct ql_dag_memo memo;
	struct alias {
		int q;
		ql_node node;
	} * alias;
	int n_alias;
	ql_node *named; /* [m->n_q] node that a quantity would like to name */
	unsigned char *dynamic, *mark;
	int *uses, *depth;
	int n_aux;
};

/* --- identifiers --- */

static bool is_reserved(const struct making *k, const char *word)
{
	for (const char *const *r = k->o->reserved; r && *r; r++)
		if (strcmp(*r, word) == 0)
			return true;
	return false;
}

/* Letters, digits and `_`, not a word of the format, not taken yet. */
static const char *identifier(struct making *k, const char *text)
{
	char *id = ql_arena_printf(&k->l->a, "%s%s", isdigit((unsigned char)*text) || *text == '_' ? "x" : "", text);
	size_t n = 0;
	for (const char *c = id; *c; c++)
		if (isalnum((unsigned char)*c))
			id[n++] = *c;
		else if (n && id[n - 1] != '_')
			id[n++] = '_';
	while (n > 1 && id[n - 1] == '_')
		n--;
	id[n] = 0;
	const char *unique = id;
	for (int i = 2; ql_map_get(&k->names, unique) >= 0 || is_reserved(k, unique); i++)
		unique = ql_arena_printf(&k->l->a, "%s_%d", id, i);
	ql_map_set(&k->names, unique, 1);
	return unique;
}

/* --- what each quantity is in the listing --- */

static ql_node put_in(struct making *k, ql_node n)
{
	struct ql_model *m = k->l->m;
	return n == QL_NO_NODE ? n : ql_dag_substitute(&m->dag, n, k->map, m->n_q, QL_NO_NODE, &k->memo);
}

/* The memo holds what was substituted under the map as it was then. */
static void forget(struct making *k)
{
	for (int i = 0; i < k->memo.n; i++)
		k->memo.to[i] = QL_NO_NODE;
}

static bool is_leaf_parameter(const struct making *k, int i)
{
	const struct ql_quantity *q = &k->l->m->q[i];
	double x;
	return q->def == QL_NO_NODE || (k->o->fixed && k->o->fixed[i]) || ql_is_const(&k->l->m->dag, q->def, &x);
}

static void map_quantity(struct making *k, int i)
{
	struct ql_dag *d = &k->l->m->dag;
	const struct ql_quantity *q = &k->l->m->q[i];
	switch (q->kind) {
	case QL_RANDOM: k->map[i] = ql_const(d, q->draw == QL_DRAW_UNIFORM ? 0.5 : 0); break;
	case QL_ACTIVE: k->map[i] = ql_const(d, k->o->active[i]); break;
	case QL_INPUT:
		if (!k->o->keep_input[i])
			k->map[i] = ql_const(d, k->o->value[i]);
		break;
	case QL_DRAW:
		if (q->draw == QL_DRAW_POISSON)
			k->map[i] = ql_const(d, k->o->value[i]);
		else
			k->named[i] = k->map[i] = put_in(k, q->def);
		break;
	case QL_PARAM:
		if (!is_leaf_parameter(k, i))
			k->named[i] = k->map[i] = put_in(k, q->def);
		break;
	default: return;
	}
	if (k->map[i] != QL_NO_NODE)
		forget(k);
}

static void map_all(struct making *k)
{
	struct ql_model *m = k->l->m;
	/* parameters and draws use only those before them, and random quantities, which may stand behind */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < m->n_q; i++) {
			bool first = m->q[i].kind == QL_RANDOM || m->q[i].kind == QL_ACTIVE || m->q[i].kind == QL_INPUT;
			if (first == (pass == 0))
				map_quantity(k, i);
		}
}

/* --- roots --- */

static void states(struct making *k)
{
	struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	l->rate = QL_NEW_N(&l->a, ql_node, (size_t)m->n_q + 1);
	l->init = QL_NEW_N(&l->a, ql_node, (size_t)m->n_q + 1);
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_STATE) {
			l->rate[l->n_state] = put_in(k, m->q[i].def);
			l->init[l->n_state++] = put_in(k, m->q[i].init);
		}
}

static void events_and_doses(struct making *k)
{
	struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	l->when_g = QL_NEW_N(&l->a, ql_node, (size_t)m->n_when + 1);
	l->when_value = QL_NEW_N(&l->a, ql_node *, (size_t)m->n_when + 1);
	for (int i = 0; i < m->n_when; i++) {
		l->when_g[i] = put_in(k, m->when[i].g);
		l->when_value[i] = QL_NEW_N(&l->a, ql_node, (size_t)m->when[i].n_assign + 1);
		for (int j = 0; j < m->when[i].n_assign; j++)
			l->when_value[i][j] = put_in(k, m->when[i].value[j]);
	}
	ql_node **to[5] = {&l->dose_scale, &l->dose_f, &l->dose_lag, &l->dose_rate, &l->dose_duration};
	for (int j = 0; j < 5; j++)
		*to[j] = QL_NEW_N(&l->a, ql_node, (size_t)m->n_dose + 1);
	for (int i = 0; i < m->n_dose; i++) {
		const struct ql_dose *d = &m->dose[i];
		const ql_node from[5] = {d->scale, d->bioavailability, d->lag, d->modelled_rate, d->modelled_duration};
		for (int j = 0; j < 5; j++)
			(*to[j])[i] = put_in(k, from[j]);
	}
}

static void lets_and_outputs(struct making *k)
{
	const struct ql_model *m = k->l->m;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_LET || m->q[i].kind == QL_OUTPUT)
			k->named[i] = put_in(k, m->q[i].def);
}

/* --- names for nodes --- */

static bool is_atom(const struct ql_dag *d, ql_node n) { return ql_op_arity(d->node[n].op) == 0; }

static void name_nodes(struct making *k)
{
	struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	l->n_node = m->dag.n;
	l->node_name = QL_NEW_N(&l->a, const char *, (size_t)l->n_node + 1);
	k->alias = QL_NEW_N(&l->a, struct alias, (size_t)m->n_q + 1);
	/* outputs take the names of shared nodes first: they are what a reader looks for */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < m->n_q; i++) {
			ql_node n = k->named[i];
			bool output = m->q[i].kind == QL_OUTPUT;
			if (n == QL_NO_NODE || output != (pass == 0))
				continue;
			if (!is_atom(&m->dag, n) && !l->node_name[n])
				l->node_name[n] = l->q_name[i] = identifier(k, m->q[i].name);
			else if (output) {
				l->q_name[i] = identifier(k, m->q[i].name);
				k->alias[k->n_alias++] = (struct alias){i, n};
			}
		}
}

static int collect_roots(const struct making *k, ql_node *root)
{
	const struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	int n = 0;
	for (int i = 0; i < l->n_state; i++) {
		root[n++] = l->rate[i];
		root[n++] = l->init[i];
	}
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_OUTPUT)
			root[n++] = k->named[i];
	for (int i = 0; i < m->n_when; i++) {
		root[n++] = l->when_g[i];
		for (int j = 0; j < m->when[i].n_assign; j++)
			root[n++] = l->when_value[i][j];
	}
	const ql_node *dose[5] = {l->dose_scale, l->dose_f, l->dose_lag, l->dose_rate, l->dose_duration};
	for (int i = 0; i < m->n_dose; i++)
		for (int j = 0; j < 5; j++)
			root[n++] = dose[j][i];
	return n;
}

static void count_use(struct making *k, ql_node n)
{
	if (n != QL_NO_NODE)
		k->uses[n]++;
}

/* Marks what is needed, counts uses, and names what is shared or deep. */
static void survey(struct making *k)
{
	struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	const struct ql_dag *d = &m->dag;
	size_t most = 2 * (size_t)l->n_state + (size_t)m->n_q + 5 * (size_t)m->n_dose + 1;
	for (int i = 0; i < m->n_when; i++)
		most += 1 + (size_t)m->when[i].n_assign;
	ql_node *root = QL_NEW_N(&l->a, ql_node, most);
	int n_root = collect_roots(k, root);
	k->mark = QL_NEW_N(&l->a, unsigned char, (size_t)d->n + 1);
	k->dynamic = QL_NEW_N(&l->a, unsigned char, (size_t)d->n + 1);
	k->uses = QL_NEW_N(&l->a, int, (size_t)d->n + 1);
	k->depth = QL_NEW_N(&l->a, int, (size_t)d->n + 1);
	ql_dag_reach(d, root, n_root, k->mark);
	for (int i = 0; i < n_root; i++)
		count_use(k, root[i]);
	for (ql_node n = 0; n < d->n; n++)
		if (k->mark[n]) {
			count_use(k, d->node[n].a);
			count_use(k, d->node[n].b);
			count_use(k, d->node[n].c);
		}
	for (ql_node n = 0; n < d->n; n++) {
		const struct ql_dag_node *x = &d->node[n];
		const ql_node arg[3] = {x->a, x->b, x->c};
		if (!k->mark[n])
			continue;
		k->dynamic[n] = x->op == QL_OP_TIME ||
				(x->op == QL_OP_VAR && (m->q[x->var].kind == QL_STATE || m->q[x->var].kind == QL_INPUT));
		for (int j = 0; j < 3; j++)
			if (arg[j] != QL_NO_NODE) {
				k->dynamic[n] = k->dynamic[n] || k->dynamic[arg[j]];
				int depth = l->node_name[arg[j]] ? 1 : k->depth[arg[j]] + 1;
				k->depth[n] = depth > k->depth[n] ? depth : k->depth[n];
			}
		bool shared = k->uses[n] > 1 && x->op != QL_OP_NEG;
		if (!is_atom(d, n) && !l->node_name[n] && (shared || k->depth[n] > MAX_TREE)) {
			char name[32];
			snprintf(name, sizeof name, "v%d", ++k->n_aux);
			l->node_name[n] = identifier(k, name);
		}
	}
}

static void definitions(struct making *k)
{
	struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	const struct ql_quantity **who = QL_NEW_N(&l->a, const struct ql_quantity *, (size_t)m->dag.n + 1);
	for (int i = 0; i < m->n_q; i++)
		if (k->named[i] != QL_NO_NODE && l->q_name[i] && l->node_name[k->named[i]] == l->q_name[i])
			who[k->named[i]] = &m->q[i];
	l->def = QL_NEW_N(&l->a, struct ql_definition, (size_t)m->dag.n + (size_t)k->n_alias + 1);
	for (ql_node n = 0; n < m->dag.n; n++)
		if (k->mark[n] && l->node_name[n])
			l->def[l->n_def++] = (struct ql_definition){l->node_name[n], n, who[n], k->dynamic[n]};
	for (int i = 0; i < k->n_alias; i++)
		l->def[l->n_def++] = (struct ql_definition){l->q_name[k->alias[i].q], k->alias[i].node, &m->q[k->alias[i].q],
							    k->dynamic[k->alias[i].node]};
}

/* --- leaves --- */

static bool is_read(const struct making *k, int i)
{
	ql_node sym = k->l->m->q[i].sym;
	return sym != QL_NO_NODE && sym < k->l->n_node && k->mark[sym];
}

static void name_leaves(struct making *k)
{
	struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	for (int i = 0; i < m->n_q; i++) {
		enum ql_kind kind = m->q[i].kind;
		bool leaf = kind == QL_COVARIATE || kind == QL_AGENT || kind == QL_STATE || (kind == QL_INPUT && k->o->keep_input[i]) ||
			    (kind == QL_PARAM && is_leaf_parameter(k, i));
		bool clock = kind == QL_INPUT && strchr(m->q[i].name, '(');
		if (leaf && clock && k->o->clock_calls)
			l->q_name[i] = m->q[i].name;
		else if (leaf)
			l->q_name[i] = identifier(k, m->q[i].name);
	}
}

static void leaves(struct making *k)
{
	struct ql_listing *l = k->l;
	const struct ql_model *m = l->m;
	l->leaf = QL_NEW_N(&l->a, struct ql_leaf, (size_t)m->n_q + 1);
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < m->n_q; i++) {
			bool state = m->q[i].kind == QL_STATE, definition = k->named[i] != QL_NO_NODE;
			if (!l->q_name[i] || definition || state != (pass == 1))
				continue;
			/* inputs that only doses move are kept though no expression reads them */
			if (state || m->q[i].kind == QL_INPUT || is_read(k, i))
				l->leaf[l->n_leaf++] = (struct ql_leaf){i, l->q_name[i], k->o->value[i]};
		}
}

static enum quell_status make(void *arg)
{
	struct making *k = arg;
	struct ql_listing *l = k->l;
	int n_q = l->m->n_q;
	k->map = QL_NEW_N(&l->a, ql_node, (size_t)n_q + 1);
	k->named = QL_NEW_N(&l->a, ql_node, (size_t)n_q + 1);
	l->q_name = QL_NEW_N(&l->a, const char *, (size_t)n_q + 1);
	for (int i = 0; i < n_q; i++)
		k->map[i] = k->named[i] = QL_NO_NODE;
	map_all(k);
	name_leaves(k);
	states(k);
	events_and_doses(k);
	lets_and_outputs(k);
	name_nodes(k);
	survey(k);
	definitions(k);
	leaves(k);
	return QUELL_OK;
}

enum quell_status ql_listing_make(struct ql_model *m, const struct ql_listing_options *o, struct ql_diags *ds,
				  struct ql_listing *out)
{
	(void)ds;
	struct making k = {.l = out, .o = o};
	*out = (struct ql_listing){.m = m};
	enum quell_status s = ql_protect(make, &k);
	ql_map_free(&k.names);
	ql_dag_memo_free(&k.memo);
	return s;
}

void ql_listing_free(struct ql_listing *l) { ql_arena_free(&l->a); }
