# SPDX-License-Identifier: Apache-2.0
"""The verbs. Written by tools/bindgen from the library's tables; do not edit."""
from typing import Optional

from ._run import Frame, Items, ModelLike, Progress, Result, _run

__all__ = ["compare", "simulate", "dataset", "trial", "recommend", "optimize", "validate", "calibrate", "sensitivity", "explain", "runs", "resume", "survival", "nma", "evidence", "regimen"]


def compare(
    *,
    population: str = "unfit-1l",
    regimens: Items = None,
    regimen: Items = None,
    what_if: Items = None,
    patients: int = 1000,
    years: float = 6,
    seed: int = 1,
    protocol: Optional[str] = None,
    next_line: Optional[str] = None,
    set: Items = None,
    model: ModelLike = None,
    threads: Optional[int] = None,
    lanes: str = "auto",
    solver: str = "own",
    native: str = "auto",
    rtol: float = 1e-4,
    fixed_doses: bool = False,
    draws: Optional[str] = None,
    n_draws: Optional[int] = None,
    html: Optional[str] = None,
    numerics: int = 0,
    figure: Optional[str] = None,
    store: Optional[str] = None,
    max_time: Optional[str] = None,
    keep: Items = None,
    chunk: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """the same virtual patients under several regimens.

    Simulates the same virtual patients under several regimens and sets published figures beside the
    simulated ones.

    Parameters
    ----------
    population : str
        who is simulated: a population of the library, a .yaml or a .csv
    regimens : Items
        regimens of the library, by name
    regimen : Items
        a regimen of your own (.yaml); may be repeated
    what_if : Items
        what-ifs of the library, each beside the regimens that it changes
    patients : int
        virtual patients per regimen, 1 to 2e+09
    years : float
        how long each is followed, 0.1 to 40, in year
    seed : int
        random seed, 0 to 9.0072e+15
    protocol : Optional[str]
        rules of the clinic: library/protocols, a file, or none (default: standard)
    next_line : Optional[str]
        what follows progression: library/protocols, a file, or none (default: as the protocol says)
    set : Items
        change a parameter of the model; may be repeated
    model : ModelLike
        another model (default: the shipped CLL model)
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    lanes : str
        patients per vector; results do not depend on it: auto, 4, 8
    solver : str
        integrator: own, cvode
    native : str
        compiled kernels: those in the cache, compile what is missing, none; same results: auto, build, off
    rtol : float
        relative tolerance of the integrator, 1e-13 to 0.1
    fixed_doses : bool
        no adaptive protocol and no extinction, for comparing solvers
    draws : Optional[str]
        parameter draws (quell calibrate; `posterior`: the shipped ones): their spread enters the intervals
    n_draws : Optional[int]
        use the first N draws, 1 to 255 (default: all of the file)
    html : Optional[str]
        a report with curves, in one file
    numerics : int
        solve N patients again at tolerances 100 times tighter and show the effect, 0 to 1e+06
    figure : Optional[str]
        the survival chart alone
    store : Optional[str]
        keep finished chunks in this SQLite file, and go on from what it holds
    max_time : Optional[str]
        stop at a chunk's end before T has passed: 90, 30m, 12h (default: no limit)
    keep : Items
        rows to keep in the store: patients, courses (one row per patient and day)
    chunk : Optional[int]
        patients per chunk; results do not depend on it, 1 to 1e+06 (default: some seconds of work)
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    regimens : one per regimen
        regimen, title, evidence_grade, warning, what_if, patients_done, patients_failed, kernel, n_state
    endpoints : one per regimen and endpoint
        regimen, endpoint, title, unit, estimate, lower, upper, level, interval, published,
        published_lower, published_upper, published_trial, published_source
    published : one per regimen, endpoint and published figure that answers it
        regimen, endpoint, unit, trial, arm, population, value, lower, upper, source, verified
    curves : one per regimen, curve and month
        regimen, curve, month, surv, lower, upper, at_risk, events, censored
    courses : one per regimen, output and day
        regimen, output, unit, day, q05, q25, q50, q75, q95
    contrasts : one per pair of regimens and endpoint
        a, b, endpoint, difference, lower, upper, p_ahead, hazard_ratio, hr_lower, hr_upper, trials_hr,
        trials_lower, trials_upper, agreement, statement
    numerics : one per regimen and endpoint, with `numerics`
        regimen, endpoint, unit, estimate, estimate_tighter, effect
    stored : one, with `store`
        run, chunks, reused, computed, settings
    """
    return _run("compare", locals())


def simulate(
    *,
    population: str = "unfit-1l",
    regimens: Items = None,
    regimen: Items = None,
    what_if: Items = None,
    patients: int = 1000,
    years: float = 6,
    seed: int = 1,
    protocol: Optional[str] = None,
    next_line: Optional[str] = None,
    set: Items = None,
    model: ModelLike = None,
    threads: Optional[int] = None,
    lanes: str = "auto",
    solver: str = "own",
    native: str = "auto",
    rtol: float = 1e-4,
    fixed_doses: bool = False,
    patient: int = 0,
    typical: bool = False,
    outputs: Items = None,
    step: float = 7,
    progress: Progress = None,
) -> Result:
    """time courses of one profile.

    Simulates one profile under regimens: the courses of the model's outputs. Doses are given as
    planned and nothing happens by chance.

    Parameters
    ----------
    population : str
        who is simulated: a population of the library, a .yaml or a .csv
    regimens : Items
        regimens of the library, by name
    regimen : Items
        a regimen of your own (.yaml); may be repeated
    what_if : Items
        what-ifs of the library, each beside the regimens that it changes
    patients : int
        virtual patients per regimen, 1 to 2e+09
    years : float
        how long each is followed, 0.1 to 40, in year
    seed : int
        random seed, 0 to 9.0072e+15
    protocol : Optional[str]
        rules of the clinic: library/protocols, a file, or none (default: standard)
    next_line : Optional[str]
        what follows progression: library/protocols, a file, or none (default: as the protocol says)
    set : Items
        change a parameter of the model; may be repeated
    model : ModelLike
        another model (default: the shipped CLL model)
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    lanes : str
        patients per vector; results do not depend on it: auto, 4, 8
    solver : str
        integrator: own, cvode
    native : str
        compiled kernels: those in the cache, compile what is missing, none; same results: auto, build, off
    rtol : float
        relative tolerance of the integrator, 1e-13 to 0.1
    fixed_doses : bool
        no adaptive protocol and no extinction, for comparing solvers
    patient : int
        which patient of the population, 0 to 2e+09
    typical : bool
        no hidden differences between patients
    outputs : Items
        outputs of the model (default: all)
    step : float
        days between rows, 0.001 to 3652.5, in day
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    courses : one per regimen and day
        regimen, day, outputs
    profile : one per covariate of the patient
        covariate, value, unit
    regimens : one per regimen
        regimen, title, evidence_grade, warning, n_state, status
    """
    return _run("simulate", locals())


def dataset(
    *,
    data: Frame = None,
    model: ModelLike = None,
    covariates: str = "nocb",
    set: Items = None,
    agents: Items = None,
    states: bool = False,
    rtol: float = 1e-8,
    atol: float = 1e-10,
    threads: Optional[int] = None,
    native: str = "auto",
    progress: Progress = None,
) -> Result:
    """the records of a NONMEM data set through any model.

    Runs the records of a NONMEM data set through a model and gives its outputs at every record.
    Typical values: hidden differences between subjects are 0.

    Parameters
    ----------
    data : Frame
        NONMEM data set (.csv)
    model : ModelLike
        model (.qm, or SBML .xml)
    covariates : str
        how covariates go from record to record: nocb, locf, linear
    set : Items
        change a parameter; may be repeated
    agents : Items
        rows of library/agents (default: the model's)
    states : bool
        states of the model as columns, too
    rtol : float
        relative tolerance, 1e-13 to 0.1
    atol : float
        absolute tolerance, where the model gives none
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    native : str
        compiled kernels: those in the cache, compile what is missing, none; same results: auto, build, off
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    records : one per record of the data set
        ID, TIME, outputs
    subjects : one per subject
        ID, records, status
    """
    return _run("dataset", locals())


def trial(
    *,
    design: Optional[str] = None,
    patients: Optional[int] = None,
    seed: int = 1,
    replicates: int = 1,
    alpha: float = 0.05,
    looks: Items = None,
    futility: float = 0.1,
    draws: Optional[str] = None,
    n_draws: Optional[int] = None,
    adam: Optional[str] = None,
    set: Items = None,
    threads: Optional[int] = None,
    lanes: str = "auto",
    solver: str = "own",
    rtol: float = 1e-4,
    store: Optional[str] = None,
    max_time: Optional[str] = None,
    keep: Items = None,
    chunk: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """a virtual trial from its design.

    Allocates, treats and follows virtual patients as the design of a trial says, and analyses what was
    observed. With replicates: prediction intervals, power and interim looks.

    Parameters
    ----------
    design : Optional[str]
        a design of library/trials, or a .yaml
    patients : Optional[int]
        patients of all arms together, 1 to 2e+09 (default: as the file says)
    seed : int
        random seed, 0 to 9.0072e+15
    replicates : int
        that many trials: prediction intervals and power, 1 to 1e+06
    alpha : float
        two-sided error of the test, 1e-06 to 0.5
    looks : Items
        interim looks at these shares of the events
    futility : float
        stop where conditional power falls below P; 0: never, 0 to 0.9
    draws : Optional[str]
        parameter draws (quell calibrate; `posterior`: the shipped ones), one per trial in turn: intervals hold what is not known about parameters, power becomes assurance
    n_draws : Optional[int]
        use the first N draws, 1 to 255 (default: all of the file)
    adam : Optional[str]
        ADSL, ADTTE, ADRS, ADAE, ADLB as CSV, into an existing folder
    set : Items
        change a parameter of the model; may be repeated
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    lanes : str
        patients per vector; results do not depend on it: auto, 4, 8
    solver : str
        integrator: own, cvode
    rtol : float
        relative tolerance of the integrator, 1e-13 to 0.1
    store : Optional[str]
        keep finished chunks in this SQLite file, and go on from what it holds
    max_time : Optional[str]
        stop at a chunk's end before T has passed: 90, 30m, 12h (default: no limit)
    keep : Items
        rows to keep in the store: patients, courses (one row per patient and day)
    chunk : Optional[int]
        patients per chunk; results do not depend on it, 1 to 1e+06 (default: some seconds of work)
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    arms : one per arm
        arm, title, evidence_grade, warning, patients, patients_done, patients_failed
    endpoints : one per arm and endpoint
        arm, endpoint, title, unit, estimate, lower, upper, predicted, predicted_lower, predicted_upper
    curves : one per arm, curve and month
        arm, curve, month, surv, lower, upper, at_risk, events, censored
    contrasts : one per pair of arms and time to an event
        a, b, time_to, events, hazard_ratio, lower, upper, p, z, predicted, predicted_lower,
        predicted_upper, power, assurance, power_lower, power_upper, worse
    looks : one per look, with `looks`
        information, limit, efficacy, futility, day, events
    summary : one
        trial, title, population, patients_total, follow_day, replicates, alpha, expected_stop_day,
        expected_events
    stored : one, with `store`
        run, chunks, reused, computed, settings
    """
    return _run("trial", locals())


def recommend(
    *,
    profile: Optional[str] = None,
    with: Items = None,
    guideline: str = "cll",
    fields: bool = False,
    population: Optional[str] = None,
    regimens: Items = None,
    regimen: Items = None,
    what_if: Items = None,
    patients: int = 500,
    years: float = 10,
    seed: int = 1,
    protocol: Optional[str] = None,
    next_line: Optional[str] = None,
    set: Items = None,
    model: ModelLike = None,
    threads: Optional[int] = None,
    lanes: str = "auto",
    solver: str = "own",
    native: str = "auto",
    rtol: float = 1e-4,
    fixed_doses: bool = False,
    progress: Progress = None,
) -> Result:
    """regimens for one profile, with the doubt.

    Ranks regimens for one profile: rules first, then the eligible regimens on virtual patients who
    match it, with the doubt about outcomes and wishes; trials and consensus beside it. Says so where
    nothing is known.

    Parameters
    ----------
    profile : Optional[str]
        the profile: a file, or one of library/vignettes; absent: all unknown
    with : Items
        a field of the profile, before the file's; may be repeated
    guideline : str
        consensus rules
    fields : bool
        the fields of a profile
    population : Optional[str]
        who is simulated: a population of the library, a .yaml or a .csv (default: the nearest to the profile)
    regimens : Items
        regimens of the library, by name (default: the candidates of the guideline)
    regimen : Items
        a regimen of your own (.yaml); may be repeated
    what_if : Items
        what-ifs of the library, each beside the regimens that it changes
    patients : int
        virtual patients per regimen, 1 to 2e+09
    years : float
        how long each is followed, 0.1 to 40, in year
    seed : int
        random seed, 0 to 9.0072e+15
    protocol : Optional[str]
        rules of the clinic: library/protocols, a file, or none (default: standard)
    next_line : Optional[str]
        what follows progression: library/protocols, a file, or none (default: as the protocol says)
    set : Items
        change a parameter of the model; may be repeated
    model : ModelLike
        another model (default: the shipped CLL model)
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    lanes : str
        patients per vector; results do not depend on it: auto, 4, 8
    solver : str
        integrator: own, cvode
    native : str
        compiled kernels: those in the cache, compile what is missing, none; same results: auto, build, off
    rtol : float
        relative tolerance of the integrator, 1e-13 to 0.1
    fixed_doses : bool
        no adaptive protocol and no extinction, for comparing solvers
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    summary : one
        verdict, statement, population, patients, effective_patients, outside_of_population, guideline,
        cll_ipi, tls_risk, treatment_indication, indication_why, order_by_qaly
    regimens : one per regimen, the best first
        regimen, title, rank, eligible, excluded, evidence_grade, warning, score, first, regret, tier,
        pfs_rate_60mo, umrd, patients_failed, for_it, against_it, trials_hr, trials_lower, trials_upper,
        trials_statement, direct_evidence_outranks, consensus_outranks, used_in_calibration
    criteria : one per simulated regimen and criterion
        regimen, criterion, title, unit, estimate, lower, upper, part_of_score
    rules : one per regimen and rule that concerns it
        regimen, rule, effect, sure, text, grade, sources
    information : one per unknown field
        field, title, value, share_that_would_change
    fields : one per field of a profile, with `fields` alone
        field, unit, low, high, choices, help
    """
    return _run("recommend", locals())


def optimize(
    *,
    problem: Optional[str] = None,
    patients: Optional[int] = None,
    population: Optional[str] = None,
    evaluations: int = 80,
    seed: int = 1,
    threads: Optional[int] = None,
    rtol: float = 1e-4,
    out: Optional[str] = None,
    measures: bool = False,
    progress: Progress = None,
) -> Result:
    """doses and days that minimise a stated loss.

    Varies doses and days of a regimen to minimise a stated loss over virtual patients, the same in
    every schedule.

    Parameters
    ----------
    problem : Optional[str]
        what to vary and to minimise: a file, or one of library/optimize
    patients : Optional[int]
        virtual patients per schedule, 10 to 1e+06 (default: as the file says)
    population : Optional[str]
        who is simulated (default: as the file says)
    evaluations : int
        schedules tried, 5 to 100000
    seed : int
        random seed, 0 to 9.0072e+15
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    rtol : float
        relative tolerance of the integrator, 1e-13 to 0.1
    out : Optional[str]
        the best schedule as a regimen
    measures : bool
        what can be minimised or bounded
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    summary : one
        name, title, evidence_grade, warning, population, patients, years, best_loss, best_(variables),
        regimen
    schedules : one per schedule tried
        loss, constraint_miss, pareto, at_(variables), measures
    references : one per regimen beside it
        regimen, loss, constraint_miss, measures
    measures : one per measure that can be minimised or bounded
        measure, title
    """
    return _run("optimize", locals())


def validate(
    *,
    trial: Items = None,
    role: str = "all",
    patients: int = 1000,
    replicates: int = 400,
    seed: int = 1,
    set: Items = None,
    draws: Optional[str] = None,
    n_draws: Optional[int] = None,
    trial_effect: Optional[str] = None,
    html: Optional[str] = None,
    credibility: Optional[str] = None,
    threads: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """published trials against simulated ones.

    Simulates trials of the library and holds them against what was published. A hit: the published
    value lies in the 95 % interval of a simulated trial of that size.

    Parameters
    ----------
    trial : Items
        trials of library/trials, or trial files (default: all)
    role : str
        trials of one role: all, calibration, validation, evidence
    patients : int
        virtual patients per arm, 2 to 1e+07
    replicates : int
        trials of the published size per prediction interval, 20 to 100000
    seed : int
        random seed, 0 to 9.0072e+15
    set : Items
        change a parameter of the model; may be repeated
    draws : Optional[str]
        parameter draws (quell calibrate): their spread enters the intervals (default: none)
    n_draws : Optional[int]
        use the first N draws, 1 to 255 (default: all of the file)
    trial_effect : Optional[str]
        sizes of the trial effect (default: the shipped one)
    html : Optional[str]
        a page of the scoreboard
    credibility : Optional[str]
        the credibility dossier: context, risk, verification, calibration, validation, uncertainty, limits
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    score : one per role, and all
        role, endpoints, hits, hit_share, trials, one_vote_per_trial, coverage_50, coverage_80,
        coverage_95, half_width_over_binomial
    errors : one per role and class of endpoint
        role, class, endpoints, mean_absolute_error
    endpoints : one per verified published figure
        trial, arm, endpoint, unit, role, published, published_lower, published_upper, source, simulated,
        lower, upper, hit
    recalled : one per published figure that was not read in a source
        trial, arm, endpoint, unit, role, published, published_lower, published_upper, source, simulated,
        lower, upper, hit
    not_simulated : one per published figure that no record answers
        trial, arm, endpoint, role, verified, source, reason
    trials_left_out : one per trial or arm without a simulation
        trial, arm, role, reason
    networks : one per hazard ratio beside the network of trials
        trial, arm, source, simulated, network, lower, upper, agreement, certainty
    """
    return _run("validate", locals())


def calibrate(
    *,
    out: Optional[str] = None,
    report: Optional[str] = None,
    parameters: Optional[str] = None,
    log: Optional[str] = None,
    patients: int = 200,
    steps: int = 2,
    draw: int = 60,
    keep: int = 24,
    seed: int = 1,
    threads: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """population parameters from the endpoints of calibration trials.

    Fits population parameters to the verified endpoints of trials with role calibration, on common
    random numbers, and draws from their posterior. Trials for validation are not read.

    Parameters
    ----------
    out : Optional[str]
        the kept draws, for --draws of validate
    report : Optional[str]
        what was found, as Markdown
    parameters : Optional[str]
        which parameters, and the spread of their priors (default: library/calibration/parameters.csv)
    log : Optional[str]
        evaluations so far: a run that was stopped goes on from there (default: none)
    patients : int
        virtual patients per arm, 20 to 1e+06
    steps : int
        Gauss-Newton steps, 1 to 50
    draw : int
        weighted draws, 2 to 100000
    keep : int
        draws that are kept, 1 to 255
    seed : int
        random seed, 0 to 9.0072e+15
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    parameters : one per parameter
        parameter, start, mode, prior_sd, posterior_sd, shift, identified, partner, correlation
    targets : one per figure that was fitted
        trial, arm, endpoint, unit, published, before, after, z_before, z_after, weight
    conflicts : one per pair of figures that pull apart
        a, b, cosine
    draws : one per kept draw
        parameters
    summary : one
        log_posterior_before, log_posterior_after, effective_sample_size, draws_weighted
    """
    return _run("calibrate", locals())


def sensitivity(
    *,
    endpoint: Items = None,
    method: str = "sobol",
    samples: Optional[int] = None,
    params: Items = None,
    spread: float = 1.25,
    range: Items = None,
    function: Optional[str] = None,
    population: str = "unfit-1l",
    regimens: Items = None,
    regimen: Items = None,
    what_if: Items = None,
    patients: int = 200,
    years: float = 6,
    seed: int = 1,
    protocol: Optional[str] = None,
    next_line: Optional[str] = None,
    set: Items = None,
    model: ModelLike = None,
    threads: Optional[int] = None,
    lanes: str = "auto",
    solver: str = "own",
    native: str = "auto",
    rtol: float = 1e-4,
    fixed_doses: bool = False,
    store: Optional[str] = None,
    max_time: Optional[str] = None,
    keep: Items = None,
    chunk: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """which parameters move an endpoint.

    Varies typical values of parameters, simulates the same virtual patients with each set and says
    which parameters move an endpoint: Sobol' indices or Morris effects, with bootstrap limits.

    Parameters
    ----------
    endpoint : Items
        endpoints, as in docs/results.md (default: pfs_rate_60mo)
    method : str
        indices of variance, or a screening: sobol, morris
    samples : Optional[int]
        rows (each takes as many evaluations as parameters, and 2), or trajectories (parameters, and 1), 2 to 1e+06 (default: 256 rows, 20 trajectories)
    params : Items
        parameters to vary; `disease.*` takes a module (default: all)
    spread : float
        vary each from 1/F to F times its value (its odds, if it is a share), 1.0001 to 100
    range : Items
        vary one uniformly over this; may be repeated
    function : Optional[str]
        ishigami or g: functions with known indices instead of the model
    population : str
        who is simulated: a population of the library, a .yaml or a .csv
    regimens : Items
        regimens of the library, by name
    regimen : Items
        a regimen of your own (.yaml); may be repeated
    what_if : Items
        what-ifs of the library, each beside the regimens that it changes
    patients : int
        virtual patients per regimen, 1 to 2e+09
    years : float
        how long each is followed, 0.1 to 40, in year
    seed : int
        random seed, 0 to 9.0072e+15
    protocol : Optional[str]
        rules of the clinic: library/protocols, a file, or none (default: standard)
    next_line : Optional[str]
        what follows progression: library/protocols, a file, or none (default: as the protocol says)
    set : Items
        change a parameter of the model; may be repeated
    model : ModelLike
        another model (default: the shipped CLL model)
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    lanes : str
        patients per vector; results do not depend on it: auto, 4, 8
    solver : str
        integrator: own, cvode
    native : str
        compiled kernels: those in the cache, compile what is missing, none; same results: auto, build, off
    rtol : float
        relative tolerance of the integrator, 1e-13 to 0.1
    fixed_doses : bool
        no adaptive protocol and no extinction, for comparing solvers
    store : Optional[str]
        keep finished chunks in this SQLite file, and go on from what it holds
    max_time : Optional[str]
        stop at a chunk's end before T has passed: 90, 30m, 12h (default: no limit)
    keep : Items
        rows to keep in the store: patients, courses (one row per patient and day)
    chunk : Optional[int]
        patients per chunk; results do not depend on it, 1 to 1e+06 (default: some seconds of work)
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    outputs : one per regimen and endpoint
        regimen, evidence_grade, warning, endpoint, title, unit, samples_used, mean, variance
    inputs : one per regimen, endpoint and parameter
        regimen, endpoint, parameter, unit, grade, typical, low, high, scale, first, first_lower,
        first_upper, total, total_lower, total_upper, mu_star, mu_star_lower, mu_star_upper, mu, sigma
    stored : one, with `store`
        run, chunks, reused, computed, settings
    """
    return _run("sensitivity", locals())


def explain(
    *,
    name: Optional[str] = None,
    figure: Optional[str] = None,
    html: Optional[str] = None,
    model: ModelLike = None,
    progress: Progress = None,
) -> Result:
    """what a name or a diagnostic code means.

    Says what a name means: of the library, the model, the evidence or a diagnostic. Therapies and
    agents come with five aspects, sources, equations, and figures simulated on the spot.

    Parameters
    ----------
    name : Optional[str]
        a therapy, agent, regimen, population, what-if, parameter, state, output, trial or code of a diagnostic; or `therapies`
    figure : Optional[str]
        of a therapy: how it works in the model, drawn from the model
    html : Optional[str]
        of a therapy: all of it as a page
    model : ModelLike
        look for names in another model (default: the shipped CLL model)
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    things : one per thing of that name
        kind, name, title, text, unit, value, spread, grade, sources, warning
    summary : one per therapy or agent
        name, title, evidence_grade, evidence, warning, text, note, therapy
    aspects : one per therapy or agent and aspect
        name, aspect, text, references, parameters, equations
    published : one per published figure
        name, aspect, trial, treatment, endpoint, value, lower, upper, unit, patients, population,
        subgroup, source, verified, row
    simulated : one per simulated figure
        name, aspect, regimen, evidence_grade, warning, endpoint, title, unit, estimate, lower, upper
    regimens : one per regimen that gives it
        name, regimen, title, evidence_grade, warning
    """
    return _run("explain", locals())


def runs(
    *,
    store: Optional[str] = None,
    run: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """what a store holds.

    The runs that a store holds; with `run` one of them, its log, and its tables as the verb that made
    it returned them.

    Parameters
    ----------
    store : Optional[str]
        the store
    run : Optional[int]
        the number of a run, 1 to 1e+15
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    runs : one per run, or the one named
        run, kind, title, state, chunks, chunks_done, units, seed, bytes, created, finished, quell,
        model_hash, command
    log : one per entry of the log, with `run`
        at, event, detail
    ... : with `run`: those of the verb that made it, if it is finished
        as there
    """
    return _run("runs", locals())


def resume(
    *,
    store: Optional[str] = None,
    run: Optional[int] = None,
    max_time: Optional[str] = None,
    threads: Optional[int] = None,
    html: Optional[str] = None,
    numerics: int = 0,
    figure: Optional[str] = None,
    progress: Progress = None,
) -> Result:
    """go on with a run that was stopped.

    Goes on with an unfinished run of a store, the latest one if no number is given. Finished chunks
    are used as they are; the result has the same bytes as that of a run that was never stopped.

    Parameters
    ----------
    store : Optional[str]
        keep finished chunks in this SQLite file, and go on from what it holds
    run : Optional[int]
        the number of a run, 1 to 1e+15
    max_time : Optional[str]
        stop at a chunk's end before T has passed: 90, 30m, 12h (default: no limit)
    threads : Optional[int]
        threads; results do not depend on it, 1 to 1024 (default: all cores)
    html : Optional[str]
        a report with curves, in one file
    numerics : int
        solve N patients again at tolerances 100 times tighter and show the effect, 0 to 1e+06
    figure : Optional[str]
        the survival chart alone
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    stored : one, with `store`
        run, chunks, reused, computed, settings
    ... : those of the verb that made the run
        as there
    """
    return _run("resume", locals())


def survival(
    *,
    data: Frame = None,
    time: Optional[str] = None,
    event: Optional[str] = None,
    group: Optional[str] = None,
    strata: Optional[str] = None,
    cox: Items = None,
    ties: str = "efron",
    rmst: Optional[float] = None,
    competing: Items = None,
    times: Items = None,
    rho: Optional[float] = None,
    level: float = 0.95,
    progress: Progress = None,
) -> Result:
    """survival statistics of any table.

    Kaplan-Meier, medians, restricted means, log-rank and Peto-Peto tests, Cox regression, cumulative
    incidence with Gray's test.

    Parameters
    ----------
    data : Frame
        the table of times and events
    time : Optional[str]
        time to the event or to the end of observation
    event : Optional[str]
        0 censored, 1 event, further codes competing events
    group : Optional[str]
        compare the values of this column
    strata : Optional[str]
        stratify the test and the Cox model
    cox : Items
        Cox regression on these columns; text becomes indicators
    ties : str
        tied event times in the Cox model: efron, breslow
    rmst : Optional[float]
        restricted mean up to TAU
    competing : Items
        codes of competing events: cumulative incidence in place of survival
    times : Items
        times at which to report (default: round times)
    rho : Optional[float]
        weight S^rho of the test; 1 is Peto-Peto, 0 to 10 (default: 0, log-rank)
    level : float
        level of survival limits, 0.5 to 0.999999
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    groups : one per group
        group, n, events, median, median_lower, median_upper, rmst, rmst_se
    curves : one per group and time
        group, time, n_risk, surv, se, lower, upper
    incidence : one per group, cause and time, with `competing`
        group, cause, time, n_risk, cif, se_ij, se_delta
    tests : one per test
        test, rho, chisq, df, p
    cox : one per term of the Cox model
        term, coef, se, hr, lower, upper, p
    """
    return _run("survival", locals())


def nma(
    *,
    data: Frame = None,
    reference: Optional[str] = None,
    method: str = "DL",
    model: str = "random",
    small_values: str = "desirable",
    measure: str = "auto",
    level: float = 95,
    hk: bool = False,
    increment: float = 0.5,
    keep_double_zero: bool = False,
    covariate: Optional[str] = None,
    treatment: Optional[str] = None,
    control: Optional[str] = None,
    repair: bool = False,
    exact_names: bool = False,
    heat: bool = False,
    contributions: str = "none",
    draws: int = 100000,
    seed: int = 1,
    slopes: str = "common",
    components: bool = False,
    inactive: Optional[str] = None,
    bayes: bool = False,
    tau_prior: Optional[str] = None,
    effect_sd: Optional[float] = None,
    chains: int = 4,
    warmup: int = 1000,
    chain_draws: int = 5000,
    dataset: Optional[str] = None,
    progress: Progress = None,
) -> Result:
    """network meta-analysis of a table.

    Network meta-analysis of a table of contrasts or arms.

    Parameters
    ----------
    data : Frame
        the table of contrasts or arms
    reference : Optional[str]
        treatment that the others are compared with (default: most compared)
    method : str
        variance between studies (DL, REML, ML, PM), or MH, NCH, NCH-exact, Inverse for rare events; two treatments also EE, HE, HS, SJ, EB; :knha
    model : str
        effects of studies: random, common
    small_values : str
        which direction is better: desirable, undesirable
    measure : str
        effect measure: auto, MD, SMD, OR, RR, RD, IRR, HR
    level : float
        confidence level, 50 to 99.99, in %
    hk : bool
        Hartung-Knapp intervals
    increment : float
        added to all cells of a study with a zero cell, 0 to 10
    keep_double_zero : bool
        studies without events stay in, with the increment
    covariate : Optional[str]
        meta-regression on a column of the table
    treatment : Optional[str]
        name of the first side of 2x2 tables (default: treatment)
    control : Optional[str]
        name of the second side of 2x2 tables (default: control)
    repair : bool
        project contradictory multi-arm contrasts
    exact_names : bool
        case and accents tell treatments apart
    heat : bool
        net heat matrix
    contributions : str
        contribution matrix: none, shortest-path, random-walk
    draws : int
        draws for the rankogram, 0 to 1e+08
    seed : int
        seed of the draws, 0 to 1e+15
    slopes : str
        slopes of the meta-regression: common, separate
    components : bool
        additive model: names are split at +
    inactive : Optional[str]
        treatment without components, such as placebo
    bayes : bool
        posterior by Gibbs sampling (binomial for events of arms)
    tau_prior : Optional[str]
        half-normal:SCALE or uniform:UPPER (default: half-normal:1)
    effect_sd : Optional[float]
        normal prior of effects (scales with units: 15 times the largest), 0 to 1e+06 (default: 10)
    chains : int
        chains, 2 to 64
    warmup : int
        draws thrown away per chain, 0 to 1e+06
    chain_draws : int
        draws kept per chain, 100 to 1e+06
    dataset : Optional[str]
        name in the result (default: file name)
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    effects : one per treatment, against the reference
        treatment, reference, effect, se, lower, upper, p, predict_lower, predict_upper, p_score, sucra
    league : one per ordered pair of treatments
        treatment, comparator, effect, se, lower, upper, p
    split : one per directly compared pair
        treatment, comparator, studies, proportion_direct, network, direct, direct_se, indirect,
        indirect_se, difference, p
    designs : one per design
        design, studies, q_within, df_within
    summary : one
        measure, studies, treatments, tau2, i2, q, df, p_q
    """
    return _run("nma", locals())


def evidence(
    *,
    word: Optional[str] = None,
    trial: Optional[str] = None,
    line: Optional[str] = None,
    treatment: Optional[str] = None,
    endpoint: Optional[str] = None,
    subgroup: Optional[str] = None,
    role: Optional[str] = None,
    verified: bool = False,
    recalled: bool = False,
    progress: Progress = None,
) -> Result:
    """published results, each with its source.

    Published results of CLL trials, each number with its row, publication and verification state.

    Parameters
    ----------
    word : Optional[str]
        any word of trial, regimen, endpoint, publication or note
    trial : Optional[str]
        one trial
    line : Optional[str]
        1L, RR, 1L+RR, maint, RT
    treatment : Optional[str]
        a regimen on either side
    endpoint : Optional[str]
        an endpoint, or how it begins
    subgroup : Optional[str]
        all, IGHV-U, del17p/TP53, ...
    role : Optional[str]
        calibration, validation, evidence
    verified : bool
        verified rows only
    recalled : bool
        recalled rows only
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    rows : one per published number
        row, trial, nct, line, treatment, comparator, endpoint, value, lower, upper, ci_level, unit, n_arm,
        n_comp, followup_month, subgroup, verified, role, year, cite, publication, note
    """
    return _run("evidence", locals())


def regimen(
    *,
    name: Optional[str] = None,
    years: float = 6,
    progress: Progress = None,
) -> Result:
    """the exact doses of a regimen.

    The doses of a regimen for a patient with the model's default weight, body surface and clearance,
    as a NONMEM data set; and the list of regimens.

    Parameters
    ----------
    name : Optional[str]
        a regimen of the library, or a .yaml; absent: the list alone
    years : float
        how far open-ended treatment is written out, 0.01 to 40, in year
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    doses : one per dose or change of level (with `name`), a NONMEM data set
        ID, TIME, EVID, AMT, CMT, RATE, II, ADDL, SS, MDV, inputs of the model
    library : one per regimen of the library
        regimen, evidence_grade, title
    """
    return _run("regimen", locals())
