# SPDX-License-Identifier: Apache-2.0
# Tables by the Arrow C data interface: two external pointers, as nanoarrow and arrow take them.

arrow_export <- function(result, table) {
  if (!inherits(result, "quell_result")) usage("`arrow_export` takes the result of a verb, not ", class(result)[[1L]])
  arrow_pair(.Call(C_export_arrow, attr(result, "run"), table))
}

arrow_pair <- function(pair) structure(stats::setNames(pair, c("schema", "array")), class = "quell_arrow")

# `schema` and `array`: external pointers, or addresses as text or numbers, of structures that another package filled.
arrow_import <- function(schema, array) arrow_pair(.Call(C_move_arrow, address(schema), address(array)))

address <- function(x) {
  if (typeof(x) == "externalptr") return(x)
  if (is.numeric(x) && length(x) == 1L && !is.na(x) && x > 0) x <- sprintf("%.0f", x)
  if (!is.character(x) || length(x) != 1L || is.na(x)) usage("an external pointer, or an address, is needed here, not ", class(x)[[1L]])
  x
}

#' @export
as.data.frame.quell_arrow <- function(x, row.names = NULL, optional = FALSE, ...) frame_of(.Call(C_read_arrow, x$schema, x$array))

#' @export
print.quell_arrow <- function(x, ...) {
  cat("Arrow structures at", .Call(C_arrow_address, x$schema), "and", .Call(C_arrow_address, x$array), "\n")
  invisible(x)
}
