/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "base/csv.h"
#include <limits.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* Faults of one kind that are told one by one; the rest are counted. */
enum { TOLD = 20, MAX_COLUMNS = 100000 };
#define MAX_CELLS ((size_t)50000000)

struct ql_csv_unescaped { /* a quoted cell that held "" */
	uint32_t start;
	uint32_t n;
	const char *text;
};

struct scanner {
	struct ql_arena *a;
	struct ql_csv *t;
	struct ql_diags *ds;
	const char *text;
	size_t len, pos, line_start;
	int line;
	char delimiter, comment;
	int max_rows, n_ragged, n_quoting, cap_unescaped;
	size_t cap_cells, cap_rows;
	bool failed, row_failed;
};

static struct ql_span span_at(const struct scanner *s, size_t start, size_t n)
{
	return (struct ql_span){s->t->file, s->line, (int)(start - s->line_start) + 1, (int)(n < 200 ? n : 200)};
}

/* Line and column of any byte; slow, for faults only. */
static struct ql_span span_of_offset(const char *file, const char *text, size_t offset, size_t n)
{
	struct ql_span sp = {file, 1, 1, (int)(n < 200 ? n : 200)};
	size_t line_start = 0;
	for (size_t i = 0; i < offset; i++)
		if (text[i] == '\n') {
			sp.line++;
			line_start = i + 1;
		}
	sp.col = (int)(offset - line_start) + 1;
	return sp;
}

/* Length of the UTF-8 character at p (shortest form, no surrogates), 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	size_t k = p[0] >= 0xc2 && p[0] < 0xe0   ? 2
		   : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
		   : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						 : 0;
	if (k == 0 || k > n)
		return 0;
	for (size_t i = 1; i < k; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
	bool beyond = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
	return overlong || beyond ? 0 : k;
}

/* Offset of the first byte that is not text, or len. */
static size_t first_bad_byte(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = 0;
	while (i < len) {
		uint64_t word;
		if (len - i >= 8) {
			memcpy(&word, p + i, 8);
			uint64_t zero = (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
			if (!(word & 0x8080808080808080u) && !zero) {
				i += 8;
				continue;
			}
		}
		size_t k = p[i] ? utf8_length(p + i, len - i) : 0;
		if (k == 0)
			return i;
		i += k;
	}
	return len;
}

static bool is_utf16(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	return len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff));
}

static bool check_encoding(struct scanner *s)
{
	size_t bad = is_utf16(s->text, s->len) ? 0 : first_bad_byte(s->text, s->len);
	if (bad == s->len)
		return true;
	struct ql_span sp = span_of_offset(s->t->file, s->text, bad, 1);
	struct ql_diag *d;
	if (is_utf16(s->text, s->len) || s->text[bad] == 0) {
		d = ql_diag_add(s->ds, QL_E0311, sp, "the file is not UTF-8 text: it holds %s",
				bad ? "a zero byte" : "UTF-16 (\"Unicode\") or binary data");
		ql_diag_help(d, "save it again as \"CSV UTF-8\"");
	} else {
		d = ql_diag_add(s->ds, QL_E0311, sp, "byte 0x%02x is not UTF-8", (unsigned)(unsigned char)s->text[bad]);
		ql_diag_help(
		    d, "the file looks like Latin-1 or Windows-1252; `iconv -f WINDOWS-1252 -t UTF-8` converts it");
	}
	return false;
}

static void fail_quote(struct scanner *s, struct ql_span sp, const char *what, const char *help)
{
	s->failed = s->row_failed = true;
	if (s->n_quoting++ >= TOLD)
		return;
	struct ql_diag *d = ql_diag_add(s->ds, QL_E0312, sp, "%s", what);
	ql_diag_help(d, "%s", help);
}

static bool at_line_end(const struct scanner *s)
{
	return s->pos >= s->len || s->text[s->pos] == '\n' ||
	       (s->text[s->pos] == '\r' && (s->pos + 1 >= s->len || s->text[s->pos + 1] == '\n'));
}

static void skip_line_end(struct scanner *s)
{
	if (s->pos < s->len && s->text[s->pos] == '\r')
		s->pos++;
	if (s->pos < s->len)
		s->pos++;
	s->line++;
	s->line_start = s->pos;
}

static void keep_unescaped(struct scanner *s, struct ql_csv_place c)
{
	struct ql_csv *t = s->t;
	if (t->n_unescaped == s->cap_unescaped) {
		int cap = s->cap_unescaped ? 2 * s->cap_unescaped : 16;
		struct ql_csv_unescaped *grown = QL_NEW_N(s->a, struct ql_csv_unescaped, (size_t)cap);
		if (t->n_unescaped)
			memcpy(grown, t->unescaped, (size_t)t->n_unescaped * sizeof *grown);
		t->unescaped = grown;
		s->cap_unescaped = cap;
	}
	char *text = ql_arena_alloc(s->a, c.len + 1, 1);
	uint32_t n = 0;
	for (uint32_t i = 0; i < c.len; i++) {
		char ch = s->text[c.start + i];
		text[n++] = ch;
		if (ch == '"')
			i++;
	}
	text[n] = 0;
	t->unescaped[t->n_unescaped++] = (struct ql_csv_unescaped){c.start, n, text};
}

/* At an opening quote. Leaves pos at the delimiter or line end after the closing one. */
static struct ql_csv_place quoted_cell(struct scanner *s)
{
	struct ql_span open = span_at(s, s->pos, 1);
	size_t start = ++s->pos;
	bool doubled = false;
	for (;; s->pos++) {
		const char *q = memchr(s->text + s->pos, '"', s->len - s->pos);
		size_t stop = q ? (size_t)(q - s->text) : s->len;
		for (; s->pos < stop; s->pos++)
			if (s->text[s->pos] == '\n') {
				s->line++;
				s->line_start = s->pos + 1;
			}
		if (!q) {
			fail_quote(s, open, "this quote is never closed",
				   "close it, or double it if it is part of the text");
			return (struct ql_csv_place){(uint32_t)start, 0};
		}
		if (s->pos + 1 >= s->len || s->text[s->pos + 1] != '"')
			break;
		doubled = true;
		s->pos++;
	}
	struct ql_csv_place c = {(uint32_t)start, (uint32_t)(s->pos++ - start)};
	if (doubled)
		keep_unescaped(s, c);
	while (s->pos < s->len && s->text[s->pos] == ' ')
		s->pos++;
	if (!at_line_end(s) && s->text[s->pos] != s->delimiter) {
		fail_quote(s, span_at(s, s->pos, 1), "text after a closing quote",
			   "quote the whole cell, and double the quotes inside it");
		while (!at_line_end(s) && s->text[s->pos] != s->delimiter)
			s->pos++;
	}
	return c;
}

static struct ql_csv_place plain_cell(struct scanner *s)
{
	const char *x = s->text;
	size_t start = s->pos;
	while (!at_line_end(s) && x[s->pos] != s->delimiter) {
		if (x[s->pos] == '"')
			fail_quote(s, span_at(s, s->pos, 1), "a quote inside an unquoted cell",
				   "quote the whole cell, and double the quotes inside it");
		if (x[s->pos] == '\r') {
			fail_quote(s, span_at(s, s->pos, 1), "a carriage return without a line feed",
				   "save the file with Unix or Windows line ends");
			s->pos = s->len; /* lines cannot be told apart */
			break;
		}
		s->pos++;
	}
	size_t end = s->pos;
	while (end > start && (x[end - 1] == ' ' || x[end - 1] == '\t'))
		end--;
	return (struct ql_csv_place){(uint32_t)start, (uint32_t)(end - start)};
}

static struct ql_csv_place next_cell(struct scanner *s)
{
	while (s->pos < s->len && (s->text[s->pos] == ' ' || (s->text[s->pos] == '\t' && s->delimiter != '\t')))
		s->pos++;
	return s->pos < s->len && s->text[s->pos] == '"' ? quoted_cell(s) : plain_cell(s);
}

/* Skips blank lines and comments; false at the end of the text. */
static bool next_row(struct scanner *s)
{
	while (s->pos < s->len) {
		size_t p = s->pos;
		if (s->comment && s->text[p] == s->comment) {
			const char *nl = memchr(s->text + p, '\n', s->len - p);
			s->pos = nl ? (size_t)(nl - s->text) : s->len;
			skip_line_end(s);
			continue;
		}
		while (s->pos < s->len && s->text[s->pos] == ' ')
			s->pos++;
		if (!at_line_end(s)) {
			s->pos = p;
			return true;
		}
		skip_line_end(s);
	}
	return false;
}

static char guess_delimiter(const struct scanner *s)
{
	size_t n[3] = {0, 0, 0};
	bool quoted = false;
	for (size_t i = s->pos; i < s->len && (quoted || s->text[i] != '\n'); i++) {
		char c = s->text[i];
		if (c == '"')
			quoted = !quoted;
		else if (!quoted)
			n[c == ',' ? 0 : c == ';' ? 1 : 2] += c == ',' || c == ';' || c == '\t';
	}
	return n[1] > n[0] && n[1] >= n[2] ? ';' : n[2] > n[0] ? '\t' : ',';
}

static void read_header(struct scanner *s)
{
	struct ql_csv *t = s->t;
	if (!next_row(s)) {
		ql_diag_add(s->ds, QL_E0313, (struct ql_span){t->file, 0, 0, 0}, "the file has no header line");
		s->failed = true;
		return;
	}
	if (!s->delimiter)
		s->delimiter = guess_delimiter(s);
	t->delimiter = s->delimiter;
	t->header_line = s->line;
	int cap = 0;
	struct ql_csv_place *cell = NULL;
	for (;; s->pos++) {
		if (t->n_col == cap) {
			cap = cap ? 2 * cap : 32;
			struct ql_csv_place *grown = QL_NEW_N(s->a, struct ql_csv_place, (size_t)cap);
			if (cell)
				memcpy(grown, cell, (size_t)t->n_col * sizeof *cell);
			cell = grown;
		}
		cell[t->n_col++] = next_cell(s);
		if (at_line_end(s))
			break;
		if (t->n_col == MAX_COLUMNS) {
			ql_diag_add(s->ds, QL_E0314, span_at(s, s->pos, 1), "more than %d columns", MAX_COLUMNS);
			s->failed = true;
			return;
		}
	}
	skip_line_end(s);
	t->header = cell;
	t->name = QL_NEW_N(s->a, const char *, (size_t)t->n_col);
	for (int i = 0; i < t->n_col; i++)
		t->name[i] = ql_csv_string(t, -1, i, s->a);
}

bool ql_csv_same_name(const struct ql_csv *t, const char *a, const char *b)
{
	return (t->any_case ? strcasecmp(a, b) : strcmp(a, b)) == 0;
}

static void check_header(struct scanner *s)
{
	struct ql_csv *t = s->t;
	int n = t->n_col < 2000 ? t->n_col : 2000; /* quadratic; wider tables are found by position */
	for (int i = 1; i < n; i++)
		for (int j = 0; j < i && t->name[i][0]; j++)
			if (ql_csv_same_name(t, t->name[i], t->name[j])) {
				struct ql_diag *d = ql_diag_add(s->ds, QL_E0313, ql_csv_span(t, -1, i),
								"column `%s` appears twice", t->name[i]);
				ql_diag_note(d, ql_csv_span(t, -1, j), "first given here");
				s->failed = true;
				break;
			}
}

/* Rows and cells that the text can hold at most, so that one allocation serves. */
static void count_cells(struct scanner *s)
{
	size_t cells = 1, rows = 1;
	for (size_t i = s->pos; i < s->len; i++) {
		char c = s->text[i];
		cells += c == s->delimiter || c == '\n';
		rows += c == '\n';
	}
	s->cap_rows = rows;
	s->cap_cells = cells;
}

static void report_ragged(struct scanner *s, struct ql_span sp, int found)
{
	s->failed = true;
	if (s->n_ragged++ >= TOLD)
		return;
	struct ql_diag *d = ql_diag_add(s->ds, QL_E0315, sp, "this row has %d cell%s, the header has %d", found,
					found == 1 ? "" : "s", s->t->n_col);
	const char *name = s->delimiter == ',' ? "comma" : s->delimiter == ';' ? "semicolon" : "tab";
	ql_diag_help(d, "cells are separated by a %s; quote a cell that contains one", name);
}

static void read_rows(struct scanner *s)
{
	struct ql_csv *t = s->t;
	size_t n_cell = 0;
	while (next_row(s)) {
		int n = 0;
		s->row_failed = false;
		struct ql_span row_span = span_at(s, s->pos, 1);
		if (s->max_rows > 0 && t->n_row == s->max_rows) {
			ql_diag_add(s->ds, QL_E0314, row_span, "more than %d rows", s->max_rows);
			s->failed = true;
			return;
		}
		for (;; s->pos++) {
			struct ql_csv_place c = next_cell(s);
			if (n == t->n_col)
				row_span = span_at(s, c.start, c.len);
			if (n < t->n_col && n_cell < s->cap_cells)
				t->cell[n_cell++] = c;
			n++;
			if (at_line_end(s))
				break;
		}
		skip_line_end(s);
		if (n != t->n_col || s->row_failed) {
			n_cell = (size_t)t->n_row * (size_t)t->n_col; /* forget the row, keep looking for faults */
			if (!s->row_failed)
				report_ragged(s, row_span, n);
			continue;
		}
		t->line[t->n_row++] = (uint32_t)row_span.line;
	}
	if (s->n_quoting > TOLD)
		ql_diag_add(s->ds, QL_E0312, (struct ql_span){t->file, 0, 0, 0}, "%d further cells are badly quoted",
			    s->n_quoting - TOLD);
	if (s->n_ragged > TOLD)
		ql_diag_add(s->ds, QL_E0315, (struct ql_span){t->file, 0, 0, 0}, "%d further rows do not have %d cells",
			    s->n_ragged - TOLD, t->n_col);
}

enum quell_status ql_csv_parse(struct ql_arena *a, const struct ql_source *src, const struct ql_csv_options *options,
			       struct ql_diags *ds, struct ql_csv **out)
{
	struct ql_csv_options o = options ? *options : (struct ql_csv_options){0};
	struct ql_csv *t = QL_NEW(a, struct ql_csv);
	bool bom = src->len >= 3 && memcmp(src->text, "\xef\xbb\xbf", 3) == 0;
	struct scanner s = {.a = a,
			    .t = t,
			    .ds = ds,
			    .text = src->text + (bom ? 3 : 0),
			    .len = src->len - (bom ? 3 : 0),
			    .line = 1,
			    .delimiter = o.delimiter,
			    .comment = o.comment,
			    .max_rows = o.max_rows};
	*out = NULL;
	*t = (struct ql_csv){
	    .file = ql_arena_strdup(a, src->file), .any_case = o.any_case, .text = s.text, .text_len = s.len};
	if (src->len > QL_READ_LIMIT) { /* places are 32 bits */
		ql_diag_add(ds, QL_E0902, (struct ql_span){t->file, 0, 0, 0}, "`%s` is too large", t->file);
		return QUELL_ERR_INPUT;
	}
	if (!check_encoding(&s))
		return QUELL_ERR_INPUT;
	read_header(&s);
	if (s.failed)
		return QUELL_ERR_INPUT;
	check_header(&s);
	count_cells(&s);
	if (s.cap_cells > MAX_CELLS) {
		ql_diag_add(ds, QL_E0314, (struct ql_span){t->file, 0, 0, 0}, "more than %zu cells", MAX_CELLS);
		return QUELL_ERR_INPUT;
	}
	t->cell = QL_NEW_N(a, struct ql_csv_place, s.cap_cells);
	t->line = QL_NEW_N(a, uint32_t, s.cap_rows);
	read_rows(&s);
	if (s.failed)
		return QUELL_ERR_INPUT;
	*out = t;
	return QUELL_OK;
}

enum quell_status ql_csv_read(struct ql_arena *a, const char *path, const struct ql_csv_options *options,
			      struct ql_diags *ds, struct ql_csv **out)
{
	const struct ql_source *src;
	*out = NULL;
	enum quell_status st = ql_read_source(ds, path, &src);
	if (st != QUELL_OK)
		return st;
	struct ql_source *kept = &ds->source[ds->n_source - 1];
	if (kept->len >= 3 && memcmp(kept->text, "\xef\xbb\xbf", 3) == 0) { /* so that columns count from the text */
		kept->text += 3;
		kept->len -= 3;
	}
	struct ql_source copy = *kept;
	return ql_csv_parse(a, &copy, options, ds, out);
}

int ql_csv_find(const struct ql_csv *t, const char *name)
{
	for (int i = 0; i < t->n_col; i++)
		if (ql_csv_same_name(t, t->name[i], name))
			return i;
	return -1;
}

int ql_csv_column(const struct ql_csv *t, const char *name, bool required, struct ql_diags *ds)
{
	int i = ql_csv_find(t, name);
	if (i >= 0 || !required)
		return i;
	struct ql_span sp = t->n_col > 0 ? ql_csv_span(t, -1, 0) : (struct ql_span){t->file, 0, 0, 0};
	struct ql_diag *d = ql_diag_add(ds, QL_E0313, sp, "there is no column `%s`", name);
	const char *near = ql_suggest(name, t->name, t->n_col);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else if (t->n_col == 1)
		ql_diag_help(d,
			     "the header was read as one column; cells must be separated by comma, semicolon or tab");
	return -1;
}

void ql_csv_check_columns(const struct ql_csv *t, const char *const *known, struct ql_diags *ds)
{
	int n = 0;
	while (known[n])
		n++;
	for (int i = 0; i < t->n_col; i++) {
		int j = 0;
		while (j < n && !ql_csv_same_name(t, t->name[i], known[j]))
			j++;
		if (j < n)
			continue;
		struct ql_diag *d = ql_diag_add(ds, QL_E0313, ql_csv_span(t, -1, i), "unknown column `%s`", t->name[i]);
		const char *near = ql_suggest(t->name[i], known, n);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
	}
}

static struct ql_csv_place place_of(const struct ql_csv *t, int row, int col)
{
	return row < 0 ? t->header[col] : t->cell[(size_t)row * (size_t)t->n_col + (size_t)col];
}

struct ql_text ql_csv_cell(const struct ql_csv *t, int row, int col)
{
	if (t->column)
		return ql_csv_column_cell(t, row, col);
	struct ql_csv_place c = place_of(t, row, col);
	int low = 0, high = t->n_unescaped;
	while (low < high) { /* in file order */
		int mid = low + (high - low) / 2;
		if (t->unescaped[mid].start < c.start)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < t->n_unescaped && t->unescaped[low].start == c.start && c.len)
		return (struct ql_text){t->unescaped[low].text, t->unescaped[low].n};
	return (struct ql_text){t->text + c.start, c.len};
}

struct ql_span ql_csv_span(const struct ql_csv *t, int row, int col)
{
	if (t->column)
		return ql_csv_column_span(t, row, col);
	struct ql_csv_place c = place_of(t, row, col < 0 ? 0 : col), first = place_of(t, row, 0);
	struct ql_span sp = {t->file, row < 0 ? t->header_line : (int)t->line[row], 1,
			     (int)(c.len < 200 ? c.len : 200)};
	for (uint32_t i = first.start; i < c.start; i++) /* quoted cells before it may hold line ends */
		sp.line += t->text[i] == '\n';
	uint32_t start = c.start;
	while (start > 0 && t->text[start - 1] != '\n')
		start--;
	sp.col = (int)(c.start - start) + 1;
	if (col < 0)
		sp.len = 1;
	return sp;
}

char *ql_csv_string(const struct ql_csv *t, int row, int col, struct ql_arena *a)
{
	struct ql_text c = ql_csv_cell(t, row, col);
	return ql_arena_strndup(a, c.s, c.n);
}

bool ql_csv_is(const struct ql_csv *t, int row, int col, const char *text)
{
	if (col < 0)
		return false;
	struct ql_text c = ql_csv_cell(t, row, col);
	return strlen(text) == c.n && memcmp(text, c.s, c.n) == 0;
}

bool ql_csv_is_missing(const struct ql_csv *t, int row, int col)
{
	double x;
	if (t->column && !t->column[col].text)
		return ql_csv_column_number(t, row, col, &x) && isnan(x);
	struct ql_text c = ql_csv_cell(t, row, col);
	switch (c.n) {
	case 0:
		return true;
	case 1:
		return c.s[0] == '.';
	case 2:
		return strncasecmp(c.s, "NA", 2) == 0;
	case 3:
		return strncasecmp(c.s, "NaN", 3) == 0;
	case 4:
		return strncasecmp(c.s, "null", 4) == 0;
	default:
		return false;
	}
}

/* Plain decimals with up to 15 digits: integer and power of ten are both exact, so one division rounds right. */
static bool short_decimal(const char *s, size_t n, double *out)
{
	static const double power[16] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	bool negative = n && s[0] == '-';
	size_t i = negative, point = n;
	uint64_t digits = 0;
	if (n - i == 0 || n - i > 16)
		return false;
	for (; i < n; i++) {
		if (s[i] == '.' && point == n)
			point = i;
		else if (s[i] >= '0' && s[i] <= '9')
			digits = digits * 10 + (uint64_t)(s[i] - '0');
		else
			return false;
	}
	size_t n_digit = n - negative - (point < n);
	if (n_digit == 0 || n_digit > 15)
		return false;
	double x = (double)digits / (point < n ? power[n - point - 1] : 1);
	*out = negative ? -x : x;
	return true;
}

static bool decimal_comma(struct ql_text c)
{
	char copy[64];
	const char *comma = memchr(c.s, ',', c.n);
	double x;
	if (!comma || c.n >= sizeof copy)
		return false;
	memcpy(copy, c.s, c.n);
	copy[comma - c.s] = '.';
	return ql_parse_double(copy, c.n, &x);
}

static bool report_number(const struct ql_csv *t, int row, int col, struct ql_diags *ds)
{
	struct ql_text c = ql_csv_cell(t, row, col);
	int shown = (int)(c.n < 60 ? c.n : 60);
	double x = NAN;
	struct ql_diag *d;
	if (ql_parse_double(c.s, c.n, &x)) {
		d = ql_diag_add(ds, QL_E0316, ql_csv_span(t, row, col), "`%.*s` in column `%s` is not finite", shown,
				c.s, t->name[col]);
		ql_diag_help(d, "leave the cell empty if the value is missing");
		return false;
	}
	d = ql_diag_add(ds, QL_E0316, ql_csv_span(t, row, col), "`%.*s` in column `%s` is not a number", shown, c.s,
			t->name[col]);
	if (c.s[0] == '=' || c.s[0] == '@')
		ql_diag_help(d, "this is a spreadsheet formula; save the values instead");
	else if (decimal_comma(c))
		ql_diag_help(d, "write decimals with a point, not a comma");
	else
		ql_diag_help(d, "a number has no unit or blank in it; leave the cell empty if the value is missing");
	return false;
}

bool ql_csv_number(const struct ql_csv *t, int row, int col, struct ql_diags *ds, double *out)
{
	*out = NAN;
	if (col < 0)
		return true;
	if (t->column && !t->column[col].text)
		return ql_csv_column_number(t, row, col, out) || report_number(t, row, col, ds);
	struct ql_csv_place c = t->column ? (struct ql_csv_place){0} : place_of(t, row, col);
	double x;
	if (short_decimal(t->text + c.start, c.len, &x)) {
		*out = x;
		return true;
	}
	if (ql_csv_is_missing(t, row, col))
		return true;
	struct ql_text cell = ql_csv_cell(t, row, col);
	if (!ql_parse_double(cell.s, cell.n, &x) || !isfinite(x))
		return report_number(t, row, col, ds);
	*out = x;
	return true;
}

bool ql_csv_number_required(const struct ql_csv *t, int row, int col, struct ql_diags *ds, double *out)
{
	if (!ql_csv_number(t, row, col, ds, out))
		return false;
	if (!isnan(*out))
		return true;
	ql_diag_add(ds, QL_E0316, ql_csv_span(t, row, col), "column `%s` is empty here", col < 0 ? "?" : t->name[col]);
	return false;
}

bool ql_csv_whole(const struct ql_csv *t, int row, int col, long low, long high, struct ql_diags *ds, long *out)
{
	double x;
	*out = 0;
	if (!ql_csv_number_required(t, row, col, ds, &x))
		return false;
	if (x == floor(x) && x >= (double)low && x <= (double)high) {
		*out = (long)x;
		return true;
	}
	struct ql_text c = ql_csv_cell(t, row, col);
	ql_diag_add(ds, QL_E0316, ql_csv_span(t, row, col),
		    "`%.*s` in column `%s`: a whole number from %ld to %ld is needed", (int)(c.n < 60 ? c.n : 60), c.s,
		    t->name[col], low, high);
	return false;
}

void ql_csv_write_cell(struct ql_buf *out, const char *text, char delimiter)
{
	size_t n = strlen(text);
	bool edge = n && (text[0] == ' ' || text[n - 1] == ' ');
	if (!edge && !memchr(text, delimiter, n) && !strpbrk(text, "\"\n\r")) {
		ql_buf_add(out, text, n);
		return;
	}
	ql_buf_puts(out, "\"");
	for (size_t i = 0; i < n; i++)
		ql_buf_add(out, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
	ql_buf_puts(out, "\"");
}
