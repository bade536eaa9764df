#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""model_error.py VALIDATION.json > library/validation/model_error.csv

How far simulated figures lie from published ones beyond the chance of the trial: the error that `quell recommend` shakes
outcomes with. Reads `quell validate --role calibration --json`; rows of another role are refused, so that no validation
trial can move a ranking. Per arm the squared distances of a measure are averaged first (landmarks of one curve are not
independent), then over arms. What all arms share moves no ranking and is printed as `mean` of the class all; sd is about it.

sd is a posterior mean: distance ~ N(shared, sd^2 + variance of the published figure), every row with the weight 1 / rows of
its arm, sd half-normal (Gelman 2006, Bayesian Anal 1:515, doi 10.1214/06-BA117A; Roever 2021, Res Synth Methods 12:448, doi
10.1002/jrsm.1475). With few arms a moment estimate is 0 about as often as not, which nobody may believe; a posterior mean
never is. The prior of a measure has as its mean what is assumed without data (src/decide/smaa.h), so few arms say little; the
prior of a class has the sd of all arms as its mean. `shared` is unknown for all arms and taken as found for a class.
"""
import json
import math
import os
import re
import statistics
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
Z = 2 * 1.959964
# measure of the ranking, endpoints that stand for it, scale
MEASURES = [
    ("os", r"os_rate_\d+mo", "logit"),
    ("ttnt", r"(pfs|ttnt)_median", "log"),
    ("infection", r"infection_g3_\d+mo|infection_g3", "logit"),
    ("af", r"af_\d+mo|af", "logit"),
    ("spm", r"spm(_\d+mo)?", "logit"),
]
CLASSES = ["CAR-T cells", "bispecific antibody", "BTK inhibitor", "BCL2 inhibitor", "PI3K inhibitor", "chemotherapy", "anti-CD20 antibody"]
FEWEST = 3  # arms behind a figure of a class
GRID = 2000


def text(*path):
    with open(os.path.join(TOP, "library", *path), encoding="utf-8") as f:
        return f.read()


def class_of_regimen(name):
    """The first class of CLASSES among the regimen's agents."""
    agents = re.search(r"^agents: *\{(.*)\}", text("regimens", name + ".yaml"), re.M)
    words = set()
    for agent in re.findall(r": *([\w-]+)", agents.group(1)) if agents else []:
        m = re.search(r"^class: *(.+)$", text("agents", agent + ".yaml"), re.M)
        words.add(m.group(1).strip().strip('"') if m else "")
    return next((c for c in CLASSES if c in words), "other")


def arms():
    """(trial as in the board, arm) -> class"""
    out = {}
    for f in sorted(os.listdir(os.path.join(TOP, "library", "trials"))):
        body = text("trials", f)
        trial = re.search(r"^trial: *\"?([^\"\n]+)\"?", body, re.M).group(1).strip()
        for arm, regimen in re.findall(r"\{arm: *\"?([^,\"]+)\"?, *regimen: *([\w-]+)", body):
            out[trial, arm.strip()] = class_of_regimen(regimen)
    return out


def scaled(x, scale):
    if scale == "log":
        return math.log(x) if x and x > 0 else None
    if x is None:
        return None
    x = min(max(x, 0.005), 0.995)
    return math.log(x / (1 - x))


def variance(row, scale):
    p, s = row["published"], row["simulated"]
    for source in (p, s):
        lo, hi = scaled(source.get("lower"), scale), scaled(source.get("upper"), scale)
        if lo is not None and hi is not None and hi > lo:
            return ((hi - lo) / Z) ** 2
    return None


def mean_distance(arms):
    return statistics.mean(statistics.mean(d for d, _ in x) for x in arms)


def assumed():
    """measure -> the error that stands where no arm says anything"""
    with open(os.path.join(TOP, "src", "decide", "smaa.h"), encoding="utf-8") as f:
        rows = re.findall(r'X\((\w+), "[^"]*", "[^"]*", ([^)]*)\)', f.read())
    return {name: float(numbers.split(",")[3]) for name, numbers in rows}


def log_likelihood(tau, arms, shared):
    """Of distances (d, variance) by arm, each arm of weight 1; shared None: unknown, integrated out under a flat prior."""
    rows = [(d, tau * tau + v, 1 / len(x)) for x in arms for d, v in x]
    precision = sum(w / s for _, s, w in rows)
    mean = sum(w * d / s for d, s, w in rows) / precision if shared is None else shared
    out = -0.5 * sum(w * (math.log(s) + (d - mean) ** 2 / s) for d, s, w in rows)
    return out - 0.5 * math.log(precision) if shared is None else out


def spread(arms, shared, scale):
    """Posterior mean of the sd of distances about `shared` (None: unknown) under a half-normal prior of this scale."""
    middle = shared if shared is not None else mean_distance(arms) if arms else 0
    far = max([abs(d - middle) for x in arms for d, _ in x] + [0])
    step = max(8 * scale, 3 * far) / GRID
    tau = [(i + 0.5) * step for i in range(GRID)]
    log_p = [(log_likelihood(t, arms, shared) if arms else 0) - 0.5 * (t / scale) ** 2 for t in tau]
    top = max(log_p)
    p = [math.exp(x - top) for x in log_p]
    return sum(t * x for t, x in zip(tau, p)) / sum(p)


def scale_of_mean(mean):
    """Scale of the half-normal with this mean."""
    return mean * math.sqrt(math.pi / 2)


def read_distances(board):
    """measure -> (trial, arm) -> [(distance, variance of the published figure)]"""
    out = {}
    for measure, pattern, scale in MEASURES:
        per_arm = {}
        for row in board["endpoints"]:
            if row["role"] != "calibration":
                sys.exit("%s is no calibration trial: run quell validate --role calibration" % row["trial"])
            if not re.fullmatch(pattern, row["id"]):
                continue
            a, b, v = scaled(row["simulated"]["estimate"], scale), scaled(row["published"]["value"], scale), variance(row, scale)
            if a is None or b is None or v is None or not math.isfinite(a + b):
                continue
            per_arm.setdefault((row["trial"], row["arm"]), []).append((a - b, v))
        if len(per_arm) >= FEWEST:
            out[measure] = per_arm
    return out


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        board = json.load(f)
    of_arm, prior = arms(), assumed()
    print("# Distance of simulated from published figures of calibration arms beyond the chance of the trial; logit of shares, logarithm of")
    print("# medians. quell validate --role calibration --patients %d --replicates %d --seed %d --json >board.json; tools/model_error.py board.json"
          % (board["patients_per_arm"], board["replicates"], board["seed"]))
    print("# model %s" % board["model_hash"])
    print("measure,class,sd,mean,arms,rows")
    for measure, per_arm in read_distances(board).items():
        everyone = spread(list(per_arm.values()), None, scale_of_mean(prior[measure]))
        shared = mean_distance(per_arm.values())
        for c in ["all"] + CLASSES:
            arm = [x for k, x in per_arm.items() if c == "all" or of_arm.get(k) == c]
            if len(arm) < FEWEST:
                continue
            own = everyone if c == "all" else spread(arm, shared, scale_of_mean(everyone))
            print("%s,%s,%.4f,%.4f,%d,%d" % (measure, c, own, mean_distance(arm), len(arm), sum(len(x) for x in arm)))


if __name__ == "__main__":
    main()
