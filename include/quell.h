/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quell: virtual trials of immunotherapy in chronic lymphocytic leukaemia.
 *
 * This header is the public interface and its manual. Every function that can
 * fail returns an enum quell_status and puts its results in the last arguments.
 * Nothing here prints, exits or aborts on bad input: mistakes in the caller's
 * files become entries of a diagnostics list with file, line and column.
 */
#ifndef QUELL_H
#define QUELL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QUELL_API __attribute__((visibility("default")))
#else
#define QUELL_API
#endif

#define QUELL_VERSION_MAJOR 0
#define QUELL_VERSION_MINOR 1
#define QUELL_VERSION_PATCH 0

/* Status of a call, and of one simulated patient. Name, value, meaning. */
#define QUELL_STATUS_LIST(X)                                                   \
	X(OK, 0, "no error")                                                   \
	X(ERR_INPUT, 1, "the input is at fault; see the diagnostics")          \
	X(ERR_USAGE, 2, "the call or command line is at fault")                \
	X(ERR_MEMORY, 3, "memory ran out")                                     \
	X(ERR_IO, 4, "a file could not be read or written")                    \
	X(ERR_UNSUPPORTED, 5, "valid input, but not supported by this build")  \
	X(ERR_INTERRUPTED, 6, "stopped on request before the end")             \
	X(ERR_INTERNAL, 7, "a fault of the program itself")                    \
	X(ERR_NUMERIC, 8, "a numerical method did not converge")               \
	X(SOLVE_STEPS, 20, "the step limit was reached")                       \
	X(SOLVE_STALLED, 21, "the step size fell below what time can resolve") \
	X(SOLVE_NONFINITE, 22, "a state or rate became NaN or infinite")       \
	X(SOLVE_EVENTS, 23, "the event limit was reached")                     \
	X(SOLVE_INIT, 24, "the initial state is not finite")

enum quell_status {
#define X(name, value, text) QUELL_##name = value,
	QUELL_STATUS_LIST(X)
#undef X
};

/* One short English phrase for a status; never NULL. */
QUELL_API const char *quell_status_text(enum quell_status status);

/* "0.1.0"; static storage. */
QUELL_API const char *quell_version(void);

#ifdef __cplusplus
}
#endif
#endif
