/* SPDX-License-Identifier: Apache-2.0 */
#include "quell.h"

#define STRING(x) #x
#define EXPAND(x) STRING(x)

const char *quell_status_text(enum quell_status status)
{
	switch (status) {
#define X(name, value, text)                                                   \
	case QUELL_##name:                                                     \
		return text;
		QUELL_STATUS_LIST(X)
#undef X
	}
	return "unknown status";
}

const char *quell_version(void)
{
	return EXPAND(QUELL_VERSION_MAJOR) "." EXPAND(QUELL_VERSION_MINOR) "." EXPAND(QUELL_VERSION_PATCH);
}
