/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for this machine: the shipped one where there is one, else the emitter's C through the C compiler. */
#include "bench.h"
#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool bench_write_text(const char *path, const struct ql_buf *text)
{
	FILE *f = fopen(path, "w");
	if (!f)
		return false;
	bool ok = fwrite(text->data, 1, text->len, f) == text->len;
	return fclose(f) == 0 && ok;
}

/* The emitter's name of the kernel. */
const char *bench_symbol(struct ql_arena *a, const char *name, int width)
{
	char *s = ql_arena_printf(a, "ql_k_%s_native_w%d", name, width);
	for (char *p = s; *p; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return s;
}

bool bench_compile(struct ql_arena *a, const char *source, const char *object)
{
	return system(ql_arena_printf(a, "%s -std=gnu17 -O2 -march=native -ffp-contract=off -fno-math-errno "
					 "-fno-trapping-math -w -fPIC -shared -I%s/src -I%s/include -o %s %s -lsleef -lm",
				      QUELL_CC, QUELL_SOURCE_DIR, QUELL_SOURCE_DIR, object, source)) == 0;
}

static const struct ql_kernel *build(struct ql_arena *keep, const struct ql_plan *plan, int width)
{
	char folder[] = "/tmp/quell_bench_XXXXXX";
	struct ql_buf text = {0};
	const struct ql_kernel *k = NULL;
	if (!mkdtemp(folder))
		return NULL;
	const char *source = ql_arena_printf(keep, "%s/kernel.c", folder), *object = ql_arena_printf(keep, "%s/k.so", folder);
	if (ql_emit_c(plan, width, "native", &text) == QUELL_OK && bench_write_text(source, &text) && bench_compile(keep, source, object)) {
		void *handle = dlopen(object, RTLD_NOW);
		k = handle ? dlsym(handle, bench_symbol(keep, plan->name, width)) : NULL;
	}
	remove(source);
	remove(object);
	rmdir(folder);
	ql_buf_free(&text);
	return k;
}

const struct ql_kernel *bench_kernel(struct ql_arena *keep, const struct ql_plan *plan, int width)
{
	const struct ql_kernel *k = ql_kernel_find(plan->hash, width);
	return k ? k : build(keep, plan, width);
}
