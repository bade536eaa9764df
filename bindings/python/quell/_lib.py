# SPDX-License-Identifier: Apache-2.0
"""libquell by ctypes: where it is, what its functions take, and errors as exceptions."""
import ctypes as C
import ctypes.util
import os

ABI = 1  # of the header that this package was written for

OK, INPUT, USAGE, MEMORY, IO, UNSUPPORTED, INTERRUPTED, INTERNAL, NUMERIC = range(9)


class QuellError(Exception):
    """A call of the library failed. ``status`` is its number, the text is the library's own."""

    def __init__(self, message, status=INTERNAL, diagnostics=()):
        super().__init__(message)
        self.status = status
        self.diagnostics = list(diagnostics)


class InputError(QuellError, ValueError):
    """The data, the model or another file is at fault; ``diagnostics`` names every place."""


class UsageError(QuellError, ValueError):
    """An option, a type or a handle is at fault."""


class SolverError(QuellError, ArithmeticError):
    """A numerical method did not converge."""


class QuellWarning(UserWarning):
    """What the library noticed and went on."""


class OptionInfo(C.Structure):
    _fields_ = [("name", C.c_char_p), ("kind", C.c_int), ("metavar", C.c_char_p), ("fallback", C.c_char_p),
                ("lo", C.c_double), ("hi", C.c_double), ("unit", C.c_char_p), ("choices", C.c_char_p), ("help", C.c_char_p)]


class TableInfo(C.Structure):
    _fields_ = [("name", C.c_char_p), ("rows", C.c_char_p), ("columns", C.c_char_p)]


class VerbInfo(C.Structure):
    _fields_ = [("name", C.c_char_p), ("summary", C.c_char_p), ("about", C.c_char_p), ("option", C.POINTER(OptionInfo)),
                ("n_option", C.c_int), ("table", C.POINTER(TableInfo)), ("n_table", C.c_int)]


class Column(C.Structure):
    _fields_ = [("name", C.c_char_p), ("unit", C.c_char_p), ("title", C.c_char_p), ("type", C.c_int), ("rows", C.c_int64),
                ("doubles", C.c_void_p), ("ints", C.c_void_p), ("offsets", C.c_void_p), ("bytes", C.c_void_p),
                ("valid", C.c_void_p)]


class State(C.Structure):
    _fields_ = [("running", C.c_int), ("status", C.c_int), ("done", C.c_uint64), ("total", C.c_uint64)]


class Diagnostic(C.Structure):
    _fields_ = [("code", C.c_char_p), ("message", C.c_char_p), ("label", C.c_char_p), ("help", C.c_char_p),
                ("file", C.c_char_p), ("severity", C.c_int), ("line", C.c_int), ("column", C.c_int)]


_H, _S, _N = C.c_void_p, C.c_char_p, C.POINTER
_SIGNATURES = {  # name: (result, arguments); None: enum quell_status
    "quell_abi": (C.c_int, []),
    "quell_version": (_S, []),
    "quell_last_error": (_S, []),
    "quell_status_text": (_S, [C.c_int]),
    "quell_explain_code": (_S, [_S]),
    "quell_verb_count": (C.c_int, []),
    "quell_verb_find": (_N(VerbInfo), [_S]),
    "quell_verb_at": (_N(VerbInfo), [C.c_int]),
    "quell_data_dir": (None, [_N(_S)]),
    "quell_table_new": (None, [_S, C.c_int64, _N(_H)]),
    "quell_table_add_doubles": (None, [_H, _S, _H]),
    "quell_table_add_int32": (None, [_H, _S, _H]),
    "quell_table_add_int64": (None, [_H, _S, _H]),
    "quell_table_add_text": (None, [_H, _S, _H]),
    "quell_table_free": (None, [_H]),
    "quell_table_size": (None, [_H, _N(C.c_int64), _N(C.c_int)]),
    "quell_table_column": (None, [_H, C.c_int, _N(Column)]),
    "quell_table_csv": (None, [_H, _N(_H), _N(C.c_size_t)]),
    "quell_table_arrow": (None, [_H, _H, _H]),
    "quell_table_take_arrow": (None, [_S, _H, _H, _N(_H)]),
    "quell_model_load": (None, [_S, _N(_H)]),
    "quell_model_parse": (None, [_S, _S, C.c_size_t, _N(_H)]),
    "quell_model_free": (None, [_H]),
    "quell_model_set": (None, [_H, _S, C.c_double]),
    "quell_model_get": (None, [_H, _S, _N(C.c_double)]),
    "quell_model_table": (None, [_H, _S, _N(_H)]),
    "quell_model_hash": (None, [_H, _N(C.c_uint64)]),
    "quell_model_messages": (None, [_H, _N(_S)]),
    "quell_run_new": (None, [_S, _N(_H)]),
    "quell_run_free": (None, [_H]),
    "quell_run_set_number": (None, [_H, _S, C.c_double]),
    "quell_run_set_text": (None, [_H, _S, _S]),
    "quell_run_set_table": (None, [_H, _S, _H]),
    "quell_run_set_model": (None, [_H, _S, _H]),
    "quell_run_start": (None, [_H]),
    "quell_run_poll": (None, [_H, C.c_int, _N(State)]),
    "quell_run_cancel": (None, [_H]),
    "quell_run_table_count": (None, [_H, _N(C.c_int)]),
    "quell_run_table_name": (None, [_H, C.c_int, _N(_S)]),
    "quell_run_table": (None, [_H, _S, _N(_H)]),
    "quell_run_json": (None, [_H, _N(_H), _N(C.c_size_t)]),
    "quell_run_diagnostic_count": (None, [_H, _N(C.c_int)]),
    "quell_run_diagnostic": (None, [_H, C.c_int, _N(Diagnostic)]),
    "quell_run_messages": (None, [_H, _N(_S)]),
}


def _candidates():
    named = os.environ.get("QUELL_LIBRARY")
    if named:
        return [named]
    here = os.path.dirname(os.path.abspath(__file__))
    up = [os.path.join(here, *[".."] * n) for n in (2, 3, 4, 5)]  # an installation's lib folder, or a checkout's build
    places = [os.path.join(u, d, "libquell.so.0") for u in up for d in ("", "lib", "build")]
    found = ctypes.util.find_library("quell")
    return [p for p in places if os.path.exists(p)] + ([found] if found else []) + ["libquell.so.0"]


def _open():
    faults = []
    for path in _candidates():
        try:
            lib = C.CDLL(path)
        except OSError as fault:
            faults.append(str(fault))
            continue
        if not hasattr(lib, "quell_abi"):
            raise ImportError("%s is no libquell" % path)
        if lib.quell_abi() != ABI:
            raise ImportError("%s has binary interface %d, this package needs %d; install the two from one version"
                              % (path, lib.quell_abi(), ABI))
        return lib
    raise ImportError("libquell.so.0 cannot be loaded (%s); install quell, or set QUELL_LIBRARY to its path"
                      % "; ".join(faults))


_lib = _open()
for _name, (_result, _arguments) in _SIGNATURES.items():
    _f = getattr(_lib, _name, None)
    if _f is None:
        raise ImportError("libquell %s has no %s(): it is older than this package; install the two from one version"
                          % (_lib.quell_version() if hasattr(_lib, "quell_version") else "", _name))
    _f.restype = C.c_int if _result is None else _result
    _f.argtypes = _arguments


def text(b):
    return b.decode("utf-8", "replace") if b else ""


def error(status, diagnostics=()):
    kind = {INPUT: InputError, IO: InputError, USAGE: UsageError, NUMERIC: SolverError}.get(status, QuellError)
    if status == MEMORY:
        return MemoryError(text(_lib.quell_last_error()))
    return kind(text(_lib.quell_last_error()), status, diagnostics)


def call(name, *arguments):
    """Calls a function that returns a status; raises unless it is fine."""
    status = getattr(_lib, name)(*arguments)
    if status != OK:
        raise error(status)


def plain(name, *arguments):
    return getattr(_lib, name)(*arguments)
