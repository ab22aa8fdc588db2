"""Replaces keys in a stream of events, also one whose pieces came in several of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.logs import find_secrets
from bridge.wire.json_bytes import decode_json, encode_json

_PIECES = frozenset(
    (
        "text", "thinking", "partial_json", "content", "arguments", "delta", "refusal",
        "reasoning_content", "reasoning", "summary", "input",
    )
)  # fmt: skip
"""Fields that hold a piece of a text which the next event continues."""
_PLACES = ("index", "output_index", "content_index", "summary_index")
"""Fields that say which of several texts a piece belongs to."""


def replace_split_keys(events: Sequence[bytes]) -> list[bytes]:
    """Return the events without keys that are split over several; the first piece says so.

    Keys that are whole in one event stay: they are replaced when it is shown.
    """
    values = [_decode(event) for event in events]
    texts: dict[tuple[Any, ...], list[tuple[int, dict[str, Any], str]]] = {}
    for number, value in enumerate(values):
        for place, parent, name in _list_pieces(value, ()):
            texts.setdefault(place, []).append((number, parent, name))
    changed: set[int] = set()
    for pieces in texts.values():
        changed |= _replace_in(pieces)
    return [
        encode_json(value) if number in changed else event
        for number, (event, value) in enumerate(zip(events, values, strict=True))
    ]


def _decode(event: bytes) -> Any:
    try:
        return decode_json(event)
    except ValueError:
        return None


def _list_pieces(
    value: Any, place: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any], str]]:
    """Yield the place of each piece, and the object and the field that hold it."""
    if isinstance(value, list):
        for item in value:
            yield from _list_pieces(item, place)
    if not isinstance(value, dict):
        return
    place = (*place, *(value[name] for name in _PLACES if isinstance(value.get(name), int)))
    for name, item in value.items():
        if isinstance(item, str):
            if name in _PIECES and item:
                yield (*place, name), value, name
        elif isinstance(item, Mapping | list):
            yield from _list_pieces(item, (*place, name))


def _replace_in(pieces: Sequence[tuple[int, dict[str, Any], str]]) -> set[int]:
    """Replace the split keys of one text in its pieces; return the numbers of changed events."""
    if len(pieces) < 2:
        return set()
    texts = [parent[name] for _, parent, name in pieces]
    changed: set[int] = set()
    # From the end, so that the places in front of a key stay.
    for start, end in reversed(find_secrets("".join(texts))):
        at = 0
        is_first = True
        for index, text in enumerate(list(texts)):
            before, at = at, at + len(text)
            first, last = max(start - before, 0), min(end - before, len(text))
            if first >= last or (first == start - before and last == end - before):
                continue
            number, parent, name = pieces[index]
            texts[index] = text[:first] + ("[secret]" if is_first else "") + text[last:]
            parent[name], is_first = texts[index], False
            changed.add(number)
        # Nothing in front of it has changed its length.
    return changed
