#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh QUELL [--renew]: the browser tests, or status 77 where their tools are missing.
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$here/../../web/node_modules/playwright-core" ] || {
	echo "skipped: no web/node_modules; 'tools/build_page --tools' installs them"
	exit 77
}
exec node "$here/page.mjs" "$@"
