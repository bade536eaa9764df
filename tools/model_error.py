#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""model_error.py VALIDATION.json > library/validation/model_error.csv

How far simulated figures lie from published ones beyond the chance of the trial: the error that `quell recommend` shakes
outcomes with. Reads `quell validate --role calibration --json`; rows of another role are refused, so that no validation
trial can move a ranking. Per arm the squared distances of a measure are averaged first (landmarks of one curve are not
independent), then over arms. What all arms share moves no ranking and is printed as `mean` of the class all; sd is about it:
sd^2 = mean((distance - shared)^2 - variance of the published figure), at least 0; a class borrows from all arms with the
weight of BORROWED arms (assumed).
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
BORROWED = 5


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


def main():
    board = json.load(open(sys.argv[1], encoding="utf-8"))
    of_arm = arms()
    print("# Distance of simulated from published figures of calibration arms beyond the chance of the trial; logit of shares, logarithm of")
    print("# medians. quell validate --role calibration --patients %d --replicates %d --seed %d --json >board.json; tools/model_error.py board.json"
          % (board["patients_per_arm"], board["replicates"], board["seed"]))
    print("# model %s" % board["model_hash"])
    print("measure,class,sd,mean,arms,rows")
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
        if len(per_arm) < FEWEST:
            continue
        shared = statistics.mean(statistics.mean(d for d, _ in x) for x in per_arm.values())

        def excess(arm):
            return statistics.mean(statistics.mean((d - shared) ** 2 - v for d, v in x) for x in arm)

        everyone = max(excess(per_arm.values()), 0)
        for c in ["all"] + CLASSES:
            arm = [x for k, x in per_arm.items() if c == "all" or of_arm.get(k) == c]
            if len(arm) < FEWEST:
                continue
            own = everyone if c == "all" else (len(arm) * max(excess(arm), 0) + BORROWED * everyone) / (len(arm) + BORROWED)
            mean = statistics.mean(statistics.mean(d for d, _ in x) for x in arm)
            print("%s,%s,%.4f,%.4f,%d,%d" % (measure, c, math.sqrt(own), mean, len(arm), sum(len(x) for x in arm)))


main()
