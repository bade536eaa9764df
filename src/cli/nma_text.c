/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/nma_text.h"
#include <string.h>

/* With fewer degrees of freedom a prediction interval spans everything; JSON has it all the same. */
enum { BAR = 33, LEAGUE_LIMIT = 40, SPLIT_LIMIT = 40, NETWORK_LIMIT = 25, PREDICT_DF = 3 };

const char *ql_short_number(double x, char *buf)
{
	double a = fabs(x);
	if (!isfinite(x))
		snprintf(buf, 32, "-");
	else
		snprintf(buf, 32, "%.*f",
			 a == 0         ? 0
			 : a >= 99.95   ? 0
			 : a >= 9.995   ? 1
			 : a >= 0.0995  ? 2
			 : a >= 0.00995 ? 3
					: 4,
			 x);
	return buf;
}

const char *ql_p_text(double p, char *buf)
{
	if (isnan(p))
		buf[0] = 0;
	else if (p < 0.001)
		snprintf(buf, 32, "p < 0.001");
	else
		snprintf(buf, 32, "p %.*f", p < 0.1 ? 3 : 2, p);
	return buf;
}

/* The scale for people: ratios are shown as ratios. */
static double shown(enum ql_measure m, double x)
{
	return ql_measure_is_ratio(m) ? exp(x) : x;
}

/* Ratios keep three significant digits, differences two decimals. */
static const char *number_text(enum ql_measure m, double x, char *buf)
{
	if (ql_measure_is_ratio(m) || !isfinite(x) || fabs(x) >= 9.995)
		return ql_short_number(shown(m, x), buf);
	snprintf(buf, 32, "%.*f", fabs(x) < 0.00995 && x != 0 ? 3 : 2, x);
	return buf;
}

static void put_number(struct ql_buf *b, enum ql_measure m, double x, int width)
{
	char s[32];
	ql_buf_pad(b, number_text(m, x, s), width, true);
}

static void put_interval(struct ql_buf *b, enum ql_measure m, double lower, double upper, int width)
{
	char l[32], u[32], s[80];
	snprintf(s, sizeof s, "%s to %s", number_text(m, lower, l), number_text(m, upper, u));
	ql_buf_pad(b, isnan(lower) ? "" : s, width, false);
}

/* ---- the forest's axis ---- */

static int cell(const struct ql_forest_range *a, double x)
{
	return (int)lround((x - a->low) / (a->high - a->low) * (BAR - 1));
}

static void put_bar(struct ql_cli *c, const struct ql_forest_range *a, const struct ql_estimate *e)
{
	const char *left = c->ascii ? "|" : "├", *line = c->ascii ? "-" : "─", *dot = c->ascii ? "o" : "●",
		   *right = c->ascii ? "|" : "┤", *zero = c->ascii ? ":" : "┊";
	int l = cell(a, fmax(e->lower, a->low)), p = cell(a, e->te), u = cell(a, fmin(e->upper, a->high)),
	    z = cell(a, 0);
	bool cut_left = e->lower<a->low, cut_right = e->upper> a->high;
	for (int i = 0; i < BAR; i++)
		ql_buf_puts(&c->out, i == p           ? dot
				     : i == l         ? (cut_left ? "<" : left)
				     : i == u         ? (cut_right ? ">" : right)
				     : i > l && i < u ? line
				     : i == z         ? zero
						      : " ");
}

static void put_ticks(struct ql_cli *c, const struct ql_forest_range *a)
{
	static const double ratio[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};
	char row[BAR + 16];
	memset(row, ' ', sizeof row);
	row[BAR + 8] = 0;
	int last = -10;
	double span = a->high - a->low, step = pow(10, floor(log10(span / 2)));
	if (span / step > 8)
		step *= 2;
	for (int k = 0; k < 80; k++) {
		double x =
		    ql_measure_is_ratio(a->m) ? (k < 13 ? log(ratio[k]) : INFINITY) : (ceil(a->low / step) + k) * step;
		if (!(x >= a->low && x <= a->high))
			continue;
		char s[32];
		snprintf(s, sizeof s, "%g", ql_measure_is_ratio(a->m) ? ratio[k] : fabs(x) < 1e-12 ? 0 : x);
		int at = cell(a, x), len = (int)strlen(s), from = at - len / 2;
		if (from <= last + 1 || from < 0 || from + len > BAR + 2)
			continue;
		memcpy(row + from, s, (size_t)len);
		last = from + len - 1;
	}
	ql_buf_printf(&c->out, "%s", row);
}

static int name_width(const struct ql_nma_data *d)
{
	int w = 9;
	for (int i = 0; i < d->n_treat; i++)
		w = ql_text_width(d->treat[i]) > w ? ql_text_width(d->treat[i]) : w;
	return w < 30 ? w : 30;
}

static void put_name(struct ql_cli *c, const char *name, int width)
{
	if (ql_text_width(name) <= width) {
		ql_buf_pad(&c->out, name, width, false);
		return;
	}
	int n = 0, i = 0;
	for (; name[i] && (n < width - 1 || ((unsigned char)name[i] & 0xc0) == 0x80); i++)
		n += ((unsigned char)name[i] & 0xc0) != 0x80;
	ql_buf_add(&c->out, name, (size_t)i);
	ql_buf_puts(&c->out, c->ascii ? "." : "…");
}

/* ---- summary ---- */

static void put_summary(struct ql_cli *c, const struct ql_nma_report *r)
{
	const struct ql_nma *m = r->m;
	char p[32], t[32];
	ql_buf_printf(&c->out, "%s%s%s  %d %s, %d treatments, %s, %s model", ql_cli_style(c, QL_BOLD), r->dataset,
		      ql_cli_style(c, QL_PLAIN), r->n_studies, r->n_studies == 1 ? "study" : "studies", m->n,
		      ql_measure_name(r->d->measure), m->o.random ? "random-effects" : "common-effect");
	if (m->o.random)
		ql_buf_printf(&c->out, " (%s), tau %s", r->method, ql_short_number(sqrt(m->tau2), t));
	else if (strcmp(r->method, "DL") != 0)
		ql_buf_printf(&c->out, " (%s)", r->method);
	ql_buf_puts(&c->out, "\n");
	if (m->df > 0 && !isnan(m->q)) {
		ql_buf_printf(&c->out, "Q %.2f on %d df, %s; I2 %.0f %%", m->q, m->df, ql_p_text(m->p_q, p),
			      100 * m->i2);
		if (!isnan(m->i2_lower))
			ql_buf_printf(&c->out, " (%.0f to %.0f)", 100 * m->i2_lower, 100 * m->i2_upper);
		ql_buf_puts(&c->out, "\n");
	}
	if (r->has_designs && r->designs.df_within > 0)
		ql_buf_printf(&c->out, "within designs %.2f on %d df, %s\n", r->designs.q_within, r->designs.df_within,
			      ql_p_text(r->designs.p_within, p));
	if (r->has_designs && r->designs.df_between > 0)
		ql_buf_printf(&c->out, "between designs %.2f on %d df, %s (inconsistency)\n", r->designs.q_between,
			      r->designs.df_between, ql_p_text(r->designs.p_between, p));
	if (!r->has_designs && !isnan(r->q_inc) && r->df_inc > 0)
		ql_buf_printf(&c->out, "between designs %.2f on %d df (inconsistency)\n", r->q_inc, r->df_inc);
}

static const char *direction(const struct ql_nma_report *r)
{
	bool ratio = ql_measure_is_ratio(r->d->measure), small = r->m->o.small_desirable;
	return ratio ? (small ? "below 1 favours the row" : "above 1 favours the row")
		     : (small ? "below 0 favours the row" : "above 0 favours the row");
}

static void put_forest(struct ql_cli *c, const struct ql_nma_report *r, const int *order)
{
	const struct ql_nma *m = r->m;
	struct ql_estimate *e = QL_NEW_N(r->d->a, struct ql_estimate, (size_t)m->n);
	int n = 0, w = name_width(r->d);
	for (int i = 0; i < m->n; i++)
		if (i != m->o.reference)
			e[n++] = ql_nma_estimate(m, i, m->o.reference);
	struct ql_forest_range a = ql_forest_range(r->d->measure, e, n, 0.03);
	ql_buf_printf(&c->out, "\nagainst %s: %s %s\n%*s", r->d->treat[m->o.reference], ql_measure_name(r->d->measure),
		      direction(r), w + 1, "");
	put_ticks(c, &a);
	bool predict = m->o.random && m->df >= PREDICT_DF;
	ql_buf_puts(&c->out, predict ? "  95 % interval  new study       P-score\n"
				     : "  95 % interval                  P-score\n");
	for (int k = 0; k < m->n; k++) {
		int i = order[k];
		struct ql_estimate x = ql_nma_estimate(m, i, m->o.reference);
		put_name(c, r->d->treat[i], w);
		ql_buf_puts(&c->out, " ");
		if (i == m->o.reference) {
			ql_buf_pad(&c->out, "reference", BAR + 41, false);
		} else {
			put_bar(c, &a, &x);
			put_number(&c->out, r->d->measure, x.te, 7);
			ql_buf_puts(&c->out, "  ");
			put_interval(&c->out, r->d->measure, x.lower, x.upper, 15);
			ql_buf_puts(&c->out, " ");
			if (predict)
				put_interval(&c->out, r->d->measure, x.predict_lower, x.predict_upper, 15);
			else
				ql_buf_pad(&c->out, "", 15, false);
			ql_buf_puts(&c->out, " ");
		}
		ql_buf_printf(&c->out, "%6.2f\n", r->ranks.p_score[i]);
	}
	ql_buf_puts(
	    &c->out,
	    "P-score: mean chance of being better than another treatment, given the estimates; read it with the "
	    "intervals\n");
}

/* ---- splits ---- */

static void put_splits(struct ql_cli *c, const struct ql_nma_report *r)
{
	int w = name_width(r->d), n = 0;
	for (int i = 0; i < r->n_split; i++)
		n += !isnan(r->split[i].difference.p);
	if (n == 0)
		return;
	ql_buf_printf(
	    &c->out,
	    "\ndirect and indirect evidence (%s of the first against the second)\n%*s studies  direct            "
	    "     indirect              share   difference\n",
	    ql_measure_name(r->d->measure), 2 * w + 3, "");
	for (int i = 0, told = 0; i < r->n_split && told < SPLIT_LIMIT; i++) {
		const struct ql_split *s = &r->split[i];
		char p[32];
		if (isnan(s->difference.p))
			continue;
		told++;
		put_name(c, r->d->treat[s->treat], w);
		ql_buf_puts(&c->out, " : ");
		put_name(c, r->d->treat[s->comp], w);
		ql_buf_printf(&c->out, "%7d ", s->n_study);
		put_number(&c->out, r->d->measure, s->direct.te, 6);
		ql_buf_puts(&c->out, " ");
		put_interval(&c->out, r->d->measure, s->direct.lower, s->direct.upper, 16);
		put_number(&c->out, r->d->measure, s->indirect.te, 6);
		ql_buf_puts(&c->out, " ");
		put_interval(&c->out, r->d->measure, s->indirect.lower, s->indirect.upper, 16);
		ql_buf_printf(&c->out, "%4.0f %%   %s\n", 100 * s->proportion, ql_p_text(s->difference.p, p));
	}
	if (n > SPLIT_LIMIT)
		ql_buf_printf(&c->out, "... and %d more; --json has all\n", n - SPLIT_LIMIT);
}

/* ---- league table, in blocks of columns that fit ---- */

static void put_league(struct ql_cli *c, const struct ql_nma_report *r, const int *order)
{
	enum { CELL = 21 };
	const struct ql_nma *m = r->m;
	int w = name_width(r->d), per = (ql_cli_width() - w - 1) / CELL;
	if (m->n > LEAGUE_LIMIT) {
		ql_buf_printf(&c->out, "\nleague: %d pairs; --league FILE writes all\n", m->n * (m->n - 1) / 2);
		return;
	}
	per = per < 1 ? 1 : per;
	ql_buf_printf(&c->out, "\nleague: %s of row against column with 95 %% interval, %s; best P-score first\n",
		      ql_measure_name(r->d->measure), direction(r));
	for (int from = 0; from < m->n; from += per) {
		int to = from + per < m->n ? from + per : m->n;
		ql_buf_pad(&c->out, "", w + 1, false);
		for (int j = from; j < to; j++)
			put_name(c, r->d->treat[order[j]], CELL - 1), ql_buf_puts(&c->out, " ");
		ql_buf_puts(&c->out, "\n");
		for (int i = 0; i < m->n; i++) {
			put_name(c, r->d->treat[order[i]], w);
			ql_buf_puts(&c->out, " ");
			for (int j = from; j < to; j++) {
				struct ql_estimate x = ql_nma_estimate(m, order[i], order[j]);
				char a[32], l[32], u[32], s[100];
				enum ql_measure ms = r->d->measure;
				snprintf(s, sizeof s, ql_measure_is_ratio(ms) ? "%s (%s-%s)" : "%s (%s, %s)",
					 number_text(ms, x.te, a), number_text(ms, x.lower, l),
					 number_text(ms, x.upper, u));
				ql_buf_pad(&c->out, i == j ? "." : s, CELL, false);
			}
			while (c->out.len && c->out.data[c->out.len - 1] == ' ')
				c->out.len--;
			ql_buf_puts(&c->out, "\n");
		}
		ql_buf_puts(&c->out, to < m->n ? "\n" : "");
	}
}

/* ---- who was compared with whom, and ranks ---- */

static void put_network(struct ql_cli *c, const struct ql_nma_report *r, const int *order)
{
	int n = r->m->n, w = name_width(r->d), *count = QL_NEW_N(r->d->a, int, (size_t)(n * n));
	if (n > NETWORK_LIMIT || n < 3)
		return;
	for (int i = 0; i < r->n_split; i++) {
		count[r->split[i].treat * n + r->split[i].comp] = r->split[i].n_study;
		count[r->split[i].comp * n + r->split[i].treat] = r->split[i].n_study;
	}
	ql_buf_puts(&c->out, "\nnetwork: studies that compare two treatments directly\n");
	ql_buf_pad(&c->out, "", w + 3, false);
	for (int j = 0; j < n; j++)
		ql_buf_printf(&c->out, " %2d", j + 1);
	ql_buf_puts(&c->out, "\n");
	for (int i = 0; i < n; i++) {
		ql_buf_printf(&c->out, "%2d ", i + 1);
		put_name(c, r->d->treat[order[i]], w);
		for (int j = 0; j < n; j++) {
			int k = count[order[i] * n + order[j]];
			if (k)
				ql_buf_printf(&c->out, " %2d", k);
			else
				ql_buf_puts(&c->out, i == j ? "  -" : "  .");
		}
		ql_buf_puts(&c->out, "\n");
	}
}

/* One cell per rank, its height the chance: nine steps. */
static void put_ranks(struct ql_cli *c, const struct ql_nma_report *r, const int *order)
{
	static const char *const block[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char ascii[] = " .:-=+*#@";
	int n = r->m->n, w = name_width(r->d);
	if (!r->ranks.rankogram || n < 3 || n > NETWORK_LIMIT)
		return;
	ql_buf_printf(&c->out, "\nranks: chance of rank 1 (best) to %d, 12 %% a step\n", n);
	for (int i = 0; i < n; i++) {
		put_name(c, r->d->treat[order[i]], w);
		ql_buf_puts(&c->out, c->ascii ? " |" : " │");
		for (int k = 0; k < n; k++) {
			int step = (int)ceil(8 * r->ranks.rankogram[order[i] * n + k] - 0.04);
			step = step < 0 ? 0 : step > 8 ? 8 : step;
			if (c->ascii)
				ql_buf_add(&c->out, ascii + step, 1);
			else
				ql_buf_puts(&c->out, block[step]);
		}
		ql_buf_puts(&c->out, c->ascii ? "|\n" : "│\n");
	}
}

static void put_notes(struct ql_cli *c, const struct ql_nma_report *r)
{
	struct ql_buf words = {0};
	ql_nma_words(r, &words);
	if (words.len)
		ql_buf_puts(&c->out, "\n");
	for (char *line = words.data, *end; line && (end = strchr(line, '\n')); line = end + 1)
		ql_buf_printf(&c->out, "note  %.*s\n", (int)(end - line), line);
	ql_buf_free(&words);
}

void ql_nma_print(struct ql_cli *c, const struct ql_nma_report *r)
{
	int *order = ql_nma_rank_order(r);
	put_summary(c, r);
	put_forest(c, r, order);
	put_network(c, r, order);
	put_ranks(c, r, order);
	put_splits(c, r);
	put_league(c, r, order);
	ql_nma_print_models(c, r);
	put_notes(c, r);
}

/* ---- two treatments ---- */

void ql_pair_print(struct ql_cli *c, const struct ql_pair_report *r)
{
	const struct ql_pair_fit *f = &r->fit;
	enum ql_measure m = r->d->measure;
	double crit = 1.959963984540054;
	int n = r->d->n_study, w = 9;
	char p[32], t[32];
	struct ql_estimate *e = QL_NEW_N(r->d->a, struct ql_estimate, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		double se = sqrt(r->v[i]);
		e[i] = (struct ql_estimate){
		    .te = r->y[i], .se = se, .lower = r->y[i] - crit * se, .upper = r->y[i] + crit * se};
		w = ql_text_width(r->d->study[i].name) > w ? ql_text_width(r->d->study[i].name) : w;
	}
	w = w < 30 ? w : 30;
	e[n] = (struct ql_estimate){.te = f->b[0], .se = f->se[0], .lower = f->lower[0], .upper = f->upper[0]};
	struct ql_forest_range a = ql_forest_range(m, e, n + 1, 0.03);
	ql_buf_printf(&c->out, "%s%s%s  %d studies, %s of %s against %s (%s)\n", ql_cli_style(c, QL_BOLD), r->dataset,
		      ql_cli_style(c, QL_PLAIN), n, ql_measure_name(m), r->d->treat[r->treat], r->d->treat[r->comp],
		      r->method);
	ql_buf_pad(&c->out, "", w + 1, false);
	put_ticks(c, &a);
	ql_buf_puts(&c->out, "  95 % interval    weight\n");
	for (int i = 0; i <= n; i++) {
		put_name(c, i < n ? r->d->study[i].name : "together", w);
		ql_buf_puts(&c->out, " ");
		put_bar(c, &a, &e[i]);
		put_number(&c->out, m, e[i].te, 7);
		ql_buf_puts(&c->out, "  ");
		put_interval(&c->out, m, e[i].lower, e[i].upper, 17);
		ql_buf_printf(&c->out, "%5.1f %%\n", 100 * (i < n ? r->weight[i] : 1));
	}
	if (!isnan(f->predict_lower)) {
		ql_buf_puts(&c->out, "a new study would lie between ");
		put_interval(&c->out, m, f->predict_lower, f->predict_upper, 0);
		ql_buf_puts(&c->out, "\n");
	}
	ql_buf_printf(&c->out, "tau %s, I2 %.0f %%, Q %.2f on %d df, %s\n", ql_short_number(sqrt(f->tau2), t),
		      100 * f->i2, f->q, f->df, ql_p_text(f->p_q, p));
	if (r->has_tests)
		ql_buf_printf(&c->out, "small studies: Egger %s", ql_p_text(r->tests.egger_p, p));
	if (r->has_tests) {
		ql_buf_printf(&c->out, ", Begg %s, trim and fill adds %d", ql_p_text(r->tests.begg_p, p),
			      r->tests.fill_k);
		ql_buf_puts(&c->out, r->tests.fill_k ? " and gives " : "\n");
		if (r->tests.fill_k)
			ql_buf_printf(&c->out, "%s\n", ql_short_number(shown(m, r->tests.fill.b[0]), t));
	}
	if (r->has_slope)
		ql_buf_printf(&c->out, "moderator: slope %.4g (%.4g to %.4g), %s, explains %.0f %% of tau2\n",
			      r->slope.b[1], r->slope.lower[1], r->slope.upper[1], ql_p_text(r->slope.pval[1], p),
			      100 * r->slope.r2);
	for (int i = 0; i < r->d->n_note; i++)
		ql_buf_printf(&c->out, "note  %s\n", r->d->note[i]);
}
