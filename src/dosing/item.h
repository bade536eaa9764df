/* SPDX-License-Identifier: Apache-2.0 */
/* Private to dosing: amounts with units, and one line of `doses:`. */
#ifndef QL_DOSING_ITEM_H
#define QL_DOSING_ITEM_H

#include "dosing/regimen.h"

/* What an amount is multiplied by for one patient. */
enum ql_per_body { QL_FLAT, QL_PER_M2, QL_PER_KG, QL_PER_CLEARANCE };

struct ql_amount {
	double value; /* in the unit of the dose (per m2, kg or mL/min of the patient), or of the input */
	enum ql_per_body per;
	const char *text; /* as written */
};

/* One planned giving: what the clinic calls a dose, or a new level. */
struct ql_giving {
	double day; /* 0 = start of treatment */
	struct ql_amount amount;
	int cycle; /* 0: none */
};

struct ql_crcl_rule { /* below this clearance (mL/min) the amount is multiplied by factor */
	double below, factor;
};

struct ql_regimen_item {
	bool set;      /* a level; else a dose */
	int dose;      /* model dose, -1 for a level */
	int input;     /* QL_INPUT quantity, -1 for a dose */
	double over;   /* infusion time in model time; 0: bolus */
	double cap;    /* largest amount after body scaling; INFINITY if none */
	int n_crcl;
	struct ql_crcl_rule *crcl; /* ascending by `below` */
	int n;                     /* givings in order of day */
	struct ql_giving *giving;
	/* cycles without end: the givings from `open_from` on repeat every `every` */
	bool open;
	int open_from;
	double every;
};

/* "375 mg/m2" for a dose or level of unit `unit`. False after a mistake was reported. */
bool ql_amount_read(const struct ql_model *m, const struct ql_yaml *y, const char *unit, bool body, struct ql_arena *a,
		    struct ql_diags *ds, struct ql_amount *out);
/* "4 h" in model time (day, or the model's own unit). */
bool ql_duration_read(const struct ql_model *m, const struct ql_yaml *y, struct ql_arena *a, struct ql_diags *ds,
		      double *out);
/* The amount of one giving for one patient, in the dose's unit. */
double ql_giving_amount(const struct ql_regimen_item *it, const struct ql_amount *x, const struct ql_body *body);

/* Reads one entry of `doses:`. */
bool ql_item_read(const struct ql_model *m, const struct ql_yaml *y, struct ql_arena *a, struct ql_diags *ds,
		  struct ql_regimen_item *out, struct ql_regimen_item_info *info, double *every);

/* Number k of an open or closed item, k = 0, 1, ...; false past the end. */
bool ql_item_giving(const struct ql_regimen_item *it, int k, struct ql_giving *out);

/* `name` as a dose: exact, or a last part that only one dose has. -1 none, -2 ambiguous. */
int ql_dosing_find_dose(const struct ql_model *m, const char *name);
int ql_dosing_find_input(const struct ql_model *m, const char *name);

#endif
