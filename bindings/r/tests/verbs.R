# SPDX-License-Identifier: Apache-2.0
# The verbs that decide, stores, Arrow, and misuse.
library(quell)
Sys.setenv(R_TESTS = "") # R CMD check names a file that R started from here would not find
rscript <- file.path(R.home("bin"), "Rscript")

fails <- function(expr, says, class = "quell_error") {
  e <- tryCatch({ force(expr); NULL }, error = identity)
  if (is.null(e)) stop("no condition, but wanted one that says: ", says)
  if (!inherits(e, class) || !grepl(says, conditionMessage(e), fixed = TRUE))
    stop("wanted ", class, " that says `", says, "`, got ", class(e)[[1L]], ": ", conditionMessage(e))
}
quiet <- suppressWarnings
folder <- tempfile()
dir.create(folder)

# trials: power, looks, data sets
t <- trial("cll14", patients = 64, replicates = 3, looks = 0.5, seed = 3, progress = FALSE)
stopifnot(nrow(t$looks) == 2, t$summary$replicates == 3, all(t$contrasts$power >= 0 & t$contrasts$power <= 1), is.na(t$contrasts$assurance))
invisible(trial("cll14", patients = 64, adam = folder, progress = FALSE))
stopifnot(length(list.files(folder, pattern = "\\.csv$")) == 5)
fails(trial("cll14", looks = 0.5), "looks need many trials")

# recommendation, schedules, validation, sensitivity
r <- quiet(recommend("unfit-mutated", patients = 20, years = 5, progress = FALSE))
stopifnot(r$regimens$rank[1] == 1, nzchar(r$summary$statement), "ven-obi" %in% r$regimens$regimen)
stopifnot(nrow(quiet(recommend(with = c(age = 58), regimens = "ven-obi", patients = 20, years = 5, progress = FALSE))$regimens) >= 1)
stopifnot("ighv" %in% recommend(fields = TRUE)$fields$field)
fails(recommend(years = 2), "five years", "quell_usage_error")
best <- file.path(folder, "best.yaml")
o <- optimize_regimen("epcoritamab-step-up", patients = 10, evaluations = 5, out = best, progress = FALSE)
stopifnot(nrow(o$schedules) == 5, identical(strsplit(o$summary$regimen, "\n")[[1]], readLines(best)))
fails(optimize_regimen(), "needs a `problem`")
v <- validate("cll14", patients = 20, replicates = 20, progress = FALSE)
stopifnot(sum(v$endpoints$hit == "yes") == v$score$hits[v$score$role == "all"])
s <- sensitivity(function_ = "ishigami", samples = 64, progress = FALSE)
stopifnot(identical(sort(s$inputs$parameter), c("x1", "x2", "x3")))
fails(sensitivity(function_ = "h"), "no function `h`")
fails(calibrate(parameters = "/nonexistent.csv"), "/nonexistent.csv")

# explanations
e <- explain("disease.rmax")
stopifnot(e$things$kind == "parameter", e$things$value > 0)
stopifnot(nrow(explain("anti-cd20")$aspects) == 5, grepl("limits", explain("E0702")$things$text))
fails(explain("ven-obu"), "did you mean `ven-obi`")

# a store: stopped, listed, resumed to the same bytes
db <- file.path(folder, "s.db")
whole <- compare("ven-obi", patients = 60, years = 1, seed = 7, progress = FALSE)
part <- compare("ven-obi", patients = 60, years = 1, seed = 7, store = db, chunk = 16, max_time = "0.000001", progress = FALSE)
stopifnot(attr(part, "status") == 6, part$stored$computed < part$stored$chunks, runs(db)$runs$state == "unfinished")
done <- resume(db, progress = FALSE)
stopifnot(identical(attr(done, "json"), attr(whole, "json")), identical(done$endpoints, whole$endpoints))
stopifnot(identical(attr(runs(db, run = 1), "json"), attr(whole, "json")))
fails(runs(db, run = 9), "no run 9")
fails(runs(), "needs a `store`")
fails(compare("ven-obi", max_time = "1h"), "need a `store`")

# Arrow: out, read back through the C structures, in again, and what is wrong with it
rows <- evidence(trial = "CLL14")
x <- arrow_export(rows, "rows")
stopifnot(identical(as.data.frame(x), rows$rows), grepl("^Arrow structures at 0x", capture.output(print(x))))
stopifnot(identical(as.data.frame(arrow_export(whole, "curves")), whole$curves))
moved <- arrow_import(x$schema, x$array)
stopifnot(identical(as.data.frame(moved), rows$rows))
fails(as.data.frame(x), "empty", "quell_usage_error")
fails(arrow_import(x$schema, x$array), "taken over before")
fails(arrow_import(1i, x$array), "address")
fails(arrow_import("zz", "yy"), "no address")
fails(arrow_export(rows, "nothing"), "no table `nothing`")
fails(arrow_export(3, "rows"), "takes the result")
doses <- regimen("ven-obi", years = 1)
a <- simulate(cll_model(), events = doses$doses)
b <- simulate(cll_model(), events = arrow_export(doses, "doses"))
stopifnot(identical(a$records, b$records))
text <- survival(data.frame(t = 1:4, e = c(1, 0, 1, 1), g = c("a", "b", "b", NA)), time = "t", event = "e")
again <- arrow_export(text, "curves")
invisible(survival(again, time = "time", event = "n_risk", competing = 2:4))
fails(survival(again, time = "time", event = "n_risk"), "empty")
saveRDS(moved, file.path(folder, "a.rds"))
fails(as.data.frame(readRDS(file.path(folder, "a.rds"))), "empty")
rm(x, moved, again, b)
invisible(gc())

# a run in its own thread: everything else on it is refused with a message
run <- .Call(quell:::C_run_new, "compare")
.Call(quell:::C_run_text, run, "regimens", "ven-obi")
.Call(quell:::C_run_number, run, "patients", 3000000)
.Call(quell:::C_run_start, run)
fails(.Call(quell:::C_run_number, run, "patients", 1), "in use", "quell_usage_error")
fails(.Call(quell:::C_run_start, run), "in use")
fails(.Call(quell:::C_run_free, run), "in use")
.Call(quell:::C_run_cancel, run)
while (.Call(quell:::C_run_poll, run, 1000L)[1] != 0) NULL
stopifnot(.Call(quell:::C_run_poll, run, 0L)[2] == 6)

# big and odd frames
n <- 200000
stopifnot(abs(survival(data.frame(t = seq_len(n), e = 1), time = "t", event = "e", times = n / 2)$curves$surv - 0.5) < 1e-9)
fails(survival(as.data.frame(as.list(setNames(rep(1, 2000), paste0("c", 1:2000)))), time = "t", event = "e"), "`t`")
fails(nma(data.frame(studlab = character(), treat1 = character(), treat2 = character(), TE = numeric(), seTE = numeric())), "")
fails(survival(data.frame(t = 1:2, e = 1), time = factor("t"), event = NA), "`event`")
missing <- survival(data.frame(t = c(NaN, 1), e = 1), time = "t", event = "e")
stopifnot(grepl("1 of 2 rows left out", messages_of(missing), fixed = TRUE))

# Ctrl-C in the middle: the run stops within seconds and the session goes on (a caller in the background ignores SIGINT: env)
script <- file.path(folder, "long.R")
writeLines(c("library(quell)", "tryCatch(compare('ven-obi', patients = 3e6, progress = FALSE), interrupt = function(e)",
             "  cat('stopped', nrow(evidence(trial = 'CLL14')$rows) > 0, '\\n'))"), script)
out <- file.path(folder, "out")
system(sprintf("timeout --foreground -s INT 4 env --default-signal=INT %s %s >%s 2>&1", rscript, script, out))
stopifnot(any(grepl("stopped TRUE", readLines(out))))

# progress: a line on standard error
said <- file.path(folder, "said")
writeLines("library(quell); invisible(compare('ven-obi', patients = 4000, progress = TRUE))", script)
system(sprintf("%s %s 2>%s", rscript, script, said))
stopifnot(any(grepl("compare +[0-9]+ %", readLines(said, warn = FALSE), useBytes = TRUE)))

# plots: by ggplot2 where it is there, by base graphics otherwise
pdf(NULL)
p <- plot(whole)
q <- plot(t)
stopifnot(requireNamespace("ggplot2", quietly = TRUE) == inherits(p, "ggplot"), requireNamespace("ggplot2", quietly = TRUE) == inherits(q, "ggplot"))
long <- data.frame(x = 1:3, y = 1:3, panel = factor("p"), group = c("a", "a", "b"))
stopifnot(identical(quell:::plot_base(long, "x", TRUE), long))
dev.off()
