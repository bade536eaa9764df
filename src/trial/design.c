/* SPDX-License-Identifier: Apache-2.0 */
/* Reads library/trials/<trial>.yaml; what one part says alone. design_check.c holds the parts against each other. */
#include "trial/design.h"
#include "base/paths.h"
#include "trial/design_private.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

void ql_design_complain(struct design_reader *r, enum ql_code code, struct ql_span at, const char *help,
			const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct ql_diag *d = ql_diag_add(r->ds, code, at, "%s", ql_arena_vprintf(r->a, fmt, ap));
	va_end(ap);
	ql_diag_help(d, "%s", help);
}

/* A number of `map` within [low, high]; leaves *out alone where the key is absent. */
static void number(struct design_reader *r, const struct ql_yaml *map, const char *key, double low, double high,
		   const char *help, double *out)
{
	double x;
	const struct ql_yaml *v = ql_yaml_get(map, key);
	if (!v || !ql_yaml_number(map, key, true, r->ds, &x))
		return;
	if (x >= low && x <= high)
		*out = x;
	else
		ql_design_complain(r, QL_E0647, v->span, help, "`%s` cannot be %s", key, v->text);
}

static const struct ql_yaml *list(struct design_reader *r, const struct ql_yaml *map, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	if (v && v->kind == QL_YAML_LIST)
		return v;
	if (v)
		ql_design_complain(r, QL_E0648, v->span, "write a list, one `- ` per line or [a, b]",
				   "`%s` must be a list", key);
	return NULL;
}

static const char **names(struct design_reader *r, const struct ql_yaml *map, const char *key, int *n)
{
	const struct ql_yaml *v = list(r, map, key);
	if (!v)
		return NULL;
	const char **out = QL_NEW_N(r->a, const char *, (size_t)v->n + 1);
	for (int i = 0; i < v->n; i++)
		if (v->item[i]->kind == QL_YAML_SCALAR)
			out[(*n)++] = v->item[i]->text;
		else
			ql_design_complain(r, QL_E0648, v->item[i]->span, "write the name alone", "a name must stand here");
	return out;
}

/* --- population --- */

static void read_population(struct design_reader *r)
{
	static const char *const keys[] = {"base", "covariates", "eligibility", "note", NULL};
	struct ql_design *d = r->out;
	const struct ql_yaml *y = ql_yaml_get(d->yaml, "population");
	if (!y || y->kind != QL_YAML_MAP) {
		ql_design_complain(r, QL_E0641, y ? y->span : r->whole,
				   "write population: {base: NAME of library/populations}", "the trial enrols nobody");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	if (!ql_yaml_string(y, "base", true, r->ds, &d->base_population))
		return;
	int errors = r->ds->n_errors;
	const char *path = ql_library_file(r->a, r->data_dir, "library/populations", d->base_population, ".yaml",
					   QL_E0602, "population", r->ds);
	if (r->ds->n_errors > errors)
		r->ds->item[r->ds->n - 1]->span = ql_yaml_get(y, "base")->span;
	if (!path)
		return;
	ql_population_load_for(r->m, path, ql_yaml_get(y, "covariates"), NULL, r->a, r->ds, &d->population);
	if (r->ds->n_errors > errors)
		return;
	r->population = true;
	const struct ql_yaml *eligibility = ql_yaml_get(y, "eligibility");
	const struct ql_condition *c = eligibility ? ql_condition_read(r->m, eligibility, r->a, r->ds) : NULL;
	d->eligible_share = c ? ql_population_share(&d->population, r->m, c) : 1.0;
	if (c && d->eligible_share >= QL_ELIGIBLE_AT_LEAST)
		d->population.eligibility = c;
	else if (c)
		ql_design_complain(r, QL_E0513, eligibility->span,
				   "widen the conditions, or give the population the covariates of the trial",
				   "hardly anybody is eligible: %.2g %% of population `%s`", 100 * d->eligible_share,
				   d->base_population);
}

/* --- arms --- */

static void read_regimen(struct design_reader *r, const char *name, struct ql_span at, struct ql_design_part *out)
{
	*out = (struct ql_design_part){.regimen_name = name, .share = 1.0, .span = at};
	int errors = r->ds->n_errors;
	const char *path = ql_library_file(r->a, r->data_dir, "library/regimens", name, ".yaml", QL_E0601, "regimen",
					   r->ds);
	if (r->ds->n_errors > errors)
		r->ds->item[r->ds->n - 1]->span = at;
	const char *agents = ql_arena_printf(r->a, "%s/library/agents", r->data_dir);
	if (path)
		ql_regimen_load(r->m, path, agents, r->a, r->ds, &out->regimen);
}

/* `regimens: [{regimen: fcr, if: {covariate: age, max: 65}}, {regimen: br, share: 0.35}]` */
static void read_parts(struct design_reader *r, const struct ql_yaml *y, struct ql_design_arm *out)
{
	static const char *const keys[] = {"regimen", "share", "if", "note", NULL};
	out->part = QL_NEW_N(r->a, struct ql_design_part, (size_t)y->n + 1);
	for (int i = 0; i < y->n; i++) {
		const struct ql_yaml *p = y->item[i], *only = ql_yaml_get(p, "if");
		const char *name = NULL;
		if (p->kind != QL_YAML_MAP || !ql_yaml_string(p, "regimen", true, r->ds, &name)) {
			if (p->kind != QL_YAML_MAP)
				ql_design_complain(r, QL_E0641, p->span, "write {regimen: NAME, share: X}",
						   "a regimen must stand here");
			continue;
		}
		ql_yaml_check_keys(p, keys, r->ds);
		struct ql_design_part *part = &out->part[out->n_part++];
		read_regimen(r, name, ql_yaml_get(p, "regimen")->span, part);
		number(r, p, "share", 0.001, 1, "give a share above 0, at most 1", &part->share);
		if (only)
			part->only = ql_condition_read(r->m, only, r->a, r->ds);
		if (only && ql_yaml_get(p, "share"))
			ql_design_complain(r, QL_E0648, p->span, "keep one of them",
					   "`share` and `if` both say who gets the regimen");
	}
}

static void read_size(struct design_reader *r, const struct ql_yaml *y, struct ql_design_arm *out)
{
	double n;
	const struct ql_yaml *v = ql_yaml_get(y, "n");
	if (!v) {
		ql_design_complain(r, QL_E0641, y->span, "add `n: PATIENTS`", "arm `%s` has no size", out->name);
		return;
	}
	if (!ql_yaml_number(y, "n", true, r->ds, &n))
		return;
	if (!(n >= 1 && n <= 2e9) || n != floor(n))
		ql_design_complain(r, QL_E0642, v->span, "give a whole number from 1 to 2000000000",
				   "an arm cannot have %s patients", v->text);
	else
		out->n = (uint64_t)n;
}

static void read_stop(struct design_reader *r, const struct ql_yaml *y, struct ql_design_arm *out)
{
	static const char *const keys[] = {"rule", "day", NULL};
	static const char *const rules[] = {"regimen", "fixed", "progression", "mrd"};
	const struct ql_yaml *v = ql_yaml_get(y, "stop");
	const char *rule = NULL;
	if (!v)
		return;
	if (v->kind != QL_YAML_MAP || !ql_yaml_string(v, "rule", true, r->ds, &rule)) {
		if (v->kind != QL_YAML_MAP)
			ql_design_complain(r, QL_E0648, v->span, "write stop: {rule: fixed, day: 336}",
					   "`stop` is not understood");
		return;
	}
	ql_yaml_check_keys(v, keys, r->ds);
	for (int i = 0; i < 4; i++)
		if (strcmp(rule, rules[i]) == 0) {
			out->stop = (enum ql_design_stop)i;
			number(r, v, "day", 1, 36525, "give a day from 1 to 36525", &out->stop_day);
			if (i == QL_DESIGN_FIXED && !ql_yaml_get(v, "day"))
				ql_design_complain(r, QL_E0641, v->span, "add `day: N`",
						   "a fixed duration needs its last day");
			return;
		}
	ql_design_complain(r, QL_E0648, ql_yaml_get(v, "rule")->span, "use regimen, fixed, progression or mrd",
			   "no stopping rule is called `%s`", rule);
}

static void read_arm(struct design_reader *r, const struct ql_yaml *y, struct ql_design_arm *out)
{
	static const char *const keys[] = {"arm", "title", "treatment", "subgroup", "regimen", "regimens", "n",
					   "allocation", "stop", "crossover", "source", "grade", "note", NULL};
	*out = (struct ql_design_arm){.name = "?", .allocation = 1.0, .crossover = -1, .span = y->span};
	if (y->kind != QL_YAML_MAP) {
		ql_design_complain(r, QL_E0641, y->span, "write {arm: NAME, regimen: NAME, n: PATIENTS}",
				   "an arm must stand here");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_string(y, "arm", true, r->ds, &out->name);
	ql_yaml_string(y, "title", false, r->ds, &out->title);
	out->treatment = out->name;
	ql_yaml_string(y, "treatment", false, r->ds, &out->treatment);
	ql_yaml_string(y, "subgroup", false, r->ds, &out->subgroup);
	const struct ql_yaml *one = ql_yaml_get(y, "regimen"), *many = list(r, y, "regimens");
	if (one && one->kind == QL_YAML_SCALAR) {
		out->part = QL_NEW(r->a, struct ql_design_part);
		read_regimen(r, one->text, one->span, &out->part[out->n_part++]);
	} else if (many) {
		read_parts(r, many, out);
	}
	if (out->n_part == 0 || (one && many))
		ql_design_complain(r, one && many ? QL_E0648 : QL_E0641, y->span,
				   "give `regimen: NAME`, or `regimens:` with a list where investigators chose",
				   one && many ? "arm `%s` has both a regimen and a list of them" : "arm `%s` has no regimen",
				   out->name);
	read_size(r, y, out);
	number(r, y, "allocation", 1e-3, 1e3, "give a ratio above 0", &out->allocation);
	read_stop(r, y, out);
}

/* Second pass: the arms are known. */
static void read_crossover(struct design_reader *r, const struct ql_yaml *y, struct ql_design_arm *out)
{
	static const char *const keys[] = {"to", "regimen", "share", "from_day", "source", "grade", "note", NULL};
	const struct ql_yaml *v = ql_yaml_get(y, "crossover");
	const char *to = NULL, *regimen = NULL;
	if (!v || (!ql_yaml_get(v, "regimen") && !ql_yaml_string(v, "to", true, r->ds, &to)))
		return;
	ql_yaml_check_keys(v, keys, r->ds);
	if (!to && ql_yaml_string(v, "regimen", true, r->ds, &regimen) && ql_yaml_get(v, "to"))
		ql_design_complain(r, QL_E0648, v->span, "give `to: ARM`, or `regimen: NAME` for a drug that no arm gives",
				   "the crossover has both an arm and a regimen");
	out->crossover_share = 1.0;
	number(r, v, "share", 0, 1, "give a share from 0 to 1", &out->crossover_share);
	number(r, v, "from_day", 0, 36525, "give a day from 0 to 36525", &out->crossover_from_day);
	if (regimen) {
		struct ql_design_part *p = QL_NEW(r->a, struct ql_design_part);
		read_regimen(r, regimen, ql_yaml_get(v, "regimen")->span, p);
		out->crossover_regimen = &p->regimen;
		return;
	}
	out->crossover = to ? ql_design_find_arm(r->out, to) : -1;
	if (out->crossover >= 0 && r->out->arm[out->crossover].n_part > 0)
		out->crossover_regimen = &r->out->arm[out->crossover].part[0].regimen;
	if (to && out->crossover < 0)
		ql_design_complain(r, QL_E0648, ql_yaml_get(v, "to")->span, "name an arm of this trial",
				   "no arm is called `%s`", to);
}

static void read_arms(struct design_reader *r)
{
	struct ql_design *d = r->out;
	const struct ql_yaml *y = list(r, d->yaml, "arms");
	if (!y || y->n == 0) {
		if (!ql_yaml_get(d->yaml, "arms") || y)
			ql_design_complain(r, QL_E0641, y ? y->span : r->whole,
					   "add `arms:` with one {arm: NAME, regimen: NAME, n: PATIENTS} per line",
					   "the trial has no arms");
		return;
	}
	d->arm = QL_NEW_N(r->a, struct ql_design_arm, (size_t)y->n);
	for (int i = 0; i < y->n; i++) {
		read_arm(r, y->item[i], &d->arm[i]);
		d->n_arm++;
	}
	for (int i = 0; i < y->n; i++)
		if (y->item[i]->kind == QL_YAML_MAP)
			read_crossover(r, y->item[i], &d->arm[i]);
}

static void read_strata(struct design_reader *r)
{
	static const char *const keys[] = {"covariate", "cuts", NULL};
	const struct ql_yaml *y = list(r, r->out->yaml, "stratify");
	r->out->stratum = QL_NEW_N(r->a, struct ql_design_stratum, y ? (size_t)y->n + 1 : 1);
	for (int i = 0; y && i < y->n; i++) {
		const char *name = NULL;
		struct ql_design_stratum *s = &r->out->stratum[r->out->n_stratum];
		if (!ql_yaml_string(y->item[i], "covariate", true, r->ds, &name))
			continue;
		ql_yaml_check_keys(y->item[i], keys, r->ds);
		s->q = ql_trial_quantity(r->m, name, 1u << QL_COVARIATE);
		if (s->q < 0)
			ql_design_complain(r, QL_E0501, ql_yaml_get(y->item[i], "covariate")->span,
					   "`quell model show` lists the covariates", "`%s` is no covariate of the model", name);
		const struct ql_yaml *cuts = list(r, y->item[i], "cuts");
		s->cut = QL_NEW_N(r->a, double, cuts ? (size_t)cuts->n + 1 : 1);
		for (int k = 0; cuts && k < cuts->n; k++) {
			if (!ql_yaml_is_number(cuts->item[k], &s->cut[k]) || (k > 0 && !(s->cut[k] > s->cut[k - 1])))
				ql_design_complain(r, QL_E0648, cuts->item[k]->span, "give ascending numbers",
						   "the cuts of a stratum do not ascend");
			s->n_cut++;
		}
		r->out->n_stratum += s->q >= 0;
	}
}

static void read_subgroups(struct design_reader *r)
{
	static const char *const keys[] = {"name", "if", "source", "grade", NULL};
	const struct ql_yaml *y = list(r, r->out->yaml, "subgroups");
	r->out->subgroup = QL_NEW_N(r->a, struct ql_design_subgroup, y ? (size_t)y->n + 1 : 1);
	for (int i = 0; y && i < y->n; i++) {
		struct ql_design_subgroup *g = &r->out->subgroup[r->out->n_subgroup];
		const struct ql_yaml *who = ql_yaml_get(y->item[i], "if");
		if (!ql_yaml_string(y->item[i], "name", true, r->ds, &g->name))
			continue;
		ql_yaml_check_keys(y->item[i], keys, r->ds);
		if (!who)
			ql_design_complain(r, QL_E0641, y->item[i]->span, "add `if: {covariate: NAME, is: X}`",
					   "subgroup `%s` does not say who belongs to it", g->name);
		else if ((g->who = ql_condition_read(r->m, who, r->a, r->ds)) != NULL)
			r->out->n_subgroup++;
	}
}

/* --- visits, endpoints, follow-up --- */

static void read_visits(struct design_reader *r)
{
	static const char *const keys[] = {"every_days", "until_day", NULL};
	struct ql_design *d = r->out;
	const struct ql_yaml *y = list(r, d->yaml, "visits");
	d->visits = QL_NEW_N(r->a, struct ql_visit_phase, y ? (size_t)y->n + 2 : 2);
	for (int i = 0; y && i < y->n; i++) {
		struct ql_visit_phase *v = &d->visits[d->n_visits];
		if (!ql_yaml_number(y->item[i], "every_days", true, r->ds, &v->every_day))
			continue;
		ql_yaml_check_keys(y->item[i], keys, r->ds);
		number(r, y->item[i], "every_days", 1, 3660, "give a number of days from 1 to 3660", &v->every_day);
		v->until_day = INFINITY;
		number(r, y->item[i], "until_day", 1, 36525, "give a day from 1 to 36525", &v->until_day);
		double before = d->n_visits ? d->visits[d->n_visits - 1].until_day : 0.0;
		if (!(v->until_day > before))
			ql_design_complain(r, QL_E0648, y->item[i]->span, "let each phase end after the one before it",
					   "this phase of visits ends before it begins");
		d->n_visits++;
	}
	if (d->n_visits == 0) {
		d->visits[0] = (struct ql_visit_phase){QL_VISIT_EARLY_DAY, QL_VISIT_LATE_FIRST};
		d->visits[1] = (struct ql_visit_phase){QL_VISIT_LATE_DAY, INFINITY};
		d->n_visits = 2;
	}
}

static void read_days(struct design_reader *r, const struct ql_yaml *map, const char *key, double **out, int *n)
{
	const struct ql_yaml *y = list(r, map, key);
	*out = QL_NEW_N(r->a, double, y ? (size_t)y->n + 1 : 1);
	for (int i = 0; y && i < y->n; i++) {
		double day;
		if (ql_yaml_is_number(y->item[i], &day) && day > 0 && day <= 36525)
			(*out)[(*n)++] = day;
		else
			ql_design_complain(r, QL_E0647, y->item[i]->span, "give days from 1 to 36525",
					   "this is no day of `%s`", key);
	}
}

static void read_assessment(struct design_reader *r)
{
	static const char *const keys[] = {"response_day", "mrd_days", "window_days", "not_evaluable", "source", "grade", "note", NULL};
	double not_evaluable = QL_NOT_EVALUABLE;
	struct ql_design *d = r->out;
	const struct ql_yaml *y = ql_yaml_get(d->yaml, "assess"), *e = list(r, d->yaml, "endpoints");
	d->window_day = 14;
	if (y && y->kind == QL_YAML_MAP) {
		ql_yaml_check_keys(y, keys, r->ds);
		number(r, y, "response_day", 1, 36525, "give a day from 1 to 36525", &d->response_day);
		number(r, y, "window_days", 0, 366, "give 0 to 366 days", &d->window_day);
		number(r, y, "not_evaluable", 0, 0.9, "give a share from 0 to 0.9", &not_evaluable);
		read_days(r, y, "mrd_days", &d->mrd_day, &d->n_mrd);
		for (int i = 1; i < d->n_mrd; i++)
			if (!(d->mrd_day[i] > d->mrd_day[i - 1]))
				ql_design_complain(r, QL_E0648, ql_yaml_get(y, "mrd_days")->span, "write the days in order",
						   "the days of MRD samples do not ascend");
	}
	d->judged_share = 1.0 - not_evaluable;
	d->endpoint = QL_NEW_N(r->a, struct ql_design_endpoint, e ? (size_t)e->n + 1 : 1);
	for (int i = 0; e && i < e->n; i++)
		if (e->item[i]->kind == QL_YAML_SCALAR)
			d->endpoint[d->n_endpoint++] = (struct ql_design_endpoint){e->item[i]->text, e->item[i]->span};
		else
			ql_design_complain(r, QL_E0648, e->item[i]->span, "write an id such as pfs_median",
					   "an endpoint must stand here");
}

static void read_follow_up(struct design_reader *r)
{
	static const char *const keys[] = {"accrual_months", "months", "dropout_per_year", "cuts", "source", "grade", NULL};
	static const char *const cut_keys[] = {"name", "median_months", "source", NULL};
	struct ql_design *d = r->out;
	const struct ql_yaml *y = ql_yaml_get(d->yaml, "follow_up");
	if (!y || y->kind != QL_YAML_MAP || !ql_yaml_get(y, "months")) {
		ql_design_complain(r, QL_E0641, y ? y->span : r->whole, "write follow_up: {accrual_months: 12, months: 60}",
				   "the trial has no follow-up");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	number(r, y, "accrual_months", 0, 600, "give 0 to 600 months", &d->accrual_months);
	number(r, y, "months", 0.1, 1200, "give 0.1 to 1200 months", &d->follow_months);
	number(r, y, "dropout_per_year", 0, 10, "give a rate from 0 to 10 per year", &d->dropout_per_year);
	const struct ql_yaml *cuts = list(r, y, "cuts");
	d->cut = QL_NEW_N(r->a, struct ql_design_cut, cuts ? (size_t)cuts->n + 1 : 1);
	for (int i = 0; cuts && i < cuts->n; i++) {
		struct ql_design_cut *c = &d->cut[d->n_cut++];
		c->median_months = NAN;
		ql_yaml_check_keys(cuts->item[i], cut_keys, r->ds);
		ql_yaml_string(cuts->item[i], "name", false, r->ds, &c->name);
		ql_yaml_string(cuts->item[i], "source", false, r->ds, &c->source);
		ql_yaml_number(cuts->item[i], "median_months", true, r->ds, &c->median_months);
		number(r, cuts->item[i], "median_months", 0.1, 1200, "give 0.1 to 1200 months", &c->median_months);
	}
}

static void read_head(struct design_reader *r)
{
	static const char *const keys[] = {"trial", "title", "nct", "role", "line", "sources", "population", "arms",
					   "stratify", "subgroups", "visits", "assess", "endpoints", "follow_up", "protocol", "next_line",
					   "year", "note", NULL};
	static const char *const roles[] = {"calibration", "validation", "evidence", "plan"};
	struct ql_design *d = r->out;
	ql_yaml_check_keys(d->yaml, keys, r->ds);
	ql_yaml_string(d->yaml, "trial", true, r->ds, &d->name);
	d->title = d->name;
	ql_yaml_string(d->yaml, "title", false, r->ds, &d->title);
	ql_yaml_string(d->yaml, "nct", false, r->ds, &d->nct);
	ql_yaml_string(d->yaml, "line", false, r->ds, &d->line);
	ql_yaml_string(d->yaml, "note", false, r->ds, &d->note);
	if (ql_yaml_string(d->yaml, "protocol", false, r->ds, &d->protocol) && d->protocol)
		d->protocol_span = ql_yaml_get(d->yaml, "protocol")->span;
	ql_yaml_string(d->yaml, "next_line", false, r->ds, &d->next_line);
	number(r, d->yaml, "year", 1950, 2100, "give the calendar year in which the middle patient enters, 1950 to 2100", &d->year);
	d->source = names(r, d->yaml, "sources", &d->n_source);
	if (!ql_yaml_string(d->yaml, "role", true, r->ds, &d->role))
		return;
	bool known = false;
	for (int i = 0; i < 4; i++)
		known |= strcmp(d->role, roles[i]) == 0;
	if (!known)
		ql_design_complain(r, QL_E0648, ql_yaml_get(d->yaml, "role")->span,
				   "use calibration, validation, evidence or plan", "no role is called `%s`", d->role);
}

static enum quell_status load(void *arg)
{
	struct design_reader *r = arg;
	struct ql_design *d = r->out;
	*d = (struct ql_design){.name = "", .title = "", .role = "", .line = ""};
	enum quell_status s = ql_yaml_read(r->a, r->path, r->ds, &d->yaml);
	if (s != QUELL_OK)
		return s;
	if (!d->yaml || d->yaml->kind != QL_YAML_MAP) {
		ql_design_complain(r, QL_E0641, r->whole, "start with `trial: NAME`", "the file describes no trial");
		return QUELL_ERR_INPUT;
	}
	int errors = r->ds->n_errors;
	read_head(r);
	read_population(r);
	read_arms(r);
	read_strata(r);
	read_subgroups(r);
	read_visits(r);
	read_assessment(r);
	read_follow_up(r);
	ql_design_check(r);
	return r->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_design_load(const struct ql_model *m, const char *data_dir, const char *path, struct ql_arena *a,
				 struct ql_diags *ds, struct ql_design *out)
{
	struct design_reader r = {m, data_dir, path, a, ds, out, {path, 0, 0, 0}, false};
	return ql_protect(load, &r);
}
