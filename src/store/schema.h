/* SPDX-License-Identifier: Apache-2.0 */
/* ql_store_upgrade[v] takes a store from schema version v to v+1; a new file starts at 0. Never change one that has
 * been released: add another, raise QL_STORE_VERSION, and keep a store of the old version in tests/golden/store. */
#ifndef QL_STORE_SCHEMA_H
#define QL_STORE_SCHEMA_H

#include "store/store.h"

#define QL_STORE_APPLICATION 0x71756c6c /* "qull", SQLite's application_id */

extern const char *const ql_store_upgrade[QL_STORE_VERSION];

#endif
