#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits hazards of death, infection and second cancers to calibration trials: docs/calibration.md.

Gauss-Newton on the logarithm of the parameters, on common random numbers: residuals are published minus simulated rows
(overall survival, deaths, time to next treatment, infections, second cancers, Richter transformation; progression-free survival
with a weight of 0.7, so that it is not given away) in standard errors of a trial of that size, beyond 2.5 of them linear.
Trials with another role are never run.

  tools/fit_survival.py --quell build/quell --patients 300 --steps 3
"""
import argparse
import json
import math
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

# prior standard deviation of the logarithm about the value of the model text
PRIOR = {
    "toxicity.h_active": 0.5, "toxicity.active_first": 0.5, "toxicity.active_floor": 0.5, "toxicity.active_refractory": 0.25,
    "toxicity.active_btki": 0.3, "toxicity.h_progressed": 0.4, "toxicity.cfr_line": 0.15, "toxicity.inf_line": 0.1,
    "toxicity.b_age": 0.4, "toxicity.lam0": 0.2, "chemo.inf_class": 0.5, "toxicity.spm_ratio": 0.3, "toxicity.spm_decade": 0.4,
}
ROWS = re.compile(r"^(os|dead|ttnt|spm|infection|richter|pfs_rate|pfs_median)")
LINEAR_FROM = 2.5


def logit(x):
    x = min(max(x, 0.003), 0.997)
    return math.log(x / (1 - x))


def residual(e):
    """Simulated minus published in standard errors, and the standard error; None where the simulation does not say."""
    s, y = e["simulated"], e["published"]["value"]
    estimate, low, high = s["estimate"], s["lower"], s["upper"]
    if "median" in e["id"]:
        if estimate is None:  # not reached: at least beyond its lower limit
            estimate = 1.3 * (low or 110.0)
        low = low or 0.75 * estimate
        r, sd = math.log(estimate / y), math.log(estimate / low) / 1.96
    elif low is None or high is None or estimate is None:
        return None
    elif e["id"].endswith("_hr"):
        r, sd = math.log(estimate / y), math.log(high / low) / 3.92
    else:
        r, sd = logit(estimate) - logit(y), (logit(high) - logit(low)) / 3.92
    sd = max(sd, 0.1) / (0.7 if e["id"].startswith("pfs") else 1.0)
    return r / sd, sd


def start_values(quell):
    start = {}
    for name in PRIOR:
        text = subprocess.run([quell, "explain", name, "--ascii"], capture_output=True, text=True, check=True).stdout
        start[name] = float(re.search(r"^\s*value\s+([-+.0-9e]+)", text, re.M).group(1))
    return start


def run(args, values):
    command = [args.quell, "validate", "--role", "calibration", "--patients", str(args.patients), "--seed", str(args.seed),
               "--replicates", "100", "--threads", "1", "--json"]
    for name, value in values.items():
        command += ["--set", f"{name}={value:.6g}"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    found = {}
    for e in report["endpoints"]:
        if e["role"] != "calibration" or not ROWS.match(e["id"]):
            continue
        r = residual(e)
        if r:
            found[e["trial"], e["arm"], e["id"], e["published"]["value"]] = (*r, e["hit"])
    return found


def objective(rows, x, x0, sd):
    sum_rows = sum(min(abs(r), LINEAR_FROM) * (2 * abs(r) - min(abs(r), LINEAR_FROM)) for r, _, _ in rows.values())
    return sum_rows + sum(((a - b) / c) ** 2 for a, b, c in zip(x, x0, sd))


def solve(a, b):
    n = len(b)
    m = [list(a[i]) + [b[i]] for i in range(n)]
    for i in range(n):
        p = max(range(i, n), key=lambda k: abs(m[k][i]))
        m[i], m[p] = m[p], m[i]
        for k in range(n):
            if k != i:
                f = m[k][i] / m[i][i]
                m[k] = [u - f * v for u, v in zip(m[k], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def step(rows, moved, h, x, x0, sd):
    """Direction of descent, and the precision matrix of the logarithms."""
    n = len(x)
    a = [[0.0] * n for _ in range(n)]
    b = [0.0] * n
    for key, (r, se, _) in rows.items():
        if any(key not in m for m in moved):
            continue
        w = min(1.0, LINEAR_FROM / max(abs(r), 1e-9))
        slope = [(m[key][0] * m[key][1] - r * se) / se / h[i] for i, m in enumerate(moved)]
        for i in range(n):
            b[i] -= w * slope[i] * r
            for j in range(n):
                a[i][j] += w * slope[i] * slope[j]
    for i in range(n):
        a[i][i] += 1 / sd[i] ** 2
        b[i] -= (x[i] - x0[i]) / sd[i] ** 2
    return [max(-1.2 * s, min(1.2 * s, d)) for s, d in zip(sd, solve(a, b))], a


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--quell", default="build/quell")
    p.add_argument("--patients", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--steps", type=int, default=3)
    p.add_argument("--jobs", type=int, default=2)
    args = p.parse_args()
    start = start_values(args.quell)
    names = list(PRIOR)
    x0 = [math.log(start[n]) for n in names]
    sd = [PRIOR[n] for n in names]
    h = [0.5 * min(s, 0.4) for s in sd]
    x = list(x0)

    def at(y):
        return run(args, {n: math.exp(v) for n, v in zip(names, y)})

    rows = at(x)
    best = objective(rows, x, x0, sd)
    print(f"start: {best:.1f}, {sum(r[2] for r in rows.values())} of {len(rows)} rows hit", flush=True)
    for _ in range(args.steps):
        with ThreadPoolExecutor(args.jobs) as pool:
            moved = list(pool.map(lambda i: at([v + h[i] * (i == k) for k, v in enumerate(x)]), range(len(x))))
        direction, precision = step(rows, moved, h, x, x0, sd)
        for share in (1.0, 0.5, 0.25):
            y = [v + share * d for v, d in zip(x, direction)]
            tried = at(y)
            value = objective(tried, y, x0, sd)
            if value < best:
                x, rows, best = y, tried, value
                break
        else:
            print("no further gain", flush=True)
            break
        print(f"step: {best:.1f}, {sum(r[2] for r in rows.values())} of {len(rows)} rows hit", flush=True)
        for i, name in enumerate(names):
            unit = [float(i == j) for j in range(len(names))]
            se = math.sqrt(solve(precision, unit)[i])
            print(f"  {name:28s} {math.exp(x[i]):8.4g}   standard error of the logarithm {se:.2f}, prior {sd[i]:.2f}")


if __name__ == "__main__":
    main()
