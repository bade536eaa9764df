# SPDX-License-Identifier: Apache-2.0
# From arguments to a run of the library, and from a run to data frames.

status_names <- c("input", "usage", "memory", "io", "unsupported", "interrupted", "internal", "numeric")

# Called from C as well: a failed call of the library as a condition. `diagnostics` is a data frame of places.
raise <- function(status, message, diagnostics = NULL) {
  kind <- if (status >= 1 && status <= length(status_names)) status_names[[status]] else "solver"
  stop(structure(
    class = c(paste0("quell_", kind, "_error"), "quell_error", "error", "condition"),
    list(message = message, call = NULL, status = as.integer(status), diagnostics = diagnostics)
  ))
}

usage <- function(...) raise(2L, paste0(...))

kind_flag <- 0L
kind_number <- 1L
kind_whole <- 2L
kind_list <- 5L
kind_table <- 6L
kind_model <- 7L

one_number <- function(name, x) {
  if (is.factor(x) || !(is.numeric(x) || is.logical(x)) || length(x) != 1L)
    usage("`", name, "` takes a number, not ", if (length(x) != 1L) paste(length(x), "values") else class(x)[[1L]])
  if (is.na(x)) usage("`", name, "` takes a number, not NA")
  as.numeric(x)
}

# Items of a list option: texts, or numbers by name as "NAME=VALUE".
items <- function(name, x) {
  if (is.factor(x)) x <- as.character(x)
  if (is.list(x)) x <- unlist(x)
  if (is.numeric(x)) {
    if (anyNA(x)) usage("`", name, "` holds NA")
    text <- format_exact(x)
    return(if (is.null(names(x))) text else paste0(names(x), "=", text))
  }
  if (!is.character(x) || anyNA(x)) usage("`", name, "` takes texts, or numbers, without NA; not ", class(x)[[1L]])
  x
}

format_exact <- function(x) vapply(x, function(v) sprintf("%.17g", v), "")

set_option <- function(run, name, kind, x) {
  if (kind == kind_list) {
    for (item in items(name, x)) .Call(C_run_text, run, name, item)
  } else if (kind == kind_table && !is.character(x)) {
    .Call(C_run_give_table, run, name, table_of(x, name))
  } else if (kind == kind_model && !is.character(x)) {
    if (!inherits(x, "quell_model")) usage("`", name, "` takes a model or a path, not ", class(x)[[1L]])
    .Call(C_run_give_model, run, name, unclass(x)$handle)
  } else if (is.character(x) || is.factor(x)) {
    if (length(x) != 1L || is.na(x)) usage("`", name, "` takes one text, not NA and not several")
    .Call(C_run_text, run, name, as.character(x))
  } else {
    .Call(C_run_number, run, name, one_number(name, x))
  }
}

# Columns as the library takes them: factors become text; anything else than numbers and text is refused by name.
table_of <- function(x, name = "data") {
  if (inherits(x, "quell_arrow")) return(.Call(C_take_arrow, name, x$schema, x$array))
  if (!is.list(x)) usage("`", name, "` takes a data frame, a list of columns or a path, not ", class(x)[[1L]])
  x <- if (is.data.frame(x)) as.list(x) else x
  if (length(x) && (is.null(names(x)) || any(!nzchar(names(x))))) usage("the columns of `", name, "` need names")
  n <- unique(lengths(x))
  if (length(n) > 1L) usage("the columns of `", name, "` differ in length: ", paste(n, collapse = ", "))
  columns <- lapply(stats::setNames(names(x), names(x)), function(k) plain_column(x[[k]], k))
  .Call(C_make_table, name, columns, if (length(n)) as.numeric(n) else 0)
}

plain_column <- function(v, k) {
  if (is.factor(v)) v <- as.character(v)
  if (inherits(v, c("Date", "POSIXt", "difftime")) || !is.atomic(v) || is.complex(v) || is.raw(v))
    usage("column `", k, "` holds ", class(v)[[1L]], "; a column holds numbers or text")
  if (is.character(v)) enc2utf8(as.vector(v)) else if (is.double(v)) as.double(v) else v
}

frame_of <- function(columns) {
  rows <- if (length(columns)) length(columns[[1L]]) else 0L
  structure(columns, class = "data.frame", row.names = .set_row_names(rows))
}

say <- function(verb, done, total) {
  if (total > 0) cat(sprintf("\r%s %3.0f %%", verb, 100 * done / total), file = stderr())
}

# Ctrl-C stops the library first, which takes up to a second, and then goes its usual way.
wait <- function(run, verb, progress) {
  shown <- FALSE
  drain <- function(e) {
    .Call(C_run_cancel, run)
    repeat if (suspendInterrupts(.Call(C_run_poll, run, 1000L))[[1L]] == 0) break
    signalCondition(e)
    invokeRestart("abort")
  }
  state <- tryCatch({
    repeat {
      s <- .Call(C_run_poll, run, if (isTRUE(progress)) 200L else 1000L)
      if (s[[1L]] == 0) break
      if (isTRUE(progress)) {
        say(verb, s[[3L]], s[[4L]])
        shown <- TRUE
      }
    }
    s
  }, interrupt = drain)
  if (shown) cat("\r", strrep(" ", 40), "\r", sep = "", file = stderr())
  as.integer(state[[2L]])
}

# `arguments`: the environment of the verb's call. A word that R reserves has an underscore there (`function_`).
run_verb <- function(verb, arguments) {
  run <- .Call(C_run_new, verb)
  kinds <- .Call(C_verb_options, verb)
  for (name in names(kinds)) {
    value <- get0(if (name == "function") "function_" else name, envir = arguments, inherits = FALSE)
    if (!is.null(value)) set_option(run, name, kinds[[name]], value)
  }
  .Call(C_run_start, run)
  status <- wait(run, verb, arguments$progress)
  if (!status %in% c(0L, 6L, 8L) || (status == 8L && !length(.Call(C_run_tables, run))))
    raise(status, .Call(C_run_last_error), frame_of(.Call(C_run_diagnostics, run)))
  result_of(run, verb, status)
}

result_of <- function(run, verb, status) {
  tables <- .Call(C_run_tables, run)
  out <- lapply(stats::setNames(tables, tables), function(t) frame_of(.Call(C_run_table, run, t)))
  text <- .Call(C_run_messages, run)
  found <- frame_of(.Call(C_run_diagnostics, run))
  if (any(found$severity != "note")) warning(text, call. = FALSE)
  structure(out, class = "quell_result", verb = verb, status = status, messages = text, diagnostics = found,
            json = .Call(C_run_json, run), run = run)
}

#' @export
print.quell_result <- function(x, ...) {
  cat("quell", attr(x, "verb"), "\n")
  for (i in seq_len(NROW(x$things))) with(x$things[i, ], {
    cat(name, "  ", kind, if (!is.na(title)) paste0(": ", title), if (!is.na(value)) paste(" =", value, unit), "\n", sep = "")
    if (!is.na(text)) cat(text, "\n", sep = "")
  })
  for (name in names(x)) cat(sprintf("  $%-12s %d rows: %s\n", name, nrow(x[[name]]), paste(names(x[[name]]), collapse = ", ")))
  if (nzchar(attr(x, "messages"))) cat(attr(x, "messages"), "\n", sep = "")
  invisible(x)
}

as.data.frame.quell_result <- function(x, row.names = NULL, optional = FALSE, ...) {
  main <- c("endpoints", "courses", "records", "effects", "inputs", "parameters", "schedules", "regimens", "curves", "rows", "doses",
            "library", "things", "runs")
  x[[intersect(main, names(x))[[1L]]]]
}

unit <- function(x) {
  if (is.data.frame(x)) return(vapply(x, function(v) unit(v), ""))
  u <- attr(x, "unit", exact = TRUE)
  if (is.null(u)) "" else u
}

messages_of <- function(result) attr(result, "messages")

data_dir <- function() .Call(C_find_data)
