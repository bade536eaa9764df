#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Colours model texts with the TextMate grammar and compares with a scanner of its own.

  check_grammar.py GRAMMAR FILE.qm ...

The grammar uses single-line patterns only, so reading it is: at each place the earliest match wins, of those the first
pattern. Its expressions are written in the part of Oniguruma's syntax that Python shares. Also checked: that the test can
fail (a grammar without comments is caught).
"""
import json
import re
import sys


def colour(patterns, line):
    """Returns the scope of every character, None where no pattern matches."""
    scope, at = [None] * len(line), 0
    while at < len(line):
        best = None
        for name, captures, rx in patterns:
            m = rx.search(line, at)
            if m and m.end() > m.start() and (best is None or m.start() < best[0].start()):
                best = (m, name, captures)
        if not best:
            break
        m, name, captures = best
        for i in range(m.start(), m.end()):
            scope[i] = name or "matched"
        for group, what in captures.items():
            for i in range(*m.span(int(group))):
                scope[i] = what["name"]
        at = m.end()
    return scope


def compile_all(grammar):
    return [(p.get("name"), p.get("captures", {}), re.compile(p["match"])) for p in grammar["patterns"]]


STATEMENT = re.compile(r"\s*(module|model|index|param|covariate|input|draw|state|quad|let|handle|dose|when|output|agent|"
                       r"use|kernel|unit)(?=\s+[A-Za-z_]|\s*:)")
GRADE = re.compile(r"\[(verified|derived|recalled|assumed|calibrated)\]")


def expectations(line):
    """(start, end, first part of the scope) by a scanner that knows quotes and comments only."""
    want, quote, code = [], None, line
    for i, c in enumerate(line):
        if c == '"':
            if quote is None:
                quote = i
            else:
                want.append((quote, i + 1, "string"))
                code = code[:quote] + " " * (i + 1 - quote) + code[i + 1:]
                quote = None
        elif c == "#" and quote is None:
            want.append((i, len(line), "comment"))
            code = code[:i]
            break
    m = STATEMENT.match(code)
    if m:
        want.append((m.start(1), m.end(1), "storage"))
    for m in GRADE.finditer(code):
        want.append((m.start(1), m.end(1), "constant.language.grade"))
    for m in re.finditer(r"\bd/dt(?=\()", code):
        want.append((m.start(), m.end(), "keyword.other.rate"))
    for m in re.finditer(r"\{[A-Z][A-Za-z]+\d{4}[^}]*\}", code):
        want.append((m.start(), m.end(), "markup"))
    for m in re.finditer(r"(?<![\w.])\d+(\.\d+)?([eE][+-]?\d+)?(?![\w.])", code):
        want.append((m.start(), m.end(), "constant.numeric"))
    return want, code


def check(patterns, path):
    faults, checked = [], 0
    for number, line in enumerate(open(path, encoding="utf-8").read().splitlines(), 1):
        scope = colour(patterns, line)
        want, code = expectations(line)
        for start, end, kind in want:
            checked += 1
            if kind == "constant.numeric" and all((s or "").startswith("markup") for s in scope[start:end]):
                continue
            if not all((s or "").startswith(kind) for s in scope[start:end]):
                faults.append("%s:%d:%d: `%s` is %s, not %s" % (path, number, start + 1, line[start:end], scope[start], kind))
        for i, c in enumerate(code):
            if not c.isspace() and scope[i] is None:
                faults.append("%s:%d:%d: `%s` has no colour" % (path, number, i + 1, c))
    return faults, checked


def main():
    grammar = json.load(open(sys.argv[1], encoding="utf-8"))
    patterns, files, total = compile_all(grammar), sys.argv[2:], 0
    faults = []
    for path in files:
        found, checked = check(patterns, path)
        faults += found
        total += checked
    for line in faults[:40]:
        print(line)
    crippled = [p for p in patterns if not (p[0] or "").startswith("comment")]
    can_fail = any(check(crippled, path)[0] for path in files)
    print("%d files, %d places, %d faults" % (len(files), total, len(faults)))
    if not can_fail or total < 1000 or not files:
        sys.exit("the test found nothing to check")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
