# SPDX-License-Identifier: Apache-2.0
"""The Arrow PyCapsule interface over quell_table_arrow()."""
import ctypes as C

from . import _lib
from ._lib import UsageError, call

_SCHEMA_SIZE, _ARRAY_SIZE = 9 * 8, 10 * 8  # of the two public structures on 64-bit machines
_RELEASE_AT = {b"arrow_schema": 7 * 8, b"arrow_array": 8 * 8}

_api = C.pythonapi
_new = _api.PyCapsule_New
_new.restype, _new.argtypes = C.py_object, [C.c_void_p, C.c_char_p, C.c_void_p]
_pointer = C.PYFUNCTYPE(C.c_void_p, C.c_void_p, C.c_char_p)(("PyCapsule_GetPointer", _api))
_name = C.PYFUNCTYPE(C.c_char_p, C.c_void_p)(("PyCapsule_GetName", _api))
_take = _api.PyCapsule_GetPointer
_take.restype, _take.argtypes = C.c_void_p, [C.py_object, C.c_char_p]
_libc = C.CDLL(None)
_libc.malloc.restype, _libc.malloc.argtypes = C.c_void_p, [C.c_size_t]
_libc.free.restype, _libc.free.argtypes = None, [C.c_void_p]


@C.PYFUNCTYPE(None, C.c_void_p)
def _destroy(capsule):
    """Releases what nobody took over, then the structure itself."""
    name = _name(capsule)
    memory = _pointer(capsule, name)
    release = C.c_void_p.from_address(memory + _RELEASE_AT[name]).value
    if release:
        C.CFUNCTYPE(None, C.c_void_p)(release)(memory)
    _libc.free(memory)


_destroyer = C.cast(_destroy, C.c_void_p)
_names = {n: C.c_char_p(n) for n in _RELEASE_AT}  # a capsule keeps the pointer


def export(handle):
    schema, array = _libc.malloc(_SCHEMA_SIZE), _libc.malloc(_ARRAY_SIZE)
    if not schema or not array:
        raise MemoryError("no memory for the Arrow structures")
    try:
        call("quell_table_arrow", handle, schema, array)
    except Exception:
        _libc.free(schema)
        _libc.free(array)
        raise
    return (_new(schema, _names[b"arrow_schema"], _destroyer), _new(array, _names[b"arrow_array"], _destroyer))


def take(frame, name):
    """A library table of what the frame hands over; the library releases both structures."""
    from ._table import new_handle

    capsules = frame.__arrow_c_array__()
    try:
        schema, array = (_take(c, n) for c, n in zip(capsules, (b"arrow_schema", b"arrow_array")))
    except (TypeError, ValueError):
        raise UsageError("`%s`: __arrow_c_array__() did not give the two capsules of Arrow" % name, _lib.USAGE) from None
    return new_handle("quell_table_free", "quell_table_take_arrow", name.encode(), schema, array)
