# SPDX-License-Identifier: Apache-2.0
# The verbs. Written by tools/bindgen from the library's tables; do not edit.

compare <- function(regimens = NULL, population = "unfit-1l", regimen = NULL, what_if = NULL,
  patients = 1000, years = 6, seed = 1, set = NULL,
  model = NULL, threads = NULL, lanes = "auto", solver = "own",
  native = "auto", rtol = 1e-4, fixed_doses = FALSE,
  progress = interactive())
  run_verb("compare", list(population = population, regimens = regimens, regimen = regimen, what_if = what_if,
    patients = patients, years = years, seed = seed, set = set,
    model = model, threads = threads, lanes = lanes, solver = solver,
    native = native, rtol = rtol, fixed_doses = fixed_doses), progress)

run_simulate <- function(regimens = NULL, population = "unfit-1l", regimen = NULL, what_if = NULL,
  patients = 1000, years = 6, seed = 1, set = NULL,
  model = NULL, threads = NULL, lanes = "auto", solver = "own",
  native = "auto", rtol = 1e-4, fixed_doses = FALSE, patient = 0,
  typical = FALSE, outputs = NULL, step = 7,
  progress = interactive())
  run_verb("simulate", list(population = population, regimens = regimens, regimen = regimen, what_if = what_if,
    patients = patients, years = years, seed = seed, set = set,
    model = model, threads = threads, lanes = lanes, solver = solver,
    native = native, rtol = rtol, fixed_doses = fixed_doses, patient = patient,
    typical = typical, outputs = outputs, step = step), progress)

run_dataset <- function(data = NULL, model = NULL, covariates = "nocb", set = NULL,
  agents = NULL, states = FALSE, rtol = 1e-8, atol = 1e-10,
  threads = NULL, native = "auto",
  progress = interactive())
  run_verb("dataset", list(data = data, model = model, covariates = covariates, set = set,
    agents = agents, states = states, rtol = rtol, atol = atol,
    threads = threads, native = native), progress)

trial <- function(design = NULL, patients = NULL, seed = 1, set = NULL,
  threads = NULL, lanes = "auto", solver = "own", rtol = 1e-4,
  progress = interactive())
  run_verb("trial", list(design = design, patients = patients, seed = seed, set = set,
    threads = threads, lanes = lanes, solver = solver, rtol = rtol), progress)

survival <- function(data = NULL, time = NULL, event = NULL, group = NULL,
  strata = NULL, cox = NULL, ties = "efron", rmst = NULL,
  competing = NULL, times = NULL, rho = NULL, level = 0.95,
  progress = interactive())
  run_verb("survival", list(data = data, time = time, event = event, group = group,
    strata = strata, cox = cox, ties = ties, rmst = rmst,
    competing = competing, times = times, rho = rho, level = level), progress)

nma <- function(data = NULL, reference = NULL, method = "DL", model = "random",
  small_values = "desirable", measure = "auto", level = 95, hk = FALSE,
  increment = 0.5, keep_double_zero = FALSE, covariate = NULL, treatment = NULL,
  control = NULL, repair = FALSE, exact_names = FALSE, heat = FALSE,
  contributions = "none", draws = 100000, seed = 1, slopes = "common",
  components = FALSE, inactive = NULL, bayes = FALSE, tau_prior = NULL,
  effect_sd = NULL, chains = 4, warmup = 1000, chain_draws = 5000,
  dataset = NULL,
  progress = interactive())
  run_verb("nma", list(data = data, reference = reference, method = method, model = model,
    small_values = small_values, measure = measure, level = level, hk = hk,
    increment = increment, keep_double_zero = keep_double_zero, covariate = covariate, treatment = treatment,
    control = control, repair = repair, exact_names = exact_names, heat = heat,
    contributions = contributions, draws = draws, seed = seed, slopes = slopes,
    components = components, inactive = inactive, bayes = bayes, tau_prior = tau_prior,
    effect_sd = effect_sd, chains = chains, warmup = warmup, chain_draws = chain_draws,
    dataset = dataset), progress)

evidence <- function(word = NULL, trial = NULL, line = NULL, treatment = NULL,
  endpoint = NULL, subgroup = NULL, role = NULL, verified = FALSE,
  recalled = FALSE,
  progress = interactive())
  run_verb("evidence", list(word = word, trial = trial, line = line, treatment = treatment,
    endpoint = endpoint, subgroup = subgroup, role = role, verified = verified,
    recalled = recalled), progress)

regimen <- function(name = NULL, years = 6,
  progress = interactive())
  run_verb("regimen", list(name = name, years = years), progress)

verb_options <- list(
  compare = c(population = "4", regimens = "5", regimen = "5",
    what_if = "5", patients = "2", years = "1",
    seed = "2", set = "5", model = "7",
    threads = "2", lanes = "3", solver = "3",
    native = "3", rtol = "1", fixed_doses = "0"),
  simulate = c(population = "4", regimens = "5", regimen = "5",
    what_if = "5", patients = "2", years = "1",
    seed = "2", set = "5", model = "7",
    threads = "2", lanes = "3", solver = "3",
    native = "3", rtol = "1", fixed_doses = "0",
    patient = "2", typical = "0", outputs = "5",
    step = "1"),
  dataset = c(data = "6", model = "7", covariates = "3",
    set = "5", agents = "5", states = "0",
    rtol = "1", atol = "1", threads = "2",
    native = "3"),
  trial = c(design = "4", patients = "2", seed = "2",
    set = "5", threads = "2", lanes = "3",
    solver = "3", rtol = "1"),
  survival = c(data = "6", time = "4", event = "4",
    group = "4", strata = "4", cox = "5",
    ties = "3", rmst = "1", competing = "5",
    times = "5", rho = "1", level = "1"),
  nma = c(data = "6", reference = "4", method = "4",
    model = "3", small_values = "3", measure = "3",
    level = "1", hk = "0", increment = "1",
    keep_double_zero = "0", covariate = "4", treatment = "4",
    control = "4", repair = "0", exact_names = "0",
    heat = "0", contributions = "3", draws = "2",
    seed = "2", slopes = "3", components = "0",
    inactive = "4", bayes = "0", tau_prior = "4",
    effect_sd = "1", chains = "2", warmup = "2",
    chain_draws = "2", dataset = "4"),
  evidence = c(word = "4", trial = "4", line = "4",
    treatment = "4", endpoint = "4", subgroup = "4",
    role = "4", verified = "0", recalled = "0"),
  regimen = c(name = "4", years = "1"))
