# SPDX-License-Identifier: Apache-2.0
"""What the Python package adds to a run: 10,000 subjects x 260 times (or the numbers given). Prints seconds and the share.

    QUELL_LIBRARY=build/libquell.so.0 PYTHONPATH=bindings/python python3 bench/bindings/overhead.py [subjects times]
"""
import sys
import time

import numpy

import quell
from quell import _run

n, k = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (10000, 260)
model = quell.model("""ini({ KA <- 0.3; CL <- 18.6; V2 <- 40.2; Q <- 10.5; V3 <- 297 })
C2 = centr/V2
d/dt(depot) = -KA*depot
d/dt(centr) = KA*depot - CL*C2 - Q*C2 + Q/V3*peri
d/dt(peri) = Q*C2 - Q/V3*peri
""")
time_ = numpy.tile(numpy.arange(k, dtype=float), n)
frame = {"ID": numpy.repeat(numpy.arange(1.0, n + 1), k), "TIME": time_, "AMT": numpy.where(time_ == 0, 10000.0, 0.0),
         "II": numpy.where(time_ == 0, 12.0, 0.0), "ADDL": numpy.where(time_ == 0, 9.0, 0.0)}
inner = []
wait = _run._wait


def timed(*arguments):
    start = time.perf_counter()
    status = wait(*arguments)
    inner.append(time.perf_counter() - start)
    return status


_run._wait = timed
start = time.perf_counter()
records = quell.dataset(data=frame, model=model).records
total = records["C2"].sum()
outer = time.perf_counter() - start
print("%d x %d: %.2f s in all, %.2f s in the library, the package adds %.4f s (%.2f %%)"
      % (n, k, outer, inner[0], outer - inner[0], 100 * (outer - inner[0]) / inner[0]))
