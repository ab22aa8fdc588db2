"""Custom tools, whose input is text and not JSON: a function with one string, and back again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bridge.wire.chat import CustomDefinition

INPUT_FIELD = "input"
"""The one property of the function that stands for a custom tool."""

INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        INPUT_FIELD: {"type": "string", "description": "The tool's whole input, as text."}
    },
    "required": [INPUT_FIELD],
    "additionalProperties": False,
}

_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_START = re.compile(r'\s*\{\s*"input"\s*:\s*"')
_PLAIN = re.compile(r'[^"\\]+')
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)


def describe_custom_tool(tool: CustomDefinition) -> str:
    """The description, with the grammar in words: Claude cannot be held to one."""
    words = [tool.description] if tool.description else []
    grammar = _parse_grammar(tool.format or {})
    if grammar is not None:
        syntax, definition = grammar
        words.append(f"The input must follow this {syntax} grammar exactly:\n{definition}")
    return "\n\n".join(words) or "Takes any text as its input."


def _parse_grammar(form: Mapping[str, Any]) -> tuple[str, str] | None:
    """From `{type: grammar, grammar: {syntax, definition}}`, or the flat way without `grammar`."""
    if form.get("type") != "grammar":
        return None
    inner = form.get("grammar")
    given = inner if isinstance(inner, Mapping) else form
    return str(given.get("syntax", "lark")), str(given.get("definition", ""))


class InputExtractor:
    """Reads the text of `input` out of a call's JSON arguments while they stream.

    Feed it the pieces; it gives the text as far as it is certain. `finish` gives what is left.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._state = "before"

    def feed(self, piece: str) -> str:
        self._rest += piece
        if self._state == "before":
            self._find_start()
        return self._read_text() if self._state == "inside" else ""

    def finish(self) -> str:
        """Arguments of another shape than promised are given as they are, as JSON."""
        return self._rest if self._state == "before" else ""

    def _find_start(self) -> None:
        found = _START.match(self._rest)
        if found is not None:
            self._rest = self._rest[found.end() :]
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
        self._rest = self._rest[position:]
        return "".join(text)


def _decode_escape(text: str) -> tuple[str, int]:
    """The character of the escape that `text` begins with, and its length; 0: not all here yet."""
    if len(text) < 2:
        return "", 0
    if text[1] != "u":
        return _SIMPLE.get(text[1], text[1]), 2
    if len(text) < 6:
        return "", 0
    code = int(text[2:6], 16)
    if code not in _HIGH:
        # Half a pair cannot be written as UTF-8.
        return ("\ufffd" if code in _LOW else chr(code)), 6
    if len(text) < 12 and text[6:8] in ("", "\\", "\\u"):
        return "", 0
    if not re.fullmatch(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}", text[6:12]):
        return "\ufffd", 6
    return str(json.loads(f'"{text[:12]}"')), 12
