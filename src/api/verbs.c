/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of verbs: options with range, unit and meaning, and what comes
 * back. The command line takes its option tables from here, and tools/bindgen
 * writes the signatures and manuals of the R and Python packages from it.
 */
#include "api/tables.h"
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

#define SEED {"seed", WHOLE, "N", "1", 0, 9007199254740992.0, "", NULL, "random seed"}
#define SET {"set", LIST, "NAME=VALUE", NULL, 0, 0, "", NULL, "change a parameter of the model; may be repeated"}
#define THREADS {"threads", WHOLE, "N", "(all cores)", 1, 1024, "", NULL, "threads; results do not depend on it"}
#define LANES {"lanes", CHOICE, NULL, "auto", 0, 0, "", "auto|4|8", "patients per vector; results do not depend on it"}
#define SOLVER {"solver", CHOICE, NULL, "own", 0, 0, "", "own|cvode", "integrator"}
#define RTOL {"rtol", NUMBER, "X", "1e-4", 1e-13, 0.1, "", NULL, "relative tolerance of the integrator"}

/* Who is simulated under what, and how. */
#define SIMULATION(population, regimens, patients, years)                                                               \
	{"population", TEXT, "NAME|FILE", population, 0, 0, "", NULL,                                                   \
	 "who is simulated: a population of the library, a .yaml or a .csv"},                                           \
	{"regimens", LIST, "A,B,...", regimens, 0, 0, "", NULL, "regimens of the library, by name"},                    \
	{"regimen", LIST, "FILE", NULL, 0, 0, "", NULL, "a regimen of your own (.yaml); may be repeated"},               \
	{"what-if", LIST, "A,B,...", NULL, 0, 0, "", NULL,                                                               \
	 "what-ifs of the library, each beside the regimens that it changes"},                                          \
	{"patients", WHOLE, "N", patients, 1, 2e9, "", NULL, "virtual patients per regimen"},                           \
	{"years", NUMBER, "Y", years, 0.1, 40, "year", NULL, "how long each is followed"}, SEED,                         \
	{"protocol", TEXT, "NAME|FILE", "(standard)", 0, 0, "", NULL,                                                    \
	 "rules of the clinic: library/protocols, a file, or none"},                                                    \
	{"next-line", TEXT, "NAME|FILE", "(as the protocol says)", 0, 0, "", NULL,                                       \
	 "what follows progression: library/protocols, a file, or none"}, SET,                                           \
	{"model", MODEL, "FILE", "(the shipped CLL model)", 0, 0, "", NULL, "another model"}, THREADS, LANES, SOLVER,     \
	{"native", CHOICE, NULL, "auto", 0, 0, "", "auto|build|off", NATIVE}, RTOL,                                     \
	{"fixed-doses", FLAG, NULL, NULL, 0, 1, "", NULL,                                                               \
	 "no adaptive protocol and no extinction, for comparing solvers"}

#define STORE {"store", TEXT, "DB", NULL, 0, 0, "", NULL,                                                               \
	       "keep finished chunks in this SQLite file, and go on from what it holds"}
#define MAX_TIME {"max-time", TEXT, "T", "(no limit)", 0, 0, "", NULL,                                                  \
		  "stop at a chunk's end before T has passed: 90, 30m, 12h"}
#define STORED                                                                                                          \
	STORE, MAX_TIME,                                                                                                \
	{"keep", LIST, "A,B", NULL, 0, 0, "", NULL, "rows to keep in the store: patients, courses (one row per patient and day)"}, \
	{"chunk", WHOLE, "N", "(some seconds of work)", 1, 1e6, "", NULL, "patients per chunk; results do not depend on it"}

#define REPORT                                                                                                          \
	{"html", TEXT, "FILE", NULL, 0, 0, "", NULL, "a report with curves, in one file"},                              \
	{"numerics", WHOLE, "N", "0", 0, 1e6, "", NULL,                                                                 \
	 "solve N patients again at tolerances 100 times tighter and show the effect"},                                 \
	{"figure", TEXT, "FILE.svg", NULL, 0, 0, "", NULL, "the survival chart alone"}

#define N_DRAWS {"n-draws", WHOLE, "N", "(all of the file)", 1, 255, "", NULL, "use the first N draws"}

static const struct quell_option_info compare_option[] = {
	SIMULATION("unfit-1l", NULL, "1000", "6"),
	{"draws", TEXT, "FILE", NULL, 0, 0, "", NULL,
	 "parameter draws (quell calibrate; `posterior`: the shipped ones): their spread enters the intervals"}, N_DRAWS,
	{"no-courses", FLAG, NULL, NULL, 0, 1, "", NULL,
	 "leave the courses of blood counts out of the result, which takes less time and space"},
	{"no-contrasts", FLAG, NULL, NULL, 0, 1, "", NULL, "leave the differences between regimens out of the result"},
	REPORT, STORED};

static const struct quell_option_info simulate_option[] = {
	SIMULATION("unfit-1l", NULL, "1000", "6"),
	{"patient", WHOLE, "K", "0", 0, 2e9, "", NULL, "which patient of the population"},
	{"typical", FLAG, NULL, NULL, 0, 1, "", NULL, "no hidden differences between patients"},
	{"outputs", LIST, "X,Y,...", "(all)", 0, 0, "", NULL, "outputs of the model"},
	{"step", NUMBER, "DAYS", "7", 0.001, 3652.5, "day", NULL, "days between rows"}};
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
static const struct quell_option_info trial_option[] = {
	{"design", TEXT, "NAME|FILE", NULL, 0, 0, "", NULL, "a design of library/trials, or a .yaml"},
	{"patients", WHOLE, "N", "(as the file says)", 1, 2e9, "", NULL, "patients of all arms together"}, SEED,
	{"replicates", WHOLE, "N", "1", 1, 1e6, "", NULL, "that many trials: prediction intervals and power"},
	{"alpha", NUMBER, "P", "0.05", 1e-6, 0.5, "", NULL, "two-sided error of the test"},
	{"looks", LIST, "S,...", NULL, 0, 0, "", NULL, "interim looks at these shares of the events"},
	{"futility", NUMBER, "P", "0.1", 0, 0.9, "", NULL, "stop where conditional power falls below P; 0: never"},
	{"draws", TEXT, "FILE", NULL, 0, 0, "", NULL,
	 "parameter draws (quell calibrate; `posterior`: the shipped ones), one per trial in turn: intervals hold what is not known "
	 "about parameters, power becomes assurance"}, N_DRAWS,
	{"adam", TEXT, "DIR", NULL, 0, 0, "", NULL, "ADSL, ADTTE, ADRS, ADAE, ADLB as CSV, into an existing folder"},
	SET, THREADS, LANES, SOLVER, RTOL, STORED};

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
static const struct quell_option_info regimen_option[] = {
	{"name", TEXT, "NAME|FILE", NULL, 0, 0, "", NULL, "a regimen of the library, or a .yaml; absent: the list alone"},
	{"years", NUMBER, "Y", "6", 0.01, 40, "year", NULL, "how far open-ended treatment is written out"}};
static const struct quell_option_info recommend_option[] = {
	{"profile", TEXT, "NAME|FILE.yaml", NULL, 0, 0, "", NULL, "the profile: a file, or one of library/vignettes; absent: all unknown"},
	{"with", LIST, "FIELD=VALUE", NULL, 0, 0, "", NULL, "a field of the profile, or its prior_lines, courses or preferences as YAML, before the file's; may be repeated"},
	{"guideline", TEXT, "NAME|FILE", "cll", 0, 0, "", NULL, "consensus rules"},
	{"utilities", TEXT, "NAME|FILE", "base", 0, 0, "", NULL, "set of utilities behind the quality-adjusted years"},
	{"draws", TEXT, "FILE", NULL, 0, 0, "", NULL,
	 "parameter draws (quell calibrate; `posterior`: the shipped ones): patients take them in turn"}, N_DRAWS,
	{"fields", FLAG, NULL, NULL, 0, 1, "", NULL, "the fields of a profile"},
	SIMULATION("(the nearest to the profile)", "(the candidates of the guideline)", "500", "10")};

static const struct quell_option_info optimize_option[] = {
	{"problem", TEXT, "NAME|FILE.yaml", NULL, 0, 0, "", NULL, "what to vary and to minimise: a file, or one of library/optimize"},
	{"patients", WHOLE, "N", "(as the file says)", 10, 1e6, "", NULL, "virtual patients per schedule"},
	{"population", TEXT, "NAME|FILE", "(as the file says)", 0, 0, "", NULL, "who is simulated"},
	{"evaluations", WHOLE, "N", "80", 5, 100000, "", NULL, "schedules tried"}, SEED, THREADS, RTOL,
	{"out", TEXT, "FILE.yaml", NULL, 0, 0, "", NULL, "the best schedule as a regimen"},
	{"measures", FLAG, NULL, NULL, 0, 1, "", NULL, "what can be minimised or bounded"}};

static const struct quell_option_info validate_option[] = {
	{"trial", LIST, "ID,...", "(all)", 0, 0, "", NULL, "trials of library/trials, or trial files"},
	{"role", CHOICE, NULL, "all", 0, 0, "", "all|calibration|validation|evidence", "trials of one role"},
	{"patients", WHOLE, "N", "1000", 2, 1e7, "", NULL, "virtual patients per arm"},
	{"replicates", WHOLE, "N", "400", 20, 100000, "", NULL, "trials of the published size per prediction interval"}, SEED, SET,
	{"draws", TEXT, "FILE", "posterior", 0, 0, "", NULL,
	 "parameter draws (quell calibrate): their spread enters the intervals; `posterior`: the shipped ones, `none`: none"},
	{"n-draws", WHOLE, "N", "(all of the file)", 1, 255, "", NULL, "use the first N draws"},
	{"trial-effect", TEXT, "FILE", "(the shipped one)", 0, 0, "", NULL, "sizes of the trial effect"},
	{"html", TEXT, "FILE", NULL, 0, 0, "", NULL, "a page of the scoreboard"},
	{"credibility", TEXT, "FILE", NULL, 0, 0, "", NULL,
	 "the credibility dossier: context, risk, verification, calibration, validation, uncertainty, limits"}, THREADS};

static const struct quell_option_info calibrate_option[] = {
	{"out", TEXT, "FILE", NULL, 0, 0, "", NULL, "the kept draws, for --draws of validate"},
	{"report", TEXT, "FILE", NULL, 0, 0, "", NULL, "what was found, as Markdown"},
	{"parameters", TEXT, "FILE", "(library/calibration/parameters.csv)", 0, 0, "", NULL,
	 "which parameters, and the spread of their priors"},
	{"log", TEXT, "FILE", "(none)", 0, 0, "", NULL, "evaluations so far: a run that was stopped goes on from there"},
	{"patients", WHOLE, "N", "200", 20, 1e6, "", NULL, "virtual patients per arm"},
	{"steps", WHOLE, "N", "2", 1, 50, "", NULL, "Gauss-Newton steps"},
	{"draw", WHOLE, "N", "60", 2, 100000, "", NULL, "draws of each of four waves"},
	{"keep", WHOLE, "N", "24", 1, 255, "", NULL, "draws that are kept"}, SEED, THREADS};

static const struct quell_option_info sensitivity_option[] = {
	{"endpoint", LIST, "A,B", "(pfs_rate_60mo)", 0, 0, "", NULL, "endpoints, as in docs/results.md"},
	{"method", CHOICE, NULL, "sobol", 0, 0, "", "sobol|morris", "indices of variance, or a screening"},
	{"samples", WHOLE, "N", "(256 rows, 20 trajectories)", 2, 1e6, "", NULL,
	 "rows (each takes as many evaluations as parameters, and 2), or trajectories (parameters, and 1)"},
	{"params", LIST, "A,B", "(all)", 0, 0, "", NULL, "parameters to vary; `disease.*` takes a module"},
	{"spread", NUMBER, "F", "1.25", 1.0001, 100, "", NULL,
	 "vary each from 1/F to F times its value (its odds, if it is a share)"},
	{"range", LIST, "NAME=LOW:HIGH", NULL, 0, 0, "", NULL, "vary one uniformly over this; may be repeated"},
	{"function", TEXT, "NAME", NULL, 0, 0, "", NULL, "ishigami or g: functions with known indices instead of the model"},
	SIMULATION("unfit-1l", NULL, "200", "6"), STORED};

static const struct quell_option_info explain_option[] = {
	{"name", TEXT, "NAME", NULL, 0, 0, "", NULL,
	 "a therapy, agent, regimen, population, what-if, parameter, state, output, trial or code of a diagnostic; or `therapies`"},
	{"figure", TEXT, "FILE.svg", NULL, 0, 0, "", NULL, "of a therapy: how it works in the model, drawn from the model"},
	{"html", TEXT, "FILE", NULL, 0, 0, "", NULL, "of a therapy: all of it as a page"},
	{"model", MODEL, "FILE", "(the shipped CLL model)", 0, 0, "", NULL, "look for names in another model"}};

#define RUN {"run", WHOLE, "RUN", NULL, 1, 1e15, "", NULL, "the number of a run"}
static const struct quell_option_info runs_option[] = {{"store", TEXT, "DB", NULL, 0, 0, "", NULL, "the store"}, RUN};

static const struct quell_option_info resume_option[] = {STORE, RUN, MAX_TIME, THREADS, REPORT};

#define VERB(name, summary, about)                                                                                      \
	{                                                                                                               \
		#name, summary, about, name##_option, COUNT_OF(name##_option), ql_tables_##name, ql_api_##name           \
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
	     "Allocates, treats and follows virtual patients as the design of a trial says, and analyses what was observed. "
	     "With replicates: prediction intervals, power and interim looks."),
	VERB(recommend, "regimens for one profile, with the doubt",
	     "Ranks regimens for one profile: rules first, then the eligible regimens on virtual patients who match it, with "
	     "the doubt about outcomes and wishes; trials and consensus beside it. Says so where nothing is known."),
	VERB(optimize, "doses and days that minimise a stated loss",
	     "Varies doses and days of a regimen to minimise a stated loss over virtual patients, the same in every schedule."),
	VERB(validate, "published trials against simulated ones",
	     "Simulates trials of the library and holds them against what was published. A hit: the published value lies in "
	     "the 95 % interval of a simulated trial of that size."),
	VERB(calibrate, "population parameters from the endpoints of calibration trials",
	     "Fits population parameters to the verified endpoints of trials with role calibration, on common random numbers, "
	     "and draws from their posterior. Trials for validation are not read."),
	VERB(sensitivity, "which parameters move an endpoint",
	     "Varies typical values of parameters, simulates the same virtual patients with each set and says which "
	     "parameters move an endpoint: Sobol' indices or Morris effects, with bootstrap limits."),
	VERB(explain, "what a name or a diagnostic code means",
	     "Says what a name means: of the library, the model, the evidence or a diagnostic. Therapies and agents come with "
	     "five aspects, sources, equations, and figures simulated on the spot."),
	VERB(runs, "what a store holds",
	     "The runs that a store holds; with `run` one of them, its log, and its tables as the verb that made it returned "
	     "them."),
	VERB(resume, "go on with a run that was stopped",
	     "Goes on with an unfinished run of a store, the latest one if no number is given. Finished chunks are used as "
	     "they are; the result has the same bytes as that of a run that was never stopped."),
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

/* ---- what the header shows of it ---- */

enum { MOST_TABLES = 12 };
static struct quell_verb_info info[COUNT_OF(ql_api_verbs)];
static struct quell_table_info table[COUNT_OF(ql_api_verbs)][MOST_TABLES];
static struct ql_arena names; /* lists of columns, as long as the process lives */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool made;

static enum quell_status make(void *arg)
{
	(void)arg;
	for (int v = 0; v < ql_n_api_verbs; v++) {
		const struct ql_api_verb *from = &ql_api_verbs[v];
		int n = 0;
		for (; from->table[n].name && n < MOST_TABLES; n++) {
			const struct ql_api_table *t = &from->table[n];
			table[v][n] = (struct quell_table_info){t->name, t->rows, t->columns ? t->columns : ql_sheet_columns(t, &names)};
		}
		info[v] = (struct quell_verb_info){from->name, from->summary, from->about, from->option, from->n_option, table[v], n};
	}
	made = true;
	return QUELL_OK;
}

static void make_once(void) { ql_protect(make, NULL); }

int quell_verb_count(void) { return ql_n_api_verbs; }

const struct quell_verb_info *quell_verb_at(int i)
{
	pthread_once(&once, make_once);
	return made && i >= 0 && i < ql_n_api_verbs ? &info[i] : NULL;
}

const struct quell_verb_info *quell_verb_find(const char *name)
{
	for (int i = 0; name && i < ql_n_api_verbs; i++)
		if (strcmp(ql_api_verbs[i].name, name) == 0)
			return quell_verb_at(i);
	return NULL;
}
