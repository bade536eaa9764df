/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/select.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *ql_row_fate_text(enum ql_row_fate f)
{
	static const char *const text[] = {
	    "used",     "recalled, not verified",       "no limits printed",   "a later cut is used",
	    "subgroup", "its note says not to pool it", "excluded on request", "the cut gives this contrast twice"};
	return text[f];
}

const char *ql_selection_endpoint(const char *word)
{
	static const char *const map[][2] = {
	    {"pfs", "PFS_HR"}, {"os", "OS_HR"}, {"ttnt", "TTNT_HR"}, {"efs", "EFS_HR"}, {"pfs2", "PFS2_HR"}};
	for (size_t i = 0; i < sizeof map / sizeof *map; i++)
		if (strcasecmp(word, map[i][0]) == 0 || strcasecmp(word, map[i][1]) == 0)
			return map[i][1];
	return NULL;
}

const char *ql_selection_line(const char *word)
{
	static const char *const map[][2] = {{"1L", "1L"},
					     {"1", "1L"},
					     {"RR", "RR"},
					     {"2", "RR"},
					     {"2L", "RR"},
					     {"maint", "maint"},
					     {"maintenance", "maint"},
					     {"RT", "RT"}};
	for (size_t i = 0; i < sizeof map / sizeof *map; i++)
		if (strcasecmp(word, map[i][0]) == 0)
			return map[i][1];
	return NULL;
}

static bool in_line(const struct ql_trial_row *r, const char *line)
{
	return strcmp(r->line, line) == 0 ||
	       (strcmp(r->line, "1L+RR") == 0 && strncmp(r->subgroup, line, strlen(line)) == 0);
}

static bool whole_line(const struct ql_trial_row *r, const char *line)
{
	char stratum[32];
	snprintf(stratum, sizeof stratum, "%s stratum", line);
	return strcmp(r->subgroup, strcmp(r->line, "1L+RR") == 0 ? stratum : "all") == 0;
}

static bool listed(const char *const *list, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* The publication asked for, or NULL. */
static const char *wanted_cut(const struct ql_selection_options *o, const char *trial)
{
	size_t n = strlen(trial);
	for (int i = 0; i < o->n_cut; i++)
		if (strncmp(o->cut[i], trial, n) == 0 && o->cut[i][n] == '=')
			return o->cut[i] + n + 1;
	return NULL;
}

static void log_hazard(struct ql_selected *x)
{
	const struct ql_trial_row *r = x->row;
	double lower = log(r->lower), upper = log(r->upper);
	x->te = log(r->value);
	x->se = (upper - lower) / (2 * ql_ci_quantile(r->ci_level));
	x->asymmetric = fabs(x->te - 0.5 * (lower + upper)) > 0.25 * x->se;
}

static enum ql_row_fate first_look(const struct ql_selection_options *o, struct ql_selected *x)
{
	const struct ql_trial_row *r = x->row;
	const char *cut = wanted_cut(o, r->trial);
	bool asked = cut && strcmp(cut, r->cite) == 0;
	if (!whole_line(r, o->line))
		return QL_SUBGROUP;
	if (listed(o->exclude, o->n_exclude, r->trial))
		return QL_EXCLUDED;
	if (isnan(r->lower) || isnan(r->upper))
		return QL_NO_LIMITS;
	log_hazard(x);
	if (!asked && (strstr(r->note, "do not pool") || strstr(r->note, "subset")))
		return QL_NOT_POOLED;
	if (!r->verified && !o->recalled && !asked)
		return QL_RECALLED;
	return cut && !asked ? QL_EARLIER_CUT : QL_USED;
}

static bool same_cut(const struct ql_trial_row *a, const struct ql_trial_row *b)
{
	bool follow = a->followup_mo == b->followup_mo || (isnan(a->followup_mo) && isnan(b->followup_mo));
	return strcmp(a->publication, b->publication) == 0 && follow;
}

static bool later(const struct ql_trial_row *a, const struct ql_trial_row *b)
{
	if (a->year != b->year)
		return a->year > b->year;
	return (isnan(a->followup_mo) ? 0 : a->followup_mo) > (isnan(b->followup_mo) ? 0 : b->followup_mo);
}

static bool same_contrast(const struct ql_trial_row *a, const struct ql_trial_row *b)
{
	return (strcmp(a->treatment, b->treatment) == 0 && strcmp(a->comparator, b->comparator) == 0) ||
	       (strcmp(a->treatment, b->comparator) == 0 && strcmp(a->comparator, b->treatment) == 0);
}

/* Of each trial's usable rows only the latest cut stays. */
static void keep_latest(struct ql_selection *s)
{
	for (int i = 0; i < s->n; i++) {
		if (s->item[i].fate != QL_USED)
			continue;
		const struct ql_trial_row *best = s->item[i].row;
		for (int j = 0; j < s->n; j++) {
			const struct ql_trial_row *r = s->item[j].row;
			if (s->item[j].fate == QL_USED && strcmp(r->trial, best->trial) == 0 && later(r, best))
				best = r;
		}
		for (int j = i; j < s->n; j++) {
			struct ql_selected *x = &s->item[j];
			if (x->fate != QL_USED || strcmp(x->row->trial, best->trial) != 0)
				continue;
			if (!same_cut(x->row, best))
				x->fate = QL_EARLIER_CUT;
			for (int k = i; k < j && x->fate == QL_USED; k++)
				if (s->item[k].fate == QL_USED && strcmp(s->item[k].row->trial, best->trial) == 0 &&
				    same_contrast(s->item[k].row, x->row))
					x->fate = QL_SAME_CONTRAST;
		}
	}
}

/* Expected events share the information between arms: patients times hazard ratio. */
static void add_contrast(struct ql_nma_builder *b, const struct ql_selected *x)
{
	const struct ql_trial_row *r = x->row;
	bool known = !isnan(r->n_arm) && !isnan(r->n_comp);
	double n1 = (known ? r->n_arm : 1) * r->value, n2 = known ? r->n_comp : 1;
	ql_nma_builder_contrast(b, r->trial, r->treatment, r->comparator, x->te, x->se, n1, n2, NAN, r->span, r);
}

static bool check_words(const struct ql_evidence *e, const struct ql_selection_options *o, struct ql_diags *ds)
{
	bool ok = true;
	for (int i = 0; i < o->n_exclude; i++)
		if (!ql_evidence_has_trial(e, o->exclude[i])) {
			ql_diag_add(ds, QL_E0727, (struct ql_span){0}, "no trial `%s` in the evidence table",
				    o->exclude[i]);
			ok = false;
		}
	for (int i = 0; i < o->n_cut; i++) {
		const char *eq = strchr(o->cut[i], '=');
		bool found = false;
		for (int k = 0; eq && k < e->n_row && !found; k++)
			found = strlen(e->row[k].trial) == (size_t)(eq - o->cut[i]) &&
				strncmp(e->row[k].trial, o->cut[i], (size_t)(eq - o->cut[i])) == 0 &&
				strcmp(e->row[k].cite, eq + 1) == 0;
		if (!found) {
			struct ql_diag *d = ql_diag_add(ds, QL_E0727, (struct ql_span){0},
							"no cut `%s` in the evidence table", o->cut[i]);
			ql_diag_help(d,
				     "write TRIAL=KEY, with the citation key that `quell evidence show TRIAL` lists");
			ok = false;
		}
	}
	return ok;
}

enum quell_status ql_evidence_select(const struct ql_evidence *e, const struct ql_selection_options *o,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_selection *out)
{
	const struct ql_nma_read_options build = {.measure = QL_HR, .repair = true, .exact_names = true};
	*out = (struct ql_selection){.item = QL_NEW_N(a, struct ql_selected, (size_t)e->n_row)};
	if (!check_words(e, o, ds))
		return QUELL_ERR_INPUT;
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		if (strcmp(r->endpoint, o->endpoint) != 0 || !in_line(r, o->line))
			continue;
		struct ql_selected *x = &out->item[out->n++];
		*x = (struct ql_selected){.row = r, .te = NAN, .se = NAN};
		x->fate = first_look(o, x);
	}
	keep_latest(out);
	struct ql_nma_builder *b = ql_nma_builder_new(a, &build, QL_HR, ds);
	for (int i = 0; i < out->n; i++)
		if (out->item[i].fate == QL_USED) {
			add_contrast(b, &out->item[i]);
			out->n_used++;
		}
	if (out->n_used == 0) {
		struct ql_diag *d = ql_diag_add(ds, QL_E0726, (struct ql_span){0}, "no usable row for %s in line %s",
						o->endpoint, o->line);
		ql_diag_help(d,
			     out->n ? "`quell evidence nma --rows` lists the rows and why each is left out; --recalled "
				      "lets recalled "
				      "rows in"
				    : "`quell evidence find --endpoint %s` shows where the endpoint was reported",
			     o->endpoint);
		return QUELL_ERR_INPUT;
	}
	return ql_nma_builder_finish(b, &out->data);
}
