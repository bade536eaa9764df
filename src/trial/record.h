/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trial keeps of one patient: plain bytes with a fixed layout, no
 * pointers, so that records can be saved, sent and merged as they are.
 * QL_RECORD_VERSION changes whenever the layout or a meaning does.
 *
 * Days count from the start of treatment (randomisation). INFINITY: did not
 * happen while observed. NaN: was not read. Float where a double says nothing
 * more.
 */
#ifndef QL_TRIAL_RECORD_H
#define QL_TRIAL_RECORD_H

#include <stdint.h>

#define QL_RECORD_VERSION 4u

enum ql_pfs_cause { QL_PFS_CENSORED, QL_PFS_PROGRESSION, QL_PFS_DEATH, QL_PFS_RICHTER };
/* In the order of iwCLL 2018; nPR: all of CR but nodules in the marrow; CRi: all but blood counts. */
enum ql_response {
	QL_RESP_NE,
	QL_RESP_PD,
	QL_RESP_SD,
	QL_RESP_PR_L,
	QL_RESP_PR,
	QL_RESP_NPR,
	QL_RESP_CRI,
	QL_RESP_CR
};
/* What the protocol did, as bits of `acts`. */
enum ql_act {
	QL_ACT_HOLD = 1,
	QL_ACT_REDUCE = 2,
	QL_ACT_GCSF = 4,
	QL_ACT_IVIG = 8,
	QL_ACT_TOCILIZUMAB = 16,
	QL_ACT_STEROID = 32,
	QL_ACT_MRD_STOP = 64,
	QL_ACT_OTHER = 128
};

#define QL_MAX_NEXT_LINES 4
#define QL_QUALITY_N 3 /* scales of trial/quality.h */

struct ql_patient_record {
	float pfs_day;       /* progression, death or Richter transformation, whichever is first, on the first line */
	float follow_day;    /* end of the first line: the same event, or the horizon */
	float death_day;     /* any cause, whole follow-up */
	float last_day;      /* end of follow-up: death or the horizon */
	float next_day;      /* start of the next line */
	float pfs2_day;      /* progression on the next line, or death after its start */
	float richter_day;   /* whole follow-up */
	float end_day;       /* last dose or level above 0 of the first line; follow_day if it went on */
	/* first line only, like everything below unless it says otherwise */
	float infection_day, af_day, spm_day; /* first of each */
	float tox_day;       /* stop for toxicity */
	float response_day;  /* first visit of a response (PR-L or better) that held */
	float cr_day;        /* the same for CR or CRi */
	float crs_day;       /* first cytokine release of any grade */
	float icans_day;     /* first neurotoxicity of any grade */
	float irr_day, tls_day; /* severe infusion reaction; laboratory tumour lysis */
	float neutropenia_day; /* first count of grade 3 or worse, on treatment */
	float anc_nadir;     /* 1e9/L, on treatment (trial/rules.h) */
	float mrd_blood_eot, mrd_marrow_eot; /* share with assay noise at the regimen's response_day */
	float mrd_blood_low; /* lowest at a visit */
	float deterioration_day; /* utility lower than at the start by QL_UTILITY_STEP for good; whole follow-up */
	float qaly;          /* quality-adjusted years over the whole follow-up, discounted */
	float life_years;    /* the same without quality */
	float quality_start[QL_QUALITY_N], quality_mean[QL_QUALITY_N]; /* scores at the start; mean of the first five years alive */
	float worse_day[QL_QUALITY_N]; /* score worse than at the start by what matters, for good, or death */
	uint8_t pfs_cause;   /* enum ql_pfs_cause */
	uint8_t response;    /* enum ql_response at response_day; PD if earlier, NE if dead or not judged */
	uint8_t best;        /* best response that held, or PD */
	uint8_t status;      /* enum quell_status of the solve; interrupted = not finished */
	uint8_t tp53, ighv_u;
	uint8_t n_infection; /* severe infections */
	uint8_t last_cycle;  /* last cycle given, 0 = none missed */
	uint8_t crs_grade, icans_grade; /* ASTCT 0..4; ICANS 1 stands for grades 1 and 2, 3 for 3 and 4 */
	uint8_t irr_g3, tls; /* severe infusion reaction; laboratory tumour lysis */
	uint8_t n_hold, n_reduced; /* doses held, steps down */
	uint8_t acts;        /* bits of enum ql_act */
	uint8_t n_line;      /* lines begun after the first */
	uint8_t line[QL_MAX_NEXT_LINES]; /* 1 + number of the regimen in the table of next lines */
	uint8_t arm, stratum; /* of a trial; 0 in a comparison */
	uint8_t spare[2];
};

_Static_assert(sizeof(struct ql_patient_record) == 164, "records are saved: a new layout needs a new QL_RECORD_VERSION");

/* Nothing happened, nothing was read, not finished. */
struct ql_patient_record ql_record_blank(void);
/* The same patient seen until `day` only (data cut, loss to follow-up): what came later did not happen while observed,
 * and a response or MRD that was judged later was not. Quality-adjusted years are left as they are. */
void ql_record_censor(struct ql_patient_record *r, double day, double response_day);

#endif
