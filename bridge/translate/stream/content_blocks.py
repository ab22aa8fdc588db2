"""Rebuild the content blocks of an answer from its stream events."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from bridge.wire.json_bytes import replace_surrogates_in
from bridge.wire.messages import Block, ContentBlockDelta, MessageEvent

INVALID_JSON = "invalid_json"
NOT_AN_OBJECT = "value"
MAX_DEPTH = 100
"""How deeply a call's arguments may nest."""

_TEXT_DELTAS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
}


def parse_input(arguments: str) -> dict[str, Any]:
    """Parse a call's arguments; invalid ones are stored in an object, as the API requires one.

    Invalid or too deeply nested JSON becomes `{"invalid_json": …}`, other values `{"value": …}`.
    """
    if not arguments or arguments.isspace():
        return {}
    try:
        value = _decode_arguments(arguments)
    except ValueError:
        return {INVALID_JSON: arguments}
    return value if isinstance(value, dict) else {NOT_AN_OBJECT: value}


def _decode_arguments(text: str) -> Any:
    """Decode JSON. Raises ValueError if it is invalid or nests deeper than MAX_DEPTH."""
    try:
        value = from_json(text)
    except (ValueError, TypeError):
        # It refuses halves of surrogate pairs; a TypeError is for one that is no escape.
        if _is_too_deep(text):
            raise ValueError("nested too deep") from None
        return replace_surrogates_in(json.loads(text))
    if _nests_deeper(value, MAX_DEPTH):
        raise ValueError("nested too deep")
    return value


def _nests_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    parts = value.values() if isinstance(value, dict) else value
    return any(_nests_deeper(part, levels - 1) for part in parts if isinstance(part, (dict, list)))


def _is_too_deep(text: str) -> bool:
    """Return whether JSON nests deeper than MAX_DEPTH, which could exhaust the parser's stack."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for char in text:
        if char in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}]":
            depth -= 1
    return deepest > MAX_DEPTH


class BlockCollector:
    """A collector of one answer's content blocks, for the next request or for the client."""

    def __init__(self) -> None:
        self._blocks: dict[int, Block] = {}
        # Joined only once at the end: adding to a string copies it each time.
        self._pieces: dict[int, dict[str, list[str]]] = {}
        self._citations: dict[int, list[Any]] = {}

    def feed(self, event: MessageEvent) -> None:
        match event["type"]:
            case "content_block_delta":
                self._add_delta(event)
            case "content_block_start":
                self._blocks[event["index"]] = dict(event["content_block"])
                self._pieces[event["index"]] = defaultdict(list)
            case _:
                pass

    def list_blocks(self) -> list[Block]:
        """Return the blocks in order, without blank text, which the API refuses in requests."""
        return [
            block
            for block in self.list_all_blocks()
            if block["type"] != "text" or block["text"].strip()
        ]

    def list_all_blocks(self) -> list[Block]:
        """Return all blocks in order."""
        return [self._join_block(index) for index in sorted(self._blocks)]

    def _add_delta(self, event: ContentBlockDelta) -> None:
        delta, index = event["delta"], event["index"]
        kind = delta["type"]
        if kind in _TEXT_DELTAS:
            field = _TEXT_DELTAS[kind]
            self._pieces[index][field].append(delta[field])
        elif kind == "input_json_delta":
            self._pieces[index]["input"].append(delta["partial_json"])
        elif kind == "compaction_delta":
            # Not a piece: it holds the whole summary.
            self._blocks[index] |= {name: value for name, value in delta.items() if name != "type"}
        elif kind == "citations_delta":
            self._citations.setdefault(index, []).append(delta["citation"])

    def _join_block(self, index: int) -> Block:
        block = dict(self._blocks[index])
        for field, pieces in self._pieces[index].items():
            text = "".join(pieces)
            if field != "input":
                block[field] = (block.get(field) or "") + text
            elif text:
                block[field] = parse_input(text)
        if index in self._citations:
            block["citations"] = [*(block.get("citations") or ()), *self._citations[index]]
        return block


def find_calls(blocks: list[Block]) -> list[Mapping[str, Any]]:
    """Return the calls of the client's tools; Anthropic's own have another type."""
    return [block for block in blocks if block["type"] == "tool_use"]
