#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""model_pages.py QUELL_PROGRAM [MODEL]: the pages of `quell model doc` are whole, stand alone and hold the model.

Tags close in order, MathML elements have the children they need, links lead somewhere, nothing is fetched from a network;
there is a page per module, an equation per state, and every parameter in a table with its grade.
"""
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile

VOID = {"meta", "br", "mspace"}
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "munder": 2}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.stack, self.faults, self.links, self.ids, self.rates, self.code = [], [], [], set(), 0, []
        self.text = open(path, encoding="utf-8").read()
        self.feed(self.text)
        if self.stack:
            self.faults.append("open at the end: %s" % self.stack[-1][0])

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if self.stack:
            self.stack[-1][1] += 1
        if tag not in VOID:
            self.stack.append([tag, 0])
        if tag == "a":
            self.links.append(attrs["href"])
        if "id" in attrs:
            self.ids.add(attrs["id"])
        if tag in ("script", "link", "img", "iframe"):
            self.faults.append("<%s> in a page that has to stand alone" % tag)

    def handle_startendtag(self, tag, attrs):
        if self.stack:
            self.stack[-1][1] += 1

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1][0] != tag:
            self.faults.append("</%s> at %s closes nothing" % (tag, self.getpos()))
            return
        name, children = self.stack.pop()
        if CHILDREN.get(name, children) != children:
            self.faults.append("<%s> at %s has %d children" % (name, self.getpos(), children))

    def handle_data(self, data):
        if self.stack and self.stack[-1][0] == "code":
            self.code.append(data)


def main():
    program, model = os.path.abspath(sys.argv[1]), sys.argv[2:3]
    with tempfile.TemporaryDirectory(prefix="quell_pages_") as folder:
        out = folder + "/pages"
        subprocess.run([program, "model", "doc", *model, "--out", out], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        shown = json.loads(subprocess.run([program, "model", "show", *model, "--json"], check=True, capture_output=True).stdout)
        pages = {name: Page(os.path.join(out, name)) for name in sorted(os.listdir(out))}
    faults = []
    for name, page in pages.items():
        faults += ["%s: %s" % (name, f) for f in page.faults]
        for link in page.links:
            target, _, anchor = link.partition("#")
            if (target and target not in pages) or (anchor and anchor not in page.ids):
                faults.append("%s: the link %s leads nowhere" % (name, link))
        if re.search(r"(src|href|url)\s*[=(]\s*[\"']?(https?:)?//", page.text):
            faults.append("%s: something would be fetched" % name)
    modules = {m.group(1) for q in shown["quantities"] for m in [re.match(r"(\w+)\.", q["name"])] if m}
    for module in modules:
        page = pages.get(module + ".html")
        if not page:
            faults.append("module %s has no page" % module)
            continue
        for q in shown["quantities"]:
            if not q["name"].startswith(module + "."):
                continue
            short = q["name"][len(module) + 1:]
            if q["kind"] in ("parameter", "state") and short not in page.code:
                faults.append("%s: %s %s is not in a table" % (module, q["kind"], short))
    equations = sum(len(re.findall(r"<mi>d</mi><mi>t</mi>", p.text)) for p in pages.values())
    for line in faults[:30]:
        print(line)
    print("%d pages, %d rates of change, %d faults" % (len(pages), equations, len(faults)))
    return 1 if faults or not equations or len(pages) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
