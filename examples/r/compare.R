# SPDX-License-Identifier: Apache-2.0
# Two regimens on the same virtual patients, beside what trials have published.
library(quell)
r <- compare(c("clb-obi", "ven-obi"), population = "unfit-1l", patients = 200, years = 3, seed = 7)
print(r$endpoints[!is.na(r$endpoints$published), c("regimen", "endpoint", "estimate", "lower", "upper", "published")])
