/* SPDX-License-Identifier: Apache-2.0 */
/* One arm at work: shared run, one worker per thread, one live patient per lane. */
#ifndef QL_TRIAL_ARM_PRIVATE_H
#define QL_TRIAL_ARM_PRIVATE_H

#include "trial/arm.h"
#include "trial/assess.h"
#include "trial/course.h"
#include "trial/names.h"
#include "trial/protocol.h"
#include "trial/quality.h"
#include <pthread.h>
#include <stdatomic.h>

/* Patients whose first lines run together; what follows runs in passes over the same block, so that memory for patients
 * between two lines stays within it. */
#define QL_ARM_BLOCK 8192u

/* A patient between two lines: everything that is not a pure function of seed and number. */
struct ql_carry {
	uint64_t index;               /* of the record */
	const struct ql_plan *plan;   /* whose states y are */
	const struct ql_planned *to;  /* found between the passes */
	double t, start_day;          /* progression, next treatment */
	double next_regular;          /* visit */
	double last_infection;
	uint8_t n_infection;
	struct ql_reading baseline;   /* of the trial */
	double cells_left, lineages_left; /* wild type relative to the start */
	bool refractory;              /* to chemotherapy */
	double next[QL_HAPPEN_COUNT]; /* thresholds as they stand */
	double threshold[QL_HAPPEN_COUNT];
	unsigned ordinal[QL_HAPPEN_COUNT];
	uint8_t path[QL_MAX_NEXT_LINES], n_path; /* regimens of the table, the coming one included */
	uint64_t had;
	struct ql_quality quality;
	double *y;                    /* heap, [plan->n_state] */
};

struct ql_carry_list {
	struct ql_carry *item;
	int n, cap;
};

struct arm_run {
	const struct ql_arm_spec *spec;
	/* of the pass: the first line's plan, or one that covers later lines */
	const struct ql_plan *plan;
	const struct ql_kernel *kernel;
	const double *k;
	struct ql_trial_names names;
	double *atol;   /* [n_state] */
	uint64_t pass_first, pass_end; /* first lines: records */
	const struct ql_carry *todo;   /* later lines: NULL in a first pass */
	atomic_ullong next;

	struct ql_values base; /* what all patients start from: parameters, agents, inputs */
	uint64_t words;        /* of the first regimen, in the table of next lines */
	const double *grid;
	int n_grid;
	double course_day[QL_COURSE_MAX_DAYS];
	struct ql_arm_result *out;
	struct ql_diags *ds;
	atomic_ullong done, failed;
	pthread_mutex_t progress_lock;
	struct arm_worker *worker; /* [n_worker], made anew for each pass */
	int n_worker, n_started;
	struct ql_carry_list waiting; /* for their next line */
	struct ql_carry_list leaving; /* under way into it */
};

/* Where a patient stands: under the first regimen, a later one, progressed and waiting until there is a reason to treat,
 * or with nothing left to give. */
enum ql_stage { QL_STAGE_FIRST, QL_STAGE_LATER, QL_STAGE_WAIT, QL_STAGE_QUIET };

/* One rule of the protocol for one patient. */
struct ql_rule_state {
	double true_since; /* NaN: its condition does not hold */
	double last;       /* time it acted; -INFINITY */
	int times;
	bool on;           /* holds doses, or keeps a level */
};

/* Something that the protocol has ordered for later. */
struct ql_order {
	double at;
	int state, slot; /* one of them; the other -1 */
	double amount;   /* added to the state; the new level of the slot */
};
#define QL_MAX_ORDERS 24

struct live { /* the patient on a lane */
	uint64_t id;
	struct ql_patient_record *record;
	struct ql_patient_record *seen; /* what the protocol reads and notes: the record on the first line, else `later` */
	struct ql_patient_record later; /* of the present later line; nothing of it is kept */
	uint64_t index; /* of the record */
	enum ql_stage stage;
	const struct ql_regimen *regimen;
	struct ql_values v;
	struct ql_events events;
	int next_event;
	int *open;     /* [room] infusions that run */
	bool *stopped; /* [room] */
	double *level, *scale; /* [room] as planned now; share of it that is given */
	int *held;     /* [room] rules that hold the item */
	int room;
	int last_cycle;
	double start_day;        /* of the present line's treatment */
	double end_of_treatment; /* last dose or level above 0; INFINITY while open-ended */

	double next_visit, next_regular, next_anc;
	int next_grid;
	bool response_pending;
	int next_mrd; /* planned sample */
	double response_day;
	double forced_stop; /* end of all doses; INFINITY */
	bool over; /* the line ended at a sample; told to the integrator at the stop that follows */
	bool begun; /* a later line: its treatment has started */
	struct ql_reading baseline;
	struct ql_nadir nadir;
	struct ql_best best;
	double u_biopsy; /* place among all when a biopsy is read */
	double drop_day; /* the first cycle that toxicity keeps from the patient; INFINITY */
	bool evaluable;
	double pd_day; /* progression seen once, on lymphocytes or counts alone; NaN */

	double next_half, next_irr, next_tls; /* samples for what begins with a dose; INFINITY */
	double peak_il6, peak_effectors, u_crs, u_icans;
	bool bispecific;
	double last_infection;
	struct ql_rule_state rule[QL_MAX_RULES];
	struct ql_order order[QL_MAX_ORDERS];
	int n_order;
	uint64_t n_sample;
	bool doses_changed; /* by a rule: levels are set anew at the stop that follows */
	unsigned ordinal[QL_HAPPEN_COUNT]; /* events drawn so far */
	double threshold[QL_HAPPEN_COUNT];
	uint16_t bin[QL_NAMES_MAX_AXES][QL_COURSE_MAX_DAYS];

	uint8_t path[QL_MAX_NEXT_LINES], n_path; /* later regimens so far */
	uint64_t words, had; /* of the present regimen, of all */
	double progressed_day; /* on the present line */
	double need_share;   /* of the baseline at which the next line is wanted; while waiting */
	bool refractory;     /* chemotherapy failed within QL_REFRACTORY_DAY of its last dose */
	struct ql_quality quality;
	bool hand_over;      /* leaves the lane for a next line */
	double next_start;
};

struct arm_worker {
	struct arm_run *run;
	struct live *live; /* [width] */
	int n_live;
	struct ql_ode_work *work;
	double *t, *y, *p, *out; /* one vector call of the kernel's outputs */
	struct ql_ode_stats stats;
	struct ql_carry_list waiting;
};

static inline double *ql_slot(struct ql_lane *lane, int p) { return &lane->p[p * lane->stride]; }
double ql_live_covariate(const struct live *l, int quantity, double missing);
/* A uniform of the patient on a named stream. */
double ql_live_uniform(const struct arm_run *run, const struct live *l, const char *stream, uint64_t ordinal);

/* --- arm_live.c: start, doses --- */
/* Fills the lane with patient `index` of the arm: covariates, constants, events, thresholds, baseline. */
enum quell_status ql_live_begin(struct arm_worker *w, struct live *l, struct ql_lane *lane, uint64_t index);
enum quell_status ql_live_events(const struct arm_run *run, struct live *l);
void ql_live_draw(const struct arm_run *run, struct live *l);
void ql_live_regimen(struct live *l, const struct ql_regimen *r);
int ql_live_last_cycle(const struct arm_run *run, const struct live *l);
double ql_live_end_of_treatment(const struct live *l);
/* Sets t_stop and t_sample. */
void ql_live_schedule(const struct arm_run *run, const struct live *l, struct ql_lane *lane);
/* When cytokines are read next; INFINITY: no more. */
double ql_live_cytokines_after(const struct arm_run *run, const struct live *l, double t);
bool ql_live_apply_events(const struct arm_run *run, struct live *l, struct ql_lane *lane); /* true: something changed */
void ql_live_set_threshold(const struct arm_run *run, struct live *l, struct ql_lane *lane, int happening);
void ql_live_stop_for_toxicity(const struct arm_run *run, struct live *l, struct ql_lane *lane);
/* No further dose, and nothing runs on. */
void ql_live_stop_all(const struct arm_run *run, struct live *l, struct ql_lane *lane);
/* Outputs at the lane's state, by one call with this patient in every lane. */
const double *ql_live_outputs(struct arm_worker *w, const struct ql_lane *lane);

/* --- arm_visit.c --- */
/* Reads what is due at t; true when the line ends here. *acts: the protocol wants a stop. */
bool ql_live_sample(const struct arm_run *run, struct live *l, struct ql_lane *lane, double t, const double *out,
		    bool *acts);
void ql_live_read(const struct arm_run *run, const struct ql_lane *lane, double day, const double *out,
		  struct ql_reading *r);
/* Chance of cytokine release is drawn, and read from then on. */
void ql_live_watch_cytokines(const struct arm_run *run, struct live *l);
/* The planned visit that follows day t, and when a planned one takes place. */
double ql_live_visit_after(const struct arm_run *run, const struct live *l, double t);
double ql_live_visit_day(const struct arm_run *run, const struct live *l, double planned);
/* Sets next_visit: the next regular one after t, or a planned assessment before it. */
void ql_live_next_visit(const struct arm_run *run, struct live *l, double t);
void ql_live_count_course(const struct arm_run *run, struct live *l, const double *out);
void ql_live_observe(const struct arm_run *run, const struct live *l, double t, unsigned at, const double *out);

/* --- arm_quality.c: questionnaires --- */
/* Scores of a visit at day t (0: before treatment). */
void ql_live_quality(const struct arm_run *run, struct live *l, double t, const double *out);

/* --- arm_rules.c: the protocol --- */
void ql_rules_start(const struct arm_run *run, struct live *l);
/* Reads what rules ask for and lets them act; true: orders or levels changed, a stop is needed here. */
bool ql_rules_read(const struct arm_run *run, struct live *l, double t, const double *out, bool at_visit);
/* At a stop: what is due now. True: something changed. */
bool ql_rules_act(const struct arm_run *run, struct live *l, struct ql_lane *lane);
double ql_rules_next(const struct live *l); /* INFINITY */
/* Cytokine release and neurotoxicity from running peaks. */
void ql_rules_cytokines(const struct arm_run *run, struct live *l, double t, const double *out);

/* --- arm_lines.c: what follows --- */
/* The patient progresses at lane->t: goes on to a next line (true: leaves the lane), waits, or is left without. */
bool ql_live_after_progression(struct arm_run *run, struct live *l, struct ql_lane *lane);
/* The same once there is a reason to treat. */
bool ql_live_next_line(struct arm_run *run, struct live *l, struct ql_lane *lane);
void ql_live_after_richter(struct arm_run *run, struct live *l, struct ql_lane *lane);
void ql_carry_away(struct arm_worker *w, const struct live *l, const struct ql_lane *lane);
enum quell_status ql_live_resume(struct arm_worker *w, struct live *l, struct ql_lane *lane, const struct ql_carry *c);
void ql_carry_free(struct ql_carry_list *list);
/* Finds the plans for all who wait and sorts them by it and by record. */
enum quell_status ql_carry_plan(struct arm_run *run);

#endif
