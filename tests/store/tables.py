#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tables.py QUELL: the store as any SQLite reader sees it, against the JSON and against statistics made from its rows."""
import csv
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
folder = tempfile.mkdtemp(prefix="quell_tables_")
db = folder + "/s.db"
JOB = ["--regimens", "clb-obi,ven-obi", "--patients", "60", "--years", "2.5", "--seed", "5"]


def quell(*args):
    return subprocess.run([PROGRAM] + list(args), capture_output=True, text=True, check=True).stdout


def same(a, b):
    assert a == b, "%r is not %r" % (a, b)


result = json.loads(quell("compare", *JOB, "--chunk", "7", "--keep", "patients,courses", "--store", db, "--json"))
same(result, json.loads(quell("compare", *JOB, "--json")))
c = sqlite3.connect("file:%s?mode=ro" % db, uri=True)
c.row_factory = sqlite3.Row

# Result tables hold the JSON's numbers.
for r in result["regimens"]:
    rows = {e["endpoint"]: e for e in c.execute("SELECT * FROM endpoints WHERE run = 1 AND regimen = ?", (r["id"],))}
    same(len(rows), len(r["endpoints"]))
    for e in r["endpoints"]:
        same((rows[e["id"]]["estimate"], rows[e["id"]]["lower"], rows[e["id"]]["upper"]),
             (e["estimate"], e["interval"]["lower"], e["interval"]["upper"]))
    for k in r["curves"]:
        got = c.execute("SELECT month, surv, at_risk FROM curves WHERE regimen = ? AND curve = ? ORDER BY month",
                        (r["id"], k["id"])).fetchall()
        same([tuple(x) for x in got], list(zip(k["month"], k["surv"], k["at_risk"])))
    for k in r["courses"]:
        got = c.execute("SELECT day, q50 FROM courses WHERE regimen = ? AND output = ? ORDER BY day", (r["id"], k["output"]))
        same([tuple(x) for x in got], list(zip(k["day"], k["q50"])))
for x in result["contrasts"]:
    got = c.execute("SELECT * FROM contrasts WHERE endpoint = ?", (x["endpoint"],)).fetchone()
    same((got["difference"], got["p_ahead"]), (x["difference"], x["p_ahead"]))
    ratio = x["hazard_ratio"]
    same((got["hazard_ratio"], got["hr_upper"]), (ratio["estimate"], ratio["upper"]) if ratio else (None, None))
ratios = sum(x["hazard_ratio"] is not None for x in result["contrasts"])
assert ratios > 0
same(c.execute("SELECT count(*) FROM contrasts WHERE hazard_ratio IS NOT NULL").fetchone()[0], ratios)

# Patients: the endpoints again, from rows.
start = {}
for r in result["regimens"]:
    rows = c.execute("SELECT * FROM patients WHERE regimen = ? ORDER BY patient", (r["id"],)).fetchall()
    same([x["patient"] for x in rows], list(range(60)))
    value = {e["id"]: e["estimate"] for e in r["endpoints"]}
    responders = sum(x["response"] in ("PR-L", "PR", "nPR", "CRi", "CR") for x in rows)
    assert value["orr"] is None or abs(value["orr"] - responders / 60) < 1e-12
    free = sum(x["pfs_day"] is None or x["pfs_day"] > 24 * 30.4375 for x in rows)
    assert abs(value["pfs_rate_24mo"] - free / 60) < 1e-12  # nobody is censored before the horizon
    assert {x["pfs_cause"] for x in rows} <= {"censored", "progression", "death", "richter"}
    days = c.execute("SELECT patient, max(day) AS last FROM patient_courses WHERE regimen = ? GROUP BY patient", (r["id"],))
    last = {x["patient"]: x["last"] for x in days}
    same(len(last), 60)
    for x in rows:
        assert x["follow_day"] - 100 <= last[x["patient"]] <= x["follow_day"], (x["follow_day"], last[x["patient"]])
    # Events and their days go together; scores of quality of life lie on their scale.
    for x in rows:
        same(x["icans_day"] is None, x["icans_grade"] == 0)
        same(x["tls_day"] is None, x["tls"] == 0)
        same(x["irr_day"] is None, x["irr_g3"] == 0)
        same(x["neutropenia_day"] is None, not x["anc_nadir"] < 1)
        same("hold" in x["acts"], x["n_hold"] > 0)
        for scale in ("symptoms", "fatigue", "worries"):
            assert 0 <= x[scale + "_start"] <= 100 and 0 <= x[scale + "_mean"] <= 100
            assert x["death_day"] is None or x[scale + "_worse_day"] <= x["death_day"]
            same(x[scale + "_start"], start.setdefault((x["patient"], scale), x[scale + "_start"]))  # the same person
    # medians of patients against the histogram's (half a bin and interpolation: 3 %)
    spd = sorted(x["spd"] for x in c.execute("SELECT spd FROM patient_courses WHERE regimen = ? AND day = 28", (r["id"],)))
    q = c.execute("SELECT q50 FROM courses WHERE regimen = ? AND output = 'spd' AND day = 28", (r["id"],)).fetchone()["q50"]
    assert spd[len(spd) // 2 - 2] * 0.97 <= q <= spd[len(spd) // 2 + 1] * 1.03, (spd, q)

# Exports agree with the views, in all packings.
for flag, ending in ((None, ""), ("--gz", ".gz"), ("--zstd", ".zst")):
    out = folder + "/out" + ending
    os.mkdir(out)
    try:
        quell("runs", "export", "1", "--store", db, "--out", out, *([flag] if flag else []))
    except subprocess.CalledProcessError as e:
        if flag == "--zstd" and "without zstd" in e.stderr:
            print("skip: built without zstd")
            continue
        raise
    path = out + "/patients.csv" + ending
    if ending == ".gz":
        text = gzip.open(path, "rt").read()
    elif ending == ".zst":
        if not shutil.which("zstd"):
            print("skip: no zstd program to read the export with")
            continue
        text = subprocess.run(["zstd", "-dc", path], capture_output=True, text=True, check=True).stdout
    else:
        text = open(path).read()
    rows = list(csv.DictReader(text.splitlines()))
    same(len(rows), 120)
    first = c.execute("SELECT * FROM patients LIMIT 1").fetchone()
    for key in first.keys():
        want = first[key]
        same(float(rows[0][key]) if isinstance(want, float) else rows[0][key], "" if want is None else want if isinstance(
            want, float) else str(want))

# The same job again is a lookup; another seed another run; removal leaves the other.
quell("compare", *JOB, "--chunk", "7", "--keep", "patients,courses", "--store", db)
quell("compare", *JOB, "--chunk", "7", "--store", db, "--seed", "6")
same(len(json.loads(quell("runs", "list", "--store", db, "--json"))["runs"]), 2)
c.close()
quell("runs", "rm", "1", "--store", db)
c = sqlite3.connect(db)
for table in ("run", "chunk", "endpoint", "curve", "course", "contrast", "arm"):
    same(c.execute("SELECT DISTINCT %s FROM %s" % ("id" if table == "run" else "run", table)).fetchall(), [(2,)])
same(c.execute("SELECT count(*) FROM patient").fetchone()[0] + c.execute("SELECT count(*) FROM patient_course").fetchone()[0], 0)
shutil.rmtree(folder)
print("tables agree")
