"""Anthropic's events as OpenAI's chunks."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from anthropic.types.stop_reason import StopReason as SdkStopReason

from bridge.errors import StreamBroken
from bridge.translate.stream.chat_chunks import FINISH_REASONS, ChatStream
from bridge.wire.messages import MessageEvent
from tests import scripts


def list_deltas(*events: MessageEvent) -> list[tuple[dict[str, Any], str | None]]:
    """Return each chunk's delta and finish_reason."""
    machine = ChatStream(id="chatcmpl-1", model="m", created=7, include_usage=False)
    chunks = [chunk for event in events for chunk in machine.feed(event)]
    machine.finish()
    return [(dict(c["choices"][0]["delta"]), c["choices"][0]["finish_reason"]) for c in chunks]


def test_text_is_streamed_after_the_role() -> None:
    said = list_deltas(scripts.start(), *scripts.text(0, "Hel", "lo"), *scripts.end("end_turn"))
    assert said == [
        ({"role": "assistant", "content": ""}, None),
        ({"content": "Hel"}, None),
        ({"content": "lo"}, None),
        ({}, "stop"),
    ]


def test_a_chunk_is_complete() -> None:
    machine = ChatStream(id="chatcmpl-1", model="m", created=7, include_usage=False)
    assert machine.feed(scripts.start()) == [
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 7,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": ""},
                    "logprobs": None,
                    "finish_reason": None,
                }
            ],
        }
    ]


def test_parallel_calls_are_numbered_from_zero_and_streamed() -> None:
    said = list_deltas(
        scripts.start(),
        *scripts.text(0, "Looking."),
        *scripts.tool(1, "toolu_a", "weather", '{"city":', '"Oslo"}'),
        *scripts.tool(2, "toolu_b", "weather", '{"city":"Bergen"}'),
        *scripts.end("tool_use"),
    )
    assert [call for delta, _ in said for call in delta.get("tool_calls", ())] == [
        {
            "index": 0,
            "id": "toolu_a",
            "type": "function",
            "function": {"name": "weather", "arguments": ""},
        },
        {"index": 0, "function": {"arguments": '{"city":'}},
        {"index": 0, "function": {"arguments": '"Oslo"}'}},
        {
            "index": 1,
            "id": "toolu_b",
            "type": "function",
            "function": {"name": "weather", "arguments": ""},
        },
        {"index": 1, "function": {"arguments": '{"city":"Bergen"}'}},
    ]
    assert said[-1] == ({}, "tool_calls")


def test_a_call_without_arguments_has_an_empty_object() -> None:
    said = list_deltas(
        scripts.start(), *scripts.tool(0, "toolu_a", "now"), *scripts.end("tool_use")
    )
    assert said[2] == ({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, None)


def test_the_input_in_a_calls_start_event_is_sent() -> None:
    call = {"type": "tool_use", "id": "toolu_a", "name": "weather", "input": {"city": "Oslo"}}
    said = list_deltas(scripts.start(), *scripts.block(0, call), *scripts.end("tool_use"))
    assert said[2][0]["tool_calls"] == [{"index": 0, "function": {"arguments": '{"city": "Oslo"}'}}]


def test_thinking_is_reasoning_content_without_the_signature() -> None:
    said = list_deltas(
        scripts.start(),
        *scripts.thinking(0, "Hm.", ""),
        *scripts.text(1, "Yes."),
        *scripts.end("end_turn"),
    )
    assert [delta for delta, _ in said[1:3]] == [{"reasoning_content": "Hm."}, {"content": "Yes."}]


def test_a_server_tool_is_not_a_tool_call() -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": '{"query":"x"}'}
    said = list_deltas(
        scripts.start(),
        *scripts.block(0, search, delta),
        *scripts.text(1, "Found."),
        *scripts.end("end_turn"),
    )
    assert said[1:] == [({"content": "Found."}, None), ({}, "stop")]


def test_a_ping_gives_no_chunk() -> None:
    assert (
        len(list_deltas(scripts.PING, scripts.start(), scripts.PING, *scripts.end("end_turn"))) == 2
    )


def test_a_refusal_has_an_explanation() -> None:
    details = {"category": "cyber", "explanation": "I cannot help with that."}
    said = list_deltas(scripts.start(), *scripts.end("refusal", stop_details=details))
    assert said[-1] == ({"refusal": "I cannot help with that."}, "content_filter")


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ],
)
def test_stop_reason_becomes_finish_reason(stop_reason: str, finish_reason: str) -> None:
    assert list_deltas(scripts.start(), *scripts.end(stop_reason))[-1][1] == finish_reason


def test_every_stop_reason_of_the_sdk_is_mapped() -> None:
    assert set(FINISH_REASONS) == set(get_args(SdkStopReason))


def test_usage_is_the_last_chunk_and_has_the_last_counts() -> None:
    machine = ChatStream(id="chatcmpl-1", model="m", created=7, include_usage=True)
    script = [
        scripts.start(cache_read_input_tokens=100, cache_creation_input_tokens=30),
        *scripts.end(
            "end_turn",
            usage={
                "input_tokens": None,
                "output_tokens": 42,
                "output_tokens_details": {"thinking_tokens": 9},
            },
        ),
    ]
    chunks = [chunk for event in script for chunk in machine.feed(event)]
    assert [chunk["usage"] for chunk in chunks[:-1]] == [None, None]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == {
        "prompt_tokens": 142,
        "completion_tokens": 42,
        "total_tokens": 184,
        "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 9},
    }


def test_an_incomplete_stream_is_an_error() -> None:
    with pytest.raises(StreamBroken, match="broke off"):
        list_deltas(scripts.start(), *scripts.text(0, "Hel"))


def test_an_unknown_stop_reason_is_an_error_that_names_it() -> None:
    with pytest.raises(StreamBroken, match="compaction"):
        list_deltas(scripts.start(), *scripts.end("compaction"))


def test_a_missing_stop_reason_is_an_error() -> None:
    with pytest.raises(StreamBroken, match="without a stop reason"):
        list_deltas(scripts.start(), scripts.STOP)
