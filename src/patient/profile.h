/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One patient's profile: what is known, in the words of the clinic. Everything
 * may be unknown (left out, or `unknown`), and then widens the answer. There
 * are no identifying fields.
 *
 *	profile: unfit, mutated
 *	age: 74
 *	cirs: 8
 *	ighv: mutated
 *	prior_lines:
 *	  - {regimen: clb-obi, start: 2019-03, end: 2019-09, response: PR, ended: completed}
 *	courses:
 *	  regimen: watch-and-wait
 *	  alc: {unit: 1e9/L, at: {0: 40, 90: 52, 180: 66}}    # day: value
 */
#ifndef QL_PATIENT_PROFILE_H
#define QL_PATIENT_PROFILE_H

#include "base/yaml.h"

/* X(name, unit, low, high, choices, help): numbers have a unit and a range, the rest one of `choices`, kept as its place. */
#define QL_PROFILE_FIELDS(X)                                                                                      \
	X(age, "year", 18, 110, NULL, "age")                                                                      \
	X(sex, NULL, 0, 0, "female|male", "sex")                                                                  \
	X(weight, "kg", 30, 200, NULL, "body weight")                                                             \
	X(height, "cm", 120, 220, NULL, "height")                                                                 \
	X(ecog, "", 0, 4, NULL, "performance status (ECOG)")                                                      \
	X(cirs, "", 0, 56, NULL, "comorbidity (CIRS total)")                                                      \
	X(crcl, "mL/min", 5, 250, NULL, "creatinine clearance")                                                   \
	X(atrial_fibrillation, NULL, 0, 0, "no|yes", "atrial fibrillation, now or before")                        \
	X(heart_failure, NULL, 0, 0, "no|yes|severe", "heart failure (severe: NYHA III to IV)")                   \
	X(ventricular_arrhythmia, NULL, 0, 0, "no|yes", "ventricular arrhythmia, now or before")                  \
	X(hypertension, NULL, 0, 0, "none|controlled|uncontrolled", "high blood pressure")                        \
	X(anticoagulant, NULL, 0, 0, "none|warfarin|other", "anticoagulant")                                      \
	X(recent_bleeding, NULL, 0, 0, "no|yes", "major bleeding in the last six months")                         \
	X(hbv, NULL, 0, 0, "none|past|active", "hepatitis B")                                                     \
	X(cyp3a_inhibitor, NULL, 0, 0, "none|moderate|strong", "inhibitor of CYP3A that cannot be stopped")       \
	X(cyp3a_inducer, NULL, 0, 0, "none|moderate|strong", "inducer of CYP3A that cannot be stopped")           \
	X(liver, NULL, 0, 0, "normal|moderate|severe", "impairment of the liver (Child-Pugh B, C)")               \
	X(active_infection, NULL, 0, 0, "no|yes", "uncontrolled infection")                                       \
	X(pregnancy, NULL, 0, 0, "no|planned|yes", "pregnancy, or a wish for children soon")                      \
	X(autoimmune_cytopenia, NULL, 0, 0, "none|controlled|active|refractory",                                  \
	  "autoimmune haemolysis or thrombocytopenia (refractory: to steroids)")                                 \
	X(richter, NULL, 0, 0, "no|suspected|confirmed", "transformation into an aggressive lymphoma")            \
	X(frequent_visits, NULL, 0, 0, "no|yes", "can come weekly for the ramp-up of venetoclax")                 \
	X(symptoms, NULL, 0, 0, "no|yes", "constitutional symptoms of the disease")                               \
	X(rai, "", 0, 4, NULL, "Rai stage")                                                                       \
	X(binet, NULL, 0, 0, "A|B|C", "Binet stage")                                                              \
	X(alc, "1e9/L", 0, 2000, NULL, "lymphocytes in blood")                                                    \
	X(hb, "g/L", 20, 220, NULL, "haemoglobin")                                                                \
	X(platelets, "1e9/L", 1, 1000, NULL, "platelets")                                                         \
	X(anc, "1e9/L", 0, 30, NULL, "neutrophils")                                                               \
	X(igg, "g/L", 0, 40, NULL, "immunoglobulin G")                                                            \
	X(node, "cm", 0, 30, NULL, "longest diameter of the largest node")                                        \
	X(spleen, "cm", 5, 40, NULL, "length of the spleen")                                                      \
	X(marrow, "", 0, 1, NULL, "share of CLL cells in the marrow")                                             \
	X(b2m, "mg/L", 0.5, 60, NULL, "beta-2 microglobulin")                                                     \
	X(ldt, "month", 0.5, 240, NULL, "lymphocyte doubling time")                                               \
	X(ighv, NULL, 0, 0, "mutated|unmutated", "IGHV")                                                          \
	X(tp53, NULL, 0, 0, "normal|mutated", "TP53 by sequencing")                                               \
	X(del17p, NULL, 0, 0, "no|yes", "deletion 17p")                                                           \
	X(del11q, NULL, 0, 0, "no|yes", "deletion 11q")                                                           \
	X(trisomy12, NULL, 0, 0, "no|yes", "trisomy 12")                                                          \
	X(complex_karyotype, NULL, 0, 0, "no|yes", "three or more aberrations")                                   \
	X(cd20, NULL, 0, 0, "normal|low|negative", "CD20 on the CLL cells")                                       \
	X(cd19, NULL, 0, 0, "normal|negative", "CD19 on the CLL cells")                                           \
	X(btk_mutation, NULL, 0, 0, "none|C481S|other|PLCG2", "resistance mutation after a BTK inhibitor")         \
	X(bcl2_mutation, NULL, 0, 0, "none|G101V|other", "resistance mutation after a BCL2 inhibitor")

enum ql_profile_field {
#define X(name, unit, low, high, choices, help) QL_PF_##name,
	QL_PROFILE_FIELDS(X)
#undef X
	QL_PROFILE_N
};

struct ql_profile_def {
	const char *name, *unit; /* unit NULL: a choice */
	double low, high;
	const char *choices, *help;
};
extern const struct ql_profile_def ql_profile_def[QL_PROFILE_N];

/* X(name, kind, unit, low, high, choices, help): members of a line of treatment. */
#define QL_LINE_MEMBERS(X)                                                                                        \
	X(regimen, REGIMEN, NULL, 0, 0, NULL, "regimen of the library")                                           \
	X(drugs, DRUGS, NULL, 0, 0, NULL, "drugs, where no regimen of the library fits")                          \
	X(start, MONTH, NULL, 1950, 2100, NULL, "began")                                                          \
	X(end, MONTH, NULL, 1950, 2100, NULL, "ended")                                                            \
	X(response, CHOICE, NULL, 0, 0, "unknown|CR|CRi|nPR|PR|PR-L|SD|PD", "best response (iwCLL); kept, no rule asks for it") \
	X(ended, CHOICE, NULL, 0, 0, "unknown|completed|progression|toxicity|other", "why it ended")              \
	X(remission_months, NUMBER, "month", 0, 600, NULL, "from its end to the next need of treatment")          \
	X(note, TEXT, NULL, 0, 0, NULL, "remark; names and dates of birth have no place here")

enum ql_line_member {
#define X(name, kind, unit, low, high, choices, help) QL_PL_##name,
	QL_LINE_MEMBERS(X)
#undef X
	QL_PL_N
};
enum ql_line_kind { QL_LK_REGIMEN, QL_LK_DRUGS, QL_LK_MONTH, QL_LK_CHOICE, QL_LK_NUMBER, QL_LK_TEXT };
extern const char *const ql_line_kind_text[]; /* "regimen", ... */
struct ql_line_def {
	const char *name;
	enum ql_line_kind kind;
	const char *unit;
	double low, high; /* of a number; years of a month */
	const char *choices, *help;
};
extern const struct ql_line_def ql_line_def[QL_PL_N];
#define QL_MAX_DRUGS 12 /* in one line of treatment */

enum ql_line_end { QL_ENDED_UNKNOWN, QL_ENDED_COMPLETED, QL_ENDED_PROGRESSION, QL_ENDED_TOXICITY, QL_ENDED_OTHER };

struct ql_prior_line {
	const char **word;  /* agents given and their classes */
	int n_word;
	const char *regimen; /* name in the library, or NULL */
	enum ql_line_end ended;
	int start_month, end_month; /* months since year 0; -1 unknown */
	double remission_months;    /* from the end to the next treatment need; NaN unknown */
	struct ql_span span;
};

enum ql_course_kind { QL_CK_ALC, QL_CK_NODE, QL_CK_IGG, QL_CK_MRD, QL_CK_ANC, QL_CK_COUNT };
struct ql_course_def {
	const char *name, *unit, *output; /* of the model */
	const char *title;
	double sd; /* of the logarithm: assay and day-to-day (assumed) */
	double floor; /* below it the assay sees nothing; 0 = none */
	double low, high;
};
extern const struct ql_course_def ql_course_def[QL_CK_COUNT];
#define QL_LAST_COURSE_DAY 7305.0
#define QL_COURSE_REGIMEN "watch-and-wait" /* where a course names none */

struct ql_observation {
	enum ql_course_kind kind;
	double day, value;
};

struct ql_profile {
	const char *name, *title;
	double value[QL_PROFILE_N]; /* NaN: unknown; a choice is its place, 0 first */
	struct ql_span span[QL_PROFILE_N];
	struct ql_prior_line *line;
	int n_line;
	bool lines_known;           /* `prior_lines` was given and is not `unknown`; [] is untreated */
	const char *course_regimen; /* NULL: no courses */
	struct ql_observation *seen; /* sorted by day */
	int n_seen;
	const struct ql_yaml *preferences; /* decide/smaa.h reads them */
	struct ql_yaml *yaml;
};

/* Everything unknown. */
void ql_profile_blank(struct ql_profile *p);
/* Names of what is more than one value: "prior_lines", "courses", "preferences". */
#define QL_PROFILE_PARTS 3
extern const char *const ql_profile_part[QL_PROFILE_PARTS];
/* Reads and checks a file (NULL: nothing is known) and what is set beside it, which stands before the file's: "age=70", or a
 * part as YAML, "prior_lines=[{regimen: fcr}]". All mistakes at once. data_dir: names of drugs and regimens are looked up in
 * its library. */
enum quell_status ql_profile_load(const char *path, const char *const *with, int n_with, const char *data_dir,
				  struct ql_arena *a, struct ql_diags *ds, struct ql_profile *out);
/* One field, "age=70"; checks what belongs to the field alone. Parts are for ql_profile_load. */
bool ql_profile_set(struct ql_profile *p, const char *text, struct ql_diags *ds);
/* Contradictions between fields; errors and warnings. */
void ql_profile_check(const struct ql_profile *p, struct ql_diags *ds);
/* Text of a value, "unknown" included; in `a`. */
const char *ql_profile_text(const struct ql_profile *p, enum ql_profile_field f, struct ql_arena *a);

static inline bool ql_profile_knows(const struct ql_profile *p, enum ql_profile_field f)
{
	return p->value[f] == p->value[f];
}
static inline bool ql_profile_is(const struct ql_profile *p, enum ql_profile_field f, int choice)
{
	return p->value[f] == (double)choice;
}

#endif
