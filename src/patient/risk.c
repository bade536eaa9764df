/* SPDX-License-Identifier: Apache-2.0 */
#include "patient/risk.h"
#include "patient/law.h"
#include <math.h>
#include <string.h>

#define V(field) (p->value[QL_PF_##field])
#define KNOWN(field) ql_profile_knows(p, QL_PF_##field)

enum ql_three ql_tp53_aberrant(const struct ql_profile *p)
{
	if (V(tp53) == 1 || V(del17p) == 1)
		return QL_YES;
	return KNOWN(tp53) && KNOWN(del17p) ? QL_NO : QL_UNSURE;
}

/* One item of a score: its points if yes; if unsure they count for the upper end only. */
static void score(struct ql_cll_ipi *s, enum ql_three item, int points)
{
	s->low += item == QL_YES ? points : 0;
	s->high += item != QL_NO ? points : 0;
}

static enum ql_three above(double x, double limit) { return isnan(x) ? QL_UNSURE : x > limit ? QL_YES : QL_NO; }

static enum ql_three advanced_stage(const struct ql_profile *p)
{
	if (V(rai) >= 1 || V(binet) >= 1)
		return QL_YES;
	return KNOWN(rai) || KNOWN(binet) ? QL_NO : QL_UNSURE;
}

static const char *ipi_group(int points)
{
	return points <= 1 ? "low" : points <= 3 ? "intermediate" : points <= 6 ? "high" : "very high";
}

struct ql_cll_ipi ql_cll_ipi(const struct ql_profile *p, struct ql_arena *a)
{
	struct ql_cll_ipi s = {0, 0, NULL};
	score(&s, ql_tp53_aberrant(p), 4);
	score(&s, KNOWN(ighv) ? (enum ql_three)(V(ighv) == 1) : QL_UNSURE, 2);
	score(&s, above(V(b2m), 3.5), 2);
	score(&s, advanced_stage(p), 1);
	score(&s, above(V(age), 65), 1);
	const char *low = ipi_group(s.low), *high = ipi_group(s.high);
	s.group = strcmp(low, high) == 0 ? low : ql_arena_printf(a, "%s to %s", low, high);
	return s;
}

const char *ql_tls_risk(const struct ql_profile *p)
{
	if (V(node) >= 10 || (V(node) >= 5 && V(alc) >= 25))
		return "high";
	if (!KNOWN(node) || !KNOWN(alc))
		return V(node) >= 5 || V(alc) >= 25 ? "intermediate or high" : "not known";
	return V(node) >= 5 || V(alc) >= 25 ? "intermediate" : "low";
}

/* Haemoglobin or platelets as a sign of a failing marrow; what an active autoimmune cytopenia explains does not count. */
static enum ql_three failing_marrow(const struct ql_profile *p, enum ql_profile_field count, int rai)
{
	if (V(autoimmune_cytopenia) == 2)
		return QL_NO;
	return ql_profile_knows(p, count) ? (enum ql_three)(p->value[count] < 100) : V(rai) == rai ? QL_YES : QL_UNSURE;
}

enum ql_three ql_treatment_indication(const struct ql_profile *p, const char **why)
{
	const struct {
		enum ql_three met;
		const char *what;
	} item[] = {
		{KNOWN(autoimmune_cytopenia) ? (enum ql_three)(V(autoimmune_cytopenia) == 3) : QL_NO,
		 "an autoimmune cytopenia that steroids do not hold"},
		{failing_marrow(p, QL_PF_hb, 3), "haemoglobin below 100 g/L"},
		{failing_marrow(p, QL_PF_platelets, 4), "platelets below 100e9/L"},
		{KNOWN(symptoms) ? (enum ql_three)(V(symptoms) == 1) : QL_UNSURE, "constitutional symptoms"},
		{KNOWN(node) ? (enum ql_three)(V(node) >= 10) : QL_UNSURE, "nodes of 10 cm or more"},
		{KNOWN(spleen) ? (enum ql_three)(V(spleen) >= 19) : QL_UNSURE, "spleen 6 cm below the costal margin (taken as 19 cm)"},
		{KNOWN(ldt) ? (enum ql_three)(V(ldt) < 6 && !(V(alc) < 30)) : QL_UNSURE, "lymphocytes double in less than 6 months"},
		{KNOWN(binet) && V(autoimmune_cytopenia) != 2 ? (enum ql_three)(V(binet) == 2) : QL_NO, "Binet stage C"},
	};
	const char *unknown = NULL;
	for (size_t i = 0; i < sizeof item / sizeof *item; i++) {
		if (item[i].met == QL_YES) {
			*why = item[i].what;
			return QL_YES;
		}
		if (item[i].met == QL_UNSURE && !unknown)
			unknown = item[i].what;
	}
	*why = unknown ? unknown
	     : V(autoimmune_cytopenia) == 2 ? "none of the iwCLL items is met; the autoimmune cytopenia is treated first, not the CLL"
					    : "none of the iwCLL items is met";
	return unknown ? QL_UNSURE : QL_NO;
}

static bool line_has(const struct ql_prior_line *l, const char *word)
{
	for (int i = 0; i < l->n_word; i++)
		if (strcmp(l->word[i], word) == 0)
			return true;
	return false;
}

bool ql_profile_treated(const struct ql_profile *p)
{
	return p->n_line > 0 || (!p->lines_known && (V(btk_mutation) > 0 || V(bcl2_mutation) > 0));
}

bool ql_profile_had(const struct ql_profile *p, const char *word)
{
	if (!p->lines_known && ((V(btk_mutation) > 0 && strcmp(word, "BTK inhibitor") == 0) ||
				(V(bcl2_mutation) > 0 && strcmp(word, "BCL2 inhibitor") == 0)))
		return true;
	for (int i = 0; i < p->n_line; i++)
		if (line_has(&p->line[i], word))
			return true;
	return false;
}

static bool ended_by(const struct ql_profile *p, const char *word, enum ql_line_end how)
{
	for (int i = 0; i < p->n_line; i++)
		if (p->line[i].ended == how && line_has(&p->line[i], word))
			return true;
	return false;
}

bool ql_profile_progressed_on(const struct ql_profile *p, const char *word) { return ended_by(p, word, QL_ENDED_PROGRESSION); }
bool ql_profile_intolerant_of(const struct ql_profile *p, const char *word) { return ended_by(p, word, QL_ENDED_TOXICITY); }

double ql_profile_remission_after(const struct ql_profile *p, const char *word)
{
	for (int i = p->n_line; i-- > 0;)
		if (line_has(&p->line[i], word))
			return p->line[i].remission_months;
	return NAN;
}

/* --- covariates --- */

static void fix(const struct ql_model *m, double *covariate, const char *name, double x, const struct ql_profile *p,
		enum ql_profile_field f, struct ql_diags *ds)
{
	int q = ql_population_find(m, name, 1u << QL_COVARIATE);
	if (isnan(x) || q < 0)
		return;
	double inside = fmin(fmax(x, m->q[q].lo), m->q[q].hi);
	if (inside < x || inside > x) {
		char text[32];
		struct ql_span at = p->span[f].file ? p->span[f] : (struct ql_span){"command line", 0, 0, 0};
		struct ql_diag *d = ql_diag_add(ds, QL_E0527, at, "`%s` is beyond what the model accepts", ql_profile_def[f].name);
		ql_diag_help(d, "%s is used", ql_format_double(inside, text));
	}
	covariate[q] = inside;
}

static double body_surface(double weight_kg, double height_cm) /* Mosteller 1987, NEJM 317:1098 */
{
	return sqrt(weight_kg * height_cm / 3600.0);
}

static double yes_no(enum ql_three x) { return x == QL_UNSURE ? NAN : (double)(x == QL_YES); }

static void fix_history(const struct ql_profile *p, const struct ql_model *m, double *c, struct ql_diags *ds)
{
	if (!p->lines_known)
		return;
	bool refractory = false;
	for (int i = 0; i < p->n_line; i++)
		refractory |= p->line[i].ended == QL_ENDED_PROGRESSION && line_has(&p->line[i], "chemotherapy");
	fix(m, c, "relapsed", p->n_line > 0, p, QL_PF_age, ds);
	fix(m, c, "prior_lines", p->n_line, p, QL_PF_age, ds);
	fix(m, c, "chemo_refractory", refractory, p, QL_PF_age, ds);
	bool btk = V(btk_mutation) > 0, covalent = ql_profile_progressed_on(p, "ibrutinib") ||
		   ql_profile_progressed_on(p, "acalabrutinib") || ql_profile_progressed_on(p, "zanubrutinib");
	fix(m, c, "btki_failed", btk || covalent, p, QL_PF_btk_mutation, ds);
	fix(m, c, "bcl2i_failed", V(bcl2_mutation) > 0 || ql_profile_progressed_on(p, "BCL2 inhibitor"), p, QL_PF_bcl2_mutation, ds);
}

void ql_profile_covariates(const struct ql_profile *p, const struct ql_model *m, double *c, struct ql_diags *ds)
{
	for (int i = 0; i < m->n_q; i++)
		c[i] = NAN;
	fix(m, c, "age", V(age), p, QL_PF_age, ds);
	fix(m, c, "male", V(sex), p, QL_PF_sex, ds);
	fix(m, c, "weight", V(weight), p, QL_PF_weight, ds);
	fix(m, c, "bsa", body_surface(V(weight), V(height)), p, QL_PF_height, ds);
	fix(m, c, "crcl", V(crcl), p, QL_PF_crcl, ds);
	fix(m, c, "ighv_u", V(ighv), p, QL_PF_ighv, ds);
	fix(m, c, "tp53", yes_no(ql_tp53_aberrant(p)), p, QL_PF_tp53, ds);
	fix(m, c, "alc0", V(alc), p, QL_PF_alc, ds);
	/* six target nodes of one mean diameter; the largest is taken as 1.3 times that (assumed) */
	fix(m, c, "spd0", 6 * (V(node) / 1.3) * (V(node) / 1.3), p, QL_PF_node, ds);
	fix(m, c, "spleen0", V(spleen), p, QL_PF_spleen, ds);
	fix(m, c, "marrow0", V(marrow), p, QL_PF_marrow, ds);
	fix(m, c, "ldt", V(ldt), p, QL_PF_ldt, ds);
	fix(m, c, "igg0", V(igg), p, QL_PF_igg, ds);
	fix(m, c, "anc0", V(anc), p, QL_PF_anc, ds);
	fix(m, c, "hb0", V(hb), p, QL_PF_hb, ds);
	fix(m, c, "plt0", V(platelets), p, QL_PF_platelets, ds);
	fix(m, c, "prior_af", V(atrial_fibrillation), p, QL_PF_atrial_fibrillation, ds);
	fix(m, c, "heart_failure", KNOWN(heart_failure) ? (double)(V(heart_failure) > 0) : NAN, p, QL_PF_heart_failure, ds);
	fix_history(p, m, c, ds);
}

const char *ql_profile_population(const struct ql_profile *p)
{
	const char *why;
	if (ql_profile_treated(p)) {
		bool both = ql_profile_had(p, "BTK inhibitor") && ql_profile_had(p, "BCL2 inhibitor");
		return both && p->n_line >= 2 ? "cellular" : "relapsed";
	}
	if (ql_treatment_indication(p, &why) == QL_NO)
		return "early";
	bool fit = KNOWN(age) && V(age) <= 65 && !(V(cirs) > 6) && !(V(crcl) < 70);
	return fit ? "fit-1l" : "unfit-1l";
}
