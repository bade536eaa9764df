# SPDX-License-Identifier: Apache-2.0
"""The verbs: one function each, made from the library's own tables when the package is loaded. verbs.pyi shows their
signatures to type checkers."""
import inspect
import textwrap
from typing import Optional

from ._lib import plain, text
from ._run import Frame, Items, ModelLike, Progress, Result, _run, argument_name

_FLAG, _NUMBER, _WHOLE, _CHOICE, _TEXT, _LIST, _TABLE, _MODEL = range(8)
_TYPES = {_FLAG: bool, _NUMBER: float, _WHOLE: int, _CHOICE: str, _TEXT: str, _LIST: Items, _TABLE: Frame, _MODEL: ModelLike}
_NAMES = {_LIST: "Items", _TABLE: "Frame", _MODEL: "ModelLike"}


def _default(option):
    shown = text(option.fallback)
    if option.kind == _FLAG:
        return False
    if not shown or shown.startswith("("):
        return None
    return int(shown) if option.kind == _WHOLE else float(shown) if option.kind == _NUMBER else shown


def _parameters(verb, options):
    """The option that the verb cannot do without may be given without its name."""
    first = next((o for o in options if o.name == b"regimens" and verb != "recommend"), options[0])
    for o in [first] + [o for o in options if o is not first]:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if o is first else inspect.Parameter.KEYWORD_ONLY
        default, hint = _default(o), _TYPES[o.kind]
        if default is None and o.kind <= _TEXT:
            hint = Optional[hint]
        yield inspect.Parameter(argument_name(o), kind, default=default, annotation=hint)
    yield inspect.Parameter("progress", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Progress)


def _meaning(option):
    said = text(option.help)
    if option.choices:
        said += ": " + text(option.choices).replace("|", ", ")
    if option.kind in (_NUMBER, _WHOLE) and option.hi < 1e300:
        said += ", %g to %g" % (option.lo, option.hi)
    if option.unit:
        said += ", in " + text(option.unit)
    shown = text(option.fallback)
    return said + (" (default: %s)" % shown[1:-1] if shown.startswith("(") else "")


def _manual(info, options):
    lines = [text(info.summary) + ".", "", textwrap.fill(text(info.about), 100), "", "Parameters", "----------"]
    for o in options:
        lines += ["%s : %s" % (argument_name(o), _NAMES.get(o.kind, _TYPES[o.kind].__name__ if o.kind < _LIST else "")), "    " + _meaning(o)]
    lines += ["progress : callable(done, total), or True for a line on standard error", "", "Returns", "-------",
              "Result with the tables", ""]
    for i in range(info.n_table):
        t = info.table[i]
        lines += ["%s : %s" % (text(t.name), text(t.rows)),
                  textwrap.fill(text(t.columns), 96, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join(lines)


def _make(info):
    name = text(info.name)
    options = [info.option[i] for i in range(info.n_option)]
    signature = inspect.Signature(list(_parameters(name, options)), return_annotation=Result)

    def verb(*arguments, **named):
        try:
            bound = signature.bind(*arguments, **named)
        except TypeError as fault:
            raise TypeError("%s: %s" % (name, fault)) from None
        return _run(name, bound.arguments)

    verb.__name__ = verb.__qualname__ = name
    verb.__doc__ = _manual(info, options)
    verb.__signature__ = signature
    verb.__annotations__ = dict({p.name: p.annotation for p in signature.parameters.values()}, **{"return": Result})
    return verb


__all__ = [text(plain("quell_verb_at", i).contents.name) for i in range(plain("quell_verb_count"))]
for _i, _verb in enumerate(__all__):
    globals()[_verb] = _make(plain("quell_verb_at", _i).contents)
