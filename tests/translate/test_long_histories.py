"""Each earlier message of a conversation costs the bridge few steps: clients send all of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import pytest

from bridge.models.rules import get_rules
from bridge.server.answers.response import build_chat
from bridge.server.http.request_body import validate_body
from bridge.translate.chat.request import translate_chat
from bridge.translate.passthrough import pass_through
from bridge.translate.responses.request import translate_response_chat
from bridge.wire.anthropic import MessagesBody
from bridge.wire.chat import ChatRequest
from bridge.wire.responses import ResponsesRequest

MODEL = "claude-opus-5-5"
RULES = get_rules(MODEL)

Messages = Sequence[dict[str, Any]]


def prepare_chat(messages: Messages) -> None:
    chat = validate_body(ChatRequest, {"model": MODEL, "messages": messages})
    translate_chat(chat, RULES, MODEL)


def prepare_response(messages: Messages) -> None:
    body = validate_body(ResponsesRequest, {"model": MODEL, "input": messages})
    converted, chat = build_chat(body, ())
    translate_response_chat(converted, chat, RULES, MODEL)


def prepare_message(messages: Messages) -> None:
    body = {"model": MODEL, "max_tokens": 100, "messages": messages}
    pass_through(validate_body(MessagesBody, body), {}, RULES, MODEL)


def say(count: int) -> Messages:
    """Build a conversation of text."""
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": "Hello."} for at in range(count - 1)] + [
        {"role": "user", "content": "And now?"}
    ]


def call_tools(count: int) -> Messages:
    """Build a conversation of calls and results."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Find it."}]
    for at in range(count // 2):
        function = {"name": "find", "arguments": json.dumps({"text": "it"})}
        call = {"id": f"call_{at}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{at}", "content": "Not here."})
    return messages


def count_calls(prepare: Callable[[Messages], None], messages: Messages) -> int:
    """Count the calls of functions that are written in Python."""
    prepare(messages)
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        prepare(messages)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    ("prepare", "build", "most"),
    [
        (prepare_chat, say, 8),
        (prepare_chat, call_tools, 20),
        (prepare_response, say, 11),
        (prepare_message, say, 2),
    ],
)
def test_a_further_message_takes_few_calls(
    prepare: Callable[[Messages], None], build: Callable[[int], Messages], most: float
) -> None:
    short, long = (count_calls(prepare, build(count)) for count in (101, 201))

    assert (long - short) / 100 <= most
