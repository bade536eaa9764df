/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units: names and prefixes from models/units.xml by UDUNITS-2, arithmetic
 * here. A unit is a product of base units with rational powers, a scale, and
 * the factors as they were written, so that messages speak the author's words.
 */
#ifndef QL_LANG_UNITS_H
#define QL_LANG_UNITS_H

#include "lang/ast.h"
#include "lang/map.h"

#define QL_UNIT_BASES 24   /* the file's, then the model's own */
#define QL_UNIT_OWN 16	   /* first slot of the model's own */
#define QL_UNIT_FACTORS 10 /* remembered for display */
#define QL_POWER 60	   /* powers are counted in sixtieths: halves to sixths are exact */

struct ql_unit {
	double scale;
	short dim[QL_UNIT_BASES];
	double number; /* display: numeric factor, then named factors; n < 0: too many, shown in base units */
	int n;
	struct {
		const char *name;
		short power;
	} factor[QL_UNIT_FACTORS];
};

/* Unit numbers. ANY agrees with everything (units off, or an error already reported); ZERO is a bare 0. */
enum { QL_UNIT_ANY, QL_UNIT_ONE, QL_UNIT_ZERO, QL_UNIT_FIRST };

struct ql_units {
	struct ql_arena *arena;
	struct ql_unit *unit;
	int n, cap;
	int *bucket; /* interning */
	int n_bucket;
	struct ql_unit_memo {
		int a, b, op, result;
	} * memo;
	int n_memo;
	struct ql_map name; /* names met so far -> unit number */
	const char *own[QL_UNIT_BASES];
	int n_own;
	int day;
};

/* Reads the units file once per process. False, with QL_E0224, if it cannot be read. */
bool ql_units_init(struct ql_units *us, struct ql_arena *a, struct ql_diags *ds);
void ql_units_free(struct ql_units *us);

/* Declares a unit of the model: a new base if `as` is NULL. False if there are too many or it exists. */
bool ql_units_declare(struct ql_units *us, const char *name, const struct ql_unit *as);
/* Number of a unit as written; -1 if a factor is unknown, then *bad says which. */
int ql_units_of(struct ql_units *us, const struct ql_unit_ref *ref, const struct ql_unit_factor **bad);
const char *ql_units_suggest(const struct ql_units *us, const char *name);

int ql_units_mul(struct ql_units *us, int a, int b);
int ql_units_div(struct ql_units *us, int a, int b);
/* a^power, -1 if the power cannot be represented. */
int ql_units_pow(struct ql_units *us, int a, double power);
/* Equal in dimension and scale (ANY and ZERO agree with all). */
bool ql_units_same(const struct ql_units *us, int a, int b);
/* Factor that turns a number in `from` into one in `to`; false if the dimensions differ. */
bool ql_units_factor(const struct ql_units *us, int from, int to, double *factor);
const char *ql_units_text(const struct ql_units *us, int a);

/* For readers of prescriptions and tables: factor from one unit text to another ("mg/m2", "g"). False if a text is not
 * a unit or the dimensions differ. Thread-safe. */
bool ql_unit_convert(const char *from, const char *to, double *factor);

#endif
