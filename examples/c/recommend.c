/* SPDX-License-Identifier: Apache-2.0 */
/* Regimens for one profile. cc recommend.c $(pkg-config --cflags --libs quell) */
#include <quell.h>
#include <stdio.h>

static int fails(void)
{
	fprintf(stderr, "%s\n", quell_last_error());
	return 1;
}

int main(void)
{
	static const char *const known[] = {"age=71", "ighv=unmutated", "tp53=normal", "del17p=no", "symptoms=yes"};
	struct quell_run *r;
	struct quell_table *t;
	const char *csv;
	if (quell_run_new("recommend", &r) != QUELL_OK || quell_run_set_number(r, "patients", 50) != QUELL_OK)
		return fails();
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (quell_run_set_text(r, "with", known[i]) != QUELL_OK)
			return fails();
	if (quell_run_execute(r) != QUELL_OK || quell_run_table(r, "regimens", &t) != QUELL_OK || quell_table_csv(t, &csv, NULL) != QUELL_OK)
		return fails();
	fputs(csv, stdout);
	quell_table_free(t);
	return quell_run_free(r) == QUELL_OK ? 0 : fails();
}
