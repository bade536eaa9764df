/* SPDX-License-Identifier: Apache-2.0 */
/* Survival results as tables for people. */
#include "cli/survival_verbs.h"
#include <string.h>

static double get(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static double at(const json_t *o, const char *key, size_t i)
{
	const json_t *v = json_array_get(json_object_get(o, key), i);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static const char *shown(struct ql_cli *c, const char *fmt, double x)
{
	char text[64];
	snprintf(text, sizeof text, strcmp(fmt, "g") == 0 ? "%.4g" : strcmp(fmt, "3") == 0 ? "%.3f" : "%.2f", x);
	return isnan(x) ? "-" : ql_arena_strdup(&c->arena, text);
}

static const char *p_value(struct ql_cli *c, double p)
{
	return isnan(p) ? "-" : p < 0.0001 ? "< 0.0001" : ql_arena_printf(&c->arena, "%.4f", p);
}

static void title(struct ql_cli *c, const char *text)
{
	ql_buf_printf(&c->out, "%s%s%s\n", ql_cli_style(c, QL_BOLD), text, ql_cli_style(c, QL_PLAIN));
}

static int name_width(const json_t *o)
{
	int width = 8;
	const char *name;
	json_t *v;
	json_object_foreach((json_t *)o, name, v) if (ql_text_width(name) > width) width = ql_text_width(name);
	return width + 2;
}

static void columns(struct ql_cli *c, int first, const char *head, const char *const *name, int n)
{
	ql_buf_puts(&c->out, ql_cli_style(c, QL_DIM));
	ql_buf_pad(&c->out, head, first, false);
	for (int i = 0; i < n; i++)
		ql_buf_pad(&c->out, name[i], 11, true);
	ql_buf_printf(&c->out, "%s\n", ql_cli_style(c, QL_PLAIN));
}

static void row(struct ql_cli *c, int first, const char *head, const char *const *cell, int n)
{
	ql_buf_pad(&c->out, head, first, false);
	for (int i = 0; i < n; i++)
		ql_buf_pad(&c->out, cell[i], 11, true);
	ql_buf_puts(&c->out, "\n");
}

static void km_text(struct ql_cli *c, const json_t *r)
{
	json_t *groups = json_object_get(r, "groups"), *o;
	const char *name;
	int w = name_width(groups);
	title(c, "Free of the event (Kaplan-Meier, log-log limits)");
	const char *summary[] = {"n", "events", "median", "lower", "upper"};
	columns(c, w, "group", summary, 5);
	json_object_foreach(groups, name, o)
	{
		const char *cell[] = {shown(c, "g", get(o, "n")), shown(c, "g", get(o, "events")), shown(c, "g", get(o, "median")),
				      shown(c, "g", get(o, "median_lower")), shown(c, "g", get(o, "median_upper"))};
		row(c, w, name, cell, 5);
	}
	const char *curve[] = {"time", "at risk", "surviving", "lower", "upper"};
	ql_buf_puts(&c->out, "\n");
	columns(c, w, "group", curve, 5);
	json_object_foreach(groups, name, o)
	{
		for (size_t i = 0; i < json_array_size(json_object_get(o, "time")); i++) {
			const char *cell[] = {shown(c, "g", at(o, "time", i)), shown(c, "g", at(o, "n_risk", i)),
					      shown(c, "3", at(o, "surv", i)), shown(c, "3", at(o, "lower", i)),
					      shown(c, "3", at(o, "upper", i))};
			row(c, w, i ? "" : name, cell, 5);
		}
	}
}

static void logrank_text(struct ql_cli *c, const json_t *r)
{
	json_t *groups = json_object_get(r, "groups"), *o;
	const char *name, *head[] = {"n", "observed", "expected"};
	int w = name_width(groups);
	bool specific = json_is_true(json_object_get(r, "cause_specific"));
	title(c, ql_arena_printf(&c->arena, "%s test%s", get(r, "rho") > 0 ? "Peto-Peto" : "Log-rank",
				 specific ? ", competing events end observation" : ""));
	columns(c, w, "group", head, 3);
	json_object_foreach(groups, name, o)
	{
		const char *cell[] = {shown(c, "g", get(o, "n")), shown(c, "2", get(o, "observed")),
				      shown(c, "2", get(o, "expected"))};
		row(c, w, name, cell, 3);
	}
	ql_buf_printf(&c->out, "chi-square %.3f on %.0f degrees of freedom, p %s\n", get(r, "chisq"), get(r, "df"),
		      p_value(c, get(r, "p")));
}

static void cox_text(struct ql_cli *c, const json_t *r)
{
	json_t *terms = json_object_get(r, "terms"), *o;
	const char *name, *head[] = {"hazard r.", "lower", "upper", "coef", "se", "p"};
	int w = name_width(terms);
	bool specific = json_is_true(json_object_get(r, "cause_specific"));
	title(c, specific ? "Cox regression, competing events end observation" : "Cox regression");
	columns(c, w, "term", head, 6);
	json_object_foreach(terms, name, o)
	{
		const char *cell[] = {shown(c, "3", get(o, "hr")), shown(c, "3", get(o, "lower")), shown(c, "3", get(o, "upper")),
				      shown(c, "3", get(o, "coef")), shown(c, "3", get(o, "se")), p_value(c, get(o, "p"))};
		row(c, w, name, cell, 6);
	}
	ql_buf_printf(&c->out, "%.0f rows, %.0f events; likelihood ratio %.3f, Wald %.3f, score %.3f on %.0f degrees of freedom\n",
		      get(r, "n"), get(r, "events"), get(r, "lr"), get(r, "wald"), get(r, "score"), get(r, "df"));
}

static void rmst_text(struct ql_cli *c, const json_t *r)
{
	json_t *groups = json_object_get(r, "groups"), *o, *d = json_object_get(r, "difference");
	const char *name, *head[] = {"mean", "se"};
	int w = name_width(groups);
	title(c, "Restricted mean time free of the event");
	columns(c, w, "group", head, 2);
	json_object_foreach(groups, name, o)
	{
		const char *cell[] = {shown(c, "g", get(o, "rmst")), shown(c, "g", get(o, "se"))};
		row(c, w, name, cell, 2);
	}
	if (d)
		ql_buf_printf(&c->out, "difference, second less first: %.4g, 95 %% interval %.4g to %.4g\n", get(d, "estimate"),
			      get(d, "estimate") - 1.959964 * get(d, "se"), get(d, "estimate") + 1.959964 * get(d, "se"));
}

static void cif_text(struct ql_cli *c, const json_t *r)
{
	json_t *groups = json_object_get(r, "groups"), *o, *own, *tests = json_object_get(r, "gray_test");
	const char *name, *cause, *head[] = {"cause", "time", "at risk", "incidence", "se"};
	int w = name_width(groups);
	title(c, "Cumulative incidence (Aalen-Johansen, delta-method errors)");
	columns(c, w, "group", head, 5);
	json_object_foreach(groups, name, o) json_object_foreach(o, cause, own)
	{
		for (size_t i = 0; json_is_object(own) && i < json_array_size(json_object_get(own, "cif")); i++) {
			const char *cell[] = {i ? "" : cause, shown(c, "g", at(o, "time", i)), shown(c, "g", at(o, "n_risk", i)),
					      shown(c, "3", at(own, "cif", i)), shown(c, "3", at(own, "se_delta", i))};
			row(c, w, i ? "" : name, cell, 5);
		}
	}
	json_object_foreach(tests, cause, o)
		ql_buf_printf(&c->out, "Gray's test, %s: chi-square %.3f on %.0f degrees of freedom, p %s\n", cause,
			      get(o, "chisq"), get(o, "df"), p_value(c, get(o, "p")));
}

void ql_survival_text(struct ql_cli *c, const json_t *analyses)
{
	static const struct {
		const char *key;
		void (*show)(struct ql_cli *c, const json_t *r);
	} part[] = {{"km", km_text}, {"cif", cif_text}, {"logrank", logrank_text}, {"rmst", rmst_text}, {"cox", cox_text}};
	bool first = true;
	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		const json_t *r = json_object_get(analyses, part[i].key);
		if (!r)
			continue;
		ql_buf_puts(&c->out, first ? "" : "\n");
		part[i].show(c, r);
		first = false;
	}
}
