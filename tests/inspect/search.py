"""Search what a recorder stores for a word."""

from __future__ import annotations

from typing import Any


def is_stored(recorder: object, word: str) -> bool:
    """Return whether any object that the recorder holds contains the word."""
    seen: set[int] = set()
    waiting: list[Any] = [recorder]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, bytes | bytearray) and word.encode() in value:
            return True
        if isinstance(value, str) and word in value:
            return True
        waiting += _list_parts(value)
    return False


def _list_parts(value: Any) -> list[Any]:
    match value:
        case dict():
            return [*value, *value.values()]
        case list() | tuple() | set() | frozenset():
            return list(value)
    # Not into the event loop, which has the timer.
    if not type(value).__module__.startswith("bridge.inspect"):
        return []
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*vars_of(value).values(), *(getattr(value, name) for name in slots)]


def vars_of(value: object) -> dict[str, Any]:
    """Return the attributes of an object, also if it has slots only."""
    return getattr(value, "__dict__", {})
