# SPDX-License-Identifier: Apache-2.0
# %% [markdown]
# Two regimens on the same virtual patients, beside what trials have published. Runs as a script or cell by cell.
# %%
import quell

r = quell.compare(regimens=["clb-obi", "ven-obi"], population="unfit-1l", patients=200, years=3, seed=7)
e = r.endpoints
for i in range(len(e)):
    if e["published"][i] == e["published"][i]:  # not NaN
        print("%-10s %-18s %7.3f  published %7.3f  %s" % (e["regimen"][i], e["endpoint"][i], e["estimate"][i], e["published"][i],
                                                         e["published_trial"][i]))
# %% [markdown]
# The survival curves as a pandas frame, with units.
# %%
try:
    print(r.curves.pandas().head())
    print(r.curves.units)
except ImportError:
    print("pandas is not installed")
