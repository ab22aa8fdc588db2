"""What is wrong with a body is said in plain words, at a path that the client can find."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.server.http.request_body import validate_body
from bridge.wire.chat import ChatRequest

HI = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"messages": []}, "messages", "it must not be empty"),
        ({"messages": "x"}, "messages", "it must be a list"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content", "it must be a str"),
        ({"messages": [{"content": "x"}]}, "messages[0]", "it has no 'role'"),
        ({"messages": [{"role": "bot"}]}, "messages[0]", "its 'role' is 'bot'; it must be one of "),
        (
            {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
            "messages[0].content[0]",
            "its 'type' is 'smell'; it must be one of 'text', ",
        ),
        ({"tool_choice": 7}, "tool_choice", "it must be 'none', 'auto' or 'required'"),
        ({"tool_choice": {"type": "foo"}}, "tool_choice", "it must be 'none', 'auto' or 'requ"),
        ({"temperature": "hot"}, "temperature", "it must be a number"),
        ({"temperature": 3}, "temperature", "it must be at most 2"),
        ({"max_tokens": -1}, "max_tokens", "it must be at least 0"),
        ({"max_tokens": 1.5}, "max_tokens", "it must be a whole number"),
        ({"stream": "yes"}, "stream", "it must be true or false"),
        ({"stop": 7}, "stop", "it must be a string or it must be a list"),
        ({"tools": [7]}, "tools[0]", "it must be an object"),
    ],
)
def test_a_wrong_value_is_explained(fields: dict[str, Any], param: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate_body(ChatRequest, {"model": "m", "messages": HI, **fields})
    assert refused.value.param == param
    assert refused.value.message.startswith(f"Invalid value for {param}: {words}")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate_body(ChatRequest, {"model": "m", "messages": HI, "tools": [{"type": "function"}]})
    assert refused.value.message == "Missing required parameter: tools[0].function."
