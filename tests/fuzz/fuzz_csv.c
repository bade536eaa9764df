/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile tables: every cell is read as text and as a number. */
#include "base/csv.h"

struct input {
	struct ql_arena a;
	struct ql_diags ds;
	const uint8_t *data;
	size_t size;
};

static enum quell_status read_it(void *arg)
{
	struct input *in = arg;
	struct ql_csv *t;
	struct ql_buf text = {0};
	ql_diags_add_source(&in->ds, "fuzz.csv", (const char *)in->data, in->size);
	struct ql_source src = in->ds.source[0];
	if (ql_csv_parse(&in->a, &src, NULL, &in->ds, &t) == QUELL_OK)
		for (int i = 0; i < t->n_row; i++)
			for (int j = 0; j < t->n_col; j++) {
				double x;
				ql_csv_number(t, i, j, &in->ds, &x);
				ql_csv_write_cell(&text, ql_csv_string(t, i, j, &in->a), ',');
			}
	text.len = 0;
	ql_diags_render(&in->ds, false, &text);
	ql_buf_free(&text);
	return QUELL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.data = data, .size = size};
	ql_protect(read_it, &in);
	ql_diags_free(&in.ds);
	ql_arena_free(&in.a);
	return 0;
}
