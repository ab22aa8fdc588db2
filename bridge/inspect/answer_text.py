"""The text of an answer, read from its events."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.inspect.exchange import UpstreamCall
from bridge.wire.json_bytes import decode_json


def read_answer(calls: Iterable[UpstreamCall]) -> str:
    """Return what Claude wrote, with its calls of tools, each on a line."""
    parts: list[str] = []
    for call in calls:
        for moment in call.list_events():
            event = decode_json(moment.data)
            block, delta = event.get("content_block") or {}, event.get("delta") or {}
            if event.get("type") == "content_block_start" and "name" in block:
                parts.append(f"\n{block['name']} ")
            elif delta.get("type") == "text_delta":
                parts.append(delta["text"])
            elif delta.get("type") == "input_json_delta":
                parts.append(delta["partial_json"])
    return "".join(parts).strip()
