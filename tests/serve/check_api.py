#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_api QUELL SOURCE_DIR [store]: the API answers as the command line does, and bad requests get a problem document while
the server goes on serving. With `store`: what `quell serve --store` keeps, and faults of the store."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
from server import Server  # noqa: E402

SMALL = {"population": "unfit-1l", "regimens": ["clb-obi", "ven-obi"], "patients": 60, "years": 3, "seed": 7}
LARGE = {"population": "unfit-1l", "regimens": ["clb-obi", "ven-obi"], "patients": 400000, "years": 10, "seed": 1}
faults = []


def expect(what, good, found=None):
    if not good:
        faults.append("%s%s" % (what, "" if found is None else ": " + repr(found)[:400]))


def check_page(s, top):
    folder = os.path.join(top, "src", "report", "page")
    for name in ("index.html", "app.js", "app.css"):
        status, headers, data = s.request("GET", "/" + name)
        with open(os.path.join(folder, name), "rb") as f:
            expect(name, status == 200 and data == f.read(), status)
        policy = headers.get("Content-Security-Policy", "")
        expect("policy of " + name, "default-src 'none'" in policy and "unsafe" not in policy, policy)
        expect("no sniffing", headers.get("X-Content-Type-Options") == "nosniff")
    status, headers, data = s.request("HEAD", "/")
    expect("HEAD", status == 200 and data == b"" and int(headers["Content-Length"]) > 0, (status, headers))


def check_description(s):
    status, api = s.json("GET", "/api")
    expect("/api", status == 200 and api["openapi"].startswith("3.1"), status)
    _, about = s.json("GET", "/api/v1/about")
    expect("paths of /api", set(about["paths"]) <= set(api["paths"]), about["paths"])
    expect("library", "ven-obi" in [r["id"] for r in about["regimens"]] and len(about["populations"]) >= 3)
    fields = api["paths"]["/api/v1/compare"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    expect("fields of compare", fields["required"] == ["regimens"] and fields["additionalProperties"] is False, fields)


def check_same_as_command_line(s):
    cases = [
        ("POST", "/api/v1/compare", SMALL, "compare --population unfit-1l --regimens clb-obi,ven-obi --patients 60 --years 3 --seed 7"),
        ("POST", "/api/v1/compare", dict(SMALL, set={"disease.rmax": 0.005}),
         "compare --population unfit-1l --regimens clb-obi,ven-obi --patients 60 --years 3 --seed 7 --set disease.rmax=0.005"),
        ("POST", "/api/v1/compare", dict(SMALL, **{"no-courses": True, "no-contrasts": True, "rtol": 1e-3, "next-line": "none"}),
         "compare --population unfit-1l --regimens clb-obi,ven-obi --patients 60 --years 3 --seed 7 --rtol 0.001 --no-courses --no-contrasts --next-line none"),
        ("POST", "/api/v1/simulate", {"regimens": ["ibrutinib"], "typical": True, "years": 2},
         "simulate --regimens ibrutinib --typical --years 2"),
        ("POST", "/api/v1/nma", {"endpoint": "pfs", "line": "1L", "exclude": ["CLL14"]},
         "evidence nma --endpoint pfs --line 1L --exclude CLL14"),
        ("GET", "/api/v1/evidence", None, "evidence list"),
        ("GET", "/api/v1/evidence/rows?line=RR&verified=true", None, "evidence find --line RR --verified"),
        ("GET", "/api/v1/evidence/trials/CLL14", None, "evidence show CLL14"),
        ("GET", "/api/v1/model", None, "model show"),
    ]
    for method, path, body, line in cases:
        for again in (False, True):  # the second answer is a kept one
            status, headers, data = s.request(method, path, body)
            expect(path + (" again" if again else ""), status == 200 and data == s.command(*line.split(), "--json"),
                   (status, data[:200]))
        shown = headers.get("Quell-Command", "").split()
        expect("command of " + path, shown[0] == "quell" and s.command(*shown[1:]) == data, shown)


def check_bad_requests(s):
    compare, json_type = "/api/v1/compare", {"Content-Type": "application/json"}
    cases = [  # name, method, path, body, headers, status, code or None
        ("empty body", "POST", compare, "", json_type, 400, "E1101"),
        ("half a body", "POST", compare, '{"regimens": ["ven-', json_type, 400, "E1101"),
        ("a list", "POST", compare, "[1]", json_type, 400, "E1101"),
        ("same key twice", "POST", compare, '{"regimens": [], "regimens": []}', json_type, 400, "E1101"),
        ("not UTF-8", "POST", compare, b'{"regimens": ["\xff\xfe"]}', json_type, 400, "E1101"),
        ("deep nesting", "POST", compare, "[" * 100000, json_type, 400, "E1101"),
        ("NUL in a name", "POST", compare, '{"regimens": ["ven\\u0000obi"]}', json_type, 400, "E1101"),
        ("unknown field", "POST", compare, dict(SMALL, patiens=3), None, 422, "E1102"),
        ("missing field", "POST", compare, {"patients": 3}, None, 422, "E1104"),
        ("no regimens", "POST", compare, dict(SMALL, regimens=[]), None, 422, "E1103"),
        ("zero patients", "POST", compare, dict(SMALL, patients=0), None, 422, "E1103"),
        ("half a patient", "POST", compare, dict(SMALL, patients=1.5), None, 422, "E1103"),
        ("too many patients", "POST", compare, dict(SMALL, patients=1e12), None, 422, "E1103"),
        ("words for a number", "POST", compare, dict(SMALL, years="6"), None, 422, "E1103"),
        ("a path", "POST", compare, dict(SMALL, regimens=["../../etc/passwd"]), None, 422, "E1103"),
        ("a file", "POST", compare, dict(SMALL, population="/etc/passwd"), None, 422, "E1103"),
        ("a file name", "POST", compare, dict(SMALL, population="unfit-1l.yaml"), None, 422, "E1103"),
        ("an option", "POST", compare, dict(SMALL, regimens=["--html=x"]), None, 422, "E1103"),
        ("unknown regimen", "POST", compare, dict(SMALL, regimens=["vn-obi"]), None, 422, "E0601"),
        ("unknown parameter", "POST", compare, dict(SMALL, set={"disease.k9": 1}), None, 422, "E0604"),
        ("setting of a word", "POST", compare, dict(SMALL, set={"disease.rmax": "1"}), None, 422, "E1103"),
        ("a form", "POST", compare, json.dumps(SMALL), {"Content-Type": "text/plain"}, 415, None),
        ("other site", "POST", compare, SMALL, {"Origin": "http://evil.example"}, 403, None),
        ("null origin", "POST", compare, SMALL, {"Origin": "null"}, 403, None),
        ("cross-site fetch", "GET", "/api/v1/about", None, {"Sec-Fetch-Site": "cross-site"}, 403, None),
        ("rebound name", "GET", "/", None, {"Host": "evil.example"}, 403, None),
        ("wrong port", "GET", "/", None, {"Host": "127.0.0.1:1"}, 403, None),
        ("wrong method", "DELETE", compare, None, None, 405, None),
        ("wrong method of the page", "POST", "/", {}, None, 405, None),
        ("invented method", "BREW", "/api/v1/about", None, None, 405, None),
        ("no such address", "GET", "/api/v2/about", None, None, 404, None),
        ("no such regimen", "GET", "/api/v1/regimens/none", None, None, 404, "E0916"),
        ("traversal", "GET", "/../../etc/passwd", None, None, 404, None),
        ("encoded traversal", "GET", "/api/v1/regimens/..%2f..%2fCHANGELOG", None, None, 404, None),
        ("dots", "GET", "/api/v1/regimens/..", None, None, 422, "E1103"),
        ("option as a word", "GET", "/api/v1/evidence/trials/--csv", None, None, 422, "E1103"),
        ("unknown query", "GET", "/api/v1/evidence/rows?lime=1L", None, None, 422, "E1102"),
        ("bad query", "GET", "/api/v1/evidence/rows?line=9L", None, None, 422, "E1103"),
        ("no such job", "GET", "/api/v1/jobs/0123456789abcdef", None, None, 404, None),
        ("bad job", "GET", "/api/v1/jobs/x", None, None, 404, None),
    ]
    for name, method, path, body, headers, status, code in cases:
        found, answer_headers, data = s.request(method, path, body, headers)
        try:
            problem = json.loads(data)
        except ValueError:
            problem = {}
        codes = [d["code"] for d in problem.get("diagnostics", [])]
        good = found == status == problem.get("status") and problem.get("title")
        good = good and answer_headers["Content-Type"] == "application/problem+json" and (code is None or code in codes)
        expect(name, good, (found, data[:300]))
    both = s.json("POST", compare, {"patiens": 3, "years": "x", "seed": -1})[1]
    expect("all mistakes at once", len(both["diagnostics"]) == 4, both)
    place = s.json("POST", compare, '{"regimens": ["ven-obi"],\n  "years": 99}')[1]["diagnostics"][0]
    expect("place of a mistake", (place["line"], place["column"]) == (2, 3), place)


def raw(s, text, wait=20):
    with socket.create_connection((s.host, s.port), wait) as c:
        try:
            c.sendall(text)
        except OSError:
            pass
        try:
            return c.recv(4096)
        except OSError:
            return b""


def check_large_bodies(s):
    head = "POST /api/v1/compare HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n" % s.port
    told = raw(s, (head + "Content-Length: 104857600\r\n\r\n").encode())
    expect("100 MB announced", b" 413 " in told, told[:80])
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with socket.create_connection((s.host, s.port), 30) as c:
        c.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
        try:
            for _ in range(1600):
                c.sendall(chunk)
            c.sendall(b"0\r\n\r\n")
        except OSError:
            pass
        try:
            told = c.recv(4096)
        except OSError:
            told = b""
    expect("100 MB in pieces", b" 413 " in told, told[:80])
    expect("a long address", b" 414 " in raw(s, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n"))
    expect("large headers", b" 431 " in raw(s, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"a" * 100000 + b"\r\n\r\n"))
    for junk in (b"\0\0\0\0\r\n\r\n", b"GET / HTTP/1.1\nHost\n\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        raw(s, junk, 2 if junk[0] == 0x16 else 20)


def drip(s, seconds):
    """A client that sends a byte now and then; how long it was let be."""
    begin = time.monotonic()
    with socket.create_connection((s.host, s.port), 60) as c:
        c.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        c.settimeout(0.5)
        while time.monotonic() - begin < 40:
            try:
                c.sendall(b"a")
                if c.recv(100) == b"":
                    break
            except socket.timeout:
                continue
            except OSError:
                break
    seconds.append(time.monotonic() - begin)


def events(s, path, stop):
    """The events of a job until it ends or stop(job) is true."""
    seen = []
    with socket.create_connection((s.host, s.port), 60) as c:
        c.sendall(("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (path, s.port)).encode())
        text = b""
        while True:
            more = c.recv(65536)
            text += more
            seen = [json.loads(line[line.index(b"{"):line.rindex(b"}") + 1]) for line in text.split(b"\n") if line.startswith(b"data: ")]
            if not more or (seen and (seen[-1]["state"] in ("done", "failed", "cancelled") or stop(seen[-1]))):
                return seen


def check_recommend(s):
    """Always a job; the same answer as the command line; the fields of a profile are those that it takes."""
    status, about = s.json("GET", "/api/v1/profile")
    names = [f["name"] for f in about["fields"]]
    expect("fields of a profile", status == 200 and "ighv" in names and all(f["choices"] or f["low"] < f["high"] for f in about["fields"]), names)
    samples = {x["id"]: x for x in about["samples"]}
    expect("sample profiles", len(samples) >= 12 and samples["nothing-known"]["known"] == {}
           and samples["tp53-first-line"]["known"]["del17p"] == "yes", list(samples))
    expect("samples hold fields of the list", all(k in names for x in samples.values() for k in x["known"]))
    body = {"profile": "relapse-on-btki", "with": {"age": 71, "ighv": "unknown"}, "patients": 40, "seed": 3}
    status, answer = s.json("POST", "/api/v1/recommend", body)
    expect("a recommendation is a job", status == 202, answer)
    where = "/api/v1/jobs/" + answer["job"]["id"]
    seen = events(s, where + "/events", lambda job: False)
    expect("a recommendation ends", seen[-1]["state"] == "done", seen[-1])
    line = "recommend relapse-on-btki --with age=71 --with ighv=unknown --patients 40 --seed 3 --json"
    expect("recommendation of the command line", s.request("GET", where + "/result")[2] == s.command(*line.split()))
    shown = answer["job"]["command"].split()
    expect("command of a recommendation", sorted(shown[1:]) == sorted(line.split()), shown)
    for name, wrong, code in [("no patients", {"patients": 5}, "E1103"), ("too many patients", {"patients": 1e6}, "E1103"),
                              ("a list of facts", {"with": ["age=70"]}, "E1103"), ("an object as a fact", {"with": {"age": {}}}, "E1103"),
                              ("an option as a fact", {"with": {"--html": "x"}}, "E1103"), ("a path as profile", {"profile": "/etc/passwd"}, "E1103"),
                              ("a file as profile", {"profile": "x.yaml"}, "E1103"), ("years", {"years": 2}, "E1103")]:
        status, told = s.json("POST", "/api/v1/recommend", wrong)
        expect("recommend: " + name, status == 422 and code in [d["code"] for d in told["diagnostics"]], told)
    for name, wrong, code in [("unknown fact", {"with": {"agee": 70}}, "E0520"), ("value out of range", {"with": {"age": 7}}, "E0521"),
                              ("unknown profile", {"profile": "nobody"}, "E0916")]:
        answer = s.json("POST", "/api/v1/recommend", wrong)[1]
        seen = events(s, "/api/v1/jobs/" + answer["job"]["id"] + "/events", lambda job: False)
        told = seen[-1].get("problem", {}).get("diagnostics", [])
        expect("recommend: " + name, seen[-1]["state"] == "failed" and code in [d["code"] for d in told], seen[-1])


LINES = [{"regimen": "fcr", "start": "2012-01", "end": "2012-07", "ended": "completed", "remission_months": 40},
         {"drugs": ["ibrutinib"], "response": "PR", "ended": "progression", "note": "it's \"well\", at home; \u00e9"}]
COURSES = {"regimen": "ibrutinib", "alc": {"unit": "1e9/L", "at": {"0": 40, "90": 52.5}}, "mrd": {"unit": "1", "at": {"90": 1e-5}}}


def check_profile_parts(s):
    """Earlier treatment, courses and preferences: offered, described, taken as JSON, reproduced by a shell, refused in words."""
    offer = s.json("GET", "/api/v1/profile")[1]
    samples = {x["id"]: x for x in offer["samples"]}
    both = samples["relapse-on-btki"]["prior_lines"]
    expect("members of a line", [m["name"] for m in offer["line_members"]][:2] == ["regimen", "drugs"]
           and all(k in [m["name"] for m in offer["line_members"]] for line in both for k in line), offer["line_members"])
    expect("three states of earlier treatment", len(both) == 2 and samples["unfit-mutated"]["prior_lines"] == []
           and samples["nothing-known"]["prior_lines"] is None)
    course = samples["course-and-wishes"]
    expect("a sample holds courses and preferences", course["courses"]["alc"]["at"]["0"] == 31 and course["preferences"]["os"] > 0, course)
    expect("choices come from the library", {"fcr", "ven-obi"} <= {r["id"] for r in offer["regimens"]}
           and "ibrutinib" in [d["id"] for d in offer["drugs"]] and [u["id"] for u in offer["utilities"]][0] == "base"
           and abs(sum(c["usual"] for c in offer["criteria"]) - 1) < 1e-9 and len(offer["courses"]["quantities"]) == 5, offer["criteria"])
    schema = s.json("GET", "/api")[1]["paths"]["/api/v1/recommend"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    with_ = schema["properties"]["with"]
    line = with_["properties"]["prior_lines"]["anyOf"][0]["items"]
    expect("/api describes a profile", with_["additionalProperties"] is False and {f["name"] for f in offer["fields"]} <= set(with_["properties"])
           and sorted(line["properties"]) == sorted(m["name"] for m in offer["line_members"]) and line["additionalProperties"] is False, with_)
    facts = {"symptoms": "yes", "prior_lines": LINES, "courses": COURSES, "preferences": {"os": 3, "infection": 0.5}}
    body = {"with": facts, "utilities": "kosmas-2015", "patients": 30, "seed": 3}
    status, headers, data = s.request("POST", "/api/v1/recommend", body)
    job = json.loads(data)["job"]
    seen = events(s, "/api/v1/jobs/" + job["id"] + "/events", lambda job: False)
    expect("parts of a profile", status == 202 and seen[-1]["state"] == "done", seen[-1])
    result = s.request("GET", "/api/v1/jobs/" + job["id"] + "/result")[2]
    told = json.loads(result)
    expect("parts are used", told["profile"]["prior_lines"] == 2 and told["profile"]["observations"] == 3 and told["preferences"]["stated"]
           and [u["id"] for u in told["utility_sets"] if u["used"]] == ["kosmas-2015"], told["profile"])
    again = subprocess.run(["sh", "-c", '"$0" ' + job["command"][len("quell "):], s.program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expect("the command shown gives the same bytes in a shell", again.stdout == result, (job["command"], again.stderr[:300]))
    shown = {k.lower(): v for k, v in headers.items()}.get("quell-command", "")
    expect("command in the header", shown.startswith("quell recommend --with symptoms=yes --with 'prior_lines=[{regimen: fcr, start: 2012-01,"), shown)
    for name, lines in [("unknown", "unknown"), ("none", []), ("one", LINES[:1])]:
        answer = s.json("POST", "/api/v1/recommend", {"profile": "btki-intolerance", "with": {"prior_lines": lines}, "patients": 20})[1]
        events(s, job_of(answer) + "/events", lambda job: False)
        known = json.loads(s.request("GET", job_of(answer) + "/result")[2])["profile"]["prior_lines"]
        expect("prior lines: " + name, known == {"unknown": None, "none": 0, "one": 1}[name], known)
    for name, wrong in [("a number for lines", {"prior_lines": 3}), ("a word for courses", {"courses": "rising"}), ("null", {"preferences": None}),
                        ("a list for a field", {"age": [70]}), ("too long", {"prior_lines": LINES * 200})]:
        status, told = s.json("POST", "/api/v1/recommend", {"with": wrong})
        expect("parts: " + name, status == 422 and [d["code"] for d in told["diagnostics"]] == ["E1103"] and told["diagnostics"][0]["help"], told)
    for name, wrong, code, column in [
            ("unknown member", {"prior_lines": [{"regimen": "fcr", "dose": 3}]}, "E0303", 17),
            ("unknown drug", {"prior_lines": [{"drugs": ["ibrutinb"]}]}, "E0522", 11),
            ("text for a number", {"prior_lines": [{"regimen": "fcr", "remission_months": "3"}]}, "E0305", 35),
            ("null for a month", {"prior_lines": [{"regimen": "fcr", "start": None}]}, "E0523", 24),
            ("an object for lines", {"prior_lines": {"regimen": "fcr"}}, "E0305", 1),
            ("a list for courses", {"courses": [1]}, "E0305", 1),
            ("unknown quantity", {"courses": {"ldh": {"unit": "U/L", "at": {"0": 1}}}}, "E0303", 2),
            ("day before the start", {"courses": {"alc": {"unit": "1e9/L", "at": {"-1": 1}}}}, "E0524", 26),
            ("unknown criterion", {"preferences": {"speed": 1}}, "E0529", 2),
            ("text for a weight", {"preferences": {"os": "3"}}, "E0529", 6)]:
        answer = s.json("POST", "/api/v1/recommend", {"with": wrong})[1]
        seen = events(s, job_of(answer) + "/events", lambda job: False)
        told = seen[-1].get("problem", {}).get("diagnostics", [])
        found = [d for d in told if d["code"] == code]
        expect("parts: " + name, seen[-1]["state"] == "failed" and found and found[0]["column"] == column and found[0]["file"].startswith("value of "), told)


def check_jobs(s):
    status, answer = s.json("POST", "/api/v1/compare", LARGE)
    expect("a large comparison becomes a job", status == 202 and answer["job"]["state"] in ("queued", "running"), answer)
    where = "/api/v1/jobs/" + answer["job"]["id"]
    expect("same job for the same question", s.json("POST", "/api/v1/compare", LARGE)[1]["job"]["id"] == answer["job"]["id"])
    seen = events(s, where + "/events", lambda job: job["done"] > 0)
    expect("progress", seen and 0 < seen[-1]["done"] < seen[-1]["total"], seen[-1:])
    expect("no result yet", s.request("GET", where + "/result")[0] == 409)
    expect("the page is served meanwhile", s.request("POST", "/api/v1/compare", SMALL)[0] == 200)
    s.request("DELETE", where)
    seen = events(s, where + "/events", lambda job: False)
    expect("stopped", seen[-1]["state"] == "cancelled", seen[-1])
    expect("no result of a stopped job", s.request("GET", where + "/result")[0] == 409)
    _, answer = s.json("POST", "/api/v1/compare", LARGE)
    expect("begins again", answer["job"]["state"] in ("queued", "running") and "/api/v1/jobs/" + answer["job"]["id"] == where, answer)
    s.request("DELETE", where)
    whole = dict(SMALL, patients=12000)
    _, answer = s.json("POST", "/api/v1/compare", whole)
    where = "/api/v1/jobs/" + answer["job"]["id"]
    seen = events(s, where + "/events", lambda job: False)
    expect("a job ends", seen[-1]["state"] == "done", seen[-1])
    line = "compare --population unfit-1l --regimens clb-obi,ven-obi --patients 12000 --years 3 --seed 7 --json"
    expect("result of a job", s.request("GET", where + "/result")[2] == s.command(*line.split()))


def check_superseded(s):
    view = {"Quell-View": "slider"}
    first = []
    slow = dict(LARGE, patients=2900, seed=99)
    t = threading.Thread(target=lambda: first.append(s.request("POST", "/api/v1/compare", slow, view)))
    t.start()
    time.sleep(0.3)
    second = s.request("POST", "/api/v1/compare", SMALL, view)
    t.join(30)
    expect("a newer question stops the older", first and first[0][0] == 204 and second[0] == 200, (first and first[0][0], second[0]))


def check_many_jobs(s):
    answers = []

    def ask(k):
        for i in range(k, 1000, 20):
            answers.append(s.json("POST", "/api/v1/compare", dict(LARGE, seed=1000 + i))[0])
    threads = [threading.Thread(target=ask, args=(k,)) for k in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expect("1,000 jobs", len(answers) == 1000 and set(answers) == {202, 503} and answers.count(202) >= 32, {a: answers.count(a) for a in set(answers)})
    expect("served after 1,000 jobs", s.request("POST", "/api/v1/compare", SMALL)[0] == 200)
    for job in s.json("GET", "/api/v1/jobs")[1]["jobs"]:
        s.request("DELETE", "/api/v1/jobs/" + job["id"])
    jobs = s.json("GET", "/api/v1/jobs")[1]["jobs"]
    expect("all stopped", jobs and all(j["state"] in ("cancelled", "done", "running") for j in jobs), [j["state"] for j in jobs])


def check_stop(s):
    s.json("POST", "/api/v1/compare", dict(LARGE, seed=5))
    begin = time.monotonic()
    s.process.terminate()
    status = s.process.wait(20)
    expect("graceful stop", status == 0 and time.monotonic() - begin < 5, (status, time.monotonic() - begin))


def job_of(answer):
    return "/api/v1/jobs/" + answer["job"]["id"]


def check_store(program, folder):
    """Runs outlive a killed server, and are gone on with; what needs no store is never troubled by it."""
    store = os.path.join(folder, "runs.db")
    body = dict(SMALL, patients=12000)
    line = "compare --population unfit-1l --regimens clb-obi,ven-obi --patients 12000 --years 3 --seed 7 --json"
    with Server(program, "--store", store) as s:
        expect("a new store is empty", s.json("GET", "/api/v1/runs")[1]["runs"] == [])
        _, answer = s.json("POST", "/api/v1/compare", body)
        events(s, job_of(answer) + "/events", lambda job: job["done"] > job["total"] / 10)
        s.process.kill()
        s.process.wait(20)
    with Server(program, "--store", store) as s:
        run = s.json("GET", "/api/v1/runs")[1]["runs"]
        expect("an unfinished run after a kill", len(run) == 1 and run[0]["state"] == "unfinished" and run[0]["chunks_done"] > 0, run)
        expect("no result yet", s.json("GET", "/api/v1/runs/1")[0] == 404)
        _, answer = s.json("POST", "/api/v1/resume/1", {})
        seen = events(s, job_of(answer) + "/events", lambda job: False)
        told = [job["done"] for job in seen if job["done"]]
        expect("it goes on where it was", seen[-1]["state"] == "done" and told and told[0] >= 24000 * run[0]["chunks_done"] / run[0]["chunks"],
               (seen[-1], told[:1], run))
        whole = s.command(*line.split())
        expect("bytes of a resumed run", s.request("GET", job_of(answer) + "/result")[2] == whole)
        expect("bytes of a kept run", s.request("GET", "/api/v1/runs/1")[2] == whole)
        begin = time.monotonic()
        _, answer = s.json("POST", "/api/v1/compare", body)
        seen = events(s, job_of(answer) + "/events", lambda job: False)
        expect("the same question is a look-up", s.request("GET", job_of(answer) + "/result")[2] == whole and time.monotonic() - begin < 5)
        answers = []
        for again in (False, True):  # the second one from the store, in another start of the program
            with Server(program, "--store", store + "2") as other:
                _, answer = other.json("POST", "/api/v1/recommend", {"profile": "tp53-first-line", "patients": 30})
                events(other, job_of(answer) + "/events", lambda job: False)
                answers.append(other.request("GET", job_of(answer) + "/result")[2])
                kinds = [r["kind"] for r in other.json("GET", "/api/v1/runs")[1]["runs"]]
                expect("a recommendation is kept once", kinds == ["recommend"], kinds)
        with Server(program, "--store", store + "3") as other:
            _, answer = other.json("POST", "/api/v1/trial", {"design": "cll14", "patients": 60, "replicates": 2})
            events(other, job_of(answer) + "/events", lambda job: False)
            line = "trial run cll14 --patients 60 --replicates 2 --json"
            expect("a trial", other.request("GET", job_of(answer) + "/result")[2] == other.command(*line.split()))
            kept = other.json("GET", "/api/v1/runs")[1]["runs"]
            expect("a trial is kept", [r["kind"] for r in kept] == ["trial"] and kept[0]["units"] == 60 and "chlorambucil" in kept[0]["title"], kept)
        expect("a kept recommendation", answers[0] == answers[1] == s.command("recommend", "tp53-first-line", "--patients", "30", "--json"))
        expect("no such run", s.json("GET", "/api/v1/runs/99")[0] == 404 and s.json("DELETE", "/api/v1/runs/99")[0] == 404)
        expect("not a run", s.json("GET", "/api/v1/runs/x")[0] == 422)
        expect("run removed", s.json("DELETE", "/api/v1/runs/1")[1]["runs"] == [])
        expect("removed for good", s.json("GET", "/api/v1/runs")[1]["runs"] == [])
    check_bad_store(program, folder)


def refused(s, what, code, status):
    """A long run is refused with the store's diagnostic, the rest is answered."""
    _, answer = s.json("POST", "/api/v1/compare", dict(SMALL, patients=12000))
    seen = events(s, job_of(answer) + "/events", lambda job: False)
    told = seen[-1].get("problem", {})
    expect(what, seen[-1]["state"] == "failed" and told.get("status") == status and code in [d["code"] for d in told["diagnostics"]], seen[-1])
    expect(what + ": short requests", s.request("POST", "/api/v1/compare", SMALL)[0] == 200)


def check_bad_store(program, folder):
    broken = os.path.join(folder, "broken.db")
    with Server(program, "--store", broken) as s:
        _, answer = s.json("POST", "/api/v1/compare", dict(SMALL, patients=12000))
        events(s, job_of(answer) + "/events", lambda job: False)
        with open(broken, "r+b") as f:  # under the running server
            size = f.seek(0, 2)
            for at in range(4096, size, 4096):
                f.seek(at)
                f.write(b"\xa5" * 2048)
        for name in ("-wal", "-shm"):
            if os.path.exists(broken + name):
                os.remove(broken + name)
        status, told = s.json("GET", "/api/v1/runs")
        expect("a damaged store", status == 500 and told["diagnostics"][0]["code"] == "E1204", told)
        _, answer = s.json("POST", "/api/v1/compare", dict(SMALL, patients=12000, seed=8))
        seen = events(s, job_of(answer) + "/events", lambda job: False)
        expect("a run with a damaged store", seen[-1]["state"] == "failed" and seen[-1]["problem"]["diagnostics"][0]["code"] == "E1204", seen[-1])
        expect("served with a damaged store", s.request("POST", "/api/v1/compare", SMALL)[0] == 200)
    with open(broken, "wb") as f:
        f.write(b"no database at all" * 1000)
    with Server(program, "--store", broken) as s:
        refused(s, "a file that is no store", "E1203", 500)
    with Server(program, "--store", os.path.join(folder, "no", "such", "folder.db")) as s:
        refused(s, "a folder that is missing", "E1201", 500)
    small = os.path.join(folder, "small.db")
    with Server(program, "--store", small, limit_file=200 * 1024) as s:
        refused(s, "a limit on the size of files", "E1202", 507)
    full = os.path.join(folder, "full")
    os.mkdir(full)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", full], stderr=subprocess.DEVNULL).returncode == 0:
        try:
            with Server(program, "--store", os.path.join(full, "runs.db")) as s:
                refused(s, "a full disk", "E1202", 507)
        finally:
            subprocess.run(["umount", full])
    else:
        print("a full disk is not tested: no right to mount a small one")


def check_token(program):
    with Server(program, "--bind", "0.0.0.0") as s:
        s.host = "127.0.0.1"
        expect("a token is made", s.token and len(s.token) >= 32, s.token)
        expect("page without token", s.request("GET", "/")[0] == 200)
        expect("API without token", s.request("GET", "/api/v1/about")[0] == 401)
        wrong = {"Authorization": "Bearer " + s.token[:-1] + ("0" if s.token[-1] != "0" else "1")}
        expect("API with a wrong token", s.request("GET", "/api/v1/about", headers=wrong)[0] == 401)
        right = {"Authorization": "Bearer " + s.token}
        expect("API with the token", s.request("GET", "/api/v1/about", headers=right)[0] == 200)


def main():
    program, top = sys.argv[1:3]
    if sys.argv[3:] == ["store"]:
        with tempfile.TemporaryDirectory() as folder:
            check_store(program, folder)
        print("\n".join(faults) if faults else "store of the server: all as expected")
        return 1 if faults else 0
    with Server(program) as s:
        held = []
        loris = [threading.Thread(target=drip, args=(s, held)) for _ in range(40)]
        for t in loris:
            t.start()
        check_page(s, top)
        check_description(s)
        check_same_as_command_line(s)
        check_bad_requests(s)
        check_large_bodies(s)
        check_superseded(s)
        check_jobs(s)
        check_many_jobs(s)
        for t in loris:
            t.join()
        expect("slow clients are cut off", len(held) == 40 and max(held) < 25, held and max(held))
        expect("served at the end", s.request("GET", "/api/v1/about")[0] == 200)
        check_stop(s)
    with Server(program) as s:  # its own: failed jobs stay in the list of jobs
        check_recommend(s)
        check_profile_parts(s)
    with Server(program) as s:
        expect("without a store", s.json("GET", "/api/v1/runs")[0] == 404 and "/api/v1/runs" not in s.json("GET", "/api/v1/about")[1]["paths"])
    check_token(program)
    print("\n".join(faults) if faults else "api: all as expected")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
