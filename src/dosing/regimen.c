/* SPDX-License-Identifier: Apache-2.0 */
#include "base/paths.h"
#include "dosing/item.h"
#include <math.h>
#include <string.h>

struct reader {
	const struct ql_model *m;
	const char *path, *agents_dir;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_regimen *out;
	struct ql_yaml *yaml; /* NULL: read from `path` */
};

static void complain(struct reader *r, enum ql_code code, struct ql_span at, const char *message, const char *help)
{
	struct ql_diag *d = ql_diag_add(r->ds, code, at, "%s", message);
	ql_diag_help(d, "%s", help);
}

/* One name or a list of names. */
static void read_names(struct reader *r, const char *key, const char ***out, int *n)
{
	const struct ql_yaml *y = ql_yaml_get(r->out->yaml, key);
	*n = 0;
	if (!y)
		return;
	if (y->kind == QL_YAML_MAP) {
		complain(r, QL_E0305, y->span, "a name or a list of names must stand here", "write `[NAME, NAME]`");
		return;
	}
	int count = y->kind == QL_YAML_LIST ? y->n : 1;
	*out = QL_NEW_N(r->a, const char *, (size_t)count);
	for (int i = 0; i < count; i++) {
		const struct ql_yaml *v = y->kind == QL_YAML_LIST ? y->item[i] : y;
		if (v->kind == QL_YAML_SCALAR)
			(*out)[(*n)++] = v->text;
		else
			complain(r, QL_E0305, v->span, "a name must stand here", "write `[NAME, NAME]`");
	}
}

static void read_evidence(struct reader *r)
{
	const char *text = NULL;
	ql_yaml_string(r->out->yaml, "warning", false, r->ds, &r->out->warning);
	if (!ql_yaml_string(r->out->yaml, "evidence", true, r->ds, &text))
		return;
	struct ql_span at = ql_yaml_get(r->out->yaml, "evidence")->span;
	if (strlen(text) != 1 || text[0] < 'A' || text[0] > 'D')
		complain(r, QL_E0411, at, "the grade is one of A, B, C, D", "see `quell explain E0411`");
	else if (text[0] == 'D' && !r->out->warning)
		complain(r, QL_E0411, at, "grade D needs a warning", "add `warning: no clinical data in CLL`");
	else
		r->out->evidence_grade = text[0];
}

static void unknown_slot(struct reader *r, const char *name, struct ql_span at)
{
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0402, at, "the model has no slot `%s`", name);
	const char **names = QL_NEW_N(r->a, const char *, (size_t)r->m->n_slot);
	for (int i = 0; i < r->m->n_slot; i++)
		names[i] = r->m->slot[i].name;
	const char *near = ql_suggest(name, names, r->m->n_slot);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else if (r->m->n_slot)
		ql_diag_help(d, "its slots start with `%s`; `quell model show` lists them", names[0]);
	else
		ql_diag_help(d, "this model binds no agents; remove `agents`");
}

/* Reported with the nearest row; false if there is no such row. */
static bool agent_exists(struct reader *r, const struct ql_yaml *v)
{
	int n;
	const char **known = ql_library_list(r->a, r->agents_dir, ".", ".yaml", &n);
	for (int i = 0; i < n; i++)
		if (strcmp(known[i], v->text) == 0)
			return true;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0415, v->span, "unknown agent `%s`", v->text);
	const char *near = ql_suggest(v->text, known, n);
	if (near)
		ql_diag_help(d, "did you mean `%s`? a row of your own is given by its path, `./my-row.yaml`", near);
	else
		ql_diag_help(d, "`quell explain agents` lists the rows; one of your own is given by its path, `./my-row.yaml`");
	return false;
}

static void read_agent(struct reader *r, const char *slot_name, struct ql_span key_at, const struct ql_yaml *v)
{
	int slot = ql_model_find_slot(r->m, slot_name);
	if (slot < 0) {
		unknown_slot(r, slot_name, key_at);
		return;
	}
	if (v->kind != QL_YAML_SCALAR) {
		complain(r, QL_E0403, v->span, "a slot holds one agent",
			 "name one row of library/agents; a second product needs a second slot of the model");
		return;
	}
	bool path = strchr(v->text, '/') != NULL;
	if (!path && !agent_exists(r, v))
		return;
	const char *file = path ? v->text : ql_arena_printf(r->a, "%s/%s.yaml", r->agents_dir, v->text);
	int n = r->out->n_slot;
	enum quell_status s = ql_agent_load(r->m, &r->m->slot[slot], file, r->a, r->ds, &r->out->row[n]);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	if (s == QUELL_OK)
		r->out->slot[r->out->n_slot++] = slot;
	else if (r->ds->n > 0) /* the fault is in the row; say who asked for it */
		ql_diag_note(r->ds->item[r->ds->n - 1], v->span, "asked for here");
}

static void read_agents(struct reader *r)
{
	const struct ql_yaml *y = ql_yaml_get(r->out->yaml, "agents");
	if (!y)
		return;
	if (y->kind != QL_YAML_MAP) {
		complain(r, QL_E0305, y->span, "`agents` is a mapping of slots to rows", "write `agents: {mab: rituximab}`");
		return;
	}
	r->out->slot = QL_NEW_N(r->a, int, (size_t)y->n);
	r->out->row = QL_NEW_N(r->a, struct ql_agent_row, (size_t)y->n);
	for (int i = 0; i < y->n; i++)
		read_agent(r, y->key[i], y->key_span[i], y->item[i]);
}

static const struct ql_agent_row *row_of(const struct ql_regimen *out, const struct ql_model *m, const char *module)
{
	for (int i = 0; i < out->n_slot; i++)
		if (strcmp(m->slot[out->slot[i]].name, module) == 0)
			return &out->row[i];
	return NULL;
}

/* Compares with `label: {infusion: 1000 mg}` of the agent row, on a patient of middle size. */
static void check_label(struct reader *r, const struct ql_regimen_item *it, const struct ql_regimen_item_info *info)
{
	static const struct ql_body middle = {75, 1.85, 90};
	const char *module = it->set ? r->m->q[it->input].module : r->m->dose[it->dose].module;
	const char *unit = it->set ? r->m->q[it->input].unit : r->m->dose[it->dose].unit;
	const struct ql_agent_row *row = module && *module ? row_of(r->out, r->m, module) : NULL;
	const struct ql_yaml *label = row ? ql_yaml_get(row->yaml, "label") : NULL;
	const struct ql_yaml *v = ql_yaml_get(label, module ? info->name + strlen(module) + 1 : info->name);
	struct ql_amount labelled;
	if (label && label->kind == QL_YAML_MAP && !v && !it->set) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0416, info->span, "`%s` is not given by `%s`", row->name, info->name);
		ql_diag_note(d, label->span, "its row labels other doses");
		ql_diag_help(d, "use `%s.%s`, or add `%s` to the label of the row if it is meant", module, label->n ? label->key[0] : "NAME",
			     info->name + strlen(module) + 1);
	}
	if (!v || !ql_amount_read(r->m, v, unit, true, r->a, r->ds, &labelled))
		return;
	double most = ql_giving_amount(&(struct ql_regimen_item){.cap = INFINITY}, &labelled, &middle);
	for (int i = 0; i < it->n; i++) {
		double amount = ql_giving_amount(it, &it->giving[i].amount, &middle);
		if (!(amount > 10 * most))
			continue;
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0408, info->span, "`%s` is more than ten times the labelled dose",
						it->giving[i].amount.text);
		ql_diag_label(d, "%s", info->name);
		ql_diag_note(d, v->span, "the label of %s is `%s`", row->name, v->text);
		ql_diag_help(d, "correct the amount, or write `above_label: true` if it is meant");
		return;
	}
}

static void read_items(struct reader *r)
{
	const struct ql_yaml *y = ql_yaml_get(r->out->yaml, "doses");
	if (!y || y->kind != QL_YAML_LIST) {
		complain(r, y ? QL_E0305 : QL_E0304, y ? y->span : r->out->yaml->span, "`doses` must be a list of items",
			 "write `doses:` and below it `- give: NAME`; watching and waiting is `doses: []`");
		return;
	}
	size_t n = (size_t)y->n;
	struct ql_regimen_item_info *info = QL_NEW_N(r->a, struct ql_regimen_item_info, n);
	r->out->item = QL_NEW_N(r->a, struct ql_regimen_item, n);
	r->out->info = info;
	for (int i = 0; i < y->n; i++) {
		double every = 0;
		struct ql_regimen_item *it = &r->out->item[r->out->n_item];
		if (!ql_item_read(r->m, y->item[i], r->a, r->ds, it, &info[r->out->n_item], &every))
			continue;
		bool above = false;
		ql_yaml_bool(y->item[i], "above_label", false, r->ds, &above);
		if (!above)
			check_label(r, it, &info[r->out->n_item]);
		r->out->n_item++;
	}
}

static void add_active(struct ql_regimen *out, const char *name)
{
	for (int k = 0; k < out->n_active; k++)
		if (strcmp(out->active[k], name) == 0)
			return;
	out->active[out->n_active++] = name;
}

/* Names of doses and inputs in use, with the inputs that doses set besides. */
static void list_active(struct reader *r)
{
	struct ql_regimen *out = r->out;
	size_t n = (size_t)out->n_item + 1;
	for (int i = 0; i < r->m->n_dose; i++)
		n += (size_t)r->m->dose[i].n_clock;
	out->active = QL_NEW_N(r->a, const char *, n);
	for (int i = 0; i < out->n_item; i++)
		add_active(out, out->info[i].name);
	for (int i = 0; i < out->n_item; i++) {
		const struct ql_dose *d = out->item[i].set ? NULL : &r->m->dose[out->item[i].dose];
		for (int k = 0; d && k < d->n_clock; k++)
			add_active(out, r->m->q[d->clock[k].input].name);
	}
}

/* What follows from the items: cycles, end. */
static void summarise(struct reader *r)
{
	struct ql_regimen *out = r->out;
	bool *stops = QL_NEW_N(r->a, bool, (size_t)out->n_item + 1);
	list_active(r);
	out->stops_for_toxicity = stops;
	for (int i = 0; i < out->n_item; i++) {
		const struct ql_regimen_item *it = &out->item[i];
		const struct ql_regimen_item_info *info = &out->info[i];
		stops[i] = info->stop & QL_STOP_TOXICITY;
		out->end_day = fmax(out->end_day, info->last_day);
		if (it->every > 0 && !(out->cycle_days > 0))
			out->cycle_days = it->every;
		for (int k = 0; k < it->n && it->every == out->cycle_days && !it->open; k++)
			out->n_cycle = it->giving[k].cycle > out->n_cycle ? it->giving[k].cycle : out->n_cycle;
	}
	out->continuous = isinf(out->end_day);
}

static bool gives(const struct ql_regimen *out, const char *name, size_t module_len)
{
	for (int i = 0; i < out->n_active; i++)
		if (strcmp(out->active[i], name) == 0 || (out->active[i][module_len] == '.' &&
							   strncmp(out->active[i], name, module_len) == 0))
			return true;
	return false;
}

static bool binds(const struct reader *r, const char *agent)
{
	for (int i = 0; i < r->out->n_slot; i++)
		if (strcmp(r->out->row[i].name, agent) == 0) {
			const char *slot = r->m->slot[r->out->slot[i]].name;
			return gives(r->out, slot, strlen(slot));
		}
	return false;
}

/* First day of an item of this slot, or of the item of that name; INFINITY: none. */
static double first_given(const struct ql_regimen *out, const char *name)
{
	size_t n = strlen(name);
	double day = INFINITY;
	for (int i = 0; i < out->n_item; i++)
		if (strncmp(out->info[i].name, name, n) == 0 && (out->info[i].name[n] == '\0' || out->info[i].name[n] == '.'))
			day = fmin(day, out->info[i].first_day);
	return day;
}

/* What stands in `requires`: an agent by the slot that holds it, else a dose or slot. */
static double first_required(const struct reader *r, const char *name)
{
	for (int i = 0; i < r->out->n_slot; i++)
		if (strcmp(r->out->row[i].name, name) == 0)
			return first_given(r->out, r->m->slot[r->out->slot[i]].name);
	return first_given(r->out, name);
}

static void check_order(struct reader *r, int i, const struct ql_yaml *v, struct ql_span at)
{
	double agent = first_given(r->out, r->m->slot[r->out->slot[i]].name), needed = first_required(r, v->text);
	if (!(needed > agent) || isinf(needed))
		return;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0413, at, "`%s` is given before `%s`", r->out->row[i].name, v->text);
	ql_diag_note(d, v->span, "the agent row asks for it before, and it comes on day %g", needed + 1);
	ql_diag_help(d, "give it before day %g, or expect the weaker effect that the model gives without it", agent + 1);
}

/* `requires: [lymphodepletion]` of an agent row: agents, doses or slots that the regimen must give too. */
static void check_required(struct reader *r, int i)
{
	const struct ql_agent_row *row = &r->out->row[i];
	const struct ql_yaml *list = ql_yaml_get(row->yaml, "requires");
	struct ql_span at = ql_yaml_get(ql_yaml_get(r->out->yaml, "agents"), r->m->slot[r->out->slot[i]].name)->span;
	for (int k = 0; list && list->kind == QL_YAML_LIST && k < list->n; k++) {
		const struct ql_yaml *v = list->item[k];
		if (v->kind != QL_YAML_SCALAR)
			continue;
		if (gives(r->out, v->text, strlen(v->text)) || binds(r, v->text)) {
			check_order(r, i, v, at);
			continue;
		}
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0413, at, "`%s` is given without `%s`", row->name, v->text);
		ql_diag_note(d, v->span, "the agent row asks for it");
		ql_diag_help(d, "add it to `doses`, or expect the weaker effect that the model gives without it");
	}
}

static void check_agents_used(struct reader *r)
{
	for (int i = 0; i < r->out->n_slot; i++) {
		const char *slot = r->m->slot[r->out->slot[i]].name;
		struct ql_span at = ql_yaml_get(ql_yaml_get(r->out->yaml, "agents"), slot)->span;
		check_required(r, i);
		if (gives(r->out, slot, strlen(slot)))
			continue;
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0412, at, "`%s` is bound but never given", slot);
		ql_diag_help(d, "add an item `give: %s.NAME` to `doses`, or remove the agent", slot);
	}
}

/* Doses of slots that `agents` leaves to the model's default. */
static void check_defaults(struct reader *r)
{
	for (int s = 0; s < r->m->n_slot; s++) {
		const struct ql_slot *slot = &r->m->slot[s];
		if (!slot->default_agent || row_of(r->out, r->m, slot->name))
			continue;
		for (int i = 0; i < r->out->n_item; i++) {
			const char *name = r->out->info[i].name;
			size_t n = strlen(slot->name);
			if (strncmp(name, slot->name, n) != 0 || name[n] != '.')
				continue;
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0417, r->out->info[i].span, "`agents` does not say what `%s` holds", slot->name);
			ql_diag_help(d, "add `%s: ROW`; as it stands it is `%s`", slot->name, slot->default_agent);
			break;
		}
	}
}

static void read_number_at_least(struct reader *r, const char *key, double low, double high, double *out)
{
	double x;
	const struct ql_yaml *v = ql_yaml_get(r->out->yaml, key);
	if (!v || !ql_yaml_number(r->out->yaml, key, true, r->ds, &x))
		return;
	if (!(x >= low && x <= high)) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0406, v->span, "`%s` cannot be %s", key, v->text);
		ql_diag_help(d, "give a number from %g to %g", low, high);
		return;
	}
	*out = x;
}

static enum quell_status build(struct reader *r)
{
	static const char *const keys[] = {"regimen", "title",	"treatment",	"line",		     "evidence", "warning",
					   "sources", "agents", "response_day", "dropout_per_cycle", "doses",	 "note",
					   NULL};
	struct ql_regimen *out = r->out;
	int errors = r->ds->n_errors;
	if (!out->yaml || out->yaml->kind != QL_YAML_MAP) {
		complain(r, QL_E0304, (struct ql_span){r->path, 0, 0, 0}, "the file describes no regimen",
			 "start with `regimen: NAME`");
		return QUELL_ERR_INPUT;
	}
	ql_yaml_check_keys(out->yaml, keys, r->ds);
	ql_yaml_string(out->yaml, "regimen", true, r->ds, &out->name);
	out->title = out->name;
	ql_yaml_string(out->yaml, "title", false, r->ds, &out->title);
	read_names(r, "treatment", &out->treatment, &out->n_treatment);
	read_names(r, "line", &out->line, &out->n_line);
	read_names(r, "sources", &out->source, &out->n_source);
	read_evidence(r);
	read_number_at_least(r, "response_day", 1, 36525, &out->response_day);
	read_number_at_least(r, "dropout_per_cycle", 0, 1, &out->dropout_per_cycle);
	read_agents(r);
	read_items(r);
	summarise(r);
	if (r->ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	check_agents_used(r);
	check_defaults(r);
	return QUELL_OK;
}

static enum quell_status load(void *arg)
{
	struct reader *r = arg;
	*r->out = (struct ql_regimen){.name = "", .title = "", .yaml = r->yaml};
	enum quell_status s = r->yaml ? QUELL_OK : ql_yaml_read(r->a, r->path, r->ds, &r->out->yaml);
	return s == QUELL_OK ? build(r) : s;
}

enum quell_status ql_regimen_build(const struct ql_model *m, struct ql_yaml *yaml, const char *agents_dir, struct ql_arena *a,
				   struct ql_diags *ds, struct ql_regimen *out)
{
	struct reader r = {m, yaml->span.file, agents_dir, a, ds, out, yaml};
	return ql_protect(load, &r);
}

enum quell_status ql_regimen_load(const struct ql_model *m, const char *path, const char *agents_dir,
				  struct ql_arena *a, struct ql_diags *ds, struct ql_regimen *out)
{
	struct reader r = {m, path, agents_dir, a, ds, out, NULL};
	return ql_protect(load, &r);
}
