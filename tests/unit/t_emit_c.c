/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled kernels against the interpreter: the same bits, for every function, width and instruction set that this
 * machine can run. The C compiler is called as `quell model build` would call it. */
#define _GNU_SOURCE
#include "emit_model.h"
#include "emit/machine.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define W 8
#define N_CASES 50

struct arrays {
	double t[W], y[16 * W], p[64 * W], f[16 * W], ft[16 * W], lu[256 * W], b[16 * W], out[8 * W], g[8 * W], shift[W];
};
static _Alignas(64) struct arrays mine, theirs;
static double k[64];

static double noise(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) * 0x1p-24;
}

static void fill(double *x, int n, unsigned *seed)
{
	for (int i = 0; i < n; i++)
		x[i] = noise(seed) < 0.1 ? 0 : exp(6 * noise(seed) - 3);
}

/* Bit for bit, but for the sign and payload of NaN, which nothing defines. */
static long n_finite, n_nan;

static void assert_same(const double *a, const double *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		n_finite += isfinite(a[i]) && a[i] != 0;
		n_nan += isnan(a[i]);
		if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
			fail_msg("element %zu: %a and %a", i, a[i], b[i]);
	}
}

static void run_all(const struct ql_kernel *kernel, struct arrays *a)
{
	int w = kernel->width;
	kernel->rhs(kernel->self, a->t, a->y, a->p, k, a->f);
	memcpy(a->b, a->f, (size_t)(kernel->n_state * w) * sizeof(double));
	kernel->jac(kernel->self, a->t, a->y, a->p, k, a->f, a->ft, a->lu);
	assert_same(a->b, a->f, (size_t)(kernel->n_state * w));
	kernel->factor(kernel->self, a->shift, a->lu);
	kernel->solve(kernel->self, a->lu, a->b);
	kernel->out(kernel->self, a->t, a->y, a->p, k, a->out);
	kernel->trig(kernel->self, a->t, a->y, a->p, k, a->g);
}

static void compare(const struct ql_kernel *compiled, const struct ql_kernel *interpreter)
{
	unsigned seed = 7;
	int w = compiled->width;
	for (int i = 0; i < N_CASES; i++) {
		memset(&mine, 0, sizeof mine);
		fill(mine.t, w, &seed);
		fill(mine.y, interpreter->n_state * w, &seed);
		fill(mine.p, interpreter->n_p * w, &seed);
		fill(k, interpreter->n_k, &seed);
		fill(mine.shift, w, &seed);
		theirs = mine;
		run_all(interpreter, &mine);
		run_all(compiled, &theirs);
		assert_same(mine.t, theirs.t, sizeof mine / sizeof(double));
	}
}

static void write_text(const char *path, const struct ql_buf *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text->data, 1, text->len, f), text->len);
	fclose(f);
}

static void check(const struct ql_plan *p, int width, const char *isa, const char *dir)
{
	struct ql_buf text = {0}, command = {0};
	char c_path[256], so_path[256];
	const char *cc = getenv("CC");
	snprintf(c_path, sizeof c_path, "%s/k.c", dir);
	snprintf(so_path, sizeof so_path, "%s/k_%s_%d.so", dir, isa, width);
	assert_int_equal(ql_emit_c(p, width, isa, &text), QUELL_OK);
	write_text(c_path, &text);
	ql_buf_printf(&command, "%s -std=c17 -O2 %s%s -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra -Werror "
				"-shared -fPIC -I%s/src -I%s/include %s -lsleef -lm -o %s",
		      cc && *cc ? cc : "cc", strcmp(isa, "generic") ? "-march=" : "", strcmp(isa, "generic") ? isa : "",
		      QUELL_SOURCE_DIR, QUELL_SOURCE_DIR, c_path, so_path);
	assert_int_equal(system(command.data), 0);
	void *lib = dlopen(so_path, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		fail_msg("%s", dlerror());
	text.len = 0;
	ql_buf_printf(&text, "ql_k_test_%s_w%d", isa, width);
	for (char *x = text.data; *x; x++)
		if (*x == '-')
			*x = '_';
	const struct ql_kernel *compiled = dlsym(lib, text.data);
	assert_non_null(compiled);
	assert_true(compiled->plan_hash == p->hash && compiled->width == width);
	struct ql_kernel *interpreter;
	assert_int_equal(ql_interp_make(p, width, &interpreter), QUELL_OK);
	compare(compiled, interpreter);
	ql_interp_free(interpreter);
	dlclose(lib);
	unlink(c_path);
	unlink(so_path);
	ql_buf_free(&text);
	ql_buf_free(&command);
}

static void compiled_kernels_give_the_interpreter_s_bits(void **state)
{
	(void)state;
	static const char *const isa[] = {"generic", "x86-64-v3", "x86-64-v4"};
	static const int width[] = {1, 4, 8};
	char dir[] = "/tmp/quell-emit-XXXXXX";
	assert_non_null(mkdtemp(dir));
	struct ql_plan *p = em_plan(NULL, 0);
	assert_true(p->n_p <= 64 && p->n_k <= 64 && p->n_out <= 8);
	int done = 0;
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++) {
			/* plain C works anywhere; one width of it will do */
			if (i == 0 ? width[j] != 4 : !ql_machine_has(isa[i]))
				continue;
			check(p, width[j], isa[i], dir);
			done++;
		}
	assert_true(done >= 1);
	assert_true(n_finite > 10 * n_nan); /* or there was little to compare */
	ql_plan_free(p);
	rmdir(dir);
}

static void odd_widths_are_refused(void **state)
{
	(void)state;
	struct ql_plan *p = em_plan(NULL, 0);
	struct ql_buf text = {0};
	struct ql_kernel *kernel;
	assert_int_equal(ql_emit_c(p, 3, "generic", &text), QUELL_ERR_USAGE);
	assert_int_equal(ql_interp_make(p, 5, &kernel), QUELL_ERR_USAGE);
	ql_plan_free(p);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, em_set_up, em_tear_down)
	const struct CMUnitTest tests[] = {
		T(compiled_kernels_give_the_interpreter_s_bits),
		T(odd_widths_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
