#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# same_bytes.sh SOURCE_DIR BUILD_DIR: the cases of cases.txt from the command line, a C program, R and Python, compared byte
# by byte. 77 where R or numpy is missing (what is there is compared all the same).
set -eu
source=$(cd "$1" && pwd) build=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DESTDIR= cmake --install "$build" --prefix "$work/usr" >/dev/null
cd "$work"
printf 'studlab,treat1,treat2,TE,seTE\n1,A,B,0.1,0.1\n2,B,C,-0.3,0.2\n3,A,C,-0.1,0.15\n' >network.csv
lib=$(dirname "$(find "$work/usr" -name libquell.so.0)")
${CC:-cc} -I"$work/usr/include" "$source/tests/bindings/verb.c" -o verb -L"$lib" -lquell -Wl,-rpath,"$lib"
sed -e '/^#/d' -e "s|{dir}|$work|g" "$source/tests/bindings/cases.txt" >cases
sed -E 's/^([a-z]+) +.*\| /\1 /' cases >calls
n=0
while read -r name words; do
	n=$((n + 1))
	usr/bin/quell ${words%%|*} >"$name.cli" 2>"$name.err" </dev/null || { cat "$name.err"; exit 1; }
	test -s "$name.cli"
	./verb ${words#*|} >"$name.c.out" </dev/null
done <cases
missing=
ran=c
python=
for p in python3 /usr/bin/python3; do
	[ -n "$python" ] || ! $p -c 'import numpy' 2>/dev/null || python=$p
done
if [ -n "$python" ]; then
	QUELL_LIBRARY=$lib/libquell.so.0 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$source/bindings/python $python "$source/tests/bindings/verb.py" <calls
	ran="$ran py"
else
	missing="$missing python3-numpy"
fi
if command -v R >/dev/null; then
	mkdir rlib
	cp -r "$source/bindings/r" rsource
	QUELL_PREFIX=$work/usr R CMD INSTALL --no-docs -l rlib rsource >r.log 2>&1 || { cat r.log; exit 1; }
	R_LIBS=$work/rlib Rscript "$source/tests/bindings/verb.R" <calls
	ran="$ran r"
else
	missing="$missing r-base-core"
fi
differ=0
for name in $(cut -d' ' -f1 calls); do
	for language in $ran; do
		cmp "$name.cli" "$name.$language.out" || differ=1
	done
done
[ $differ = 0 ] || exit 1
echo "$n results have the same bytes from the command line and:" $ran
[ -z "$missing" ] || { echo "not compared, missing:$missing"; exit 77; }
