"""What became of each field of a request, found by translating the request without it.

No list says what the translation does: it is asked. What changes upstream when a field is left out
is where the field went, and the notices that are missing then are about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Fate = Literal["kept", "renamed", "moved", "changed", "emulated", "set_aside", "used_here", "added"]
"""`used_here`: the bridge uses it itself, or it is what would be sent anyway. `added`: no field of
the client's asked for it."""

Translate = Callable[[Mapping[str, Any]], tuple[Mapping[str, Any], Sequence[str]]]
"""Translates a client's body; returns the body for upstream and the notices. Raises Untranslatable
for a body that is not valid."""

MOST_FIELDS = 60
"""Each costs a translation; a request with more fields is not one of an API that we speak."""

_PROMPT = ("messages", "system")
_ABSENT = object()


class Untranslatable(Exception):
    """A request without one of its fields cannot be translated: the field is required."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place in the request to upstream, and the value there; None if the field removes it."""

    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the client's and what became of it."""

    name: str
    value: Any
    fate: Fate
    targets: tuple[Target, ...] = ()
    notices: tuple[str, ...] = ()


def explain_fields(body: Mapping[str, Any], translate: Translate) -> list[Field]:
    """Return what became of each field, then what the bridge added.

    Raises Untranslatable if the body itself cannot be translated.
    """
    upstream, notices = translate(body)
    required: list[str] = []
    fields: dict[str, Field] = {}
    for name in list(body)[:MOST_FIELDS]:
        rest = {other: value for other, value in body.items() if other != name}
        try:
            without, remaining = translate(rest)
        except Untranslatable:
            required.append(name)
            continue
        lost = tuple(notice for notice in notices if notice not in remaining)
        targets = tuple(_list_changes(without, upstream, ""))
        fields[name] = _build_field(name, body[name], targets, lost)
    # A field that adds an instruction takes a part of the prompt only.
    whole = {target.path for field in fields.values() for target in field.targets}
    for name in required:
        fields[name] = _explain_required(name, body[name], upstream, whole, notices)
    taken = {target.path.split(".")[0] for field in fields.values() for target in field.targets}
    added = [
        Field(name, None, "added", (Target(name, value),))
        for name, value in upstream.items()
        if name not in taken
    ]
    return [*(fields[name] for name in body if name in fields), *added]


def _build_field(
    name: str, value: Any, targets: tuple[Target, ...], notices: tuple[str, ...]
) -> Field:
    return Field(name, value, _choose_fate(name, value, targets, notices), targets, notices)


def _choose_fate(
    name: str, value: Any, targets: tuple[Target, ...], notices: tuple[str, ...]
) -> Fate:
    if not targets:
        return "set_aside" if notices else "used_here"
    for target in targets:
        if target.path == name or target.path.startswith(f"{name}."):
            if target.value in (value, _unwrap(value, name, target)):
                return "kept"
        elif target.value == value and "." not in target.path:
            return "renamed"
    if all(target.path.split(".")[0] == name for target in targets):
        return "changed"
    in_prompt = any(target.path.split(".")[0] in _PROMPT for target in targets)
    return "emulated" if in_prompt and name not in _PROMPT else "moved"


def _unwrap(value: Any, name: str, target: Target) -> Any:
    """Return the part of the client's value at the target's path."""
    for step in target.path.removeprefix(name).strip(".").split("."):
        value = value.get(step, _ABSENT) if step and isinstance(value, Mapping) else value
    return value


def _explain_required(
    name: str,
    value: Any,
    upstream: Mapping[str, Any],
    taken: set[str],
    notices: Sequence[str],
) -> Field:
    """Explain a field that no request goes without: the model, or the conversation."""
    fate: Fate
    about = tuple(notice for notice in notices if notice.startswith(f"{name}:"))
    if name in upstream and name not in _PROMPT:
        fate = "kept" if upstream[name] == value else "changed"
        return Field(name, value, fate, (Target(name, upstream[name]),), about)
    # The conversation: what no other field has put into the prompt.
    targets = tuple(
        Target(part, upstream[part]) for part in _PROMPT if part in upstream and part not in taken
    )
    if not targets:
        targets = tuple(Target(part, upstream[part]) for part in _PROMPT[:1] if part in upstream)
    if len(targets) == 1 and targets[0].path == name:
        return Field(
            name, value, "kept" if targets[0].value == value else "changed", targets, about
        )
    return Field(name, value, "moved", targets, about)


def _list_changes(before: Any, after: Any, path: str) -> Iterator[Target]:
    """Yield the places where `after` differs, with its values there."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*after, *before)):
            old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
            inner = f"{path}.{name}" if path else str(name)
            if old is _ABSENT or new is _ABSENT:
                yield Target(inner, None if new is _ABSENT else new)
            elif old != new:
                yield from _list_changes(old, new, inner)
        return
    if isinstance(before, list) and isinstance(after, list) and len(after) > len(before):
        # Blocks were added at one place.
        start = next(
            (at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
            len(before),
        )
        count = len(after) - len(before)
        if before[start:] == after[start + count :]:
            added = after[start : start + count]
            yield Target(f"{path}.{start}" if count == 1 else f"{path}.{start}…", _single(added))
            return
    yield Target(path, after)


def _single(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items
