/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read whole with a limit, write beside the final name and rename. */
#ifndef QL_BASE_IO_H
#define QL_BASE_IO_H

#include "base/diag.h"
#include <stdio.h>

#define QL_READ_LIMIT ((size_t)256 << 20)

/* Reads a regular file into the diagnostics' source list (so spans can be shown).
 * On failure adds QL_E0901/E0902 and returns QUELL_ERR_IO. */
enum quell_status ql_read_source(struct ql_diags *ds, const char *path, const struct ql_source **out);

/* An output that appears under `path` only when committed; abandoned otherwise. */
struct ql_out_file {
	FILE *f;
	char *path, *temp; /* heap */
	int err;           /* errno of the first write that failed */
};
enum quell_status ql_out_open(struct ql_out_file *o, const char *path, struct ql_diags *ds);
/* Adds bytes; a failure is kept for the commit to report. */
void ql_out_write(struct ql_out_file *o, const void *data, size_t n);
/* Flushes, syncs, renames; on failure removes the temporary and reports QL_E0903. */
enum quell_status ql_out_commit(struct ql_out_file *o, struct ql_diags *ds);
void ql_out_abandon(struct ql_out_file *o);
/* All of that for a whole text. */
enum quell_status ql_out_file(const char *path, const struct ql_buf *text, struct ql_diags *ds);

/* FNV-1a, 64 bit: names of random streams, hashes of texts. Start with QL_HASH_SEED. */
#define QL_HASH_SEED 0xcbf29ce484222325ull
uint64_t ql_hash(uint64_t h, const void *data, size_t n);
uint64_t ql_hash_str(const char *s);

/* Shortest decimal text that reads back as the same double ("0.1", "1e-09", "100", "nan"). buf >= 32. */
const char *ql_format_double(double x, char *buf);
/* Locale-free, whole-string number; false if s is not one. */
bool ql_parse_double(const char *s, size_t n, double *out);

#endif
