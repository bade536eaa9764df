# SPDX-License-Identifier: Apache-2.0
"""From keyword arguments to a run, and from a run to its result."""
import ctypes as C
import json as _json
import keyword
import os
import sys
import warnings
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from . import _lib
from ._lib import Diagnostic, QuellWarning, State, UsageError, call, error, plain, text
from ._table import Table, _Handle, new_handle, table_of

Frame = Union[None, str, Mapping[str, Sequence[Any]], Any]  # a data frame, a dict of columns, or the path of a CSV file
Items = Union[None, str, Sequence[str], Mapping[str, float]]  # one item, several, or {name: value}
ModelLike = Union[None, str, Any]  # a Model, or the path of one
Progress = Union[None, bool, Callable[[int, int], Any]]

_FLAG, _NUMBER, _WHOLE, _CHOICE, _TEXT, _LIST, _TABLE, _MODEL = range(8)
_POLL_MS = 100


class Result(Mapping):
    """What a verb returned: tables by name, and the JSON that the command line prints.

    ``result["endpoints"]`` and ``result.endpoints`` are Tables. ``status`` is 0, or 6 after an interrupt, or 8 where a
    part could not be solved (a QuellWarning says which). ``messages`` holds warnings and notes as text.
    """

    def __init__(self, verb: str, run: _Handle, status: int):
        self.verb, self._run, self.status = verb, run, status
        n = C.c_int()
        call("quell_run_table_count", run.value, C.byref(n))
        self._tables: Dict[str, Table] = {}
        for i in range(n.value):
            name = C.c_char_p()
            call("quell_run_table_name", run.value, i, C.byref(name))
            handle = new_handle("quell_table_free", "quell_run_table", run.value, name.value)
            self._tables[text(name.value)] = Table(handle, text(name.value))
        self.messages = _messages(run)
        self.diagnostics = _diagnostics(run)

    def __getitem__(self, name: str) -> Table:
        if name not in self._tables:
            raise KeyError("%s has no table `%s`; it has %s" % (self.verb, name, ", ".join(self._tables)))
        return self._tables[name]

    def __getattr__(self, name: str) -> Table:
        tables = self.__dict__.get("_tables", {})
        if name in tables:
            return tables[name]
        raise AttributeError("%s has no table `%s`" % (self.__dict__.get("verb", "the result"), name))

    def __iter__(self):
        return iter(self._tables)

    def __len__(self):
        return len(self._tables)

    @property
    def json_text(self) -> str:
        """The bytes of the command line's --json, as text; "" for `dataset`."""
        p, n = C.c_void_p(), C.c_size_t()
        call("quell_run_json", self._run.value, C.byref(p), C.byref(n))
        return C.string_at(p.value, n.value).decode("utf-8")

    @property
    def json(self) -> Any:
        return _json.loads(self.json_text) if self.json_text else None

    def __repr__(self):
        return "<quell %s: %s>" % (self.verb, ", ".join("%s (%d rows)" % (k, len(t)) for k, t in self._tables.items()))


def _messages(run):
    p = C.c_char_p()
    call("quell_run_messages", run.value, C.byref(p))
    return text(p.value)


def _diagnostics(run) -> List[Dict[str, Any]]:
    n = C.c_int()
    call("quell_run_diagnostic_count", run.value, C.byref(n))
    out = []
    for i in range(n.value):
        d = Diagnostic()
        call("quell_run_diagnostic", run.value, i, C.byref(d))
        out.append(dict(code=text(d.code), severity=("error", "warning", "note")[d.severity], message=text(d.message),
                        label=text(d.label), help=text(d.help), file=text(d.file), line=d.line, column=d.column))
    return out


def _is_text(value):
    return isinstance(value, (str, os.PathLike))


def _set_text(run, name, value):
    call("quell_run_set_text", run.value, name, os.fspath(value).encode("utf-8", "surrogatepass"))


def _set_number(run, name, value):
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise UsageError("`%s` takes a number, not %s" % (text(name), type(value).__name__), _lib.USAGE) from None
    except OverflowError:
        number = float("inf")
    call("quell_run_set_number", run.value, name, number)


def _items(name, value):
    if _is_text(value):
        return [value]
    if isinstance(value, Mapping):
        return ["%s=%r" % (k, _float(name, v)) for k, v in value.items()]
    if isinstance(value, (bytes, bytearray)) or not hasattr(value, "__iter__"):
        value = [value]
    return [v if _is_text(v) else repr(_float(name, v)) for v in value]


def _float(name, value):
    if value is None or isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise UsageError("`%s` takes texts, or numbers, not %s" % (text(name), type(value).__name__), _lib.USAGE)
    return float(value)


def _set(run, option, value, keep):
    """One option by its kind. Types that the library does not take are left to its own message."""
    name, kind = option.name, option.kind
    if kind == _LIST:
        for item in _items(name, value):
            _set_text(run, name, item)
    elif kind in (_TABLE, _MODEL) and not _is_text(value):
        handle = getattr(value, "_handle", None)
        if kind == _MODEL:
            if not handle or not hasattr(value, "_is_model"):
                raise UsageError("`%s` takes a model or a path, not %s" % (text(name), type(value).__name__), _lib.USAGE)
            call("quell_run_set_model", run.value, name, handle.value)
        else:
            table = table_of(value, text(name))
            call("quell_run_set_table", run.value, name, table.value)
            keep.append(table)
    elif _is_text(value):
        _set_text(run, name, value)
    else:
        _set_number(run, name, value)


def _say(verb):
    def line(done, total):
        if total:
            sys.stderr.write("\r%s %3.0f %%" % (verb, 100.0 * done / total))
            sys.stderr.write("\r" + " " * 40 + "\r" if done >= total else "")
            sys.stderr.flush()

    return line


def _wait(run, verb, progress):
    """Polls, so that Ctrl-C reaches us; the library stops within a second and keeps what it has."""
    tell = _say(verb) if progress is True else progress if callable(progress) else None
    state = State()
    stopped: Optional[BaseException] = None
    while True:
        try:
            call("quell_run_poll", run.value, _POLL_MS, C.byref(state))
            if not state.running:
                break
            if tell and stopped is None:
                tell(state.done, state.total)
        except BaseException as cause:  # KeyboardInterrupt, or a fault of the caller's progress function
            if stopped is not None:
                raise
            stopped = cause
            plain("quell_run_cancel", run.value)
    if stopped is not None:
        raise stopped
    if tell and state.total:
        tell(state.total, state.total)
    return state.status


def argument_name(option) -> str:
    """The option as an argument: a word that Python reserves gets an underscore (``with_``)."""
    name = text(option.name).replace("-", "_")
    return name + "_" if keyword.iskeyword(name) else name


def _run(verb: str, arguments: Mapping[str, Any]) -> Result:
    info = plain("quell_verb_find", verb.encode()).contents
    run = new_handle("quell_run_free", "quell_run_new", verb.encode())
    run.keep = []
    for i in range(info.n_option):
        option = info.option[i]
        value = arguments.get(argument_name(option))
        if value is not None:
            _set(run, option, value, run.keep)
    call("quell_run_start", run.value)
    status = _wait(run, verb, arguments.get("progress"))
    if status not in (_lib.OK, _lib.INTERRUPTED, _lib.NUMERIC):
        raise error(status, _diagnostics(run))
    result = Result(verb, run, status)
    if status == _lib.NUMERIC and not len(result):
        raise error(status, result.diagnostics)
    loud = [d for d in result.diagnostics if d["severity"] != "note"]
    if loud:
        warnings.warn("\n" + result.messages, QuellWarning, stacklevel=3)
    return result
