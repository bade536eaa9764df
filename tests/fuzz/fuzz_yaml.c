/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile YAML. */
#include "base/yaml.h"

struct input {
	struct ql_arena a;
	struct ql_diags ds;
	const uint8_t *data;
	size_t size;
};

static void walk(const struct ql_yaml *y, struct ql_diags *ds)
{
	static const char *const known[] = {"a", "b", NULL};
	double x;
	bool b;
	const char *s;
	ql_yaml_check_keys(y, known, ds);
	ql_yaml_number(y, "a", true, ds, &x);
	ql_yaml_bool(y, "b", false, ds, &b);
	ql_yaml_string(y, "c", true, ds, &s);
	for (int i = 0; i < y->n; i++)
		walk(y->item[i], ds);
}

static enum quell_status read_it(void *arg)
{
	struct input *in = arg;
	struct ql_yaml *y;
	struct ql_buf text = {0};
	ql_diags_add_source(&in->ds, "fuzz.yaml", (const char *)in->data, in->size);
	struct ql_source src = in->ds.source[0];
	if (ql_yaml_parse(&in->a, &src, &in->ds, &y) == QUELL_OK && y)
		walk(y, &in->ds);
	ql_diags_render(&in->ds, true, &text);
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
