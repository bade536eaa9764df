# SPDX-License-Identifier: Apache-2.0
# %% [markdown]
# A model of one's own in rxode2's language, and a data set from memory.
# %%
import quell

oral = quell.model("""ini({ KA <- 0.8; CL <- 4; V <- 50 })
d/dt(depot) = -KA*depot
d/dt(central) = KA*depot - CL/V*central
cp = central/V
""")
doses = quell.ev(amt=100, ii=12, addl=3, cmt="depot", ID=[1, 2])
times = quell.ev(times=[1, 12, 24, 48], ID=[1, 2])
for clearance in (4, 8):
    records = oral.param(CL=clearance).simulate(events=quell.events(doses, times)).records
    print("CL %g:" % clearance, ["%.3f" % c for c in records["cp"]])
# %% [markdown]
# A mistake is an exception with the library's message.
# %%
try:
    oral.simulate(events={"ID": [1], "TIME": ["soon"], "AMT": [100.0]})
except quell.QuellError as fault:
    print(fault)
