# SPDX-License-Identifier: Apache-2.0
# desolve.R FOLDER RTOL: the patients of FOLDER/patients.bin through lsoda; writes FOLDER/result.bin (seconds, then
# states by patient, sample, state). Called by quell_bench (bench/desolve.c), which compiles FOLDER/model.so.
suppressPackageStartupMessages(library(deSolve))
arg <- commandArgs(trailingOnly = TRUE)
folder <- arg[1]
rtol <- as.numeric(arg[2])
f <- file(file.path(folder, "patients.bin"), "rb")
take <- function(n) readBin(f, "double", n)
head <- take(7)
n_patient <- head[1]; n_state <- head[2]; n_p <- head[3]; n_k <- head[4]; n_sample <- head[5]; n_event <- head[6]
horizon <- head[7]
k <- take(n_k)
sample_t <- take(n_sample)
atol <- rtol * take(n_state)
y0 <- matrix(take(n_patient * n_state), n_state)
p0 <- matrix(take(n_patient * n_p), n_p)
first <- take(n_patient + 1)
event <- matrix(take(4 * n_event), 4)
close(f)
dyn.load(file.path(folder, "model.so"))

patient <- function(i) {
  y <- y0[, i]
  p <- p0[, i]
  out <- matrix(0, n_state, n_sample)
  t <- 0
  e <- first[i] + 1
  last <- first[i + 1]
  s <- 1
  repeat {
    while (e <= last && event[1, e] <= t) {
      j <- event[3, e]
      if (event[2, e] == 0) y[j] <- y[j] + event[4, e]
      else if (event[2, e] == 1) p[j] <- p[j] + event[4, e]
      else p[j] <- event[4, e]
      e <- e + 1
    }
    stop_t <- if (e <= last) min(event[1, e], horizon) else horizon
    if (stop_t <= t) break
    .C("ql_set", p, k)
    m <- 0
    while (s + m <= n_sample && sample_t[s + m] <= stop_t) m <- m + 1
    times <- c(t, if (m > 0) sample_t[s:(s + m - 1)], if (m == 0 || sample_t[s + m - 1] < stop_t) stop_t)
    r <- lsoda(y, times, func = "ql_derivs", parms = NULL, dllname = "model", initfunc = NULL, jacfunc = "ql_jac",
               jactype = "fullusr", rtol = rtol, atol = atol, maxsteps = 1e6)
    if (m > 0) out[, s:(s + m - 1)] <- t(r[2:(m + 1), -1])
    y <- r[nrow(r), -1]
    s <- s + m
    t <- stop_t
    if (t >= horizon) break
  }
  out
}

start <- proc.time()
states <- vapply(seq_len(n_patient), patient, matrix(0, n_state, n_sample))
spent <- proc.time() - start
f <- file(file.path(folder, "result.bin"), "wb")
writeBin(c(spent[["user.self"]] + spent[["sys.self"]], as.vector(states)), f)
close(f)
