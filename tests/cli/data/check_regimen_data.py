#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same patient by two ways: doses as a NONMEM data set, and the regimen itself.

  check_regimen_data.py EXPORT.csv            writes the export with weekly observations to standard output
  check_regimen_data.py DATA.csv RESULT.csv SIMULATION.csv    compares outputs at the observations
"""
import csv
import sys


def read(path):
    with open(path, newline="") as fh:
        return list(csv.reader(fh))


def observe(path):
    head, *rows = read(path)
    empty = len(head) - 10
    rows += [["1", str(d), "0", "0", "0", "0", "0", "0", "0", "0"] + ["."] * empty for d in range(0, 350, 7)]
    rows.sort(key=lambda r: (float(r[1]), r[2] != "0"))
    csv.writer(sys.stdout, lineterminator="\n").writerows([head] + rows)


def compare(data, result, simulation):
    evid = [r[2] for r in read(data)[1:]]
    rows = [r for r in csv.DictReader(open(result, newline=""))]
    days = {float(r["day"]): r for r in csv.DictReader(open(simulation, newline=""))}
    worst, compared = 0.0, 0
    for e, r in zip(evid, rows):
        day = days.get(float(r["TIME"]))
        if e != "0" or day is None:
            continue
        for name in r:
            if name in ("ID", "TIME"):
                continue
            x, y = float(r[name]), float(next(day[k] for k in day if k.split(".")[-1] == name.split(".")[-1]))
            worst = max(worst, abs(x - y) / (abs(y) + 1e-6))
            compared += 1
    print("agree" if compared > 500 and worst < 1e-5 else "worst %g of %d" % (worst, compared))


if len(sys.argv) == 2:
    observe(sys.argv[1])
else:
    compare(*sys.argv[1:])
