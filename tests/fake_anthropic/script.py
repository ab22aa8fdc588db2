"""What the fake plays, told by a directive in the newest user text: `<<<{json}>>>`."""

from __future__ import annotations

import json
import re
from typing import Any, TypedDict


class Directive(TypedDict, total=False):
    """Every key may be left out; without any the fake says hello."""

    raw: str
    """The stream as it is, for recorded ones."""
    text: str
    """The answer, streamed word by word."""
    thinking: str
    """Thinking before it; shown only when `display` asks for it."""
    tools: list[dict[str, Any]]
    """Calls: `name`, `input`."""
    stop_reason: str
    usage: dict[str, Any]
    """Token counts of the last `message_delta`; `input_tokens` and cache counts of the first."""
    delay: float
    """Seconds before each delta."""
    first_delay: float
    """Seconds before the first event."""
    pings: bool
    """A ping before each delta."""
    error: int
    """An HTTP error of this status instead of an answer."""
    retry_after: int
    message: str
    """The error's words."""
    times: int
    """How many requests get the error; later ones are answered."""
    mid_error: int
    """An `error` event after this many deltas."""
    drop: int
    """The connection breaks after this many deltas."""
    hang: int
    """Silence for ever after this many deltas."""
    malformed: int
    """An event that is no JSON after this many deltas."""


_DIRECTIVE = re.compile(r"<<<(\{.*?\})>>>", re.DOTALL)


def directive_of(body: dict[str, Any]) -> Directive:
    """The directive of the newest user message; a turn of tool results tells what came back."""
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            return _read(message["content"])
    return {}


def _read(content: Any) -> Directive:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
    found = _DIRECTIVE.findall(text)
    if found:
        directive: Directive = json.loads(found[-1])
        return directive
    results = [block.get("content") for block in blocks if block["type"] == "tool_result"]
    return {"text": f"Results: {json.dumps(results)}"} if results else {}
