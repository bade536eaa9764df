/* SPDX-License-Identifier: Apache-2.0 */
/* Where models/, library/ and evidence/ live: $QUELL_DATA, else <prefix>/share/quell beside the shared library or the
 * program, else the folder above, else the source tree it was built from, else where it was to be installed. */
#ifndef QL_BASE_PATHS_H
#define QL_BASE_PATHS_H

#include "base/diag.h"

/* Absolute path in `a`; NULL (with QL_E0901) if none of the places holds models/cll/cll.qm. */
const char *ql_data_dir(struct ql_arena *a, struct ql_diags *ds);
/* "library/regimens" + "ven-obi" + ".yaml"; a `name` that contains '/' or '.' is a path already and returned as it is
 * (reading it will say whether it exists). On a miss adds `code`, "unknown <what> `name`", with the nearest existing
 * name ("did you mean") and returns NULL. */
const char *ql_library_file(struct ql_arena *a, const char *data_dir, const char *folder, const char *name,
			    const char *ext, enum ql_code code, const char *what, struct ql_diags *ds);
/* The names in a folder of the library, without `ext`, sorted; *n is 0 if there are none. */
const char **ql_library_list(struct ql_arena *a, const char *data_dir, const char *folder, const char *ext, int *n);

#endif
