/* SPDX-License-Identifier: Apache-2.0 */
/* What every verb returns: its tables, most of them as sheets of its JSON (api/sheet.h). */
#include "api/tables.h"

#define T(name, path, title) {name, path, "", title, QL_SHEET_TEXT}
#define R(name, path, unit, title) {name, path, unit, title, QL_SHEET_REAL}
#define W(name, path, title) {name, path, "", title, QL_SHEET_WHOLE}
#define Y(name, path, title) {name, path, "", title, QL_SHEET_YES}
#define EACH(prefix, path, title) {prefix, path, "", title, QL_SHEET_EACH}
#define SHEET(name, rows, path, column) {name, rows, NULL, path, column, (int)(sizeof column / sizeof *(column))}
#define FILLED(name, rows, columns) {name, rows, columns, NULL, NULL, 0}
#define END {NULL, NULL, NULL, NULL, NULL, 0}

#define GRADE T("evidence_grade", "evidence_grade", "A phase 3 in CLL to D no clinical data in CLL")
#define WARNING T("warning", "warning", "")
#define TITLE T("title", "title", "")
#define UNIT T("unit", "unit", "of the figures in this row")
#define IN_UNIT "in `unit`"
#define ESTIMATE R("estimate", "estimate", "", IN_UNIT), R("lower", "interval/lower", "", IN_UNIT), R("upper", "interval/upper", "", IN_UNIT)
#define STORED                                                                                                           \
	FILLED("stored", "one, with `store`", "run, chunks, reused, computed, settings")

/* ---- compare ---- */

static const struct ql_sheet_column compare_regimens[] = {
	T("regimen", "id", ""), TITLE, GRADE, WARNING,
	T("prior", "prior/text", "width of the prior of a product without clinical data, which its intervals hold"),
	T("what_if", "what_if/id", "the what-if that the arm is"),
	W("patients_done", "patients_done", ""), W("patients_failed", "patients_failed", ""), T("kernel", "kernel", ""),
	W("n_state", "n_state", "states of the pruned model")};
static const struct ql_sheet_column compare_endpoints[] = {
	T("regimen", "^id", ""), T("endpoint", "id", ""), TITLE, UNIT, ESTIMATE, R("level", "interval/level", "1", "of the interval"),
	T("interval", "interval/kind", "monte_carlo: how far the number of patients leaves the figure open; parameter: over draws or a wide prior too"),
	R("published", "published/value", "", IN_UNIT), R("published_lower", "published/lower", "", IN_UNIT),
	R("published_upper", "published/upper", "", IN_UNIT), T("published_trial", "published/trial", ""),
	T("published_source", "published/source", "")};
static const struct ql_sheet_column compare_published[] = {
	T("regimen", "^^id", ""), T("endpoint", "^id", ""), T("unit", "^unit", ""), T("trial", "trial", ""),
	T("arm", "arm", "name of the regimen in the evidence"), T("population", "population", ""), R("value", "value", "", IN_UNIT),
	R("lower", "lower", "", IN_UNIT), R("upper", "upper", "", IN_UNIT), T("source", "source", "publication"),
	Y("verified", "verified", "read in a source, or recalled")};
#define CURVE                                                                                                            \
	R("month", "month#", "month", "30.4375 days each"), R("surv", "surv#", "1", "Kaplan-Meier"),                      \
	R("lower", "lower#", "1", "95 %"), R("upper", "upper#", "1", "95 %"), W("at_risk", "at_risk#", "just before"),    \
	W("events", "events#", "up to that month"), W("censored", "censored#", "up to that month")
static const struct ql_sheet_column compare_curves[] = {T("regimen", "^id", ""), T("curve", "id", ""), CURVE};
#define QUANTILE(q) R(q, q "#", "", "quantile over patients still followed, in `unit`")
static const struct ql_sheet_column compare_courses[] = {
	T("regimen", "^id", ""), T("output", "output", ""), T("unit", "unit", "of the quantiles"),
	R("day", "day#", "day", "since the start of treatment"), QUANTILE("q05"), QUANTILE("q25"), QUANTILE("q50"), QUANTILE("q75"),
	QUANTILE("q95")};
static const struct ql_sheet_column compare_contrasts[] = {
	T("a", "a", "regimen"), T("b", "b", "regimen"), T("endpoint", "endpoint", ""), R("difference", "difference", "", "a against b"),
	R("lower", "interval/lower", "", "a against b"), R("upper", "interval/upper", "", "a against b"),
	R("p_ahead", "p_ahead", "", "share who do better under a, of those who differ"),
	R("hazard_ratio", "hazard_ratio/estimate", "", "a against b"), R("hr_lower", "hazard_ratio/lower", "", "a against b"),
	R("hr_upper", "hazard_ratio/upper", "", "a against b"),
	R("trials_hr", "trials/network/estimate", "", "a against b, network of all trials"),
	R("trials_lower", "trials/network/lower", "", ""), R("trials_upper", "trials/network/upper", "", ""),
	T("agreement", "trials/agreement", "of the simulated ratio with the network"), T("statement", "trials/statement", "")};
static const struct ql_sheet_column compare_numerics[] = {
	T("regimen", "regimen", ""), T("endpoint", "endpoint", ""), UNIT, R("estimate", "estimate", "", IN_UNIT),
	R("estimate_tighter", "estimate_tighter", "", "at tolerances 100 times tighter, in `unit`"), R("effect", "effect", "", IN_UNIT)};
#define COMPARE                                                                                                          \
	SHEET("regimens", "one per regimen", "regimens/*", compare_regimens),                                            \
	SHEET("endpoints", "one per regimen and endpoint", "regimens/*/endpoints/*", compare_endpoints),                 \
	SHEET("published", "one per regimen, endpoint and published figure that answers it",                             \
	      "regimens/*/endpoints/*/published|regimens/*/endpoints/*/published_more/*", compare_published),            \
	SHEET("curves", "one per regimen, curve and month", "regimens/*/curves/*/#month", compare_curves),               \
	SHEET("courses", "one per regimen, output and day", "regimens/*/courses/*/#day", compare_courses),               \
	SHEET("contrasts", "one per pair of regimens and endpoint", "contrasts/*", compare_contrasts),                   \
	SHEET("numerics", "one per regimen and endpoint, with `numerics`", "numerics/effects/*", compare_numerics)
const struct ql_api_table ql_tables_compare[] = {COMPARE, STORED, END};

/* ---- simulate, dataset, regimen, evidence ---- */

static const struct ql_sheet_column simulate_profile[] = {T("covariate", "@", ""), R("value", "value", "", IN_UNIT), T("unit", "unit", "")};
static const struct ql_sheet_column simulate_regimens[] = {
	T("regimen", "id", ""), TITLE, GRADE, WARNING, W("n_state", "n_state", "states of the pruned model"),
	T("status", "status", "of the integration")};
const struct ql_api_table ql_tables_simulate[] = {
	FILLED("courses", "one per regimen and day", "regimen, day, outputs"),
	SHEET("profile", "one per covariate of the patient", "profile/*", simulate_profile),
	SHEET("regimens", "one per regimen", "regimens/*", simulate_regimens), END};

const struct ql_api_table ql_tables_dataset[] = {
	FILLED("records", "one per record of the data set", "ID, TIME, outputs"), FILLED("subjects", "one per subject", "ID, records, status"), END};
const struct ql_api_table ql_tables_regimen[] = {
	FILLED("doses", "one per dose or change of level (with `name`), a NONMEM data set",
	       "ID, TIME, EVID, AMT, CMT, RATE, II, ADDL, SS, MDV, inputs of the model"),
	FILLED("library", "one per regimen of the library", "regimen, evidence_grade, title"), END};
const struct ql_api_table ql_tables_evidence[] = {
	FILLED("rows", "one per published number",
	       "row, trial, nct, line, treatment, comparator, endpoint, value, lower, upper, ci_level, unit, n_arm, n_comp, "
	       "followup_month, subgroup, verified, role, year, cite, publication, note"), END};

/* ---- trial ---- */

static const struct ql_sheet_column trial_arms[] = {
	T("arm", "arm", ""), TITLE, GRADE, WARNING, W("patients", "patients", ""), W("patients_done", "patients_done", ""),
	W("patients_failed", "patients_failed", "")};
#define PREDICTION(in)                                                                                                   \
	R("predicted", "prediction/median", "", "median over replicates, " in),                                          \
	R("predicted_lower", "prediction/interval/lower", "", "2.5 % of replicates, " in),                               \
	R("predicted_upper", "prediction/interval/upper", "", "97.5 % of replicates, " in)
static const struct ql_sheet_column trial_endpoints[] = {
	T("arm", "^arm", ""), T("endpoint", "id", ""), TITLE, UNIT, ESTIMATE, PREDICTION("in `unit`")};
static const struct ql_sheet_column trial_curves[] = {T("arm", "^arm", ""), T("curve", "id", ""), CURVE};
static const struct ql_sheet_column trial_contrasts[] = {
	T("a", "a", "arm"), T("b", "b", "arm"), T("time_to", "endpoint", "pfs, os, ttnt"), R("events", "events", "", ""),
	R("hazard_ratio", "hazard_ratio", "", "a against b, Cox, stratified"), R("lower", "interval/lower", "", ""),
	R("upper", "interval/upper", "", ""), R("p", "p", "", ""), R("z", "z", "", ""), PREDICTION("of the hazard ratio"),
	R("power", "power", "1", "share of replicates with p below alpha and a better"),
	R("assurance", "assurance", "1", "the same where parameters were drawn anew for each trial"),
	R("power_lower", "power_interval/lower", "1", ""), R("power_upper", "power_interval/upper", "1", ""),
	R("worse", "worse", "1", "share of replicates with p below alpha and a worse")};
static const struct ql_sheet_column trial_looks[] = {
	R("information", "information", "1", "share of the events"), R("limit", "limit", "", "of z, a better"),
	R("efficacy", "efficacy", "1", "share of trials that stop here for it"), R("futility", "futility", "1", "share of trials that stop here for it"),
	R("day", "day", "day", "mean over trials that come so far"), R("events", "events", "", "mean over trials that come so far")};
static const struct ql_sheet_column trial_summary[] = {
	T("trial", "trial", ""), TITLE, T("population", "population", ""), W("patients_total", "patients_total", ""),
	R("follow_day", "follow_day", "day", ""), R("replicates", "replicates", "", ""), R("alpha", "alpha", "1", ""),
	R("expected_stop_day", "expected_stop_day", "day", ""), R("expected_events", "expected_events", "", "")};
#define TRIAL                                                                                                            \
	SHEET("arms", "one per arm", "arms/*", trial_arms),                                                              \
	SHEET("endpoints", "one per arm and endpoint", "arms/*/endpoints/*", trial_endpoints),                           \
	SHEET("curves", "one per arm, curve and month", "arms/*/curves/*/#month", trial_curves),                         \
	SHEET("contrasts", "one per pair of arms and time to an event", "contrasts/*", trial_contrasts),                 \
	SHEET("looks", "one per look, with `looks`", "looks/*", trial_looks),                                            \
	SHEET("summary", "one", "", trial_summary)
const struct ql_api_table ql_tables_trial[] = {TRIAL, STORED, END};

/* ---- recommend, optimize ---- */

static const struct ql_sheet_column recommend_summary[] = {
	T("verdict", "verdict", "preferred, equipoise, wait, not known"), T("statement", "statement", ""),
	T("population", "population", ""), W("patients", "patients", ""), R("effective_patients", "effective_patients", "", ""),
	Y("outside_of_population", "outside_of_population", "hardly any virtual patient matches"), T("guideline", "guideline", ""),
	T("cll_ipi", "profile/cll_ipi/group", ""), T("tls_risk", "profile/tls_risk", ""),
	T("treatment_indication", "profile/treatment_indication", ""), T("indication_why", "profile/indication_why", ""),
	T("order_by_qaly", "order_by_qaly", "regimens by quality-adjusted years alone")};
static const struct ql_sheet_column recommend_regimens[] = {
	T("regimen", "id", ""), TITLE, R("rank", "rank", "", "from 1; missing: not eligible"), Y("eligible", "eligible", ""),
	T("excluded", "excluded", "why not"), GRADE, WARNING, R("score", "score", "", ""),
	R("first", "first", "1", "share of draws in which it comes first"), R("regret", "regret", "", "mean distance to the best"),
	R("tier", "tier", "", "0 first"), R("pfs_rate_60mo", "pfs_rate_60mo", "1", ""), R("umrd", "umrd_pb_1e-4_any", "1", "in blood, at any visit"),
	R("patients_failed", "patients_failed", "", ""), T("for_it", "for_it", ""), T("against_it", "against_it", ""),
	R("trials_hr", "trials_against_first/network/estimate", "", "over the first, network of all trials"),
	R("trials_lower", "trials_against_first/network/lower", "", ""), R("trials_upper", "trials_against_first/network/upper", "", ""),
	T("trials_statement", "trials_against_first/statement", ""),
	Y("direct_evidence_outranks", "direct_evidence_outranks", ""), Y("consensus_outranks", "consensus_outranks", ""),
	Y("used_in_calibration", "used_in_calibration", "")};
static const struct ql_sheet_column recommend_criteria[] = {
	T("regimen", "^id", ""), T("criterion", "id", ""), TITLE, UNIT, R("estimate", "estimate", "", IN_UNIT), R("lower", "lower", "", IN_UNIT),
	R("upper", "upper", "", IN_UNIT), R("part_of_score", "part_of_score", "", ""),
	R("model_error", "model_error", "", "standard deviation, of the logit of shares and the logarithm else"),
	W("model_error_arms", "model_error_arms", "calibration arms behind it; 0: assumed")};
static const struct ql_sheet_column recommend_rules[] = {
	T("regimen", "^id", ""), T("rule", "id", ""), T("effect", "effect", ""), Y("sure", "sure", "no: depends on a field that is unknown"),
	T("text", "text", ""), T("grade", "grade", ""), T("sources", "sources", "keys of evidence/references.bib")};
static const struct ql_sheet_column recommend_information[] = {
	T("field", "field", "of the profile"), TITLE, R("value", "value", "", "gain of score when the choice may depend on it"),
	R("share_that_would_change", "share_that_would_change", "1", "")};
static const struct ql_sheet_column recommend_quality[] = {
	T("regimen", "^id", ""), T("scale", "id", "symptoms, fatigue, worries: in the manner of the QLQ-CLL17, 0 to 100, higher is worse"), TITLE,
	R("start", "start", "", "mean score at the start"), R("mean_5y", "mean_5y", "", "mean score of the first five years alive"),
	R("months_to_deterioration", "months_to_deterioration", "month", "median; missing: beyond the horizon"),
	R("without_deterioration_5y", "without_deterioration_5y", "1", "share of patients")};
static const struct ql_sheet_column recommend_utilities[] = {
	T("set", "id", "of library/utilities"), TITLE, Y("used", "used", "behind the ranking"), T("first_by_qaly", "first_by_qaly", ""),
	T("first_by_score", "first_by_score", ""), EACH("qaly_", "qaly", "(regimens)")};
static const struct ql_sheet_column recommend_tests[] = {
	T("field", "field", "of the profile"), T("text", "text", ""), T("grade", "grade", ""), T("sources", "sources", "keys of evidence/references.bib")};
const struct ql_api_table ql_tables_recommend[] = {
	SHEET("summary", "one", "", recommend_summary), SHEET("regimens", "one per regimen, the best first", "regimens/*", recommend_regimens),
	SHEET("criteria", "one per simulated regimen and criterion", "regimens/*/criteria/*", recommend_criteria),
	SHEET("rules", "one per regimen and rule that concerns it", "regimens/*/rules/*", recommend_rules),
	SHEET("information", "one per unknown field", "information/*", recommend_information),
	SHEET("quality", "one per simulated regimen and scale", "regimens/*/quality_of_life/*", recommend_quality),
	SHEET("utilities", "one per set of utilities", "utility_sets/*", recommend_utilities),
	SHEET("to_be_tested", "one per field that should be known before treatment and is not", "to_be_tested/*", recommend_tests),
	FILLED("fields", "one per field of a profile, with `fields` alone", "field, unit, low, high, choices, help"), END};

static const struct ql_sheet_column optimize_schedules[] = {
	R("loss", "loss", "", ""), R("constraint_miss", "constraint_miss", "", "0: all bounds are met"),
	Y("pareto", "pareto", "nothing else is at least as good in the loss and in the first bound"), EACH("at_", "variables", "(variables)"),
	EACH("", "measures", "measures")};
static const struct ql_sheet_column optimize_references[] = {
	T("regimen", "id", ""), R("loss", "loss", "", ""), R("constraint_miss", "constraint_miss", "", ""), EACH("", "measures", "measures")};
static const struct ql_sheet_column optimize_summary[] = {
	T("name", "name", ""), TITLE, GRADE, WARNING, T("population", "population", ""), W("patients", "patients", ""), R("years", "years", "year", ""),
	R("best_loss", "best/loss", "", "missing: no schedule meets the bounds"), EACH("best_", "best/variables", "(variables)"),
	T("regimen", "regimen", "the best schedule as a regimen file (YAML)")};
const struct ql_api_table ql_tables_optimize[] = {
	SHEET("summary", "one", "", optimize_summary), SHEET("schedules", "one per schedule tried", "schedules/*", optimize_schedules),
	SHEET("references", "one per regimen beside it", "references/*", optimize_references),
	FILLED("measures", "one per measure that can be minimised or bounded", "measure, title"), END};

/* ---- validate, calibrate, sensitivity ---- */

static const struct ql_sheet_column validate_endpoints[] = {
	T("trial", "trial", ""), T("arm", "arm", ""), T("endpoint", "id", ""), T("unit", "unit", ""), T("role", "role", "calibration, validation, evidence"),
	R("published", "published/value", "", IN_UNIT), R("published_lower", "published/lower", "", IN_UNIT),
	R("published_upper", "published/upper", "", IN_UNIT), T("source", "published/source", ""), R("simulated", "simulated/estimate", "", IN_UNIT),
	R("lower", "simulated/lower", "", "95 % interval of a trial of that size, in `unit`"), R("upper", "simulated/upper", "", IN_UNIT),
	Y("hit", "hit", "the published value lies in the interval")};
static const struct ql_sheet_column validate_score[] = {
	T("role", "role", ""), W("endpoints", "endpoints", ""), W("hits", "hits", ""), R("hit_share", "hit_share", "1", ""),
	W("trials", "trials", ""), R("one_vote_per_trial", "one_vote_per_trial", "1", ""), R("coverage_50", "coverage/50", "1", ""),
	R("coverage_80", "coverage/80", "1", ""), R("coverage_95", "coverage/95", "1", ""),
	R("half_width_over_binomial", "half_width_over_binomial", "1", "")};
static const struct ql_sheet_column validate_errors[] = {
	T("role", "^role", ""), T("class", "class", ""), W("endpoints", "endpoints", "of arms of 150 or more"),
	R("mean_absolute_error", "mean_absolute_error", "1", "points, or a share of medians and ratios")};
static const struct ql_sheet_column validate_not[] = {
	T("trial", "trial", ""), T("arm", "arm", ""), T("endpoint", "endpoint", ""), T("role", "role", ""), Y("verified", "verified", ""),
	T("source", "source", ""), T("reason", "reason", "")};
static const struct ql_sheet_column validate_left_out[] = {
	T("trial", "trial", ""), T("arm", "arm", "missing: the whole trial"), T("role", "role", ""), T("reason", "reason", "")};
static const struct ql_sheet_column validate_networks[] = {
	T("trial", "trial", ""), T("arm", "arm", ""), T("source", "source", ""), R("simulated", "simulated", "", "hazard ratio"),
	R("network", "trials/network/estimate", "", "hazard ratio of all trials"), R("lower", "trials/network/lower", "", ""),
	R("upper", "trials/network/upper", "", ""), T("agreement", "trials/agreement", ""), T("certainty", "trials/certainty", "")};
const struct ql_api_table ql_tables_validate[] = {
	SHEET("score", "one per role, and all", "score/*", validate_score), SHEET("errors", "one per role and class of endpoint",
	      "score/*/errors_of_arms_of_150_or_more/*", validate_errors),
	SHEET("endpoints", "one per verified published figure", "endpoints/*", validate_endpoints),
	SHEET("recalled", "one per published figure that was not read in a source", "recalled/*", validate_endpoints),
	SHEET("not_simulated", "one per published figure that no record answers", "not_simulated/*", validate_not),
	SHEET("trials_left_out", "one per trial or arm without a simulation", "trials_left_out/*", validate_left_out),
	SHEET("networks", "one per hazard ratio beside the network of trials", "networks/*", validate_networks), END};

static const struct ql_sheet_column calibrate_parameters[] = {
	T("parameter", "name", ""), R("start", "start", "", "the model's value"), R("mode", "mode", "", "of the posterior"),
	R("prior_sd", "prior_sd", "", "of the logarithm"), R("posterior_sd", "posterior_sd", "", "of the logarithm"),
	R("shift", "shift", "", "of the mode, in prior standard deviations"), Y("identified", "identified", "the data halve its variance at least"),
	T("partner", "partner", "the parameter it goes with most"), R("correlation", "correlation", "", "")};
static const struct ql_sheet_column calibrate_targets[] = {
	T("trial", "trial", ""), T("arm", "arm", ""), T("endpoint", "endpoint", ""), UNIT, R("published", "published", "", IN_UNIT),
	R("before", "before", "", IN_UNIT), R("after", "after", "", IN_UNIT), R("z_before", "z_before", "", "residual in standard errors"),
	R("z_after", "z_after", "", "residual in standard errors"), R("weight", "weight", "", "rows of one curve share a vote")};
static const struct ql_sheet_column calibrate_conflicts[] = {
	T("a", "a", "target"), T("b", "b", "target"), R("cosine", "cosine", "", "of their pulls, -1: opposite")};
static const struct ql_sheet_column calibrate_draws[] = {EACH("", ".", "parameters")};
static const struct ql_sheet_column calibrate_summary[] = {
	R("log_posterior_before", "log_posterior_before", "", ""), R("log_posterior_after", "log_posterior_after", "", ""),
	R("effective_sample_size", "effective_sample_size", "", "of the weighted draws"), W("draws_weighted", "draws_weighted", "")};
const struct ql_api_table ql_tables_calibrate[] = {
	SHEET("parameters", "one per parameter", "parameters/*", calibrate_parameters),
	SHEET("targets", "one per figure that was fitted", "targets/*", calibrate_targets),
	SHEET("conflicts", "one per pair of figures that pull apart", "conflicts/*", calibrate_conflicts),
	SHEET("draws", "one per kept draw", "draws/*", calibrate_draws), SHEET("summary", "one", "", calibrate_summary), END};

static const struct ql_sheet_column sensitivity_outputs[] = {
	T("regimen", "regimen", ""), GRADE, WARNING, T("endpoint", "endpoint", ""), TITLE, T("unit", "unit", ""),
	W("samples_used", "samples_used", "rows or trajectories without a missing value"), R("mean", "mean", "", "of the endpoint (sobol), in `unit`"),
	R("variance", "variance", "", "of the endpoint (sobol)")};
#define INDEX(name, path, title)                                                                                         \
	R(name, path "/estimate", "", title), R(name "_lower", path "/interval/lower", "", "95 %, bootstrap"),           \
	R(name "_upper", path "/interval/upper", "", "95 %, bootstrap")
static const struct ql_sheet_column sensitivity_inputs[] = {
	T("regimen", "^regimen", ""), T("endpoint", "^endpoint", ""), T("parameter", "name", "most influential first"), T("unit", "unit", "of the range"),
	T("grade", "grade", "of the parameter's value"), R("typical", "typical", "", IN_UNIT), R("low", "low", "", IN_UNIT), R("high", "high", "", IN_UNIT),
	T("scale", "scale", "on which it varies"), INDEX("first", "first", "share of the variance by it alone"),
	INDEX("total", "total", "share of the variance with all its interactions"),
	INDEX("mu_star", "mu_star", "mean of absolute effects over the whole range (morris), in the endpoint's unit"),
	R("mu", "mu", "", "mean effect (morris)"), R("sigma", "sigma", "", "standard deviation of effects (morris)")};
#define SENSITIVITY                                                                                                      \
	SHEET("outputs", "one per regimen and endpoint", "outputs/*", sensitivity_outputs),                              \
	SHEET("inputs", "one per regimen, endpoint and parameter", "outputs/*/inputs/*", sensitivity_inputs)
const struct ql_api_table ql_tables_sensitivity[] = {SENSITIVITY, STORED, END};

/* ---- explain ---- */

#define EITHER(path) "therapies/*" path "|agents/*" path
static const struct ql_sheet_column explain_summary[] = {
	T("name", "id", ""), TITLE, GRADE, T("evidence", "evidence", ""), WARNING, T("text", "summary", "of a therapy"), T("note", "note", "of an agent"),
	T("therapy", "therapy", "of an agent")};
static const struct ql_sheet_column explain_aspects[] = {
	T("name", "^id", ""), T("aspect", "@", "mechanism, efficacy, safety, resistance, future"), T("text", "text", ""),
	T("references", "references", "keys of evidence/references.bib"), T("parameters", "model/parameters", ""), T("equations", "model/equations", "")};
static const struct ql_sheet_column explain_published[] = {
	T("name", "^^id", ""), T("aspect", "^@", ""), T("trial", "trial", ""), T("treatment", "treatment", ""), T("endpoint", "endpoint", ""),
	R("value", "value", "", IN_UNIT), R("lower", "lower", "", IN_UNIT), R("upper", "upper", "", IN_UNIT), UNIT, R("patients", "patients", "", ""),
	T("population", "population", ""), T("subgroup", "subgroup", ""), T("source", "source", ""), Y("verified", "verified", ""), W("row", "row", "of evidence/trials.csv")};
static const struct ql_sheet_column explain_simulated[] = {
	T("name", "^^id", ""), T("aspect", "^@", ""), T("regimen", "regimen", ""), GRADE, WARNING, T("endpoint", "endpoint", ""), TITLE, UNIT, ESTIMATE};
static const struct ql_sheet_column explain_regimens[] = {T("name", "^id", ""), T("regimen", "id", ""), TITLE, GRADE, WARNING};
const struct ql_api_table ql_tables_explain[] = {
	FILLED("things", "one per thing of that name", "kind, name, title, text, unit, value, spread, grade, sources, warning"),
	SHEET("summary", "one per therapy or agent", EITHER(""), explain_summary),
	SHEET("aspects", "one per therapy or agent and aspect", EITHER("/aspects/*"), explain_aspects),
	SHEET("published", "one per published figure", EITHER("/aspects/*/published/*"), explain_published),
	SHEET("simulated", "one per simulated figure", EITHER("/aspects/*/simulated/*"), explain_simulated),
	SHEET("regimens", "one per regimen that gives it", EITHER("/regimens/*"), explain_regimens), END};

/* ---- runs, resume ---- */

static const struct ql_sheet_column runs_runs[] = {
	W("run", "run", ""), T("kind", "kind", "compare, trial, sensitivity"), TITLE, T("state", "state", "finished, unfinished"), W("chunks", "chunks", ""),
	W("chunks_done", "chunks_done", ""), W("units", "units", "patients times regimens, or evaluations"), W("seed", "seed", ""),
	W("bytes", "bytes", "in the store"), T("created", "created", "UTC"), T("finished", "finished", "UTC"), T("quell", "quell", "version"),
	T("model_hash", "model_hash", ""), T("command", "command", "")};
const struct ql_api_table ql_tables_runs[] = {
	SHEET("runs", "one per run, or the one named", "runs/*", runs_runs),
	FILLED("log", "one per entry of the log, with `run`", "at, event, detail"),
	FILLED("...", "with `run`: those of the verb that made it, if it is finished", "as there"), END};
const struct ql_api_table ql_tables_resume[] = {STORED, FILLED("...", "those of the verb that made the run", "as there"), END};

/* ---- statistics ---- */

static const struct ql_sheet_column survival_groups[] = {
	T("group", "@", ""), R("n", "n", "", ""), R("events", "events", "", ""), R("median", "median", "", ""), R("median_lower", "median_lower", "", ""),
	R("median_upper", "median_upper", "", ""), R("rmst", "/analyses/rmst/groups/@/rmst", "", "restricted mean, in the unit of time"),
	R("rmst_se", "/analyses/rmst/groups/@/se", "", "")};
static const struct ql_sheet_column survival_curves[] = {
	T("group", "@", ""), R("time", "time#", "", "in the unit of the table"), R("n_risk", "n_risk#", "", ""), R("surv", "surv#", "1", ""),
	R("se", "se#", "", ""), R("lower", "lower#", "", ""), R("upper", "upper#", "", "")};
static const struct ql_sheet_column survival_incidence[] = {
	T("group", "^@", ""), T("cause", "@", "event_ or competing_ and the code"), R("time", "^time#", "", "in the unit of the table"),
	R("n_risk", "^n_risk#", "", ""), R("cif", "cif#", "1", ""), R("se_ij", "se_ij#", "1", ""), R("se_delta", "se_delta#", "1", "")};
static const struct ql_sheet_column survival_cox[] = {
	T("term", "@", ""), R("coef", "coef", "", ""), R("se", "se", "", ""), R("hr", "hr", "", ""), R("lower", "lower", "", ""), R("upper", "upper", "", ""),
	R("p", "p", "", "")};
const struct ql_api_table ql_tables_survival[] = {
	SHEET("groups", "one per group", "analyses/km/groups/*", survival_groups),
	SHEET("curves", "one per group and time", "analyses/km/groups/*/#time", survival_curves),
	SHEET("incidence", "one per group, cause and time, with `competing`", "analyses/cif/groups/*/*/#^time", survival_incidence),
	FILLED("tests", "one per test", "test, rho, chisq, df, p"), SHEET("cox", "one per term of the Cox model", "analyses/cox/terms/*", survival_cox), END};
const struct ql_api_table ql_tables_nma[] = {
	FILLED("effects", "one per treatment, against the reference",
	       "treatment, reference, effect, se, lower, upper, p, predict_lower, predict_upper, p_score, sucra"),
	FILLED("league", "one per ordered pair of treatments", "treatment, comparator, effect, se, lower, upper, p"),
	FILLED("split", "one per directly compared pair",
	       "treatment, comparator, studies, proportion_direct, network, direct, direct_se, indirect, indirect_se, difference, p"),
	FILLED("designs", "one per design", "design, studies, q_within, df_within"),
	FILLED("summary", "one", "measure, studies, treatments, tau2, i2, q, df, p_q"), END};
