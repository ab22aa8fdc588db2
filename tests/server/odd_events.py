"""Answers as upstream might send them: right ones with new parts, and odd ones."""

from __future__ import annotations

import copy
import itertools
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests import scripts

Event = Any
"""What stands behind `data:`; bytes are sent as they are."""

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    7,
    1.5,
    2**70,
    "",
    "x",
    "é\n",
    "\ud83d",
    [],
    ["x"],
    {},
    {"type": "x"},
)

ANSWERS: tuple[list[Any], ...] = (
    [scripts.start(), *scripts.text(0, "one ", "two ", "é🙂"), *scripts.end("end_turn")],
    [
        scripts.start(service_tier="standard", output_tokens_details={"thinking_tokens": 3}),
        *scripts.thinking(0, "hm", "m"),
        scripts.PING,
        *scripts.text(1, "Looking."),
        *scripts.tool(2, "toolu_1", "add", '{"a"', ": 1}"),
        *scripts.tool(3, "toolu_2", "now"),
        *scripts.end("tool_use"),
    ],
    [
        scripts.start(),
        *scripts.block(0, {"type": "redacted_thinking", "data": "eA=="}),
        *scripts.block(
            1,
            {"type": "text", "text": "", "citations": []},
            {"type": "citations_delta", "citation": {"url": "http://a.b", "title": "A"}},
            {"type": "text_delta", "text": "cited"},
        ),
        *scripts.end("max_tokens", stop_sequence=None),
    ],
    [
        scripts.start(),
        *scripts.block(
            0,
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"query": "q"}'},
        ),
        *scripts.block(
            1, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
        ),
        *scripts.text(2, "found"),
        *scripts.end("refusal", stop_details={"explanation": "no"}),
    ],
)

NEW_EVENTS: tuple[Event, ...] = (
    {"type": "future_event", "index": 0, "delta": {"type": "text_delta", "text": "no"}},
    {"type": "événement"},
    {"type": "a\nb: c"},
    {"type": "ping", "more": [1]},
    b": a comment\n\n",
    b"event: only a name\n\n",
)
NEW_BLOCK = scripts.block(
    0,
    {"type": "future_block", "text": "no"},
    {"type": "text_delta", "text": "no"},
    {"type": "future_delta", "x": 1},
    {"type": "input_json_delta", "partial_json": "{"},
)
BROKEN: tuple[Event, ...] = (
    b"data: [DONE]\n\n",
    b"data: {\n\n",
    b'data: {"type":"ping","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n\n",
    b"data: NaN\n\n",
    {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    {"type": "error", "error": "boom"},
    {"type": "error", "error": None},
    {"type": "error", "error": {"type": ["x"], "message": {}}},
    None,
    [],
    "message_stop",
)


@dataclass(frozen=True)
class OddAnswer:
    """An answer of upstream, and how it arrives."""

    events: list[Event]
    is_right: bool
    """Whether it is an answer that every client must get, whatever is new in it."""
    cuts: list[int]
    """Where the bytes are split, in thousandths."""
    ending: str
    """`clean`, `cut` or `open`: what the connection does behind the events."""

    def encode(self) -> bytes:
        return b"".join(encode(event) for event in self.events)

    def split(self, data: bytes) -> list[bytes]:
        """The bytes in the pieces in which they arrive."""
        edges = [0, *sorted(len(data) * cut // 1000 for cut in self.cuts), len(data)]
        return [data[a:b] for a, b in itertools.pairwise(edges) if a < b]

    def list_texts(self, backend: str) -> str:
        """All text that a client may get, in order. Claude Code is ended at the stop reason."""
        text, block = "", None
        for event in self.events:
            if not isinstance(event, dict):
                continue
            ended = backend == "claude-code" and _has_stop_reason(event)
            if ended or event.get("type") == "message_stop":
                break
            inner: Any = event.get("content_block")
            if event.get("type") == "content_block_start" and isinstance(inner, dict):
                block = inner.get("type")
                text += str(inner.get("text") or "") if block == "text" else ""
            delta = event.get("delta") if event.get("type") == "content_block_delta" else None
            if block == "text" and isinstance(delta, dict) and delta.get("type") == "text_delta":
                text += str(delta.get("text") or "")
        return text


def encode(event: Event) -> bytes:
    if isinstance(event, bytes):
        return event
    return b"event: x\ndata: " + json.dumps(event).encode() + b"\n\n"


def _has_stop_reason(event: dict[str, Any]) -> bool:
    delta = event.get("delta") if event.get("type") == "message_delta" else None
    return isinstance(delta, dict) and delta.get("stop_reason") is not None


@st.composite
def right_answers(draw: st.DrawFn) -> OddAnswer:
    """A right answer, with events, blocks, deltas and fields that nobody knows yet."""
    events = copy.deepcopy(draw(st.sampled_from(ANSWERS)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(events)))
        events.insert(at, draw(st.sampled_from(NEW_EVENTS)))
    for event in events:
        if isinstance(event, dict) and draw(st.booleans()):
            event["future"] = draw(st.sampled_from(ODD[:10]))
    if draw(st.booleans()):
        events = _insert_block(events)
    if draw(st.booleans()):
        # Behind its end, anything may come.
        events += [draw(st.sampled_from((*BROKEN, *ANSWERS[0])))]
    return OddAnswer(events, True, *draw(arrivals(st.sampled_from(("clean", "cut")))))


def _insert_block(events: list[Event]) -> list[Event]:
    """Put a block of an unknown type in front of the others."""
    shifted = [
        {**event, "index": event["index"] + 1}
        if isinstance(event, dict) and "content_block" in str(event.get("type"))
        else event
        for event in events
    ]
    at = next(i for i, event in enumerate(events) if _is_start(event)) + 1
    return [*shifted[:at], *NEW_BLOCK, *shifted[at:]]


def _is_start(event: Event) -> bool:
    return isinstance(event, dict) and event.get("type") == "message_start"


@st.composite
def odd_answers(draw: st.DrawFn, *endings: str) -> OddAnswer:
    """An answer in which a few things are wrong, missing, doubled or in the wrong place."""
    events: list[Event] = copy.deepcopy(draw(st.sampled_from(ANSWERS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(events) - 1)))
        match draw(st.sampled_from(("change", "change", "drop", "double", "swap", "insert"))):
            case "change" if events:
                events[at] = _change(draw, events[at])
            case "drop":
                del events[at : at + 1]
            case "double" if events:
                events.insert(at, copy.deepcopy(events[at]))
            case "swap" if events:
                other = draw(st.integers(0, len(events) - 1))
                events[at], events[other] = events[other], events[at]
            case _:
                inserted = draw(st.sampled_from((*BROKEN, *NEW_EVENTS, *ANSWERS[1], *NEW_BLOCK)))
                events.insert(at, copy.deepcopy(inserted))
    return OddAnswer(events, False, *draw(arrivals(st.sampled_from(endings or ("clean", "cut")))))


def arrivals(endings: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[list[int], str]]:
    return st.tuples(st.lists(st.integers(0, 1000), max_size=4), endings)


def odd_values() -> st.SearchStrategy[Any]:
    # A copy, because a later change may reach into it.
    return st.sampled_from(ODD).map(copy.deepcopy)


@st.composite
def changed_events(draw: st.DrawFn, event: Event) -> Event:
    """A copy of the event, in which up to three fields are odd."""
    event = copy.deepcopy(event)
    for _ in range(draw(st.integers(0, 3))):
        event = _change(draw, event)
    return event


def _change(draw: st.DrawFn, event: Event) -> Event:
    """Remove a field somewhere in the event, or put an odd value there."""
    if not isinstance(event, dict) or not event:
        return draw(odd_values())
    place = event
    while True:
        name = draw(st.sampled_from(sorted(place)))
        inner = place[name]
        if isinstance(inner, dict) and inner and draw(st.booleans()):
            place = inner
            continue
        if draw(st.booleans()):
            del place[name]
        else:
            place[name] = draw(odd_values())
        return event
