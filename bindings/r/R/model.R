# SPDX-License-Identifier: Apache-2.0
# Models (never changed in place), event tables, simulation.

make_model <- function(path = NULL, text = NULL, name = "model", values = list(), class = NULL, events = NULL) {
  handle <- if (is.null(text)) .Call(C_model_load, path) else .Call(C_model_parse, name, text)
  for (k in names(values)) .Call(C_model_set, handle, k, one_number(k, values[[k]]))
  structure(list(handle = handle, path = path, text = text, name = name, values = values),
            class = c(class, "quell_model"))
}

cll_model <- function(...) make_model(name = "cll", values = list(...))

model <- function(source, ...) {
  if (!is.character(source) || anyNA(source)) usage("`source` is the path of a model or its text, not ", class(source)[[1L]])
  source <- paste(source, collapse = "\n")
  if (grepl("\n", source)) make_model(text = source, values = list(...))
  else make_model(path = source, name = basename(source), values = list(...))
}

param <- function(model, ...) {
  if (!inherits(model, "quell_model")) usage("`param` takes a model, not ", class(model)[[1L]])
  given <- list(...)
  if (length(given) == 1L && is.null(names(given))) given <- as.list(given[[1L]])
  m <- unclass(model)
  if (!length(given)) {
    q <- frame_of(.Call(C_model_table, m$handle, "quantities"))
    return(q[q$kind %in% c("parameter", "covariate"), , drop = FALSE])
  }
  if (is.null(names(given)) || any(!nzchar(names(given)))) usage("values of parameters need names: param(model, CL = 5)")
  values <- m$values
  values[names(given)] <- given
  make_model(m$path, m$text, m$name, values, setdiff(class(model), "quell_model"))
}

#' @export
print.quell_model <- function(x, ...) {
  m <- unclass(x)
  q <- frame_of(.Call(C_model_table, m$handle, "quantities"))
  count <- function(kind) sum(q$kind == kind)
  cat(sprintf("quell model %s, hash %s: %d states, %d parameters, %d outputs\n", m$name, .Call(C_model_hash, m$handle),
              count("state"), count("parameter"), count("output")))
  if (length(m$values)) cat("  set:", paste0(names(m$values), " = ", unlist(m$values), collapse = ", "), "\n")
  invisible(x)
}

# One dose, and observations at `times`, for every ID.
ev <- function(amt = 0, time = 0, ii = 0, addl = 0, ss = 0, rate = 0, dur = 0, cmt = NA_character_, evid = NULL,
               ID = 1, times = numeric()) {
  row <- function(time, amt, evid, ii, addl, ss, rate, dur, cmt)
    data.frame(TIME = as.numeric(time), AMT = as.numeric(amt), RATE = as.numeric(rate), DUR = as.numeric(dur),
               II = as.numeric(ii), ADDL = as.numeric(addl), SS = as.numeric(ss), CMT = as.character(cmt),
               EVID = as.numeric(evid), stringsAsFactors = FALSE)
  one <- NULL
  if (any(amt != 0) || !is.null(evid) || any(ss != 0 & rate != 0))
    one <- row(time, amt, if (is.null(evid)) 1 else evid, ii, addl, ss, rate, dur, cmt)
  if (length(times)) one <- rbind(one, row(times, 0, 0, 0, 0, 0, 0, 0, NA))
  if (is.null(one)) one <- row(numeric(), numeric(), numeric(), numeric(), numeric(), numeric(), numeric(), numeric(), character())
  all <- do.call(rbind, lapply(ID, function(i) cbind(ID = rep(i, nrow(one)), one, stringsAsFactors = FALSE)))
  order_events(all)
}

events <- function(...) order_events(do.call(rbind, list(...)))

order_events <- function(e) {
  e <- e[order(match(e$ID, unique(e$ID)), e$TIME, e$EVID == 0), , drop = FALSE]
  row.names(e) <- NULL
  e
}

#' @export
simulate.quell_model <- function(object, nsim = 1, seed = NULL, events = NULL, regimens = NULL, ..., progress = interactive()) {
  if (!identical(as.numeric(nsim), 1)) usage("`nsim` is 1: a population is simulated by compare(), with `patients`")
  if (inherits(events, "quell_et")) events <- as.data.frame(events)
  if (!is.null(events)) {
    if (!is.null(seed)) usage("nothing is drawn when a data set is run: leave `seed` out")
    return(run_dataset(data = events, model = object, ..., progress = progress))
  }
  run_simulate(regimens = regimens, model = object, seed = if (is.null(seed)) 1 else seed, ..., progress = progress)
}
