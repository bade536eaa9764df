/* SPDX-License-Identifier: Apache-2.0 */
/* A model of one's own, in the language of rxode2, and a data set of two subjects from memory.
 *
 *	cc own_model.c $(pkg-config --cflags --libs quell) && ./a.out
 */
#include <quell.h>
#include <stdio.h>
#include <string.h>

static const char model[] = "ini({ KA <- 0.8; CL <- 4; V <- 50 })\n"
			    "d/dt(depot) = -KA*depot\n"
			    "d/dt(central) = KA*depot - CL/V*central\n"
			    "cp = central/V\n";

int main(void)
{
	/* one dose at 0 and concentrations afterwards; the second subject gets twice as much */
	static const double id[] = {1, 1, 1, 1, 2, 2, 2, 2}, time[] = {0, 1, 4, 24, 0, 1, 4, 24},
			    amt[] = {100, 0, 0, 0, 200, 0, 0, 0};
	static const int32_t evid[] = {1, 0, 0, 0, 1, 0, 0, 0};
	struct quell_model *m = NULL;
	struct quell_table *data = NULL, *records = NULL;
	struct quell_run *run = NULL;
	const char *csv = "";
	enum quell_status s = quell_model_parse("oral", model, strlen(model), &m);
	if (s == QUELL_OK)
		s = quell_model_set(m, "CL", 5);
	if (s == QUELL_OK)
		s = quell_table_new("data", 8, &data);
	if (s == QUELL_OK) {
		quell_table_add_doubles(data, "ID", id);
		quell_table_add_doubles(data, "TIME", time);
		quell_table_add_doubles(data, "AMT", amt);
		quell_table_add_int32(data, "EVID", evid);
		s = quell_run_new("dataset", &run);
	}
	if (s == QUELL_OK)
		s = quell_run_set_model(run, "model", m);
	if (s == QUELL_OK)
		s = quell_run_set_table(run, "data", data);
	if (s == QUELL_OK)
		s = quell_run_execute(run);
	if (s == QUELL_OK)
		s = quell_run_table(run, "records", &records);
	if (s == QUELL_OK)
		s = quell_table_csv(records, &csv, NULL);
	if (s == QUELL_OK)
		fputs(csv, stdout);
	else
		fprintf(stderr, "%s\n", quell_last_error());
	quell_table_free(records);
	quell_run_free(run);
	quell_table_free(data);
	quell_model_free(m);
	return s != QUELL_OK;
}
