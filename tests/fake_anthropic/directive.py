"""Directives: `<<<{json}>>>` in the newest user text decides what the fake answers."""

from __future__ import annotations

import json
import re
from typing import Any, TypedDict

from tests.fake_anthropic.script import (
    HELLO,
    Block,
    CutOff,
    Drop,
    ErrorEvent,
    Failure,
    Fault,
    Hang,
    Malformed,
    Play,
    Reply,
    Text,
    Thinking,
    ToolUse,
    Usage,
)


class Directive(TypedDict, total=False):
    """The keys of a directive, all optional; without any, the fake answers hello."""

    raw: str
    """The raw stream, for recorded ones."""
    text: str
    """The answer, streamed word by word."""
    thinking: str
    """Thinking before the answer; sent only if `display` allows it."""
    tools: list[dict[str, Any]]
    """Calls with `name` and `input`, and optionally `id`, `pieces`, `toolset_name`."""
    stop_reason: str
    """Why Claude stopped, such as `max_tokens` or `refusal`; without it, as the answer has it."""
    stop_sequence: str
    """The stop sequence that ended the answer."""
    usage: dict[str, Any]
    """Token counts of the last `message_delta`; input and cache counts also of the first event."""
    delay: float
    """Seconds before each delta."""
    first_delay: float
    """Seconds before the first event."""
    pings: bool
    """A ping before each delta."""
    error: int
    """An HTTP error of this status instead of an answer."""
    retry_after: float
    """The error's `Retry-After`, in seconds."""
    message: str
    """The error's message."""
    times: int
    """Number of requests that get the error; later ones are answered."""
    mid_error: int
    """An `error` event after this many deltas."""
    mid_type: str
    """The event's error type, if not overloaded_error."""
    drop: int
    """The connection breaks after this many deltas."""
    hang: int
    """No more data after this many deltas."""
    malformed: int
    """An event with invalid JSON after this many deltas."""
    cut_off: int
    """The stream ends after this many deltas."""


_DIRECTIVE = re.compile(r"<<<(\{.*?\})>>>", re.DOTALL)
_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_UNKNOWN = "unknown keys in the directive: "


def directive_of(body: dict[str, Any]) -> Directive:
    """Return the directive of the newest user message, which may be a turn of tool results."""
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


def play_of(directive: Directive, failures_before: int = 0) -> Play:
    """Build the directive's play, after this many requests with it have failed."""
    unknown = sorted(set(directive) - set(Directive.__annotations__))
    if unknown:
        return Failure(500, message=_UNKNOWN + ", ".join(unknown))
    if "error" in directive and failures_before < directive.get("times", failures_before + 1):
        return _build_failure(directive)
    return _build_reply(directive)


def _build_failure(directive: Directive) -> Failure:
    status = directive["error"]
    return Failure(
        status,
        message=directive.get("message", f"fake {status}"),
        retry_after=directive.get("retry_after"),
    )


def _build_reply(directive: Directive) -> Reply:
    reason = directive.get("stop_reason")
    details = {
        "type": "refusal",
        "category": "cyber",
        "explanation": "I cannot help with that.",
    }
    return Reply(
        _build_blocks(directive),
        stop_reason=reason,
        stop_sequence=directive.get("stop_sequence"),
        stop_details=details if reason == "refusal" else None,
        usage=_build_usage(directive.get("usage", {})),
        delay=directive.get("delay", 0),
        first_delay=directive.get("first_delay", 0),
        ping_every=1 if directive.get("pings") else 0,
        fault=_build_fault(directive),
        raw=directive.get("raw"),
    )


def _build_blocks(directive: Directive) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if "thinking" in directive:
        blocks.append(Thinking(directive["thinking"]))
    if "text" in directive or not directive.get("tools"):
        blocks.append(Text(directive.get("text", HELLO)))
    for call in directive.get("tools", ()):
        pieces = tuple(call["pieces"]) if "pieces" in call else None
        blocks.append(ToolUse(**{"input": {}, **call, "pieces": pieces}))
    return tuple(blocks)


def _build_usage(usage: dict[str, Any]) -> Usage:
    counts = {name: usage[name] for name in _COUNTS if name in usage}
    return Usage(**counts, more=usage)


def _build_fault(directive: Directive) -> Fault | None:
    if "mid_error" in directive:
        return ErrorEvent(directive["mid_error"], directive.get("mid_type", "overloaded_error"))
    if "drop" in directive:
        return Drop(directive["drop"])
    if "hang" in directive:
        return Hang(directive["hang"])
    if "malformed" in directive:
        return Malformed(directive["malformed"])
    return CutOff(directive["cut_off"]) if "cut_off" in directive else None
