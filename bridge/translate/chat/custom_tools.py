"""Custom tools, whose input is text: sent to Claude as functions with one string parameter."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bridge.wire.chat import CustomDefinition

INPUT_FIELD = "input"
"""The only parameter of the function that stands for a custom tool."""

INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        INPUT_FIELD: {"type": "string", "description": "The complete input of the tool, as text."}
    },
    "required": [INPUT_FIELD],
    "additionalProperties": False,
}

_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN = re.compile(r'[^"\\]+')
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)


def describe_custom_tool(tool: CustomDefinition) -> str:
    """Return the description, followed by the grammar.

    Claude's API has no grammars, so the description asks Claude to follow it.
    """
    parts = [tool.description] if tool.description else []
    grammar = _parse_grammar(tool.format or {})
    if grammar is not None:
        syntax, definition = grammar
        parts.append(f"The input must follow this {syntax} grammar exactly:\n{definition}")
    return "\n\n".join(parts) or "Takes any text as its input."


def _parse_grammar(form: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return syntax and definition of a `format`, or None if it is not a grammar.

    Chats nest them (`{type: grammar, grammar: {syntax, definition}}`), responses do not.
    """
    if form.get("type") != "grammar":
        return None
    inner = form.get("grammar")
    grammar = inner if isinstance(inner, Mapping) else form
    return str(grammar.get("syntax", "lark")), str(grammar.get("definition", ""))


class InputExtractor:
    """A decoder of a string, the only argument of a call, while its JSON streams.

    `feed` takes a piece of JSON and returns the decoded text that is already certain.
    States: `before` the opening quote, `inside` the string, `after` the closing quote. An escape
    sequence that is still incomplete waits in `_rest` for the next piece.
    """

    def __init__(self, field: str = INPUT_FIELD) -> None:
        """`field`: the argument's name."""
        self._start = re.compile(rf'\s*\{{\s*"{field}"\s*:\s*"')
        self._rest = ""
        self._state = "before"

    def feed(self, piece: str) -> str:
        self._rest += piece
        if self._state == "before":
            self._find_start()
        return self._read_text() if self._state == "inside" else ""

    def finish(self) -> str:
        """Return what is left: the raw JSON if it never had the expected shape, else nothing."""
        return self._rest if self._state == "before" else ""

    def _find_start(self) -> None:
        start = self._start.match(self._rest)
        if start is not None:
            self._rest = self._rest[start.end() :]
            self._state = "inside"

    def _read_text(self) -> str:
        text: list[str] = []
        position = 0
        while position < len(self._rest):
            plain = _PLAIN.match(self._rest, position)
            if plain is not None:
                text.append(plain.group())
                position = plain.end()
            elif self._rest[position] == '"':
                self._state, position = "after", len(self._rest)
            else:
                char, length = _decode_escape(self._rest[position : position + 12])
                if not length:
                    break
                text.append(char)
                position += length
        # What is left is the beginning of an escape sequence, or empty.
        self._rest = self._rest[position:]
        return "".join(text)


def _decode_escape(text: str) -> tuple[str, int]:
    """Decode the escape that `text` begins with; returns the character and the escape's length.

    The length is 0 if the escape is incomplete. `text` needs at most 12 characters, the length of
    a surrogate pair.
    """
    if len(text) < 2:
        return "", 0
    if text[1] != "u":
        return _SIMPLE.get(text[1], text[1]), 2
    if len(text) < 6:
        return "", 0
    code = int(text[2:6], 16)
    if code not in _HIGH:
        # A lone surrogate cannot be encoded as UTF-8.
        return ("\ufffd" if code in _LOW else chr(code)), 6
    if len(text) < 12 and text[6:8] in ("", "\\", "\\u"):
        return "", 0
    if not re.fullmatch(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}", text[6:12]):
        return "\ufffd", 6
    return str(json.loads(f'"{text[:12]}"')), 12
