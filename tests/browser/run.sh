#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh QUELL [PART] [--renew]: the browser tests, all or one of parts/, or status 77 where their tools are missing.
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$here/../../web/node_modules/playwright-core" ] || {
	echo "skipped: no web/node_modules; 'tools/build_page --tools' installs them"
	exit 77
}
exec node "$here/page.mjs" "$@"
