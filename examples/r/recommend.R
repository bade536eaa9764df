# SPDX-License-Identifier: Apache-2.0
# Regimens for one profile, with the doubt; then the power of a trial between the first two.
library(quell)
r <- recommend(with = c("age=71", "ighv=unmutated", "tp53=normal", "del17p=no", "symptoms=yes"), patients = 100)
cat(r$summary$statement, "\n")
print(r$regimens[r$regimens$eligible == "yes", c("rank", "regimen", "score", "first", "warning")])
t <- trial("cll14", patients = 432, replicates = 10, seed = 1)
print(t$contrasts[, c("a", "b", "time_to", "hazard_ratio", "predicted_lower", "predicted_upper", "power")])
