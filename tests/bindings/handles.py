# SPDX-License-Identifier: Apache-2.0
"""Every kind of handle of the Python package: made, used, misused, dropped. Small enough for valgrind."""
import gc

import quell

ORAL = "ini({ KA <- 0.8; CL <- 4; V <- 50 })\nd/dt(depot) = -KA*depot\nd/dt(central) = KA*depot - CL/V*central\ncp = central/V\n"
FRAME = {"ID": [1, 1, 1], "TIME": [0.0, 1, 4], "AMT": [100, None, 0], "EVID": [1, 0, 0]}


def refused(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except quell.QuellError:
        return
    raise AssertionError("not refused")


m = quell.model(ORAL)
r = m.param(CL=8).simulate(events=FRAME)
cp = r.records["cp"]
refused(m.param, Cl=8)
refused(quell.model, "d/dt(x) = \n")
refused(m.simulate, events={**FRAME, "EVID": [9] * 3})
refused(m.simulate, events={**FRAME, "AMT": [[1]] * 3})
rows = quell.evidence(trial="CLL14").rows
schema, array = rows.__arrow_c_array__()
del schema, array
curves = quell.survival({"t": [1.0, 2, 3, 4], "e": [1, 0, 1, 1], "g": ["a", "b", "b", None]}, time="t", event="e").curves
quell.survival(curves, time="time", event="n_risk", competing=[2, 3, 4])
quell.compare("ven-obi", patients=8, years=1)
quell.explain("disease.rmax")
refused(quell.explain, "nothing at all")
handle = quell.evidence(trial="CLL14")
quell._lib.plain("quell_run_free", handle._run.value)
try:
    handle.json_text
except quell.UsageError:
    handle._run.value = None
del m, r, rows, curves, handle
gc.collect()
assert abs(cp[2]) > 0
print("all handles were used")
