"""An error's `param` is a path in the body that the client sent, whatever was made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.models.rules import get_rules
from bridge.server.answers.response import build_chat
from bridge.server.http.request_body import validate_body
from bridge.translate.chat.request import translate_chat
from bridge.translate.responses.request import translate_response_chat
from bridge.wire.chat import ChatRequest
from bridge.wire.responses import ResponsesRequest

MODEL = "claude-opus-5"
HTTP = "http://a.example/b.png"
IMAGE = {"type": "image_url", "image_url": {"url": HTTP}}
PART = {"type": "input_image", "image_url": HTTP}
BLOCK = {"type": "image", "source": {"type": "url", "url": HTTP}}
NO_TEXT = {"type": "input_text"}
SEARCH = {"type": "web_search_call", "id": "ws_1"}
WRONG = {"type": "object", "properties": {"a.b": {"type": "bogus"}}}
TOOL = {"type": "function", "name": "f", "parameters": WRONG}
CALL = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "x"}


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content) or "Hi"}


def refuse_chat(body: dict[str, Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as refused:
        chat = validate_body(ChatRequest, {"model": MODEL, **body})
        translate_chat(chat, get_rules(MODEL), MODEL)
    return refused.value


def refuse_response(body: dict[str, Any], before: Sequence[Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as refused:
        converted, chat = build_chat(
            validate_body(ResponsesRequest, {"model": MODEL, **body}), before
        )
        translate_response_chat(converted, chat, get_rules(MODEL), MODEL)
    return refused.value


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": [user(), user(IMAGE)]}, "messages[1].content[0].image_url.url"),
        ({"messages": [user(PART)]}, "messages[0].content[0].image_url"),
        ({"messages": [user(BLOCK)]}, "messages[0].content[0]"),
        ({"messages": [user(NO_TEXT)]}, "messages[0].content[0].text"),
        (
            {"system": "S", "instructions": "I", "messages": [user(), user(IMAGE)]},
            "messages[1].content[0].image_url.url",
        ),
        (
            {"system": "S", "messages": [user(), {"role": "user", "content": 5}]},
            "messages[1].content",
        ),
        # A message with a result is read as two.
        (
            {"messages": [user(), {"role": "assistant", "content": [CALL]}, user(RESULT, BLOCK)]},
            "messages[2]",
        ),
        (
            {
                "messages": [
                    {"role": "assistant", "content": [CALL]},
                    user(RESULT, {"type": "text", "text": "x"}),
                    user(IMAGE),
                ]
            },
            "messages[2].content[0].image_url.url",
        ),
        ({"input": [user(), user(PART)]}, "input[1].content[0].image_url"),
        ({"instructions": "I", "input": [user(), user(NO_TEXT)]}, "input[1].content[0].text"),
        ({"input": [user(), {"type": "function_call", "call_id": "a"}]}, "input[1].name"),
        ({"input": []}, "input"),
        ({"input": [user(), 7]}, "input[1]"),
        (
            {"input": [user(), {"type": "additional_tools", "tools": [TOOL]}], "tools": []},
            "input[1].tools[0].parameters.properties.a.b.type",
        ),
        (
            {"input": "x", "text": {"format": {"type": "json_schema", "schema": WRONG}}},
            "text.format.name",
        ),
        (
            {"messages": [user()], "response_format": {"type": "json_schema", "schema": WRONG}},
            "response_format.schema.properties.a.b.type",
        ),
        (
            {"messages": [user()], "thinking": {"type": "enabled", "budget_tokens": -1}},
            "thinking.budget_tokens",
        ),
        ({"messages": [user()], "stop_sequences": 5}, "stop_sequences"),
        ({"input": "x", "max_output_tokens": -1}, "max_output_tokens"),
        ({"messages": [user()], "stop": 5, "system": "S"}, "stop"),
    ],
)
def test_a_field_of_a_chat_is_found(body: dict[str, Any], param: str) -> None:
    error = refuse_chat(body)
    assert error.param == param
    if "Invalid value" in error.message or "Missing" in error.message:
        assert f" {param}" in error.message


@pytest.mark.parametrize(
    ("body", "before", "param"),
    [
        ({"input": [user(), user(PART)]}, [], "input[1].content[0].image_url"),
        (
            {"instructions": "I", "input": [SEARCH, user(PART)]},
            [],
            "input[1].content[0].image_url",
        ),
        ({"input": [user(PART)]}, [user(), user()], "input[0].content[0].image_url"),
        ({"input": [user()]}, [user(), user(PART)], "previous_response_id"),
        ({"input": [SEARCH, user(NO_TEXT)]}, [], "input[1].content[0].text"),
        ({"input": [SEARCH, {"role": "bot"}]}, [], "input[1]"),
        ({"input": [SEARCH, {"type": "function_call", "call_id": "a"}]}, [], "input[1].name"),
        ({"input": [SEARCH, {"type": "function_call_output"}]}, [], "input[1].call_id"),
        (
            {
                "input": [
                    SEARCH,
                    {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "a", "output": [PART]},
                ]
            },
            [],
            "input[2].output[0].image_url",
        ),
        ({"input": [SEARCH, {"type": 5}]}, [], "input[1]"),
        ({"input": [SEARCH, 7]}, [], "input[1]"),
        (
            {"input": "x", "tools": [{"type": "tool_search"}, TOOL]},
            [],
            "tools[1].parameters.properties.a.b.type",
        ),
        (
            {"input": "x", "tools": [{"type": "namespace", "name": "n", "tools": [TOOL]}]},
            [],
            "tools[0].tools[0].parameters.properties.a.b.type",
        ),
        (
            {"input": [user(), {"type": "additional_tools", "tools": [TOOL]}]},
            [],
            "input[1].tools[0].parameters.properties.a.b.type",
        ),
        (
            {"input": [user()]},
            [{"type": "additional_tools", "tools": [TOOL]}],
            "previous_response_id",
        ),
        ({"input": "x", "tools": [{"type": "function"}]}, [], "tools[0].name"),
        ({"input": "x", "tool_choice": {"type": "function"}}, [], "tool_choice.name"),
        ({"input": "x", "reasoning_effort": "huge"}, [], "reasoning_effort"),
        (
            {
                "input": "x",
                "text": {"format": {"type": "json_schema", "name": "a", "schema": WRONG}},
            },
            [],
            "text.format.schema.properties.a.b.type",
        ),
    ],
)
def test_a_field_of_a_response_is_found(
    body: dict[str, Any], before: Sequence[Any], param: str
) -> None:
    error = refuse_response(body, before)
    assert error.param == param
    if "Invalid value" in error.message or "Missing" in error.message:
        assert f" {param}" in error.message


def test_a_chat_in_openais_words_keeps_no_second_body() -> None:
    body = {"model": MODEL, "messages": [user()]}
    assert ChatRequest.model_validate(body).client_body is None
    read = ChatRequest.model_validate({**body, "reasoning_effort": "low"})
    assert read.client_body == {"model": MODEL, "reasoning_effort": "low"}
    assert ChatRequest.model_validate({**body, "system": "S"}).client_body == {
        **body,
        "system": "S",
    }
