#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_review.py QUELL SOURCE_DIR: docs/review.md is what the program writes; every command in it runs; every test exists.

Also asks that the numbered rows are complete, 1 to 75.
"""
import json
import os
import re
import subprocess
import sys
import tempfile


def main():
    quell, top = os.path.abspath(sys.argv[1]), sys.argv[2]
    faults = []
    text = subprocess.run([quell, "explain", "review"], capture_output=True, text=True, check=True).stdout
    with open(os.path.join(top, "docs/review.md"), encoding="utf-8") as fh:
        if fh.read() != text:
            faults.append("docs/review.md is out of date: build/quell explain review >docs/review.md")
    rows = json.loads(subprocess.run([quell, "explain", "review", "--json"], capture_output=True, text=True, check=True).stdout)["rows"]
    missing = set(range(1, 76)) - {int(r["n"]) for r in rows if r["n"]}
    if missing:
        faults.append("rows without an entry: %s" % sorted(missing))
    with tempfile.TemporaryDirectory(prefix="quell_review_") as folder:
        os.symlink(quell, folder + "/quell")
        env = dict(os.environ, PATH=folder + ":" + os.environ["PATH"])
        for command in sorted({r["run"] for r in rows if r["run"]}):
            done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode or not done.stdout:
                faults.append("status %d of: %s\n%s" % (done.returncode, command, done.stderr[-600:]))
    for row in rows:
        if not row["test"]:
            continue
        file, function = row["test"].split(" ")
        path = os.path.join(top, "tests/unit", file)
        source = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
        if not re.search(r"cmocka_unit_test\w*\(%s\b" % function, source):
            faults.append("row `%s`: no test %s" % (row["concept"], row["test"]))
    print("\n".join(faults) if faults else "review: %d rows, %d commands run" % (len(rows), len({r["run"] for r in rows if r["run"]})))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
