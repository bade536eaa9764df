#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bindings_python.sh SOURCE_DIR BUILD_DIR: the Python package's tests with this build's library. 77: a module is missing.
set -eu
for python in python3 /usr/bin/python3; do
	if $python -c 'import pytest, numpy' 2>/dev/null; then
		cd "$1/bindings/python"
		export PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1 QUELL_LIBRARY=$2/libquell.so.0 QUELL_PROGRAM=$2/quell
		exec $python -m pytest -q -p no:cacheprovider tests
	fi
done
echo "python3-pytest or python3-numpy is missing: the Python package is not tested"
exit 77
