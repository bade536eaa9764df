# SPDX-License-Identifier: Apache-2.0
"""Tables of the library as columns: numpy arrays over its own memory where numpy is there, lists otherwise."""
import ctypes as C

from . import _lib
from ._lib import Column, UsageError, call, plain, text

try:
    import numpy
except ImportError:
    numpy = None

_DOUBLE, _INT64, _TEXT = range(3)


class _Handle:
    """A handle that is freed once."""

    def __init__(self, free, value=None):
        self._free = free
        self.value = value

    def __del__(self):
        value, self.value = self.value, None
        if value:
            plain(self._free, value)


def new_handle(free, name, *arguments):
    out = C.c_void_p()
    call(name, *arguments, C.byref(out))
    return _Handle(free, out.value)


class Table:
    """One table of a result.

    ``table["column"]`` is a read-only numpy array of shape (rows,) over the library's memory (a list without numpy);
    text columns are lists of str, None where missing. ``units`` and ``titles`` are dicts by column. ``pandas()``,
    ``arrow()``, ``csv()`` and the Arrow PyCapsule interface give it to other packages.
    """

    def __init__(self, handle, name=""):
        self._handle = handle
        self.name = name
        rows, n = C.c_int64(), C.c_int()
        call("quell_table_size", handle.value, C.byref(rows), C.byref(n))
        self._columns = {}
        for i in range(n.value):
            c = Column()
            call("quell_table_column", handle.value, i, C.byref(c))
            self._columns[text(c.name)] = c
        self._rows = rows.value
        self.columns = list(self._columns)
        self.units = {k: text(c.unit) for k, c in self._columns.items()}
        self.titles = {k: text(c.title) for k, c in self._columns.items()}
        self._made = {}

    def __len__(self):
        return self._rows

    def __iter__(self):
        return iter(self.columns)

    def __contains__(self, name):
        return name in self._columns

    def keys(self):
        return list(self.columns)

    def __getitem__(self, name):
        if name not in self._columns:
            raise KeyError("the table `%s` has no column `%s`; it has %s" % (self.name, name, ", ".join(self.columns)))
        if name not in self._made:
            self._made[name] = self._make(self._columns[name])
        return self._made[name]

    def _make(self, c):
        if c.type == _TEXT:
            return self._texts(c)
        kind, address = (C.c_double, c.doubles) if c.type == _DOUBLE else (C.c_int64, c.ints)
        if not self._rows:
            return numpy.empty(0, dtype=kind) if numpy else []
        memory = (kind * self._rows).from_address(address)
        memory._owner = self._handle  # the array keeps the table alive
        if not numpy:
            return list(memory)
        array = numpy.frombuffer(memory, dtype=kind)
        array.flags.writeable = False
        return array

    def _texts(self, c):
        if not self._rows:
            return []
        at = (C.c_int32 * (self._rows + 1)).from_address(c.offsets)
        data = C.string_at(c.bytes, at[self._rows])
        valid = C.string_at(c.valid, (self._rows + 7) // 8) if c.valid else None
        known, out = {}, []
        for i in range(self._rows):
            if valid and not valid[i // 8] >> i % 8 & 1:
                out.append(None)
                continue
            b = data[at[i]:at[i + 1]]
            if b not in known:
                known[b] = b.decode("utf-8")
            out.append(known[b])
        return out

    def to_dict(self):
        return {k: self[k] for k in self.columns}

    def pandas(self):
        """A pandas.DataFrame; ``attrs["units"]`` and ``attrs["titles"]`` describe the columns."""
        import pandas

        frame = pandas.DataFrame(self.to_dict(), columns=self.columns)
        frame.attrs.update(units=dict(self.units), titles=dict(self.titles))
        return frame

    def csv(self):
        """The table as CSV text, numbers as the shortest decimals that read back equal."""
        p, n = C.c_void_p(), C.c_size_t()
        call("quell_table_csv", self._handle.value, C.byref(p), C.byref(n))
        return C.string_at(p.value, n.value).decode("utf-8")

    def arrow(self):
        """A pyarrow.RecordBatch over the same memory, without a copy."""
        import pyarrow

        return pyarrow.record_batch(self)

    def __arrow_c_array__(self, requested_schema=None):
        from ._arrow import export

        return export(self._handle.value)

    def __repr__(self):
        shown = ["%s%s" % (k, " (%s)" % u if u and u != "1" else "") for k, u in self.units.items()]
        return "<quell table %s: %d rows; %s>" % (self.name, self._rows, ", ".join(shown))


# ---- from data frames ----


def _column(name, values):
    """(function, pointer, what to keep alive) for one column."""
    if hasattr(values, "dtype") and str(values.dtype) == "category":
        values = values.astype(object)
    if numpy is not None:
        return _numpy_column(name, values)
    values = list(values)
    if all(v is None or isinstance(v, str) for v in values) and any(isinstance(v, str) for v in values):
        return _text_column(values)
    if any(isinstance(v, (str, bytes)) or (v is not None and not hasattr(v, "__float__")) for v in values):
        raise _mixed(name, values)
    memory = (C.c_double * max(1, len(values)))(*[float("nan") if v is None else float(v) for v in values])
    return "quell_table_add_doubles", C.addressof(memory), memory


def _mixed(name, values):
    kinds = sorted({type(v).__name__ for v in values})
    return UsageError("column `%s` holds %s; a column holds numbers or text" % (name, " and ".join(kinds[:4])), _lib.USAGE)


def _text_column(values):
    memory = (C.c_char_p * max(1, len(values)))(*[None if v is None else v.encode("utf-8", "surrogatepass") for v in values])
    return "quell_table_add_text", C.addressof(memory), memory


def _missing(v):
    return v is None or v != v or type(v).__name__ in ("NAType", "NaTType")


def _numpy_column(name, values):
    if type(values).__module__.startswith("pandas") and hasattr(values, "to_numpy"):
        array = values.to_numpy()  # nullable types come as objects
    elif isinstance(values, (list, tuple)) and not all(type(v) in (int, float) for v in values):
        array = numpy.empty(len(values), dtype=object)  # as it is: asarray would turn numbers beside text into text
        array[:] = values
    else:
        array = numpy.asarray(values)
    if array.ndim != 1:
        raise UsageError("column `%s` has %d dimensions; a column has one" % (name, array.ndim), _lib.USAGE)
    if array.dtype.kind in "US":
        return _text_column([str(v) for v in array.tolist()])
    if array.dtype.kind == "O":
        items = [None if _missing(v) else v for v in array.tolist()]
        if any(isinstance(v, str) for v in items):
            if all(v is None or isinstance(v, str) for v in items):
                return _text_column(items)
            raise _mixed(name, items)
        if any(v is not None and (not hasattr(v, "__float__") or hasattr(v, "__len__")) for v in items):
            raise _mixed(name, items)
        array = numpy.array([numpy.nan if v is None else float(v) for v in items], dtype=float)
    if array.dtype.kind not in "fiub":
        raise UsageError("column `%s` holds %s; a column holds numbers or text" % (name, array.dtype), _lib.USAGE)
    if array.dtype == numpy.int32 or array.dtype == numpy.int64:
        array = numpy.ascontiguousarray(array)
        add = "quell_table_add_int32" if array.dtype == numpy.int32 else "quell_table_add_int64"
    else:
        array = numpy.ascontiguousarray(array, dtype=float)
        add = "quell_table_add_doubles"
    return add, array.ctypes.data, array


def table_of(frame, name="data"):
    """A library table of a pandas.DataFrame, a dict of columns, a structured numpy array, or anything with the Arrow
    PyCapsule interface (pyarrow.RecordBatch, a Table of this package), whose columns are not copied."""
    if hasattr(frame, "__arrow_c_array__"):
        from ._arrow import take

        return take(frame, name)
    if hasattr(frame, "dtype") and getattr(frame.dtype, "names", None):
        frame = {k: frame[k] for k in frame.dtype.names}
    if isinstance(frame, (str, bytes)) or not hasattr(frame, "keys") or not hasattr(frame, "__getitem__"):
        raise UsageError("`%s` takes a data frame or a dict of columns, not %s" % (name, type(frame).__name__), _lib.USAGE)
    columns = []
    for k in list(frame.keys()):
        if not isinstance(k, str):
            raise UsageError("column names are text, not %r" % (k,), _lib.USAGE)
        columns.append((k, frame[k]))
    rows = {len(v) for _, v in columns if hasattr(v, "__len__")}
    if any(isinstance(v, (str, bytes)) or not hasattr(v, "__len__") for _, v in columns) or len(rows) > 1:
        raise UsageError("the columns of `%s` are sequences of one length" % name, _lib.USAGE)
    handle = new_handle("quell_table_free", "quell_table_new", name.encode(), rows.pop() if rows else 0)
    handle.keep = []
    for k, values in columns:
        add, pointer, memory = _column(k, values)
        call(add, handle.value, k.encode("utf-8", "surrogatepass"), pointer)
        handle.keep.append(memory)
    return handle
