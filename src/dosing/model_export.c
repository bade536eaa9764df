/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/model_export.h"
#include "dosing/schedule.h"
#include "base/io.h"
#include <math.h>
#include <string.h>

enum { GRID = 21 };

static const char *const words_sbml[] = {"time", "avogadro", NULL};
static const char *const words_rxode2[] = {"t", "time", "tad", "tafd", "tlast", "tfirst", "dosenum", "podo", "f", "F", "lag", "alag", "rate",
					   "dur", "cmt", "dvid", "addl", "ss", "amt", "id", "evid", "ii", "if", "else", "while", "for", "break",
					   "next", "repeat", "function", "TRUE", "FALSE", "NA", "NaN", "Inf", "pi", "M_PI", "d", "dt", "ini",
					   "model", "linCmt", "transit", "exp", "log", "sqrt", "abs", "min", "max", "floor", "ceil", "mtime",
					   "param", "params", "print", "sum", "prod", "c", "levels", "locf", "nocb", "linear", "midpoint",
					   /* words that would make quell read the file as its own language */
					   "module", "state", "quad", "let", "index", "covariate", "input", "draw", "output", "handle",
					   "dose", "when", "agent", "use", "kernel", "unit", NULL};
static const char *const words_mrgsolve[] = {"now", "t", "T", "TIME", "SOLVERTIME", "CMT", "EVID", "AMT", "ID", "DV", "NEWIND", "ETA", "EPS",
					     "THETA", "R", "D", "F", "ALAG", "self", "pred_CL", "pred_V", "SS_ADVANCE", "table", "main",
					     "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
					     "extern", "float", "for", "goto", "if", "int", "long", "register", "return", "short", "signed",
					     "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile",
					     "while", "bool", "class", "delete", "new", "public", "private", "this", "template", "true",
					     "false", "using", "namespace", "operator", "try", "catch", "throw", "and", "or", "not", "xor",
					     "exp", "log", "pow", "sqrt", "fabs", "fmin", "fmax", "floor", "ceil", "gamma", "beta", "lgamma",
					     "j0", "j1", "jn", "y0", "y1", "yn", "NAN", "INFINITY", NULL};

struct exporting {
	const struct ql_model_export *x;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_buf *text, *expected;
	struct ql_dataset data;
	struct ql_dataset_result result;
	struct ql_plan *plan;
	struct ql_values v;
	struct ql_listing l;
	struct ql_action *action;
	int n_action;
};

/* Without data: observations on a grid. */
static enum quell_status observe(struct exporting *k)
{
	if (k->x->data)
		return ql_dataset_read(k->x->model, k->x->data, k->a, k->ds, &k->data);
	struct ql_buf b = {0};
	char number[32];
	double end = k->x->end > 0 ? k->x->end : 100;
	ql_buf_puts(&b, "ID,TIME\n");
	for (int i = 0; i < GRID; i++)
		ql_buf_printf(&b, "1,%s\n", ql_format_double(end * i / (GRID - 1), number));
	const char *text = ql_arena_strdup(k->a, b.data);
	ql_buf_free(&b);
	const struct ql_source source = {"observations", text, strlen(text)};
	return ql_dataset_parse(k->x->model, &source, k->a, k->ds, &k->data);
}

static enum quell_status simulate(struct exporting *k)
{
	/* only the first subject is exported */
	k->data.n_subject = 1;
	k->data.n_record = k->data.subject[0].first + k->data.subject[0].n;
	struct ql_dataset_run run = {.model = k->x->model, .data = &k->data, .param = k->x->param, .threads = 1, .cancel = k->x->cancel,
				     .rtol = k->x->rtol > 0 ? k->x->rtol : 1e-10, .atol = 1e-14};
	return ql_dataset_simulate(&run, k->a, k->ds, &k->result);
}

static enum quell_status values(struct exporting *k)
{
	const struct ql_model *m = k->x->model;
	int n;
	const char **active = ql_dataset_active(m, &k->data, k->a, &n);
	enum quell_status s = ql_plan_make(k->x->model, "export", active, k->x->data ? n : 0, k->ds, &k->plan);
	if (s != QUELL_OK)
		return s;
	ql_values_init(k->plan, &k->v);
	for (int i = 0; k->x->param && i < m->n_q; i++)
		if (!isnan(k->x->param[i]) && m->q[i].kind == QL_PARAM)
			ql_values_set(&k->v, i, k->x->param[i]);
		else if (!isnan(k->x->param[i]) && m->q[i].kind == QL_AGENT)
			k->v.q[i] = k->x->param[i];
	for (int c = 0; c < k->data.n_column; c++)
		if (m->q[k->data.column_q[c]].kind == QL_COVARIATE)
			k->v.q[k->data.column_q[c]] = k->data.value[(size_t)k->data.subject[0].first * (size_t)k->data.n_column + (size_t)c];
	double *p = QL_NEW_N(k->a, double, (size_t)k->plan->n_p + 1), *y = QL_NEW_N(k->a, double, (size_t)k->plan->n_state + 1);
	s = ql_plan_patient(k->plan, &k->v, p, y, 1);
	if (s == QUELL_OK && k->x->data)
		s = ql_schedule_make(k->plan, &k->v, &k->data, 0, k->a, k->ds, &k->action, &k->n_action);
	return s;
}

static enum quell_status list(struct exporting *k)
{
	struct ql_model *m = k->x->model;
	static const char *const *const reserved[] = {words_sbml, words_rxode2, words_mrgsolve};
	unsigned char *active = QL_NEW_N(k->a, unsigned char, (size_t)m->n_q + 1);
	bool *keep = QL_NEW_N(k->a, bool, (size_t)m->n_q + 1), *fixed = QL_NEW_N(k->a, bool, (size_t)m->n_q + 1);
	for (int i = 0; i < m->n_q; i++) {
		active[i] = m->q[i].kind == QL_ACTIVE && k->v.q[i] != 0;
		keep[i] = m->q[i].kind == QL_INPUT;
		fixed[i] = k->v.fixed[i];
	}
	for (int i = 0; i < m->n_dose; i++)
		if (m->dose[i].rate_input >= 0 && k->x->format != QL_FORMAT_SBML)
			keep[m->dose[i].rate_input] = false; /* infusions are the format's own */
	const struct ql_listing_options o = {.value = k->v.q, .fixed = fixed, .active = active, .keep_input = keep,
					     .reserved = reserved[k->x->format], .clock_calls = k->x->format == QL_FORMAT_RXODE2};
	return ql_listing_make(m, &o, k->ds, &k->l);
}

static const char *note(struct exporting *k)
{
	static const char *const how[] = {
		"Import and run with tight tolerances; compare with the file of expected numbers.",
		"rxode2: mod <- rxode2(readLines(\"FILE\") |> paste(collapse = \"\\n\")); rxSolve(mod, events = et(...), atol = 1e-12, rtol = 1e-10)",
		"mrgsolve: mod <- mread(\"FILE\"); mrgsim(mod, ev(...), atol = 1e-12, rtol = 1e-10)"};
	const struct ql_model *m = k->x->model;
	int random = 0;
	for (int i = 0; i < m->n_q; i++)
		random += m->q[i].kind == QL_RANDOM;
	struct ql_buf b = {0};
	ql_buf_printf(&b, "%s%s%s\nExported by quell %s from model %016llx. Typical values", m->name, m->doc && *m->doc ? ": " : "",
		      m->doc && *m->doc ? m->doc : "", quell_version(), (unsigned long long)m->hash);
	if (random)
		ql_buf_printf(&b, ": %d random effects are 0 (uniform ones 1/2)", random);
	ql_buf_printf(&b, ".%s\n%s", m->has_units ? " Units are text: time in days, amounts in the units named." : "", how[k->x->format]);
	const char *text = ql_arena_strdup(k->a, b.data);
	ql_buf_free(&b);
	return text;
}

/* Observations of the result, and where each output stands in the listing. */
static void gather(struct exporting *k, struct ql_export *e)
{
	const struct ql_model *m = k->x->model;
	const struct ql_subject *s = &k->data.subject[0];
	int *q = QL_NEW_N(k->a, int, (size_t)k->result.n_out + 1), n_out = k->result.n_out, n = 0;
	const char **name = QL_NEW_N(k->a, const char *, (size_t)n_out + 1);
	double *time = QL_NEW_N(k->a, double, (size_t)s->n + 1), *value = QL_NEW_N(k->a, double, (size_t)s->n * (size_t)n_out + 1);
	for (int i = 0; i < n_out; i++) {
		q[i] = k->plan->out_q[i];
		name[i] = k->l.q_name[q[i]] ? k->l.q_name[q[i]] : m->q[q[i]].name;
	}
	for (int i = s->first; i < s->first + s->n; i++) {
		if (k->data.record[i].evid != 0)
			continue;
		time[n] = k->data.record[i].time;
		memcpy(value + (size_t)n * (size_t)n_out, k->result.value + (size_t)i * (size_t)n_out, (size_t)n_out * sizeof *value);
		n++;
	}
	e->time = time;
	e->n_time = n;
	e->out_name = name;
	e->out_q = q;
	e->n_out = n_out;
	e->expected = value;
}

static void write_expected(struct exporting *k, const struct ql_export *e)
{
	char text[32];
	ql_buf_puts(k->expected, "time");
	for (int i = 0; i < e->n_out; i++)
		ql_buf_printf(k->expected, ",%s", e->out_name[i]);
	ql_buf_puts(k->expected, "\n");
	for (int j = 0; j < e->n_time; j++) {
		ql_buf_puts(k->expected, ql_format_double(e->time[j], text));
		for (int i = 0; i < e->n_out; i++) {
			double x = e->expected[j * e->n_out + i];
			ql_buf_printf(k->expected, ",%s", isnan(x) ? "" : ql_format_double(x, text));
		}
		ql_buf_puts(k->expected, "\n");
	}
}

static enum quell_status export(void *arg)
{
	struct exporting *k = arg;
	struct ql_export e = {.l = &k->l};
	enum quell_status s = observe(k);
	if (s == QUELL_OK && k->data.n_subject == 0)
		s = QUELL_ERR_INPUT;
	if (s == QUELL_OK)
		s = simulate(k);
	if (s == QUELL_OK)
		s = values(k);
	if (s == QUELL_OK)
		s = list(k);
	if (s != QUELL_OK)
		return s;
	e.note = note(k);
	e.action = k->action;
	e.n_action = k->n_action;
	gather(k, &e);
	write_expected(k, &e);
	switch (k->x->format) {
	case QL_FORMAT_SBML: return ql_export_sbml(&e, k->ds, k->text);
	case QL_FORMAT_RXODE2: return ql_export_rxode2(&e, k->ds, k->text);
	default: return ql_export_mrgsolve(&e, k->ds, k->text);
	}
}

enum quell_status ql_model_export(const struct ql_model_export *x, struct ql_arena *a, struct ql_diags *ds, struct ql_buf *text,
				  struct ql_buf *expected)
{
	struct exporting k = {.x = x, .a = a, .ds = ds, .text = text, .expected = expected};
	enum quell_status s = ql_protect(export, &k);
	ql_listing_free(&k.l);
	ql_values_free(&k.v);
	if (k.plan)
		ql_plan_free(k.plan);
	return s;
}
