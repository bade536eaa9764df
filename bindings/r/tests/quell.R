# SPDX-License-Identifier: Apache-2.0
library(quell)

oral <- "ini({ KA <- 0.8; CL <- 4; V <- 50 })
d/dt(depot) = -KA*depot
d/dt(central) = KA*depot - CL/V*central
cp = central/V
"
frame <- data.frame(ID = rep(1:2, each = 4), TIME = rep(c(0, 1, 4, 24), 2), AMT = c(100, NA, 0, 0, 200, NA, 0, 0),
                    EVID = rep(c(1L, 0L, 0L, 0L), 2))
exact <- function(dose, t, cl = 4) {
  ka <- 0.8
  k <- cl / 50
  dose / 50 * ka / (ka - k) * (exp(-k * t) - exp(-ka * t))
}
fails <- function(expr, says, class = "quell_error") {
  e <- tryCatch({ force(expr); NULL }, error = identity)
  if (is.null(e)) stop("no condition, but wanted one that says: ", says)
  if (!inherits(e, class) || !grepl(says, conditionMessage(e), fixed = TRUE))
    stop("wanted ", class, " that says `", says, "`, got ", class(e)[[1L]], ": ", conditionMessage(e))
}

# a data set, settings, units
m <- model(oral)
r <- simulate(m, events = frame, states = TRUE)
stopifnot(identical(names(r$records), c("ID", "TIME", "cp", "depot", "central")),
          all(abs(r$records$cp - exact(rep(c(100, 200), each = 4), frame$TIME)) < 1e-6))
faster <- param(m, CL = 8)
stopifnot(abs(simulate(faster, events = frame)$records$cp[4] - exact(100, 24, 8)) < 1e-6,
          param(m)$value[param(m)$name == "CL"] == 4, param(faster)$value[param(faster)$name == "CL"] == 8)
s <- simulate(cll_model(), regimens = "ven-obi", years = 0.2, typical = TRUE)
stopifnot(unit(s$courses$day) == "day", is.na(s$regimens$warning), nrow(s$courses) == 11)
f <- frame
f$CMT <- factor("depot")
stopifnot(identical(simulate(m, events = f)$records$cp, r$records$cp))

# bad input of every kind: a condition with the library's message
fails(simulate(m, events = within(frame, TIME[3] <- Inf)), "data, row 3, column `TIME`", "quell_input_error")
fails(simulate(m, events = within(frame, TIME[3] <- NA)), "data, row 3, column `TIME`")
fails(simulate(m, events = within(frame, AMT <- "x")), "column `AMT`")
fails(simulate(m, events = within(frame, EVID <- 9L)), "EVID cannot be 9")
fails(simulate(m, events = within(frame, TIME <- as.Date("2020-01-01"))), "holds Date", "quell_usage_error")
fails(simulate(m, events = within(frame, AMT <- I(as.list(AMT)))), "column `AMT` holds")
fails(simulate(m, events = frame[0, ]), "no records")
fails(simulate(m, events = data.frame()), "no columns")
fails(simulate(m, events = list(1, 2)), "need names")
fails(simulate(m, events = list(ID = 1, TIME = 1:2)), "differ in length")
fails(simulate(m, events = 3), "takes a data frame")
fails(simulate(m, events = "/nonexistent.csv"), "/nonexistent.csv")
fails(simulate(m, events = frame, rtol = "x"), "takes a number, not text")
fails(simulate(m, events = frame, rtol = NA), "not NA")
fails(simulate(m, events = frame, rtol = factor(1)), "`rtol`")
fails(simulate(m, events = frame, covariates = "spline"), "nocb|locf|linear")
fails(compare("venobi"), "did you mean `ven-obi`", "quell_input_error")
fails(compare("ven-obi", patients = 1.5), "a whole number from 1 to 2000000000")
fails(compare("ven-obi", patients = 1:2), "not 2 values")
fails(compare("ven-obi", years = NaN), "`years`")
fails(compare("ven-obi", set = c(disease.K = NA)), "without NA")
fails(compare("ven-obi", set = list(disease.Q = 1)), "no parameter or covariate `disease.Q`")
fails(compare(NULL), "needs regimens")
fails(compare(c("ven-obi", NA)), "without NA")
fails(compare("ven-obi", model = 3), "takes a model or a path")
fails(compare("ven-obi", fixed_doses = 2), "true (1) or false (0)")
fails(param(m, Cl = 3), "did you mean `CL`")
fails(param(m, CL = "x"), "takes a number")
fails(model("d/dt(x) = \n"), "error[E0101]")
fails(model(NA_character_), "`source`")
fails(explain("E9999"), "nothing is called `E9999`")
stopifnot(inherits(try(compare("ven-obi", weeks = 3), silent = TRUE), "try-error"))

# warnings of the library are R warnings
w <- tryCatch(simulate(m, events = cbind(frame, WT = 70)), warning = conditionMessage)
stopifnot(is.character(w), grepl("nothing reads the column `WT`", w, fixed = TRUE))

# use after free, a handle that went through a file
run <- .Call(quell:::C_run_new, "evidence")
.Call(quell:::C_run_free, run)
fails(.Call(quell:::C_run_json, run), "freed", "quell_usage_error")
file <- tempfile()
saveRDS(m, file)
fails(simulate(readRDS(file), events = frame), "no model was given")

# statistics
d <- data.frame(months = 1:6, died = c(1, 0, 1, 1, 0, 1), arm = rep(c("a", "b"), each = 3))
k <- survival(d, time = "months", event = "died", group = "arm", rmst = 5, times = c(2, 4))
stopifnot(identical(k$groups$group, c("a", "b")), abs(k$curves$surv[1] - 2 / 3) < 1e-12, k$tests$p > 0)
n <- nma(data.frame(studlab = c("1", "2", "3"), treat1 = c("A", "B", "A"), treat2 = c("B", "C", "C"), TE = c(.1, -.3, -.1),
                    seTE = c(.1, .2, .15)), reference = "C", draws = 1000)
stopifnot(nrow(n$league) == 6, n$effects$effect[n$effects$treatment == "C"] == 0)
e <- evidence(trial = "CLL14")
stopifnot(nrow(e$rows) > 5, is.character(e$rows$publication))
stopifnot(nrow(regimen("ven-obi", years = 1)$doses) > 10, "ven-obi" %in% regimen()$library$regimen)

t <- trial("cll14", patients = 64, seed = 3, progress = FALSE)
stopifnot(sum(t$arms$patients_done) == 64, nrow(t$contrasts) == 3)
fails(trial("cll15"), "unknown trial `cll15`")

# a comparison, and the same bytes twice with other threads
a <- compare(c("clb-obi", "ven-obi"), patients = 40, years = 1, seed = 7, progress = FALSE)
b <- compare(c("clb-obi", "ven-obi"), patients = 40, years = 1, seed = 7, threads = 1, progress = FALSE)
stopifnot(identical(attr(a, "json"), attr(b, "json")), identical(a$endpoints, b$endpoints))
program <- Sys.getenv("QUELL_PROGRAM")
if (nzchar(program)) {
  text <- system2(program, c("compare", "--regimens", "clb-obi,ven-obi", "--patients", 40, "--years", 1, "--seed", 7, "--json"),
                  stdout = TRUE, stderr = FALSE)
  stopifnot(identical(charToRaw(paste0(paste(text, collapse = "\n"), "\n")), charToRaw(attr(a, "json")))) # in any locale
} else cat("QUELL_PROGRAM is not set: bytes are not compared with the command line\n")
pdf(NULL)
plot(a)
plot(r)
dev.off()
print(a)
print(m)
print(cll_model())
