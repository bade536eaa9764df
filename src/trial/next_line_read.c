/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and checking a table of next lines. */
#include "base/paths.h"
#include "trial/next_line.h"
#include "trial/yaml_words.h"
#include <math.h>
#include <string.h>

struct reader {
	const struct ql_model *m;
	const char *data_dir;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_next_table *t;
	const char **class; /* of library/agents, and the agents' names */
	int n_class, cap_regimen;
};

static void wrong(struct reader *r, struct ql_span at, const char *message, const char *help)
{
	ql_diag_help(ql_diag_add(r->ds, QL_E0661, at, "%s", message), "%s", help);
}

/* What a reader below caught is passed on to the caller's ql_protect(). */
static enum quell_status caught(enum quell_status s)
{
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	return s;
}

/* --- classes and agents --- */

static void list_classes(struct reader *r)
{
	int n;
	const char **agent = ql_library_list(r->a, r->data_dir, "library/agents", ".yaml", &n);
	r->class = QL_NEW_N(r->a, const char *, 2 * (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		struct ql_yaml *y = NULL;
		const char *path = ql_arena_printf(r->a, "%s/library/agents/%s.yaml", r->data_dir, agent[i]);
		const char *class = NULL;
		if (caught(ql_yaml_read(r->a, path, r->ds, &y)) != QUELL_OK)
			continue;
		ql_yaml_string(y, "class", false, r->ds, &class);
		r->class[r->n_class++] = agent[i];
		if (class)
			r->class[r->n_class++] = class;
	}
}

static uint64_t word_bit(struct reader *r, const struct ql_yaml *v)
{
	struct ql_next_table *t = r->t;
	if (v->kind != QL_YAML_SCALAR) {
		wrong(r, v->span, "a class or an agent must stand here", "write `[BTK inhibitor, pirtobrutinib]`");
		return 0;
	}
	for (int i = 0; i < t->n_word; i++)
		if (strcmp(t->word[i], v->text) == 0)
			return (uint64_t)1 << i;
	bool known = false;
	for (int i = 0; i < r->n_class && !known; i++)
		known = strcmp(r->class[i], v->text) == 0;
	if (!known) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0662, v->span, "no agent and no class is called `%s`", v->text);
		const char *near = ql_suggest(v->text, r->class, r->n_class);
		ql_diag_help(d, near ? "did you mean `%s`?" : "`quell explain agents` lists the agents", near);
		return 0;
	}
	if (t->n_word == 64) {
		wrong(r, v->span, "a table may name 64 classes and agents", "leave some out");
		return 0;
	}
	t->word[t->n_word] = v->text;
	return (uint64_t)1 << t->n_word++;
}

static uint64_t read_words(struct reader *r, const struct ql_yaml *map, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	uint64_t bits = 0;
	if (v && v->kind == QL_YAML_SCALAR)
		return word_bit(r, v);
	if (v && v->kind == QL_YAML_MAP)
		wrong(r, v->span, "a list of classes or agents must stand here", "write `[BTK inhibitor]`");
	for (int i = 0; v && v->kind == QL_YAML_LIST && i < v->n; i++)
		bits |= word_bit(r, v->item[i]);
	return bits;
}

/* --- rows --- */

static int regimen_number(struct reader *r, const char *name, struct ql_span at)
{
	struct ql_next_table *t = r->t;
	if (strcmp(name, "none") == 0)
		return -1;
	for (int i = 0; i < t->n_regimen; i++)
		if (strcmp(t->regimen[i].name, name) == 0)
			return i;
	int before = r->ds->n;
	const char *path = ql_library_file(r->a, r->data_dir, "library/regimens", name, ".yaml", QL_E0601, "regimen", r->ds);
	if (!path && r->ds->n > before)
		r->ds->item[before]->span = at;
	const char *agents = ql_arena_printf(r->a, "%s/library/agents", r->data_dir);
	if (!path || caught(ql_regimen_load(r->m, path, agents, r->a, r->ds, &t->regimen[t->n_regimen])) != QUELL_OK)
		return -2;
	if (t->n_regimen >= UINT8_MAX) {
		wrong(r, at, "a table may give 255 regimens", "leave some out");
		return -2;
	}
	return t->n_regimen++;
}

static void read_options(struct reader *r, const struct ql_yaml *row, struct ql_next_row *out)
{
	const struct ql_yaml *give = ql_yaml_get(row, "give");
	if (!give || give->kind != QL_YAML_MAP || give->n == 0) {
		wrong(r, give ? give->span : row->span, "a row must say what to give",
		      "write `give: {REGIMEN: 1}`; several share by their weights, `none` stands for no treatment");
		return;
	}
	out->option = QL_NEW_N(r->a, struct ql_next_option, (size_t)give->n);
	double sum = 0.0;
	for (int i = 0; i < give->n; i++) {
		double w;
		int n = regimen_number(r, give->key[i], give->key_span[i]);
		if (!ql_yaml_is_number(give->item[i], &w) || !(w > 0.0 && w < 1e9)) {
			wrong(r, give->item[i]->span, "a weight must be a number above 0", "write `REGIMEN: 1`");
			continue;
		}
		sum += w;
		if (n >= -1)
			out->option[out->n_option++] = (struct ql_next_option){n, sum};
	}
	for (int i = 0; i < out->n_option; i++)
		out->option[i].weight /= sum;
}

static void read_row(struct reader *r, const struct ql_yaml *y, struct ql_next_row *out)
{
	static const char *const keys[] = {"name", "after", "had", "unless", "off_years", "line", "age",
					   "crcl", "year",  "share", "give",   "source", "grade", "note", NULL};
	*out = (struct ql_next_row){.name = "", .span = y->span, .share = 1.0};
	if (y->kind != QL_YAML_MAP) {
		wrong(r, y->span, "a row must stand here", "write `- give: {REGIMEN: 1}` with its conditions");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_string(y, "name", true, r->ds, &out->name);
	if (ql_yaml_get(y, "name"))
		out->span = ql_yaml_get(y, "name")->span;
	out->after = read_words(r, y, "after");
	out->had = read_words(r, y, "had");
	out->unless = read_words(r, y, "unless");
	out->off_years = ql_yaml_range(y, "off_years", QL_E0661, r->ds);
	out->line = ql_yaml_range(y, "line", QL_E0661, r->ds);
	out->age = ql_yaml_range(y, "age", QL_E0661, r->ds);
	out->crcl = ql_yaml_range(y, "crcl", QL_E0661, r->ds);
	out->year = ql_yaml_range(y, "year", QL_E0661, r->ds);
	ql_yaml_number(y, "share", false, r->ds, &out->share);
	if (!(out->share > 0.0 && out->share <= 1.0))
		wrong(r, out->span, "`share` lies above 0 and at most 1", "it is the share of patients that the row takes");
	ql_yaml_check_grade(y, QL_E0661, r->ds);
	read_options(r, y, out);
}

static int count_options(const struct ql_yaml *rows)
{
	int n = 1;
	for (int i = 0; i < rows->n; i++) {
		const struct ql_yaml *give = ql_yaml_get(rows->item[i], "give");
		n += give ? give->n : 0;
	}
	return n;
}

static void read_rows(struct reader *r)
{
	const struct ql_yaml *rows = ql_yaml_get(r->t->yaml, "rows");
	if (!rows || rows->kind != QL_YAML_LIST || rows->n == 0) {
		wrong(r, rows ? rows->span : r->t->yaml->span, "a table needs `rows`", "write `rows:` and below it `- name: ...`");
		return;
	}
	struct ql_next_table *t = r->t;
	t->word = QL_NEW_N(r->a, const char *, 64);
	t->regimen = QL_NEW_N(r->a, struct ql_regimen, (size_t)count_options(rows));
	t->row = QL_NEW_N(r->a, struct ql_next_row, (size_t)rows->n);
	for (int i = 0; i < rows->n; i++)
		read_row(r, rows->item[i], &t->row[t->n_row++]);
	t->words_of = QL_NEW_N(r->a, uint64_t, (size_t)t->n_regimen + 1);
	for (int i = 0; i < t->n_regimen; i++)
		t->words_of[i] = ql_next_words(t, r->m, &t->regimen[i]);
}

/* --- delays --- */

static void read_delay(struct reader *r, const char *key, struct ql_next_delay *out)
{
	static const char *const keys[] = {"median", "sd", "source", "grade", "note", NULL};
	const struct ql_yaml *delays = ql_yaml_get(r->t->yaml, "delay"), *y = ql_yaml_get(delays, key);
	*out = (struct ql_next_delay){30.0, 0.0};
	if (!y || y->kind != QL_YAML_MAP) {
		wrong(r, y ? y->span : delays ? delays->span : r->t->yaml->span,
		      ql_arena_printf(r->a, "`delay` lacks `%s`", key),
		      "write `{median: 30 day, sd: 0.5, source: [], grade: assumed}`");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_check_grade(y, QL_E0661, r->ds);
	ql_yaml_days(y, "median", true, QL_E0661, r->ds, &out->median_day);
	ql_yaml_number(y, "sd", true, r->ds, &out->sd);
	if (!(out->median_day > 0.0 && out->median_day <= 36525.0) || !(out->sd >= 0.0 && out->sd <= 5.0))
		wrong(r, y->span, "a delay must lie above 0 day, its spread between 0 and 5",
		      "write `{median: 30 day, sd: 0.5}`");
}

/* Left out: the next line follows progression by the delays alone. */
static void read_need(struct reader *r)
{
	static const char *const keys[] = {"share", "sd", "source", "grade", "note", NULL};
	struct ql_next_table *t = r->t;
	const struct ql_yaml *y = ql_yaml_get(t->yaml, "need");
	t->need_share = t->need_sd = 0.0;
	if (!y)
		return;
	if (y->kind != QL_YAML_MAP) {
		wrong(r, y->span, "`need` must say at which share of the disease the next line is wanted",
		      "write `need: {share: 0.7, sd: 0.5, source: [], grade: assumed}`");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_check_grade(y, QL_E0661, r->ds);
	ql_yaml_number(y, "share", true, r->ds, &t->need_share);
	ql_yaml_number(y, "sd", true, r->ds, &t->need_sd);
	if (!(t->need_share > 0.0 && t->need_share <= 10.0) || !(t->need_sd >= 0.0 && t->need_sd <= 5.0))
		wrong(r, y->span, "the share of the disease lies above 0 and at most 10, its spread between 0 and 5",
		      "write `need: {share: 0.7, sd: 0.5, source: [], grade: assumed}`");
}

static void read_richter(struct reader *r)
{
	const struct ql_yaml *y = ql_yaml_get(r->t->yaml, "richter");
	r->t->richter_ratio = 1.0;
	if (!y)
		return;
	ql_yaml_number(y, "death_ratio", true, r->ds, &r->t->richter_ratio);
	if (!(r->t->richter_ratio >= 0.0 && r->t->richter_ratio <= 100.0))
		wrong(r, y->span, "`death_ratio` must lie between 0 and 100", "it multiplies the death of progressive disease");
}

/* --- what cannot be meant --- */

static bool range_covers(const struct ql_range *a, const struct ql_range *b) { return a->low <= b->low && a->high >= b->high; }

/* An earlier row that fits whenever a later one does. */
static void check_reached(struct reader *r)
{
	const struct ql_next_table *t = r->t;
	for (int j = 1; j < t->n_row; j++)
		for (int i = 0; i < j; i++) {
			const struct ql_next_row *a = &t->row[i], *b = &t->row[j];
			bool after = !a->after || (b->after && !(b->after & ~a->after));
			if (a->share < 1.0 || !after || (a->had & ~b->had) || (a->unless & ~b->unless) ||
			    !range_covers(&a->off_years, &b->off_years) || !range_covers(&a->line, &b->line) ||
			    !range_covers(&a->age, &b->age) || !range_covers(&a->crcl, &b->crcl) ||
			    !range_covers(&a->year, &b->year))
				continue;
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0664, b->span, "`%s` is never reached", b->name);
			ql_diag_note(d, a->span, "this row fits whenever that one does");
			ql_diag_help(d, "put it before `%s`, or narrow the conditions of that row", a->name);
			break;
		}
}

/* A row may give an option again and again if it neither forbids what it gives nor asks for a time without treatment. */
static bool repeats(const struct ql_next_table *t, const struct ql_next_row *r, int option)
{
	int n = r->option[option].regimen;
	return n >= 0 && !(r->unless & t->words_of[n]) && !(r->off_years.low > 0.0) && r->line.high > t->most_lines + 1;
}

static bool leads_to(const struct ql_next_table *t, const struct ql_next_row *row, int from)
{
	return !row->after || (row->after & t->words_of[from]);
}

/* Depth first over regimens that may be given again; true if `goal` is met. */
static bool comes_back(const struct ql_next_table *t, int from, int goal, unsigned char *seen)
{
	for (int i = 0; i < t->n_row; i++)
		for (int o = 0; o < t->row[i].n_option; o++) {
			int to = t->row[i].option[o].regimen;
			if (!repeats(t, &t->row[i], o) || !leads_to(t, &t->row[i], from))
				continue;
			if (to == goal)
				return true;
			if (seen[to]++ == 0 && comes_back(t, to, goal, seen))
				return true;
		}
	return false;
}

static void check_circles(struct reader *r)
{
	const struct ql_next_table *t = r->t;
	for (int i = 0; i < t->n_row; i++)
		for (int o = 0; o < t->row[i].n_option; o++) {
			int n = t->row[i].option[o].regimen;
			unsigned char *seen = QL_NEW_N(r->a, unsigned char, (size_t)t->n_regimen + 1);
			if (!repeats(t, &t->row[i], o) || !comes_back(t, n, n, seen))
				continue;
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0663, t->row[i].span,
							"`%s` gives `%s` again after it has failed", t->row[i].name,
							t->regimen[n].name);
			ql_diag_help(d, "name one of its classes under `unless`, or ask for `off_years: 2..`");
			return;
		}
}

static enum quell_status load(struct reader *r, const char *path)
{
	static const char *const keys[] = {"next_line", "title", "sources", "most_lines", "delay",
					   "need",	"richter", "rows",  "note",	  NULL};
	struct ql_next_table *t = r->t;
	double lines = QL_MAX_NEXT_LINES;
	int errors = r->ds->n_errors;
	enum quell_status s = ql_yaml_read(r->a, path, r->ds, &t->yaml);
	if (s != QUELL_OK)
		return s;
	if (!t->yaml || t->yaml->kind != QL_YAML_MAP) {
		wrong(r, (struct ql_span){path, 0, 0, 0}, "the file is no table of next lines", "start with `next_line: NAME`");
		return QUELL_ERR_INPUT;
	}
	ql_yaml_check_keys(t->yaml, keys, r->ds);
	ql_yaml_string(t->yaml, "next_line", true, r->ds, &t->name);
	t->title = t->name;
	ql_yaml_string(t->yaml, "title", false, r->ds, &t->title);
	ql_yaml_number(t->yaml, "most_lines", false, r->ds, &lines);
	if (!(lines >= 0.0 && lines <= QL_MAX_NEXT_LINES))
		wrong(r, ql_yaml_get(t->yaml, "most_lines")->span, "`most_lines` must lie between 0 and 4", "write `most_lines: 4`");
	t->most_lines = (int)lines;
	read_delay(r, "on_treatment", &t->delay[QL_DELAY_ON_TREATMENT]);
	read_delay(r, "off_treatment", &t->delay[QL_DELAY_OFF_TREATMENT]);
	read_delay(r, "off_treatment_relapsed", &t->delay[QL_DELAY_RELAPSED]);
	read_need(r);
	read_richter(r);
	list_classes(r);
	read_rows(r);
	if (r->ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	check_reached(r);
	check_circles(r);
	return r->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_next_table_load(const struct ql_model *m, const char *data_dir, const char *name,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_next_table *out)
{
	*out = (struct ql_next_table){.name = ""};
	struct reader r = {.m = m, .data_dir = data_dir, .a = a, .ds = ds, .t = out};
	const char *path = ql_library_file(a, data_dir, "library/protocols", name, ".yaml", QL_E0660, "protocol", ds);
	return path ? load(&r, path) : QUELL_ERR_INPUT;
}
