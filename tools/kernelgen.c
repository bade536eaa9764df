/* SPDX-License-Identifier: Apache-2.0 */
/* Build-time generator: kernelgen MODEL OUTDIR ISA:WIDTH...
 * Writes OUTDIR/<set>_<isa>_w<width>.c for every kernel set of the model and OUTDIR/table.c that lists them. Files
 * whose text did not change are left alone, so that a change recompiles only what it touches. */
#include "base/io.h"
#include "emit/plan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
	const char *model, *dir;
	char **target;
	int n_target;
	struct ql_diags ds;
	struct ql_buf table, externs, text;
};

static bool same_content(const char *path, const struct ql_buf *text)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	char *old = ql_realloc(NULL, text->len + 1, 1);
	bool same = fread(old, 1, text->len + 1, f) == text->len && memcmp(old, text->data, text->len) == 0;
	ql_free(old);
	fclose(f);
	return same;
}

static enum quell_status write_file(struct run *r, const char *path, const struct ql_buf *text)
{
	struct ql_out_file o;
	if (same_content(path, text))
		return QUELL_OK;
	enum quell_status s = ql_out_open(&o, path, &r->ds);
	if (s != QUELL_OK)
		return s;
	fwrite(text->data, 1, text->len, o.f);
	return ql_out_commit(&o, &r->ds);
}

static enum quell_status write_kernel(struct run *r, const struct ql_plan *p, const char *target)
{
	char isa[32], tag[32], path[4096];
	const char *colon = strchr(target, ':');
	if (!colon || (size_t)(colon - target) >= sizeof isa)
		return QUELL_ERR_USAGE;
	snprintf(isa, sizeof isa, "%.*s", (int)(colon - target), target);
	int width = atoi(colon + 1);
	snprintf(tag, sizeof tag, "%s", isa);
	for (char *c = tag; *c; c++)
		if (*c == '-')
			*c = '_';
	r->text.len = 0;
	enum quell_status s = ql_emit_c(p, width, isa, &r->text);
	if (s != QUELL_OK)
		return s;
	ql_buf_printf(&r->externs, "extern const struct ql_kernel ql_k_%s_%s_w%d;\n", p->name, tag, width);
	ql_buf_printf(&r->table, "\t&ql_k_%s_%s_w%d,\n", p->name, tag, width);
	snprintf(path, sizeof path, "%s/%s_%s_w%d.c", r->dir, p->name, isa, width);
	return write_file(r, path, &r->text);
}

static enum quell_status write_all(struct run *r, struct ql_model *m)
{
	for (int i = 0; i < m->n_kernel; i++) {
		const struct ql_kernel_set *set = &m->kernel[i];
		struct ql_plan *p = NULL;
		enum quell_status s = ql_plan_make(m, set->name, set->active, set->n_active, &r->ds, &p);
		for (int j = 0; s == QUELL_OK && j < r->n_target; j++)
			s = write_kernel(r, p, r->target[j]);
		ql_plan_free(p);
		if (s != QUELL_OK)
			return s;
	}
	ql_buf_puts(&r->externs, "\nextern const struct ql_kernel *const ql_compiled_kernels[];\n"
				 "const struct ql_kernel *const ql_compiled_kernels[] = {\n");
	ql_buf_puts(&r->table, "\t(void *)0};\n");
	ql_buf_add(&r->externs, r->table.data, r->table.len);
	char path[4096];
	snprintf(path, sizeof path, "%s/table.c", r->dir);
	return write_file(r, path, &r->externs);
}

static enum quell_status generate(void *arg)
{
	struct run *r = arg;
	struct ql_model *m;
	ql_buf_puts(&r->externs, "/* Kernels compiled into this build; made by quell, do not edit. */\n"
				 "#include \"base/kernel.h\"\n\n");
	enum quell_status s = ql_model_load(r->model, &r->ds, &m);
	if (s != QUELL_OK)
		return s;
	s = write_all(r, m);
	ql_model_free(m);
	return s;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: kernelgen MODEL OUTDIR ISA:WIDTH...\n");
		return 2;
	}
	struct run r = {.model = argv[1], .dir = argv[2], .target = argv + 3, .n_target = argc - 3};
	enum quell_status s = ql_protect(generate, &r);
	struct ql_buf text = {0};
	ql_diags_render(&r.ds, false, &text);
	if (s != QUELL_OK && text.len)
		fputs(text.data, stderr);
	if (s != QUELL_OK)
		fprintf(stderr, "kernelgen: %s\n", quell_status_text(s));
	ql_buf_free(&text);
	ql_buf_free(&r.text);
	ql_buf_free(&r.table);
	ql_buf_free(&r.externs);
	ql_diags_free(&r.ds);
	return s == QUELL_OK ? 0 : 1;
}
