# SPDX-License-Identifier: Apache-2.0
# What the R package adds to a run: 10,000 subjects x 260 times; and, where deSolve is installed, one subject by lsoda.
#   Rscript bench/bindings/overhead.R [subjects times]
library(quell)
a <- as.numeric(commandArgs(TRUE))
n <- if (length(a) > 1) a[1] else 10000
k <- if (length(a) > 1) a[2] else 260
m <- model("ini({ KA <- 0.3; CL <- 18.6; V2 <- 40.2; Q <- 10.5; V3 <- 297 })
C2 = centr/V2
d/dt(depot) = -KA*depot
d/dt(centr) = KA*depot - CL*C2 - Q*C2 + Q/V3*peri
d/dt(peri) = Q*C2 - Q/V3*peri
")
time <- rep(seq_len(k) - 1, n)
frame <- data.frame(ID = rep(as.numeric(seq_len(n)), each = k), TIME = time, AMT = ifelse(time == 0, 10000, 0),
                    II = ifelse(time == 0, 12, 0), ADDL = ifelse(time == 0, 9, 0))
inner <- 0
wait <- quell:::wait
timed <- function(...) {
  t <- system.time(s <- wait(...))[["elapsed"]]
  inner <<- t
  s
}
ns <- asNamespace("quell")
unlockBinding("wait", ns)
assign("wait", timed, envir = ns)
outer <- system.time(r <- simulate(m, events = frame, progress = FALSE))[["elapsed"]]
cat(sprintf("%d x %d: %.2f s in all, %.2f s in the library, the package adds %.3f s (%.2f %%)\n", n, k, outer, inner, outer - inner,
            100 * (outer - inner) / inner))
if (requireNamespace("deSolve", quietly = TRUE)) {
  f <- function(t, y, p) with(as.list(c(y, p)), {
    C2 <- centr / V2
    list(c(-KA * depot, KA * depot - CL * C2 - Q * C2 + Q / V3 * peri, Q * C2 - Q / V3 * peri))
  })
  p <- c(KA = .3, CL = 18.6, V2 = 40.2, Q = 10.5, V3 = 297)
  doses <- data.frame(var = "depot", time = (1:9) * 12, value = 10000, method = "add")
  one <- system.time(for (i in 1:5) x <- deSolve::lsoda(c(depot = 10000, centr = 0, peri = 0), 0:(k - 1), f, p, rtol = 1e-8, atol = 1e-10,
                                                        events = list(data = doses)))[["elapsed"]] / 5
  same <- max(abs(x[, "centr"] / 40.2 - r$records$C2[seq_len(k)])) / max(r$records$C2[seq_len(k)])
  cat(sprintf("deSolve lsoda, equations in R: %.4f s a subject; quell %.6f s a subject (%.0f times); largest difference %.1e of the peak\n",
              one, outer / n, one / (outer / n), same))
}
