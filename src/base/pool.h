/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of one machine: run the same function on n threads and wait. Results must not depend on n. */
#ifndef QL_BASE_POOL_H
#define QL_BASE_POOL_H

#include "quell.h"

int ql_cpu_count(void); /* usable cores, at least 1 */
/* Runs work(ctx, i) for i = 0..n-1, each in a thread of its own under ql_protect (n == 1: in this thread).
 * Returns the first status that is not QUELL_OK, by thread number. */
enum quell_status ql_pool_run(int n, enum quell_status (*work)(void *ctx, int thread), void *ctx);

#endif
