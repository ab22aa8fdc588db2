"""Replaces keys in a stream of events, also one whose pieces came in several of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
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

    Keys that are recognized in one event alone stay: they are replaced when it is shown.
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
    changed: set[int] = set()
    spans = deque(find_secrets("".join([parent[name] for _, parent, name in pieces])))
    after = 0
    for number, parent, name in pieces:
        if not spans:
            break
        text: str = parent[name]
        before, after = after, after + len(text)
        # Of those that are left, none ends before this piece.
        count = next((at for at, (start, _) in enumerate(spans) if start >= after), len(spans))
        here = list(islice(spans, count))
        if here and not _is_known_alone(text, [(a - before, b - before) for a, b in here]):
            parent[name] = _cut_out(text, before, here)
            changed.add(number)
        while spans and spans[0][1] <= after:
            spans.popleft()
    return changed


def _is_known_alone(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Return whether all keys are recognized in a piece without those around it.

    `Bearer ` or `://` in front of a key may be in the piece before.
    """
    return set(spans) <= set(find_secrets(text))


def _cut_out(text: str, before: int, spans: Sequence[tuple[int, int]]) -> str:
    """Return a piece without the keys; the piece in which one begins says so."""
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        parts.append(text[end : max(start - before, 0)])
        if start >= before:
            parts.append("[secret]")
        end = stop - before
    return "".join((*parts, text[end:]))
