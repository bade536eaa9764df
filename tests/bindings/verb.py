# SPDX-License-Identifier: Apache-2.0
"""A line `NAME VERB OPTION=VALUE...` each on standard input is run and written to NAME.py.out."""
import sys
import warnings

import quell

warnings.simplefilter("ignore", quell.QuellWarning)
for line in sys.stdin:
    name, verb, *words = line.split()
    options = {}
    for word in words:
        key, value = word.split("=", 1)
        try:
            value = float(value)
        except ValueError:
            pass
        options[key] = [options[key], value] if key in options else value
    with open(name + ".py.out", "w", encoding="utf-8", newline="") as fh:
        fh.write(getattr(quell, verb)(**options).json_text)
