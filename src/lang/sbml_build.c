/* SPDX-License-Identifier: Apache-2.0 */
/* Rates, events and outputs of an SBML model. */
#ifdef QUELL_HAVE_SBML
#include "lang/sbml_private.h"
#include <math.h>
#include <string.h>

static ql_node sum(struct ql_sbml_reader *r, ql_node a, ql_node b) { return ql_op2(&r->m->dag, QL_OP_ADD, a, b); }
static ql_node product(struct ql_sbml_reader *r, ql_node a, ql_node b) { return ql_op2(&r->m->dag, QL_OP_MUL, a, b); }

/* --- rates --- */

static ql_node stoichiometry(struct ql_sbml_reader *r, SpeciesReference_t *ref)
{
	const char *id = SpeciesReference_getId(ref);
	int e = id && *id ? ql_sbml_find(r, id) : -1;
	if (SpeciesReference_isSetStoichiometryMath(ref)) {
		const ASTNode_t *x = StoichiometryMath_getMath(SpeciesReference_getStoichiometryMath(ref));
		if (x)
			return ql_sbml_math(r, x, QL_SB_NOW, NULL, (SBase_t *)ref);
	}
	if (e >= 0)
		return ql_sbml_value(r, e, QL_SB_NOW);
	bool level3 = SBase_getLevel((SBase_t *)ref) >= 3;
	bool given = !level3 || SpeciesReference_isSetStoichiometry(ref);
	return ql_const(&r->m->dag, given ? SpeciesReference_getStoichiometry(ref) / SpeciesReference_getDenominator(ref) : 1);
}

static ql_node conversion(struct ql_sbml_reader *r, const struct ql_sbml_entry *species)
{
	const Species_t *s = (const Species_t *)species->object;
	const char *id = Species_isSetConversionFactor(s) ? Species_getConversionFactor(s)
			 : Model_isSetConversionFactor(r->sbml) ? Model_getConversionFactor(r->sbml)
								: NULL;
	int e = id ? ql_sbml_find(r, id) : -1;
	if (id && e < 0)
		ql_sbml_complain(r, QL_E1003, species->object, "the conversion factor `%s` is defined nowhere", id);
	return e < 0 ? ql_const(&r->m->dag, 1) : ql_sbml_value(r, e, QL_SB_NOW);
}

static void add_flow(struct ql_sbml_reader *r, SpeciesReference_t *ref, ql_node rate, bool product_side)
{
	int i = ql_sbml_find(r, SpeciesReference_getSpecies(ref));
	struct ql_sbml_entry *e = &r->entry[i];
	if (!e->in_reaction || e->q < 0 || e->rate)
		return;
	ql_node flow = product(r, product(r, stoichiometry(r, ref), rate), conversion(r, e));
	ql_node *def = &r->m->q[e->q].def;
	*def = product_side ? sum(r, *def, flow) : ql_op2(&r->m->dag, QL_OP_SUB, *def, flow);
}

static void add_reactions(struct ql_sbml_reader *r)
{
	for (int i = 0; i < r->n_entry; i++) {
		if (r->entry[i].kind != QL_SB_REACTION)
			continue;
		Reaction_t *x = (Reaction_t *)r->entry[i].object;
		ql_node rate = ql_sbml_value(r, i, QL_SB_NOW);
		for (unsigned k = 0; k < Reaction_getNumReactants(x); k++)
			add_flow(r, Reaction_getReactant(x, k), rate, false);
		for (unsigned k = 0; k < Reaction_getNumProducts(x); k++)
			add_flow(r, Reaction_getProduct(x, k), rate, true);
	}
}

/* d/dt of an expression along the model's own rates. */
static ql_node along_time(struct ql_sbml_reader *r, ql_node x)
{
	struct ql_dag *d = &r->m->dag;
	struct ql_dag_memo memo = {0};
	ql_node s = ql_dag_differentiate(d, x, -1, &memo);
	ql_dag_memo_free(&memo);
	for (int i = 0; i < r->m->n_q; i++) {
		if (r->m->q[i].kind != QL_STATE)
			continue;
		memo = (struct ql_dag_memo){0};
		ql_node part = ql_dag_differentiate(d, x, i, &memo);
		ql_dag_memo_free(&memo);
		s = sum(r, s, product(r, part, r->m->q[i].def));
	}
	return s;
}

/* A rate rule of a species is about its concentration: d(amount)/dt = rate*size + concentration*d(size)/dt. */
static void add_species_rules(struct ql_sbml_reader *r)
{
	for (int i = 0; i < r->n_entry; i++) {
		struct ql_sbml_entry *e = &r->entry[i];
		if (e->kind != QL_SB_SPECIES || !e->rate || e->assigned)
			continue;
		ql_node rate = ql_sbml_math(r, e->rate, QL_SB_NOW, NULL, e->rule);
		if (!e->only_amount) {
			ql_node size = ql_sbml_value(r, e->compartment, QL_SB_NOW);
			ql_node moving = product(r, ql_sbml_value(r, i, QL_SB_NOW), along_time(r, size));
			rate = sum(r, product(r, rate, size), moving);
		}
		r->m->q[e->q].def = rate;
	}
}

static void add_infusions(struct ql_sbml_reader *r)
{
	struct ql_model *m = r->m;
	m->dose = ql_realloc(NULL, (size_t)r->n_entry + 1, sizeof *m->dose);
	for (int i = 0; i < r->n_entry; i++) {
		const struct ql_sbml_entry *e = &r->entry[i];
		if (e->kind != QL_SB_SPECIES || e->q < 0 || m->q[e->q].kind != QL_STATE)
			continue;
		int rate = ql_sbml_add_quantity(r, QL_INPUT, ql_arena_printf(r->a, "%s.rate", e->id));
		m->q[rate].def = ql_const(&m->dag, 0);
		m->q[e->q].def = sum(r, m->q[e->q].def, m->q[rate].sym);
		m->dose[m->n_dose++] = (struct ql_dose){.name = e->id,
							.module = "",
							.unit = "",
							.state = e->q,
							.scale = ql_const(&m->dag, 1),
							.rate_input = rate,
							.bioavailability = QL_NO_NODE,
							.lag = QL_NO_NODE,
							.modelled_rate = QL_NO_NODE,
							.modelled_duration = QL_NO_NODE,
							.doc = ""};
	}
}

static void set_starts(struct ql_sbml_reader *r)
{
	struct ql_model *m = r->m;
	for (int i = 0; i < r->n_entry; i++) {
		const struct ql_sbml_entry *e = &r->entry[i];
		if (e->q < 0)
			continue;
		struct ql_quantity *q = &m->q[e->q];
		if (q->kind == QL_PARAM)
			q->def = ql_const(&m->dag, e->number);
		else if (q->kind == QL_STATE)
			q->init = ql_sbml_amount(r, i, QL_SB_START);
	}
}

/* Inputs start at a number: the start value with all parameters as the file has them. */
static void set_input_defaults(struct ql_sbml_reader *r)
{
	struct ql_model *m = r->m;
	ql_node *start = QL_NEW_N(r->a, ql_node, (size_t)r->n_entry + 1);
	for (int i = 0; i < r->n_entry; i++)
		if (r->entry[i].q >= 0 && m->q[r->entry[i].q].kind == QL_INPUT)
			start[i] = ql_sbml_amount(r, i, QL_SB_START);
	double *value = QL_NEW_N(r->a, double, (size_t)m->dag.n), *var = QL_NEW_N(r->a, double, (size_t)m->n_q);
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_PARAM)
			ql_is_const(&m->dag, m->q[i].def, &var[i]);
	ql_dag_eval(&m->dag, NULL, var, 0, value);
	for (int i = 0; i < r->n_entry; i++)
		if (r->entry[i].q >= 0 && m->q[r->entry[i].q].kind == QL_INPUT)
			m->q[r->entry[i].q].def = ql_const(&m->dag, value[start[i]]);
}

void ql_sbml_make_rates(struct ql_sbml_reader *r)
{
	for (int i = 0; i < r->n_entry; i++)
		if (r->entry[i].q >= 0 && r->m->q[r->entry[i].q].kind == QL_STATE)
			r->m->q[r->entry[i].q].def = ql_const(&r->m->dag, 0);
	for (int i = 0; i < r->n_entry; i++) {
		const struct ql_sbml_entry *e = &r->entry[i];
		if (e->rate && !e->assigned && e->kind != QL_SB_SPECIES)
			r->m->q[e->q].def = ql_sbml_math(r, e->rate, QL_SB_NOW, NULL, e->rule);
	}
	add_reactions(r);
	add_species_rules(r);
	set_starts(r);
	add_infusions(r);
	if (r->ds->n_errors == r->errors)
		set_input_defaults(r);
}

/* --- events --- */

static void make_assignment(struct ql_sbml_reader *r, EventAssignment_t *ea, struct ql_sbml_event *ev,
			    struct ql_when *w)
{
	const struct ql_sbml_entry *e = &r->entry[ql_sbml_find(r, EventAssignment_getVariable(ea))];
	if (!EventAssignment_isSetMath(ea))
		return;
	if (e->q < 0) {
		ql_sbml_complain(r, QL_E1002, (SBase_t *)ea, "an event cannot set `%s`, which a rule or reaction determines",
				 e->id);
		return;
	}
	struct ql_dag *d = &r->m->dag;
	ql_node value = ql_sbml_math(r, EventAssignment_getMath(ea), QL_SB_NOW, NULL, (SBase_t *)ea);
	bool scaled = e->kind == QL_SB_SPECIES && !e->only_amount;
	ql_node size = scaled ? ql_sbml_value(r, e->compartment, QL_SB_NOW) : QL_NO_NODE;
	ev->assign[ev->n_assign++] = (struct ql_sbml_assignment){e->q, value, size};
	w->target[w->n_assign] = e->q;
	w->value[w->n_assign++] = scaled ? ql_op2(d, QL_OP_MUL, value, size) : value;
}

static void make_event(struct ql_sbml_reader *r, Event_t *x, unsigned number)
{
	Trigger_t *t = Event_getTrigger(x);
	const char *id = Event_getId(x);
	bool level3 = SBase_getLevel((SBase_t *)x) >= 3;
	if (Event_isSetDelay(x) && Delay_isSetMath(Event_getDelay(x)))
		ql_sbml_refuse(r, (SBase_t *)x, "an event with a delay");
	if (Event_isSetPriority(x) && Priority_isSetMath(Event_getPriority(x)))
		ql_sbml_refuse(r, (SBase_t *)x, "an event with a priority");
	if (!t || !Trigger_isSetMath(t))
		return;
	size_t n = Event_getNumEventAssignments(x) + 1;
	struct ql_sbml_event *ev = &r->info->event[r->info->n_event++];
	struct ql_when *w = &r->m->when[r->m->n_when];
	ev->id = id && *id ? ql_arena_strdup(r->a, id) : ql_arena_printf(r->a, "event %u", number + 1);
	ev->when = r->m->n_when++;
	ev->initial_value = !level3 || !Trigger_isSetInitialValue(t) || Trigger_getInitialValue(t);
	ev->persistent = !level3 || !Trigger_isSetPersistent(t) || Trigger_getPersistent(t);
	ev->use_trigger_values = !Event_isSetUseValuesFromTriggerTime(x) || Event_getUseValuesFromTriggerTime(x);
	ev->assign = QL_NEW_N(r->a, struct ql_sbml_assignment, n);
	w->name = ev->id;
	w->doc = "";
	w->at_start = !ev->initial_value;
	w->target = QL_NEW_N(r->a, int, n);
	w->value = QL_NEW_N(r->a, ql_node, n);
	struct ql_dag *d = &r->m->dag;
	ev->trigger = ql_op2(d, QL_OP_NE, ql_sbml_math(r, Trigger_getMath(t), QL_SB_NOW, NULL, (SBase_t *)t), ql_const(d, 0));
	w->g = ql_sbml_surrogate(r, ev->trigger);
	for (unsigned i = 0; i < Event_getNumEventAssignments(x); i++)
		make_assignment(r, Event_getEventAssignment(x, i), ev, w);
}

void ql_sbml_make_events(struct ql_sbml_reader *r)
{
	unsigned n = Model_getNumEvents(r->sbml);
	r->info = QL_NEW(r->a, struct ql_sbml);
	r->info->event = QL_NEW_N(r->a, struct ql_sbml_event, n + 1);
	r->m->when = ql_realloc(NULL, n + 1, sizeof *r->m->when);
	memset(r->m->when, 0, (n + 1) * sizeof *r->m->when);
	for (unsigned i = 0; i < n; i++)
		make_event(r, Model_getEvent(r->sbml, i), i);
}

/* --- outputs --- */

void ql_sbml_make_outputs(struct ql_sbml_reader *r)
{
	struct ql_sbml *info = r->info;
	info->symbol = QL_NEW_N(r->a, struct ql_sbml_symbol, (size_t)r->n_entry + 1);
	for (int i = 0; i < r->n_entry; i++) {
		struct ql_sbml_entry *e = &r->entry[i];
		if (!*e->id)
			continue;
		struct ql_sbml_symbol *s = &info->symbol[info->n_symbol++];
		s->id = e->id;
		s->is_species = e->kind == QL_SB_SPECIES;
		s->value = ql_sbml_value(r, i, QL_SB_NOW);
		s->amount = ql_sbml_amount(r, i, QL_SB_NOW);
		s->quantity = e->q;
		s->initial = e->q >= 0 ? ql_sbml_amount(r, i, QL_SB_START) : QL_NO_NODE;
		s->concentration = s->value;
		if (s->is_species && e->compartment >= 0)
			s->concentration = ql_op2(&r->m->dag, QL_OP_DIV, s->amount, ql_sbml_value(r, e->compartment, QL_SB_NOW));
		if (e->q >= 0 && r->m->q[e->q].kind == QL_PARAM)
			continue;
		bool constant = e->q < 0 && !e->assigned && e->kind != QL_SB_REACTION;
		int q = ql_sbml_add_quantity(r, constant ? QL_LET : QL_OUTPUT, e->id);
		r->m->q[q].def = r->m->q[q].sym = s->value;
	}
}
#else
typedef int ql_sbml_build_is_not_empty;
#endif
