# SPDX-License-Identifier: Apache-2.0
# %% [markdown]
# Regimens for one profile, with the doubt; a long comparison in a store that survives being stopped.
# %%
import os
import tempfile

import quell

r = quell.recommend(with_=["age=71", "ighv=unmutated", "tp53=normal", "del17p=no", "symptoms=yes"], patients=100)
print(r.summary["statement"][0])
for rank, regimen, score, warning in zip(*(r.regimens[k] for k in ("rank", "regimen", "score", "warning"))):
    if rank == rank:  # not NaN: eligible
        print("%2d  %-16s %.3f  %s" % (rank, regimen, score, warning or ""))
# %%
store = os.path.join(tempfile.mkdtemp(), "runs.db")
part = quell.compare(["clb-obi", "ven-obi"], patients=400, years=2, chunk=50, store=store, max_time="0.1")
print("stopped after %d of %d chunks" % (part.stored["reused"][0] + part.stored["computed"][0], part.stored["chunks"][0]))
whole = quell.resume(store)
print("resumed: %d endpoints; the store holds %s" % (len(whole.endpoints), quell.runs(store).runs["title"]))
