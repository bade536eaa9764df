# SPDX-License-Identifier: Apache-2.0
"""Checks the shape of `quell compare --json` as it is promised, and that counts and shares are possible."""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as fh:
    d = json.load(fh)
assert d["schema"] == "quell.compare/1" and isinstance(d["model_hash"], str) and d["seed"] == 7
assert d["patients_total"] == 24
ids = []
for r in d["regimens"]:
    assert r["evidence_grade"] in "ABCD" and r["patients_failed"] == 0
    ids.append(r["id"])
    known = {e["id"]: e for e in r["endpoints"]}
    for name in ("pfs_rate_24mo", "pfs_median", "umrd_pb_1e-4_eot", "orr", "cr", "infection_g3_24mo", "neutropenia_g3"):
        assert name in known, name
    for e in known.values():
        i = e["interval"]
        assert i["kind"] in ("monte_carlo", "parameter", "trial") and 0.5 < i["level"] < 1
        if e["unit"] == "1" and e["estimate"] is not None:
            assert 0 <= e["estimate"] <= 1
            if i["lower"] is not None:
                assert i["lower"] <= e["estimate"] <= i["upper"]
        p = e["published"]
        assert p is None or {"value", "lower", "upper", "source"} <= set(p)
for k in d["contrasts"]:
    t = k["trials"]
    assert (t is None) == (k["endpoint"] != "pfs_median")
    if t:
        assert t["agreement"] in ("no evidence", "not simulated", "agrees", "near", "differs") and t["statement"]
        assert all(r["role"] and r["row"] > 1 for r in t["rows"])
text = json.dumps(d)
for word in ("thread", "lane", "host", "wall", "seconds"):
    assert word not in text, word
print("fine:", ", ".join(ids))
