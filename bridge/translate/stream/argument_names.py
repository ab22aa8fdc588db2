"""Name property keys back while a call's arguments stream."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bridge.translate.chat.property_names import Nodes, PropertyNames
from bridge.wire.messages import ContentBlockStart, MessageEvent

# `KeyRenamer` reads the JSON of one call piece by piece, split anywhere:
#
#   state                 input            output
#   between tokens        `{` `[` `}` `]`  the same; an object or array is entered or left
#                         `"`              begins a key if the innermost object expects one, else a
#                                          value; only a key waits until it is complete
#   in a key              its last `"`     the client's key
#   in a string           anything         the same
#
# A frame of the stack is an open object or array: the schemas that apply to it, and to its next
# value. Invalid JSON passes as it is, and `finish` returns a key that never ended.

_MARK = re.compile(r'["{}\[\],:]')
_REST_OF_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


class _Frame:
    __slots__ = ("index", "is_object", "key", "nodes", "wants_key")

    def __init__(self, nodes: Nodes, *, is_object: bool) -> None:
        self.nodes = nodes
        self.is_object = is_object
        self.wants_key = is_object
        self.key = ""
        self.index = 0


class KeyRenamer:
    """A conversion of one call's arguments: `feed` it every piece, then call `finish`."""

    def __init__(self, names: PropertyNames) -> None:
        self._names = names
        self._stack: list[_Frame] = []
        self._held = ""
        """The key, or the backslash in a string, that is not complete yet."""
        self._in_key = False
        self._in_string = False

    def feed(self, piece: str) -> str:
        text, self._held = self._held + piece, ""
        output: list[str] = []
        position = 0
        while position < len(text):
            if self._in_string:
                position = self._read_string(text, position, output)
            else:
                position = self._read_structure(text, position, output)
        return "".join(output)

    def finish(self) -> str:
        """Return what is still held, which is the beginning of a key."""
        held, self._held = self._held, ""
        return held

    def _read_string(self, text: str, position: int, output: list[str]) -> int:
        """Read the rest of a string; the opening quote of a key is held with it."""
        start = position + 1 if self._in_key else position
        match = _REST_OF_STRING.match(text, start)
        end = start if match is None else match.end()
        if end < len(text) and text[end] == '"':
            self._in_string = False
            token = text[position : end + 1]
            output.append(self._convert_key(token) if self._in_key else token)
            self._in_key = False
            return end + 1
        # Without a closing quote, the text ends here, or with the beginning of an escape.
        if self._in_key:
            self._held = text[position:]
        else:
            output.append(text[position:end])
            self._held = text[end:]
        return len(text)

    def _read_structure(self, text: str, position: int, output: list[str]) -> int:
        match = _MARK.search(text, position)
        if match is None:
            output.append(text[position:])
            return len(text)
        mark, at = match.group(), match.start()
        if mark == '"':
            return self._begin_string(text, position, at, output)
        output.append(text[position : at + 1])
        frame = self._stack[-1] if self._stack else None
        if mark in "{[":
            self._stack.append(_Frame(self._find_inner(frame), is_object=mark == "{"))
        elif mark in "}]" and frame is not None:
            self._stack.pop()
        elif mark == "," and frame is not None:
            frame.wants_key = frame.is_object
            frame.index += 1
        return at + 1

    def _begin_string(self, text: str, position: int, at: int, output: list[str]) -> int:
        frame = self._stack[-1] if self._stack else None
        self._in_string = True
        self._in_key = frame is not None and frame.wants_key
        if self._in_key:
            output.append(text[position:at])
            return at
        output.append(text[position : at + 1])
        return at + 1

    def _find_inner(self, frame: _Frame | None) -> Nodes:
        if frame is None:
            return self._names.start()
        if frame.is_object:
            return self._names.enter_property(frame.nodes, frame.key)
        return self._names.enter_item(frame.nodes, frame.index)

    def _convert_key(self, token: str) -> str:
        frame = self._stack[-1]
        frame.wants_key = False
        try:
            name = json.loads(token, strict=False)
        except ValueError:
            return token
        frame.key = self._names.find_client_key(frame.nodes, name)
        if frame.key == name:
            return token
        # Half a surrogate pair has no UTF-8, so it stays an escape.
        return json.dumps(frame.key, ensure_ascii=not frame.key.isprintable())


class NameFilter:
    """A filter that names the property keys of renamed tools back."""

    ended = False

    def __init__(self, tools: Mapping[str, PropertyNames]) -> None:
        """`tools`: by Claude's names."""
        self._tools = tools
        self._calls: dict[int, KeyRenamer] = {}

    def feed(self, event: MessageEvent) -> list[MessageEvent]:
        match event["type"]:
            case "content_block_start":
                return [self._begin_call(event)]
            case "content_block_delta" if event["index"] in self._calls:
                if event["delta"]["type"] != "input_json_delta":
                    return [event]
                text = self._calls[event["index"]].feed(event["delta"]["partial_json"])
                return [_build_arguments_delta(event["index"], text)] if text else []
            case "content_block_stop" if event["index"] in self._calls:
                rest = self._calls.pop(event["index"]).finish()
                return [*([_build_arguments_delta(event["index"], rest)] if rest else []), event]
            case _:
                return [event]

    def _begin_call(self, event: ContentBlockStart) -> MessageEvent:
        block: dict[str, Any] = event["content_block"]
        names = self._tools.get(block.get("name") or "")
        if block["type"] != "tool_use" or names is None or block.get("toolset_name"):
            return event
        self._calls[event["index"]] = KeyRenamer(names)
        if not block.get("input"):
            return event
        return {**event, "content_block": {**block, "input": names.to_client(block["input"])}}


def _build_arguments_delta(index: int, text: str) -> MessageEvent:
    return {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": "input_json_delta", "partial_json": text},
    }
