#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""faults.py QUELL SHIM: what a disk can do to a store. Prints a line per case; exit status 1 if one fails.

A full disk (shim that answers ENOSPC, a limit on file sizes, a small tmpfs where root may mount one), folders and files
that may not be written, two writers, a store of another program, of a newer version, a damaged one.
"""
import os
import pwd
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

PROGRAM, SHIM = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
JOB = ["compare", "--regimens", "clb-obi,ven-obi", "--patients", "200", "--years", "2.5", "--seed", "11", "--json", "--chunk",
       "10", "--store"]
ROOT = os.geteuid() == 0
failures = []
folder = tempfile.mkdtemp(prefix="quell_faults_")
os.chmod(folder, 0o755)


def run(args, **more):
    return subprocess.run([PROGRAM] + args, capture_output=True, text=True, **more)


def expect(what, good, detail=""):
    print("%-6s %s" % ("ok" if good else "FAILED", what))
    if not good:
        failures.append(what)
        print("       " + str(detail).replace("\n", "\n       "))


def chunks(db):
    c = sqlite3.connect(db)
    n = c.execute("SELECT count(*) FROM chunk").fetchone()[0]
    c.close()
    return n


def goes_on(what, db, stopped, code, words):
    """After a stop: the message, then a resume that loses nothing and ends in the same bytes."""
    expect(what + ": says so", stopped.returncode == 1 and code in stopped.stderr and all(w in stopped.stderr for w in words)
           and "resume --store" in stopped.stderr, stopped.stderr)
    kept = chunks(db)
    expect(what + ": chunks were stored before (%d)" % kept, 0 < kept < 20)
    expect(what + ": the store is sound", run(["runs", "check", "--store", db]).returncode == 0)
    again = run(["resume", "--store", db, "--json"])
    expect(what + ": resumes to the same bytes", again.returncode == 0 and again.stdout == plain.stdout, again.stderr)
    expect(what + ": no chunk was lost", "%d of 20 chunks" % kept in again.stderr, again.stderr)


def limit_files(size):
    def set_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return set_limit


def as_nobody():
    user = pwd.getpwnam("nobody")
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


plain = run(JOB[:-1][:-2])
expect("a run without a store", plain.returncode == 0, plain.stderr)

db = folder + "/full.db"
stopped = run(JOB + [db], env=dict(os.environ, LD_PRELOAD=SHIM, QUELL_TEST_ROOM="400000"))
goes_on("full disk (shim)", db, stopped, "E1202", ["the disk is full"])

db = folder + "/limit.db"
stopped = run(JOB + [db], preexec_fn=limit_files(160000))
goes_on("limit on file sizes", db, stopped, "E1202", ["ulimit"])

small = folder + "/small"
os.mkdir(small)
if ROOT and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", small], capture_output=True).returncode == 0:
    db = small + "/run.db"
    stopped = run(JOB + [db])
    subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
    goes_on("small file system", db, stopped, "E1202", ["the disk is full"])
    subprocess.run(["umount", small], check=True)
else:
    print("skip   small file system: needs root and mount")

# Folders and files that may not be written.
readonly = folder + "/readonly"
os.mkdir(readonly)
db = readonly + "/run.db"
run(JOB + [db])
os.chmod(db, 0o444)
os.chmod(readonly, 0o555)
drop = {"preexec_fn": as_nobody} if ROOT else {}
read = run(["runs", "show", "1", "--store", db, "--json"], **drop)
expect("read-only folder: reading works", read.returncode == 0 and read.stdout == plain.stdout, read.stderr)
write = run(["resume", "--store", db], **drop)
expect("read-only folder: writing says what to do", write.returncode == 1 and "E1201" in write.stderr
       and "must be writable" in write.stderr, write.stderr)
write = run(JOB + [readonly + "/new.db"], **drop)
expect("read-only folder: a new store is refused", write.returncode == 1 and "E1201" in write.stderr, write.stderr)
os.chmod(readonly, 0o755)
write = run(JOB + [folder + "/none/run.db"])
expect("no such folder", write.returncode == 1 and "E1201" in write.stderr and "No such file" in write.stderr, write.stderr)

# Two writers; readers while one writes.
db = folder + "/two.db"
first = subprocess.Popen([PROGRAM] + JOB[:1] + ["--patients", "100000"] + JOB[1:3] + JOB[5:] + [db], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
while first.poll() is None:
    if os.path.exists(db) and run(["runs", "list", "--store", db]).returncode == 0:
        break
second = run(JOB + [db])
expect("two writers: the second is told", second.returncode == 1 and "E1205" in second.stderr
       and "process %d" % first.pid in second.stderr, second.stderr)
reader = run(["runs", "list", "--store", db])
expect("two writers: readers are let in", reader.returncode == 0 and "unfinished" in reader.stdout, reader.stderr)
first.kill()
first.wait()
expect("two writers: the lock ends with its holder", run(JOB + [db]).stdout == plain.stdout)

# Other files.
for what, words in (("text", "not an SQLite database"), ("other program", "not a store of quell"), ("newer", "layout 99")):
    db = "%s/%s.db" % (folder, what.replace(" ", "_"))
    if what == "text":
        with open(db, "w") as f:
            f.write("patient,day\n" * 1000)
    else:
        with sqlite3.connect(db) as c:
            c.execute("CREATE TABLE t(x)")
            if what == "newer":
                c.execute("PRAGMA application_id = %d" % 0x71756c6c)
                c.execute("PRAGMA user_version = 99")
    before = open(db, "rb").read()
    for args in (JOB + [db], ["runs", "list", "--store", db], ["resume", "--store", db]):
        got = run(args)
        expect("%s: %s is refused" % (what, args[0]), got.returncode == 1 and "E1203" in got.stderr and words in got.stderr,
               got.stderr)
    expect(what + ": left as it was", open(db, "rb").read() == before)

# Damage.
db = folder + "/damaged.db"
run(JOB + [db])
with sqlite3.connect(db) as c:
    c.execute("UPDATE run SET result = NULL, finished = NULL")
    c.execute("UPDATE chunk SET data = zeroblob(length(data)) WHERE number IN (3, 7)")
got = run(["runs", "check", "--store", db])
expect("damaged chunks are found", got.returncode == 1 and got.stderr.count("checksum") == 2, got.stderr)
with sqlite3.connect(db) as c:
    c.execute("DELETE FROM endpoint"), c.execute("DELETE FROM contrast"), c.execute("DELETE FROM course")
    c.execute("DELETE FROM curve"), c.execute("DELETE FROM arm")
got = run(["resume", "--store", db, "--json"])
expect("damaged chunks are computed again", got.returncode == 0 and got.stdout == plain.stdout and got.stderr.count("warning[E1208]") == 2,
       got.stderr)
expect("and the store is sound", run(["runs", "check", "--store", db]).returncode == 0)
size = os.path.getsize(db)
with open(db, "r+b") as f:
    for at in range(4096, size - 4096, 8192):
        f.seek(at)
        f.write(b"\xa5" * 512)
got = run(["runs", "check", "--store", db])
expect("a damaged file is reported", got.returncode == 1 and "E1204" in got.stderr, got.stderr)
got = run(["resume", "--store", db, "--json"])
expect("and no result is made from it", got.returncode == 1 and "E1204" in got.stderr and got.stdout == "", got.stderr)

# Changed inputs.
mine = folder + "/mine.yaml"
data = os.environ.get("QUELL_TEST_REGIMEN")
shutil.copy(data, mine)
db = folder + "/inputs.db"
mine_job = ["compare", "--regimen", mine, "--patients", "400", "--chunk", "10", "--years", "4", "--max-time", "0.3", "--threads",
            "1", "--store", db]
got = run(mine_job)
expect("--max-time stops between chunks", got.returncode == 130 and "--max-time" in got.stderr, got.stderr)
with open(mine, "a") as f:
    f.write("# a comment\n")
got = run(["resume", "--store", db])
expect("a changed regimen is refused", got.returncode == 1 and "E1207" in got.stderr and "content of" in got.stderr, got.stderr)

shutil.rmtree(folder)
print("%d failed" % len(failures))
sys.exit(1 if failures else 0)
