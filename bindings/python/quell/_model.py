# SPDX-License-Identifier: Apache-2.0
"""Models and event tables."""
import ctypes as C
import os
from typing import Any, Dict, Mapping, Optional, Union

from . import _lib
from ._lib import UsageError, call, text
from ._run import Frame, Progress, Result
from ._table import Table, new_handle


class Model:
    """A model: quell's language, rxode2's, or SBML. Made by :func:`cll_model` and :func:`model`; never changes."""

    _is_model = True

    def __init__(self, path: Optional[str] = None, source: Optional[str] = None, name: str = "model",
                 values: Optional[Mapping[str, float]] = None):
        self._path, self._source, self.name = path, source, name
        self.values: Dict[str, float] = dict(values or {})
        if source is not None:
            if not isinstance(source, str):
                raise UsageError("a model text is str, not %s" % type(source).__name__, _lib.USAGE)
            b = source.encode("utf-8", "surrogatepass")
            self._handle = new_handle("quell_model_free", "quell_model_parse", name.encode(), b, len(b))
        else:
            b = None if path is None else os.fspath(path).encode()
            self._handle = new_handle("quell_model_free", "quell_model_load", b)
        for k, v in self.values.items():
            try:
                number = float(v)
            except (TypeError, ValueError):
                raise UsageError("`%s` takes a number, not %s" % (k, type(v).__name__), _lib.USAGE) from None
            call("quell_model_set", self._handle.value, k.encode(), number)

    def param(self, values: Optional[Mapping[str, float]] = None, **named: float) -> "Union[Model, Table]":
        """Without arguments the table of quantities (name, kind, unit, value, spread, grade, sources, meaning); with
        values a copy of the model in which these parameters or covariates are set."""
        if not values and not named:
            return self.quantities()
        return Model(self._path, self._source, self.name, {**self.values, **(values or {}), **named})

    def quantities(self) -> Table:
        return Table(new_handle("quell_table_free", "quell_model_table", self._handle.value, b"quantities"), "quantities")

    def doses(self) -> Table:
        """The ways in: name, unit, state, meaning."""
        return Table(new_handle("quell_table_free", "quell_model_table", self._handle.value, b"doses"), "doses")

    def __getitem__(self, name: str) -> float:
        x = C.c_double()
        call("quell_model_get", self._handle.value, name.encode(), C.byref(x))
        return x.value

    @property
    def hash(self) -> str:
        h = C.c_uint64()
        call("quell_model_hash", self._handle.value, C.byref(h))
        return "%016x" % h.value

    @property
    def messages(self) -> str:
        p = C.c_char_p()
        call("quell_model_messages", self._handle.value, C.byref(p))
        return text(p.value)

    def simulate(self, events: Frame = None, progress: Progress = None, **options: Any) -> Result:
        """With ``events`` (a NONMEM data set: data frame, dict of columns or path) the records through this model, see
        :func:`quell.dataset`; without, a profile under ``regimens``, see :func:`quell.simulate`."""
        from . import verbs

        if events is not None:
            return verbs.dataset(data=events, model=self, progress=progress, **options)
        return verbs.simulate(model=self, progress=progress, **options)

    def __repr__(self):
        shown = "".join(", %s=%g" % kv for kv in self.values.items())
        return "<quell model %s %s%s>" % (self._path or self.name if self._path or self._source else "cll", self.hash, shown)


def cll_model(**values: float) -> Model:
    """The model of chronic lymphocytic leukaemia that comes with quell; names with dots go into :meth:`Model.param`."""
    return Model(values=values)


def model(source: str, **values: float) -> Model:
    """A model from the path of a file, or from a text (anything with a line end in it)."""
    if isinstance(source, str) and "\n" in source:
        return Model(source=source, values=values)
    return Model(path=source, values=values)


_ITEMS = ("ID", "TIME", "AMT", "RATE", "DUR", "II", "ADDL", "SS", "CMT", "EVID")


def ev(amt: float = 0.0, time: float = 0.0, ii: float = 0.0, addl: int = 0, ss: int = 0, rate: float = 0.0,
       dur: float = 0.0, cmt: Union[None, int, str] = None, evid: Optional[int] = None, ID: Any = 1,
       times: Any = ()) -> Dict[str, list]:
    """An event table as a dict of NONMEM columns: one dose, and observations at ``times`` (model time).

    Several tables are joined by :func:`events`. ``ID`` may be a list: every subject gets the same records.
    """
    rows = [dict(TIME=float(time), AMT=float(amt), RATE=float(rate), DUR=float(dur), II=float(ii), ADDL=int(addl),
                 SS=int(ss), CMT="" if cmt is None else str(cmt), EVID=(1 if amt else 0) if evid is None else int(evid))]
    if not amt and evid is None and not (ss and rate):
        rows = []
    rows += [dict(TIME=float(t), AMT=0.0, RATE=0.0, DUR=0.0, II=0.0, ADDL=0, SS=0, CMT="", EVID=0) for t in times]
    ids = list(ID) if isinstance(ID, (list, tuple, range)) else [ID]
    return _table([dict(r, ID=i) for i in ids for r in rows])


def events(*tables: Mapping[str, list]) -> Dict[str, list]:
    """Event tables together, sorted by ID and TIME; at one time doses come before observations."""
    rows = [dict(zip(t.keys(), r)) for t in tables for r in zip(*t.values())]
    return _table(rows)


def _table(rows):
    order = {}
    for r in rows:
        order.setdefault(r["ID"], len(order))
    rows.sort(key=lambda r: (order[r["ID"]], r["TIME"], r["EVID"] == 0))
    return {k: [r[k] for r in rows] for k in _ITEMS}
