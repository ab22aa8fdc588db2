"""Parameters are mapped, or ignored with a notice."""

from __future__ import annotations

import typing
from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

from bridge.errors import InvalidRequest
from bridge.models.names import resolve_rules
from bridge.translate.chat.request import IGNORED_PARAMETERS, Translation, translate_chat
from bridge.wire.chat import ChatRequest

TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def translate(model: str = "claude-sonnet-5-5", **parameters: Any) -> Translation:
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **parameters}
    return translate_chat(ChatRequest.model_validate(body), resolve_rules(model), model)


def test_a_minimal_request() -> None:
    result = translate()
    assert result.request.body() == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 64_000,
        "messages": ({"role": "user", "content": [{"type": "text", "text": "Hi"}]},),
        "thinking": {"type": "adaptive", "display": "summarized"},
        "cache_control": {"type": "ephemeral"},
    }
    assert result.notices == ()


def test_every_parameter_of_openai_is_mapped_or_ignored_with_a_reason() -> None:
    known = set(typing.get_type_hints(CompletionCreateParamsStreaming))
    assert known - set(ChatRequest.model_fields) - set(IGNORED_PARAMETERS) == set()


def test_an_unknown_parameter_is_reported() -> None:
    assert translate(frobnicate=1, seed=3, user=None).notices == (
        "frobnicate ignored: unknown parameter",
        "seed ignored: not supported by Claude",
    )


def test_max_tokens_is_limited_to_the_models_maximum() -> None:
    result = translate("claude-haiku-4-5", max_completion_tokens=100_000)
    assert result.request.max_tokens == 64_000
    assert result.notices == ("max_tokens: 100000 is over claude-haiku-4-5's limit; 64000 is used",)


def test_sampling_is_ignored_if_the_model_does_not_support_it() -> None:
    result = translate(temperature=0)
    assert result.request.temperature is None
    assert result.notices == (
        "temperature ignored: claude-sonnet-5-5 does not support sampling parameters",
    )


def test_sampling_sends_the_api_version_that_accepts_it() -> None:
    result = translate("claude-haiku-4-5", temperature=1.7, top_p=0.5)
    assert (result.request.temperature, result.request.top_p) == (1.0, None)
    assert result.request.headers == {"anthropic-version": "2023-06-01"}
    assert "headers" not in result.request.body()


@pytest.mark.parametrize(
    ("choice", "model", "sent"),
    [
        ("auto", "claude-opus-5", None),
        ("none", "claude-opus-5", {"type": "none"}),
        ("required", "claude-opus-5", {"type": "any"}),
        (
            {"type": "function", "function": {"name": "add"}},
            "claude-opus-5",
            {"type": "tool", "name": "add"},
        ),
        ("required", "claude-sonnet-5-5", None),
    ],
)
def test_tool_choice(choice: Any, model: str, sent: Any) -> None:
    assert translate(model, tools=[TOOL], tool_choice=choice).request.tool_choice == sent


def test_a_model_that_cannot_be_forced_is_instructed() -> None:
    result = translate(tools=[TOOL], tool_choice="required")
    assert result.request.system == (
        {"type": "text", "text": "Respond by calling one of the tools."},
    )
    assert result.notices == (
        "tool_choice: claude-sonnet-5-5 cannot be forced to call a tool; it is instructed to",
    )


def test_one_call_at_a_time() -> None:
    result = translate(tools=[TOOL], parallel_tool_calls=False)
    assert result.request.tool_choice == {"type": "auto", "disable_parallel_tool_use": True}


def test_a_tool_is_streamed_and_always_has_an_object_schema() -> None:
    bare = {"type": "function", "function": {"name": "now", "description": "The time."}}
    assert translate(tools=[bare]).request.tools == (
        {
            "name": "now",
            "description": "The time.",
            "input_schema": {"type": "object", "properties": {}},
            "eager_input_streaming": True,
        },
    )


@pytest.mark.parametrize(
    ("effort", "model", "sent"),
    [
        ("minimal", "claude-opus-5-5", {"effort": "low"}),
        ("xhigh", "claude-opus-5-5", {"effort": "xhigh"}),
        ("xhigh", "claude-opus-4-6", {"effort": "high"}),
        ("none", "claude-opus-5-5", {"effort": "low"}),
        ("high", "claude-haiku-4-5", None),
    ],
)
def test_effort(effort: str, model: str, sent: Any) -> None:
    assert translate(model, reasoning_effort=effort).request.output_config == sent


def test_effort_in_the_form_of_the_responses_api() -> None:
    result = translate(reasoning={"effort": "low"})
    assert result.request.output_config == {"effort": "low"}
    assert result.notices == ()


def test_whitespace_stops_are_detected_by_the_bridge() -> None:
    result = translate(stop=["END", "\n"])
    assert result.request.stop_sequences == ("END",)
    assert len(result.notices) == 1


def schema_format(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def test_a_json_schema_becomes_structured_output() -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}}}
    result = translate(response_format=schema_format(schema), reasoning_effort="low")
    assert result.request.output_config == {
        "effort": "low",
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"age": {"type": "integer", "description": "(minimum: 0)"}},
                "additionalProperties": False,
            },
        },
    }
    assert result.notices == ()


def test_a_recursive_schema_becomes_an_instruction() -> None:
    schema = {"type": "object", "properties": {"child": {"$ref": "#"}}}
    result = translate(response_format=schema_format(schema))
    assert result.request.output_config is None
    assert '{"$ref": "#"}' in (result.request.system or ())[0]["text"]
    assert len(result.notices) == 1


def test_json_object_becomes_an_instruction() -> None:
    result = translate(response_format={"type": "json_object"})
    assert "single JSON object" in (result.request.system or ())[0]["text"]


def test_the_text_format_changes_nothing() -> None:
    assert translate(response_format={"type": "text"}) == translate()


def test_the_users_id_is_hashed() -> None:
    metadata = translate(user="someone@example.org").request.metadata
    assert metadata is not None
    assert metadata["user_id"].startswith("79a6123c2db3")
    assert len(metadata["user_id"]) == 64


def build_tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def test_an_invalid_tool_name_is_replaced_and_mapped_back() -> None:
    result = translate(
        tools=[build_tool("files.read"), build_tool("files_read"), build_tool("ünï")]
    )
    assert [tool["name"] for tool in result.request.tools or ()] == [
        "files_read",
        "files_read_2",
        "_n_",
    ]
    assert result.answer_format.tool_names == {
        "files_read": "files.read",
        "files_read_2": "files_read",
        "_n_": "ünï",
    }


def test_a_repeated_tool_is_sent_once() -> None:
    result = translate(tools=[build_tool("add"), build_tool("add")])
    assert len(result.request.tools or ()) == 1
    assert result.notices == ("tools: a name is used more than once; the last definition is used",)


def test_flat_tools_are_accepted() -> None:
    flat = {"type": "function", "name": "add", "parameters": {"type": "object"}}
    assert translate(tools=[flat]).request.tools == translate(tools=[TOOL]).request.tools


def test_only_allowed_tools_are_sent() -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TOOL]}}
    result = translate("claude-opus-5", tools=[TOOL, build_tool("sub")], tool_choice=choice)
    assert [tool["name"] for tool in result.request.tools or ()] == ["add"]
    assert result.request.tool_choice == {"type": "any"}


@pytest.mark.parametrize("way", ["tools", "functions"])
def test_a_choice_that_is_not_among_the_tools_is_refused(way: str) -> None:
    asked: dict[str, Any] = {"tools": [TOOL], "tool_choice": build_tool("gone")}
    if way == "functions":
        asked = {"functions": [TOOL["function"]], "function_call": {"name": "gone"}}
    with pytest.raises(InvalidRequest, match="`gone`") as caught:
        translate(**asked)
    assert caught.value.param in asked


def test_legacy_functions() -> None:
    result = translate(
        "claude-opus-5",
        functions=[{"name": "add", "parameters": {"type": "object"}}],
        function_call={"name": "add"},
        messages=[
            {"role": "user", "content": "1+1"},
            {"role": "assistant", "function_call": {"name": "add", "arguments": '{"a": 1}'}},
            {"role": "function", "name": "add", "content": "2"},
        ],
    )
    assert result.answer_format.legacy
    assert result.request.tool_choice == {
        "type": "tool",
        "name": "add",
        "disable_parallel_tool_use": True,
    }
    assert result.request.messages[1:] == (
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "function_call", "name": "add", "input": {"a": 1}}
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "function_call",
                    "content": [{"type": "text", "text": "2"}],
                }
            ],
        },
    )
