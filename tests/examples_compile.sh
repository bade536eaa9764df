#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# examples_compile.sh BUILD_DIR: the installed tree, moved away from where it was put, is enough to compile and run the C
# examples through pkg-config and CMake, shared and static; under DESTDIR as well; only quell_ is visible in the library.
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset QUELL_DATA
DESTDIR=$work/staged cmake --install "$build" --prefix /opt/quell >/dev/null
mv "$work/staged/opt/quell" "$work/here"
rm -rf "$work/staged"
if nm -D --defined-only "$work/here"/lib*/libquell.so "$work/here"/lib/*/libquell.so 2>/dev/null | awk 'NF == 3 && $3 !~ /^(quell_|QUELL_)/' | grep .; then
	echo "the library exports other names than quell_"
	exit 1
fi
sed -i 's/^title:.*/title: "from the moved tree"/' "$work/here/share/quell/library/regimens/ven-obi.yaml"
pc=$(dirname "$(find "$work/here" -name quell.pc)")
lib=$(PKG_CONFIG_PATH=$pc pkg-config --variable=libdir quell)
cd "$work"
for example in "$work/here"/share/doc/*/examples/c/*.c; do
	name=$(basename "$example" .c)
	${CC:-cc} -Wall -Wextra -Werror "$example" -o "$name" $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs quell)
	LD_LIBRARY_PATH=$lib "./$name" >"$name.out" 2>"$name.err"
	test -s "$name.out"
done
grep -q '^1,24,0.2073' own_model.out || grep -q '^1,24,0.1' own_model.out
grep -q 'ven-obi .*published' compare.out
if ${CC:-cc} -x c /dev/null -c -o empty.o && ${CC:-cc} "$work/here"/share/doc/*/examples/c/own_model.c -o static \
	$(PKG_CONFIG_PATH=$pc pkg-config --cflags quell) "$lib/libquell.a" \
	$(PKG_CONFIG_PATH=$pc pkg-config --static --libs-only-l quell | sed 's/-lquell//'); then
	./static >static.out
	cmp static.out own_model.out
else
	echo "the static library does not link"
	exit 1
fi
mkdir cm
cat >cm/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(user C)
find_package(quell 0.1 REQUIRED)
add_executable(user ${EXAMPLE})
target_link_libraries(user PRIVATE quell::quell)
END
cmake -S cm -B cm/build -DCMAKE_PREFIX_PATH="$work/here" -DEXAMPLE="$(find "$work/here" -name own_model.c)" >/dev/null
cmake --build cm/build >/dev/null
cm/build/user >cmake.out
cmp cmake.out own_model.out
for verb in compare simulate model; do
	test -s "$work/here/share/man/man1/quell-$verb.1"
	grep -q -- " --seed\| --json" "$work/here/share/bash-completion/completions/quell"
done
bash -n "$work/here/share/bash-completion/completions/quell"
echo "the installed tree compiles and runs the C examples"
