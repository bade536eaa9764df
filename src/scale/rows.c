/* SPDX-License-Identifier: Apache-2.0 */
#include "scale/rows.h"
#include "base/pack.h"
#include "compare/job.h"
#include "trial/rules.h"
#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { N_AXIS = 6 }; /* columns of the table patient_course, in the order of ql_course_axis */

/* --- on the rank that simulates --- */

static int day_index(const struct ql_rows *r, double day)
{
	int lo = 0, hi = r->n_day - 1;
	while (lo < hi) {
		int mid = (lo + hi) / 2;
		if (r->day[mid] < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return r->n_day > 0 && r->day[lo] == day ? lo : -1;
}

static float *cell(const struct ql_rows *r, int arm, uint64_t i, int day)
{
	return r->value + (((uint64_t)arm * r->n + i) * (uint64_t)r->n_day + (uint64_t)day) * N_AXIS;
}

/* Each patient has cells of its own, so threads do not meet. */
static void observe(void *ctx, int arm, uint64_t patient, double day, unsigned at, const double *out)
{
	struct ql_rows *r = ctx;
	int d = at & QL_READ_GRID ? day_index(r, day) : -1;
	if (d < 0)
		return;
	float *x = cell(r, arm, patient - r->first, d);
	for (int a = 0; a < N_AXIS; a++)
		if (r->names[arm].axis[a] >= 0)
			x[a] = (float)out[r->names[arm].axis[a]];
}

void ql_rows_open(struct ql_rows *r, struct ql_comparison *k, bool patients, bool courses)
{
	const struct ql_job *job = ql_comparison_job(k);
	*r = (struct ql_rows){.patients = patients, .courses = courses, .n_arm = job->n_shown};
	r->names = ql_realloc(NULL, (size_t)job->n_shown, sizeof *r->names);
	for (int i = 0; i < job->n_shown; i++)
		ql_trial_names_find(job->arm[i].plan, &r->names[i]);
	r->n_day = ql_course_grid(job->spec->years * QL_DAYS_PER_YEAR, r->day);
	if (courses)
		ql_comparison_observe(k, observe, r);
}

void ql_rows_free(struct ql_rows *r)
{
	ql_free(r->names);
	ql_free(r->value);
}

void ql_rows_begin(struct ql_rows *r, uint64_t first, uint64_t n)
{
	size_t cells = (size_t)r->n_arm * (size_t)n * (size_t)r->n_day * N_AXIS;
	r->first = first;
	r->n = n;
	if (!r->courses)
		return;
	if (cells > r->cap) {
		r->value = ql_realloc(r->value, cells, sizeof *r->value);
		r->cap = cells;
	}
	for (size_t i = 0; i < cells; i++)
		r->value[i] = NAN;
}

static void put_float(struct ql_buf *b, float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	const char byte[4] = {(char)u, (char)(u >> 8), (char)(u >> 16), (char)(u >> 24)};
	ql_buf_add(b, byte, 4);
}

void ql_rows_pack(const struct ql_rows *r, const struct ql_comparison *k, uint64_t first, uint64_t n, struct ql_buf *out)
{
	if (!r->patients && !r->courses)
		return;
	const uint64_t head[] = {QL_RECORD_VERSION, r->patients, r->courses, (uint64_t)r->n_arm, first, n,
				 (uint64_t)r->n_day};
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		ql_pack(out, head[i]);
	for (int d = 0; d < r->n_day; d++)
		put_float(out, (float)r->day[d]);
	for (int a = 0; a < r->n_arm && r->patients; a++)
		ql_buf_add(out, (const char *)ql_comparison_records(k, a), (size_t)n * sizeof(struct ql_patient_record));
	size_t cells = (size_t)r->n_arm * (size_t)n * (size_t)r->n_day * N_AXIS;
	for (size_t i = 0; i < cells && r->courses; i++)
		put_float(out, r->value[i]);
}

/* --- where they are written --- */

static float get_float(struct ql_unpack *u)
{
	float x = NAN;
	if (u->end - u->at < 4) {
		u->bad = true;
		return x;
	}
	uint32_t bits = u->at[0] | (uint32_t)u->at[1] << 8 | (uint32_t)u->at[2] << 16 | (uint32_t)u->at[3] << 24;
	u->at += 4;
	memcpy(&x, &bits, sizeof x);
	return x;
}

/* Not happened and not measured are NULL; the shortest decimal of a float is what people would write. */
static void bind_float(sqlite3_stmt *q, int i, float x)
{
	if (isfinite(x))
		sqlite3_bind_double(q, i, (double)x);
	else
		sqlite3_bind_null(q, i);
}

/* The place after them. */
static int bind_floats(sqlite3_stmt *q, int at, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bind_float(q, at++, x[i]);
	return at;
}

static const char *const cause_text[] = {"censored", "progression", "death", "richter"};
static const char *const response_text[] = {"NE", "PD", "SD", "PR-L", "PR", "nPR", "CRi", "CR"};
/* By bit of enum ql_act. */
static const char *const act_text[] = {"hold", "reduce", "G-CSF", "IVIG", "tocilizumab", "steroid", "MRD stop", "other"};
#define COUNT(list) (sizeof(list) / sizeof *(list))
#define WORD(list, code) ((size_t)(code) < COUNT(list) ? (list)[code] : NULL)

/* "hold, G-CSF"; nothing done: "". */
static const char *act_words(unsigned acts, char text[80])
{
	*text = 0;
	for (size_t i = 0; i < COUNT(act_text); i++)
		if (acts & 1u << i) {
			strcat(text, *text ? ", " : "");
			strcat(text, act_text[i]);
		}
	return text;
}

static enum quell_status keep_patient(struct ql_unpack *u, struct ql_store *s, int64_t run, int arm, uint64_t patient)
{
	struct ql_patient_record r;
	if ((size_t)(u->end - u->at) < sizeof r) {
		u->bad = true;
		return QUELL_ERR_INTERNAL;
	}
	memcpy(&r, u->at, sizeof r);
	u->at += sizeof r;
	return ql_rows_put_patient(s, run, arm, patient, &r);
}

enum quell_status ql_rows_put_patient(struct ql_store *s, int64_t run, int arm, uint64_t patient,
				      const struct ql_patient_record *r)
{
	sqlite3_stmt *q = ql_store_sql(s, "INSERT INTO patient VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
					  "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
	const float real[] = {r->pfs_day, r->follow_day, r->death_day, r->last_day, r->next_day, r->pfs2_day, r->richter_day,
			      r->end_day, r->infection_day, r->af_day, r->spm_day, r->tox_day, r->response_day, r->cr_day,
			      r->crs_day, r->anc_nadir, r->mrd_blood_eot, r->mrd_marrow_eot, r->mrd_blood_low,
			      r->deterioration_day, r->qaly, r->life_years};
	const int whole[] = {r->tp53, r->ighv_u, r->n_infection, r->last_cycle, r->crs_grade, r->icans_grade, r->irr_g3, r->tls,
			     r->n_hold, r->n_reduced, r->n_line, r->stratum};
	const float more[] = {r->icans_day, r->irr_day, r->tls_day, r->neutropenia_day}; /* since layout 3 */
	const char *word[] = {r->status == QUELL_OK ? "ok" : "failed", WORD(cause_text, r->pfs_cause),
			      WORD(response_text, r->response), WORD(response_text, r->best)};
	char acts[80];
	if (!q)
		return QUELL_ERR_IO;
	sqlite3_bind_int64(q, 1, run);
	sqlite3_bind_int(q, 2, arm);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)patient);
	int at = 4;
	for (size_t i = 0; i < COUNT(word); i++)
		sqlite3_bind_text(q, at++, word[i], -1, SQLITE_STATIC);
	at = bind_floats(q, at, real, COUNT(real));
	for (size_t i = 0; i < COUNT(whole); i++)
		sqlite3_bind_int(q, at++, whole[i]);
	at = bind_floats(q, at, more, COUNT(more));
	at = bind_floats(q, at, r->quality_start, QL_QUALITY_N);
	at = bind_floats(q, at, r->quality_mean, QL_QUALITY_N);
	at = bind_floats(q, at, r->worse_day, QL_QUALITY_N);
	sqlite3_bind_text(q, at, act_words(r->acts, acts), -1, SQLITE_TRANSIENT);
	return ql_store_step(s, q, "store patients");
}

static enum quell_status keep_day(struct ql_unpack *u, struct ql_store *s, int64_t run, int arm, uint64_t patient, float day)
{
	sqlite3_stmt *q = ql_store_sql(s, "INSERT INTO patient_course(run, arm, patient, day, alc, spd, marrow_fraction, "
					  "mrd_blood, igg, anc) VALUES(?,?,?,?,?,?,?,?,?,?)");
	float x[N_AXIS];
	bool any = false;
	for (int a = 0; a < N_AXIS; a++) {
		x[a] = get_float(u);
		any = any || !isnan(x[a]);
	}
	if (!any) /* not followed any more */
		return QUELL_OK;
	if (!q)
		return QUELL_ERR_IO;
	sqlite3_bind_int64(q, 1, run);
	sqlite3_bind_int(q, 2, arm);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)patient);
	sqlite3_bind_double(q, 4, (double)day);
	for (int a = 0; a < N_AXIS; a++)
		bind_float(q, 5 + a, x[a]);
	return ql_store_step(s, q, "store courses");
}

enum quell_status ql_rows_keep(const void *data, size_t size, struct ql_store *s, int64_t run)
{
	const unsigned char *at = data;
	struct ql_unpack u = {at, at + size, false};
	uint64_t version = ql_unpack(&u), patients = ql_unpack(&u), courses = ql_unpack(&u), n_arm = ql_unpack(&u), first = ql_unpack(&u),
		 n = ql_unpack(&u), n_day = ql_unpack(&u);
	float day[QL_COURSE_MAX_DAYS];
	enum quell_status status = u.bad || version != QL_RECORD_VERSION || n_day > QL_COURSE_MAX_DAYS ? QUELL_ERR_INTERNAL : QUELL_OK;
	for (uint64_t d = 0; status == QUELL_OK && d < n_day; d++)
		day[d] = get_float(&u);
	for (uint64_t a = 0; patients && a < n_arm; a++)
		for (uint64_t i = 0; i < n && status == QUELL_OK; i++)
			status = keep_patient(&u, s, run, (int)a, first + i);
	for (uint64_t a = 0; courses && a < n_arm; a++)
		for (uint64_t i = 0; i < n && status == QUELL_OK; i++)
			for (uint64_t d = 0; d < n_day && status == QUELL_OK; d++)
				status = keep_day(&u, s, run, (int)a, first + i, day[d]);
	return status == QUELL_OK && (u.bad || u.at != u.end) ? QUELL_ERR_INTERNAL : status;
}
