/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/address.h"
#include "base/io.h"
#include "patient/profile.h"
#include "serve/flow.h"
#include <math.h>
#include <string.h>

#define SEED 9007199254740992.0
#define MAX_PART 16384 /* characters of a part of a profile on the command line */

static const struct ql_field none[] = {{0}};
static const struct ql_field compare[] = {
	{"population", QL_FIELD_NAME, false, 0, 0, NULL, "a population of the library (unfit-1l)"},
	{"regimens", QL_FIELD_NAMES, true, 0, 0, NULL, "regimens of the library"},
	{"patients", QL_FIELD_COUNT, false, 1, 1e6, NULL, "virtual patients per regimen (1000)"},
	{"years", QL_FIELD_NUMBER, false, 0.1, 40, NULL, "how long each is followed (6)"},
	{"seed", QL_FIELD_COUNT, false, 0, SEED, NULL, "random seed (1)"},
	{"set", QL_FIELD_SETTINGS, false, 0, 0, NULL, "parameters or covariates to change, by name"},
	{"rtol", QL_FIELD_NUMBER, false, 1e-10, 0.1, NULL, "relative tolerance of the integrator (1e-4)"},
	{"next-line", QL_FIELD_CHOICE, false, 0, 0, "none|next-line", "what follows progression; with none the run ends there, and survival is left out (next-line)"},
	{"no-courses", QL_FIELD_FLAG, false, 0, 0, NULL, "leave the courses of blood counts out: faster and smaller"},
	{"no-contrasts", QL_FIELD_FLAG, false, 0, 0, NULL, "leave the differences between regimens out"},
	{0}};
static const struct ql_field simulate[] = {
	{"population", QL_FIELD_NAME, false, 0, 0, NULL, "a population of the library (unfit-1l)"},
	{"regimens", QL_FIELD_NAMES, true, 0, 0, NULL, "regimens of the library"},
	{"patient", QL_FIELD_COUNT, false, 0, 2e9, NULL, "which patient of the population (0)"},
	{"typical", QL_FIELD_FLAG, false, 0, 0, NULL, "no hidden differences between patients"},
	{"years", QL_FIELD_NUMBER, false, 0.1, 40, NULL, "how long the patient is followed (6)"},
	{"step", QL_FIELD_NUMBER, false, 1, 3652.5, NULL, "days between values (7)"},
	{"outputs", QL_FIELD_TEXTS, false, 0, 0, NULL, "outputs of the model (all)"},
	{"seed", QL_FIELD_COUNT, false, 0, SEED, NULL, "random seed (1)"},
	{"set", QL_FIELD_SETTINGS, false, 0, 0, NULL, "parameters or covariates to change, by name"},
	{0}};
static const struct ql_field rows[] = {
	{"trial", QL_FIELD_TEXT, false, 0, 0, NULL, "one trial"},
	{"line", QL_FIELD_CHOICE, false, 0, 0, "1L|RR|1L+RR|maint|RT", "line of treatment"},
	{"treatment", QL_FIELD_TEXT, false, 0, 0, NULL, "a regimen on either side"},
	{"endpoint", QL_FIELD_TEXT, false, 0, 0, NULL, "an endpoint, or how it begins"},
	{"subgroup", QL_FIELD_TEXT, false, 0, 0, NULL, "all, IGHV-U, ..."},
	{"verified", QL_FIELD_FLAG, false, 0, 0, NULL, "verified rows only"},
	{0}};
static const struct ql_field nma[] = {
	{"endpoint", QL_FIELD_CHOICE, false, 0, 0, "pfs|os|ttnt|efs|pfs2", "hazard ratio of (pfs)"},
	{"line", QL_FIELD_CHOICE, false, 0, 0, "1L|RR|maint|RT", "line of treatment (1L)"},
	{"reference", QL_FIELD_TEXT, false, 0, 0, NULL, "regimen that the others are compared with"},
	{"method", QL_FIELD_CHOICE, false, 0, 0, "DL|REML|ML|PM", "variance between trials (DL)"},
	{"model", QL_FIELD_CHOICE, false, 0, 0, "random|common", "effects of trials (random)"},
	{"hk", QL_FIELD_FLAG, false, 0, 0, NULL, "Hartung-Knapp intervals"},
	{"recalled", QL_FIELD_FLAG, false, 0, 0, NULL, "let recalled rows in"},
	{"exclude", QL_FIELD_TEXTS, false, 0, 0, NULL, "trials to leave out"},
	{"rows", QL_FIELD_FLAG, false, 0, 0, NULL, "list the rows left out, with the reason"},
	{"certainty", QL_FIELD_FLAG, false, 0, 0, NULL, "reasons behind the judgements of certainty"},
	{0}};
static const struct ql_field validate[] = {
	{"trial", QL_FIELD_NAMES, false, 0, 0, NULL, "trials of the library (all)"},
	{"role", QL_FIELD_CHOICE, false, 0, 0, "all|calibration|validation|evidence", "trials of one role (all)"},
	{"patients", QL_FIELD_COUNT, false, 2, 1e5, NULL, "virtual patients per arm (1000)"},
	{"replicates", QL_FIELD_COUNT, false, 20, 1e5, NULL, "trials of the published size per prediction interval (400)"},
	{"seed", QL_FIELD_COUNT, false, 0, SEED, NULL, "random seed (1)"},
	{"set", QL_FIELD_SETTINGS, false, 0, 0, NULL, "parameters or covariates to change, by name"},
	{"all", QL_FIELD_FLAG, false, 0, 0, NULL, "name the rows and trials that are not simulated, too"},
	{0}};
static const struct ql_field trial[] = {
	{"design", QL_FIELD_ITEM, true, 0, 0, NULL, "a trial of the library"},
	{"patients", QL_FIELD_COUNT, false, 2, 1e5, NULL, "virtual patients of all arms together (as the design says)"},
	{"replicates", QL_FIELD_COUNT, false, 1, 2000, NULL, "that many trials: prediction intervals and power (1)"},
	{"alpha", QL_FIELD_NUMBER, false, 1e-6, 0.5, NULL, "two-sided error of the test (0.05)"},
	{"seed", QL_FIELD_COUNT, false, 0, SEED, NULL, "random seed (1)"},
	{"set", QL_FIELD_SETTINGS, false, 0, 0, NULL, "parameters or covariates to change, by name"},
	{"all", QL_FIELD_FLAG, false, 0, 0, NULL, "every endpoint, not only the usual ones"},
	{0}};

static const struct ql_field recommend[] = {
	{"profile", QL_FIELD_ITEM, false, 0, 0, NULL, "a sample profile of the library, with its earlier treatment (nothing known)"},
	{"with", QL_FIELD_FACTS, false, 0, 0, NULL, "what the profile holds, before the sample's; `unknown` takes one out"},
	{"utilities", QL_FIELD_NAME, false, 0, 0, NULL, "a set of utilities of the library behind the quality-adjusted years (base)"},
	{"population", QL_FIELD_NAME, false, 0, 0, NULL, "a population of the library (the nearest to the profile)"},
	{"regimens", QL_FIELD_NAMES, false, 0, 0, NULL, "regimens of the library (the candidates of the guideline)"},
	{"patients", QL_FIELD_COUNT, false, 20, 5000, NULL, "virtual patients per regimen (500)"},
	{"years", QL_FIELD_NUMBER, false, 5, 40, NULL, "how long each is followed (10)"},
	{"seed", QL_FIELD_COUNT, false, 0, SEED, NULL, "random seed (1)"},
	{0}};

const struct ql_address ql_addresses[] = {
	{"GET", "/api/v1/about", "@about", none, "quell.about/1", "version, regimens and populations of the library", QL_SMALL},
	{"GET", "/api/v1/regimens", "@shelf regimens", none, "quell.library/1", "regimens of the library", QL_SMALL},
	{"GET", "/api/v1/regimens/{name}", "@item regimens", none, "quell.library_item/1", "one regimen, as written", QL_SMALL},
	{"GET", "/api/v1/populations", "@shelf populations", none, "quell.library/1", "populations of the library", QL_SMALL},
	{"GET", "/api/v1/populations/{name}", "@item populations", none, "quell.library_item/1", "one population, as written", QL_SMALL},
	{"GET", "/api/v1/agents", "@shelf agents", none, "quell.library/1", "agents of the library", QL_SMALL},
	{"GET", "/api/v1/agents/{name}", "@item agents", none, "quell.library_item/1", "one agent, as written", QL_SMALL},
	{"GET", "/api/v1/trials", "@shelf trials", none, "quell.library/1", "designs of trials of the library", QL_SMALL},
	{"GET", "/api/v1/trials/{name}", "@item trials", none, "quell.library_item/1", "one design, as written", QL_SMALL},
	{"GET", "/api/v1/codes/{code}", "@code", none, "quell.code/1", "what a diagnostic code means", QL_SMALL},
	{"GET", "/api/v1/model", "model show", none, "quell.model/1", "every quantity of the model with unit, source and grade", QL_SMALL},
	{"GET", "/api/v1/model/modules/{file}", "@module", none, "quell.module/1", "a module of the model as written", QL_SMALL},
	{"GET", "/api/v1/therapies", "@therapies", none, "quell.therapies/1", "the therapies that are explained", QL_SMALL},
	{"GET", "/api/v1/therapies/{therapy}", "explain", none, "quell.explain/1", "five aspects of a therapy; figures simulated on the spot", QL_SMALL},
	{"GET", "/api/v1/diagrams/{therapy}", "@diagram", none, "quell.diagram/1", "how a therapy works in the model, as SVG", QL_SMALL},
	{"GET", "/api/v1/evidence", "evidence list", none, "quell.evidence/1", "the trials of the evidence base", QL_SMALL},
	{"GET", "/api/v1/evidence/rows", "evidence find", rows, "quell.evidence/1", "published figures, filtered", QL_SMALL},
	{"GET", "/api/v1/evidence/trials/{trial}", "evidence show", none, "quell.evidence/1", "every figure of one trial", QL_SMALL},
	{"POST", "/api/v1/nma", "evidence nma", nma, "quell.evidence_nma/1", "network meta-analysis of an endpoint", QL_SMALL},
	{"POST", "/api/v1/simulate", "simulate", simulate, "quell.simulate/1", "time courses of one profile", QL_SMALL},
	{"POST", "/api/v1/compare", "compare", compare, "quell.compare/1",
	 "the same virtual patients under several regimens; large comparisons become jobs", QL_BY_COURSES},
	{"GET", "/api/v1/profile", "@profile", none, "quell.profile_fields/1", "what a profile may hold, and sample profiles", QL_SMALL},
	{"POST", "/api/v1/recommend", "recommend", recommend, "quell.recommend/1",
	 "regimens ranked for one profile by simulation, with rules, trials and consensus beside it; always a job", QL_LONG},
	{"GET", "/api/v1/runs", "runs list", none, "quell.runs/1", "the runs of the program's store", QL_FRESH},
	{"GET", "/api/v1/runs/{run}", "runs show", none, QL_SCHEMA_OF_RUN, "the result of a run of the store, as it was first printed", QL_FRESH},
	{"DELETE", "/api/v1/runs/{run}", "runs rm", none, "quell.runs/1", "takes a run out of the store", QL_FRESH},
	{"POST", "/api/v1/resume/{run}", "resume", none, QL_SCHEMA_OF_RUN, "goes on with an unfinished run of the store; always a job", QL_LONG},
	{"POST", "/api/v1/trial", "trial run", trial, "quell.trial/1",
	 "one trial of the library simulated as it was designed, or many of it for its power; always a job", QL_LONG},
	{"POST", "/api/v1/validate", "validate", validate, "quell.validate/1",
	 "every trial of the library simulated and held against what was published; always a job", QL_LONG},
};
const int ql_n_addresses = sizeof ql_addresses / sizeof *ql_addresses;

/* The word at {..} when `path` has the shape of `pattern`; "" when it has no braces; NULL if it has another shape. */
static const char *match(struct ql_arena *a, const char *pattern, const char *path)
{
	const char *brace = strchr(pattern, '{');
	if (!brace)
		return strcmp(pattern, path) == 0 ? "" : NULL;
	size_t n = (size_t)(brace - pattern);
	if (strncmp(pattern, path, n) != 0 || !path[n] || strchr(path + n, '/'))
		return NULL;
	return ql_arena_strdup(a, path + n);
}

const struct ql_address *ql_address_find(struct ql_arena *a, const char *method, const char *path, const char **word,
					   const char **allow)
{
	static const char *const list[] = {NULL, "GET, HEAD", "POST", "GET, HEAD, POST", "DELETE", "GET, HEAD, DELETE", "POST, DELETE",
					   "GET, HEAD, POST, DELETE"};
	int taken = 0;
	*word = *allow = NULL;
	for (int i = 0; i < ql_n_addresses; i++) {
		const struct ql_address *e = &ql_addresses[i];
		const char *at = match(a, e->path, path);
		if (!at)
			continue;
		if (strcmp(method, e->method) == 0) {
			*word = *at ? at : NULL;
			return e;
		}
		taken |= *e->method == 'G' ? 1 : *e->method == 'P' ? 2 : 4;
	}
	*allow = list[taken];
	return NULL;
}

bool ql_address_needs_store(const struct ql_address *e) { return e->size == QL_FRESH || strcmp(e->words, "resume") == 0; }

/* --- one field --- */

struct build { /* a command line in the making */
	const struct ql_address *e;
	struct ql_arena *a;
	struct ql_diags *ds;
	const struct ql_request *q;
	struct ql_command_line *out;
	struct ql_buf text;
	double patients, regimens, years;
};

/* Where a field stands in the body; its first mention, which for flat objects is the field itself. */
static struct ql_span place(const struct build *b, const char *name)
{
	struct ql_span at = {"request", 0, 0, 0};
	const char *quoted = ql_arena_printf(b->a, "\"%s\"", name), *body = b->q->body;
	const char *hit = body && strlen(body) == b->q->body_len ? strstr(body, quoted) : NULL;
	if (!hit)
		return at;
	at.line = at.col = 1;
	at.len = (int)strlen(quoted);
	for (const char *p = body; p < hit; p++) {
		at.col = *p == '\n' ? 1 : at.col + 1;
		at.line += *p == '\n';
	}
	return at;
}

static void push(struct build *b, const char *word)
{
	b->out->argv[b->out->argc++] = ql_arena_strdup(b->a, word);
	ql_buf_printf(&b->text, " %s", word);
}

static bool refuse(struct build *b, const char *name, const char *found, const char *accepted)
{
	struct ql_diag *d = ql_diag_add(b->ds, QL_E1103, place(b, name), "`%s` does not take %s", name, found);
	ql_diag_help(d, "accepted: %s", accepted);
	return false;
}

static bool is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+");
	return n > 0 && n <= 64 && !s[n] && s[0] != '-';
}

static bool is_text(const char *s)
{
	size_t n = 0;
	for (; s[n]; n++)
		if ((unsigned char)s[n] < 0x20 || s[n] == 0x7f || s[n] == ',')
			return false;
	return n > 0 && n <= 120;
}

/* " --name value" for people, quoted where the shell would stumble. */
static void show_option(struct build *b, const char *name, const char *value)
{
	bool plain = value[strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+.,=:@%/")] == 0;
	ql_buf_printf(&b->text, " --%s ", name);
	if (plain) {
		ql_buf_puts(&b->text, value);
		return;
	}
	ql_buf_puts(&b->text, "'");
	for (const char *p = value; *p; p++) {
		if (*p == '\'')
			ql_buf_puts(&b->text, "'\\''");
		else
			ql_buf_add(&b->text, p, 1);
	}
	ql_buf_puts(&b->text, "'");
}

static void push_option(struct build *b, const char *name, const char *value)
{
	b->out->argv[b->out->argc++] = ql_arena_printf(b->a, "--%s=%s", name, value);
	show_option(b, name, value);
}

static bool take_word(struct build *b, const struct ql_field *f, json_t *v)
{
	bool name = f->kind == QL_FIELD_NAME;
	const char *s = json_string_value(v);
	if (!s || !(name ? is_name(s) : is_text(s)))
		return refuse(b, f->name, s ? "this text" : "a value of this kind",
			      name ? "a name of the library: letters, digits, - _ +" : "printable text without commas");
	push_option(b, f->name, s);
	return true;
}

static bool take_words(struct build *b, const struct ql_field *f, json_t *v)
{
	const char *accepted = f->kind == QL_FIELD_NAMES ? "a list of 1 to 64 names of the library" : "a list of texts without commas";
	struct ql_buf list = {0};
	size_t n = json_array_size(v);
	bool ok = json_is_array(v) && n <= 64 && (n > 0 || !f->required);
	for (size_t i = 0; i < n && ok; i++) {
		const char *s = json_string_value(json_array_get(v, i));
		ok = s && (f->kind == QL_FIELD_NAMES ? is_name(s) : is_text(s));
		if (ok)
			ql_buf_printf(&list, "%s%s", i ? "," : "", s);
	}
	if (ok && n > 0)
		push_option(b, f->name, list.data);
	ql_buf_free(&list);
	if (strcmp(f->name, "regimens") == 0)
		b->regimens = (double)n;
	return ok ? true : refuse(b, f->name, json_is_array(v) ? "this list" : "a value of this kind", accepted);
}

static bool take_number(struct build *b, const struct ql_field *f, json_t *v)
{
	char lo[32], hi[32], text[32];
	double x = json_number_value(v);
	bool whole = f->kind == QL_FIELD_COUNT;
	bool ok = json_is_number(v) && x >= f->lo && x <= f->hi && (!whole || x == (double)(int64_t)x);
	if (!ok)
		return refuse(b, f->name, json_is_number(v) ? ql_format_double(x, text) : "a value of this kind",
			      ql_arena_printf(b->a, "%s from %s to %s", whole ? "a whole number" : "a number",
					      ql_format_double(f->lo, lo), ql_format_double(f->hi, hi)));
	if (strcmp(f->name, "patients") == 0)
		b->patients = x;
	if (strcmp(f->name, "years") == 0)
		b->years = x;
	if (whole)
		push_option(b, f->name, ql_arena_printf(b->a, "%lld", (long long)x));
	else
		push_option(b, f->name, ql_format_double(x, text));
	return true;
}

static bool take_choice(struct build *b, const struct ql_field *f, json_t *v)
{
	const char *s = json_string_value(v);
	size_t n = s ? strlen(s) : 0;
	for (const char *p = f->choices; n && p; p = strchr(p, '|')) {
		p += *p == '|';
		if (strncmp(p, s, n) == 0 && (p[n] == '|' || !p[n])) {
			push_option(b, f->name, s);
			return true;
		}
	}
	return refuse(b, f->name, s ? "this word" : "a value of this kind", f->choices);
}

static bool take_flag(struct build *b, const struct ql_field *f, json_t *v)
{
	if (!json_is_boolean(v))
		return refuse(b, f->name, "a value of this kind", "true or false");
	if (json_is_true(v))
		push(b, ql_arena_printf(b->a, "--%s", f->name));
	return true;
}

static bool take_settings(struct build *b, const struct ql_field *f, json_t *v)
{
	const char *key;
	json_t *x;
	char text[32];
	bool ok = json_is_object(v) && json_object_size(v) <= 64;
	json_object_foreach(v, key, x) {
		if (!ok)
			break;
		size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.[]");
		if (n == 0 || key[n] || n > 120 || !json_is_number(x))
			ok = refuse(b, f->name, "this setting", "names of the model with numbers, {\"disease.rmax\": 0.005}");
		else
			push_option(b, f->name, ql_arena_printf(b->a, "%s=%s", key, ql_format_double(json_number_value(x), text)));
	}
	return ok ? true : refuse(b, f->name, "a value of this kind", "an object of at most 64 names with numbers");
}

static bool is_part(const char *name)
{
	bool found = false;
	for (int i = 0; i < QL_PROFILE_PARTS; i++)
		found = found || strcmp(name, ql_profile_part[i]) == 0;
	return found;
}

/* Lists and objects go to the command as YAML; the reader of profiles judges what is in them. */
static bool take_part(struct build *b, const struct ql_field *f, const char *key, const json_t *v)
{
	struct ql_buf text = {0};
	ql_buf_printf(&text, "%s=", key);
	ql_flow_write(v, &text);
	bool ok = text.len <= MAX_PART;
	if (ok)
		push_option(b, f->name, text.data);
	else
		refuse(b, f->name, ql_arena_printf(b->a, "this much of `%s`", key),
		       ql_arena_printf(b->a, "%d characters as YAML; take less of it, or use a file and `quell recommend FILE.yaml`", MAX_PART));
	ql_buf_free(&text);
	return ok;
}

static bool take_fact(struct build *b, const struct ql_field *f, const char *key, const json_t *v)
{
	char number[32];
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
	bool named = n > 0 && !key[n] && n <= 64, part = named && is_part(key);
	const char *word = json_is_number(v) ? ql_format_double(json_number_value(v), number) : json_string_value(v);
	if (part && (json_is_array(v) || json_is_object(v)))
		return take_part(b, f, key, v);
	if (part && !(json_is_string(v) && strcmp(word, "unknown") == 0))
		return refuse(b, f->name, ql_arena_printf(b->a, "this value of `%s`", key),
			      strcmp(key, "prior_lines") == 0 ? "a list, [{\"regimen\": \"fcr\", \"ended\": \"completed\"}], or \"unknown\""
								: "an object, or \"unknown\"");
	if (!named || !word || !is_text(word))
		return refuse(b, f->name, named ? ql_arena_printf(b->a, "this value of `%s`", key) : "this field",
			      "a number or a word for each field, {\"age\": 70, \"ighv\": \"mutated\"}");
	push_option(b, f->name, ql_arena_printf(b->a, "%s=%s", key, word));
	return true;
}

static bool take_facts(struct build *b, const struct ql_field *f, json_t *v)
{
	const char *key;
	json_t *x;
	bool ok = json_is_object(v) && json_object_size(v) <= 64;
	if (!ok)
		return refuse(b, f->name, "a value of this kind", "an object of at most 64 fields, {\"age\": 70, \"ighv\": \"mutated\"}");
	json_object_foreach(v, key, x)
		ok &= take_fact(b, f, key, x);
	return ok;
}

static bool take_item(struct build *b, const struct ql_field *f, json_t *v)
{
	const char *s = json_string_value(v);
	if (!s || !is_name(s))
		return refuse(b, f->name, s ? "this text" : "a value of this kind", "a name of the library: letters, digits, - _ +");
	push(b, s);
	return true;
}

static void take(struct build *b, const struct ql_field *f, json_t *v)
{
	switch (f->kind) {
	case QL_FIELD_NAME:
	case QL_FIELD_TEXT:
		take_word(b, f, v);
		break;
	case QL_FIELD_NAMES:
	case QL_FIELD_TEXTS:
		take_words(b, f, v);
		break;
	case QL_FIELD_COUNT:
	case QL_FIELD_NUMBER:
		take_number(b, f, v);
		break;
	case QL_FIELD_CHOICE:
		take_choice(b, f, v);
		break;
	case QL_FIELD_FLAG:
		take_flag(b, f, v);
		break;
	case QL_FIELD_SETTINGS:
		take_settings(b, f, v);
		break;
	case QL_FIELD_FACTS:
		take_facts(b, f, v);
		break;
	case QL_FIELD_ITEM:
		take_item(b, f, v);
		break;
	}
}

/* --- all fields --- */

static void check_unknown(struct build *b, json_t *body)
{
	const char *key, *names[32];
	json_t *v;
	int n = 0;
	for (const struct ql_field *f = b->e->field; f->name; f++)
		names[n++] = f->name;
	json_object_foreach(body, key, v) {
		bool known = false;
		for (int i = 0; i < n; i++)
			known |= strcmp(names[i], key) == 0;
		if (known)
			continue;
		bool shown = is_text(key);
		struct ql_diag *d = ql_diag_add(b->ds, QL_E1102, shown ? place(b, key) : (struct ql_span){"request", 0, 0, 0},
						"no field `%s` here", shown ? key : "?");
		const char *near = shown ? ql_suggest(key, names, n) : NULL;
		if (near)
			ql_diag_help(d, "did you mean `%s`? `/api` lists the fields of every address", near);
		else
			ql_diag_help(d, "`/api` lists the fields of every address");
	}
}

static void take_fields(struct build *b, json_t *body)
{
	check_unknown(b, body);
	for (const struct ql_field *f = b->e->field; f->name; f++) {
		json_t *v = json_object_get(body, f->name);
		if (v && !json_is_null(v))
			take(b, f, v);
		else if (f->required)
			ql_diag_help(ql_diag_add(b->ds, QL_E1104, (struct ql_span){"request", 0, 0, 0}, "`%s` is missing", f->name),
				     "give %s", f->help);
	}
}

static json_t *read_body(struct build *b)
{
	json_error_t e;
	ql_diags_add_source(b->ds, "request", b->q->body ? b->q->body : "", b->q->body_len);
	json_t *v = json_loadb(b->q->body ? b->q->body : "", b->q->body_len, JSON_REJECT_DUPLICATES, &e);
	if (!v) {
		struct ql_span at = {"request", e.line > 0 ? e.line : 1, e.column > 0 ? e.column : 1, 0};
		ql_diag_help(ql_diag_add(b->ds, QL_E1101, at, "%s", e.text), "send one JSON object; `/api` shows examples");
	} else if (!json_is_object(v)) {
		ql_diag_help(ql_diag_add(b->ds, QL_E1101, (struct ql_span){"request", 1, 1, 0}, "the body is not an object"),
			     "send one JSON object; `/api` shows examples");
		json_decref(v);
		v = NULL;
	}
	return v;
}

/* A query as the object that a body would have been: numbers and flags by the kind of their field. */
static json_t *read_query(struct build *b)
{
	json_t *o = json_object();
	for (int i = 0; i < b->q->n_arg; i++) {
		const char *name = b->q->arg_name[i], *text = b->q->arg_value[i] ? b->q->arg_value[i] : "true";
		const struct ql_field *f = b->e->field;
		double x;
		while (f->name && strcmp(f->name, name) != 0)
			f++;
		bool flag = f->name && f->kind == QL_FIELD_FLAG && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0);
		bool number = f->name && (f->kind == QL_FIELD_COUNT || f->kind == QL_FIELD_NUMBER) &&
			      ql_parse_double(text, strlen(text), &x);
		json_t *v = flag ? json_boolean(text[0] == 't') : number ? json_real(x) : json_string(text);
		if (!v || json_object_set_new(o, name, v) != 0)
			ql_diag_help(ql_diag_add(b->ds, QL_E1103, (struct ql_span){"request", 0, 0, 0}, "the query is not UTF-8 text"),
				     "encode it as %%XX of its UTF-8 bytes");
	}
	return o;
}

enum quell_status ql_address_command(const struct ql_address *e, const char *word, const struct ql_request *q, const char *store,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_command_line *out)
{
	struct build b = {.e = e, .a = a, .ds = ds, .q = q, .out = out, .patients = 1000, .years = 6};
	*out = (struct ql_command_line){.argv = QL_NEW_N(a, char *, 128)};
	ql_buf_puts(&b.text, "quell");
	char *words = ql_arena_strdup(a, e->words), *rest = words;
	for (char *w; (w = rest) && *w;) {
		rest = strchr(w, ' ');
		if (rest)
			*rest++ = 0;
		push(&b, w);
	}
	json_t *body = strcmp(e->method, "POST") == 0 ? read_body(&b) : read_query(&b);
	if (body)
		take_fields(&b, body);
	json_decref(body);
	if (word && (!is_text(word) || word[0] == '-')) {
		refuse(&b, "name", "this text", "printable text without commas that does not begin with -");
	} else if (word) {
		push(&b, word);
	}
	if (store && ql_address_needs_store(e)) /* the server adds it to the command by itself */
		show_option(&b, "store", store);
	if (e->words[0] != '@')
		push(&b, "--json");
	out->text = e->words[0] == '@' ? "" : ql_arena_strdup(a, b.text.data);
	out->fresh = ql_address_needs_store(e);
	out->size = e->size == QL_LONG ? INFINITY : e->size == QL_BY_COURSES ? b.patients * b.regimens * b.years : 0;
	ql_buf_free(&b.text);
	return ds->n_errors ? QUELL_ERR_INPUT : QUELL_OK;
}
