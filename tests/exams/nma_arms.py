#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Analyses of the synthesis exam that start from arms or from pairs: run all of them, then score together."""
import os
import subprocess
import sys
import tempfile

quell, exams = sys.argv[1:3]
nma = os.path.join(exams, "nma")
runs = []
for m in ("MH", "NCH", "Inverse"):
    runs.append(("dong2013_arms.csv", "Placebo", m, "common", "dong2013"))
for m in ("MH", "NCH"):
    runs.append(("gurusamy2011_arms.csv", "Control/Placebo", m, "common", "gurusamy2011_bin"))
for m in ("EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"):
    for knha in ("", ":knha"):
        runs.append(("bcg_rr.csv", "control", m + knha, "common" if m == "EE" else "random", "bcg_lnRR"))
with tempfile.TemporaryDirectory() as out:
    for i, (table, reference, method, model, name) in enumerate(runs):
        subprocess.run([quell, "nma", os.path.join(nma, table), "--reference", reference, "--method", method, "--model", model,
                        "--treatment", "vaccine", "--dataset", name, "--out", os.path.join(out, "%02d.json" % i)], check=True)
    sys.exit(subprocess.run([sys.executable, os.path.join(exams, "score_nma.py"), "--ref", nma, "--partial", out]).returncode)
