#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill.py QUELL [KILLS [SEED]]: a stored run is killed at a random moment, again and again.

Each round starts a run on a new store, kills it with SIGKILL at a random moment, checks the store, resumes it (and
now and then kills the resume as well), and compares the result with that of a run without a store. Prints one line;
exit status 1 if any round differs.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

JOB = ["--regimens", "clb-obi,ven-obi", "--patients", "240", "--years", "2.5", "--seed", "11"]


def start(program, args):
    return subprocess.Popen([program] + args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def kill_after(process, delay):
    """True if it was killed while at work."""
    try:
        process.wait(delay)
        process.communicate()
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True


def chunks_done(program, db):
    """Stored chunks; None if the store was killed before it was made."""
    out = subprocess.run([program, "runs", "list", "--store", db, "--json"], capture_output=True)
    runs = json.loads(out.stdout)["runs"] if out.returncode == 0 else []
    return runs[0]["chunks_done"] if runs else None


def main():
    program, kills = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    folder = tempfile.mkdtemp(prefix="quell_kill_")
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 20240607)
    plain = subprocess.run([program, "compare"] + JOB + ["--json"], capture_output=True)
    if plain.returncode:
        sys.exit("the plain run failed: " + plain.stderr.decode())
    stored = ["compare"] + JOB + ["--json", "--chunk", "10", "--threads", "1", "--store"]
    began = time.monotonic()
    subprocess.run([program] + stored + [folder + "/time.db"], capture_output=True, check=True)
    whole = time.monotonic() - began
    same = sound = killed = lost = mid = 0
    rounds = 0
    while killed < kills and rounds < 20 * kills:
        rounds += 1
        db = "%s/%d.db" % (folder, rounds)
        if not kill_after(start(program, stored + [db]), rng.uniform(0.02, whole)):
            continue
        killed += 1
        before = chunks_done(program, db)
        again = before is not None and rng.random() < 0.3
        if again:
            kill_after(start(program, ["resume", "--store", db, "--json", "--threads", "1"]), rng.uniform(0.05, whole / 2))
            after = chunks_done(program, db)
            lost += after < before
        if before is None:
            final = subprocess.run([program] + stored + [db], capture_output=True)
        else:
            mid += 0 < before < 24
            final = subprocess.run([program, "resume", "--store", db, "--json"], capture_output=True)
        check = subprocess.run([program, "runs", "check", "--store", db], capture_output=True)
        same += final.returncode == 0 and final.stdout == plain.stdout
        sound += check.returncode == 0
        for end in ("", "-wal", "-shm", "-lock"):
            if os.path.exists(db + end):
                os.unlink(db + end)
    shutil.rmtree(folder)
    print("%d kills (%d of them between the first and the last chunk): %d resumed to the same bytes, %d stores sound, "
          "%d lost a chunk" % (killed, mid, same, sound, lost))
    return 0 if killed == kills and same == kills and sound == kills and lost == 0 and mid > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
