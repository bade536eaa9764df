/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/sbml.h"
#ifdef QUELL_HAVE_SBML
#include "base/io.h"
#include "lang/sbml_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The text of a line without its indentation; libSBML's columns are those of the ends of tags. */
static struct ql_span line_span(const struct ql_sbml_reader *r, int line)
{
	const char *s = r->text;
	for (int i = 1; s && i < line; i++) {
		s = strchr(s, '\n');
		s = s ? s + 1 : NULL;
	}
	if (!s || line < 1)
		return (struct ql_span){r->file, 0, 0, 0};
	size_t indent = strspn(s, " \t"), n = strcspn(s + indent, "\r\n");
	return (struct ql_span){r->file, line, (int)indent + 1, (int)(n < 200 ? n : 200)};
}

struct ql_diag *ql_sbml_complain(struct ql_sbml_reader *r, enum ql_code code, const SBase_t *at, const char *fmt, ...)
{
	struct ql_span span = at ? line_span(r, (int)SBase_getLine(at)) : (struct ql_span){r->file, 0, 0, 0};
	va_list ap;
	va_start(ap, fmt);
	char *text = ql_arena_vprintf(r->a, fmt, ap);
	va_end(ap);
	return ql_diag_add(r->ds, code, span, "%s", text);
}

void ql_sbml_refuse(struct ql_sbml_reader *r, const SBase_t *at, const char *what)
{
	struct ql_diag *d = ql_sbml_complain(r, QL_E1002, at, "%s is not supported", what);
	ql_diag_help(d, "remove it from the model, or use a simulator that has it");
	r->unsupported = true;
}

int ql_sbml_find(const struct ql_sbml_reader *r, const char *id) { return ql_map_get(&r->ids, id); }

/* --- what is in the file --- */

static struct ql_sbml_entry *add_entry(struct ql_sbml_reader *r, const char *id, enum ql_sbml_kind kind, void *object)
{
	struct ql_sbml_entry *e = &r->entry[r->n_entry];
	*e = (struct ql_sbml_entry){.id = ql_arena_strdup(r->a, id ? id : ""), .kind = kind, .object = object, .compartment = -1, .q = -1, .held = QL_NO_NODE};
	for (int i = 0; i < 2; i++)
		e->value[i] = e->amount[i] = QL_NO_NODE;
	if (*e->id)
		ql_map_set(&r->ids, e->id, r->n_entry);
	r->n_entry++;
	return e;
}

static void collect_compartments(struct ql_sbml_reader *r)
{
	for (unsigned i = 0; i < Model_getNumCompartments(r->sbml); i++) {
		Compartment_t *c = Model_getCompartment(r->sbml, i);
		struct ql_sbml_entry *e = add_entry(r, Compartment_getId(c), QL_SB_COMPARTMENT, c);
		bool level1 = SBase_getLevel((SBase_t *)c) == 1;
		e->given = level1 || Compartment_isSetSize(c);
		e->number = e->given ? Compartment_getSize(c) : NAN;
	}
}

/* A species in a compartment without dimension, or one without a known size, is an amount. */
static void collect_species(struct ql_sbml_reader *r)
{
	for (unsigned i = 0; i < Model_getNumSpecies(r->sbml); i++) {
		Species_t *s = Model_getSpecies(r->sbml, i);
		struct ql_sbml_entry *e = add_entry(r, Species_getId(s), QL_SB_SPECIES, s);
		e->compartment = ql_sbml_find(r, Species_getCompartment(s) ? Species_getCompartment(s) : "");
		e->only_amount = Species_getHasOnlySubstanceUnits(s);
		if (e->compartment < 0) {
			ql_sbml_complain(r, QL_E1003, e->object, "the compartment of species `%s` is defined nowhere", e->id);
			e->only_amount = true;
		} else {
			Compartment_t *c = (Compartment_t *)r->entry[e->compartment].object;
			if (Compartment_getSpatialDimensionsAsDouble(c) == 0)
				e->only_amount = true;
		}
		e->given = Species_isSetInitialAmount(s) || Species_isSetInitialConcentration(s);
		e->given_concentration = !Species_isSetInitialAmount(s) && Species_isSetInitialConcentration(s);
		e->number = e->given_concentration ? Species_getInitialConcentration(s)
			    : e->given		   ? Species_getInitialAmount(s)
						   : NAN;
	}
}

static void collect_parameters(struct ql_sbml_reader *r)
{
	for (unsigned i = 0; i < Model_getNumParameters(r->sbml); i++) {
		Parameter_t *p = Model_getParameter(r->sbml, i);
		struct ql_sbml_entry *e = add_entry(r, Parameter_getId(p), QL_SB_PARAMETER, p);
		e->given = Parameter_isSetValue(p);
		e->number = e->given ? Parameter_getValue(p) : NAN;
	}
}

static void collect_reference(struct ql_sbml_reader *r, SpeciesReference_t *ref)
{
	const char *id = SpeciesReference_getId(ref);
	if (SpeciesReference_isModifier(ref) || !id || !*id)
		return;
	struct ql_sbml_entry *e = add_entry(r, id, QL_SB_STOICHIOMETRY, ref);
	bool level3 = SBase_getLevel((SBase_t *)ref) >= 3;
	e->given = !level3 || SpeciesReference_isSetStoichiometry(ref);
	e->number = e->given ? SpeciesReference_getStoichiometry(ref) : NAN;
}

static void mark_changed(struct ql_sbml_reader *r, SpeciesReference_t *ref)
{
	const char *id = SpeciesReference_getSpecies(ref);
	int e = id ? ql_sbml_find(r, id) : -1;
	if (e < 0 || r->entry[e].kind != QL_SB_SPECIES) {
		ql_sbml_complain(r, QL_E1003, (SBase_t *)ref, "the species `%s` is defined nowhere", id ? id : "");
		return;
	}
	Species_t *s = (Species_t *)r->entry[e].object;
	if (!Species_getBoundaryCondition(s) && !Species_getConstant(s))
		r->entry[e].in_reaction = true;
}

static void collect_reactions(struct ql_sbml_reader *r)
{
	for (unsigned i = 0; i < Model_getNumReactions(r->sbml); i++) {
		Reaction_t *x = Model_getReaction(r->sbml, i);
		add_entry(r, Reaction_getId(x), QL_SB_REACTION, x);
		if (Reaction_isSetFast(x) && Reaction_getFast(x))
			ql_sbml_refuse(r, (SBase_t *)x, "a fast reaction");
		for (unsigned k = 0; k < Reaction_getNumReactants(x); k++)
			collect_reference(r, Reaction_getReactant(x, k));
		for (unsigned k = 0; k < Reaction_getNumProducts(x); k++)
			collect_reference(r, Reaction_getProduct(x, k));
	}
	for (unsigned i = 0; i < Model_getNumReactions(r->sbml); i++) {
		Reaction_t *x = Model_getReaction(r->sbml, i);
		for (unsigned k = 0; k < Reaction_getNumReactants(x); k++)
			mark_changed(r, Reaction_getReactant(x, k));
		for (unsigned k = 0; k < Reaction_getNumProducts(x); k++)
			mark_changed(r, Reaction_getProduct(x, k));
	}
}

static void set_rule(struct ql_sbml_entry *e, Rule_t *rule)
{
	if (!Rule_isSetMath(rule))
		return;
	e->rule = (SBase_t *)rule;
	if (Rule_isRate(rule))
		e->rate = Rule_getMath(rule);
	else
		e->assigned = Rule_getMath(rule);
}

static void collect_rules(struct ql_sbml_reader *r)
{
	for (unsigned i = 0; i < Model_getNumRules(r->sbml); i++) {
		Rule_t *rule = Model_getRule(r->sbml, i);
		if (Rule_isAlgebraic(rule)) {
			if (Rule_isSetMath(rule))
				ql_sbml_refuse(r, (SBase_t *)rule, "an algebraic rule");
			continue;
		}
		int e = ql_sbml_find(r, Rule_getVariable(rule));
		if (e < 0)
			ql_sbml_complain(r, QL_E1003, (SBase_t *)rule, "the rule's variable `%s` is defined nowhere",
					 Rule_getVariable(rule));
		else
			set_rule(&r->entry[e], rule);
	}
	for (unsigned i = 0; i < Model_getNumInitialAssignments(r->sbml); i++) {
		InitialAssignment_t *ia = Model_getInitialAssignment(r->sbml, i);
		int e = ql_sbml_find(r, InitialAssignment_getSymbol(ia));
		if (e < 0)
			ql_sbml_complain(r, QL_E1003, (SBase_t *)ia, "`%s` is defined nowhere",
					 InitialAssignment_getSymbol(ia));
		else if (InitialAssignment_isSetMath(ia)) {
			r->entry[e].initial = InitialAssignment_getMath(ia);
			r->entry[e].start = (SBase_t *)ia;
		}
	}
}

static void collect_event_targets(struct ql_sbml_reader *r)
{
	for (unsigned i = 0; i < Model_getNumEvents(r->sbml); i++) {
		Event_t *ev = Model_getEvent(r->sbml, i);
		for (unsigned k = 0; k < Event_getNumEventAssignments(ev); k++) {
			EventAssignment_t *ea = Event_getEventAssignment(ev, k);
			int e = ql_sbml_find(r, EventAssignment_getVariable(ea));
			if (e < 0)
				ql_sbml_complain(r, QL_E1003, (SBase_t *)ea, "`%s` is defined nowhere",
						 EventAssignment_getVariable(ea));
			else if (EventAssignment_isSetMath(ea))
				r->entry[e].by_event = true;
		}
	}
}

void ql_sbml_collect(struct ql_sbml_reader *r)
{
	size_t n = Model_getNumCompartments(r->sbml) + Model_getNumSpecies(r->sbml) + Model_getNumParameters(r->sbml);
	for (unsigned i = 0; i < Model_getNumReactions(r->sbml); i++) {
		Reaction_t *x = Model_getReaction(r->sbml, i);
		n += 1 + Reaction_getNumReactants(x) + Reaction_getNumProducts(x);
	}
	r->entry = QL_NEW_N(r->a, struct ql_sbml_entry, n + 1);
	collect_compartments(r);
	collect_species(r);
	collect_parameters(r);
	collect_reactions(r);
	collect_rules(r);
	collect_event_targets(r);
}

/* --- quantities --- */

int ql_sbml_add_quantity(struct ql_sbml_reader *r, enum ql_kind kind, const char *name)
{
	struct ql_model *m = r->m;
	int i = m->n_q++;
	m->q[i] = ql_quantity_blank(kind, name);
	m->q[i].span = (struct ql_span){r->file, 0, 0, 0};
	m->q[i].sym = m->q[i].realised = ql_var(&m->dag, i);
	return i;
}

static bool is_state(const struct ql_sbml_entry *e) { return !e->assigned && (e->rate || e->in_reaction); }

/* A name for the quantity behind a varying symbol, which itself is an output. */
static const char *held_name(struct ql_sbml_reader *r, const struct ql_sbml_entry *e)
{
	return ql_arena_printf(r->a, e->kind == QL_SB_SPECIES ? "%s.amount" : "%s.value", e->id);
}

void ql_sbml_make_quantities(struct ql_sbml_reader *r)
{
	r->m->q = ql_realloc(NULL, (size_t)r->n_entry * 3 + 1, sizeof *r->m->q); /* with outputs and infusion rates */
	for (int i = 0; i < r->n_entry; i++) {
		struct ql_sbml_entry *e = &r->entry[i];
		if (e->kind == QL_SB_REACTION || e->assigned)
			continue;
		if (is_state(e))
			e->q = ql_sbml_add_quantity(r, QL_STATE, held_name(r, e));
		else if (e->by_event)
			e->q = ql_sbml_add_quantity(r, QL_INPUT, held_name(r, e));
		else if (!e->initial) /* constants with an initial assignment are lets, made with the outputs */
			e->q = ql_sbml_add_quantity(r, QL_PARAM, e->id);
		e->held = e->q >= 0 ? r->m->q[e->q].sym : QL_NO_NODE;
	}
}

/* --- values --- */

static ql_node size_of(struct ql_sbml_reader *r, const struct ql_sbml_entry *e, enum ql_sbml_mode mode)
{
	return e->compartment < 0 ? ql_const(&r->m->dag, 1) : ql_sbml_value(r, e->compartment, mode);
}

static ql_node times(struct ql_sbml_reader *r, ql_node a, ql_node b) { return ql_op2(&r->m->dag, QL_OP_MUL, a, b); }
static ql_node over(struct ql_sbml_reader *r, ql_node a, ql_node b) { return ql_op2(&r->m->dag, QL_OP_DIV, a, b); }

/* Sets value and amount from the symbol's value as maths reads it. */
static void from_value(struct ql_sbml_reader *r, struct ql_sbml_entry *e, enum ql_sbml_mode mode, ql_node value)
{
	e->value[mode] = value;
	e->amount[mode] = e->kind == QL_SB_SPECIES && !e->only_amount ? times(r, value, size_of(r, e, mode)) : value;
}

static void from_amount(struct ql_sbml_reader *r, struct ql_sbml_entry *e, enum ql_sbml_mode mode, ql_node amount)
{
	e->amount[mode] = amount;
	e->value[mode] = e->kind == QL_SB_SPECIES && !e->only_amount ? over(r, amount, size_of(r, e, mode)) : amount;
}

static ql_node reaction_rate(struct ql_sbml_reader *r, const struct ql_sbml_entry *e, enum ql_sbml_mode mode)
{
	KineticLaw_t *k = Reaction_getKineticLaw((Reaction_t *)e->object);
	if (!k || !KineticLaw_isSetMath(k))
		return ql_const(&r->m->dag, 0);
	bool level3 = SBase_getLevel((SBase_t *)k) >= 3;
	unsigned n = level3 ? KineticLaw_getNumLocalParameters(k) : KineticLaw_getNumParameters(k);
	struct ql_sbml_scope scope = {NULL, QL_NEW_N(r->a, const char *, n), QL_NEW_N(r->a, ql_node, n), (int)n};
	for (unsigned i = 0; i < n; i++) {
		LocalParameter_t *lp = level3 ? KineticLaw_getLocalParameter(k, i) : NULL;
		Parameter_t *p = level3 ? NULL : KineticLaw_getParameter(k, i);
		bool set = level3 ? LocalParameter_isSetValue(lp) : Parameter_isSetValue(p);
		double x = level3 ? LocalParameter_getValue(lp) : Parameter_getValue(p);
		scope.name[i] = level3 ? LocalParameter_getId(lp) : Parameter_getId(p);
		scope.value[i] = ql_const(&r->m->dag, set ? x : NAN);
	}
	return ql_sbml_math(r, KineticLaw_getMath(k), mode, &scope, (SBase_t *)k);
}

/* Value at the start of what is no rule's: initial assignment, or attribute. A constant is its parameter. */
static void start_value(struct ql_sbml_reader *r, struct ql_sbml_entry *e)
{
	bool parameter = e->q >= 0 && r->m->q[e->q].kind == QL_PARAM;
	ql_node given = parameter ? e->held : ql_const(&r->m->dag, e->number);
	if (e->initial)
		from_value(r, e, QL_SB_START, ql_sbml_math(r, e->initial, QL_SB_START, NULL, e->start));
	else if (e->kind != QL_SB_SPECIES || !e->given_concentration)
		from_amount(r, e, QL_SB_START, given);
	else
		from_amount(r, e, QL_SB_START, times(r, given, size_of(r, e, QL_SB_START)));
}

static void work_out(struct ql_sbml_reader *r, struct ql_sbml_entry *e, enum ql_sbml_mode mode)
{
	bool constant = e->q < 0 || r->m->q[e->q].kind == QL_PARAM;
	if (e->kind == QL_SB_REACTION)
		from_value(r, e, mode, reaction_rate(r, e, mode));
	else if (e->assigned)
		from_value(r, e, mode, ql_sbml_math(r, e->assigned, mode, NULL, e->rule));
	else if (mode == QL_SB_START)
		start_value(r, e);
	else if (constant) /* what nothing changes keeps the amount that it had at the start */
		from_amount(r, e, mode, ql_sbml_amount(r, (int)(e - r->entry), QL_SB_START));
	else
		from_amount(r, e, mode, e->held);
}

static void settle(struct ql_sbml_reader *r, int entry, enum ql_sbml_mode mode)
{
	struct ql_sbml_entry *e = &r->entry[entry];
	if (e->busy[mode] == 2)
		return;
	if (e->busy[mode] == 1) {
		ql_sbml_complain(r, QL_E1004, e->object, "`%s` depends on itself", e->id ? e->id : "");
		e->value[mode] = e->amount[mode] = ql_const(&r->m->dag, 0);
		return;
	}
	e->busy[mode] = 1;
	r->depth += 5; /* a chain of assignments is a chain of calls too */
	work_out(r, e, mode);
	r->depth -= 5;
	e->busy[mode] = 2;
}

ql_node ql_sbml_value(struct ql_sbml_reader *r, int entry, enum ql_sbml_mode mode)
{
	settle(r, entry, mode);
	return r->entry[entry].value[mode];
}

ql_node ql_sbml_amount(struct ql_sbml_reader *r, int entry, enum ql_sbml_mode mode)
{
	settle(r, entry, mode);
	return r->entry[entry].amount[mode];
}

/* --- the whole --- */

static bool read_errors(struct ql_sbml_reader *r, SBMLDocument_t *doc)
{
	for (unsigned i = 0; i < SBMLDocument_getNumErrors(doc); i++) {
		const XMLError_t *e = (const XMLError_t *)SBMLDocument_getError(doc, i);
		if (!XMLError_isError(e) && !XMLError_isFatal(e))
			continue;
		struct ql_span span = {r->file, (int)XMLError_getLine(e), (int)XMLError_getColumn(e), 1};
		const char *text = XMLError_getShortMessage(e);
		struct ql_diag *d = ql_diag_add(r->ds, QL_E1001, span, "%s", text && *text ? text : "malformed SBML");
		const char *more = XMLError_getMessage(e);
		size_t n = more ? strcspn(more, "\n") : 0;
		if (n)
			ql_diag_note(d, (struct ql_span){0}, "libSBML: %.*s", (int)(n < 300 ? n : 300), more);
	}
	return r->ds->n_errors == r->errors;
}

static void check_packages(struct ql_sbml_reader *r, SBMLDocument_t *doc)
{
	const XMLNamespaces_t *ns = SBMLDocument_getNamespaces(doc);
	for (int i = 0; ns && i < XMLNamespaces_getLength(ns); i++) {
		char *prefix = XMLNamespaces_getPrefix(ns, i), *uri = XMLNamespaces_getURI(ns, i); /* copies */
		const char *name = ql_arena_strdup(r->a, prefix ? prefix : "");
		bool package = uri && strstr(uri, "sbml/level3/version1/") != NULL;
		free(prefix);
		free(uri);
		if (package && *name && SBMLDocument_getPackageRequired(doc, name))
			ql_sbml_refuse(r, NULL, ql_arena_printf(r->a, "the package `%s`", name));
	}
}

static void build(struct ql_sbml_reader *r, SBMLDocument_t *doc)
{
	check_packages(r, doc);
	r->sbml = SBMLDocument_getModel(doc);
	if (!r->sbml) {
		ql_sbml_complain(r, QL_E1001, NULL, "the file holds no model");
		return;
	}
	const char *name = Model_getId(r->sbml);
	r->m->name = ql_arena_strdup(r->a, name && *name ? name : "model");
	name = Model_getName(r->sbml);
	r->m->doc = ql_arena_strdup(r->a, name ? name : "");
	ql_sbml_collect(r);
	if (r->ds->n_errors > r->errors)
		return;
	ql_sbml_make_quantities(r);
	ql_sbml_make_rates(r);
	ql_sbml_make_events(r);
	if (r->ds->n_errors == r->errors)
		ql_sbml_make_outputs(r);
	ql_model_index_names(r->m);
}

struct load {
	struct ql_sbml_reader r;
	const char *path;
	SBMLDocument_t *doc;
};

static enum quell_status load(void *arg)
{
	struct load *l = arg;
	struct ql_sbml_reader *r = &l->r;
	const struct ql_source *src;
	enum quell_status s = ql_read_source(r->ds, l->path, &src);
	if (s != QUELL_OK)
		return s;
	r->file = src->file;
	r->text = src->text;
	r->m->hash = ql_hash(QL_HASH_SEED, src->text, src->len);
	l->doc = readSBMLFromString(src->text);
	if (!read_errors(r, l->doc))
		return QUELL_ERR_INPUT;
	build(r, l->doc);
	if (r->ds->n_errors > r->errors)
		return r->unsupported ? QUELL_ERR_UNSUPPORTED : QUELL_ERR_INPUT;
	return QUELL_OK;
}

enum quell_status ql_sbml_load(const char *path, struct ql_diags *ds, struct ql_model **out, struct ql_sbml **info)
{
	*out = NULL;
	struct ql_model *m = ql_model_new();
	struct load l = {.r = {.m = m, .a = &m->arena, .ds = ds, .errors = ds->n_errors, .file = path}, .path = path};
	enum quell_status s = ql_protect(load, &l);
	if (l.doc)
		SBMLDocument_free(l.doc);
	ql_map_free(&l.r.ids);
	if (s != QUELL_OK) {
		ql_model_free(m);
		return s;
	}
	*out = m;
	if (info)
		*info = l.r.info;
	return QUELL_OK;
}
#else
enum quell_status ql_sbml_load(const char *path, struct ql_diags *ds, struct ql_model **out, struct ql_sbml **info)
{
	*out = NULL;
	if (info)
		*info = NULL;
	struct ql_diag *d = ql_diag_add(ds, QL_E1006, (struct ql_span){path, 0, 0, 0}, "this quell was built without SBML");
	ql_diag_help(d, "install libsbml5-dev and build again");
	return QUELL_ERR_UNSUPPORTED;
}
#endif
