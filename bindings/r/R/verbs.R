# SPDX-License-Identifier: Apache-2.0
# The verbs. Written by tools/bindgen from the library's tables; do not edit.

compare <- function(regimens = NULL, population = "unfit-1l", regimen = NULL, what_if = NULL,
  patients = 1000, years = 6, seed = 1, protocol = NULL,
  next_line = NULL, set = NULL, model = NULL, threads = NULL,
  lanes = "auto", solver = "own", native = "auto", rtol = 1e-4,
  fixed_doses = FALSE, draws = NULL, n_draws = NULL, html = NULL,
  numerics = 0, figure = NULL, store = NULL, max_time = NULL,
  keep = NULL, chunk = NULL,
  progress = interactive())
  run_verb("compare", list(population = population, regimens = regimens, regimen = regimen, what_if = what_if,
    patients = patients, years = years, seed = seed, protocol = protocol,
    next_line = next_line, set = set, model = model, threads = threads,
    lanes = lanes, solver = solver, native = native, rtol = rtol,
    fixed_doses = fixed_doses, draws = draws, n_draws = n_draws, html = html,
    numerics = numerics, figure = figure, store = store, max_time = max_time,
    keep = keep, chunk = chunk), progress)

run_simulate <- function(regimens = NULL, population = "unfit-1l", regimen = NULL, what_if = NULL,
  patients = 1000, years = 6, seed = 1, protocol = NULL,
  next_line = NULL, set = NULL, model = NULL, threads = NULL,
  lanes = "auto", solver = "own", native = "auto", rtol = 1e-4,
  fixed_doses = FALSE, patient = 0, typical = FALSE, outputs = NULL,
  step = 7,
  progress = interactive())
  run_verb("simulate", list(population = population, regimens = regimens, regimen = regimen, what_if = what_if,
    patients = patients, years = years, seed = seed, protocol = protocol,
    next_line = next_line, set = set, model = model, threads = threads,
    lanes = lanes, solver = solver, native = native, rtol = rtol,
    fixed_doses = fixed_doses, patient = patient, typical = typical, outputs = outputs,
    step = step), progress)

run_dataset <- function(data = NULL, model = NULL, covariates = "nocb", set = NULL,
  agents = NULL, states = FALSE, rtol = 1e-8, atol = 1e-10,
  threads = NULL, native = "auto",
  progress = interactive())
  run_verb("dataset", list(data = data, model = model, covariates = covariates, set = set,
    agents = agents, states = states, rtol = rtol, atol = atol,
    threads = threads, native = native), progress)

trial <- function(design = NULL, patients = NULL, seed = 1, replicates = 1,
  alpha = 0.05, looks = NULL, futility = 0.1, draws = NULL,
  n_draws = NULL, adam = NULL, set = NULL, threads = NULL,
  lanes = "auto", solver = "own", rtol = 1e-4, store = NULL,
  max_time = NULL, keep = NULL, chunk = NULL,
  progress = interactive())
  run_verb("trial", list(design = design, patients = patients, seed = seed, replicates = replicates,
    alpha = alpha, looks = looks, futility = futility, draws = draws,
    n_draws = n_draws, adam = adam, set = set, threads = threads,
    lanes = lanes, solver = solver, rtol = rtol, store = store,
    max_time = max_time, keep = keep, chunk = chunk), progress)

recommend <- function(regimens = NULL, profile = NULL, with = NULL, guideline = "cll",
  fields = FALSE, population = NULL, regimen = NULL, what_if = NULL,
  patients = 500, years = 10, seed = 1, protocol = NULL,
  next_line = NULL, set = NULL, model = NULL, threads = NULL,
  lanes = "auto", solver = "own", native = "auto", rtol = 1e-4,
  fixed_doses = FALSE,
  progress = interactive())
  run_verb("recommend", list(profile = profile, with = with, guideline = guideline, fields = fields,
    population = population, regimens = regimens, regimen = regimen, what_if = what_if,
    patients = patients, years = years, seed = seed, protocol = protocol,
    next_line = next_line, set = set, model = model, threads = threads,
    lanes = lanes, solver = solver, native = native, rtol = rtol,
    fixed_doses = fixed_doses), progress)

optimize <- function(problem = NULL, patients = NULL, population = NULL, evaluations = 80,
  seed = 1, threads = NULL, rtol = 1e-4, out = NULL,
  measures = FALSE,
  progress = interactive())
  run_verb("optimize", list(problem = problem, patients = patients, population = population, evaluations = evaluations,
    seed = seed, threads = threads, rtol = rtol, out = out,
    measures = measures), progress)

validate <- function(trial = NULL, role = "all", patients = 1000, replicates = 400,
  seed = 1, set = NULL, draws = NULL, n_draws = NULL,
  trial_effect = NULL, html = NULL, credibility = NULL, threads = NULL,
  progress = interactive())
  run_verb("validate", list(trial = trial, role = role, patients = patients, replicates = replicates,
    seed = seed, set = set, draws = draws, n_draws = n_draws,
    trial_effect = trial_effect, html = html, credibility = credibility, threads = threads), progress)

calibrate <- function(out = NULL, report = NULL, parameters = NULL, log = NULL,
  patients = 200, steps = 2, draw = 60, keep = 24,
  seed = 1, threads = NULL,
  progress = interactive())
  run_verb("calibrate", list(out = out, report = report, parameters = parameters, log = log,
    patients = patients, steps = steps, draw = draw, keep = keep,
    seed = seed, threads = threads), progress)

sensitivity <- function(regimens = NULL, endpoint = NULL, method = "sobol", samples = NULL,
  params = NULL, spread = 1.25, range = NULL, function = NULL,
  population = "unfit-1l", regimen = NULL, what_if = NULL, patients = 200,
  years = 6, seed = 1, protocol = NULL, next_line = NULL,
  set = NULL, model = NULL, threads = NULL, lanes = "auto",
  solver = "own", native = "auto", rtol = 1e-4, fixed_doses = FALSE,
  store = NULL, max_time = NULL, keep = NULL, chunk = NULL,
  progress = interactive())
  run_verb("sensitivity", list(endpoint = endpoint, method = method, samples = samples, params = params,
    spread = spread, range = range, function = function, population = population,
    regimens = regimens, regimen = regimen, what_if = what_if, patients = patients,
    years = years, seed = seed, protocol = protocol, next_line = next_line,
    set = set, model = model, threads = threads, lanes = lanes,
    solver = solver, native = native, rtol = rtol, fixed_doses = fixed_doses,
    store = store, max_time = max_time, keep = keep, chunk = chunk), progress)

explain <- function(name = NULL, figure = NULL, html = NULL, model = NULL,
  progress = interactive())
  run_verb("explain", list(name = name, figure = figure, html = html, model = model), progress)

runs <- function(store = NULL, run = NULL,
  progress = interactive())
  run_verb("runs", list(store = store, run = run), progress)

resume <- function(store = NULL, run = NULL, max_time = NULL, threads = NULL,
  html = NULL, numerics = 0, figure = NULL,
  progress = interactive())
  run_verb("resume", list(store = store, run = run, max_time = max_time, threads = threads,
    html = html, numerics = numerics, figure = figure), progress)

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
    seed = "2", protocol = "4", next_line = "4",
    set = "5", model = "7", threads = "2",
    lanes = "3", solver = "3", native = "3",
    rtol = "1", fixed_doses = "0", draws = "4",
    n_draws = "2", html = "4", numerics = "2",
    figure = "4", store = "4", max_time = "4",
    keep = "5", chunk = "2"),
  simulate = c(population = "4", regimens = "5", regimen = "5",
    what_if = "5", patients = "2", years = "1",
    seed = "2", protocol = "4", next_line = "4",
    set = "5", model = "7", threads = "2",
    lanes = "3", solver = "3", native = "3",
    rtol = "1", fixed_doses = "0", patient = "2",
    typical = "0", outputs = "5", step = "1"),
  dataset = c(data = "6", model = "7", covariates = "3",
    set = "5", agents = "5", states = "0",
    rtol = "1", atol = "1", threads = "2",
    native = "3"),
  trial = c(design = "4", patients = "2", seed = "2",
    replicates = "2", alpha = "1", looks = "5",
    futility = "1", draws = "4", n_draws = "2",
    adam = "4", set = "5", threads = "2",
    lanes = "3", solver = "3", rtol = "1",
    store = "4", max_time = "4", keep = "5",
    chunk = "2"),
  recommend = c(profile = "4", with = "5", guideline = "4",
    fields = "0", population = "4", regimens = "5",
    regimen = "5", what_if = "5", patients = "2",
    years = "1", seed = "2", protocol = "4",
    next_line = "4", set = "5", model = "7",
    threads = "2", lanes = "3", solver = "3",
    native = "3", rtol = "1", fixed_doses = "0"),
  optimize = c(problem = "4", patients = "2", population = "4",
    evaluations = "2", seed = "2", threads = "2",
    rtol = "1", out = "4", measures = "0"),
  validate = c(trial = "5", role = "3", patients = "2",
    replicates = "2", seed = "2", set = "5",
    draws = "4", n_draws = "2", trial_effect = "4",
    html = "4", credibility = "4", threads = "2"),
  calibrate = c(out = "4", report = "4", parameters = "4",
    log = "4", patients = "2", steps = "2",
    draw = "2", keep = "2", seed = "2",
    threads = "2"),
  sensitivity = c(endpoint = "5", method = "3", samples = "2",
    params = "5", spread = "1", range = "5",
    function = "4", population = "4", regimens = "5",
    regimen = "5", what_if = "5", patients = "2",
    years = "1", seed = "2", protocol = "4",
    next_line = "4", set = "5", model = "7",
    threads = "2", lanes = "3", solver = "3",
    native = "3", rtol = "1", fixed_doses = "0",
    store = "4", max_time = "4", keep = "5",
    chunk = "2"),
  explain = c(name = "4", figure = "4", html = "4",
    model = "7"),
  runs = c(store = "4", run = "2"),
  resume = c(store = "4", run = "2", max_time = "4",
    threads = "2", html = "4", numerics = "2",
    figure = "4"),
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
