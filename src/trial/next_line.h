/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows progression: a table of library/protocols whose first fitting
 * row names the next regimen, and how long it takes until that starts.
 */
#ifndef QL_TRIAL_NEXT_LINE_H
#define QL_TRIAL_NEXT_LINE_H

#include "dosing/regimen.h"
#include "trial/record.h"

struct ql_range { /* NaN-free; -inf or inf where open */
	double low, high;
};

struct ql_next_option {
	int regimen; /* of the table; -1: none */
	double weight; /* cumulated, the last is 1 */
};

struct ql_next_row {
	const char *name;
	struct ql_span span;
	uint64_t after, had, unless; /* bits of words: any of these just now, all of these ever, none of these ever */
	/* time from the last dose to progression; number of the coming line, from 2; calendar year, without end: the present */
	struct ql_range off_years, line, age, crcl, year;
	double share;          /* of the patients whom it fits; the rest go on to the rows below */
	double from_day;       /* earliest day in the trial */
	struct ql_next_option *option;
	int n_option;
};

struct ql_next_delay {
	double median_day, sd; /* of the logarithm */
};

enum { QL_DELAY_ON_TREATMENT, QL_DELAY_OFF_TREATMENT, QL_DELAY_RELAPSED, QL_DELAY_COUNT };

struct ql_next_table {
	const char *name, *title;
	int most_lines;        /* after the first; at most QL_MAX_NEXT_LINES */
	struct ql_next_delay delay[QL_DELAY_COUNT];
	double need_share, need_sd; /* off treatment the next line waits until this share of the disease at the start is back
				     * (median, standard deviation of its logarithm); 0: it does not */
	double richter_ratio;  /* death after Richter transformation, in units of the input `progressed` */
	struct ql_next_row *row;
	int n_row;
	const char **word;     /* classes and agents that rows name; bit i of the masks */
	int n_word;
	struct ql_regimen *regimen; /* every regimen that a row may give */
	uint64_t *words_of;    /* [n_regimen] */
	int n_regimen;
	int crossover;         /* 1 + number of the regimen that patients cross over to; 0: none */
	struct ql_yaml *yaml;
};

/* `name`: of library/protocols, or a path. Everything lives in `a`; all mistakes become diagnostics. */
enum quell_status ql_next_table_load(const struct ql_model *m, const char *data_dir, const char *name,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_next_table *out);
/* Which words fit the agents that a regimen gives. */
uint64_t ql_next_words(const struct ql_next_table *t, const struct ql_model *m, const struct ql_regimen *r);

struct ql_next_patient {
	uint64_t failed, had; /* words of the line that failed, and of all lines */
	int line;             /* number of the coming line: 2 after the first */
	double off_days;      /* from the last dose to progression; 0 on treatment */
	double year;          /* INFINITY: the present */
	double age, crcl;
	double day;           /* in the trial */
	double u_share;       /* uniform: which share of a row the patient is in */
};
/* Regimen of the table, or -1: no line is left. u decides between options. */
int ql_next_choose(const struct ql_next_table *t, const struct ql_next_patient *p, double u);
/* The table with a row before the others: a share of those who progress on the first line cross over to `to` from a day
 * on. `table` may be NULL: then nothing else follows. */
void ql_next_with_crossover(const struct ql_next_table *table, const struct ql_model *m, const struct ql_regimen *to,
			    double share, double from_day, struct ql_arena *a, struct ql_next_table *out);
/* Share of the disease at the start at which the next line is wanted; 0: it is wanted at progression, as by who crosses over. */
double ql_next_need(const struct ql_next_table *t, int regimen, double off_days, double z);
/* Days from then to treatment; z standard normal. Who crosses over has not waited for symptoms: the law of those who progress
 * on treatment. */
double ql_next_delay_day(const struct ql_next_table *t, int regimen, double off_days, bool relapsed, double z);

#endif
