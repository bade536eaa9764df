# SPDX-License-Identifier: Apache-2.0
"""quell: virtual trials of immunotherapy in chronic lymphocytic leukaemia.

    import quell
    r = quell.compare(regimens=["clb-obi", "ven-obi"], patients=1000, seed=7)
    r.endpoints.pandas()

The verbs are those of the command line; results are bit-identical to its own. Columns carry units
(``table.units``). Research use only: groups of virtual patients, not advice for a person.
"""
from ._lib import InputError, QuellError, QuellWarning, SolverError, UsageError, plain, text
from ._model import Model, cll_model, ev, events, model
from ._run import Result
from ._table import Table
from .verbs import *  # noqa: F401,F403
from .verbs import __all__ as _verbs

__version__ = text(plain("quell_version"))


def data_dir() -> str:
    """The folder that holds models/, library/ and evidence/."""
    import ctypes

    from ._lib import call

    p = ctypes.c_char_p()
    call("quell_data_dir", ctypes.byref(p))
    return text(p.value)


__all__ = ["InputError", "Model", "QuellError", "QuellWarning", "Result", "SolverError", "Table", "UsageError",
           "cll_model", "data_dir", "ev", "events", "model"] + _verbs
