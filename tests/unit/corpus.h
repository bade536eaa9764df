/* SPDX-License-Identifier: Apache-2.0 */
/* The models of library/models and the data sets that their heads describe. */
#ifndef CORPUS_H
#define CORPUS_H

#include "lang_model.h"
#include "base/io.h"
#include "base/paths.h"
#include <ftw.h>
#include <unistd.h>

#define CORPUS "library/models"
enum { CORPUS_POINTS = 81 };

static char work[64]; /* a folder of this run's own, and its cache of kernels */

static inline int corpus_remove(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st, (void)flag, (void)f;
	return remove(path);
}

static inline int corpus_set_up(void **state)
{
	(void)state;
	strcpy(work, "/tmp/quell-corpus-XXXXXX");
	if (!mkdtemp(work))
		return -1;
	return setenv("XDG_CACHE_HOME", work, 1);
}

static inline int corpus_tear_down(void **state)
{
	(void)state;
	return nftw(work, corpus_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline char *corpus_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	struct ql_buf b = {0};
	char part[4096];
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		ql_buf_add(&b, part, n);
	fclose(f);
	return b.data;
}

/* "# run: STATE AMOUNT [at T] [rate R] [ii T] [addl N]": one dose record. */
static inline void corpus_add_dose(struct ql_buf *csv, const char *line, double *at)
{
	char state[64], key[16];
	double amount, x, rate = 0, ii = 0, addl = 0;
	int n = 0, k;
	*at = 0;
	assert_int_equal(sscanf(line, "%63s %lf%n", state, &amount, &n), 2);
	for (line += n; sscanf(line, "%15s %lf%n", key, &x, &k) == 2; line += k) {
		double *to = strcmp(key, "at") == 0 ? at : strcmp(key, "rate") == 0 ? &rate : strcmp(key, "ii") == 0 ? &ii :
			     strcmp(key, "addl") == 0 ? &addl : NULL;
		assert_non_null(to);
		*to = x;
	}
	ql_buf_printf(csv, "1,%.17g,1,%.17g,%s,%.17g,%.17g,%.17g\n", *at, amount, state, rate, ii, addl);
}

/* The head of a model file as a data set: doses, and observations up to `# end:`. */
static inline char *corpus_data(const char *text)
{
	struct ql_buf csv = {0};
	struct {
		double at;
		const char *line;
	} dose[16];
	int n_dose = 0;
	double end = 0;
	for (const char *line = text; line && *line == '#'; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, "# run: ", 7) == 0) {
			struct ql_buf ignored = {0};
			assert_true(n_dose < 16);
			dose[n_dose].line = line + 7;
			corpus_add_dose(&ignored, line + 7, &dose[n_dose++].at);
			ql_buf_free(&ignored);
		}
		if (strncmp(line, "# end: ", 7) == 0)
			end = atof(line + 7);
	}
	assert_true(end > 0);
	ql_buf_puts(&csv, "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL\n");
	for (int i = 0, next = 0; i < CORPUS_POINTS; i++) {
		double t = end * i / (CORPUS_POINTS - 1), at;
		for (; next < n_dose && dose[next].at <= t; next++)
			corpus_add_dose(&csv, dose[next].line, &at);
		ql_buf_printf(&csv, "1,%.17g,0,0,0,0,0,0\n", t);
	}
	return csv.data;
}

/* The same for the program to read. */
static inline const char *corpus_data_file(const char *text)
{
	static char path[128];
	char *csv = corpus_data(text);
	snprintf(path, sizeof path, "%s/data.csv", work);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(csv, f);
	fclose(f);
	free(csv);
	return path;
}

static inline const char *corpus_path(struct ql_arena *a, const char *name)
{
	return ql_arena_printf(a, "%s/%s/%s.qm", QUELL_SOURCE_DIR, CORPUS, name);
}

static inline bool has_compiler(void)
{
	const char *cc = getenv("CC");
	char command[256];
	snprintf(command, sizeof command, "command -v %.200s >/dev/null 2>&1", cc && *cc ? cc : "cc");
	return system(command) == 0;
}

#endif
