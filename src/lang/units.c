/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/units.h"
#include "base/io.h"
#include "base/paths.h"
#include "lang/parse.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <udunits2.h>

/* ---- UDUNITS: one system per process, all calls under the lock ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ut_system *ut_file;
static char base_name[QL_UNIT_OWN][24];
static int n_base;

static int base_slot(const ut_unit *u)
{
	const char *name = ut_get_symbol(u, UT_ASCII);
	if (!name)
		name = ut_get_name(u, UT_ASCII);
	for (int i = 0; name && i < n_base; i++)
		if (strcmp(base_name[i], name) == 0)
			return i;
	if (!name || n_base == QL_UNIT_OWN || strlen(name) >= sizeof base_name[0])
		return -1;
	strcpy(base_name[n_base], name);
	return n_base++;
}

static ut_status visit_basic(const ut_unit *u, void *arg)
{
	struct ql_unit *out = arg;
	int slot = base_slot(u);
	if (slot < 0)
		return UT_BAD_ARG;
	out->dim[slot] = QL_POWER;
	return UT_SUCCESS;
}

static ut_status visit_product(const ut_unit *u, int n, const ut_unit *const *basic, const int *power, void *arg)
{
	struct ql_unit *out = arg;
	(void)u;
	for (int i = 0; i < n; i++) {
		int slot = base_slot(basic[i]);
		if (slot < 0 || abs(power[i]) > 100)
			return UT_BAD_ARG;
		out->dim[slot] = (short)(QL_POWER * power[i]);
	}
	return UT_SUCCESS;
}

static ut_status visit_galilean(const ut_unit *u, double scale, const ut_unit *below, double offset, void *arg);

static ut_status visit_timestamp(const ut_unit *u, const ut_unit *time, double origin, void *arg)
{
	(void)u, (void)time, (void)origin, (void)arg;
	return UT_BAD_ARG;
}

static ut_status visit_logarithmic(const ut_unit *u, double base, const ut_unit *reference, void *arg)
{
	(void)u, (void)base, (void)reference, (void)arg;
	return UT_BAD_ARG;
}

static const ut_visitor visitor = {visit_basic, visit_product, visit_galilean, visit_timestamp, visit_logarithmic};

static ut_status visit_galilean(const ut_unit *u, double scale, const ut_unit *below, double offset, void *arg)
{
	struct ql_unit *out = arg;
	(void)u;
	if (offset != 0) /* temperatures in degrees and the like: not products */
		return UT_BAD_ARG;
	out->scale *= scale;
	return ut_accept_visitor(below, &visitor, arg);
}

/* A number that was meant to be round: 0.001/1e-6 is 1000. */
static double round_factor(double x)
{
	char text[40];
	double r;
	snprintf(text, sizeof text, "%.14e", x);
	return ql_parse_double(text, strlen(text), &r) ? r : x;
}

/* Names are letters, perhaps followed by a power as in "m2"; nothing else reaches the library's own parser. */
static bool plain_name(const char *s)
{
	size_t n = strlen(s), letters = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return n < 32 && letters > 0 && (letters == n || (letters == n - 1 && s[letters] > '0' && s[letters] <= '9'));
}

static bool lookup(const char *name, struct ql_unit *out)
{
	*out = (struct ql_unit){.scale = 1, .number = 1};
	if (!plain_name(name))
		return false;
	pthread_mutex_lock(&lock);
	ut_unit *u = ut_file ? ut_parse(ut_file, name, UT_ASCII) : NULL;
	bool ok = u && ut_accept_visitor(u, &visitor, out) == UT_SUCCESS;
	ut_free(u);
	pthread_mutex_unlock(&lock);
	return ok;
}

static bool open_file(const char *path)
{
	pthread_mutex_lock(&lock);
	if (!ut_file) {
		ut_set_error_message_handler(ut_ignore);
		ut_file = ut_read_xml(path);
	}
	bool ok = ut_file != NULL;
	pthread_mutex_unlock(&lock);
	return ok;
}

static bool file_is_open(void)
{
	pthread_mutex_lock(&lock);
	bool ok = ut_file != NULL;
	pthread_mutex_unlock(&lock);
	return ok;
}

static bool load_file(struct ql_arena *a, struct ql_diags *ds)
{
	if (file_is_open())
		return true;
	const char *dir = ql_data_dir(a, ds);
	if (!dir)
		return false;
	const char *path = ql_arena_printf(a, "%s/models/units.xml", dir);
	if (open_file(path))
		return true;
	ql_diag_add(ds, QL_E0224, (struct ql_span){path, 0, 0, 0}, "the units file cannot be read");
	return false;
}

/* ---- interning ---- */

static bool same_display(const struct ql_unit *a, const struct ql_unit *b)
{
	if (a->scale != b->scale || a->number != b->number || a->n != b->n || memcmp(a->dim, b->dim, sizeof a->dim) != 0)
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->factor[i].power != b->factor[i].power || strcmp(a->factor[i].name, b->factor[i].name) != 0)
			return false;
	return true;
}

static uint64_t hash_unit(const struct ql_unit *u)
{
	uint64_t h = ql_hash(QL_HASH_SEED, &u->scale, sizeof u->scale);
	h = ql_hash(h, u->dim, sizeof u->dim);
	for (int i = 0; i < u->n; i++)
		h = ql_hash(h, u->factor[i].name, strlen(u->factor[i].name));
	return h ^ h >> 29;
}

static int *find_bucket(struct ql_units *us, const struct ql_unit *u)
{
	unsigned at = (unsigned)hash_unit(u) & (unsigned)(us->n_bucket - 1);
	while (us->bucket[at] >= 0 && !same_display(&us->unit[us->bucket[at]], u))
		at = (at + 1) & (unsigned)(us->n_bucket - 1);
	return &us->bucket[at];
}

static void grow_buckets(struct ql_units *us)
{
	us->n_bucket = us->n_bucket ? 2 * us->n_bucket : 256;
	us->bucket = ql_realloc(us->bucket, (size_t)us->n_bucket, sizeof *us->bucket);
	for (int i = 0; i < us->n_bucket; i++)
		us->bucket[i] = -1;
	for (int i = QL_UNIT_ZERO + 1; i < us->n; i++)
		*find_bucket(us, &us->unit[i]) = i;
	if (us->n > QL_UNIT_ONE)
		*find_bucket(us, &us->unit[QL_UNIT_ONE]) = QL_UNIT_ONE;
}

static int intern(struct ql_units *us, const struct ql_unit *u)
{
	if (2 * (us->n + 1) > us->n_bucket)
		grow_buckets(us);
	int *bucket = find_bucket(us, u);
	if (*bucket < 0) {
		QL_GROW(us->unit, us->n, us->cap);
		*bucket = us->n;
		us->unit[us->n++] = *u;
	}
	return *bucket;
}

bool ql_units_init(struct ql_units *us, struct ql_arena *a, struct ql_diags *ds)
{
	*us = (struct ql_units){.arena = a};
	if (!load_file(a, ds))
		return false;
	for (int i = 0; i < QL_UNIT_FIRST; i++) {
		QL_GROW(us->unit, us->n, us->cap);
		us->unit[us->n++] = (struct ql_unit){.scale = 1, .number = 1};
	}
	grow_buckets(us);
	struct ql_unit day;
	if (!lookup("day", &day))
		return false;
	day.n = 1;
	day.factor[0].name = "day";
	day.factor[0].power = QL_POWER;
	us->day = intern(us, &day);
	return true;
}

void ql_units_free(struct ql_units *us)
{
	ql_free(us->unit);
	ql_free(us->bucket);
	ql_free(us->memo);
	ql_map_free(&us->name);
	*us = (struct ql_units){0};
}

bool ql_units_declare(struct ql_units *us, const char *name, const struct ql_unit *as)
{
	struct ql_unit u;
	if (ql_map_get(&us->name, name) >= 0 || lookup(name, &u) || (!as && us->n_own == QL_UNIT_BASES - QL_UNIT_OWN))
		return false;
	if (as) {
		u = *as;
	} else {
		u = (struct ql_unit){.scale = 1};
		u.dim[QL_UNIT_OWN + us->n_own] = QL_POWER;
		us->own[us->n_own++] = name;
	}
	u.number = 1;
	u.n = 1;
	u.factor[0].name = name;
	u.factor[0].power = QL_POWER;
	ql_map_set(&us->name, name, intern(us, &u));
	return true;
}

static int unit_of_name(struct ql_units *us, const char *name)
{
	int known = ql_map_get(&us->name, name);
	struct ql_unit u;
	if (known >= 0 || !lookup(name, &u))
		return known;
	const char *kept = ql_arena_strdup(us->arena, name);
	u.n = 1;
	u.factor[0].name = kept;
	u.factor[0].power = QL_POWER;
	known = intern(us, &u);
	ql_map_set(&us->name, kept, known);
	return known;
}

/* ---- arithmetic ---- */

/* out := out * u^power; false if a power leaves its range. */
static bool accumulate(struct ql_unit *out, const struct ql_unit *u, int num, int den)
{
	double power = (double)num / den;
	out->scale *= power == 1 ? u->scale : power == -1 ? 1 / u->scale : pow(u->scale, power);
	out->number *= power == 1 ? u->number : power == -1 ? 1 / u->number : pow(u->number, power);
	for (int i = 0; i < QL_UNIT_BASES; i++) {
		int d = u->dim[i] * num;
		if (d % den != 0 || abs(out->dim[i] + d / den) > 30000)
			return false;
		out->dim[i] = (short)(out->dim[i] + d / den);
	}
	if (u->n < 0)
		out->n = -1;
	for (int i = 0; i < u->n && out->n >= 0; i++) {
		int d = u->factor[i].power * num, at = 0;
		if (d % den != 0)
			return false;
		while (at < out->n && strcmp(out->factor[at].name, u->factor[i].name) != 0)
			at++;
		if (at == QL_UNIT_FACTORS) {
			out->n = -1;
			break;
		}
		if (at == out->n) {
			out->factor[at].name = u->factor[i].name;
			out->factor[at].power = 0;
			out->n++;
		}
		out->factor[at].power = (short)(out->factor[at].power + d / den);
		if (out->factor[at].power == 0) {
			memmove(&out->factor[at], &out->factor[at + 1], (size_t)(out->n - at - 1) * sizeof out->factor[0]);
			out->n--;
		}
	}
	return true;
}

static int combine(struct ql_units *us, int a, int b, int sign)
{
	struct ql_unit u = {.scale = 1, .number = 1};
	if (!accumulate(&u, &us->unit[a], 1, 1) || !accumulate(&u, &us->unit[b], sign, 1))
		return QL_UNIT_ANY;
	u.scale = round_factor(u.scale);
	return intern(us, &u);
}

enum { MEMO_SIZE = 4096 };

static int remembered(struct ql_units *us, int a, int b, int sign)
{
	if (a == QL_UNIT_ANY || b == QL_UNIT_ANY)
		return QL_UNIT_ANY;
	if (a == QL_UNIT_ZERO)
		return QL_UNIT_ZERO;
	if (b == QL_UNIT_ONE || b == QL_UNIT_ZERO)
		return b == QL_UNIT_ZERO && sign > 0 ? QL_UNIT_ZERO : a;
	if (!us->memo) {
		us->memo = ql_realloc(NULL, MEMO_SIZE, sizeof *us->memo);
		memset(us->memo, 0, MEMO_SIZE * sizeof *us->memo);
	}
	unsigned h = (unsigned)a * 2654435761u ^ (unsigned)b * 40503u ^ (unsigned)sign;
	struct ql_unit_memo *m = &us->memo[(h ^ h >> 15) % MEMO_SIZE];
	if (m->a != a || m->b != b || m->op != sign)
		*m = (struct ql_unit_memo){a, b, sign, combine(us, a, b, sign)};
	return m->result;
}

int ql_units_mul(struct ql_units *us, int a, int b) { return remembered(us, a, b, 1); }
int ql_units_div(struct ql_units *us, int a, int b) { return remembered(us, a, b, -1); }

int ql_units_pow(struct ql_units *us, int a, double power)
{
	if (a == QL_UNIT_ANY || a == QL_UNIT_ONE || a == QL_UNIT_ZERO)
		return a;
	double num = power * QL_POWER;
	if (!(fabs(num) < 6000) || fabs(num - nearbyint(num)) > 1e-9)
		return -1;
	struct ql_unit u = {.scale = 1, .number = 1};
	if (!accumulate(&u, &us->unit[a], (int)nearbyint(num), QL_POWER))
		return -1;
	return intern(us, &u);
}

static bool same_dim(const struct ql_units *us, int a, int b)
{
	return memcmp(us->unit[a].dim, us->unit[b].dim, sizeof us->unit[a].dim) == 0;
}

bool ql_units_same(const struct ql_units *us, int a, int b)
{
	if (a == b || a == QL_UNIT_ANY || b == QL_UNIT_ANY || a == QL_UNIT_ZERO || b == QL_UNIT_ZERO)
		return true;
	double x = us->unit[a].scale, y = us->unit[b].scale;
	return same_dim(us, a, b) && fabs(x - y) <= 1e-9 * fabs(x);
}

bool ql_units_factor(const struct ql_units *us, int from, int to, double *factor)
{
	*factor = 1;
	if (from == QL_UNIT_ANY || to == QL_UNIT_ANY || from == QL_UNIT_ZERO)
		return true;
	if (!same_dim(us, from, to))
		return false;
	*factor = round_factor(us->unit[from].scale / us->unit[to].scale);
	return true;
}

int ql_units_of(struct ql_units *us, const struct ql_unit_ref *ref, const struct ql_unit_factor **bad)
{
	struct ql_unit u = {.scale = 1, .number = 1};
	for (int i = 0; i < ref->n; i++) {
		const struct ql_unit_factor *f = &ref->factor[i];
		struct ql_unit number = {.scale = f->number, .number = f->number};
		int id = f->name ? unit_of_name(us, f->name) : 0;
		*bad = f;
		if (id < 0 || (!f->name && !(f->number > 0)) ||
		    !accumulate(&u, f->name ? &us->unit[id] : &number, f->p, f->q))
			return -1;
	}
	u.scale = round_factor(u.scale);
	*bad = NULL;
	return intern(us, &u);
}

/* ---- words ---- */

static const char *const common_units[] = {"Gcell", "cell",  "day", "year", "month", "week",  "h",	"min",	"g",   "mg",
					   "ug",    "ng",    "pg",  "kg",   "kDa",   "mol",   "mmol",	"umol", "nmol", "pmol",
					   "L",	    "mL",    "uL",  "dL",   "M",     "uM",    "nM",	"pM",	"IU",  "m",
					   "cm",    "mm",    "m2",  "dose", "Da",    "molecule", "percent"};

static const char *const synonyms[][2] = {{"liter", "L"},  {"litre", "L"},   {"l", "L"},     {"ml", "mL"},	  {"hr", "h"},
					  {"hrs", "h"},	   {"hours", "h"},   {"days", "day"}, {"mcg", "ug"},	  {"yr", "year"},
					  {"years", "year"}, {"weeks", "week"}, {"wk", "week"}, {"months", "month"}, {"Gc", "Gcell"},
					  {"sec", "s"},	   {"mins", "min"},  {"grams", "g"},  {"mole", "mol"},	  {"kDalton", "kDa"}};

const char *ql_units_suggest(const struct ql_units *us, const char *name)
{
	for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++) {
		size_t n = strlen(synonyms[i][0]);
		if (strlen(name) >= n && strncmp(name + 1, synonyms[i][0] + 1, n - 1) == 0 && (name[0] | 32) == (synonyms[i][0][0] | 32) &&
		    (name[n] == 0 || strcmp(name + n, "s") == 0))
			return synonyms[i][1];
	}
	for (int i = 0; i < us->n_own; i++)
		if (ql_suggest(name, &us->own[i], 1))
			return us->own[i];
	return ql_suggest(name, common_units, sizeof common_units / sizeof *common_units);
}

static void add_power(struct ql_buf *b, int power)
{
	if (power % QL_POWER == 0) {
		if (power != QL_POWER)
			ql_buf_printf(b, "^%d", power / QL_POWER);
		return;
	}
	int num = power, den = QL_POWER;
	for (int k = 2; k <= den; k++)
		while (num % k == 0 && den % k == 0) {
			num /= k;
			den /= k;
		}
	ql_buf_printf(b, "^(%d/%d)", num, den);
}

static void add_number(struct ql_buf *b, double x)
{
	char text[40], *plus;
	ql_format_double(x, text);
	plus = strstr(text, "e+");
	if (plus) /* 1e+09 -> 1e9 */
		memmove(plus + 1, plus + 2 + (plus[2] == '0'), strlen(plus + 2 + (plus[2] == '0')) + 1);
	ql_buf_puts(b, text);
}

static void add_factor(struct ql_buf *b, bool *any, const char *name, int power, bool below)
{
	ql_buf_puts(b, below ? "/" : *any ? "*" : "");
	ql_buf_puts(b, name);
	add_power(b, below ? -power : power);
	*any = true;
}

const char *ql_units_text(const struct ql_units *us, int a)
{
	if (a == QL_UNIT_ANY)
		return "?";
	if (a == QL_UNIT_ONE || a == QL_UNIT_ZERO)
		return "1";
	const struct ql_unit *u = &us->unit[a];
	struct ql_buf b = {0};
	bool any = false;
	double number = u->n < 0 ? u->scale : u->number;
	ql_buf_puts(&b, "");
	if (number != 1) {
		add_number(&b, number);
		any = true;
	}
	for (int below = 0; below < 2; below++) {
		for (int i = 0; i < (u->n < 0 ? QL_UNIT_BASES : u->n); i++) {
			int power = u->n < 0 ? u->dim[i] : u->factor[i].power;
			const char *name = u->n >= 0	       ? u->factor[i].name
					   : i >= QL_UNIT_OWN ? us->own[i - QL_UNIT_OWN]
							      : base_name[i];
			if (power != 0 && (power < 0) == (below == 1))
				add_factor(&b, &any, name, power, below == 1);
		}
		if (!below && !any)
			ql_buf_puts(&b, "1");
	}
	const char *text = ql_arena_strdup(us->arena, b.data);
	ql_buf_free(&b);
	return text;
}

/* ---- for readers of tables ---- */

struct convert_job {
	const char *from, *to;
	double *factor;
	struct ql_arena arena;
	struct ql_diags ds;
	struct ql_units us;
	struct ql_parser parser;
	bool ok;
};

static int unit_of_text(struct convert_job *j, const char *text)
{
	const struct ql_unit_factor *bad;
	struct ql_unit_ref *ref = ql_parse_unit(&j->parser, &j->arena, (struct ql_span){0}, text, &j->ds);
	int id = ref ? ql_units_of(&j->us, ref, &bad) : -1;
	ql_parser_free(&j->parser);
	return id;
}

static enum quell_status convert(void *arg)
{
	struct convert_job *j = arg;
	if (!ql_units_init(&j->us, &j->arena, &j->ds))
		return QUELL_ERR_IO;
	int from = unit_of_text(j, j->from), to = unit_of_text(j, j->to);
	j->ok = from >= 0 && to >= 0 && ql_units_factor(&j->us, from, to, j->factor);
	return QUELL_OK;
}

bool ql_unit_convert(const char *from, const char *to, double *factor)
{
	struct convert_job j = {.from = from, .to = to, .factor = factor};
	enum quell_status s = ql_protect(convert, &j);
	ql_units_free(&j.us);
	ql_parser_free(&j.parser);
	ql_diags_free(&j.ds);
	ql_arena_free(&j.arena);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory(); /* not the unit's fault */
	return j.ok;
}
