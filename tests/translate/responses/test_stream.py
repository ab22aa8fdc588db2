"""Responses API events are complete, in order, and agree with the final response."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from bridge.errors import StreamBroken, UpstreamFailed
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.responses.resource import build_response
from bridge.translate.responses.stream import ResponsesStream
from bridge.translate.responses.tool_list import ToolList
from bridge.wire.encrypted_content import pack_block, unpack_block
from bridge.wire.response_items.server_calls import unpack_blocks
from bridge.wire.responses import ResponsesRequest
from tests.scripts import block, end, start

EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def machine(custom: frozenset[str] = frozenset()) -> ResponsesStream:
    wanted = ResponsesRequest(model="claude-opus-5-5", input="Hi")
    ids = itertools.count()
    return ResponsesStream(
        build_response(wanted, id="resp_1", created_at=7, model=wanted.model),
        answer_format=AnswerFormat(custom=custom),
        tools=ToolList(),
        new_id=lambda prefix: f"{prefix}_{next(ids)}",
        clock=lambda: 8,
    )


def feed(stream: ResponsesStream, events: list[Any]) -> list[Any]:
    return [told for event in events for told in stream.feed(event)]


TEXTS = st.text(max_size=12)
PIECES = st.lists(TEXTS, max_size=4)
BLOCKS = st.lists(
    st.one_of(
        st.tuples(st.just("text"), PIECES),
        st.tuples(st.just("thinking"), PIECES),
        st.tuples(st.just("tool_use"), PIECES),
        st.tuples(st.just("custom"), PIECES),
        st.tuples(st.just("redacted_thinking"), PIECES),
    ),
    max_size=6,
)


def start_block(kind: str, number: int) -> dict[str, Any]:
    match kind:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "redacted_thinking":
            return {"type": "redacted_thinking", "data": "abc"}
        case _:
            return {"type": "tool_use", "id": f"toolu_{number}", "name": kind, "input": {}}


def deltas(kind: str, pieces: list[str]) -> list[dict[str, Any]]:
    match kind:
        case "text":
            return [{"type": "text_delta", "text": piece} for piece in pieces]
        case "thinking":
            told = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
            return [*told, {"type": "signature_delta", "signature": "sig"}]
        case "redacted_thinking":
            return []
        case _:
            whole = json.dumps({"input": "".join(pieces)})
            cuts = [whole[at : at + 5] for at in range(0, len(whole), 5)]
            return [{"type": "input_json_delta", "partial_json": cut} for cut in cuts]


def script(blocks: Any, reason: str) -> list[Any]:
    events: list[Any] = [start()]
    for number, (kind, pieces) in enumerate(blocks):
        events += block(number, start_block(kind, number), *deltas(kind, pieces))
    return [*events, *end(reason)]


@settings(max_examples=150, deadline=None)
@given(BLOCKS, st.sampled_from(["end_turn", "max_tokens", "tool_use", "refusal"]))
def test_any_answer_is_complete_and_in_order(blocks: Any, reason: str) -> None:
    stream = machine(frozenset({"custom"}))
    told = feed(stream, script(blocks, reason))
    stream.finish()
    for event in told:
        EVENTS.validate_python(event, strict=True)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    response = stream.response
    Response.model_validate(response, strict=True)
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    assert done == response["output"] == told[-1]["response"]["output"]
    places = [event["output_index"] for event in told if "output_index" in event]
    assert places == sorted(places)
    text = "".join(piece for kind, pieces in blocks for piece in pieces if kind == "text")
    shown = "".join(e["delta"] for e in told if e["type"] == "response.output_text.delta")
    assert shown == text
    parts = [part for item in done if item["type"] == "message" for part in item["content"]]
    assert "".join(part.get("text", "") for part in parts) == text
    for item, (kind, pieces) in zip(
        (item for item in done if item["type"].endswith("call")),
        ((kind, pieces) for kind, pieces in blocks if kind in ("tool_use", "custom")),
        strict=True,
    ):
        written = "".join(pieces)
        given_text = item["input"] if kind == "custom" else json.loads(item["arguments"])["input"]
        assert given_text == written


def test_an_incomplete_answer_is_an_error() -> None:
    stream = machine()
    feed(stream, [start(), *block(0, {"type": "text", "text": "Hi"})])
    with pytest.raises(StreamBroken):
        stream.finish()
    event = stream.fail(UpstreamFailed("It broke."))
    EVENTS.validate_python(event, strict=True)
    assert event["response"]["error"] == {"code": "server_error", "message": "It broke."}


def test_an_unknown_end_is_an_error() -> None:
    stream = machine()
    with pytest.raises(StreamBroken, match="compaction"):
        feed(stream, [start(), *end("compaction")])


@given(st.text(), st.text(min_size=1))
def test_thinking_is_unchanged_after_packing_and_unpacking(thought: str, signature: str) -> None:
    block = {"type": "thinking", "thinking": thought, "signature": signature}
    assert unpack_block(pack_block(block)) == block


@pytest.mark.parametrize(
    "content",
    [None, 7, "", "gAAAAAB-openai", "claude.1.!!!", "claude.1.e30=", "claude.1.W10=",
     pack_block({"type": "text", "text": "x"}), pack_block({"type": "thinking", "thinking": "x"})],
)  # fmt: skip
def test_foreign_content_is_not_unpacked(content: object) -> None:
    assert unpack_block(content) is None


def test_content_that_nests_without_end_is_not_unpacked() -> None:
    nested = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    assert unpack_block(f"claude.1.{nested}") is None
    assert unpack_blocks(f"claude.blocks.1.{nested}") == []
