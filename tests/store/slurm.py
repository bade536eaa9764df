#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""slurm.py QUELL EXAMPLES: the job scripts of examples/slurm under a Slurm of one node on the loopback.

Needs root, slurmctld and slurmd (packages/mpi.txt); skips (77) otherwise. Daemons run in a folder of their own and are
ended by their process ids.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM, EXAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
JOB = "compare --regimens clb-obi,ven-obi --patients 6000 --years 2.5 --seed 11 --chunk 10"


def skip(why):
    print("skip: " + why)
    sys.exit(77)


for tool in ("slurmctld", "slurmd", "sbatch", "mpirun"):
    if not shutil.which(tool) and not os.path.exists("/usr/sbin/" + tool):
        skip("no " + tool)
if os.geteuid() != 0:
    skip("not root")
if "MPI           on" not in subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout:
    skip("quell was built without MPI")

folder = tempfile.mkdtemp(prefix="quell_slurm_")
host = socket.gethostname()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


conf = folder + "/slurm.conf"
with open(conf, "w") as f:
    f.write("\n".join([
        "ClusterName=test", "SlurmctldHost=%s(127.0.0.1)" % host, "AuthType=auth/none", "CredType=cred/none",
        "SlurmUser=root", "SlurmctldPort=%d" % free_port(), "SlurmdPort=%d" % free_port(),
        "StateSaveLocation=%s/state" % folder, "SlurmdSpoolDir=%s/spool" % folder, "SlurmctldPidFile=%s/ctld.pid" % folder,
        "SlurmdPidFile=%s/d.pid" % folder, "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none",
        "SchedulerType=sched/builtin", "SelectType=select/linear", "ReturnToService=2", "MpiDefault=none",
        "JobAcctGatherType=jobacct_gather/none", "AccountingStorageType=accounting_storage/none",
        "NodeName=%s NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN" % host,
        "PartitionName=all Nodes=%s Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO" % host, ""]))
os.makedirs(folder + "/state")
os.makedirs(folder + "/spool")
os.symlink(PROGRAM, folder + "/quell")
module = os.path.dirname(PROGRAM) + "/quell_mpi.so"
env = dict(os.environ, SLURM_CONF=conf, PATH="%s:%s:/usr/sbin:/sbin" % (os.path.dirname(PROGRAM), os.environ["PATH"]),
           OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")  # tests may run as root; users should not
daemons = []
failures = []


def expect(what, good, detail=""):
    print("%-6s %s" % ("ok" if good else "FAILED", what))
    if not good:
        failures.append(what)
        print("       " + str(detail).replace("\n", "\n       "))


def run(*args, **more):
    return subprocess.run(args, capture_output=True, text=True, env=dict(env, **more), cwd=folder)


def until(what, seconds, test):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.2)
    return False


def end_daemons():
    for d in reversed(daemons):
        d.terminate()
        try:
            d.wait(10)
        except subprocess.TimeoutExpired:
            d.kill()
    shutil.rmtree(folder, ignore_errors=True)


def queue_empty():
    return run("squeue", "--noheader").stdout.strip() == ""


def outputs():
    text = ""
    for name in sorted(os.listdir(folder)):
        if name.endswith(".out"):
            text += open(folder + "/" + name).read()
    return text


try:
    for daemon in ("slurmctld", "slurmd"):
        log = open("%s/%s.log" % (folder, daemon), "w")
        daemons.append(subprocess.Popen([shutil.which(daemon, path=env["PATH"]), "-D", "-f", conf], env=env, stdout=log, stderr=log))
    up = until("node", 30, lambda: "idle" in run("sinfo", "--noheader", "--format=%T").stdout)
    if not up:
        detail = run("sinfo").stdout + open(folder + "/slurmctld.log").read()[-800:] + open(folder + "/slurmd.log").read()[-800:]
        print(detail)
        end_daemons()
        skip("Slurm does not come up here")
    plain = run(PROGRAM, *JOB.replace(" --chunk 10", "").split(), "--json")

    db = folder + "/one.db"
    got = run("sbatch", EXAMPLES + "/one_node.sbatch", STORE=db, JOB=JOB)
    expect("one_node.sbatch is taken", got.returncode == 0, got.stderr)
    until("end", 120, queue_empty)
    made = open(db + ".json").read() if os.path.exists(db + ".json") else ""
    expect("one_node.sbatch gives the same bytes", made == plain.stdout, outputs())

    # Too little time for all of it: the job queues itself until it is done.
    db = folder + "/many.db"
    got = run("sbatch", "--ntasks", "2", EXAMPLES + "/compare.sbatch", STORE=db, JOB=JOB, MAX_TIME="0.6",
              AGAIN=EXAMPLES + "/compare.sbatch")
    expect("compare.sbatch is taken", got.returncode == 0, got.stderr)
    until("end", 200, lambda: queue_empty() and os.path.exists(db + ".json"))
    made = open(db + ".json").read() if os.path.exists(db + ".json") else ""
    expect("compare.sbatch gives the same bytes", made == plain.stdout, outputs())
    import sqlite3
    log = [e for (e,) in sqlite3.connect(db).execute("SELECT event FROM log ORDER BY id")]
    expect("over several jobs (%d)" % (log.count("started") + log.count("resumed")), log.count("resumed") >= 1
           and log[-1] == "finished", log)
    ranks = {r for (r,) in sqlite3.connect(db).execute("SELECT DISTINCT rank FROM chunk")}
    expect("by both ranks", ranks == {0, 1}, ranks)
finally:
    end_daemons()
print("%d failed" % len(failures))
sys.exit(1 if failures else 0)
