# SPDX-License-Identifier: Apache-2.0
# Three examples in the manner of rxode2's documentation, with no change but the name of the package.
library(quell)

# 1: a model as a function, doses by et() (the introduction)
mod1 <- function() {
  ini({
    KA <- 0.294
    CL <- 18.6
    V2 <- 40.2
    Q <- 10.5
    V3 <- 297
    Kin <- 1
    Kout <- 1
    EC50 <- 200
  })
  model({
    C2 <- centr/V2
    C3 <- peri/V3
    d/dt(depot) <- -KA*depot
    d/dt(centr) <- KA*depot - CL*C2 - Q*C2 + Q*C3
    d/dt(peri)  <- Q*C2 - Q*C3
    eff(0) <- 1
    d/dt(eff)   <- Kin - Kout*(1-C2/(EC50+C2))*eff
  })
}
ev <- et(amountUnits = "mg", timeUnits = "hours") %>%
  et(amt = 10000, addl = 9, ii = 12, cmt = "depot") %>%
  et(time = 120, amt = 2000, addl = 4, ii = 14, cmt = "depot") %>%
  et(0:240)
x <- mod1 %>% rxSolve(ev)
stopifnot(nrow(x) == 241, identical(names(x), c("time", "C2", "C3", "depot", "centr", "peri", "eff")), all(is.finite(x$eff)),
          abs(x$eff[1] - 1) < 1e-12, abs(x$depot[2] - 10000 * exp(-0.294)) < 1e-2)

# 2: the classic interface: a block or text without values, an event table that is filled in place, theta and inits
ode <- "
   C2 = centr/V2;
   C3 = peri/V3;
   d/dt(depot) =-KA*depot;
   d/dt(centr) = KA*depot - CL*C2 - Q*C2 + Q*C3;
   d/dt(peri)  =                    Q*C2 - Q*C3;
   d/dt(eff)  = Kin - Kout*(1-C2/(EC50+C2))*eff;
"
m1 <- RxODE(model = ode)
qd <- eventTable(amount.units = "ug", time.units = "hours")
qd$add.dosing(dose = 10000, nbr.doses = 5, dosing.interval = 24)
qd$add.sampling(0:24)
qd$add.sampling(seq(from = 28, to = 96, by = 4))
theta <- c(KA = 2.94E-01, CL = 1.86E+01, V2 = 4.02E+01, Q = 1.05E+01, V3 = 2.97E+02, Kin = 1, Kout = 1, EC50 = 200)
qd.cp <- m1$solve(theta, qd, inits = c(0, 0, 0, 1))
stopifnot(nrow(qd.cp) == 43, qd.cp[1, "eff"] == 1, abs(qd.cp[2, "depot"] - 10000 * exp(-0.294)) < 1e-2,
          length(qd.cp[, "time"]) == 43)

# 3: kinds of events: infusions by duration, a modelled rate, steady state, reset
m <- function() {
  ini({
    KA <- 0.294; CL <- 18.6; V2 <- 40.2; Q <- 10.5; V3 <- 297; Kin <- 1; Kout <- 1; EC50 <- 200
    fdepot <- 1; durDepot <- 8; rateDepot <- 1250
  })
  model({
    C2 <- centr/V2
    C3 <- peri/V3
    d/dt(depot) <- -KA*depot
    f(depot) <- fdepot
    dur(depot) <- durDepot
    rate(depot) <- rateDepot
    d/dt(centr) <- KA*depot - CL*C2 - Q*C2 + Q*C3
    d/dt(peri)  <- Q*C2 - Q*C3
    d/dt(eff)  <- Kin - Kout*(1-C2/(EC50+C2))*eff
    eff(0) <- 1
  })
}
ev <- et(timeUnits = "hr") |> et(amt = 10000, ii = 12, until = 24, dur = 8) |> et(seq(0, 24, length.out = 100))
a <- rxSolve(m, ev)
ev <- et(timeUnits = "hr") |> et(amt = 10000, ii = 12, until = 24, rate = 10000/8) |> et(seq(0, 24, length.out = 100))
b <- rxSolve(m, ev)
stopifnot(max(abs(a$C2 - b$C2)) < 1e-6 * max(a$C2)) # the same without bioavailability
half <- rxSolve(m, ev, c(fdepot = 0.25))
stopifnot(max(half$depot) < max(b$depot))
ev <- et(timeUnits = "hr") |> et(amt = 10000, ii = 12, until = 24, rate = -1) |> et(seq(0, 24, length.out = 100))
stopifnot(max(abs(rxSolve(m, ev)$C2 - b$C2)) < 1e-6 * max(b$C2)) # 1250 an hour is 10000 in 8
ev <- et(timeUnits = "hr") |> et(amt = 10000, ii = 12, ss = 1) |> et(seq(0, 24, length.out = 100))
steady <- rxSolve(m, ev)
stopifnot(steady$C2[1] > 0)
ev <- et(timeUnits = "hr") |> et(amt = 10000, ii = 12, addl = 3) |> et(time = 6, evid = reset) |> et(seq(0, 24, length.out = 100))
r <- rxSolve(m, ev)
stopifnot(all(r$depot[r$time > 6] == 0)) # a reset cancels what was still to come, as in NONMEM

# what is not supported is refused by name
refused <- function(expr) stopifnot(inherits(tryCatch(expr, error = identity), "quell_error"))
refused(rxSolve(m, ev, nSub = 4))
refused(rxSolve(m, ev, omega = diag(1)))
refused(et(amt = 1, unknown = 2))
refused(rxSolve(m, et(0:3), inits = c(nowhere = 1)))
pdf(NULL)
plot(a, C2)
dev.off()
