#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Gives the checking tools a small tree with one fault of each kind; each must be refused.
set -eu
tools=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/base" "$work/src/trial" "$work/include" "$work/tests" "$work/bench"
licence='/* SPDX-License-Identifier: Apache-2.0 */'

refused() {
	if "$@" >"$work/out" 2>&1; then
		echo "not refused: $*"
		exit 1
	fi
}

printf '%s\n#include "trial/arm.h"\nint x;\n' "$licence" >"$work/src/base/up.c"
refused "$tools/check_layers" "$work"
grep -q 'up.c:2' "$work/out"
printf '%s\n#include "base/io.h"\nint ql_x(void)\n{\n\treturn 1;\n}\n' "$licence" >"$work/src/base/up.c"
"$tools/check_layers" "$work" >/dev/null
"$tools/check_sizes" "$work" >/dev/null

{ echo "$licence"; yes 'int x;' | head -900; } >"$work/src/trial/long.c"
refused "$tools/check_sizes" "$work"
{ echo "$licence"; printf 'int ql_f(void)\n{\n'; yes ';' | head -200; echo '}'; } >"$work/src/trial/long.c"
refused "$tools/check_sizes" "$work"
echo 'int x;' >"$work/src/trial/long.c"
refused "$tools/check_sizes" "$work"

echo 'QUELL_API int quell_fine(void);' >"$work/include/quell.h"
for name in helper quell_secret; do
	echo "int $name(void) { return 1; } int quell_fine(void) { return 2; }" >"$work/a.c"
	${CC:-cc} -c -o "$work/a.o" "$work/a.c"
	refused "$tools/check_symbols" "$work/include/quell.h" "$work/a.o"
	grep -q "$name" "$work/out"
done
echo 'int ql_helper(void) { return 1; } int quell_fine(void) { return 2; }' >"$work/a.c"
${CC:-cc} -c -o "$work/a.o" "$work/a.c"
"$tools/check_symbols" "$work/include/quell.h" "$work/a.o" >/dev/null
echo 'QUELL_API int other(void);' >"$work/include/quell.h"
refused "$tools/check_symbols" "$work/include/quell.h" "$work/a.o"
# A command line with an option that neither the library nor the list of reasons has, and the other way round.
mkdir "$work/bin"
printf '#!/bin/sh\nprintf "run seed\\nrun json\\nrun new\\n" >"$2/options.txt"\n' >"$work/bin/quell"
printf '#!/bin/sh\nprintf "run seed\\nrun other\\n"\n' >"$work/bin/bindgen"
chmod +x "$work/bin/quell" "$work/bin/bindgen"
printf '* json because\nrun old because\n' >"$work/only.txt"
refused "$tools/check_options" "$work/bin/quell" "$work/bin/bindgen" "$work/only.txt"
for fault in 'run --new` is not in the library' 'takes `other`' 'nothing needs `run old`'; do
	grep -q -- "$fault" "$work/out"
done
printf '* json because\nrun new because\n+ run other\n' >"$work/only.txt"
"$tools/check_options" "$work/bin/quell" "$work/bin/bindgen" "$work/only.txt" >/dev/null
echo "every fault was refused"
