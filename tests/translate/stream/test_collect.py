"""A complete answer is the collected stream."""

from __future__ import annotations

import pytest

from bridge.errors import StreamBroken
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.stream.chat_chunks import ChatStream
from bridge.translate.stream.collect import Collector
from bridge.wire.completion import ChatCompletion
from bridge.wire.messages import MessageEvent
from tests import scripts

USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 5,
    "total_tokens": 17,
    "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}


def collect(*events: MessageEvent) -> ChatCompletion:
    machine = ChatStream(id="chatcmpl-1", model="m", created=7, include_usage=True)
    collector = Collector()
    for event in events:
        collector.feed(machine.feed(event))
    return collector.finish()


def test_text_and_reasoning() -> None:
    answer = collect(
        scripts.start(),
        *scripts.thinking(0, "Two and ", "two."),
        *scripts.text(1, "Fo", "ur."),
        *scripts.end("end_turn"),
    )
    assert answer == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Four.",
                    "refusal": None,
                    "annotations": [],
                    "reasoning_content": "Two and two.",
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }


def test_calls_have_complete_arguments_and_null_content() -> None:
    answer = collect(
        scripts.start(),
        *scripts.tool(0, "toolu_a", "add", '{"a":', "1}"),
        *scripts.tool(1, "toolu_b", "now"),
        *scripts.end("tool_use"),
    )
    message = answer["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"] == [
        {"id": "toolu_a", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}},
        {"id": "toolu_b", "type": "function", "function": {"name": "now", "arguments": "{}"}},
    ]


def test_an_empty_answer_is_an_empty_string() -> None:
    answer = collect(scripts.start(), *scripts.end("end_turn"))
    assert answer["choices"][0]["message"]["content"] == ""


def test_a_refusal_is_in_its_field() -> None:
    details = {"explanation": "No."}
    answer = collect(scripts.start(), *scripts.end("refusal", stop_details=details))
    assert answer["choices"][0]["message"]["refusal"] == "No."
    assert answer["choices"][0]["finish_reason"] == "content_filter"


def test_missing_chunks_are_an_error() -> None:
    with pytest.raises(StreamBroken):
        collect(scripts.start(), *scripts.text(0, "Hel"))


def test_a_legacy_function_call_has_the_clients_name() -> None:
    style = AnswerFormat({"files_read": "files.read"}, legacy=True)
    machine = ChatStream(id="c", model="m", created=7, include_usage=True, answer_format=style)
    collector = Collector()
    script = [
        scripts.start(),
        *scripts.tool(0, "toolu_a", "files_read", '{"path":', '"x"}'),
        *scripts.end("tool_use"),
    ]
    for event in script:
        collector.feed(machine.feed(event))
    choice = collector.finish()["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["content"] is None
    assert choice["message"]["function_call"] == {"name": "files.read", "arguments": '{"path":"x"}'}
    assert "tool_calls" not in choice["message"]
