/* SPDX-License-Identifier: Apache-2.0 */
#include "study/adam.h"
#include "study/trial_private.h"
#include "trial/rules.h"
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum data_set { ADSL, ADTTE, ADRS, ADAE, ADLB, DATA_SETS };
static const char *const file_name[DATA_SETS] = {"adsl.csv", "adtte.csv", "adrs.csv", "adae.csv", "adlb.csv"};

struct visit { /* one row set of ADLB */
	uint64_t patient;
	float day;
	float lab[8];
};

struct ql_adam {
	const struct ql_trial *t;
	struct ql_out_file file[DATA_SETS];
	int n_open;
	struct ql_buf row;
	pthread_mutex_t lock;
	struct visit *visit;
	size_t n_visit, cap_visit;
	bool lost; /* a visit found no memory */
};

static const char header_adsl[] = "STUDYID,USUBJID,SUBJID,TRT01P,TRT01PN,STRATUM,AGE,SEX,TP53,IGHVU,RANDDY,TRTEDY,EOSDY,DTHFL,"
				  "DTHDY,NLINES,NXTTRT,SOLVEFL\n";
static const char header_adtte[] = "STUDYID,USUBJID,TRT01P,TRT01PN,STRATUM,PARAMCD,PARAM,AVAL,AVALU,CNSR,EVNTDESC\n";
static const char header_adrs[] = "STUDYID,USUBJID,TRT01P,TRT01PN,PARAMCD,PARAM,ADY,AVALC,AVAL\n";
static const char header_adae[] = "STUDYID,USUBJID,TRT01P,TRT01PN,AEDECOD,ASTDY,AETOXGR,AESER,AETERM\n";
static const char header_adlb[] = "STUDYID,USUBJID,TRT01P,TRT01PN,PARAMCD,PARAM,ADY,AVAL,AVALU\n";

static const char *const response_code[] = {"NE", "PD", "SD", "PR-L", "PR", "nPR", "CRi", "CR"};

/* --- writing --- */

static void put(struct ql_adam *a, enum data_set s)
{
	ql_out_write(&a->file[s], a->row.data, a->row.len);
	a->row.len = 0;
}

/* A cell of text; quoted where it must be. */
static void cell(struct ql_buf *b, const char *s)
{
	if (!strpbrk(s, ",\"\n\r")) {
		ql_buf_puts(b, s);
		return;
	}
	ql_buf_puts(b, "\"");
	for (; *s; s++) {
		if (*s == '"')
			ql_buf_puts(b, "\"");
		ql_buf_add(b, s, 1);
	}
	ql_buf_puts(b, "\"");
}

static void id(struct ql_adam *a, uint64_t patient)
{
	cell(&a->row, a->t->info.id);
	ql_buf_puts(&a->row, ",");
	cell(&a->row, a->t->info.id);
	ql_buf_printf(&a->row, "-%07" PRIu64 ",", patient + 1);
}

static void arm(struct ql_adam *a, const struct ql_patient_record *r)
{
	cell(&a->row, a->t->info.arm[r->arm]);
	ql_buf_printf(&a->row, ",%d,", r->arm + 1);
}

/* Study day of ADaM: the first day is 1, and what happens within a day belongs to it. */
static int study_day(double day) { return day > 0.0 ? (int)ceil(day) : 1; }

static void day_or_empty(struct ql_adam *a, float day, const char *end)
{
	if (day < INFINITY)
		ql_buf_printf(&a->row, "%d", study_day(day));
	ql_buf_puts(&a->row, end);
}

/* --- one patient --- */

static double covariate(const struct ql_adam *a, const char *name, double missing)
{
	int q = ql_trial_quantity(a->t->job.model, name, 1u << QL_COVARIATE);
	return q < 0 ? missing : a->t->v.q[q];
}

static void add_adsl(struct ql_adam *a, uint64_t replicate, uint64_t patient, const struct ql_patient_record *r)
{
	const struct ql_trial *t = a->t;
	/* The trial's scratch values hold one patient at a time. */
	struct ql_values *v = (struct ql_values *)&t->v;
	ql_population_draw(&t->job.population, t->job.model, t->spec.seed, ql_trial_patient(replicate, patient),
			   t->job.covariate, v);
	id(a, patient);
	ql_buf_printf(&a->row, "%07" PRIu64 ",", patient + 1);
	arm(a, r);
	cell(&a->row, t->info.stratum[r->stratum]);
	ql_buf_printf(&a->row, ",%.0f,%s,%d,%d,%d,", floor(covariate(a, "age", NAN)),
		      covariate(a, "male", 1.0) > 0.5 ? "M" : "F", r->tp53, r->ighv_u,
		      study_day(ql_trial_entry_day(t, replicate, patient)));
	day_or_empty(a, r->end_day, ",");
	day_or_empty(a, r->last_day, ",");
	ql_buf_puts(&a->row, r->death_day < INFINITY ? "Y," : "N,");
	day_or_empty(a, r->death_day, ",");
	ql_buf_printf(&a->row, "%d,", r->n_line);
	if (r->n_line > 0 && t->job.has_next && r->line[0] > 0 && r->line[0] <= t->job.next.n_regimen)
		cell(&a->row, t->job.next.regimen[r->line[0] - 1].name);
	else if (r->n_line > 0)
		ql_buf_puts(&a->row, "crossover");
	ql_buf_puts(&a->row, r->status == QUELL_OK ? ",Y\n" : ",N\n");
	put(a, ADSL);
}

static void tte(struct ql_adam *a, uint64_t patient, const struct ql_patient_record *r, const char *code, const char *param,
		int days, bool event, const char *description)
{
	id(a, patient);
	arm(a, r);
	cell(&a->row, a->t->info.stratum[r->stratum]);
	ql_buf_printf(&a->row, ",%s,%s,%d,DAYS,%d,%s\n", code, param, days, event ? 0 : 1, event ? description : "CENSORED");
	put(a, ADTTE);
}

static const char *pfs_event(const struct ql_patient_record *r)
{
	return r->pfs_cause == QL_PFS_DEATH ? "DEATH" : r->pfs_cause == QL_PFS_RICHTER ? "RICHTER TRANSFORMATION" : "PROGRESSION";
}

static void add_adtte(struct ql_adam *a, uint64_t patient, const struct ql_patient_record *r)
{
	static const char *const param[] = {"Progression-free survival", "Overall survival", "Time to next treatment or death"};
	static const char *const code[] = {"PFS", "OS", "TTNT"};
	bool event;
	int days;
	for (int what = 0; what < (a->t->job.has_next ? QL_TRIAL_TIMES : 1); what++)
		if (ql_trial_event(r, (enum ql_trial_time)what, &days, &event))
			tte(a, patient, r, code[what], param[what], days, event,
			    what == QL_TIME_PFS ? pfs_event(r) : what == QL_TIME_OS || !(r->next_day <= r->death_day) ? "DEATH" : "NEXT TREATMENT");
	bool ended = r->pfs_day < INFINITY;
	double end = ended ? r->pfs_day : r->follow_day, first = fmin(r->pfs_day, fmin(r->next_day, r->death_day));
	bool failed = first < INFINITY;
	tte(a, patient, r, "EFS", "Event-free survival", study_day(failed ? first : r->last_day), failed,
	    first == r->pfs_day ? pfs_event(r) : first == r->next_day ? "NEXT TREATMENT" : "DEATH");
	if (r->response_day < INFINITY) {
		tte(a, patient, r, "TTR", "Time to response", study_day(r->response_day), true, "RESPONSE");
		tte(a, patient, r, "DOR", "Duration of response", study_day(end - r->response_day), ended, pfs_event(r));
	}
	bool worse = r->deterioration_day < INFINITY;
	if (a->t->job.has_next)
		tte(a, patient, r, "TTD", "Time to lasting deterioration", study_day(worse ? r->deterioration_day : r->last_day), worse, "DETERIORATION");
}

static void response(struct ql_adam *a, uint64_t patient, const struct ql_patient_record *r, const char *code,
		     const char *param, double day, int value)
{
	id(a, patient);
	arm(a, r);
	ql_buf_printf(&a->row, "%s,%s,", code, param);
	if (day > 0.0 && day < INFINITY)
		ql_buf_printf(&a->row, "%d", study_day(day));
	ql_buf_printf(&a->row, ",%s,%d\n", response_code[value <= QL_RESP_CR ? value : 0], value);
	put(a, ADRS);
}

static void mrd(struct ql_adam *a, uint64_t patient, const struct ql_patient_record *r, const char *code, const char *param,
		double day, float value)
{
	char text[32];
	if (isnan(value))
		return;
	id(a, patient);
	arm(a, r);
	ql_buf_printf(&a->row, "%s,%s,%d,%s,%s\n", code, param, study_day(day), value < (float)QL_MRD_UNDETECTABLE ? "UNDETECTABLE" : "DETECTABLE",
		      ql_format_double(value, text));
	put(a, ADRS);
}

static void add_adrs(struct ql_adam *a, uint64_t patient, const struct ql_patient_record *r)
{
	const struct ql_trial *t = a->t;
	double day = t->job.design.response_day > 0.0 ? t->job.design.response_day
						      : t->job.arm[t->first_arm[r->arm]].regimen.response_day;
	response(a, patient, r, "OVRLRESP", "Response at the planned assessment (iwCLL 2018)", day, r->response);
	response(a, patient, r, "BOR", "Best response that held (iwCLL 2018)", r->best >= QL_RESP_PR_L ? r->response_day : NAN, r->best);
	if (r->cr_day < INFINITY)
		response(a, patient, r, "CR", "Complete response that held (iwCLL 2018)", r->cr_day, r->best);
	mrd(a, patient, r, "MRDPB", "MRD in blood at the planned assessment", day, r->mrd_blood_eot);
	mrd(a, patient, r, "MRDBM", "MRD in marrow at the planned assessment", day, r->mrd_marrow_eot);
}

static void adverse(struct ql_adam *a, uint64_t patient, const struct ql_patient_record *r, const char *event, double day,
		    int grade, bool serious, const char *note)
{
	id(a, patient);
	arm(a, r);
	ql_buf_printf(&a->row, "%s,", event);
	if (day < INFINITY)
		ql_buf_printf(&a->row, "%d", study_day(day));
	ql_buf_puts(&a->row, ",");
	if (grade > 0)
		ql_buf_printf(&a->row, "%d", grade);
	ql_buf_printf(&a->row, ",%s,%s\n", serious ? "Y" : "N", note);
	put(a, ADAE);
}

static void add_adae(struct ql_adam *a, uint64_t patient, const struct ql_patient_record *r)
{
	if (r->n_infection > 0)
		for (int i = 0; i < r->n_infection; i++) /* the record keeps the day of the first and the number */
			adverse(a, patient, r, "Infection", i ? INFINITY : r->infection_day, 3, true, i ? "later severe infection" : "first severe infection");
	if (r->anc_nadir < (float)QL_ANC_GRADE3)
		adverse(a, patient, r, "Neutropenia", r->neutropenia_day, r->anc_nadir < 0.5f ? 4 : 3, false, "first count of grade 3 on treatment; grade of the lowest");
	if (r->af_day < INFINITY)
		adverse(a, patient, r, "Atrial fibrillation", r->af_day, 0, false, "first");
	if (r->spm_day < INFINITY)
		adverse(a, patient, r, "Second malignancy", r->spm_day, 0, true, "first");
	if (r->richter_day < INFINITY)
		adverse(a, patient, r, "Richter transformation", r->richter_day, 0, true, "");
	if (r->crs_grade > 0)
		adverse(a, patient, r, "Cytokine release syndrome", r->crs_day, r->crs_grade, r->crs_grade >= 3, "ASTCT");
	if (r->icans_grade > 0)
		adverse(a, patient, r, "Neurotoxicity (ICANS)", r->icans_day, r->icans_grade, r->icans_grade >= 3, r->icans_grade >= 3 ? "ASTCT 3 or 4" : "ASTCT 1 or 2");
	if (r->irr_g3)
		adverse(a, patient, r, "Infusion related reaction", r->irr_day, 3, true, "first infusion");
	if (r->tls)
		adverse(a, patient, r, "Tumour lysis syndrome", r->tls_day, 3, true, "laboratory");
	if (r->tox_day < INFINITY)
		adverse(a, patient, r, "Drug stopped for toxicity", r->tox_day, 0, false, "");
}

/* --- visits --- */

void ql_adam_visit(void *ctx, uint64_t patient, double day, const double *lab)
{
	struct ql_adam *a = ctx;
	pthread_mutex_lock(&a->lock);
	if (a->n_visit == a->cap_visit) {
		size_t cap = a->cap_visit ? 2 * a->cap_visit : 4096;
		struct visit *v = realloc(a->visit, cap * sizeof *v);
		if (!v) {
			a->lost = true;
			pthread_mutex_unlock(&a->lock);
			return;
		}
		a->visit = v;
		a->cap_visit = cap;
	}
	struct visit *v = &a->visit[a->n_visit++];
	v->patient = patient;
	v->day = (float)day;
	for (int i = 0; i < ql_trial_lab_count; i++)
		v->lab[i] = (float)lab[i];
	pthread_mutex_unlock(&a->lock);
}

static int by_patient(const void *x, const void *y)
{
	const struct visit *a = x, *b = y;
	if (a->patient != b->patient)
		return a->patient < b->patient ? -1 : 1;
	return (a->day > b->day) - (a->day < b->day);
}

static void add_adlb(struct ql_adam *a, uint64_t first, uint64_t n, const struct ql_patient_record *record)
{
	char text[32];
	qsort(a->visit, a->n_visit, sizeof *a->visit, by_patient);
	for (size_t i = 0; i < a->n_visit; i++) {
		const struct visit *v = &a->visit[i];
		const struct ql_patient_record *r = v->patient >= first && v->patient < first + n ? &record[v->patient - first] : NULL;
		for (int k = 0; r && v->day <= r->follow_day && k < ql_trial_lab_count; k++) {
			if (isnan(v->lab[k]))
				continue;
			id(a, v->patient);
			arm(a, r);
			ql_buf_printf(&a->row, "%s,%s,%d,%s,%s\n", ql_trial_lab[k].code, ql_trial_lab[k].title, study_day(v->day),
				      ql_format_double((double)v->lab[k], text), ql_trial_lab[k].unit);
			put(a, ADLB);
		}
	}
	a->n_visit = 0;
}

/* --- all of them --- */

void ql_adam_add(struct ql_adam *a, uint64_t replicate, uint64_t first, uint64_t n, const struct ql_patient_record *record)
{
	for (uint64_t i = 0; i < n; i++) {
		add_adsl(a, replicate, first + i, &record[i]);
		if (record[i].status != QUELL_OK)
			continue;
		add_adtte(a, first + i, &record[i]);
		add_adrs(a, first + i, &record[i]);
		add_adae(a, first + i, &record[i]);
	}
	add_adlb(a, first, n, record);
}

enum quell_status ql_adam_open(const struct ql_trial *t, const char *dir, struct ql_diags *ds, struct ql_adam **out)
{
	static const char *const headers[DATA_SETS] = {header_adsl, header_adtte, header_adrs, header_adae, header_adlb};
	*out = NULL;
	if (t->info.n_total > QL_ADAM_MOST) {
		ql_diag_help(ql_diag_add(ds, QL_E0671, (struct ql_span){"command line", 0, 0, 0}, "data sets of %" PRIu64 " patients", t->info.n_total),
			     "ask for at most 1000000 patients, or leave `--adam` out");
		return QUELL_ERR_INPUT;
	}
	struct ql_adam *a = ql_realloc(NULL, 1, sizeof *a);
	*a = (struct ql_adam){.t = t};
	pthread_mutex_init(&a->lock, NULL);
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < DATA_SETS && s == QUELL_OK; i++) {
		char *path = ql_arena_printf(&((struct ql_trial *)t)->scratch, "%s/%s", dir, file_name[i]);
		s = ql_out_open(&a->file[i], path, ds);
		a->n_open += s == QUELL_OK;
		if (s == QUELL_OK)
			ql_out_write(&a->file[i], headers[i], strlen(headers[i]));
	}
	if (s == QUELL_OK)
		*out = a;
	else
		ql_adam_free(a);
	return s;
}

enum quell_status ql_adam_commit(struct ql_adam *a, struct ql_diags *ds)
{
	enum quell_status s = a->lost ? QUELL_ERR_MEMORY : QUELL_OK;
	for (int i = 0; i < a->n_open && s == QUELL_OK; i++) {
		s = ql_out_commit(&a->file[i], ds);
		a->file[i] = (struct ql_out_file){0};
	}
	return s;
}

void ql_adam_free(struct ql_adam *a)
{
	if (!a)
		return;
	for (int i = 0; i < a->n_open; i++)
		if (a->file[i].f || a->file[i].temp)
			ql_out_abandon(&a->file[i]);
	ql_buf_free(&a->row);
	free(a->visit);
	pthread_mutex_destroy(&a->lock);
	ql_free(a);
}
