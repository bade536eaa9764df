# SPDX-License-Identifier: Apache-2.0
# A line `NAME VERB OPTION=VALUE...` each on standard input is run and written to NAME.r.out.
library(quell)
for (line in readLines("stdin")) {
  words <- strsplit(line, " +")[[1]]
  options <- list()
  for (word in words[-(1:2)]) {
    key <- sub("=.*", "", word)
    text <- sub("^[^=]*=", "", word)
    number <- suppressWarnings(as.numeric(text))
    options[[key]] <- c(options[[key]], if (is.na(number)) text else number)
  }
  f <- switch(words[2], simulate = quell:::run_simulate, optimize = optimize_regimen, getExportedValue("quell", words[2]))
  json <- attr(suppressWarnings(do.call(f, c(options, progress = FALSE))), "json")
  writeBin(charToRaw(json), paste0(words[1], ".r.out"))
}
