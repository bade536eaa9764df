#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# valgrind.sh SOURCE_DIR BUILD_DIR: C examples and the C program of the tests with every definite leak counted; the Python
# package and R's tests without leaks of the interpreters. Python's and R's own faults are in interpreters.supp.
set -eu
source=$(cd "$1" && pwd) build=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DESTDIR= cmake --install "$build" --prefix "$work/usr" >/dev/null
lib=$(dirname "$(find "$work/usr" -name libquell.so.0)")
here=$source/tests/bindings
say() { echo "== $*"; }
check() { # COMMAND...: under valgrind; its report in case of a fault
	valgrind --quiet --error-exitcode=9 --suppressions="$here/interpreters.supp" "$@" >"$work/out" 2>&1 || { tail -60 "$work/out"; exit 1; }
}
leaks="--leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite"

say "C examples"
for example in "$source"/examples/c/*.c "$here/verb.c"; do
	name=$(basename "$example" .c)
	${CC:-cc} -g -I"$work/usr/include" "$example" -o "$work/$name" -L"$lib" -lquell -Wl,-rpath,"$lib"
	[ "$name" = verb ] || check $leaks "$work/$name"
done
say "verbs from C"
check $leaks "$work/verb" compare regimens=ven-obi patients=8 years=1 threads=2
check $leaks "$work/verb" trial design=cll14 patients=8 threads=2
check $leaks "$work/verb" simulate regimens=ven-obi years=0.5
check $leaks "$work/verb" recommend patients=8 years=5 regimens=ven-obi regimens=ibrutinib
check $leaks "$work/verb" sensitivity function=ishigami samples=32
check $leaks "$work/verb" explain name=disease.rmax
check $leaks "$work/verb" evidence trial=CLL14
check $leaks "$work/verb" compare regimens=ven-obi patients=8 years=1 "store=$work/s.db"
check $leaks "$work/verb" runs "store=$work/s.db" run=1
check $leaks "$work/verb" resume "store=$work/s.db"

if command -v R >/dev/null; then
	say "R"
	mkdir "$work/rlib" "$work/run"
	cp -r "$source/bindings/r" "$work/quell"
	QUELL_PREFIX=$work/usr R CMD INSTALL --no-docs -l "$work/rlib" "$work/quell" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
	cd "$work/run"
	R_LIBS=$work/rlib R --vanilla -q -d "valgrind --quiet --error-exitcode=9 --suppressions=$here/interpreters.supp" \
		-f "$here/handles.R" >"$work/out" 2>&1 || { tail -60 "$work/out"; exit 1; }
	grep -q 'all handles were used' "$work/out"
fi
for python in python3 /usr/bin/python3; do
	if $python -c 'import numpy' 2>/dev/null; then
		say "Python"
		export PYTHONPATH=$source/bindings/python PYTHONDONTWRITEBYTECODE=1 PYTHONMALLOC=malloc QUELL_LIBRARY=$lib/libquell.so.0
		check $python "$here/handles.py"
		grep -q 'all handles were used' "$work/out"
		break
	fi
done
echo "no fault under valgrind"
