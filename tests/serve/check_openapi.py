#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_openapi QUELL SOURCE_DIR: the description at /api is valid OpenAPI 3.1, is about every address there is, and is true:
the program answers as it says, to right and to wrong requests. Exit status 77 without python3-jsonschema."""
import copy
import http.client
import json
import os
import re
import shlex
import sys
import tempfile
import warnings

sys.path.insert(0, os.path.dirname(__file__))
from server import Server  # noqa: E402

warnings.filterwarnings("ignore", category=DeprecationWarning)  # RefResolver: what Debian 12 has
try:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import RefResolver
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(77)

faults = []
METHODS = ("get", "post", "delete", "put", "patch", "options")
SMALL = {"population": "unfit-1l", "regimens": ["clb-obi", "ven-obi"], "patients": 30, "years": 2, "seed": 7}

# What stands for a name in braces, and a right request for each address that takes a body.
NAMES = {"/api/v1/regimens/{name}": "ven-obi", "/api/v1/populations/{name}": "unfit-1l", "/api/v1/agents/{name}": "venetoclax",
         "/api/v1/codes/{code}": "E0203", "/api/v1/trials/{name}": "cll14", "/api/v1/model/modules/{file}": "disease.qm", "/api/v1/therapies/{therapy}": "bispecifics",
         "/api/v1/diagrams/{therapy}": "bispecifics", "/api/v1/evidence/trials/{trial}": "CLL14"}
BODIES = {"/api/v1/nma": {}, "/api/v1/simulate": {"regimens": ["ibrutinib"], "years": 1}, "/api/v1/compare": SMALL,
          "/api/v1/recommend": {"profile": "tp53-first-line", "patients": 20}, "/api/v1/trial": {"design": "cll14", "patients": 60, "replicates": 3}, "/api/v1/validate": {"trial": ["cll14"], "patients": 10, "replicates": 20}}
# A value for each field that is more than any number or word of its kind.
VALUES = {"population": "unfit-1l", "regimens": ["ven-obi"], "profile": "tp53-first-line", "design": "cll14", "utilities": "kosmas-2015", "set": {"disease.rmax": 0.005}, "with": {"age": 70, "ighv": "mutated"},
          "outputs": ["observe.alc"], "patients": 20, "years": 5, "trial": "CLL14", "treatment": "Ven-G", "endpoint": "pfs", "subgroup": "all",
          "reference": "Clb-G", "exclude": ["CLL14"], "seed": 3, "rtol": 1e-3, "replicates": 20}


def expect(what, good, found=None):
    if not good:
        faults.append("%s%s" % (what, "" if found is None else ": " + repr(found)[:500]))
    return good


# --- (a) the description itself ---

def check_structure(api):
    """What OpenAPI 3.1 asks of the parts that are used here; every schema is valid JSON Schema; every reference leads somewhere."""
    expect("version of OpenAPI", re.fullmatch(r"3\.1\.\d+", api.get("openapi", "")), api.get("openapi"))
    expect("members at the top", set(api) <= {"openapi", "info", "servers", "paths", "components", "security", "tags"} and {"openapi", "info", "paths"} <= set(api), list(api))
    expect("info", all(isinstance(api["info"].get(k), str) for k in ("title", "version")), api["info"])
    for path, item in api["paths"].items():
        expect("a path begins with /", path.startswith("/"), path)
        for method, operation in item.items():
            check_operation(api, path, method, operation)
    expect("kinds of components", set(api["components"]) <= {"schemas", "responses", "securitySchemes"})
    for kind in api["components"].values():
        for name in kind:
            expect("names of components", re.fullmatch(r"[A-Za-z0-9._-]+", name), name)
    for name, schema in api["components"]["schemas"].items():
        check_schema(name, schema)
    for scheme in api["security"]:
        expect("security", all(s in api["components"]["securitySchemes"] for s in scheme), scheme)
    for ref in references(api):
        expect("a reference that leads nowhere", resolve(api, {"$ref": ref}) is not None, ref)


def check_operation(api, path, method, o):
    what = "%s %s" % (method.upper(), path)
    expect(what + ": method", method in METHODS)
    expect(what + ": members", set(o) <= {"summary", "parameters", "requestBody", "responses"} and o.get("summary") and o.get("responses"), list(o))
    given = [(p["in"], p["name"]) for p in o["parameters"]]
    expect(what + ": parameters once", len(given) == len(set(given)), given)
    expect(what + ": names in the path", {n for i, n in given if i == "path"} == set(re.findall(r"\{(\w+)\}", path)), given)
    for p in o["parameters"]:
        expect(what + ": parameter", set(p) <= {"name", "in", "required", "schema", "description"} and p["in"] in ("path", "query", "header"), p)
        expect(what + ": a name in the path is required", p["in"] != "path" or p["required"] is True, p)
        check_schema(what, p["schema"])
    expect(what + ": body", ("requestBody" in o) == (method == "post"))
    if "requestBody" in o:
        check_schema(what, o["requestBody"]["content"]["application/json"]["schema"])
    for status, r in o["responses"].items():
        expect(what + ": status", status == "default" or re.fullmatch(r"[1-5]\d\d", status), status)
        r = resolve(api, r)
        expect(what + ": response", set(r) <= {"description", "headers", "content"} and isinstance(r.get("description"), str), r)
        for media in r.get("content", {}).values():
            expect(what + ": media", set(media) == {"schema"}, media)
            check_schema(what, media["schema"])


def check_schema(what, schema):
    try:
        Draft202012Validator.check_schema(schema)
    except Exception as e:
        faults.append("%s: no JSON Schema: %s" % (what, str(e)[:200]))


def references(node):
    if isinstance(node, dict):
        for k, v in node.items():
            if k == "$ref":
                yield v
            else:
                yield from references(v)
    elif isinstance(node, list):
        for v in node:
            yield from references(v)


def resolve(api, node):
    while node is not None and "$ref" in node:
        at = api
        for part in node["$ref"].lstrip("#/").split("/"):
            at = at.get(part) if isinstance(at, dict) else None
        node = at
    return node


# --- the reverse: every row of the table of addresses is described ---

def check_complete(api, top):
    with open(os.path.join(top, "src", "serve", "address.c"), encoding="utf-8") as f:
        rows = re.findall(r'^\t\{"(GET|POST|DELETE)", "(/api/[^"]+)", "', f.read(), re.M)
    expect("rows of the table", len(rows) > 20, len(rows))
    for method, path in rows:
        expect("described", method.lower() in api["paths"].get(path, {}), (method, path))
    described = {(m.upper(), p) for p, item in api["paths"].items() for m in item}
    extra = described - set(rows)
    expect("described beyond the table are jobs only", all(p.startswith("/api/v1/jobs") for _, p in extra), sorted(extra))


# --- (b) (c) right requests ---

class Described:
    def __init__(self, api):
        self.api = api
        self.resolver = RefResolver("", api)

    def errors(self, schema, data):
        return [("/".join(map(str, e.absolute_path)), e.message[:200]) for e in Draft202012Validator(schema, resolver=self.resolver).iter_errors(data)]

    def response(self, path, method, status):
        r = self.api["paths"][path][method]["responses"]
        return resolve(self.api, r.get(str(status), r["default"]))

    def check(self, what, path, method, status, headers, data):
        """That an answer is as described. Its JSON, where it is JSON."""
        r = self.response(path, method, status)
        known = self.api["paths"][path][method]["responses"]
        if status < 400:
            expect(what + ": a status of the description", str(status) in known, status)
        kind = headers.get("Content-Type")
        if "content" not in r:
            expect(what + ": no content", data == b"", data[:80])
            return None
        if not expect(what + ": type of content", kind in r["content"], (kind, list(r["content"]))):
            return None
        for name in r.get("headers", {}):
            expect(what + ": header " + name, headers.get(name), headers)
        if kind == "text/event-stream":
            return data
        value = json.loads(data)
        wrong = self.errors(r["content"][kind]["schema"], value)
        expect(what + ": as its schema says", not wrong, wrong[:4])
        return value


def named(path, job):
    if "{id}" in path:
        return path.replace("{id}", job)
    return re.sub(r"\{\w+\}", NAMES.get(path, "1"), path)


def finish(s, answer):
    """The events of a job to its end: its state."""
    c = http.client.HTTPConnection(s.host, s.port, timeout=240)
    c.request("GET", "/api/v1/jobs/%s/events" % answer["job"]["id"])
    text = c.getresponse().read().decode()
    c.close()
    return [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")][-1]


def check_undescribed(what, schema, data):
    """Members at the top that the description says nothing of; the schemas are open, so validation would not tell."""
    missing = sorted(set(data) - set(schema.get("properties", {})))
    expect(what + ": members that are not described", not missing, missing)


def check_right(s, d):
    """A right request to every address; what becomes a job is waited for, and its result must be as the address promises."""
    done = {}
    order = sorted(d.api["paths"], key=lambda p: ("/resume" in p or "/runs" in p, "/jobs" in p, p))
    for path in order:
        for method in sorted(d.api["paths"][path], key=lambda m: m == "delete"):
            if "/jobs" in path or "/runs" in path or "/resume" in path:
                continue
            what = "%s %s" % (method.upper(), path)
            status, headers, data = s.request(method.upper(), named(path, ""), BODIES.get(path) if method == "post" else None)
            if not expect(what + ": is answered", status in (200, 202), (status, data[:300])):
                continue
            value = d.check(what, path, method, status, headers, data)
            if status == 202:
                done[path] = value
                expect(what + ": Location", headers["Location"] == "/api/v1/jobs/" + value["job"]["id"], headers)
            else:
                schema = resolve(d.api, d.response(path, method, 200)["content"]["application/json"]["schema"])
                check_undescribed(what, schema, value)
                check_sensitive(what, d, schema, value)
    for path, answer in done.items():
        check_job(s, d, path, answer)
    check_runs(s, d)


def check_sensitive(what, d, schema, value):
    """A schema that anything passes would make the checks above say nothing."""
    wrong = [(k, copy.deepcopy(value)) for k in schema["required"]]
    for k, v in wrong:
        if expect("%s: `%s` is there" % (what, k), v.pop(k, None) is not None):
            expect("%s: a missing `%s` is noticed" % (what, k), d.errors(schema, v))
    for k, v in value.items():
        if isinstance(v, list) and v and isinstance(v[0], dict):
            changed = copy.deepcopy(value)
            changed[k][0] = 7
            expect("%s: a wrong element of `%s` is noticed" % (what, k), d.errors(schema, changed))
    expect(what + ": another schema is noticed", d.errors(schema, dict(value, schema="quell.other/1")))


def check_job(s, d, path, answer):
    job = answer["job"]["id"]
    expect(path + ": its job ends well", finish(s, answer)["state"] == "done")
    for at, method in (("/api/v1/jobs", "get"), ("/api/v1/jobs/{id}", "get"), ("/api/v1/jobs/{id}/events", "get"), ("/api/v1/jobs/{id}/result", "get"),
                       ("/api/v1/jobs/{id}", "delete")):
        what = "%s %s of %s" % (method.upper(), at, path)
        status, headers, data = s.request(method.upper(), named(at, job))
        expect(what, status == 200, (status, data[:200]))
        value = d.check(what, at, method, status, headers, data)
        if at.endswith("/result"):
            of = resolve(d.api, {"$ref": "#/components/schemas/" + value["schema"].replace("/", ".")})
            check_undescribed(what, of, value)
            check_sensitive(what, d, of, value)
        if at.endswith("/events"):
            for line in data.decode().split("\n\n"):
                if line:
                    wrong = d.errors(d.api["components"]["schemas"]["Job"], json.loads(line[len("data: "):]))
                    expect(what + ": each event is a Job", not wrong, wrong[:2])


def check_runs(s, d):
    """The store, from an empty one to a run shown and removed."""
    for what, method, at, expected in [("list", "get", "/api/v1/runs", 200), ("show", "get", "/api/v1/runs/{run}", 200),
                                       ("rm", "delete", "/api/v1/runs/{run}", 200)]:
        status, headers, data = s.request(method.upper(), named(at, ""))
        expect("runs " + what, status == expected, (status, data[:300]))
        value = d.check("runs " + what, at, method, status, headers, data)
        if what == "list":
            check_undescribed("runs list", resolve(d.api, {"$ref": "#/components/schemas/quell.runs.1"}), value)
            check_sensitive("runs list", d, resolve(d.api, {"$ref": "#/components/schemas/quell.runs.1"}), value)
        if what != "rm":  # the command told is the one to type, store and all
            line = shlex.split(headers["Quell-Command"])
            expect("the command of runs %s names the store" % what, "--store" in line and line[line.index("--store") + 1] == s.store, line)
            expect("the command of runs %s gives the same" % what, s.command(*line[1:]) == data, line)
    status, answer = s.json("POST", "/api/v1/compare", dict(SMALL, patients=16000))
    finish(s, answer)
    number = s.json("GET", "/api/v1/runs")[1]["runs"][-1]["run"]
    status, headers, data = s.request("POST", "/api/v1/resume/%d" % number, {})
    value = d.check("resume", "/api/v1/resume/{run}", "post", status, headers, data)
    expect("resume", status == 202 and value, (status, data[:300]))
    line = shlex.split(headers["Quell-Command"])
    expect("the command of resume names the store", line[1:3] == ["resume", str(number)] and line[line.index("--store") + 1] == s.store, line)
    finish(s, value)


# --- (d) fields ---

def value_of(name, schema, path):
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "boolean":
        return True
    v = VALUES.get(name)
    if name == "trial" and schema["type"] == "array":
        v = ["cll14"]
    if name == "years" and v is not None:
        v = max(schema["minimum"], 1)
    if v is None and schema["type"] in ("integer", "number"):
        v = schema["minimum"]
    return v


BEYOND = {"string": ["\u0001", "x" * 200, "a,b", 7, []], "integer": ["7", 1e300, -1, 1.5], "number": ["7", 1e300, -1], "boolean": ["true", 1],
          "array": ["x", [7], [["x"]], ["a"] * 65, ["a,b"], ["\u0001"], [""]], "object": ["x", [], {"a.b": []}, {"--x": 1}, {"x" * 121: 1}, {"age": "a,b"}]}


def refused_fields(data):
    return [x for x in json.loads(data).get("diagnostics", []) if x["code"] in ("E1101", "E1102", "E1103", "E1104")]


def check_fields(s, d):
    """Every documented field is taken, what its schema refuses is refused, and no other field is taken."""
    for path, item in d.api["paths"].items():
        for method, o in item.items():
            body = o.get("requestBody")
            if body:
                schema = body["content"]["application/json"]["schema"]
                fields, required = schema["properties"], schema["required"]
                expect(path + ": no other fields", schema["additionalProperties"] is False)
            else:
                fields, required = {p["name"]: p["schema"] for p in o["parameters"] if p["in"] == "query"}, []

            def ask(more, path=path, method=method, body=body, required=required, fields=fields):
                given = {**{k: value_of(k, fields[k], path) for k in required}, **more}
                if body:
                    return given, s.request("POST", named(path, "0" * 16), given)
                text = "&".join("%s=%s" % (k, json.dumps(v).strip('"')) for k, v in given.items())
                return given, s.request(method.upper(), named(path, "0" * 16) + ("?" + text if text else ""))

            if path.startswith("/api/v1/jobs") or (method == "delete"):
                continue
            for name, schema in fields.items():
                v = value_of(name, schema, path)
                if not expect("%s: a value for `%s` in this test" % (path, name), v is not None):
                    continue
                small = {} if not body or "patients" not in fields else {"patients": max(1, fields["patients"]["minimum"])}
                if body:
                    wrong = d.errors(o["requestBody"]["content"]["application/json"]["schema"], {**{k: value_of(k, fields[k], path) for k in required}, **small, name: v})
                    expect("%s: `%s` of this test is as described" % (path, name), not wrong, wrong)
                given, (status, _, data) = ask({**small, name: v})
                expect("%s takes `%s`" % (path, name), status in (200, 202) or (status == 422 and not refused_fields(data)), (given, status, data[:300]))
                if status == 202:
                    s.request("DELETE", "/api/v1/jobs/" + json.loads(data)["job"]["id"])
                if body:
                    check_beyond(d, path, o, name, schema, ask)
            for other in ("no_such_field", "file", "html", "out", "json", "store", "threads"):
                if other in fields:
                    continue
                _, (status, _, data) = ask({other: "x"})
                codes = [x["code"] for x in json.loads(data).get("diagnostics", [])]
                expect("%s %s refuses `%s`" % (method.upper(), path, other), status == 422 and "E1102" in codes, (status, codes))
            for name in required:
                _, (status, _, data) = ask({name: None})
                expect("%s misses `%s`" % (path, name), status == 422 and "E1104" in [x["code"] for x in json.loads(data)["diagnostics"]], status)


def check_beyond(d, path, o, name, schema, ask):
    whole = o["requestBody"]["content"]["application/json"]["schema"]
    for v in BEYOND[schema["type"]] + (["no such word"] if "enum" in schema else []):
        given, (status, _, data) = ask({name: v})
        described = not d.errors(whole, given)
        taken = not (status == 422 and any(x["code"] == "E1103" for x in refused_fields(data)))
        expect("%s: `%s` is %s, and the description says otherwise" % (path, name, "taken" if taken else "refused"), taken == described, (v, status, data[:200]))


# --- (e) methods ---

def check_methods(s, d):
    for path, item in list(d.api["paths"].items()) + [("/api", {"get": {}})]:
        right = {m.upper() for m in item} | ({"HEAD"} if "get" in item else set())
        at = named(path, "0" * 16)
        for method in ("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "BREW"):
            if method in right:
                continue
            status, headers, data = s.request(method, at, {} if method in ("POST", "PUT", "PATCH") else None)
            expect("%s %s" % (method, path), status == 405, (status, data[:100]))
            expect("%s %s: Allow" % (method, path), set(headers.get("Allow", "").split(", ")) == right, (headers.get("Allow"), right))


def main():
    program, top = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "it's my store.db")
        with Server(program, "--store", store) as s:
            s.store = store
            api = s.json("GET", "/api")[1]
            check_structure(api)
            check_complete(api, top)
            d = Described(api)
            check_methods(s, d)
            check_fields(s, d)
            check_right(s, d)
            problem = s.request("GET", "/api/v1/regimens/none")
            d.check("a problem", "/api/v1/regimens/{name}", "get", problem[0], problem[1], problem[2])
            problem = s.request("POST", "/api/v1/compare", {"patiens": 1, "years": 99})
            d.check("a problem with places", "/api/v1/compare", "post", problem[0], problem[1], problem[2])
            long = {"regimens": ["r" * 64] * 64, "set": {"disease.rmax" + "x" * 100 + str(i): 0.1 for i in range(64)}, "patients": 10}
            status, headers, data = s.request("POST", "/api/v1/compare", long)
            expect("a command above 8 kB is left out, not cut off", "Quell-Command" not in headers, headers.get("Quell-Command", "")[-80:])
    print("\n".join(faults[:60]) if faults else "description of the API: all as expected")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
