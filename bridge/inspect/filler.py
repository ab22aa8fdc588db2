"""Replaces the content of requests and answers by texts of the same shape.

Each letter becomes `x` or `X` and each digit `0`; the rest stays. A text that is sent on unchanged
is so still equal on both sides. What stays as it is: names in JSON, and the values of the fields
below, which say what something is and not what is in it.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

KEPT_FIELDS = frozenset(
    """
    call_id cache_control detail effort encoding_format finish_reason format id item_id media_type
    mode model name object phase reasoning_effort response_format_type role service_tier
    speed status stop_reason strict summary truncation ttl type verbosity tool_call_id tool_use_id
    previous_response_id prompt_cache_retention required anyOf oneOf allOf $ref pattern
    additionalProperties allowed_tools include modalities
    """.split()  # noqa: SIM905 - one list of words is read more easily
)
"""Fields whose texts are words of the API, or names that others refer to."""

_STRING = re.compile(r'("(?:[^"\\]|\\.)*(?:"|\\?\Z))', re.DOTALL)
"""A text, also one that is cut off: else each quote in it would be searched to the end."""
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
"""Blocks whose `input` is content, whatever its fields are called."""
_SPEAKERS = ("system", "developer", "user", "assistant")
"""Roles whose messages have the name of a person; that of the others is a function's."""
_WORD = re.compile(r"\b(?!(?:true|false|null|\d+(?:[eE]\d*)?)\b)\w+")
"""A word between the texts, where JSON has three and numbers: what is no JSON may have others."""
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_JSON_FIELDS = ("arguments",)
_SIDE = 8000


def fill_text(text: str) -> str:
    """Return a text of the same length and shape, without its words."""
    return "".join(_fill_character(character) for character in text)


def _fill_character(character: str) -> str:
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return "0" if character.isdigit() else character


def fill_json_text(text: str) -> str:
    """Return JSON of the same length; names and all that is no text stay, escapes too."""
    parts = _STRING.split(text)
    for at, part in enumerate(parts):
        if at % 2 == 0:
            parts[at] = _WORD.sub(lambda word: fill_text(word[0]), part)
        elif not parts[at + 1].lstrip().startswith(":"):
            parts[at] = _fill_string(part)
    return "".join(parts)


def _fill_string(whole: str) -> str:
    pieces, end = [], 0
    for escape in _ESCAPE.finditer(whole):
        pieces += [fill_text(whole[end : escape.start()]), escape[0]]
        end = escape.end()
    return "".join([*pieces, fill_text(whole[end:])])


def fill_value(value: Any, field: str = "", *, whole_json: bool = True) -> Any:
    """Return a JSON value with fillers in the place of its texts.

    `whole_json`: a text with JSON in it is whole, so that the names in it can stay.
    """
    match value:
        case {"type": "base64", "media_type": str(media_type), "data": str(data)}:
            return {**value, "data": _fill_image(media_type, data)}
        case dict():
            filled = {n: fill_value(item, n, whole_json=whole_json) for n, item in value.items()}
            return {**filled, **_fill_names(value, field)}
        case list():
            return [fill_value(item, field, whole_json=whole_json) for item in value]
        case str() if field in KEPT_FIELDS:
            return value
        case str() if field in _JSON_FIELDS and whole_json:
            return fill_json_text(value)
        case str() if value.startswith("data:image/"):
            head, _, data = value.partition(";base64,")
            return f"{head};base64,{_fill_image(head.removeprefix('data:'), data)}"
        case str() if value.startswith(("https://", "http://")):
            return f"https://example.com/{fill_text(value.partition('://')[2])}"
        case str():
            return fill_text(value)
        case _:
            return value


def _fill_names(value: dict[str, Any], field: str) -> dict[str, Any]:
    """Return the fields of an object whose names do not say that they are content."""
    match value:
        case {"type": str(type), "input": dict(given)} if type in _CALLS:
            return {"input": _fill_content(given)}
        case {"role": role, "name": str(name)} if role in _SPEAKERS:
            return {"name": fill_text(name)}
        case _ if field == "metadata":
            # Each of its names is the client's own, such as `name`.
            return {name: _fill_content(item) for name, item in value.items()}
        case _:
            return {}


def _fill_content(value: Any) -> Any:
    """Return a JSON value whose texts and numbers are all content."""
    match value:
        case bool() | None:
            return value
        case str():
            return fill_text(value)
        case int() | float():
            return 0
        case dict():
            return {name: _fill_content(item) for name, item in value.items()}
        case list():
            return [_fill_content(item) for item in value]
        case _:
            return value


def fill_events(events: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the events of an answer with fillers; arguments are filled across their pieces."""
    pieces: dict[Any, list[str]] = {}
    for event in events:
        delta = event.get("delta") or {}
        if delta.get("type") == "input_json_delta":
            pieces.setdefault(event.get("index"), []).append(delta["partial_json"])
    filled = {index: _fill_pieces(texts) for index, texts in pieces.items()}
    return [_fill_event(event, filled) for event in events]


def _fill_event(event: Mapping[str, Any], arguments: dict[Any, list[str]]) -> Any:
    delta = event.get("delta") or {}
    if delta.get("type") == "input_json_delta":
        text = arguments[event.get("index")].pop(0)
        return {**event, "delta": {**delta, "partial_json": text}}
    return fill_value(dict(event))


def _fill_pieces(pieces: Sequence[str]) -> list[str]:
    text, filled, at = fill_json_text("".join(pieces)), [], 0
    for piece in pieces:
        filled.append(text[at : at + len(piece)])
        at += len(piece)
    return filled


def _fill_image(media_type: str, data: str) -> str:
    """Return an empty image of the same size and format."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            size, kind = image.size, image.format
        if max(size) > _SIDE:
            return ""
        output = io.BytesIO()
        Image.new("RGB", size).save(output, kind or "PNG")
    # What is no image is no content either: a PDF, or damaged data.
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for damaged images
        return fill_text(data) if not media_type.startswith("image/") else ""
    return base64.b64encode(output.getvalue()).decode("ascii")
