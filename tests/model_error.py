#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The spread of tools/model_error.py against cases with a known answer."""
import importlib.machinery
import importlib.util
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "model_error.py")
loader = importlib.machinery.SourceFileLoader("model_error", TOOL)
sys.dont_write_bytecode = True
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("model_error", loader))
loader.exec_module(tool)
tool.GRID = 400


def close(what, x, want, tolerance):
    if not abs(x - want) <= tolerance:
        sys.exit("%s: %g, want %g within %g" % (what, x, want, tolerance))


def draw(rng, tau, n, sd, mean=0.7, rows=1):
    """n arms whose rows share one distance: the published figure has variance sd^2."""
    out = []
    for _ in range(n):
        d = rng.gauss(mean, math.hypot(tau, sd))
        out.append([(d, sd * sd)] * rows)
    return out


def moments(arms):
    shared = tool.mean_distance(arms)
    return statistics.mean((x[0][0] - shared) ** 2 - x[0][1] for x in arms)


# Nothing seen: the mean of the half-normal.
close("no arms", tool.spread([], None, 0.5), 0.5 * math.sqrt(2 / math.pi), 1e-3)
close("scale of a mean", 0.2, math.sqrt(2 / math.pi) * tool.scale_of_mean(0.2), 1e-12)

close("what is assumed of infections", tool.assumed()["infection"], 0.4, 1e-12)

# Many arms and a prior of another scale: the truth, whatever the rows of an arm repeat.
rng = random.Random(3)
many = draw(rng, 0.3, 300, 0.2)
close("many arms", tool.spread(many, None, 1), 0.3, 0.03)
close("rows of an arm that say the same count once", tool.spread([x * 4 for x in many], None, 1), tool.spread(many, None, 1), 1e-9)
close("what all share is no spread", tool.spread([[(d + 5, v) for d, v in x] for x in many], None, 1),
      tool.spread(many, None, 1), 1e-3)

# Five arms, sd drawn from the prior: the posterior mean is right on average, where moments are 0 in a third of the cases.
rng, error, least, zero, n = random.Random(4), [], math.inf, 0, 400
for _ in range(n):
    tau = abs(rng.gauss(0, 0.3))
    arms = draw(rng, tau, 5, 0.3)
    x = tool.spread(arms, None, 0.3)
    error.append(x - tau)
    least = min(least, x)
    zero += moments(arms) <= 0
close("five arms, on average", statistics.mean(error), 0, 3 * statistics.stdev(error) / math.sqrt(n))
if least < 0.05 or zero < n / 3:
    sys.exit("five arms: least %g, moments at 0 in %d of %d" % (least, zero, n))

# The tool: published intervals as they stand in a board; an arm in a class of its own, and no row of another role.
def run(rows):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump({"patients_per_arm": 600, "replicates": 100, "seed": 1, "model_hash": "0", "endpoints": rows}, f)
        f.flush()
        return subprocess.run([sys.executable, TOOL, f.name], capture_output=True, text=True)


def row(trial, simulated, role="calibration"):
    p = lambda x: 1 / (1 + math.exp(-x))
    return {"trial": trial, "arm": "A", "role": role, "id": "infection_g3_24mo", "simulated": {"estimate": p(simulated)},
            "published": {"value": 0.5, "lower": p(-0.4), "upper": p(0.4)}}


out = run([row("T%d" % i, 0.05 * i) for i in range(5)])
lines = [x.split(",") for x in out.stdout.splitlines() if not x.startswith("#")]
if out.returncode or lines[0] != ["measure", "class", "sd", "mean", "arms", "rows"] or lines[1][:2] != ["infection", "all"]:
    sys.exit("unexpected: %s%s" % (out.stdout, out.stderr))
if not 0.05 < float(lines[1][2]) < tool.assumed()["infection"] or lines[1][4:] != ["5", "5"]:
    sys.exit("five close arms: %s" % lines[1])
close("mean of five arms", float(lines[1][3]), 0.1, 1e-4)
if run([row("T%d" % i, 0, "validation") for i in range(5)]).returncode == 0:
    sys.exit("a validation trial was taken")
print("model error: known answers found")
