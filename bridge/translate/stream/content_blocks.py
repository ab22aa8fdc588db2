"""The content blocks of an answer, put together again from its stream events."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from bridge.wire.messages import Block, ContentBlockDelta, MessageEvent

INVALID_JSON = "invalid_json"
NOT_AN_OBJECT = "value"
MAX_DEPTH = 100
"""How far a call's arguments may nest."""

_TEXT_DELTAS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
}


def parse_input(arguments: str) -> dict[str, Any]:
    """A call's input; what a model wrote wrongly is kept under a name of ours."""
    if not arguments.strip():
        return {}
    if _is_too_deep(arguments):
        return {INVALID_JSON: arguments}
    try:
        value = json.loads(arguments)
    except ValueError:
        return {INVALID_JSON: arguments}
    return value if isinstance(value, dict) else {NOT_AN_OBJECT: value}


def _is_too_deep(text: str) -> bool:
    """Whether it may nest deeper than anybody's tool; what does could exhaust the stack."""
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
    """Feed it one answer's events; `blocks` are what could be given back in the next request."""

    def __init__(self) -> None:
        self._blocks: dict[int, Block] = {}
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
        """In order; blank text, which upstream would refuse, is left out."""
        return [
            block
            for block in self.list_all_blocks()
            if block["type"] != "text" or block["text"].strip()
        ]

    def list_all_blocks(self) -> list[Block]:
        """In order, as they were written."""
        return [self._join_block(index) for index in sorted(self._blocks)]

    def _add_delta(self, event: ContentBlockDelta) -> None:
        delta, index = event["delta"], event["index"]
        kind = delta["type"]
        if kind in _TEXT_DELTAS:
            field = _TEXT_DELTAS[kind]
            self._pieces[index][field].append(delta[field])
        elif kind == "input_json_delta":
            self._pieces[index]["input"].append(delta["partial_json"])
        elif kind == "citations_delta":
            self._citations.setdefault(index, []).append(delta["citation"])

    def _join_block(self, index: int) -> Block:
        block = dict(self._blocks[index])
        for field, pieces in self._pieces[index].items():
            joined = "".join(pieces)
            if field != "input":
                block[field] = (block.get(field) or "") + joined
            elif joined:
                block[field] = parse_input(joined)
        if index in self._citations:
            block["citations"] = [*(block.get("citations") or ()), *self._citations[index]]
        return block


def find_calls(blocks: list[Block]) -> list[Mapping[str, Any]]:
    """The calls of the client's own tools."""
    return [block for block in blocks if block["type"] == "tool_use"]
