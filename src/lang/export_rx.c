/* SPDX-License-Identifier: Apache-2.0 */
/* A model as text for rxode2 and for mrgsolve. Both give doses by data; neither finds roots of threshold events. */
#include "lang/listing.h"
#include "base/io.h"
#include <math.h>
#include <string.h>

static const struct ql_leaf *state(const struct ql_listing *l, int i) { return &l->leaf[l->n_leaf - l->n_state + i]; }

static void comment(struct ql_buf *out, const char *sign, const char *text)
{
	for (const char *line = text; line && *line;) {
		const char *end = strchr(line, '\n');
		size_t n = end ? (size_t)(end - line) : strlen(line);
		ql_buf_puts(out, sign);
		ql_buf_add(out, line, n);
		ql_buf_puts(out, "\n");
		line = end ? end + 1 : NULL;
	}
}

static void put_doc(struct ql_buf *out, const char *sign, const struct ql_quantity *q)
{
	bool unit = q->unit && *q->unit && strcmp(q->unit, "1") != 0, doc = q->doc && *q->doc;
	ql_buf_printf(out, "%s%s", sign, q->name);
	if (unit)
		ql_buf_printf(out, " [%s]", q->unit);
	ql_buf_printf(out, "%s%s", doc ? ": " : "", doc ? q->doc : "");
	for (int i = 0; i < q->n_cite; i++)
		ql_buf_printf(out, "%s%s", i ? ", " : " {", q->cite[i]);
	ql_buf_puts(out, q->n_cite ? "}\n" : "\n");
}

/* What both formats lack, as a warning and as a comment. */
static void cannot(const struct ql_export *x, const char *format, const char *sign, struct ql_diags *ds, struct ql_buf *out)
{
	const struct ql_model *m = x->l->m;
	int n = 0;
	for (int i = 0; i < m->n_when; i++)
		n += m->when[i].n_assign > 0;
	if (!n)
		return;
	struct ql_diag *d = ql_diag_add(ds, QL_E0115, (struct ql_span){m->name, 0, 0, 0},
					"%s has no events found by root finding: %d of this model are left out", format, n);
	ql_diag_help(d, "trajectories agree until the first of them fires; SBML carries them");
	ql_buf_printf(out, "%sNot exported: %d event%s that fire when a condition turns true:", sign, n, n == 1 ? "" : "s");
	for (int i = 0; i < m->n_when; i++)
		if (m->when[i].n_assign > 0)
			ql_buf_printf(out, " %s", m->when[i].name);
	ql_buf_puts(out, "\n");
}

static void expected(const struct ql_export *x, const char *sign, struct ql_buf *out)
{
	char text[32];
	if (!x->n_time)
		return;
	ql_buf_printf(out, "%sExpected (time", sign);
	for (int k = 0; k < x->n_out; k++)
		ql_buf_printf(out, ", %s", x->out_name[k]);
	ql_buf_puts(out, "):\n");
	for (int i = 0; i < x->n_time; i++) {
		ql_buf_printf(out, "%s%s", sign, ql_format_double(x->time[i], text));
		for (int k = 0; k < x->n_out; k++)
			ql_buf_printf(out, ", %.10g", x->expected[i * x->n_out + k]);
		ql_buf_puts(out, "\n");
	}
}

/* How to dose: one line per dose of the model that a state takes. */
static void dosing(const struct ql_export *x, const char *sign, enum ql_dialect dialect, struct ql_buf *out)
{
	const struct ql_model *m = x->l->m;
	for (int i = 0; i < m->n_dose; i++) {
		double one;
		ql_node scale = x->l->dose_scale[i];
		if (ql_is_const(&m->dag, scale, &one) && one == 1)
			continue;
		ql_buf_printf(out, "%sDose %s: give amount (and rate) [%s] times ", sign, m->dose[i].name, m->dose[i].unit);
		ql_listing_text(x->l, scale, false, dialect, out);
		ql_buf_printf(out, " into %s\n", x->l->q_name[m->dose[i].state]);
	}
}

static bool names_itself(const struct ql_listing *l, const struct ql_definition *d)
{
	const char *named = d->node < l->n_node ? l->node_name[d->node] : NULL;
	return named && strcmp(named, d->name) == 0;
}

static void assign(const struct ql_listing *l, const char *name, ql_node n, bool own, enum ql_dialect dialect, struct ql_buf *out)
{
	ql_buf_printf(out, "%s = ", name);
	ql_listing_text(l, n, own, dialect, out);
	ql_buf_puts(out, dialect == QL_AS_C ? ";\n" : "\n");
}

/* The only dose of a state, -1 if there is none or more than one with properties. */
static int dose_of(const struct ql_model *m, int q)
{
	int found = -1;
	for (int i = 0; i < m->n_dose; i++)
		if (m->dose[i].state == q) {
			if (found >= 0)
				return -1;
			found = i;
		}
	return found;
}

static void properties(const struct ql_listing *l, enum ql_dialect dialect, struct ql_buf *out)
{
	static const char *const rx[] = {"f", "alag", "rate", "dur"}, *const c[] = {"F", "ALAG", "R", "D"};
	for (int i = 0; i < l->n_state; i++) {
		int d = dose_of(l->m, state(l, i)->q);
		if (d < 0)
			continue;
		const ql_node n[4] = {l->dose_f[d], l->dose_lag[d], l->dose_rate[d], l->dose_duration[d]};
		for (int j = 0; j < 4; j++) {
			if (n[j] == QL_NO_NODE)
				continue;
			if (dialect == QL_AS_C)
				ql_buf_printf(out, "%s_%s = ", c[j], state(l, i)->name);
			else
				ql_buf_printf(out, "%s(%s) = ", rx[j], state(l, i)->name);
			ql_listing_text(l, n[j], false, dialect, out);
			ql_buf_puts(out, dialect == QL_AS_C ? ";\n" : "\n");
		}
	}
}

/* ---- rxode2 ---- */

/* Names that only the file itself knows stay out of rxode2's outputs: `~`. */
static void rx_definitions(const struct ql_listing *l, bool dynamic, struct ql_buf *out)
{
	for (int i = 0; i < l->n_def; i++) {
		const struct ql_definition *d = &l->def[i];
		if (d->dynamic != dynamic)
			continue;
		bool output = d->q && d->q->kind == QL_OUTPUT;
		if (d->q && d->q->doc && *d->q->doc)
			put_doc(out, "# ", d->q);
		ql_buf_printf(out, "%s %s ", d->name, output ? "=" : "~");
		ql_listing_text(l, d->node, names_itself(l, d), QL_AS_RXODE2, out);
		ql_buf_puts(out, "\n");
	}
}

static void rx_parameters(const struct ql_listing *l, struct ql_buf *out)
{
	char text[32];
	bool any = false;
	for (int i = 0; i < l->n_leaf - l->n_state; i++) {
		const struct ql_quantity *q = &l->m->q[l->leaf[i].q];
		if (q->kind != QL_INPUT) {
			put_doc(out, "# ", q);
			ql_buf_printf(out, "%s ~ %s\n", l->leaf[i].name, isnan(l->leaf[i].value) ? "NaN" : ql_format_double(l->leaf[i].value, text));
		} else if (!strchr(l->leaf[i].name, '(')) {
			if (!any)
				ql_buf_puts(out, "# Set by the data, 0 without:\n");
			any = true;
			ql_buf_printf(out, "locf(%s)\n", l->leaf[i].name);
		}
	}
}

enum quell_status ql_export_rxode2(const struct ql_export *x, struct ql_diags *ds, struct ql_buf *out)
{
	const struct ql_listing *l = x->l;
	comment(out, "# ", x->note);
	cannot(x, "rxode2", "# ", ds, out);
	dosing(x, "# ", QL_AS_RXODE2, out);
	expected(x, "# ", out);
	ql_buf_puts(out, "\n");
	rx_parameters(l, out);
	rx_definitions(l, false, out);
	rx_definitions(l, true, out);
	for (int i = 0; i < l->n_state; i++) {
		put_doc(out, "# ", &l->m->q[state(l, i)->q]);
		ql_buf_printf(out, "d/dt(%s) = ", state(l, i)->name);
		ql_listing_text(l, l->rate[i], false, QL_AS_RXODE2, out);
		double zero;
		if (!ql_is_const(&l->m->dag, l->init[i], &zero) || zero != 0) {
			ql_buf_printf(out, "\n%s(0) = ", state(l, i)->name);
			ql_listing_text(l, l->init[i], false, QL_AS_RXODE2, out);
		}
		ql_buf_puts(out, "\n");
	}
	properties(l, QL_AS_RXODE2, out);
	return QUELL_OK;
}

/* ---- mrgsolve ---- */

static void mrg_parameters(const struct ql_export *x, struct ql_buf *out)
{
	const struct ql_listing *l = x->l;
	char text[32];
	ql_buf_puts(out, l->n_leaf > l->n_state ? "\n$PARAM @annotated\n" : "");
	for (int i = 0; i < l->n_leaf - l->n_state; i++) {
		const struct ql_quantity *q = &l->m->q[l->leaf[i].q];
		double v = l->leaf[i].value;
		ql_buf_printf(out, "%s : %s : ", l->leaf[i].name, isnan(v) ? "0" : ql_format_double(v, text));
		for (const char *c = q->doc && *q->doc ? q->doc : q->name; *c; c++)
			ql_buf_add(out, *c == ':' ? ";" : c, 1);
		ql_buf_printf(out, " (%s)\n", q->unit && *q->unit ? q->unit : "1");
	}
	ql_buf_puts(out, l->n_state ? "\n$CMT @annotated\n" : "");
	for (int i = 0; i < l->n_state; i++) {
		const struct ql_quantity *q = &l->m->q[state(l, i)->q];
		ql_buf_printf(out, "%s : ", state(l, i)->name);
		for (const char *c = q->doc && *q->doc ? q->doc : q->name; *c; c++)
			ql_buf_add(out, *c == ':' ? ";" : c, 1);
		ql_buf_puts(out, "\n");
	}
}

static void mrg_definitions(const struct ql_listing *l, bool dynamic, const char *type, struct ql_buf *out)
{
	for (int i = 0; i < l->n_def; i++)
		if (l->def[i].dynamic == dynamic) {
			ql_buf_puts(out, type);
			assign(l, l->def[i].name, l->def[i].node, names_itself(l, &l->def[i]), QL_AS_C, out);
		}
}

enum quell_status ql_export_mrgsolve(const struct ql_export *x, struct ql_diags *ds, struct ql_buf *out)
{
	const struct ql_listing *l = x->l;
	double zero;
	ql_buf_puts(out, "$PROB\n");
	comment(out, "# ", x->note);
	cannot(x, "mrgsolve", "# ", ds, out);
	dosing(x, "# ", QL_AS_C, out);
	expected(x, "# ", out);
	mrg_parameters(x, out);
	ql_buf_puts(out, "\n$GLOBAL\nnamespace { double now = 0; }\n\n$MAIN\n");
	mrg_definitions(l, false, "double ", out);
	for (int i = 0; i < l->n_state; i++)
		if (!ql_is_const(&l->m->dag, l->init[i], &zero) || zero != 0) {
			ql_buf_printf(out, "%s_0 = ", state(l, i)->name);
			ql_listing_text(l, l->init[i], false, QL_AS_C, out);
			ql_buf_puts(out, ";\n");
		}
	properties(l, QL_AS_C, out);
	ql_buf_puts(out, "\n$ODE\nnow = SOLVERTIME;\n");
	mrg_definitions(l, true, "double ", out);
	for (int i = 0; i < l->n_state; i++) {
		ql_buf_printf(out, "dxdt_%s = ", state(l, i)->name);
		ql_listing_text(l, l->rate[i], false, QL_AS_C, out);
		ql_buf_puts(out, ";\n");
	}
	ql_buf_puts(out, "\n$TABLE\nnow = TIME;\n"); /* names of $ODE are known here; their values are those of the last step */
	mrg_definitions(l, true, "", out);
	ql_buf_puts(out, "\n$CAPTURE\n");
	for (int k = 0; k < x->n_out; k++)
		ql_buf_printf(out, "%s\n", x->out_name[k]);
	return QUELL_OK;
}
