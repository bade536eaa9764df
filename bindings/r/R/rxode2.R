# SPDX-License-Identifier: Apache-2.0
# The calls that a script for rxode2 makes, over this library. What is not supported is refused by name.

`%>%` <- function(lhs, rhs) {
  to <- substitute(rhs)
  here <- parent.frame()
  if (!is.call(to) || identical(to[[1L]], quote(`function`))) return(eval(to, here)(lhs))
  scope <- new.env(parent = here)
  scope$.quell_lhs <- lhs
  dot <- vapply(as.list(to)[-1L], identical, NA, quote(.))
  call <- as.list(to)
  if (any(dot)) call[-1L][dot] <- list(quote(.quell_lhs))
  else call <- append(call, list(quote(.quell_lhs)), 1L)
  eval(as.call(call), scope)
}

# ---- models ----

is_block <- function(e) is.call(e) && identical(e[[1L]], quote(`{`))
is_call_to <- function(e, name) is.call(e) && is.name(e[[1L]]) && identical(as.character(e[[1L]]), name)
assigned <- function(e) if (is.call(e) && is.name(e[[1L]]) && as.character(e[[1L]]) %in% c("=", "<-") && is.name(e[[2L]])) as.character(e[[2L]]) else ""
is_literal <- function(e) is.numeric(e) || (is.call(e) && identical(e[[1L]], quote(`-`)) && length(e) == 2L && is.numeric(e[[2L]]))
line <- function(e) paste(deparse(e, width.cutoff = 500L), collapse = "\n")

# Statements as text for the library. A name that only one statement assigns, a number, can be changed in a run, as
# rxode2 has it; such statements go into ini().
model_text <- function(statements) {
  ini <- character()
  body <- list()
  for (s in statements) {
    if (is_call_to(s, "ini")) ini <- c(ini, vapply(as.list(s[[2L]])[-1L], line, ""))
    else if (is_call_to(s, "model")) body <- c(body, as.list(s[[2L]])[-1L])
    else if (!is.character(s) && !(is_call_to(s, "<-") && is.call(s[[3L]]) && identical(s[[3L]][[1L]], quote(list)))) body <- c(body, list(s))
  }
  names <- vapply(body, assigned, "")
  free <- vapply(seq_along(body), function(i) nzchar(names[[i]]) && sum(names == names[[i]]) == 1L && is_literal(body[[i]][[3L]]), NA)
  ini <- c(ini, vapply(body[free], line, ""))
  text <- vapply(body[!free], line, "")
  paste0(if (length(ini)) paste0("ini({\n", paste(ini, collapse = "\n"), "\n})\n"), paste(text, collapse = "\n"), "\n")
}

text_of_model <- function(x) {
  if (is.function(x)) return(model_text(if (is_block(body(x))) as.list(body(x))[-1L] else list(body(x))))
  if (length(x) == 1L && !grepl("\n", x) && file.exists(x)) x <- readLines(x)
  x <- paste(x, collapse = "\n")
  parsed <- tryCatch(parse(text = x, keep.source = FALSE), error = function(e) NULL)
  if (is.null(parsed)) x else model_text(as.list(parsed))
}

rxode2 <- function(model, ...) {
  e <- substitute(model)
  if (is_block(e)) return(make_model(text = model_text(as.list(e)[-1L]), class = "rxode2"))
  if (inherits(model, "quell_model")) return(model)
  if (!is.function(model) && !is.character(model)) usage("a model is a function, a block { } or a text, not ", class(model)[[1L]])
  make_model(text = text_of_model(model), class = "rxode2")
}
RxODE <- rxode2
rxode <- rxode2

#' @export
`$.rxode2` <- function(x, name) {
  m <- unclass(x)
  quantities <- function(kind) {
    q <- frame_of(.Call(C_model_table, m$handle, "quantities"))
    q$name[q$kind == kind]
  }
  switch(name, solve = function(...) rxSolve(x, ...), run = function(...) rxSolve(x, ...), params = quantities("parameter"),
         state = quantities("state"), lhs = quantities("output"), m[[name]])
}

# ---- event tables ----

et_row <- function(time = 0, amt = 0, ii = 0, addl = 0, ss = 0, rate = 0, dur = 0, cmt = NA_character_, evid = 0, id = 1)
  data.frame(id = id, time = as.numeric(time), evid = as.numeric(evid), amt = as.numeric(amt), cmt = as.character(cmt),
             ii = as.numeric(ii), addl = as.numeric(addl), ss = as.numeric(ss), rate = as.numeric(rate), dur = as.numeric(dur),
             stringsAsFactors = FALSE)

new_et <- function(rows = et_row()[0L, ], units = c(NA, NA)) {
  e <- new.env(parent = emptyenv())
  e$rows <- rows
  e$units <- units
  structure(e, class = "quell_et")
}

et_field <- function(x, name) get(name, envir = x, inherits = FALSE)
et_assign <- function(x, name, value) {
  assign(name, value, envir = x)
  x
}

evid_words <- c(obs = 0, dose = 1, other = 2, reset = 3, doseReset = 4)

et_dose <- function(x, amt = 0, time = 0, ii = 0, addl = NULL, until = NULL, ss = 0, rate = 0, dur = 0, cmt = NA_character_,
                    evid = 1, id = 1) {
  if (!is.null(until)) {
    if (!ii > 0) usage("`until` needs the interval `ii`")
    addl <- floor((until - time) / ii + 1e-9)
  }
  rows <- do.call(rbind, lapply(id, function(i) et_row(time, amt, ii, if (is.null(addl)) 0 else addl, ss, rate, dur, cmt, evid, i)))
  et_assign(x, "rows", rbind(et_field(x, "rows"), rows))
}

et_sample <- function(x, time, id = NULL) {
  if (!is.numeric(time) || anyNA(time)) usage("sampling times are numbers, without NA")
  if (is.null(id)) id <- if (nrow(et_field(x, "rows"))) unique(et_field(x, "rows")$id) else 1
  rows <- do.call(rbind, lapply(id, function(i) et_row(time, id = i)))
  et_assign(x, "rows", rbind(et_field(x, "rows"), rows))
}

add.dosing <- function(eventTable, dose, nbr.doses = 1, dosing.interval = 24, dosing.to = 1, rate = NULL, amount.units = NULL,
                       start.time = 0, do.sampling = FALSE, time.units = NULL, ...) {
  if (length(list(...))) usage("add.dosing has no argument `", names(list(...))[[1L]], "`")
  et_dose(eventTable, dose, start.time, if (nbr.doses > 1) dosing.interval else 0, nbr.doses - 1, rate = if (is.null(rate)) 0 else rate,
          cmt = dosing.to)
}

add.sampling <- function(eventTable, time, time.units = NA) et_sample(eventTable, time)

eventTable <- function(amount.units = NA, time.units = NA) new_et(units = c(amount.units, time.units))

et <- function(x, ..., amt, dose, time, ii, addl, until, ss, rate, dur, cmt, evid, id, amountUnits = NA, timeUnits = NA,
               length.out, by) {
  word <- if (missing(evid)) NULL else substitute(evid)
  code <- if (is.name(word) && as.character(word) %in% names(evid_words)) evid_words[[as.character(word)]]
          else if (!is.null(word)) evid
  more <- list(...)
  if (length(names(more)) && any(nzchar(names(more)))) usage("et has no argument `", names(more)[nzchar(names(more))][[1L]], "`")
  place <- if (!missing(cmt) && is.name(substitute(cmt)) && !exists(as.character(substitute(cmt)), parent.frame())) as.character(substitute(cmt))
           else if (!missing(cmt)) cmt
  e <- if (!missing(x) && inherits(x, "quell_et")) new_et(et_field(x, "rows"), et_field(x, "units")) else new_et(units = c(amountUnits, timeUnits))
  sampling <- c(if (!missing(x) && is.numeric(x)) list(x), Filter(is.numeric, more))
  if (length(sampling) == 2L && (!missing(length.out) || !missing(by)))
    sampling <- list(if (missing(by)) seq(sampling[[1L]], sampling[[2L]], length.out = length.out) else seq(sampling[[1L]], sampling[[2L]], by = by))
  if (!missing(amt) || !missing(dose) || !is.null(code)) {
    given <- list(amt = if (!missing(amt)) amt else if (!missing(dose)) dose else 0, evid = if (is.null(code)) 1 else code)
    for (k in c("time", "ii", "addl", "until", "ss", "rate", "dur", "id"))
      if (!do.call(missing, list(k))) given[[k]] <- get(k)
    if (!is.null(place)) given$cmt <- place
    e <- do.call(et_dose, c(list(e), given))
  } else if (!missing(time)) {
    sampling <- c(sampling, list(time))
  }
  for (s in sampling) e <- et_sample(e, s, if (missing(id)) NULL else id)
  e
}

#' @export
`$.quell_et` <- function(x, name)
  switch(name, add.dosing = function(...) invisible(add.dosing(x, ...)), add.sampling = function(...) invisible(add.sampling(x, ...)),
         get.EventTable = function() et_field(x, "rows"), get.dosing = function() subset_rows(x, TRUE),
         get.sampling = function() subset_rows(x, FALSE), et_field(x, "rows")[[name]])

subset_rows <- function(x, doses) {
  rows <- et_field(x, "rows")
  rows[(rows$evid != 0) == doses, , drop = FALSE]
}

#' @export
as.data.frame.quell_et <- function(x, row.names = NULL, optional = FALSE, ...) {
  rows <- et_field(x, "rows")
  if (!any(rows$evid == 0)) {
    last <- max(rows$time + rows$addl * rows$ii, 0)
    x <- et_sample(new_et(rows), seq(0, last + 24, length.out = 200))
    rows <- et_field(x, "rows")
  }
  names(rows)[names(rows) == "id"] <- "ID"
  names(rows) <- toupper(names(rows))
  order_events(rows)
}

#' @export
print.quell_et <- function(x, ...) {
  rows <- et_field(x, "rows")
  cat(sprintf("event table: %d dose records, %d samples\n", sum(rows$evid != 0), sum(rows$evid == 0)))
  print(rows[rows$evid != 0, , drop = FALSE], row.names = FALSE)
  invisible(x)
}

# ---- solving ----

ignored <- c("method", "cores", "maxsteps", "hmin", "hmax", "hini", "maxordn", "maxords", "returnType", "scale", "warnDrop")

rxSolve <- function(object, params = NULL, events = NULL, inits = NULL, ..., atol = 1e-8, rtol = 1e-6,
                    covsInterpolation = "locf", addDosing = FALSE) {
  more <- setdiff(names(list(...)), ignored)
  if (length(more)) usage("rxSolve has no argument `", more[[1L]], "` here; nothing is drawn between subjects: give one row of `params` per subject")
  is_events <- function(x) inherits(x, "quell_et") || (is.data.frame(x) && any(c("evid", "amt") %in% tolower(names(x))))
  if (is_events(params)) {
    swapped <- params
    params <- if (is_events(events)) NULL else events
    events <- swapped
  }
  if (is.null(events)) usage("rxSolve needs events: et() or eventTable()")
  m <- if (inherits(object, "quell_model")) object else rxode2(object)
  if (!is.null(inits)) m <- with_inits(m, inits)
  data <- as.data.frame(events)
  names(data) <- toupper(names(data))
  if (is.data.frame(params)) return(solve_rows(m, params, data, rtol, atol, covsInterpolation, addDosing))
  if (length(params)) m <- param(m, as.list(params))
  solve_one(m, data, rtol, atol, covsInterpolation, addDosing)
}

with_inits <- function(m, inits) {
  o <- unclass(m)
  if (is.null(o$text)) usage("`inits` needs a model that was given as text")
  state <- `$.rxode2`(m, "state")
  if (is.null(names(inits))) {
    if (length(inits) != length(state)) usage("`inits` has ", length(inits), " values for ", length(state), " states")
    names(inits) <- state
  }
  unknown <- setdiff(names(inits), state)
  if (length(unknown)) usage("the model has no state `", unknown[[1L]], "`; it has ", paste(state, collapse = ", "))
  lines <- paste0(names(inits), "(0) = ", format_exact(as.numeric(inits)), collapse = "\n")
  make_model(text = paste0(o$text, "\n", lines, "\n"), name = o$name, values = o$values, class = "rxode2")
}

solve_one <- function(m, data, rtol, atol, covariates, addDosing) {
  if (is.null(data$ID)) data$ID <- 1
  r <- run_dataset(data = data, model = m, states = TRUE, covariates = switch(covariates, constant = "locf", covariates),
                   rtol = rtol, atol = atol, progress = FALSE)
  out <- r$records
  names(out)[1:2] <- c("id", "time")
  evid <- if (is.null(data$EVID)) ifelse(is.na(data$AMT) | data$AMT == 0, 0, 1) else data$EVID
  if (!isTRUE(addDosing)) out <- out[evid == 0, , drop = FALSE]
  if (length(unique(out$id)) == 1L) out$id <- NULL
  row.names(out) <- NULL
  structure(out, class = c("rxSolve", "data.frame"))
}

solve_rows <- function(m, params, data, rtol, atol, covariates, addDosing) {
  id <- if (is.null(params$id)) seq_len(nrow(params)) else params$id
  rows <- lapply(seq_len(nrow(params)), function(i) {
    one <- solve_one(param(m, as.list(params[i, setdiff(names(params), "id"), drop = FALSE])), data, rtol, atol, covariates, addDosing)
    one$id <- NULL
    cbind(id = rep(id[[i]], nrow(one)), as.data.frame(one))
  })
  structure(do.call(rbind, rows), class = c("rxSolve", "data.frame"))
}

#' @export
plot.rxSolve <- function(x, ..., ylab = NULL, xlab = "time") {
  wanted <- vapply(as.list(substitute(list(...)))[-1L], function(e) if (is.character(e)) e else deparse(e), "")
  frame <- as.data.frame(unclass(x))
  if (!length(wanted)) wanted <- setdiff(names(frame), c("id", "time"))
  unknown <- setdiff(wanted, names(frame))
  if (length(unknown)) usage("there is no column `", unknown[[1L]], "` to plot; there are ", paste(names(frame), collapse = ", "))
  plot_lines(frame, "time", wanted, if ("id" %in% names(frame)) "id", xlab, if (is.null(ylab)) "" else ylab)
}
