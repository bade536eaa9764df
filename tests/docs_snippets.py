#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every fenced block of a page of documentation.

  docs_snippets.py [--update] QUELL_PROGRAM PAGE.md ...

  ```qm             a model; `quell model check` must accept it
  ```qm NAME.qm     the same, kept under that name for later blocks
  ```csv NAME.csv   kept under that name
  ```console        commands after `$ ` with what they print; `...` alone stands for any lines

All blocks of a page share one folder. Standard output and standard error are compared together, in this order. A block of
another kind is a fault: what is shown is run.
"""
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "cli"))
import run as transcript  # noqa: E402


def blocks(text):
    """(line number, info string, lines)"""
    out, info, start, body = [], None, 0, []
    for n, line in enumerate(text.splitlines(), 1):
        m = re.match(r"\s*```(.*)$", line)
        if m and info is None:
            info, start, body = m.group(1).strip(), n, []
        elif m:
            out.append((start, info, body))
            info = None
        elif info is not None:
            body.append(line)
    return out


def check_model(program, folder, name, body):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as fh:
        fh.write("\n".join(body) + "\n")
    out, err, status = transcript.run(program, "quell model check " + name, folder)
    return None if status == 0 else "\n".join(out + err)


def console(program, folder, body):
    """Returns the block as it should read."""
    commands = []
    for line in body:
        if line.startswith("$ "):
            commands.append([line[2:], []])
        else:
            commands[-1][1].append(line)
    wrong, now = [], []
    for command, want in commands:
        out, err, _ = transcript.run(program, command, folder)
        got = [line.rstrip() for line in out + err]
        while got and not got[-1]:
            got.pop()
        if not transcript.same(want, got):
            wrong.append("$ %s\n  wanted\n    %s\n  got\n    %s" % (command, "\n    ".join(want), "\n    ".join(got)))
            want = got
        now += ["$ " + command] + want
    return "\n".join(wrong), now


def main():
    args = [a for a in sys.argv[1:] if a != "--update"]
    program, failed, ran = os.path.abspath(args[0]), 0, 0
    for page in args[1:]:
        text = open(page, encoding="utf-8").read()
        with tempfile.TemporaryDirectory(prefix="quell_docs_") as folder:
            os.mkdir(folder + "/.bin")
            os.symlink(program, folder + "/.bin/quell")
            os.symlink(os.path.dirname(HERE) + "/library", folder + "/library")
            os.symlink(os.path.dirname(HERE) + "/models", folder + "/models")
            for line, info, body in blocks(text):
                kind, name = (info.split() + ["", ""])[:2]
                fault = None
                ran += 1
                if kind == "qm":
                    fault = check_model(program, folder, name or "snippet.qm", body)
                elif kind == "csv":
                    with open(os.path.join(folder, name), "w", encoding="utf-8") as fh:
                        fh.write("\n".join(body) + "\n")
                elif kind == "console":
                    fault, now = console(program, folder, body)
                    if fault and "--update" in sys.argv:
                        text = text.replace("\n".join(body), "\n".join(now))
                else:
                    fault = "a block of kind `%s` is not run" % info
                if fault:
                    failed += 1
                    print("%s:%d\n%s" % (page, line, fault))
        if "--update" in sys.argv:
            open(page, "w", encoding="utf-8").write(text)
    print("%d blocks, %d wrong" % (ran, failed))
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
