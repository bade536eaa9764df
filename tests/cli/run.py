#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
r"""Runs command-line transcripts.

  run.py [--update] QUELL_PROGRAM TRANSCRIPT.cli ...

A transcript is a list of commands with what they print:

  # a comment
  $ quell explain E0301          a command for bash; `quell` is the program under test
  E0301  malformed YAML          standard output
  ! error[E0910]: ...            standard error
  = 2                            exit status; absent: 0
  \                              an empty line of output; also before output that starts with $ ! = # or a backslash

A line that ends in " (re)" is a regular expression for the whole line; "..." alone stands for any number of lines.
Each transcript runs in a directory of its own, where .data is the folder data/ beside this script, without a terminal
and with a fixed environment. --update writes what was printed into the transcript (comments and patterns of
unchanged lines are kept).
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def parse(path):
    """Returns a list of [leading comment lines, command, out, err, status]."""
    cases, notes = [], []
    with open(path, encoding="utf-8") as fh:
        for line in fh.read().splitlines():
            if line.startswith("$ "):
                cases.append([notes, line[2:], [], [], 0])
                notes = []
            elif line.startswith("#") or not line:
                notes.append(line)  # an empty line of output is written as a lone backslash
            elif line.startswith("! ") or line == "!":
                cases[-1][3].append(line[2:])
            elif re.fullmatch(r"= \d+", line):
                cases[-1][4] = int(line[2:])
            else:
                cases[-1][2].append(line[1:] if line.startswith("\\") else line)
    return cases


def same(want, got):
    """Matches lists of lines; '...' stands for any lines."""
    if not want:
        return not got
    if want[0] == "...":
        return any(same(want[1:], got[i:]) for i in range(len(got) + 1))
    if not got:
        return False
    if want[0].endswith(" (re)"):
        ok = re.fullmatch(want[0][:-5], got[0]) is not None
    else:
        ok = want[0] == got[0]
    return ok and same(want[1:], got[1:])


def run(program, command, folder):
    env = {"PATH": folder + "/.bin:/usr/local/bin:/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE", "QUELL_DATA"):
        if key in os.environ:
            env[key] = os.environ[key]
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=300)
    err = [line.rstrip() for line in done.stderr.decode("utf-8", "replace").splitlines()]
    return done.stdout.decode("utf-8", "replace").splitlines(), err, done.returncode


def escape(line):
    return "\\" + line if re.match(r"[$!=#\\]", line) or not line else line


def write(path, cases, results):
    with open(path, "w", encoding="utf-8") as fh:
        for (notes, command, out, err, _), (o, e, status) in zip(cases, results):
            out = out if same(out, o) else o
            err = err if same(err, e) else e
            for line in notes:
                fh.write(line + "\n")
            fh.write("$ " + command + "\n")
            for line in out:
                fh.write(escape(line) + "\n")
            for line in err:
                fh.write(("! " + line).rstrip() + "\n")
            if status:
                fh.write("= %d\n" % status)


def main():
    args = sys.argv[1:]
    update = "--update" in args
    args = [a for a in args if a != "--update"]
    if len(args) < 2:
        sys.exit(__doc__)
    program, failed, ran = os.path.abspath(args[0]), 0, 0
    for path in args[1:]:
        cases = parse(path)
        with tempfile.TemporaryDirectory(prefix="quell_cli_") as folder:
            os.mkdir(folder + "/.bin")
            os.symlink(program, folder + "/.bin/quell")
            os.symlink(HERE + "/data", folder + "/.data")
            results = [run(program, case[1], folder) for case in cases]
        if update:
            write(path, cases, results)
            continue
        for (_, command, out, err, status), (o, e, s) in zip(cases, results):
            ran += 1
            if same(out, o) and same(err, e) and status == s:
                continue
            failed += 1
            print("FAIL %s: $ %s" % (os.path.basename(path), command))
            print("  wanted status %d, got %d" % (status, s))
            for title, want, got in (("stdout", out, o), ("stderr", err, e)):
                if not same(want, got):
                    print("  wanted %s:\n    %s" % (title, "\n    ".join(want)))
                    print("  got %s:\n    %s" % (title, "\n    ".join(got)))
    if not update:
        print("%d passed, %d failed" % (ran - failed, failed))
    return 1 if failed or (not ran and not update) else 0


if __name__ == "__main__":
    sys.exit(main())
