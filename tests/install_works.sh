#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install_works.sh BUILD_DIR: the installed program finds its own data, not the source tree's.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$1" --prefix "$work/usr" >/dev/null
sed -i 's/^title:.*/title: "from the installed library"/' "$work/usr/share/quell/library/regimens/ven-obi.yaml"
unset QUELL_DATA
cd "$work"
usr/bin/quell regimen show ven-obi | grep -q 'from the installed library'
usr/bin/quell model check >/dev/null
usr/bin/quell compare --regimens ven-obi --patients 4 --years 1 2>/dev/null | grep -q 'from the installed library'
mkdir elsewhere
mv usr elsewhere/
elsewhere/usr/bin/quell regimen show ven-obi | grep -q 'from the installed library' # and after it was moved
echo "the installed program finds its data"
