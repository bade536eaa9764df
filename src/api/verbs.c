/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of verbs: options with range, unit and meaning, and what comes
 * back. The command line takes its option tables from here, and tools/bindgen
 * writes the signatures and manuals of the R and Python packages from it.
 */
#include "api/api.h"
#include <math.h>
#include <string.h>

#define NUMBER QUELL_OPTION_NUMBER
#define WHOLE QUELL_OPTION_WHOLE
#define FLAG QUELL_OPTION_FLAG
#define CHOICE QUELL_OPTION_CHOICE
#define TEXT QUELL_OPTION_TEXT
#define LIST QUELL_OPTION_LIST
#define TABLE QUELL_OPTION_TABLE
#define MODEL QUELL_OPTION_MODEL
#define COUNT_OF(x) ((int)(sizeof(x) / sizeof *(x)))

#define NATIVE "compiled kernels: those in the cache, compile what is missing, none; same results"

/* Who is simulated under what, and how. */
#define SIMULATION                                                                                                      \
	{"population", TEXT, "NAME|FILE", "unfit-1l", 0, 0, "", NULL,                                                   \
	 "who is simulated: a population of the library, a .yaml or a .csv"},                                           \
	{"regimens", LIST, "A,B,...", NULL, 0, 0, "", NULL, "regimens of the library, by name"},                         \
	{"regimen", LIST, "FILE", NULL, 0, 0, "", NULL, "a regimen of your own (.yaml); may be repeated"},               \
	{"what-if", LIST, "A,B,...", NULL, 0, 0, "", NULL,                                                               \
	 "what-ifs of the library, each beside the regimens that it changes"},                                          \
	{"patients", WHOLE, "N", "1000", 1, 2e9, "", NULL, "virtual patients per regimen"},                              \
	{"years", NUMBER, "Y", "6", 0.1, 40, "year", NULL, "how long each is followed"},                                \
	{"seed", WHOLE, "N", "1", 0, 9007199254740992.0, "", NULL, "random seed"},                                      \
	{"set", LIST, "NAME=VALUE", NULL, 0, 0, "", NULL, "change a parameter of the model; may be repeated"},           \
	{"model", MODEL, "FILE", "(the shipped CLL model)", 0, 0, "", NULL, "another model"},                           \
	{"threads", WHOLE, "N", "(all cores)", 1, 1024, "", NULL, "threads; results do not depend on it"},               \
	{"lanes", CHOICE, NULL, "auto", 0, 0, "", "auto|4|8", "patients per vector; results do not depend on it"},       \
	{"solver", CHOICE, NULL, "own", 0, 0, "", "own|cvode", "integrator"},                                           \
	{"native", CHOICE, NULL, "auto", 0, 0, "", "auto|build|off", NATIVE},                                           \
	{"rtol", NUMBER, "X", "1e-4", 1e-13, 0.1, "", NULL, "relative tolerance of the integrator"},                    \
	{"fixed-doses", FLAG, NULL, NULL, 0, 1, "", NULL,                                                               \
	 "no adaptive protocol and no extinction, for comparing solvers"}

static const struct quell_option_info compare_option[] = {SIMULATION};
static const struct quell_table_info compare_table[] = {
	{"regimens", "one per regimen",
	 "regimen, title, evidence_grade, warning, patients_done, patients_failed, kernel, n_state"},
	{"endpoints", "one per regimen and endpoint",
	 "regimen, endpoint, title, unit, estimate, lower, upper, level, interval, published, published_lower, "
	 "published_upper, published_trial, published_source"},
	{"published", "one per regimen, endpoint and published figure that answers it",
	 "regimen, endpoint, unit, trial, arm, population, value, lower, upper, source, verified"},
	{"curves", "one per regimen, curve and month",
	 "regimen, curve, month, surv, lower, upper, at_risk, events, censored"},
	{"courses", "one per regimen, output and day", "regimen, output, unit, day, q05, q25, q50, q75, q95"},
	{"contrasts", "one per pair of regimens and endpoint",
	 "a, b, endpoint, difference, lower, upper, p_ahead, hazard_ratio, hr_lower, hr_upper"}};

static const struct quell_option_info simulate_option[] = {
	SIMULATION,
	{"patient", WHOLE, "K", "0", 0, 2e9, "", NULL, "which patient of the population"},
	{"typical", FLAG, NULL, NULL, 0, 1, "", NULL, "no hidden differences between patients"},
	{"outputs", LIST, "X,Y,...", "(all)", 0, 0, "", NULL, "outputs of the model"},
	{"step", NUMBER, "DAYS", "7", 0.001, 3652.5, "day", NULL, "days between rows"}};
static const struct quell_table_info simulate_table[] = {
	{"courses", "one per regimen and day", "regimen, day, outputs"},
	{"profile", "one per covariate of the patient", "covariate, value, unit"},
	{"regimens", "one per regimen", "regimen, title, evidence_grade, warning, n_state, status"}};

static const struct quell_option_info dataset_option[] = {
	{"data", TABLE, "FILE", NULL, 0, 0, "", NULL, "NONMEM data set (.csv)"},
	{"model", MODEL, "FILE", NULL, 0, 0, "", NULL, "model (.qm, or SBML .xml)"},
	{"covariates", CHOICE, NULL, "nocb", 0, 0, "", "nocb|locf|linear", "how covariates go from record to record"},
	{"set", LIST, "NAME=VALUE", NULL, 0, 0, "", NULL, "change a parameter; may be repeated"},
	{"agents", LIST, "SLOT=NAME,...", "(the model's)", 0, 0, "", NULL, "rows of library/agents"},
	{"states", FLAG, NULL, NULL, 0, 1, "", NULL, "states of the model as columns, too"},
	{"rtol", NUMBER, "X", "1e-8", 1e-13, 0.1, "", NULL, "relative tolerance"},
	{"atol", NUMBER, "X", "1e-10", 1e-300, 1e300, "", NULL, "absolute tolerance, where the model gives none"},
	{"threads", WHOLE, "N", "(all cores)", 1, 1024, "", NULL, "threads; results do not depend on it"},
	{"native", CHOICE, NULL, "auto", 0, 0, "", "auto|build|off", NATIVE}};
static const struct quell_table_info dataset_table[] = {
	{"records", "one per record of the data set", "ID, TIME, outputs"},
	{"subjects", "one per subject", "ID, records, status"}};

static const struct quell_option_info trial_option[] = {
	{"design", TEXT, "NAME|FILE", NULL, 0, 0, "", NULL, "a design of library/trials, or a .yaml"},
	{"patients", WHOLE, "N", "(as the file says)", 1, 2e9, "", NULL, "patients of all arms together"},
	{"seed", WHOLE, "N", "1", 0, 9007199254740992.0, "", NULL, "random seed"},
	{"set", LIST, "NAME=VALUE", NULL, 0, 0, "", NULL, "change a parameter of the model; may be repeated"},
	{"threads", WHOLE, "N", "(all cores)", 1, 1024, "", NULL, "threads; results do not depend on it"},
	{"lanes", CHOICE, NULL, "auto", 0, 0, "", "auto|4|8", "patients per vector; results do not depend on it"},
	{"solver", CHOICE, NULL, "own", 0, 0, "", "own|cvode", "integrator"},
	{"rtol", NUMBER, "X", "1e-4", 1e-13, 0.1, "", NULL, "relative tolerance of the integrator"}};
static const struct quell_table_info trial_table[] = {
	{"arms", "one per arm", "arm, title, evidence_grade, warning, patients, patients_done, patients_failed"},
	{"endpoints", "one per arm and endpoint", "arm, endpoint, title, unit, estimate, lower, upper"},
	{"contrasts", "one per pair of arms and time to an event", "a, b, time_to, events, hazard_ratio, lower, upper, p, z"}};

static const struct quell_option_info survival_option[] = {
	{"data", TABLE, "FILE.csv", NULL, 0, 0, "", NULL, "the table of times and events"},
	{"time", TEXT, "COLUMN", NULL, 0, 0, "", NULL, "time to the event or to the end of observation"},
	{"event", TEXT, "COLUMN", NULL, 0, 0, "", NULL, "0 censored, 1 event, further codes competing events"},
	{"group", TEXT, "COLUMN", NULL, 0, 0, "", NULL, "compare the values of this column"},
	{"strata", TEXT, "COLUMN", NULL, 0, 0, "", NULL, "stratify the test and the Cox model"},
	{"cox", LIST, "X1,X2,...", NULL, 0, 0, "", NULL, "Cox regression on these columns; text becomes indicators"},
	{"ties", CHOICE, NULL, "efron", 0, 0, "", "efron|breslow", "tied event times in the Cox model"},
	{"rmst", NUMBER, "TAU", NULL, 0, INFINITY, "", NULL, "restricted mean up to TAU"},
	{"competing", LIST, "CODE,...", NULL, 0, 0, "", NULL,
	 "codes of competing events: cumulative incidence in place of survival"},
	{"times", LIST, "T1,T2,...", "(round times)", 0, 0, "", NULL, "times at which to report"},
	{"rho", NUMBER, "X", "(0, log-rank)", 0, 10, "", NULL, "weight S^rho of the test; 1 is Peto-Peto"},
	{"level", NUMBER, "P", "0.95", 0.5, 0.999999, "", NULL, "level of survival limits"}};
static const struct quell_table_info survival_table[] = {
	{"groups", "one per group", "group, n, events, median, median_lower, median_upper, rmst, rmst_se"},
	{"curves", "one per group and time", "group, time, n_risk, surv, se, lower, upper"},
	{"incidence", "one per group, cause and time, with `competing`", "group, cause, time, n_risk, cif, se_ij, se_delta"},
	{"tests", "one per test", "test, rho, chisq, df, p"},
	{"cox", "one per term of the Cox model", "term, coef, se, hr, lower, upper, p"}};

static const struct quell_option_info nma_option[] = {
	{"data", TABLE, "FILE", NULL, 0, 0, "", NULL, "the table of contrasts or arms"},
	{"reference", TEXT, "NAME", "(most compared)", 0, 0, "", NULL, "treatment that the others are compared with"},
	{"method", TEXT, "NAME", "DL", 0, 0, "", NULL,
	 "variance between studies (DL, REML, ML, PM), or MH, NCH, NCH-exact, Inverse for rare events; two "
	 "treatments also EE, HE, HS, SJ, EB; :knha"},
	{"model", CHOICE, NULL, "random", 0, 0, "", "random|common", "effects of studies"},
	{"small-values", CHOICE, NULL, "desirable", 0, 0, "", "desirable|undesirable", "which direction is better"},
	{"measure", CHOICE, NULL, "auto", 0, 0, "", "auto|MD|SMD|OR|RR|RD|IRR|HR", "effect measure"},
	{"level", NUMBER, "PERCENT", "95", 50, 99.99, "%", NULL, "confidence level"},
	{"hk", FLAG, NULL, NULL, 0, 1, "", NULL, "Hartung-Knapp intervals"},
	{"increment", NUMBER, "X", "0.5", 0, 10, "", NULL, "added to all cells of a study with a zero cell"},
	{"keep-double-zero", FLAG, NULL, NULL, 0, 1, "", NULL, "studies without events stay in, with the increment"},
	{"covariate", TEXT, "COLUMN", NULL, 0, 0, "", NULL, "meta-regression on a column of the table"},
	{"treatment", TEXT, "NAME", "(treatment)", 0, 0, "", NULL, "name of the first side of 2x2 tables"},
	{"control", TEXT, "NAME", "(control)", 0, 0, "", NULL, "name of the second side of 2x2 tables"},
	{"repair", FLAG, NULL, NULL, 0, 1, "", NULL, "project contradictory multi-arm contrasts"},
	{"exact-names", FLAG, NULL, NULL, 0, 1, "", NULL, "case and accents tell treatments apart"},
	{"heat", FLAG, NULL, NULL, 0, 1, "", NULL, "net heat matrix"},
	{"contributions", CHOICE, NULL, "none", 0, 0, "", "none|shortest-path|random-walk", "contribution matrix"},
	{"draws", WHOLE, "N", "100000", 0, 1e8, "", NULL, "draws for the rankogram"},
	{"seed", WHOLE, "N", "1", 0, 1e15, "", NULL, "seed of the draws"},
	{"slopes", CHOICE, NULL, "common", 0, 0, "", "common|separate", "slopes of the meta-regression"},
	{"components", FLAG, NULL, NULL, 0, 1, "", NULL, "additive model: names are split at +"},
	{"inactive", TEXT, "NAME", NULL, 0, 0, "", NULL, "treatment without components, such as placebo"},
	{"bayes", FLAG, NULL, NULL, 0, 1, "", NULL, "posterior by Gibbs sampling (binomial for events of arms)"},
	{"tau-prior", TEXT, "PRIOR", "(half-normal:1)", 0, 0, "", NULL, "half-normal:SCALE or uniform:UPPER"},
	{"effect-sd", NUMBER, "SD", "(10)", 0, 1e6, "", NULL,
	 "normal prior of effects (scales with units: 15 times the largest)"},
	{"chains", WHOLE, "N", "4", 2, 64, "", NULL, "chains"},
	{"warmup", WHOLE, "N", "1000", 0, 1e6, "", NULL, "draws thrown away per chain"},
	{"chain-draws", WHOLE, "N", "5000", 100, 1e6, "", NULL, "draws kept per chain"},
	{"dataset", TEXT, "NAME", "(file name)", 0, 0, "", NULL, "name in the result"}};
static const struct quell_table_info nma_table[] = {
	{"effects", "one per treatment, against the reference", "treatment, reference, effect, se, lower, upper, p, "
	 "predict_lower, predict_upper, p_score, sucra"},
	{"league", "one per ordered pair of treatments", "treatment, comparator, effect, se, lower, upper, p"},
	{"split", "one per directly compared pair",
	 "treatment, comparator, studies, proportion_direct, network, direct, direct_se, indirect, indirect_se, difference, p"},
	{"designs", "one per design", "design, studies, q_within, df_within"},
	{"summary", "one", "measure, studies, treatments, tau2, i2, q, df, p_q"}};

static const struct quell_option_info evidence_option[] = {
	{"word", TEXT, "WORD", NULL, 0, 0, "", NULL, "any word of trial, regimen, endpoint, publication or note"},
	{"trial", TEXT, "TRIAL", NULL, 0, 0, "", NULL, "one trial"},
	{"line", TEXT, "LINE", NULL, 0, 0, "", NULL, "1L, RR, 1L+RR, maint, RT"},
	{"treatment", TEXT, "NAME", NULL, 0, 0, "", NULL, "a regimen on either side"},
	{"endpoint", TEXT, "NAME", NULL, 0, 0, "", NULL, "an endpoint, or how it begins"},
	{"subgroup", TEXT, "NAME", NULL, 0, 0, "", NULL, "all, IGHV-U, del17p/TP53, ..."},
	{"role", TEXT, "ROLE", NULL, 0, 0, "", NULL, "calibration, validation, evidence"},
	{"verified", FLAG, NULL, NULL, 0, 1, "", NULL, "verified rows only"},
	{"recalled", FLAG, NULL, NULL, 0, 1, "", NULL, "recalled rows only"}};
static const struct quell_table_info evidence_table[] = {
	{"rows", "one per published number",
	 "row, trial, nct, line, treatment, comparator, endpoint, value, lower, upper, ci_level, unit, n_arm, n_comp, "
	 "followup_month, subgroup, verified, role, year, cite, publication, note"}};

static const struct quell_option_info regimen_option[] = {
	{"name", TEXT, "NAME|FILE", NULL, 0, 0, "", NULL, "a regimen of the library, or a .yaml; absent: the list alone"},
	{"years", NUMBER, "Y", "6", 0.01, 40, "year", NULL, "how far open-ended treatment is written out"}};
static const struct quell_table_info regimen_table[] = {
	{"doses", "one per dose or change of level (with `name`), a NONMEM data set",
	 "ID, TIME, EVID, AMT, CMT, RATE, II, ADDL, SS, MDV, inputs of the model"},
	{"library", "one per regimen of the library", "regimen, evidence_grade, title"}};

#define VERB(name, summary, about)                                                                                      \
	{                                                                                                               \
		{#name, summary, about, name##_option, COUNT_OF(name##_option), name##_table, COUNT_OF(name##_table)},   \
			ql_api_##name                                                                                   \
	}

const struct ql_api_verb ql_api_verbs[] = {
	VERB(compare, "the same virtual patients under several regimens",
	     "Simulates the same virtual patients under several regimens and sets published figures beside the simulated "
	     "ones."),
	VERB(simulate, "time courses of one profile",
	     "Simulates one profile under regimens: the courses of the model's outputs. Doses are given as planned and "
	     "nothing happens by chance."),
	VERB(dataset, "the records of a NONMEM data set through any model",
	     "Runs the records of a NONMEM data set through a model and gives its outputs at every record. Typical values: "
	     "hidden differences between subjects are 0."),
	VERB(trial, "a virtual trial from its design",
	     "Allocates, treats and follows virtual patients as the design of a trial says, and analyses what was observed."),
	VERB(survival, "survival statistics of any table",
	     "Kaplan-Meier, medians, restricted means, log-rank and Peto-Peto tests, Cox regression, cumulative incidence "
	     "with Gray's test."),
	VERB(nma, "network meta-analysis of a table", "Network meta-analysis of a table of contrasts or arms."),
	VERB(evidence, "published results, each with its source",
	     "Published results of CLL trials, each number with its row, publication and verification state."),
	VERB(regimen, "the exact doses of a regimen",
	     "The doses of a regimen for a patient with the model's default weight, body surface and clearance, as a NONMEM "
	     "data set; and the list of regimens.")};
const int ql_n_api_verbs = COUNT_OF(ql_api_verbs);

int quell_verb_count(void) { return ql_n_api_verbs; }

const struct quell_verb_info *quell_verb_at(int i) { return i >= 0 && i < ql_n_api_verbs ? &ql_api_verbs[i].info : NULL; }

const struct quell_verb_info *quell_verb_find(const char *name)
{
	for (int i = 0; name && i < ql_n_api_verbs; i++)
		if (strcmp(ql_api_verbs[i].info.name, name) == 0)
			return &ql_api_verbs[i].info;
	return NULL;
}
