# SPDX-License-Identifier: Apache-2.0
# Plots by ggplot2 where it is installed (the value is a ggplot), else by base graphics.

label_of <- function(frame, name) {
  u <- unit(frame[[name]])
  if (nzchar(u)) paste0(name, " (", u, ")") else name
}

# `y`: columns, one panel each; `by`: column of groups or NULL.
plot_lines <- function(frame, x, y, by = NULL, xlab = label_of(frame, x), ylab = "") {
  groups <- if (is.null(by)) rep("", nrow(frame)) else as.character(frame[[by]])
  long <- do.call(rbind, lapply(y, function(v)
    data.frame(x = as.numeric(frame[[x]]), y = as.numeric(frame[[v]]), panel = label_of(frame, v), group = groups)))
  long$panel <- factor(long$panel, unique(long$panel))
  if (requireNamespace("ggplot2", quietly = TRUE)) {
    p <- ggplot2::ggplot(long, ggplot2::aes(x = .data[["x"]], y = .data[["y"]])) +
      ggplot2::labs(x = xlab, y = ylab, colour = by) + ggplot2::facet_wrap(~panel, scales = "free_y")
    line <- if (is.null(by)) ggplot2::geom_line() else ggplot2::geom_line(ggplot2::aes(colour = .data[["group"]], linetype = .data[["group"]]))
    return(p + line + if (!is.null(by)) ggplot2::labs(linetype = by))
  }
  plot_base(long, xlab, !is.null(by))
}

plot_base <- function(long, xlab, legend) {
  for (panel in levels(long$panel)) {
    part <- long[long$panel == panel, ]
    graphics::plot(part$x, part$y, type = "n", xlab = xlab, ylab = panel)
    for (i in seq_along(unique(part$group))) {
      one <- part[part$group == unique(part$group)[[i]], ]
      graphics::lines(one$x, one$y, lty = i, col = grDevices::palette.colors(8)[[(i - 1L) %% 8L + 1L]])
    }
    if (legend) graphics::legend("topright", unique(part$group), lty = seq_along(unique(part$group)), bty = "n")
  }
  invisible(long)
}

# One of the curves "pfs" and "os"; without `y` the first.
of_curve <- function(curves, y) {
  known <- unique(curves$curve)
  if (is.null(y)) y <- known[[1L]]
  if (!y %in% known) usage("there is no curve `", y, "`; there are ", paste(known, collapse = ", "))
  curves[curves$curve == y, , drop = FALSE]
}
y_of_curve <- function(y) if (identical(y, "os")) "alive" else "free of progression"

#' @export
plot.quell_result <- function(x, y = NULL, ...) {
  switch(attr(x, "verb"),
    compare = plot_lines(of_curve(x$curves, y), "month", "surv", "regimen", xlab = "month", ylab = y_of_curve(y)),
    trial = plot_lines(of_curve(x$curves, y), "month", "surv", "arm", xlab = "month", ylab = y_of_curve(y)),
    simulate = {
      known <- setdiff(names(x$courses), c("regimen", "day"))
      plot_lines(x$courses, "day", if (is.null(y)) utils::head(known, 6L) else y, "regimen")
    },
    dataset = plot_lines(x$records, "TIME", if (is.null(y)) setdiff(names(x$records), c("ID", "TIME")) else y, "ID"),
    survival = plot_lines(x$curves, "time", "surv", "group", ylab = "survival"),
    usage("there is no plot of `", attr(x, "verb"), "`; its tables are data frames"))
}

utils::globalVariables(".data")
