/* SPDX-License-Identifier: Apache-2.0 */
/* Views of a store as CSV files, plain or compressed by the ending of their name. */
#ifndef QL_STORE_EXPORT_H
#define QL_STORE_EXPORT_H

#include "store/store.h"

/* Views that can be exported; ends with NULL. */
extern const char *const ql_store_views[];

enum ql_packing { QL_PLAIN_CSV, QL_GZIP, QL_ZSTD };
bool ql_store_has_zstd(void);
/* Rows of a run (0: of all runs) into path, which appears when it is complete. *rows counts them. */
enum quell_status ql_store_export(struct ql_store *s, const char *view, int64_t run, const char *path,
				  enum ql_packing packing, uint64_t *rows);

#endif
