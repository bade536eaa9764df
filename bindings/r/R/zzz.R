# SPDX-License-Identifier: Apache-2.0
.onLoad <- function(libname, pkgname) {
  info <- .Call(C_library_info)
  if (info[[1L]] != info[[2L]])
    stop("libquell ", info[[3L]], " has binary interface ", info[[1L]], ", this package was built for ", info[[2L]],
         "; install the two from one version", call. = FALSE)
}
