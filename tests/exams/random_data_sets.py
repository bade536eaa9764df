#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random NONMEM data sets through tests/exams/dosing.qm against sums of closed forms.

  random_data_sets.py QUELL [SEED [SUBJECTS]]

The sums know nothing of solvers or queues: a dose is an arrival with a response, a steady state is an arrival every
interval for long enough, a reset forgets all arrivals. Exit status 1 if any record is off by more than 1e-5.
"""
import csv
import math
import os
import random
import subprocess
import sys
import tempfile

KA, CL, V = 1.5, 1.1, 20.0
K = CL / V
LONG = 1500  # h; exp(-K*LONG) is 1e-36


def pulse(cmt, t):
    """Amount in the central compartment t after one unit entered compartment cmt."""
    if t < 0:
        return 0.0
    if cmt == 1:
        return KA / (KA - K) * (math.exp(-K * t) - math.exp(-KA * t))
    return math.exp(-K * t)


def step(cmt, t):
    """The same for one unit per hour since t hours."""
    if t <= 0:
        return 0.0
    s = (1 - math.exp(-K * t)) / K
    return s - (math.exp(-K * t) - math.exp(-KA * t)) / (KA - K) if cmt == 1 else s


def response(dose, t):
    at, cmt, amount, rate, duration = dose
    if rate == 0:
        return amount * pulse(cmt, t - at)
    return rate * (step(cmt, t - at) - step(cmt, t - at - duration))


def after_constant(at, cmt, rate, t):
    """A constant infusion at steady state that ended at `at`."""
    central = rate / K * math.exp(-K * (t - at))
    return central + (rate / KA * pulse(1, t - at) if cmt == 1 else 0)


def random_record(subject, t):
    r = dict(ID=subject, TIME=t, EVID=random.choice([0, 0, 0, 0, 1, 1, 1, 3, 4]), AMT=0, CMT=random.choice([1, 2]), RATE=0,
             II=0, ADDL=0, SS=0, LAGT=random.choice([0, 0, 0.7, 3, 9.5]), BIOAV=random.choice([1, 0.4, 2.2]),
             RAT2=random.choice([3, 11]), DUR2=random.choice([1.5, 6, 20]))
    if r["EVID"] in (0, 3):
        return r
    if random.random() < 0.06:
        r.update(RATE=random.choice([5, 20]), SS=random.choice([1, 2]))
        return r
    r.update(AMT=random.choice([10, 55, 100]), SS=random.choice([0, 0, 0, 1, 2]), ADDL=random.choice([0, 0, 1, 3]))
    r["II"] = random.choice([4, 6.5, 12, 24]) if r["SS"] or r["ADDL"] else random.choice([0, 12])
    r["RATE"] = random.choice([0, 0, 2, 9, -1, -2] if r["CMT"] == 2 else [0, 0, 2, 9])
    return r


def add_dose(r, doses, constant):
    t, cmt = r["TIME"], r["CMT"]
    lag, f = (r["LAGT"], r["BIOAV"]) if cmt == 2 else (0, 1)
    if r["AMT"] == 0:
        constant.append((t, cmt, r["RATE"]))
        return
    amount = r["AMT"] * f
    rate = {0: 0, -1: r["RAT2"], -2: amount / r["DUR2"]}.get(r["RATE"], r["RATE"])
    duration = amount / rate if rate else 0
    first = -int(LONG / r["II"]) if r["SS"] else 0
    for n in range(first, r["ADDL"] + 1):
        doses.append((t + lag + n * r["II"], cmt, amount, rate, duration))


def make(subjects):
    rows, wanted = [], []
    for subject in range(subjects):
        t, doses, constant = 0.0, [], []
        for _ in range(random.randint(3, 14)):
            t += random.choice([0, 0, 1, 2.5, 3.3, 7, 12, 24])
            r = random_record(subject, t)
            if r["EVID"] >= 3 or r["SS"] == 1:
                doses, constant = [], []
            if r["EVID"] in (1, 4):
                add_dose(r, doses, constant)
            amount = sum(response(d, t) for d in doses) + sum(after_constant(*c, t) for c in constant)
            rows.append(r)
            wanted.append(amount / (V / 1000))
    return rows, wanted


def main():
    quell, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    random.seed(seed)
    rows, wanted = make(int(sys.argv[3]) if len(sys.argv) > 3 else 300)
    model = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dosing.qm")
    with tempfile.TemporaryDirectory(prefix="quell_random_") as work:
        data, out = os.path.join(work, "data.csv"), os.path.join(work, "out.csv")
        with open(data, "w", encoding="utf-8", newline="") as fh:
            w = csv.DictWriter(fh, list(rows[0]), lineterminator="\n")
            w.writeheader()
            w.writerows(rows)
        run = subprocess.run([quell, "simulate", "--data", data, "--model", model, "--out", out], capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stderr)
        with open(out, encoding="utf-8", newline="") as fh:
            got = [float(r["CP"]) for r in csv.DictReader(fh)]
    bad = [i for i, (g, w) in enumerate(zip(got, wanted)) if not abs(g - w) <= 1e-5 * abs(w) + 1e-5]
    for i in bad[:5]:
        print("record %d: %.9g where %.9g is wanted: %s" % (i + 2, got[i], wanted[i], rows[i]))
    print("seed %d: %d of %d records off" % (seed, len(bad), len(rows)))
    return 1 if bad or len(got) != len(wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
