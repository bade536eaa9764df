/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBML level 3 version 2, core: states are parameters with rate rules, intermediates assignment rules, threshold events and
 * doses events. Written as text, so that a build without libSBML can export, too.
 */
#include "lang/listing.h"
#include "base/io.h"
#include <math.h>
#include <string.h>

#define MATH_OPEN "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">"
#define MATH_CLOSE "</math>"
#define TIME "<csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/time\">t</csymbol>"

struct writer {
	const struct ql_export *x;
	const struct ql_listing *l;
	struct ql_buf *out;
	bool bad;
};

static void put_xml(struct ql_buf *out, const char *s)
{
	for (; *s; s++) {
		const char *as = *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '"' ? "&quot;" : NULL;
		as ? ql_buf_puts(out, as) : ql_buf_add(out, s, 1);
	}
}

static void put_value(struct ql_buf *out, double x)
{
	char text[32];
	if (isfinite(x))
		ql_buf_printf(out, " value=\"%s\"", ql_format_double(x, text));
	else
		ql_buf_printf(out, " value=\"%s\"", isnan(x) ? "NaN" : x > 0 ? "INF" : "-INF");
}

/* What the model says of a quantity: its own name, meaning, unit. */
static void put_name(struct writer *w, const struct ql_quantity *q)
{
	ql_buf_puts(w->out, " name=\"");
	put_xml(w->out, q->name);
	if (q->unit && *q->unit && strcmp(q->unit, "1") != 0) {
		ql_buf_puts(w->out, " [");
		put_xml(w->out, q->unit);
		ql_buf_puts(w->out, "]");
	}
	if (q->doc && *q->doc) {
		ql_buf_puts(w->out, ": ");
		put_xml(w->out, q->doc);
	}
	ql_buf_puts(w->out, "\"");
}

static void math(struct writer *w, ql_node n, bool own)
{
	ql_buf_puts(w->out, MATH_OPEN);
	w->bad = !ql_listing_mathml(w->l, n, own, w->out) || w->bad;
	ql_buf_puts(w->out, MATH_CLOSE);
}

static void notes(struct writer *w)
{
	ql_buf_puts(w->out, "<notes><body xmlns=\"http://www.w3.org/1999/xhtml\"><pre>");
	put_xml(w->out, w->x->note ? w->x->note : "");
	ql_buf_puts(w->out, "</pre></body></notes>\n");
}

static void parameters(struct writer *w)
{
	const struct ql_model *m = w->l->m;
	ql_buf_puts(w->out, "<listOfParameters>\n");
	for (int i = 0; i < w->l->n_leaf; i++) {
		const struct ql_leaf *p = &w->l->leaf[i];
		bool moves = m->q[p->q].kind == QL_STATE || m->q[p->q].kind == QL_INPUT;
		ql_buf_printf(w->out, "<parameter id=\"%s\" constant=\"%s\"", p->name, moves ? "false" : "true");
		put_name(w, &m->q[p->q]);
		if (m->q[p->q].kind != QL_STATE)
			put_value(w->out, p->value);
		ql_buf_puts(w->out, "/>\n");
	}
	for (int i = 0; i < w->l->n_def; i++) {
		ql_buf_printf(w->out, "<parameter id=\"%s\" constant=\"false\"", w->l->def[i].name);
		if (w->l->def[i].q)
			put_name(w, w->l->def[i].q);
		ql_buf_puts(w->out, "/>\n");
	}
	ql_buf_puts(w->out, "</listOfParameters>\n");
}

static const struct ql_leaf *state(const struct writer *w, int i) { return &w->l->leaf[w->l->n_leaf - w->l->n_state + i]; }

static void starts(struct writer *w)
{
	if (!w->l->n_state)
		return;
	ql_buf_puts(w->out, "<listOfInitialAssignments>\n");
	for (int i = 0; i < w->l->n_state; i++) {
		ql_buf_printf(w->out, "<initialAssignment symbol=\"%s\">", state(w, i)->name);
		math(w, w->l->init[i], false);
		ql_buf_puts(w->out, "</initialAssignment>\n");
	}
	ql_buf_puts(w->out, "</listOfInitialAssignments>\n");
}

static void rules(struct writer *w)
{
	if (!w->l->n_state && !w->l->n_def)
		return;
	ql_buf_puts(w->out, "<listOfRules>\n");
	for (int i = 0; i < w->l->n_def; i++) {
		const struct ql_definition *d = &w->l->def[i];
		const char *named = d->node < w->l->n_node ? w->l->node_name[d->node] : NULL;
		ql_buf_printf(w->out, "<assignmentRule variable=\"%s\">", d->name);
		math(w, d->node, named && strcmp(named, d->name) == 0);
		ql_buf_puts(w->out, "</assignmentRule>\n");
	}
	for (int i = 0; i < w->l->n_state; i++) {
		ql_buf_printf(w->out, "<rateRule variable=\"%s\">", state(w, i)->name);
		math(w, w->l->rate[i], false);
		ql_buf_puts(w->out, "</rateRule>\n");
	}
	ql_buf_puts(w->out, "</listOfRules>\n");
}

static void open_event(struct writer *w, int *number, bool from_start)
{
	ql_buf_printf(w->out, "<event id=\"event_%d\" useValuesFromTriggerTime=\"true\">\n<trigger initialValue=\"%s\" persistent=\"true\">"
			      MATH_OPEN, ++*number, from_start ? "false" : "true");
}

static void threshold_events(struct writer *w, int *number)
{
	const struct ql_model *m = w->l->m;
	for (int i = 0; i < m->n_when; i++) {
		const struct ql_when *e = &m->when[i];
		if (e->n_assign == 0)
			continue; /* a stop of the solver: SBML solvers find discontinuities themselves */
		open_event(w, number, e->at_start);
		ql_buf_puts(w->out, "<apply><gt/>");
		w->bad = !ql_listing_mathml(w->l, w->l->when_g[i], false, w->out) || w->bad;
		ql_buf_puts(w->out, "<cn>0</cn></apply>" MATH_CLOSE "</trigger>\n<listOfEventAssignments>\n");
		for (int j = 0; j < e->n_assign; j++) {
			ql_buf_printf(w->out, "<eventAssignment variable=\"%s\">", w->l->q_name[e->target[j]]);
			math(w, w->l->when_value[i][j], false);
			ql_buf_puts(w->out, "</eventAssignment>\n");
		}
		ql_buf_puts(w->out, "</listOfEventAssignments>\n</event>\n");
	}
}

/* Actions of one time are one event, since events of one time may run in any order. */
static void dose_events(struct writer *w, int *number)
{
	const struct ql_action *a = w->x->action;
	for (int i = 0, n; i < w->x->n_action; i += n) {
		open_event(w, number, true);
		ql_buf_puts(w->out, "<apply><geq/>" TIME);
		ql_mathml_number(a[i].time, w->out);
		ql_buf_puts(w->out, "</apply>" MATH_CLOSE "</trigger>\n<listOfEventAssignments>\n");
		for (n = 0; i + n < w->x->n_action && a[i + n].time == a[i].time; n++) {
			bool again = false;
			for (int j = i; j < i + n; j++)
				again = again || a[j].q == a[i + n].q;
			if (again)
				continue;
			double add = 0, set = NAN;
			for (int j = i; j < w->x->n_action && a[j].time == a[i].time; j++)
				if (a[j].q == a[i + n].q) {
					add += a[j].kind == QL_ACT_SET_INPUT ? 0 : a[j].value;
					set = a[j].kind == QL_ACT_SET_INPUT ? a[j].value : set;
				}
			const char *name = w->l->q_name[a[i + n].q];
			ql_buf_printf(w->out, "<eventAssignment variable=\"%s\">" MATH_OPEN, name);
			if (isnan(set))
				ql_buf_printf(w->out, "<apply><plus/><ci>%s</ci>", name);
			ql_mathml_number(isnan(set) ? add : set, w->out);
			ql_buf_printf(w->out, "%s" MATH_CLOSE "</eventAssignment>\n", isnan(set) ? "</apply>" : "");
		}
		ql_buf_puts(w->out, "</listOfEventAssignments>\n</event>\n");
	}
}

static void events(struct writer *w)
{
	struct ql_buf *out = w->out, list = {0};
	int number = 0;
	w->out = &list;
	threshold_events(w, &number);
	dose_events(w, &number);
	w->out = out;
	if (number)
		ql_buf_printf(out, "<listOfEvents>\n%s</listOfEvents>\n", list.data);
	ql_buf_free(&list);
}

enum quell_status ql_export_sbml(const struct ql_export *x, struct ql_diags *ds, struct ql_buf *out)
{
	struct writer w = {x, x->l, out, false};
	const struct ql_model *m = x->l->m;
	ql_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" "
			 "level=\"3\" version=\"2\">\n<model name=\"");
	put_xml(out, m->name ? m->name : "");
	ql_buf_puts(out, "\">\n");
	notes(&w);
	parameters(&w);
	starts(&w);
	rules(&w);
	events(&w);
	ql_buf_puts(out, "</model>\n</sbml>\n");
	if (!w.bad)
		return QUELL_OK;
	struct ql_diag *d = ql_diag_add(ds, QL_E1002, (struct ql_span){m->name, 0, 0, 0}, "SBML has no function lgamma, which this model uses");
	ql_diag_help(d, "transit() with a whole number of stages can be written as a chain of states");
	return QUELL_ERR_UNSUPPORTED;
}
