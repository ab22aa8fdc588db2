"""Check a JSON response of the server and convert it to its type in `bridge.wire`.

The types are the server's own, without pydantic: loading pydantic would cost the tray, which runs
all day, more memory than all of its other modules. This reader covers what those types use:
dataclasses, TypedDicts, literals, unions, lists, dicts with string keys, and plain values.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import (
    Any,
    Literal,
    NotRequired,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from typing_extensions import is_typeddict

_T = TypeVar("_T")


class UnexpectedResponse(ValueError):
    """The response is not from a claude-bridge; the message names the first wrong field."""


class _WrongField(ValueError):
    """A field is missing or has a wrong value; the message starts with its path."""


def read_response(shape: type[_T], payload: object, path: str) -> _T:
    """Return `payload`, the JSON from `path`, as an instance of `shape`.

    Fields that the type does not know are ignored, so that a newer server can be read. Fields
    with a default may be missing, so that an older one can. Raises UnexpectedResponse.
    """
    try:
        return cast(_T, _read_value(shape, payload, ""))
    except _WrongField as error:
        raise UnexpectedResponse(f"{path} is not from a claude-bridge server: {error}") from error


def _read_value(hint: Any, value: object, field: str) -> Any:
    if is_dataclass(hint):
        return _read_dataclass(cast(type, hint), value, field)
    if is_typeddict(hint):
        return _read_typed_dict(hint, value, field)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _read_union(arguments, value, field)
    if origin is Literal:
        if value not in arguments:
            raise _WrongField(f"{field or 'the body'} is {value!r}, not one of {arguments}")
        return value
    if origin is list:
        items = _require(list, value, field)
        return [_read_value(arguments[0], item, f"{field}[{at}]") for at, item in enumerate(items)]
    if origin is dict:
        entries = _require(dict, value, field)
        return {
            str(key): _read_value(arguments[1], item, f"{field}.{key}")
            for key, item in entries.items()
        }
    return _read_plain_value(hint, value, field)


def _read_dataclass(shape: type, value: object, field: str) -> Any:
    payload = _require(dict, value, field)
    hints = _resolve_hints(shape)
    values: dict[str, Any] = {}
    for known in fields(shape):
        if known.name in payload:
            name = f"{field}.{known.name}".lstrip(".")
            values[known.name] = _read_value(hints[known.name], payload[known.name], name)
        elif known.default is MISSING and known.default_factory is MISSING:
            raise _WrongField(f"{field}.{known.name}".lstrip(".") + " is missing")
    return shape(**values)


def _read_typed_dict(shape: Any, value: object, field: str) -> dict[str, Any]:
    payload = _require(dict, value, field)
    values: dict[str, Any] = {}
    for name, hint in _resolve_hints(shape).items():
        if name in payload:
            values[name] = _read_value(hint, payload[name], f"{field}.{name}".lstrip("."))
        elif name in shape.__required_keys__ and name not in _list_not_required(shape):
            raise _WrongField(f"{field}.{name}".lstrip(".") + " is missing")
    return values


def _read_union(arguments: tuple[Any, ...], value: object, field: str) -> Any:
    # The wire types have no unions but `X | None`.
    if value is None and type(None) in arguments:
        return None
    (shape,) = (argument for argument in arguments if argument is not type(None))
    return _read_value(shape, value, field)


def _read_plain_value(kind: Any, value: object, field: str) -> Any:
    if kind is float and type(value) is int:
        # JSON has one kind of number: 12.0 may arrive as 12.
        return float(value)
    # Not isinstance: True is an int to Python, but a wrong value for a count.
    if type(value) is not kind:
        raise _WrongField(f"{field or 'the body'} is {value!r}, not a {kind.__name__}")
    return value


def _require(kind: type[_T], value: object, field: str) -> _T:
    if not isinstance(value, kind):
        raise _WrongField(f"{field or 'the body'} is {value!r}, not a {kind.__name__}")
    return value


@cache
def _resolve_hints(shape: Any) -> dict[str, Any]:
    """Resolve annotations once per type; /health is read every second."""
    return get_type_hints(shape)


@cache
def _list_not_required(shape: Any) -> frozenset[str]:
    # `__required_keys__` includes them: it is made before annotations that are strings, as they
    # are after `from __future__ import annotations`, can be resolved.
    hints = get_type_hints(shape, include_extras=True)
    return frozenset(name for name, hint in hints.items() if get_origin(hint) is NotRequired)
