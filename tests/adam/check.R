# SPDX-License-Identifier: Apache-2.0
# The data sets as a statistician would read them: quell's own hazard ratios, medians and response rates come out again.
# Usage: Rscript check.R FOLDER hazards.csv    (hazards.csv: endpoint,hazard_ratio,log_hr,se,p,median_a)
suppressMessages(library(survival))
args <- commandArgs(TRUE)
read <- function(name) read.csv(file.path(args[1], name), stringsAsFactors = FALSE)
adsl <- read("adsl.csv"); adtte <- read("adtte.csv"); adrs <- read("adrs.csv"); adae <- read("adae.csv"); adlb <- read("adlb.csv")
own <- read.csv(args[2], stringsAsFactors = FALSE)
near <- function(x, y, what) if (!isTRUE(abs(x - y) < 1e-6)) stop(sprintf("%s: R has %.9g, quell has %.9g", what, x, y))
stopifnot(!anyDuplicated(adsl$USUBJID), all(adtte$USUBJID %in% adsl$USUBJID), all(adtte$CNSR %in% 0:1), all(adtte$AVAL >= 1))
stopifnot(all(adrs$AVALC[adrs$PARAMCD == "OVRLRESP"] %in% c("NE", "PD", "SD", "PR-L", "PR", "nPR", "CRi", "CR")))
stopifnot(all(adae$USUBJID %in% adsl$USUBJID), all(adlb$USUBJID %in% adsl$USUBJID), all(adlb$AVAL >= 0))
for (i in seq_len(nrow(own))) {
  d <- adtte[adtte$PARAMCD == toupper(own$endpoint[i]), ]
  d$first <- as.numeric(d$TRT01PN == 1)
  fit <- coxph(Surv(AVAL, 1 - CNSR) ~ first + strata(STRATUM), data = d, ties = "efron")
  near(unname(exp(coef(fit))), own$hazard_ratio[i], paste(own$endpoint[i], "hazard ratio"))
  near(sqrt(vcov(fit)[1, 1]), own$se[i], paste(own$endpoint[i], "standard error"))
  lr <- survdiff(Surv(AVAL, 1 - CNSR) ~ first + strata(STRATUM), data = d)
  near(pchisq(lr$chisq, 1, lower.tail = FALSE), own$p[i], paste(own$endpoint[i], "log-rank p"))
  km <- summary(survfit(Surv(AVAL, 1 - CNSR) ~ 1, data = d[d$first == 1, ]))$table["median"]
  if (!is.na(own$median_a[i]) && !is.na(km) && abs(km / 30.4375 - own$median_a[i]) > 0.05)
    stop(sprintf("%s median: R has %g months, quell has %g", own$endpoint[i], km / 30.4375, own$median_a[i]))
}
orr <- with(adrs[adrs$PARAMCD == "OVRLRESP", ], tapply(AVAL >= 3, TRT01PN, mean))
cat(sprintf("fine: %d hazard ratios, response %.4f\n", nrow(own), orr[1]))
