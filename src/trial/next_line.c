/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/next_line.h"
#include "base/elem.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

static bool inside(const struct ql_range *r, double x) { return x >= r->low && x <= r->high; }

static bool fits(const struct ql_next_row *r, const struct ql_next_patient *p)
{
	return (!r->after || (r->after & p->failed)) && (r->had & p->had) == r->had && !(r->unless & p->had) &&
	       inside(&r->off_years, p->off_days / QL_DAYS_PER_YEAR) && inside(&r->line, p->line) &&
	       inside(&r->age, p->age) && inside(&r->crcl, p->crcl) && inside(&r->year, p->year) && p->day >= r->from_day &&
	       p->u_share < r->share;
}

int ql_next_choose(const struct ql_next_table *t, const struct ql_next_patient *p, double u)
{
	if (p->line > t->most_lines + 1)
		return -1;
	for (int i = 0; i < t->n_row; i++) {
		const struct ql_next_row *r = &t->row[i];
		if (!fits(r, p))
			continue;
		int o = 0;
		while (o < r->n_option - 1 && u >= r->option[o].weight)
			o++;
		return r->option[o].regimen;
	}
	return -1;
}

static bool crosses_over(const struct ql_next_table *t, int regimen) { return t->crossover && regimen == t->crossover - 1; }

double ql_next_need(const struct ql_next_table *t, int regimen, double off_days, double z)
{
	return !crosses_over(t, regimen) && off_days > QL_ANC_AFTER_LAST_DOSE ? t->need_share * ql_exp(t->need_sd * z) : 0.0;
}

double ql_next_delay_day(const struct ql_next_table *t, int regimen, double off_days, bool relapsed, double z)
{
	int which = crosses_over(t, regimen) || !(off_days > QL_ANC_AFTER_LAST_DOSE) ? QL_DELAY_ON_TREATMENT
		    : relapsed				 ? QL_DELAY_RELAPSED
							 : QL_DELAY_OFF_TREATMENT;
	const struct ql_next_delay *d = &t->delay[which];
	return d->median_day * ql_exp(d->sd * z);
}

static bool gives(const struct ql_regimen *r, const char *slot)
{
	size_t n = strlen(slot);
	for (int i = 0; i < r->n_active; i++)
		if (strncmp(r->active[i], slot, n) == 0 && r->active[i][n] == '.')
			return true;
	return false;
}

uint64_t ql_next_words(const struct ql_next_table *t, const struct ql_model *m, const struct ql_regimen *r)
{
	uint64_t words = 0;
	for (int s = 0; s < r->n_slot; s++) {
		if (!gives(r, m->slot[r->slot[s]].name))
			continue;
		const char *class = NULL;
		const struct ql_yaml *y = ql_yaml_get(r->row[s].yaml, "class");
		if (y && y->kind == QL_YAML_SCALAR)
			class = y->text;
		for (int w = 0; w < t->n_word; w++)
			if (strcmp(t->word[w], r->row[s].name) == 0 || (class && strcmp(t->word[w], class) == 0))
				words |= (uint64_t)1 << w;
	}
	return words;
}

void ql_next_with_crossover(const struct ql_next_table *table, const struct ql_model *m, const struct ql_regimen *to,
			    double share, double from_day, struct ql_arena *a, struct ql_next_table *out)
{
	static const struct ql_next_table nothing = {
		.name = "crossover", .title = "crossover", .most_lines = 1, .richter_ratio = 1.0,
		.delay = {{30.0, 0.5}, {30.0, 0.5}, {30.0, 0.5}}};
	const struct ql_next_table *t = table ? table : &nothing;
	*out = *t;
	out->n_regimen = t->n_regimen + 1;
	out->regimen = QL_NEW_N(a, struct ql_regimen, (size_t)out->n_regimen);
	out->words_of = QL_NEW_N(a, uint64_t, (size_t)out->n_regimen);
	for (int i = 0; i < t->n_regimen; i++) {
		out->regimen[i] = t->regimen[i];
		out->words_of[i] = t->words_of[i];
	}
	out->regimen[t->n_regimen] = *to;
	out->crossover = out->n_regimen;
	out->words_of[t->n_regimen] = ql_next_words(t, m, to);
	out->n_row = t->n_row + 1;
	out->row = QL_NEW_N(a, struct ql_next_row, (size_t)out->n_row);
	struct ql_next_option *option = QL_NEW(a, struct ql_next_option);
	*option = (struct ql_next_option){t->n_regimen, 1.0};
	out->row[0] = (struct ql_next_row){.name = "crossover", .off_years = {-INFINITY, INFINITY}, .line = {2, 2},
					   .age = {-INFINITY, INFINITY}, .crcl = {-INFINITY, INFINITY}, .year = {-INFINITY, INFINITY},
					   .share = share, .from_day = from_day, .option = option, .n_option = 1};
	for (int i = 0; i < t->n_row; i++)
		out->row[i + 1] = t->row[i];
}
