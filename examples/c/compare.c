/* SPDX-License-Identifier: Apache-2.0 */
/* Two regimens on the same virtual patients: the share free of progression, beside what trials have published.
 *
 *	cc compare.c $(pkg-config --cflags --libs quell) && ./a.out
 */
#include <quell.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, quell_last_error());
	return 1;
}

static void on_progress(void *context, uint64_t done, uint64_t total)
{
	(void)context;
	fprintf(stderr, "\r%3.0f %%", 100.0 * (double)done / (double)total);
}

static void print_text(const struct quell_column *c, int64_t row)
{
	printf("%-12.*s ", (int)(c->offsets[row + 1] - c->offsets[row]), c->bytes + c->offsets[row]);
}

/* Rows of `endpoints` whose unit is a fraction and that were published. */
static int print_endpoints(struct quell_table *t)
{
	static const char *const name[] = {"regimen", "endpoint", "estimate", "lower", "upper", "published"};
	struct quell_column c[6];
	for (int k = 0; k < 6; k++) {
		int i;
		if (quell_table_find(t, name[k], &i) != QUELL_OK || quell_table_column(t, i, &c[k]) != QUELL_OK)
			return failed(name[k]);
	}
	for (int64_t row = 0; row < c[0].rows; row++) {
		if (c[5].doubles[row] != c[5].doubles[row]) /* NaN: nothing published */
			continue;
		print_text(&c[0], row);
		print_text(&c[1], row);
		printf("%6.3f (%.3f to %.3f), published %.3f\n", c[2].doubles[row], c[3].doubles[row], c[4].doubles[row],
		       c[5].doubles[row]);
	}
	return 0;
}

int main(void)
{
	struct quell_run *run;
	struct quell_table *endpoints = NULL;
	if (quell_abi() != QUELL_ABI)
		return fprintf(stderr, "libquell %s is not the one this program was compiled for\n", quell_version()), 1;
	if (quell_run_new("compare", &run) != QUELL_OK)
		return failed("compare");
	quell_run_set_text(run, "population", "unfit-1l");
	quell_run_set_text(run, "regimens", "clb-obi");
	quell_run_set_text(run, "regimens", "ven-obi");
	quell_run_set_number(run, "patients", 200);
	quell_run_set_number(run, "years", 3);
	quell_run_set_number(run, "seed", 7);
	quell_run_on_progress(run, on_progress, NULL);
	int bad = quell_run_execute(run) != QUELL_OK || quell_run_table(run, "endpoints", &endpoints) != QUELL_OK;
	fputs("\r", stderr);
	bad = bad ? failed("compare") : print_endpoints(endpoints);
	quell_table_free(endpoints);
	quell_run_free(run);
	return bad;
}
