/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that people have: which kind is it, and which column is what. */
#include "evidence/nma_data.h"
#include "base/csv.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Names in use for one thing, most telling first. */
#define STUDY "studlab", "study", "study_id", "studyid", "trial", "trial_id", "id", NULL
#define TREAT "treatment", "treat", "trt", "arm", "drug", "t", NULL
#define TREAT1 "treat1", "treatment1", "t1", "trt1", NULL
#define TREAT2 "treat2", "treatment2", "t2", "trt2", NULL
#define EFFECT                                                                                                         \
	"te", "effect", "estimate", "yi", "loghr", "lnhr", "logor", "lnor", "logrr", "lnrr", "logirr", "md", "smd", NULL
#define ERROR "sete", "se", "se_te", "std.err", "stderr", "std_err", "sei", NULL
#define VARIANCE "vi", "var", "variance", NULL
#define EVENTS "events", "event", "responders", "response", "deaths", "death", "cases", "r", NULL
#define PATIENTS "n", "samplesize", "sample_size", "randomized", "randomised", "total", "patients", NULL
#define MEAN "mean", "y", NULL
#define SD "sd", "std.dev", "stddev", NULL
#define TIME "time", "exposure", "person_years", "persontime", "person_time", NULL

struct reader {
	struct ql_csv *t;
	struct ql_nma_builder *b;
	const struct ql_nma_read_options *o;
	struct ql_diags *ds;
	struct ql_arena *a;
	int covariate, row;
};

static int find_any(const struct ql_csv *t, const char *const *names)
{
	for (int i = 0; names[i]; i++) {
		int c = ql_csv_find(t, names[i]);
		if (c >= 0)
			return c;
	}
	return -1;
}
#define FIND(t, ...) find_any((t), (const char *const[]){__VA_ARGS__})

static char *text(struct reader *r, int col)
{
	return ql_csv_string(r->t, r->row, col, r->a);
}

static double number(struct reader *r, int col)
{
	double x;
	ql_csv_number(r->t, r->row, col, r->ds, &x);
	return x;
}

static double covariate(struct reader *r)
{
	return r->covariate < 0 ? NAN : number(r, r->covariate);
}

/* Says where the names of the next row stand. */
static void names_at(struct reader *r, int col1, int col2)
{
	r->b->name_span[0] = ql_csv_span(r->t, r->row, col1);
	r->b->name_span[1] = ql_csv_span(r->t, r->row, col2);
}

static struct ql_span span(struct reader *r, int col)
{
	return ql_csv_span(r->t, r->row, col);
}

/* "hr", "or", ... with lower and upper limits: the estimate as printed. */
static int ratio_column(const struct ql_csv *t, enum ql_measure *m)
{
	static const struct {
		const char *name;
		enum ql_measure m;
	} v[] = {{"hr", QL_HR}, {"or", QL_OR}, {"rr", QL_RR}, {"irr", QL_IRR}};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		int c = ql_csv_find(t, v[i].name);
		if (c >= 0 && ql_csv_find(t, "lower") >= 0 && ql_csv_find(t, "upper") >= 0) {
			*m = v[i].m;
			return c;
		}
	}
	return -1;
}

/* What "logor", "lnHR", "md" and the like say about the measure. */
static enum ql_measure measure_of_name(const char *name)
{
	static const struct {
		const char *part;
		enum ql_measure m;
	} v[] = {{"irr", QL_IRR}, {"hr", QL_HR}, {"or", QL_OR}, {"rr", QL_RR}, {"smd", QL_SMD}, {"md", QL_MD}};
	char low[16] = "";
	for (size_t i = 0; i < sizeof low - 1 && name[i]; i++)
		low[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	bool logarithm = strncmp(low, "log", 3) == 0 || strncmp(low, "ln", 2) == 0;
	const char *rest = logarithm ? low + (low[1] == 'o' ? 3 : 2) : low;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++)
		if (strcmp(rest, v[i].part) == 0)
			return v[i].m;
	return QL_GENERIC;
}

static void read_contrasts(struct reader *r, int study, int t1, int t2)
{
	enum ql_measure m = QL_GENERIC;
	int te = FIND(r->t, EFFECT), se = FIND(r->t, ERROR), v = FIND(r->t, VARIANCE), ratio = ratio_column(r->t, &m);
	int lower = ql_csv_find(r->t, "lower"), upper = ql_csv_find(r->t, "upper"),
	    level = ql_csv_find(r->t, "ci_level");
	int n1 = ql_csv_find(r->t, "n1"), n2 = ql_csv_find(r->t, "n2");
	if (te < 0 && ratio < 0) {
		ql_csv_column(r->t, "TE", true, r->ds);
		return;
	}
	if (te >= 0 && se < 0 && v < 0) {
		ql_csv_column(r->t, "seTE", true, r->ds);
		return;
	}
	r->b->measure = te >= 0 ? measure_of_name(r->t->name[te]) : m;
	if (r->o->measure >= 0)
		r->b->measure = (enum ql_measure)r->o->measure;
	for (r->row = 0; r->row < r->t->n_row; r->row++) {
		int place = te >= 0 ? te : ratio;
		double x = number(r, place), s;
		if (te >= 0) {
			s = se >= 0 ? number(r, se) : sqrt(number(r, v));
			place = se >= 0 ? se : v;
		} else {
			double l = level >= 0 ? number(r, level) : 95, z = ql_ci_quantile(l);
			s = (log(number(r, upper)) - log(number(r, lower))) / (2 * z);
			x = log(x);
		}
		if (isnan(s) && isnan(x))
			continue; /* an empty row of a side-by-side export */
		names_at(r, t1, t2);
		ql_nma_builder_contrast(r->b, text(r, study), text(r, t1), text(r, t2), x, s, number(r, n1),
					number(r, n2), covariate(r), span(r, place), NULL);
	}
}

static enum ql_measure arm_measure(const struct reader *r, bool events, bool time)
{
	if (r->o->measure >= 0)
		return (enum ql_measure)r->o->measure;
	return !events ? QL_MD : time ? QL_IRR : QL_OR;
}

static bool read_arms(struct reader *r, int study, int treat)
{
	int e = FIND(r->t, EVENTS), n = FIND(r->t, PATIENTS), mean = FIND(r->t, MEAN), sd = FIND(r->t, SD);
	int time = FIND(r->t, TIME), se = FIND(r->t, ERROR);
	bool events = e >= 0 && (n >= 0 || time >= 0), means = mean >= 0 && (sd >= 0 || se >= 0) && n >= 0;
	if (!events && !means)
		return false;
	r->b->measure = arm_measure(r, events, time >= 0 && n < 0);
	for (r->row = 0; r->row < r->t->n_row; r->row++) {
		struct ql_nma_arm x = {number(r, e), number(r, n), number(r, mean), number(r, sd), number(r, time)};
		if (sd < 0 && se >= 0)
			x.sd = number(r, se) * sqrt(x.n);
		ql_nma_builder_arm(r->b, text(r, study), text(r, treat), x, covariate(r), span(r, treat));
	}
	return true;
}

static bool read_differences(struct reader *r, int study, int treat)
{
	int diff = ql_csv_find(r->t, "diff"), se = FIND(r->t, ERROR);
	if (diff < 0 || se < 0)
		return false;
	r->b->measure = r->o->measure >= 0 ? (enum ql_measure)r->o->measure : QL_GENERIC;
	for (r->row = 0; r->row < r->t->n_row; r->row++)
		ql_nma_builder_difference(r->b, text(r, study), text(r, treat), number(r, diff), number(r, se),
					  covariate(r), span(r, treat));
	return true;
}

static int numbered(const struct ql_csv *t, const char *const *names, int k)
{
	for (int i = 0; names[i]; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s%d", names[i], k);
		int c = ql_csv_find(t, name);
		if (c >= 0)
			return c;
	}
	return -1;
}
#define NUMBERED(t, k, ...) numbered((t), (const char *const[]){__VA_ARGS__}, (k))

/* treatment1, event1, n1, treatment2, ...: arms side by side; arms without a treatment are skipped. */
static bool read_side_by_side(struct reader *r, int study)
{
	struct {
		int treat, e, n, mean, sd, time;
	} c[16];
	int k = 0;
	for (; k < 16; k++) {
		c[k].treat = NUMBERED(r->t, k + 1, TREAT);
		c[k].e = NUMBERED(r->t, k + 1, EVENTS);
		c[k].n = NUMBERED(r->t, k + 1, PATIENTS);
		c[k].mean = NUMBERED(r->t, k + 1, MEAN);
		c[k].sd = NUMBERED(r->t, k + 1, SD);
		c[k].time = NUMBERED(r->t, k + 1, TIME);
		bool events = c[k].e >= 0 && (c[k].n >= 0 || c[k].time >= 0), means = c[k].mean >= 0 && c[k].sd >= 0;
		if (c[k].treat < 0 || (!events && !means))
			break;
	}
	if (k < 2)
		return false;
	r->b->measure = arm_measure(r, c[0].e >= 0, c[0].time >= 0 && c[0].n < 0);
	for (r->row = 0; r->row < r->t->n_row; r->row++)
		for (int i = 0; i < k; i++) {
			if (ql_csv_is_missing(r->t, r->row, c[i].treat))
				continue;
			struct ql_nma_arm x = {number(r, c[i].e), number(r, c[i].n), number(r, c[i].mean),
					       number(r, c[i].sd), number(r, c[i].time)};
			ql_nma_builder_arm(r->b, text(r, study), text(r, c[i].treat), x, covariate(r),
					   span(r, c[i].treat));
		}
	return true;
}

/* Two groups per study: 2x2 cells, or an effect with its variance. Studies may share a name (the row tells them
 * apart), because tables of trials often have author names only. */
static bool read_two_groups(struct reader *r)
{
	static const char *const cells[][4] = {{"tpos", "tneg", "cpos", "cneg"}, {"ai", "bi", "ci", "di"}};
	int study = FIND(r->t, STUDY), author = ql_csv_find(r->t, "author"), yi = FIND(r->t, EFFECT);
	int v = FIND(r->t, VARIANCE), se = FIND(r->t, ERROR), c[4] = {-1, -1, -1, -1};
	for (int k = 0; k < 2 && c[3] < 0; k++)
		for (int i = 0; i < 4; i++)
			c[i] = ql_csv_find(r->t, cells[k][i]);
	bool counts = c[0] >= 0 && c[1] >= 0 && c[2] >= 0 && c[3] >= 0, effects = yi >= 0 && (v >= 0 || se >= 0);
	if (!counts && !effects)
		return false;
	bool use_counts = counts && (r->o->measure >= 0 || !effects);
	const char *g1 = r->o->group1 ? r->o->group1 : "treatment", *g2 = r->o->group2 ? r->o->group2 : "control";
	r->b->measure = r->o->measure >= 0 ? (enum ql_measure)r->o->measure : use_counts ? QL_OR : QL_GENERIC;
	for (r->row = 0; r->row < r->t->n_row; r->row++) {
		char *name = author >= 0  ? ql_arena_printf(r->a, "%d %s", r->row + 1, text(r, author))
			     : study >= 0 ? ql_arena_printf(r->a, "%s", text(r, study))
					  : ql_arena_printf(r->a, "%d", r->row + 1);
		if (use_counts) {
			double n[4];
			for (int i = 0; i < 4; i++)
				n[i] = number(r, c[i]);
			struct ql_nma_arm x = {n[0], n[0] + n[1], NAN, NAN, NAN},
					  y = {n[2], n[2] + n[3], NAN, NAN, NAN};
			ql_nma_builder_arm(r->b, name, g1, x, covariate(r), span(r, c[0]));
			ql_nma_builder_arm(r->b, name, g2, y, covariate(r), span(r, c[2]));
		} else {
			double s = v >= 0 ? sqrt(number(r, v)) : number(r, se);
			ql_nma_builder_contrast(r->b, name, g1, g2, number(r, yi), s, NAN, NAN, covariate(r),
						span(r, yi), NULL);
		}
	}
	return true;
}

static void read_table(struct reader *r)
{
	int study = FIND(r->t, STUDY), t1 = FIND(r->t, TREAT1), t2 = FIND(r->t, TREAT2), treat = FIND(r->t, TREAT);
	if (study >= 0 && t1 >= 0 && t2 >= 0 && read_side_by_side(r, study))
		return;
	if (study >= 0 && t1 >= 0 && t2 >= 0) {
		read_contrasts(r, study, t1, t2);
		return;
	}
	if (study >= 0 && treat >= 0 && (read_differences(r, study, treat) || read_arms(r, study, treat)))
		return;
	if (read_two_groups(r))
		return;
	struct ql_span at = ql_csv_span(r->t, -1, 0);
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0711, at, "the columns of this table are not known");
	ql_diag_help(
	    d,
	    "contrasts: studlab, treat1, treat2, TE, seTE; arms: study, treatment, events, n (or mean, sd, n, or "
	    "events, time); 2x2: tpos, tneg, cpos, cneg; pairs: yi, vi%s",
	    r->t->n_col == 1 ? ". The header was read as one column: is the delimiter comma, semicolon or tab?" : "");
}

enum quell_status ql_nma_take(struct ql_arena *a, struct ql_csv *table, const struct ql_nma_read_options *o,
			      struct ql_diags *ds, struct ql_nma_data **out)
{
	struct reader r = {.a = a, .t = table, .o = o, .ds = ds, .covariate = -1};
	int errors = ds->n_errors;
	*out = NULL;
	if (o->covariate && (r.covariate = ql_csv_column(r.t, o->covariate, true, ds)) < 0)
		return QUELL_ERR_INPUT;
	r.b = ql_nma_builder_new(a, o, QL_GENERIC, ds);
	read_table(&r);
	if (ds->n_errors > errors) {
		struct ql_nma_data *ignored; /* faults of studies too, in the same run */
		if (r.b->n_row > 0)
			ql_nma_builder_finish(r.b, &ignored);
		return QUELL_ERR_INPUT;
	}
	return ql_nma_builder_finish(r.b, out);
}

enum quell_status ql_nma_read(struct ql_arena *a, const char *path, const struct ql_nma_read_options *o,
			      struct ql_diags *ds, struct ql_nma_data **out)
{
	const struct ql_csv_options csv = {.any_case = true};
	struct ql_csv *table;
	*out = NULL;
	enum quell_status s = ql_csv_read(a, path, &csv, ds, &table);
	return s == QUELL_OK ? ql_nma_take(a, table, o, ds, out) : s;
}
