/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/typeset.h"
#include "base/io.h"
#include "lang/parse.h"
#include "lang/rx.h"
#include <string.h>

struct setter {
	struct ql_arena *a;
	struct ql_buf b;
	struct ql_typeset_item *item;
	int n, cap;
	const struct ql_stmt *around[QL_MAX_BLOCKS + 1]; /* `for` and `if` that enclose the statement */
	bool otherwise[QL_MAX_BLOCKS + 1];
	int n_around;
};

/* --- pieces --- */

static void put(struct setter *s, const char *text) { ql_buf_puts(&s->b, text); }

static void put_text(struct setter *s, const char *text)
{
	for (; *text; text++) {
		const char *as = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;
		as ? ql_buf_puts(&s->b, as) : ql_buf_add(&s->b, text, 1);
	}
}

static void tag(struct setter *s, const char *name, const char *text)
{
	ql_buf_printf(&s->b, "<%s>", name);
	put_text(s, text);
	ql_buf_printf(&s->b, "</%s>", name);
}

static void op(struct setter *s, const char *text) { tag(s, "mo", text); }

static void word(struct setter *s, const char *text)
{
	put(s, "<mspace width=\"0.4em\"/>");
	tag(s, "mtext", text);
	put(s, "<mspace width=\"0.4em\"/>");
}

static void identifier(struct setter *s, const char *module, const char *name)
{
	put(s, "<mi mathvariant=\"normal\">");
	if (module) {
		put_text(s, module);
		put(s, ".");
	}
	put_text(s, name);
	put(s, "</mi>");
}

static void number(struct setter *s, double x)
{
	char text[32];
	ql_format_double(x, text);
	char *e = strchr(text, 'e');
	if (!e) {
		tag(s, "mn", text);
		return;
	}
	*e = 0;
	const char *power = e + 1;
	power += *power == '+';
	bool minus = *power == '-';
	power += minus;
	while (*power == '0' && power[1])
		power++;
	put(s, "<mrow>");
	if (strcmp(text, "1") != 0) {
		tag(s, "mn", text);
		op(s, "\xc2\xb7");
	}
	ql_buf_printf(&s->b, "<msup><mn>10</mn><mrow>%s<mn>%s</mn></mrow></msup></mrow>", minus ? "<mo>-</mo>" : "", power);
}

static void subs(struct setter *s, const struct ql_sub *sub, int n)
{
	put(s, "<mrow>");
	for (int i = 0; i < n; i++) {
		if (i)
			op(s, ",");
		if (sub[i].name)
			identifier(s, NULL, sub[i].name);
		else
			op(s, "*");
	}
	put(s, "</mrow>");
}

/* name with indices below it */
static void indexed(struct setter *s, const char *module, const char *name, const struct ql_sub *sub, int n)
{
	if (n)
		put(s, "<msub>");
	identifier(s, module, name);
	if (n) {
		subs(s, sub, n);
		put(s, "</msub>");
	}
}

/* --- expressions; their depth is limited by the parser --- */

static void expr(struct setter *s, const struct ql_expr *e);

/* Rank below which brackets are needed: 1 or, 2 and, 3 comparison, 4 sum, 5 product, 6 sign, 9 atom. */
static int rank(const struct ql_expr *e)
{
	switch ((enum ql_expr_kind)e->kind) {
	case QL_X_OR: return 1;
	case QL_X_AND: return 2;
	case QL_X_IN:
	case QL_X_COMPARE: return 3;
	case QL_X_ADD: return 4;
	case QL_X_REDUCE: return 4;
	case QL_X_MUL: return 5;
	case QL_X_NEG:
	case QL_X_NOT: return 6;
	default: return 9;
	}
}

static void part(struct setter *s, const struct ql_expr *e, int least)
{
	bool wrap = rank(e) < least;
	put(s, wrap ? "<mrow><mo>(</mo>" : "");
	expr(s, e);
	put(s, wrap ? "<mo>)</mo></mrow>" : "");
}

static void sum(struct setter *s, const struct ql_expr *e)
{
	put(s, "<mrow>");
	for (int i = 0; i < e->n_arg; i++) {
		bool minus = i && e->op[i] == QL_T_MINUS;
		if (i)
			op(s, minus ? "\xe2\x88\x92" : "+");
		part(s, e->arg[i], minus ? 5 : 4);
	}
	put(s, "</mrow>");
}

static void factors(struct setter *s, const struct ql_expr *e, int kind, bool alone)
{
	int n = 0;
	put(s, "<mrow>");
	for (int i = 0; i < e->n_arg; i++) {
		bool below = i && e->op[i] == QL_T_SLASH;
		if (below != (kind == QL_T_SLASH))
			continue;
		if (n++)
			op(s, "\xc2\xb7");
		part(s, e->arg[i], alone && n == 1 ? 4 : 5);
	}
	if (!n)
		tag(s, "mn", "1");
	put(s, "</mrow>");
}

static int count_below(const struct ql_expr *e)
{
	int n = 0;
	for (int i = 1; i < e->n_arg; i++)
		n += e->op[i] == QL_T_SLASH;
	return n;
}

static void product(struct setter *s, const struct ql_expr *e)
{
	bool modulo = false;
	for (int i = 1; i < e->n_arg; i++)
		modulo = modulo || e->op[i] == QL_T_MODULO;
	if (modulo) {
		put(s, "<mrow>");
		for (int i = 0; i < e->n_arg; i++) {
			if (i)
				op(s, e->op[i] == QL_T_MODULO ? "mod" : e->op[i] == QL_T_SLASH ? "/" : "\xc2\xb7");
			part(s, e->arg[i], 6);
		}
		put(s, "</mrow>");
		return;
	}
	int below = count_below(e);
	if (!below) {
		factors(s, e, QL_T_STAR, false);
		return;
	}
	put(s, "<mfrac>");
	factors(s, e, QL_T_STAR, e->n_arg - below == 1);
	factors(s, e, QL_T_SLASH, below == 1);
	put(s, "</mfrac>");
}

static void arguments(struct setter *s, const struct ql_expr *e)
{
	op(s, "(");
	for (int i = 0; i < e->n_arg; i++) {
		if (i)
			op(s, ",");
		expr(s, e->arg[i]);
	}
	op(s, ")");
}

static void call(struct setter *s, const struct ql_expr *e)
{
	if (strcmp(e->name, "sqrt") == 0 && e->n_arg == 1) {
		put(s, "<msqrt>");
		expr(s, e->arg[0]);
		put(s, "</msqrt>");
	} else if (strcmp(e->name, "abs") == 0 && e->n_arg == 1) {
		put(s, "<mrow><mo>|</mo>");
		expr(s, e->arg[0]);
		put(s, "<mo>|</mo></mrow>");
	} else if (strcmp(e->name, "exp") == 0 && e->n_arg == 1) {
		put(s, "<msup><mi>e</mi><mrow>");
		expr(s, e->arg[0]);
		put(s, "</mrow></msup>");
	} else {
		put(s, "<mrow>");
		identifier(s, NULL, e->name);
		arguments(s, e);
		put(s, "</mrow>");
	}
}

static void reduce(struct setter *s, const struct ql_expr *e)
{
	bool symbol = strcmp(e->name, "sum") == 0 || strcmp(e->name, "prod") == 0;
	put(s, "<mrow><munder>");
	if (symbol)
		op(s, strcmp(e->name, "sum") == 0 ? "\xe2\x88\x91" : "\xe2\x88\x8f");
	else
		identifier(s, NULL, e->name);
	put(s, "<mrow>");
	for (int i = 0; i < e->n_sub; i++) {
		if (i)
			op(s, ",");
		identifier(s, NULL, e->sub[i].name ? e->sub[i].name : "*");
		if (e->sub[i].in) {
			op(s, "\xe2\x88\x88");
			identifier(s, e->sub[i].module, e->sub[i].in);
		}
	}
	put(s, "</mrow></munder>");
	part(s, e->arg[0], 5);
	put(s, "</mrow>");
}

/* if a then b else if c then d else e, as cases */
static void cases(struct setter *s, const struct ql_expr *e)
{
	put(s, "<mrow><mo>{</mo><mtable columnalign=\"left left\">");
	for (; e->kind == QL_X_IF; e = e->arg[2]) {
		put(s, "<mtr><mtd>");
		expr(s, e->arg[1]);
		put(s, "</mtd><mtd>");
		word(s, "if");
		expr(s, e->arg[0]);
		put(s, "</mtd></mtr>");
	}
	put(s, "<mtr><mtd>");
	expr(s, e);
	put(s, "</mtd><mtd>");
	word(s, "otherwise");
	put(s, "</mtd></mtr></mtable></mrow>");
}

static void chain(struct setter *s, const struct ql_expr *e, const char *between, int least)
{
	put(s, "<mrow>");
	for (int i = 0; i < e->n_arg; i++) {
		if (i)
			word(s, between);
		part(s, e->arg[i], least);
	}
	put(s, "</mrow>");
}

static const char *comparison(int kind)
{
	switch (kind) {
	case QL_T_LE: return "\xe2\x89\xa4";
	case QL_T_GE: return "\xe2\x89\xa5";
	case QL_T_EQ: return "=";
	case QL_T_NE: return "\xe2\x89\xa0";
	default: return ql_tok_text((enum ql_tok)kind);
	}
}

static void expr(struct setter *s, const struct ql_expr *e)
{
	if (!e)
		return;
	switch ((enum ql_expr_kind)e->kind) {
	case QL_X_NUM:
		put(s, "<mrow>");
		number(s, e->num);
		if (e->unit && strcmp(e->unit->text, "1") != 0) {
			put(s, "<mspace width=\"0.2em\"/>");
			tag(s, "mtext", e->unit->text);
		}
		put(s, "</mrow>");
		return;
	case QL_X_REF: indexed(s, e->module, e->name, e->sub, e->n_sub); return;
	case QL_X_ADD: sum(s, e); return;
	case QL_X_MUL: product(s, e); return;
	case QL_X_POW:
		put(s, "<msup>");
		part(s, e->arg[0], 9);
		expr(s, e->arg[1]);
		put(s, "</msup>");
		return;
	case QL_X_NEG:
		put(s, "<mrow>");
		op(s, "\xe2\x88\x92");
		part(s, e->arg[0], 5);
		put(s, "</mrow>");
		return;
	case QL_X_NOT:
		put(s, "<mrow>");
		word(s, "not");
		part(s, e->arg[0], 6);
		put(s, "</mrow>");
		return;
	case QL_X_AND: chain(s, e, "and", 2); return;
	case QL_X_OR: chain(s, e, "or", 1); return;
	case QL_X_COMPARE:
		put(s, "<mrow>");
		part(s, e->arg[0], 4);
		op(s, comparison(e->op[1]));
		part(s, e->arg[1], 4);
		put(s, "</mrow>");
		return;
	case QL_X_IN:
		put(s, "<mrow>");
		identifier(s, NULL, e->sub[0].name);
		op(s, "\xe2\x88\x88");
		identifier(s, e->sub[0].module, e->sub[0].in);
		put(s, "</mrow>");
		return;
	case QL_X_CONVERT: expr(s, e->arg[0]); return; /* the same quantity in another unit */
	case QL_X_IF: cases(s, e); return;
	case QL_X_CALL: call(s, e); return;
	case QL_X_REDUCE: reduce(s, e); return;
	case QL_X_STRING: tag(s, "mtext", e->name ? e->name : ""); return;
	}
}

/* --- statements --- */

static void begin(struct setter *s)
{
	s->b.len = 0;
	put(s, "<math display=\"block\"><mrow>");
}

static void finish(struct setter *s, enum ql_typeset_kind kind, const char *name, const char *doc, int line)
{
	put(s, "</mrow></math>");
	QL_GROW(s->item, s->n, s->cap);
	s->item[s->n++] = (struct ql_typeset_item){kind, ql_arena_strdup(s->a, name ? name : ""), ql_arena_strdup(s->a, s->b.data),
						   ql_arena_strdup(s->a, doc ? doc : ""), line};
}

static void rate_of(struct setter *s, const char *module, const char *name, const struct ql_sub *sub, int n)
{
	put(s, "<mfrac><mrow><mi>d</mi>");
	indexed(s, module, name, sub, n);
	put(s, "</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>");
}

/* where the indices run: of the declaration, of the enclosing `for`, and the conditions of the enclosing `if` */
static void ranges(struct setter *s, const struct ql_sub *sub, int n)
{
	bool first = true;
	for (int b = 0; b <= s->n_around; b++) {
		const struct ql_stmt *around = b < s->n_around ? s->around[b] : NULL;
		if (around && around->kind == QL_S_IF) {
			word(s, first ? "for" : ",");
			if (s->otherwise[b])
				word(s, "not");
			if (around->n_value)
				part(s, around->value[0], s->otherwise[b] ? 6 : 1);
			first = false;
			continue;
		}
		const struct ql_sub *list = around ? around->sub : sub;
		for (int i = 0; i < (around ? around->n_sub : n); i++)
			if (list[i].in) {
				word(s, first ? "for" : ",");
				identifier(s, NULL, list[i].name);
				op(s, "\xe2\x88\x88");
				identifier(s, list[i].module, list[i].in);
				first = false;
			}
	}
}

static void equation(struct setter *s, const struct ql_stmt *t, const struct ql_expr *value, const char *sign)
{
	indexed(s, t->module, t->name, t->sub, t->n_sub);
	op(s, sign);
	expr(s, value);
	ranges(s, t->sub, t->n_sub);
}

static bool is_plain(const struct ql_expr *e) { return !e || e->pure || e->kind == QL_X_NUM; }

static void event(struct setter *s, const struct ql_stmt *t)
{
	begin(s);
	word(s, "when");
	if (t->n_value)
		expr(s, t->value[0]);
	op(s, ":");
	for (int i = 0; i < t->n_assign; i++) {
		if (i)
			op(s, ",");
		indexed(s, t->assign[i].module, t->assign[i].name, t->assign[i].sub, t->assign[i].n_sub);
		op(s, "\xe2\x86\x90");
		expr(s, t->assign[i].value);
	}
	ranges(s, t->sub, t->n_sub);
	finish(s, QL_TS_EVENT, t->name, t->doc, t->span.line);
}

static void statement(struct setter *s, const struct ql_stmt *t);

static void block(struct setter *s, const struct ql_stmt *t)
{
	if (s->n_around > QL_MAX_BLOCKS)
		return;
	s->around[s->n_around] = t;
	s->otherwise[s->n_around++] = false;
	for (int i = 0; i < t->n_body; i++)
		statement(s, t->body[i]);
	s->otherwise[s->n_around - 1] = true;
	for (int i = 0; i < t->n_otherwise; i++)
		statement(s, t->otherwise[i]);
	s->n_around--;
}

static void statement(struct setter *s, const struct ql_stmt *t)
{
	const struct ql_expr *value = t->n_value ? t->value[0] : NULL;
	switch ((enum ql_stmt_kind)t->kind) {
	case QL_S_FOR:
	case QL_S_IF: block(s, t); return;
	case QL_S_DDT:
		begin(s);
		rate_of(s, t->module, t->name, t->sub, t->n_sub);
		op(s, "=");
		expr(s, value);
		ranges(s, t->sub, t->n_sub);
		finish(s, QL_TS_RATE, t->name, t->doc, t->span.line);
		return;
	case QL_S_LET:
	case QL_S_OUTPUT:
		begin(s);
		equation(s, t, value, "=");
		finish(s, t->kind == QL_S_LET ? QL_TS_LET : QL_TS_OUTPUT, t->name, t->doc, t->span.line);
		return;
	case QL_S_PARAM:
		if (t->n_value != 1 || is_plain(value))
			return; /* numbers stand in the table */
		begin(s);
		equation(s, t, value, "=");
		finish(s, QL_TS_PARAM, t->name, t->doc, t->span.line);
		return;
	case QL_S_STATE:
		if (!value || is_plain(value))
			return;
		begin(s);
		indexed(s, t->module, t->name, t->sub, t->n_sub);
		put(s, "<mo>(</mo><mn>0</mn><mo>)</mo>");
		op(s, "=");
		expr(s, value);
		ranges(s, t->sub, t->n_sub);
		finish(s, QL_TS_START, t->name, t->doc, t->span.line);
		return;
	case QL_S_ADD:
		begin(s);
		equation(s, t, value, t->is_product ? "\xc2\xb7=" : "+=");
		finish(s, QL_TS_CONTRIBUTION, t->name, t->doc, t->span.line);
		return;
	case QL_S_PROPERTY:
		begin(s);
		identifier(s, NULL, t->target ? t->target : "");
		op(s, "(");
		indexed(s, t->module, t->name, t->sub, t->n_sub);
		op(s, ")");
		op(s, "=");
		expr(s, value);
		finish(s, QL_TS_PROPERTY, t->name, t->doc, t->span.line);
		return;
	case QL_S_WHEN: event(s, t); return;
	default: return;
	}
}

/* --- rxode2 --- */

static void rx_statement(struct setter *s, const struct ql_rx_stmt *t, const struct ql_expr *condition, bool otherwise)
{
	static const char *const property[] = {"f", "alag", "rate", "dur"};
	enum ql_typeset_kind kind = t->kind == QL_RX_RATE ? QL_TS_RATE : t->kind == QL_RX_INIT ? QL_TS_START :
				    t->kind == QL_RX_PROPERTY || t->kind == QL_RX_MTIME ? QL_TS_PROPERTY : QL_TS_LET;
	if (t->kind == QL_RX_IF) {
		for (int i = 0; i < t->n_body; i++)
			rx_statement(s, t->body[i], t->value, false);
		for (int i = 0; i < t->n_otherwise; i++)
			rx_statement(s, t->otherwise[i], t->value, true);
		return;
	}
	if (t->kind != QL_RX_RATE && t->kind != QL_RX_INIT && t->kind != QL_RX_PROPERTY && t->kind != QL_RX_MTIME && t->kind != QL_RX_ASSIGN)
		return;
	begin(s);
	if (t->kind == QL_RX_RATE) {
		rate_of(s, NULL, t->name, NULL, 0);
	} else if (t->kind == QL_RX_PROPERTY || t->kind == QL_RX_MTIME) {
		identifier(s, NULL, t->kind == QL_RX_MTIME ? "mtime" : property[t->property]);
		op(s, "(");
		identifier(s, NULL, t->name);
		op(s, ")");
	} else {
		identifier(s, NULL, t->name);
		put(s, t->kind == QL_RX_INIT ? "<mo>(</mo><mn>0</mn><mo>)</mo>" : "");
	}
	op(s, "=");
	expr(s, t->value);
	if (condition) {
		word(s, otherwise ? "unless" : "if");
		expr(s, condition);
	}
	finish(s, kind, t->name, NULL, t->span.line);
}

/* --- files --- */

struct job {
	struct setter s;
	struct ql_parser parser;
	const char *path;
	struct ql_diags *ds;
};

static enum quell_status set(void *arg)
{
	struct job *j = arg;
	const struct ql_source *src;
	int errors = j->ds->n_errors;
	enum quell_status status = ql_read_source(j->ds, j->path, &src);
	if (status != QUELL_OK)
		return status;
	if (ql_rx_detect(src->text, src->len)) {
		struct ql_rx_text t;
		ql_rx_parse(&j->parser, j->s.a, j->path, src->text, src->len, j->ds, &t);
		for (int i = 0; i < t.n_stmt; i++)
			rx_statement(&j->s, t.stmt[i], NULL, false);
	} else {
		struct ql_text t;
		ql_parse_text(&j->parser, j->s.a, j->path, src->text, src->len, j->ds, &t);
		for (int i = 0; i < t.n_stmt; i++)
			if (!t.stmt[i]->bad)
				statement(&j->s, t.stmt[i]);
	}
	return j->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_typeset_file(const char *path, struct ql_arena *a, struct ql_diags *ds, struct ql_typeset_item **out, int *n)
{
	struct job j = {.s = {.a = a}, .path = path, .ds = ds};
	enum quell_status status = ql_protect(set, &j);
	ql_parser_free(&j.parser);
	ql_buf_free(&j.s.b);
	*n = 0;
	*out = NULL;
	if (status == QUELL_OK) {
		*out = QL_NEW_N(a, struct ql_typeset_item, (size_t)j.s.n + 1);
		if (j.s.n)
			memcpy(*out, j.s.item, (size_t)j.s.n * sizeof **out);
		*n = j.s.n;
	}
	ql_free(j.s.item);
	if (status == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	return status;
}
