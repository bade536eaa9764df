# SPDX-License-Identifier: Apache-2.0
"""fault_alloc.py QUELL SHIM: runs verbs while the n-th allocation fails, alone or with all after it.

A run may end in success with the very same output, or in an error with a message; never in a signal, never in success with
other output, never with half a file. SHIM is fail_alloc.c as a shared object.
"""
import os
import subprocess
import sys
import tempfile

quell, shim = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PK = os.path.join(root, "tests/cli/data/pk")
RUNS = [
    ["model", "check", f"{root}/models/cll/cll.qm"],
    ["regimen", "show", "ven-obi", "--csv"],
    ["explain", "ven-obi"],
    ["evidence", "nma", "--endpoint", "pfs", "--line", "1L", "--json"],
    ["evidence", "find", "CLL14", "--csv"],
    ["simulate", "--regimens", "clb-obi", "--typical", "--years", "0.1", "--json"],
    ["simulate", "--data", f"{PK}.csv", "--model", f"{PK}.qm", "--out", "out.csv"],
    ["compare", "--regimens", "ven-obi,clb-obi", "--patients", "4", "--years", "0.2", "--threads", "1", "--json", "--html",
     "out.html"],
]
GROWTH = 1.6  # from one n to the next


def run(arguments, folder, **extra):
    env = dict(os.environ, LD_PRELOAD=shim, **extra)
    p = subprocess.run([quell, *arguments], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    files = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as f:
            files[name] = f.read()
        os.remove(os.path.join(folder, name))
    return p, files


def faults(arguments):
    """What went wrong, and how many runs were made."""
    found, runs = [], 0
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as aside:
        count = os.path.join(aside, "count")
        good, good_files = run(arguments, folder, FAIL_COUNT=count)
        if good.returncode != 0:
            return [f"without faults: status {good.returncode}: {good.stderr.decode()[-300:]}"], 1
        with open(count, encoding="ascii") as f:
            total = int(f.read())
        if total < 100:
            return [f"only {total} allocations were seen: the shim is not in place"], 1
        n = 1
        while n <= total:
            for more in ({}, {"FAIL_ON": "1"}):
                p, files = run(arguments, folder, FAIL_AT=str(n), **more)
                runs += 1
                where = f"allocation {n} of {total}{' and after' if more else ''}: status {p.returncode}"
                if p.returncode not in (0, 1, 2, 3, 70):
                    found.append(where)
                elif p.returncode == 0 and (p.stdout != good.stdout or files != good_files):
                    found.append(where + ", but other output")
                elif p.returncode != 0 and not p.stderr.strip() and not more:
                    found.append(where + " without a message")
                elif p.returncode != 0 and any(files[f] != good_files.get(f) for f in files):
                    found.append(where + ", left " + ", ".join(files))
            n = int(n * GROWTH) + 1
    return found, runs


bad = 0
for arguments in RUNS:
    found, runs = faults(arguments)
    print(f"{'FAIL' if found else 'ok'}: quell {' '.join(arguments[:4])}: {runs} runs")
    for text in found:
        print("    " + text)
    bad += len(found)
sys.exit(1 if bad else 0)
