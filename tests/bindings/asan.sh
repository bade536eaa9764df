#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# asan.sh SOURCE_DIR ASAN_BUILD_DIR: the bindings against a library built by the preset `asan` (target `installed`): the C
# interface and a C program with every leak counted, the Python package, and the R package compiled with the same
# sanitizers. Leaks of the interpreters are not looked for; every other fault ends a script with an error.
set -eu
source=$(cd "$1" && pwd) build=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DESTDIR= cmake --install "$build" --prefix "$work/usr" >/dev/null
lib=$(dirname "$(find "$work/usr" -name libquell.so.0)")
flags="-g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
export UBSAN_OPTIONS=print_stacktrace=1
say() { echo "== $*"; }

say "the C interface"
for test in "$build"/tests/t_api_*; do
	"$test" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
done
say "a C program, the cases of cases.txt and mistakes"
${CC:-cc} $flags -I"$work/usr/include" "$source/tests/bindings/verb.c" -o "$work/verb" -L"$lib" -lquell -Wl,-rpath,"$lib"
printf 'studlab,treat1,treat2,TE,seTE\n1,A,B,0.1,0.1\n2,B,C,-0.3,0.2\n3,A,C,-0.1,0.15\n' >"$work/network.csv"
sed -e '/^#/d' -e "s|{dir}|$work|g" -E -e 's/^.*\| //' "$source/tests/bindings/cases.txt" >"$work/calls"
while read -r words; do
	"$work/verb" $words >/dev/null 2>"$work/out" </dev/null || { echo "$words"; cat "$work/out"; exit 1; }
done <"$work/calls"
for words in 'compare' 'compare regimens=venobi' 'compare patients=-1' 'compare nothing=1' 'nothing' 'runs store=/nonexistent.db' \
	'nma data=/dev/null' 'explain name=nothing' 'recommend profile=nothing' 'optimize problem=nothing' 'validate trial=nothing'; do
	if "$work/verb" $words >/dev/null 2>"$work/out"; then echo "not refused: $words"; exit 1; fi
	if grep -q Sanitizer "$work/out"; then cat "$work/out"; exit 1; fi
done

asan=$(${CC:-cc} -print-file-name=libasan.so)
ubsan=$(${CC:-cc} -print-file-name=libubsan.so)
export ASAN_OPTIONS=detect_leaks=0
for python in python3 /usr/bin/python3; do
	if $python -c 'import pytest, numpy' 2>/dev/null; then
		say "Python"
		(cd "$source/bindings/python" && LD_PRELOAD="$asan $ubsan" PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1 PYTHONMALLOC=malloc \
			QUELL_LIBRARY=$lib/libquell.so.0 $python -m pytest -q -p no:cacheprovider tests) || exit 1
		break
	fi
done
if command -v R >/dev/null; then
	say "R"
	printf 'CFLAGS = -O1 %s\nLDFLAGS = -fsanitize=address,undefined\n' "$flags" >"$work/Makevars"
	mkdir "$work/rlib" "$work/run"
	cp -r "$source/bindings/r" "$work/quell"
	LD_PRELOAD="$asan $ubsan" R_MAKEVARS_USER=$work/Makevars QUELL_PREFIX=$work/usr R CMD INSTALL --no-docs -l "$work/rlib" "$work/quell" \
		>"$work/out" 2>&1 || { tail -30 "$work/out"; exit 1; }
	cd "$work/run"
	for script in quell verbs rxode2; do
		LD_PRELOAD="$asan $ubsan" R_LIBS=$work/rlib Rscript "$source/bindings/r/tests/$script.R" >"$work/out" 2>&1 ||
			{ tail -40 "$work/out"; exit 1; }
	done
fi
echo "no fault under the sanitizers"
