# SPDX-License-Identifier: Apache-2.0
"""The verbs. Written by tools/bindgen from the library's tables; do not edit."""
from typing import Optional

from ._run import Frame, Items, ModelLike, Progress, Result, _run

__all__ = ["compare", "simulate", "dataset", "trial", "survival", "nma", "evidence", "regimen"]


def compare(
    *,
    population: str = "unfit-1l",
    regimens: Items = None,
    regimen: Items = None,
    what_if: Items = None,
    patients: int = 1000,
    years: float = 6,
    seed: int = 1,
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

    regimens : one per regimen
        regimen, title, evidence_grade, warning, patients_done, patients_failed, kernel, n_state
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
        a, b, endpoint, difference, lower, upper, p_ahead, hazard_ratio, hr_lower, hr_upper
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
    set: Items = None,
    threads: Optional[int] = None,
    lanes: str = "auto",
    solver: str = "own",
    rtol: float = 1e-4,
    progress: Progress = None,
) -> Result:
    """a virtual trial from its design.

    Allocates, treats and follows virtual patients as the design of a trial says, and analyses what was
    observed.

    Parameters
    ----------
    design : Optional[str]
        a design of library/trials, or a .yaml
    patients : Optional[int]
        patients of all arms together, 1 to 2e+09 (default: as the file says)
    seed : int
        random seed, 0 to 9.0072e+15
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
    progress : callable(done, total), or True for a line on standard error

    Returns
    -------
    Result with the tables

    arms : one per arm
        arm, title, evidence_grade, warning, patients, patients_done, patients_failed
    endpoints : one per arm and endpoint
        arm, endpoint, title, unit, estimate, lower, upper
    contrasts : one per pair of arms and time to an event
        a, b, time_to, events, hazard_ratio, lower, upper, p, z
    """
    return _run("trial", locals())


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
