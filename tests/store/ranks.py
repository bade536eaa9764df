#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ranks.py QUELL: the same bytes from 1, 2 and 4 ranks and any threads; a rank that dies, and resume. Skips (77) without MPI."""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
MPIRUN = ["mpirun", "--oversubscribe", "-np"]
if os.geteuid() == 0:
    MPIRUN.insert(1, "--allow-run-as-root")  # tests may run as root; users should not


def compare_of(patients):
    return ["compare", "--regimens", "clb-obi,ven-obi", "--patients", str(patients), "--years", "2.5", "--seed", "11"]


JOB = compare_of(200)
BIG = compare_of(3000)  # 300 chunks of 10: enough for every rank to get some, and for one to die on the way

version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
if not re.search(r"^MPI +on", version, re.M) or not shutil.which("mpirun"):
    print("skip: quell was built without MPI, or there is no mpirun")
    sys.exit(77)

folder = tempfile.mkdtemp(prefix="quell_ranks_")
failures = []


def run(args, **more):
    return subprocess.run(args, capture_output=True, text=True, timeout=250, **more)


def expect(what, good, detail=""):
    print("%-6s %s" % ("ok" if good else "FAILED", what))
    if not good:
        failures.append(what)
        print("       " + str(detail).replace("\n", "\n       "))


plain = run([PROGRAM] + JOB + ["--json"])
for n in (1, 2, 4):
    db = "%s/%d.db" % (folder, n)
    got = run(MPIRUN + [str(n), PROGRAM] + JOB + ["--json", "--chunk", "10", "--store", db])
    expect("%d ranks give the same bytes" % n, got.returncode == 0 and got.stdout == plain.stdout, got.stderr)
    ranks = [r for (r,) in sqlite3.connect(db).execute("SELECT DISTINCT rank FROM chunk ORDER BY rank")]
    expect("ranks have their numbers", set(ranks) <= set(range(n)), ranks)
for n in (1, 2):
    got = run([PROGRAM] + JOB + ["--json", "--chunk", "10", "--threads", str(n), "--store", "%s/t%d.db" % (folder, n)])
    expect("%d threads give the same bytes" % n, got.stdout == plain.stdout, got.stderr)

TRIAL = ["trial", "run", "cll14", "--patients", "1200", "--seed", "3", "--json"]
plain_trial = run([PROGRAM] + TRIAL)
for n in (1, 2, 4):
    got = run(MPIRUN + [str(n), PROGRAM] + TRIAL + ["--chunk", "256", "--store", "%s/trial%d.db" % (folder, n)])
    expect("a trial by %d ranks gives the same bytes" % n, got.returncode == 0 and got.stdout == plain_trial.stdout, got.stderr)

got = run(MPIRUN + ["2", PROGRAM] + JOB + ["--json"])
expect("ranks without a store are told once", got.returncode != 0 and got.stderr.count("error[E0915]") == 1, got.stderr)
got = run(MPIRUN + ["2", PROGRAM] + JOB + ["--regimens", "nosuch", "--store", folder + "/x.db"])
expect("bad input is told once", got.returncode != 0 and got.stderr.count("error[E0601]") == 1, got.stderr)
got = run(MPIRUN + ["2", PROGRAM, "regimen", "list"])
expect("other verbs speak once", got.stdout == run([PROGRAM, "regimen", "list"]).stdout, got.stderr)

whole = run([PROGRAM] + BIG + ["--json"])
for n in (2, 4):
    db = "%s/all%d.db" % (folder, n)
    got = run(MPIRUN + [str(n), PROGRAM] + BIG + ["--json", "--chunk", "10", "--store", db])
    ranks = [r for (r,) in sqlite3.connect(db).execute("SELECT DISTINCT rank FROM chunk ORDER BY rank")]
    expect("all of %d ranks take part, with the same bytes" % n, got.stdout == whole.stdout and ranks == list(range(n)),
           got.stderr + str(ranks))

# A rank dies.
db = folder + "/dies.db"
job = subprocess.Popen(MPIRUN + ["3", PROGRAM] + BIG + ["--json", "--chunk", "10", "--store", db], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)


def rank_of(pid):
    try:
        with open("/proc/%d/environ" % pid, "rb") as f:
            env = f.read().split(b"\0")
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            mine = db.encode() in f.read().split(b"\0")
    except OSError:
        return None
    if not mine:
        return None
    return next((int(x.split(b"=")[1]) for x in env if x.startswith(b"OMPI_COMM_WORLD_RANK=")), None)


victim = None
while job.poll() is None and victim is None:
    time.sleep(0.02)
    done = 0
    if os.path.exists(db):
        listed = run([PROGRAM, "runs", "list", "--store", db, "--json"])
        if listed.returncode == 0 and json.loads(listed.stdout)["runs"]:
            done = json.loads(listed.stdout)["runs"][0]["chunks_done"]
    if done >= 5:
        victim = next((int(p) for p in os.listdir("/proc") if p.isdigit() and rank_of(int(p)) == 2), None)
expect("a rank to kill was found", victim is not None)
if victim:
    os.kill(victim, signal.SIGKILL)
out, err = job.communicate(timeout=120)
expect("the death of a rank is reported", job.returncode != 0 and ("rank 2" in err or "signal 9" in err), err)
kept = sqlite3.connect(db).execute("SELECT count(*) FROM chunk").fetchone()[0]
expect("chunks were stored before (%d of 300)" % kept, 5 <= kept < 300)
got = run(MPIRUN + ["2", PROGRAM, "resume", "--store", db, "--json"])
expect("two ranks resume to the same bytes", got.returncode == 0 and got.stdout == whole.stdout, got.stderr)
expect("and reuse the chunks", "%d of 300 chunks" % kept in got.stderr, got.stderr)
expect("the store is sound", run([PROGRAM, "runs", "check", "--store", db]).returncode == 0)

shutil.rmtree(folder)
print("%d failed" % len(failures))
sys.exit(1 if failures else 0)
