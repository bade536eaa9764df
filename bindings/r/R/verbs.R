# SPDX-License-Identifier: Apache-2.0
# The verbs. Written by tools/bindgen from the library's tables; do not edit.

compare <- function(regimens = NULL, population = "unfit-1l", regimen = NULL, what_if = NULL,
  patients = 1000, years = 6, seed = 1, protocol = NULL,
  next_line = NULL, set = NULL, model = NULL, threads = NULL,
  lanes = "auto", solver = "own", native = "auto", rtol = 1e-4,
  fixed_doses = FALSE, draws = NULL, n_draws = NULL, no_courses = FALSE,
  no_contrasts = FALSE, html = NULL, numerics = 0, figure = NULL,
  store = NULL, max_time = NULL, keep = NULL, chunk = NULL,
  progress = interactive())
  run_verb("compare", environment())

run_simulate <- function(regimens = NULL, population = "unfit-1l", regimen = NULL, what_if = NULL,
  patients = 1000, years = 6, seed = 1, protocol = NULL,
  next_line = NULL, set = NULL, model = NULL, threads = NULL,
  lanes = "auto", solver = "own", native = "auto", rtol = 1e-4,
  fixed_doses = FALSE, patient = 0, typical = FALSE, outputs = NULL,
  step = 7,
  progress = interactive())
  run_verb("simulate", environment())

run_dataset <- function(data = NULL, model = NULL, covariates = "nocb", set = NULL,
  agents = NULL, states = FALSE, rtol = 1e-8, atol = 1e-10,
  threads = NULL, native = "auto",
  progress = interactive())
  run_verb("dataset", environment())

trial <- function(design = NULL, patients = NULL, seed = 1, replicates = 1,
  alpha = 0.05, looks = NULL, futility = 0.1, draws = NULL,
  n_draws = NULL, adam = NULL, set = NULL, threads = NULL,
  lanes = "auto", solver = "own", rtol = 1e-4, store = NULL,
  max_time = NULL, keep = NULL, chunk = NULL,
  progress = interactive())
  run_verb("trial", environment())

recommend <- function(profile = NULL, with = NULL, guideline = "cll", utilities = "base",
  draws = NULL, n_draws = NULL, fields = FALSE, population = NULL,
  regimens = NULL, regimen = NULL, what_if = NULL, patients = 500,
  years = 10, seed = 1, protocol = NULL, next_line = NULL,
  set = NULL, model = NULL, threads = NULL, lanes = "auto",
  solver = "own", native = "auto", rtol = 1e-4, fixed_doses = FALSE,
  progress = interactive())
  run_verb("recommend", environment())

optimize_regimen <- function(problem = NULL, patients = NULL, population = NULL, evaluations = 80,
  seed = 1, threads = NULL, rtol = 1e-4, out = NULL,
  measures = FALSE,
  progress = interactive())
  run_verb("optimize", environment())

validate <- function(trial = NULL, role = "all", patients = 1000, replicates = 400,
  seed = 1, set = NULL, draws = "posterior", n_draws = NULL,
  trial_effect = NULL, html = NULL, credibility = NULL, threads = NULL,
  progress = interactive())
  run_verb("validate", environment())

calibrate <- function(out = NULL, report = NULL, parameters = NULL, log = NULL,
  patients = 200, steps = 2, draw = 60, keep = 24,
  seed = 1, threads = NULL,
  progress = interactive())
  run_verb("calibrate", environment())

sensitivity <- function(regimens = NULL, endpoint = NULL, method = "sobol", samples = NULL,
  params = NULL, spread = 1.25, range = NULL, function_ = NULL,
  population = "unfit-1l", regimen = NULL, what_if = NULL, patients = 200,
  years = 6, seed = 1, protocol = NULL, next_line = NULL,
  set = NULL, model = NULL, threads = NULL, lanes = "auto",
  solver = "own", native = "auto", rtol = 1e-4, fixed_doses = FALSE,
  store = NULL, max_time = NULL, keep = NULL, chunk = NULL,
  progress = interactive())
  run_verb("sensitivity", environment())

explain <- function(name = NULL, figure = NULL, html = NULL, model = NULL,
  progress = interactive())
  run_verb("explain", environment())

runs <- function(store = NULL, run = NULL,
  progress = interactive())
  run_verb("runs", environment())

resume <- function(store = NULL, run = NULL, max_time = NULL, threads = NULL,
  html = NULL, numerics = 0, figure = NULL,
  progress = interactive())
  run_verb("resume", environment())

survival <- function(data = NULL, time = NULL, event = NULL, group = NULL,
  strata = NULL, cox = NULL, ties = "efron", rmst = NULL,
  competing = NULL, times = NULL, rho = NULL, level = 0.95,
  progress = interactive())
  run_verb("survival", environment())

nma <- function(data = NULL, reference = NULL, method = "DL", model = "random",
  small_values = "desirable", measure = "auto", level = 95, hk = FALSE,
  increment = 0.5, keep_double_zero = FALSE, covariate = NULL, treatment = NULL,
  control = NULL, repair = FALSE, exact_names = FALSE, heat = FALSE,
  contributions = "none", draws = 100000, seed = 1, slopes = "common",
  components = FALSE, inactive = NULL, bayes = FALSE, tau_prior = NULL,
  effect_sd = NULL, chains = 4, warmup = 1000, chain_draws = 5000,
  dataset = NULL,
  progress = interactive())
  run_verb("nma", environment())

evidence <- function(word = NULL, trial = NULL, line = NULL, treatment = NULL,
  endpoint = NULL, subgroup = NULL, role = NULL, verified = FALSE,
  recalled = FALSE,
  progress = interactive())
  run_verb("evidence", environment())

regimen <- function(name = NULL, years = 6,
  progress = interactive())
  run_verb("regimen", environment())
