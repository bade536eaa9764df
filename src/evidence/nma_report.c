/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/nma_report.h"
#include "base/json.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RANK_LIMIT = 100, FLOW_LIMIT = 40, LEAGUE_LIMIT = 200 };

enum quell_status ql_nma_report_run(const struct ql_nma_data *d, const struct ql_nma_report_options *o,
				    struct ql_diags *ds, struct ql_nma_report *out)
{
	struct ql_nma *m;
	enum quell_status s = o->rare < 0 ? ql_nma_fit(d, &o->fit, ds, &m)
					  : ql_rare_fit(d, &o->fit, (enum ql_rare_method)o->rare, ds, &m);
	if (s != QUELL_OK)
		return s;
	out->d = d;
	out->n_studies = d->n_study;
	out->m = m;
	out->q_inc = NAN;
	if (o->rare < 0) {
		ql_nma_designs(m, o->heat, &out->designs);
		out->has_designs = true;
	} else if (o->rare == QL_MANTEL_HAENSZEL) {
		out->q_inc = m->q;
		out->df_inc = m->df;
		m->q = m->p_q = m->i2 = m->i2_lower = m->i2_upper = NAN; /* of pooled designs, not of studies */
	}
	if (o->rare >= QL_HYPERGEOMETRIC) {
		ql_nma_ranks(m, d->n_treat <= RANK_LIMIT ? o->draws : 0, o->seed, &out->ranks);
		return QUELL_OK;
	}
	out->split = ql_nma_split(m, &out->n_split);
	ql_nma_ranks(m, d->n_treat <= RANK_LIMIT ? o->draws : 0, o->seed, &out->ranks);
	if (o->contributions && d->n_treat <= FLOW_LIMIT)
		ql_nma_contributions(m, o->flow, &out->contributions);
	return QUELL_OK;
}

static int n_edges(const struct ql_nma_report *r)
{
	return r->n_split;
}

void ql_nma_words(const struct ql_nma_report *r, struct ql_buf *out)
{
	const struct ql_nma *m = r->m;
	for (int i = 0; i < r->d->n_note; i++)
		ql_buf_printf(out, "%s\n", r->d->note[i]);
	if (r->d->n_incremented)
		ql_buf_printf(out, "%d stud%s with a zero cell: the increment was added to all its cells\n",
			      r->d->n_incremented, r->d->n_incremented == 1 ? "y" : "ies");
	if (r->n_left_out) {
		ql_buf_puts(out, "the network is not connected; not compared here:");
		for (int i = 0; i < r->n_left_out && i < 40; i++)
			ql_buf_printf(out, "%s %s", i ? "," : "", r->left_out[i]);
		ql_buf_puts(out, r->n_left_out > 40 ? ", ...\n" : "\n");
	}
	int *degree = QL_NEW_N(r->d->a, int, (size_t)m->n);
	for (int i = 0; i < r->n_split; i++) {
		degree[r->split[i].treat]++;
		degree[r->split[i].comp]++;
	}
	int star = -1;
	for (int t = 0; t < m->n; t++)
		if (degree[t] == m->n - 1 && n_edges(r) == m->n - 1 && m->n > 2)
			star = t;
	if (star >= 0)
		ql_buf_printf(out, "star network: every treatment is compared with %s only\n", r->d->treat[star]);
	if (r->has_designs && r->designs.df_between == 0 && m->n > 2)
		ql_buf_puts(
		    out, "no loop of independent studies: inconsistency cannot be assessed, indirect estimates rest on "
			 "the assumption that the studies are comparable\n");
	if (m->df == 0)
		ql_buf_puts(
		    out, "no comparison is repeated: heterogeneity cannot be estimated, a random-effects model equals "
			 "the common-effect model\n");
	if (strcmp(r->method, "NCH") == 0)
		ql_buf_puts(out, "NCH uses the multinomial approximation for rare events; NCH-exact maximises the "
				 "likelihood itself\n");
	if (m->inflate < 1)
		ql_buf_puts(
		    out, "Hartung-Knapp made the intervals shorter than the usual ones; be careful with few studies\n");
}

struct ordered {
	double score;
	int treat;
};

static int by_score(const void *x, const void *y)
{
	const struct ordered *a = x, *b = y;
	return a->score != b->score ? (a->score < b->score) - (a->score > b->score) : a->treat - b->treat;
}
int *ql_nma_rank_order(const struct ql_nma_report *r)
{
	struct ordered *o = QL_NEW_N(r->d->a, struct ordered, (size_t)r->m->n);
	int *out = QL_NEW_N(r->d->a, int, (size_t)r->m->n);
	for (int i = 0; i < r->m->n; i++)
		o[i] = (struct ordered){r->ranks.p_score[i], i};
	qsort(o, (size_t)r->m->n, sizeof *o, by_score);
	for (int i = 0; i < r->m->n; i++)
		out[i] = o[i].treat;
	return out;
}

static json_t *effect_json(const struct ql_nma *m, int i, int j)
{
	struct ql_estimate e = ql_nma_estimate(m, i, j);
	return json_pack("{ss,ss,so,so,so,so,so,so,so,so}", "treat", m->d->treat[i], "comp", m->d->treat[j], "te",
			 ql_json_real(e.te), "se", ql_json_real(e.se), "lower", ql_json_real(e.lower), "upper", ql_json_real(e.upper), "z", ql_json_real(e.z),
			 "p", ql_json_real(e.p), "predict_lower", ql_json_real(e.predict_lower), "predict_upper",
			 ql_json_real(e.predict_upper));
}

static json_t *design_json(const struct ql_nma_design *g)
{
	return json_pack("{ss,si,so,si,so,so}", "design", g->label, "studies", g->n_study, "Q", ql_json_real(g->q_within), "df",
			 g->df_within, "Q_inc_detached", ql_json_real(g->q_detached), "df_inc_detached",
			 isnan(g->q_detached) ? json_null() : json_integer(g->df_detached));
}

static json_t *split_json(const struct ql_nma_report *r, const struct ql_split *s)
{
	return json_pack("{ss,ss,si,so,so,so,so,so,so,so,so,so}", "treat", r->d->treat[s->treat], "comp",
			 r->d->treat[s->comp], "studies", s->n_study, "proportion_direct", ql_json_real(s->proportion),
			 "network", ql_json_real(s->network.te), "direct", ql_json_real(s->direct.te), "se_direct", ql_json_real(s->direct.se),
			 "indirect", ql_json_real(s->indirect.te), "se_indirect", ql_json_real(s->indirect.se), "difference",
			 ql_json_real(s->difference.te), "se_difference", ql_json_real(s->difference.se), "p", ql_json_real(s->difference.p));
}

static json_t *matrix_json(const double *x, int rows, int cols)
{
	json_t *out = json_array();
	for (int i = 0; i < rows; i++) {
		json_t *row = json_array();
		for (int j = 0; j < cols; j++)
			json_array_append_new(row, ql_json_real(x[(size_t)i * (size_t)cols + (size_t)j]));
		json_array_append_new(out, row);
	}
	return out;
}

static void add_designs(json_t *o, const struct ql_nma_report *r)
{
	const struct ql_designs *g = &r->designs;
	json_object_set_new(o, "Q_het", ql_json_real(g->q_within));
	json_object_set_new(o, "df_het", json_integer(g->df_within));
	json_object_set_new(o, "p_het", ql_json_real(g->p_within));
	json_object_set_new(o, "Q_inc", ql_json_real(g->q_between));
	json_object_set_new(o, "df_inc", json_integer(g->df_between));
	json_object_set_new(o, "p_inc", ql_json_real(g->p_between));
	json_object_set_new(o, "tau2_within", ql_json_real(g->tau2_within));
	json_object_set_new(o, "Q_inc_random", ql_json_real(g->q_between_random));
	json_object_set_new(o, "p_inc_random", ql_json_real(g->p_between_random));
	json_t *list = json_array();
	for (int i = 0; i < g->n; i++)
		json_array_append_new(list, design_json(&g->design[i]));
	json_object_set_new(o, "designs", list);
	if (g->heat)
		json_object_set_new(o, "net_heat", matrix_json(g->heat, g->n, g->n));
}

static void add_ranks(json_t *o, const struct ql_nma_report *r)
{
	json_t *p = json_object(), *s = json_object(), *g = json_object();
	for (int t = 0; t < r->m->n; t++) {
		json_object_set_new(p, r->d->treat[t], ql_json_real(r->ranks.p_score[t]));
		if (r->ranks.sucra) {
			json_object_set_new(s, r->d->treat[t], ql_json_real(r->ranks.sucra[t]));
			json_t *row = json_array();
			for (int k = 0; k < r->m->n; k++)
				json_array_append_new(
				    row, ql_json_real(r->ranks.rankogram[(size_t)t * (size_t)r->m->n + (size_t)k]));
			json_object_set_new(g, r->d->treat[t], row);
		}
	}
	json_object_set_new(o, "pscores", p);
	json_object_set_new(o, "sucra", s);
	json_object_set_new(o, "rankogram", g);
	json_object_set_new(o, "rankogram_draws", json_integer((json_int_t)r->ranks.draws));
}

static void add_contributions(json_t *o, const struct ql_nma_report *r)
{
	const struct ql_contributions *c = &r->contributions;
	if (!c->n_row)
		return;
	json_t *columns = json_array(), *rows = json_array();
	for (int e = 0; e < c->n_col; e++)
		json_array_append_new(columns, json_pack("[ss]", r->d->treat[c->col_a[e]], r->d->treat[c->col_b[e]]));
	for (int i = 0; i < c->n_row; i++) {
		json_t *share = json_array();
		for (int e = 0; e < c->n_col; e++)
			json_array_append_new(share, ql_json_real(c->share[(size_t)i * (size_t)c->n_col + (size_t)e]));
		json_array_append_new(rows, json_pack("{ss,ss,so,so,so}", "treat", r->d->treat[c->row_a[i]], "comp",
						      r->d->treat[c->row_b[i]], "share", share, "mean_path",
						      ql_json_real(c->mean_path[i]), "parallelism", ql_json_real(c->parallelism[i])));
	}
	json_object_set_new(o, "contributions", json_pack("{so,so}", "columns", columns, "rows", rows));
}

static void add_effects(json_t *o, const struct ql_nma_report *r)
{
	const struct ql_nma *m = r->m;
	json_t *versus = json_array(), *league = json_array();
	for (int t = 0; t < m->n; t++)
		if (t != m->o.reference)
			json_array_append_new(versus, effect_json(m, t, m->o.reference));
	for (int i = 0; i < m->n && m->n <= LEAGUE_LIMIT; i++)
		for (int j = i + 1; j < m->n; j++)
			json_array_append_new(league, effect_json(m, i, j));
	json_object_set_new(o, "direction",
			    json_pack("s++", "te is treat minus comp; ", m->o.small_desirable ? "negative" : "positive",
				      " values favour treat"));
	json_object_set_new(o, "effects", versus);
	json_object_set_new(o, "league", m->n <= LEAGUE_LIMIT ? league : json_null());
	if (m->n > LEAGUE_LIMIT)
		json_decref(league);
}

static json_t *notes_json(const struct ql_nma_report *r)
{
	struct ql_buf words = {0};
	json_t *list = json_array();
	ql_nma_words(r, &words);
	for (char *line = words.data, *end; line && (end = strchr(line, '\n')); line = end + 1)
		json_array_append_new(list, json_stringn(line, (size_t)(end - line)));
	ql_buf_free(&words);
	return list;
}

json_t *ql_nma_json(const struct ql_nma_report *r)
{
	const struct ql_nma *m = r->m;
	json_t *o =
	    json_pack("{ss,ss,ss,ss,ss,ss,sb,so,si,si}", "schema", "quell.nma/1", "dataset", r->dataset, "measure",
		      ql_measure_name(r->d->measure), "method", r->method, "model", m->o.random ? "random" : "common",
		      "reference", r->d->treat[m->o.reference], "log_scale", ql_measure_is_ratio(r->d->measure),
		      "level", ql_json_real(m->o.level), "studies", r->n_studies, "treatments", m->n);
	json_object_set_new(o, "tau2", m->o.random ? ql_json_real(m->tau2) : json_null());
	json_object_set_new(o, "Q", ql_json_real(m->q));
	json_object_set_new(o, "df_Q", isnan(m->q) ? json_null() : json_integer(m->df));
	json_object_set_new(o, "p_Q", ql_json_real(m->p_q));
	json_object_set_new(o, "I2", ql_json_real(m->i2));
	json_object_set_new(o, "I2_lower", ql_json_real(m->i2_lower));
	json_object_set_new(o, "I2_upper", ql_json_real(m->i2_upper));
	if (r->has_designs) {
		add_designs(o, r);
	} else if (!isnan(r->q_inc)) {
		json_object_set_new(o, "Q_inc", ql_json_real(r->q_inc));
		json_object_set_new(o, "df_inc", json_integer(r->df_inc));
	}
	add_effects(o, r);
	add_ranks(o, r);
	json_t *list = json_array();
	for (int i = 0; i < r->n_split; i++)
		json_array_append_new(list, split_json(r, &r->split[i]));
	json_object_set_new(o, "split", list);
	add_contributions(o, r);
	if (r->components)
		json_object_set_new(o, "component_model", ql_components_json(r));
	if (r->regression)
		json_object_set_new(o, "meta_regression", ql_regression_json(r));
	if (r->bayes)
		json_object_set_new(o, "bayes", ql_bayes_json(r));
	json_object_set_new(o, "notes", notes_json(r));
	return o;
}

struct ql_forest_range ql_forest_range(enum ql_measure m, const struct ql_estimate *e, int n, double pad)
{
	struct ql_forest_range s = {0, 0, m};
	for (int i = 0; i < n; i++) {
		double half = fmin(e[i].upper - e[i].te, 6 * fabs(e[i].te) + 1.5);
		s.low = fmin(s.low, e[i].te - half);
		s.high = fmax(s.high, e[i].te + half);
	}
	double room = pad * (s.high - s.low) + 1e-9;
	s.low -= room;
	s.high += room;
	return s;
}
