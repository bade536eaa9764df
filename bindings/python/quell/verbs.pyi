# SPDX-License-Identifier: Apache-2.0
# What verbs.py makes of the library's tables, for type checkers. Written by tools/bindgen; do not edit.
from typing import Optional

from ._run import Frame, Items, ModelLike, Progress, Result

__all__ = ["compare", "simulate", "dataset", "trial", "recommend", "optimize", "validate", "calibrate", "sensitivity", "explain", "runs", "resume", "survival", "nma", "evidence", "regimen"]

def compare(
    regimens: Items = None,
    *,
    population: str = "unfit-1l",
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
    no_courses: bool = False,
    no_contrasts: bool = False,
    html: Optional[str] = None,
    numerics: int = 0,
    figure: Optional[str] = None,
    store: Optional[str] = None,
    max_time: Optional[str] = None,
    keep: Items = None,
    chunk: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """the same virtual patients under several regimens."""

def simulate(
    regimens: Items = None,
    *,
    population: str = "unfit-1l",
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
    """time courses of one profile."""

def dataset(
    data: Frame = None,
    *,
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
    """the records of a NONMEM data set through any model."""

def trial(
    design: Optional[str] = None,
    *,
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
    """a virtual trial from its design."""

def recommend(
    profile: Optional[str] = None,
    *,
    with_: Items = None,
    guideline: str = "cll",
    utilities: str = "base",
    draws: Optional[str] = None,
    n_draws: Optional[int] = None,
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
    """regimens for one profile, with the doubt."""

def optimize(
    problem: Optional[str] = None,
    *,
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
    """doses and days that minimise a stated loss."""

def validate(
    trial: Items = None,
    *,
    role: str = "all",
    patients: int = 1000,
    replicates: int = 400,
    seed: int = 1,
    set: Items = None,
    draws: str = "posterior",
    n_draws: Optional[int] = None,
    trial_effect: Optional[str] = None,
    html: Optional[str] = None,
    credibility: Optional[str] = None,
    threads: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """published trials against simulated ones."""

def calibrate(
    out: Optional[str] = None,
    *,
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
    """population parameters from the endpoints of calibration trials."""

def sensitivity(
    regimens: Items = None,
    *,
    endpoint: Items = None,
    method: str = "sobol",
    samples: Optional[int] = None,
    params: Items = None,
    spread: float = 1.25,
    range: Items = None,
    function: Optional[str] = None,
    population: str = "unfit-1l",
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
    """which parameters move an endpoint."""

def explain(
    name: Optional[str] = None,
    *,
    figure: Optional[str] = None,
    html: Optional[str] = None,
    model: ModelLike = None,
    progress: Progress = None,
) -> Result:
    """what a name or a diagnostic code means."""

def runs(
    store: Optional[str] = None,
    *,
    run: Optional[int] = None,
    progress: Progress = None,
) -> Result:
    """what a store holds."""

def resume(
    store: Optional[str] = None,
    *,
    run: Optional[int] = None,
    max_time: Optional[str] = None,
    threads: Optional[int] = None,
    html: Optional[str] = None,
    numerics: int = 0,
    figure: Optional[str] = None,
    progress: Progress = None,
) -> Result:
    """go on with a run that was stopped."""

def survival(
    data: Frame = None,
    *,
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
    """survival statistics of any table."""

def nma(
    data: Frame = None,
    *,
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
    """network meta-analysis of a table."""

def evidence(
    word: Optional[str] = None,
    *,
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
    """published results, each with its source."""

def regimen(
    name: Optional[str] = None,
    *,
    years: float = 6,
    progress: Progress = None,
) -> Result:
    """the exact doses of a regimen."""
