#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""load QUELL [REQUESTS [CONCURRENCY]]: mixed requests, right and wrong, at once; every answer is compared byte for byte
with the command line or with the status it must have. Prints counts and latencies; exit status 1 if an answer is wrong.

With a program built with the address sanitizer (cmake --preset asan) it also tells leaks: the server is stopped at the
end and must end with status 0.
"""
import http.client
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
from server import Server  # noqa: E402


def compare(seed, patients=20, regimens=("clb-obi", "ven-obi")):
    body = {"population": "unfit-1l", "regimens": list(regimens), "patients": patients, "years": 2, "seed": seed}
    line = "compare --population unfit-1l --regimens %s --patients %d --years 2 --seed %d --json" % (",".join(regimens), patients, seed)
    return ("POST", "/api/v1/compare", body, line, 200)


def questions():
    yield from (compare(s) for s in range(40))
    yield from (compare(s, 50, ("ibrutinib", "clb-rituximab", "ven-obi")) for s in range(10))
    for line in ("1L", "RR"):
        yield ("POST", "/api/v1/nma", {"line": line}, "evidence nma --line %s --json" % line, 200)
    yield ("GET", "/api/v1/model", None, "model show --json", 200)
    yield ("GET", "/api/v1/evidence", None, "evidence list --json", 200)
    for trial in ("CLL14", "CLL11", "A041202", "MURANO"):
        yield ("GET", "/api/v1/evidence/trials/" + trial, None, "evidence show %s --json" % trial, 200)
    yield ("POST", "/api/v1/simulate", {"regimens": ["ibrutinib"], "typical": True, "years": 1}, "simulate --regimens ibrutinib --typical --years 1 --json", 200)
    for path in ("/", "/app.js", "/app.css", "/api", "/api/v1/about", "/api/v1/regimens/ven-obi", "/api/v1/jobs", "/api/v1/codes/E0203"):
        yield ("GET", path, None, None, 200)
    yield ("POST", "/api/v1/compare", '{"regimens": [', None, 400)
    yield ("POST", "/api/v1/compare", {"regimens": ["vn-obi"]}, None, 422)
    yield ("POST", "/api/v1/compare", {"regimens": ["ven-obi"], "patiens": 1}, None, 422)
    yield ("GET", "/api/v1/nothing", None, None, 404)
    yield ("GET", "/api/v1/regimens/..%2f..%2fx", None, None, 404)
    yield ("PUT", "/", None, None, 405)
    yield ("POST", "/api/v1/compare", "x" * (2 << 20), None, 413)


def main():
    program = sys.argv[1]
    total = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    width = int(sys.argv[3]) if len(sys.argv) > 3 else 50
    wrong, times, lock = [], [], threading.Lock()
    with Server(program) as s:
        asked = list(questions())
        right = {}
        for method, path, body, line, status in asked:
            key = (method, path, json.dumps(body))
            right[key] = s.command(*line.split()) if line else None

        def work(k):
            pick = random.Random(k)
            c = http.client.HTTPConnection(s.host, s.port, timeout=600)
            for _ in range(k, total, width):
                method, path, body, line, status = pick.choice(asked)
                text = body if body is None or isinstance(body, str) else json.dumps(body)
                begin = time.perf_counter()
                try:
                    c.request(method, path, text, {"Content-Type": "application/json"})
                    answer = c.getresponse()
                    data = answer.read()
                    found = answer.status
                except (http.client.HTTPException, OSError) as e:
                    c.close()
                    found, data = (413, b"") if status == 413 else (0, repr(e).encode())  # refused before it was sent in full
                took = time.perf_counter() - begin
                expected = right[(method, path, json.dumps(body))]
                with lock:
                    times.append((took, path))
                    if found != status or (expected is not None and data != expected):
                        wrong.append((method, path, found, status, data[:120]))
            c.close()

        threads = [threading.Thread(target=work, args=(k,)) for k in range(width)]
        begin = time.perf_counter()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        wall = time.perf_counter() - begin
        s.process.terminate()
        status = s.process.wait(60)
        said = s.process.stderr.read().decode()
    sorted_times = sorted(t for t, _ in times)
    at = lambda p: 1000 * sorted_times[min(len(sorted_times) - 1, int(p * len(sorted_times)))]  # noqa: E731
    print("%d requests at concurrency %d in %.1f s, %.0f a second; %d wrong; exit status %d" % (len(times), width, wall, len(times) / wall, len(wrong), status))
    print("latency: median %.1f ms, 95 %% %.1f ms, 99 %% %.1f ms, worst %.1f ms" % (at(0.5), at(0.95), at(0.99), 1000 * sorted_times[-1]))
    leaks = "ERROR: AddressSanitizer" in said or "LeakSanitizer" in said or "runtime error" in said
    print("sanitizer: %s" % (said[-3000:] if leaks else "nothing"))
    for w in wrong[:10]:
        print("wrong:", w)
    return 1 if wrong or status != 0 or leaks else 0


if __name__ == "__main__":
    sys.exit(main())
