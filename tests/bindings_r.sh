#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bindings_r.sh SOURCE_DIR BUILD_DIR: the R package compiled against this build, and its tests. 77: there is no R.
set -eu
if ! command -v R >/dev/null; then
	echo "R is missing (r-base-core, r-base-dev): the R package is not tested"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/lib" "$work/run"
DESTDIR= cmake --install "$2" --prefix "$work/usr" >/dev/null
cp -r "$1/bindings/r" "$work/quell"
rm -f "$work/quell/src/Makevars" "$work"/quell/src/*.o "$work"/quell/src/*.so
QUELL_PREFIX=$work/usr R CMD INSTALL --no-docs -l "$work/lib" "$work/quell" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cd "$work/run"
export R_LIBS=$work/lib QUELL_PROGRAM=$work/usr/bin/quell
for script in quell verbs rxode2; do
	Rscript "$1/bindings/r/tests/$script.R" >"$work/out" 2>&1 || { tail -25 "$work/out"; exit 1; }
done
echo "the R package passes its tests"
