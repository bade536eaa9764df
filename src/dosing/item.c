/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/item.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GIVINGS = 1000000 };

struct reader {
	const struct ql_model *m;
	const struct ql_yaml *y;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_regimen_item *it;
	struct ql_regimen_item_info *info;
	const char *unit;
	double *day; /* days of the item or of its cycle, 0-based */
	int n_day, cap_day;
	int first_cycle, last_cycle; /* 0: no cycles; last 0 with first > 0: without end */
};

static bool complain(struct reader *r, enum ql_code code, struct ql_span at, const char *message, const char *help)
{
	struct ql_diag *d = ql_diag_add(r->ds, code, at, "%s", message);
	ql_diag_help(d, "%s", help);
	return false;
}

static const char *last_part(const char *name, const char *module)
{
	return module && *module ? name + strlen(module) + 1 : name;
}

int ql_dosing_find_dose(const struct ql_model *m, const char *name)
{
	int exact = ql_model_find_dose(m, name), found = -1;
	if (exact >= 0)
		return exact;
	for (int i = 0; i < m->n_dose; i++)
		if (strcmp(last_part(m->dose[i].name, m->dose[i].module), name) == 0)
			found = found == -1 ? i : -2;
	return found;
}

int ql_dosing_find_input(const struct ql_model *m, const char *name)
{
	int exact = ql_model_find(m, name), found = -1;
	if (exact >= 0 && m->q[exact].kind == QL_INPUT)
		return exact;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_INPUT && strcmp(last_part(m->q[i].name, m->q[i].module), name) == 0)
			found = found == -1 ? i : -2;
	return found;
}

/* The dose that an infusion rate belongs to, so that nobody sets it by hand. */
static bool is_rate_input(const struct ql_model *m, int q)
{
	for (int i = 0; i < m->n_dose; i++)
		if (m->dose[i].rate_input == q)
			return true;
	return false;
}

static bool unknown(struct reader *r, const struct ql_yaml *v, const char *what, int found)
{
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0401, v->span, "`%s` is %s", v->text,
					found == -2 ? "the last part of several names" : what);
	const char **name = QL_NEW_N(r->a, const char *, (size_t)(r->m->n_dose + r->m->n_q));
	int n = 0;
	for (int i = 0; i < r->m->n_dose && !r->it->set; i++)
		name[n++] = r->m->dose[i].name;
	for (int i = 0; i < r->m->n_q && r->it->set; i++)
		if (r->m->q[i].kind == QL_INPUT && !is_rate_input(r->m, i))
			name[n++] = r->m->q[i].name;
	const char *near = ql_suggest(v->text, name, n);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	return false;
}

static bool read_target(struct reader *r)
{
	const struct ql_yaml *give = ql_yaml_get(r->y, "give"), *set = ql_yaml_get(r->y, "set");
	if (!give == !set)
		return complain(r, QL_E0407, r->y->span, "an item either gives a dose or sets an input",
				"write `give: mab.infusion` or `set: btki.level`");
	const struct ql_yaml *v = give ? give : set;
	if (v->kind != QL_YAML_SCALAR)
		return complain(r, QL_E0305, v->span, "a name must stand here", "write one item per dose or input");
	r->it->set = set != NULL;
	r->it->dose = give ? ql_dosing_find_dose(r->m, v->text) : -1;
	r->it->input = set ? ql_dosing_find_input(r->m, v->text) : -1;
	if (give && r->it->dose < 0)
		return unknown(r, v, "no dose of the model", r->it->dose);
	if (set && (r->it->input < 0 || is_rate_input(r->m, r->it->input)))
		return unknown(r, v, "no input of the model", r->it->input);
	r->unit = give ? r->m->dose[r->it->dose].unit : r->m->q[r->it->input].unit;
	r->info->name = give ? r->m->dose[r->it->dose].name : r->m->q[r->it->input].name;
	r->info->dose = r->it->dose;
	r->info->input = r->it->input;
	return true;
}

static void add_day(struct reader *r, double day)
{
	if (r->n_day == r->cap_day) {
		int cap = r->cap_day ? 2 * r->cap_day : 16;
		double *more = QL_NEW_N(r->a, double, (size_t)cap);
		if (r->n_day)
			memcpy(more, r->day, (size_t)r->n_day * sizeof *more);
		r->day = more;
		r->cap_day = cap;
	}
	r->day[r->n_day++] = day - 1;
}

/* "5" or "1..5"; last NAN: "2..". */
static bool parse_range(const char *text, double *first, double *last)
{
	const char *dots = strstr(text, "..");
	size_t n = dots ? (size_t)(dots - text) : strlen(text);
	if (!ql_parse_double(text, n, first))
		return false;
	*last = *first;
	if (!dots)
		return true;
	*last = NAN;
	return !dots[2] || ql_parse_double(dots + 2, strlen(dots + 2), last);
}

static bool read_day(struct reader *r, const struct ql_yaml *v)
{
	double first, last;
	const char *help = "write `days: [1, 8, 15]` or `days: 1..5`";
	if (v->kind != QL_YAML_SCALAR || !parse_range(v->text, &first, &last) || isnan(last))
		return complain(r, QL_E0407, v->span, "a day or a range of days must stand here", help);
	if (!(first >= 1 && last >= first && last < 1e6))
		return complain(r, QL_E0406, v->span, "days start at 1 and go up", help);
	if (last - first > MAX_GIVINGS || r->n_day > MAX_GIVINGS)
		return complain(r, QL_E0410, v->span, "more than a million doses", help);
	for (double day = first; day <= last; day += 1)
		add_day(r, day);
	return true;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static bool read_days(struct reader *r)
{
	const struct ql_yaml *v = ql_yaml_get(r->y, "days");
	if (!v) {
		add_day(r, 1);
		return true;
	}
	bool ok = true;
	for (int i = 0; v->kind == QL_YAML_LIST && i < v->n; i++)
		ok = read_day(r, v->item[i]) && ok;
	if (v->kind != QL_YAML_LIST)
		ok = read_day(r, v);
	if (!r->n_day && ok)
		return complain(r, QL_E0407, v->span, "no day is listed", "write `days: [1]`");
	if (r->n_day)
		qsort(r->day, (size_t)r->n_day, sizeof *r->day, by_value);
	return ok;
}

static bool read_cycles(struct reader *r)
{
	const struct ql_yaml *c = ql_yaml_get(r->y, "cycles"), *e = ql_yaml_get(r->y, "every");
	double first = 0, last = 0;
	if (!c != !e)
		return complain(r, QL_E0407, c ? c->span : e->span, "`cycles` and `every` go together",
				"write for example `cycles: 1..6` and `every: 28 day`");
	if (!c)
		return true;
	if (c->kind != QL_YAML_SCALAR || !parse_range(c->text, &first, &last) || first != floor(first) ||
	    (!isnan(last) && last != floor(last)) || first < 1 || last < first || first > 1e6 || last > 1e6)
		return complain(r, QL_E0407, c->span, "the cycles are not understood", "write `2..6`, `3` or `2..`");
	r->first_cycle = (int)first;
	r->last_cycle = isnan(last) ? 0 : (int)last;
	if (!ql_duration_read(r->m, e, r->a, r->ds, &r->it->every))
		return false;
	double last_day = r->n_day ? r->day[r->n_day - 1] : 0;
	if (last_day >= r->it->every)
		return complain(r, QL_E0407, e->span, "a day lies beyond the end of the cycle",
				"make the cycle longer or list the day in a later cycle");
	return true;
}

static void add_giving(struct reader *r, double day, struct ql_amount amount, int cycle)
{
	r->it->giving[r->it->n++] = (struct ql_giving){day, amount, cycle};
}

/* days x cycles, all with one amount. A level goes back to 0 after each run of successive days. */
static bool expand(struct reader *r, struct ql_amount amount)
{
	struct ql_regimen_item *it = r->it;
	int from = r->first_cycle ? r->first_cycle : 1;
	int to = r->first_cycle ? (r->last_cycle ? r->last_cycle : from) : 1;
	size_t per_cycle = (size_t)r->n_day * (it->set ? 2 : 1);
	if ((double)(to - from + 1) * (double)per_cycle > MAX_GIVINGS)
		return complain(r, QL_E0410, r->y->span, "more than a million doses", "shorten the schedule");
	struct ql_amount zero = {0, QL_FLAT, "0"};
	it->giving = QL_NEW_N(r->a, struct ql_giving, (size_t)(to - from + 1) * per_cycle);
	for (int c = from; c <= to; c++)
		for (int i = 0; i < r->n_day; i++) {
			int cycle = r->first_cycle ? c : 0;
			double day = (c - 1) * it->every + r->day[i];
			bool goes_on = it->set && i > 0 && r->day[i] - r->day[i - 1] <= 1;
			if (!goes_on)
				add_giving(r, day, amount, cycle);
			if (it->set && (i + 1 == r->n_day || r->day[i + 1] - r->day[i] > 1))
				add_giving(r, day + 1, zero, cycle);
		}
	it->open = r->first_cycle && !r->last_cycle;
	it->open_from = 0;
	return true;
}

/* steps: {1: 20 mg, 8: 50 mg} */
static bool read_steps(struct reader *r, const struct ql_yaml *steps)
{
	if (steps->kind != QL_YAML_MAP || steps->n == 0)
		return complain(r, QL_E0407, steps->span, "`steps` is a mapping of days to amounts",
				"write `steps: {1: 20 mg, 8: 50 mg}`");
	bool ok = true;
	double before = 0;
	r->it->giving = QL_NEW_N(r->a, struct ql_giving, (size_t)steps->n);
	for (int i = 0; i < steps->n; i++) {
		double day;
		struct ql_amount amount;
		if (!ql_parse_double(steps->key[i], strlen(steps->key[i]), &day) || !(day >= 1 && day < 1e6))
			ok = complain(r, QL_E0406, steps->key_span[i], "a day from 1 on must stand here", "day 1 is the start");
		else if (day <= before)
			ok = complain(r, QL_E0407, steps->key_span[i], "days must go up", "sort the steps by day");
		else if (ql_amount_read(r->m, steps->item[i], r->unit, !r->it->set, r->a, r->ds, &amount))
			add_giving(r, day - 1, amount, 0);
		else
			ok = false;
		before = ok ? day : before;
	}
	return ok;
}

static bool read_schedule(struct reader *r)
{
	const struct ql_yaml *steps = ql_yaml_get(r->y, "steps");
	const char *key = r->it->set ? "level" : "amount";
	const struct ql_yaml *value = ql_yaml_get(r->y, key);
	if (!steps == !value)
		return complain(r, QL_E0407, r->y->span, r->it->set ? "a level needs either `steps` or `level` with `days`"
								   : "a dose needs either `amount` or `steps`",
				r->it->set ? "write `steps: {1: 400 mg}`" : "write `amount: 1000 mg`");
	if (steps) {
		static const char *const not_with[] = {"days", "cycles", "every"};
		for (int i = 0; i < 3; i++)
			if (ql_yaml_get(r->y, not_with[i]))
				return complain(r, QL_E0407, ql_yaml_get(r->y, not_with[i])->span,
						"this cannot stand beside `steps`", "steps name their days already");
		return read_steps(r, steps);
	}
	struct ql_amount amount;
	bool ok = ql_amount_read(r->m, value, r->unit, !r->it->set, r->a, r->ds, &amount);
	ok = read_days(r) && ok;
	return read_cycles(r) && ok && expand(r, amount);
}

static int by_below(const void *a, const void *b)
{
	double x = ((const struct ql_crcl_rule *)a)->below, y = ((const struct ql_crcl_rule *)b)->below;
	return (x > y) - (x < y);
}

static bool read_crcl(struct reader *r)
{
	static const char *const keys[] = {"below", "factor", NULL};
	const struct ql_yaml *list = ql_yaml_get(r->y, "by_crcl");
	if (!list)
		return true;
	const char *help = "write `by_crcl: [{below: 30, factor: 0}, {below: 70, factor: 0.5}]`";
	if (list->kind != QL_YAML_LIST || r->it->set)
		return complain(r, QL_E0414, list->span,
				r->it->set ? "levels have no clearance rule" : "`by_crcl` is a list", help);
	r->it->crcl = QL_NEW_N(r->a, struct ql_crcl_rule, (size_t)list->n);
	bool ok = true;
	for (int i = 0; i < list->n; i++) {
		struct ql_crcl_rule x = {0};
		ql_yaml_check_keys(list->item[i], keys, r->ds);
		if (!ql_yaml_number(list->item[i], "below", true, r->ds, &x.below) ||
		    !ql_yaml_number(list->item[i], "factor", true, r->ds, &x.factor))
			ok = false;
		else if (!(x.below > 0 && x.factor >= 0 && x.factor <= 10))
			ok = complain(r, QL_E0414, list->item[i]->span, "the rule is not possible", help);
		else
			r->it->crcl[r->it->n_crcl++] = x;
	}
	if (r->it->n_crcl)
		qsort(r->it->crcl, (size_t)r->it->n_crcl, sizeof *r->it->crcl, by_below);
	return ok;
}

static bool stop_word(struct reader *r, const struct ql_yaml *v)
{
	if (v->kind == QL_YAML_SCALAR && strcmp(v->text, "toxicity") == 0)
		r->info->stop |= QL_STOP_TOXICITY;
	else if (v->kind == QL_YAML_SCALAR && strcmp(v->text, "progression") == 0)
		r->info->stop |= QL_STOP_PROGRESSION;
	else if (v->kind == QL_YAML_SCALAR && strcmp(v->text, "none") == 0)
		r->info->stop = 0;
	else
		return complain(r, QL_E0414, v->span, "no such stopping rule", "use toxicity, progression or none");
	return true;
}

/* Progression ends everything unless `stop: none` says otherwise. */
static bool read_stop(struct reader *r)
{
	const struct ql_yaml *v = ql_yaml_get(r->y, "stop");
	r->info->stop = QL_STOP_PROGRESSION;
	if (!v)
		return true;
	if (v->kind != QL_YAML_LIST)
		return stop_word(r, v);
	bool ok = true;
	for (int i = 0; i < v->n; i++)
		ok = stop_word(r, v->item[i]) && ok;
	return ok;
}

static bool read_limits(struct reader *r)
{
	const struct ql_yaml *over = ql_yaml_get(r->y, "over"), *max = ql_yaml_get(r->y, "max");
	r->it->cap = INFINITY;
	bool ok = true;
	if (r->it->set && (over || max))
		return complain(r, QL_E0407, over ? over->span : max->span, "a level has neither infusion time nor maximum",
				"remove it");
	if (over)
		ok = ql_duration_read(r->m, over, r->a, r->ds, &r->it->over);
	struct ql_amount cap;
	if (max && !ql_amount_read(r->m, max, r->unit, false, r->a, r->ds, &cap))
		return false;
	if (max)
		r->it->cap = cap.value;
	return ok;
}

static void warn_overlap(struct reader *r)
{
	const struct ql_regimen_item *it = r->it;
	struct ql_giving x, next;
	for (int k = 0; it->over > 0 && k < it->n + 1 && ql_item_giving(it, k, &x) && ql_item_giving(it, k + 1, &next); k++)
		if (next.day < x.day + it->over) {
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0409, ql_yaml_get(r->y, "over")->span,
							"infusions of `%s` overlap", r->info->name);
			ql_diag_label(d, "from day %g it runs into the one of day %g", x.day + 1, next.day + 1);
			ql_diag_help(d, "shorten the infusion or move the days; as it stands the rates add up");
			return;
		}
}

bool ql_item_giving(const struct ql_regimen_item *it, int k, struct ql_giving *out)
{
	if (k < it->n) {
		*out = it->giving[k];
		return true;
	}
	int period = it->n - it->open_from;
	if (!it->open || period <= 0)
		return false;
	int turn = (k - it->open_from) / period;
	*out = it->giving[it->open_from + (k - it->open_from) % period];
	out->day += turn * it->every;
	out->cycle += out->cycle ? turn : 0;
	return true;
}

/* An input's last day is its change to 0; without one it is open-ended. */
static void plan_days(struct reader *r)
{
	const struct ql_regimen_item *it = r->it;
	r->info->first_day = it->n ? it->giving[0].day : 0;
	r->info->last_day = it->n ? it->giving[it->n - 1].day + it->over : 0;
	if (it->open || (it->set && it->n && it->giving[it->n - 1].amount.value > 0))
		r->info->last_day = INFINITY;
}

bool ql_item_read(const struct ql_model *m, const struct ql_yaml *y, struct ql_arena *a, struct ql_diags *ds,
		  struct ql_regimen_item *out, struct ql_regimen_item_info *info, double *every)
{
	static const char *const keys[] = {"give",	  "set", "amount", "level", "over", "days",   "cycles", "every", "steps",
					   "max",	  "by_crcl", "stop",	 "above_label", "source", "note",   NULL};
	struct reader r = {.m = m, .y = y, .a = a, .ds = ds, .it = out, .info = info};
	*out = (struct ql_regimen_item){.dose = -1, .input = -1, .cap = INFINITY};
	*info = (struct ql_regimen_item_info){.name = "", .dose = -1, .input = -1, .span = y->span};
	if (y->kind != QL_YAML_MAP)
		return complain(&r, QL_E0407, y->span, "an item of `doses` is a mapping", "write `- give: NAME` and so on");
	int errors = ds->n_errors;
	ql_yaml_check_keys(y, keys, ds);
	if (!read_target(&r))
		return false;
	bool ok = read_limits(&r);
	ok = read_schedule(&r) && ok;
	ok = read_crcl(&r) && ok;
	ok = read_stop(&r) && ok;
	if (!ok || ds->n_errors > errors)
		return false;
	plan_days(&r);
	warn_overlap(&r);
	*every = out->every;
	return true;
}
