"""Other words for a chat's parameters mean the same at each endpoint."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.models.rules import get_rules
from bridge.translate.chat.request import Translation, translate_chat
from bridge.translate.responses.request import as_chat
from bridge.wire.chat import ChatRequest
from bridge.wire.chat_input.spellings import SPECIAL, read_response_spellings, read_spellings
from bridge.wire.responses import ResponsesRequest

HI = [{"role": "user", "content": "Hi"}]
TOOLS = [{"type": "function", "function": {"name": "f"}}]


def by_chat(model: str, **parameters: Any) -> Translation:
    body = {"model": model, "messages": HI, "max_tokens": 9000, **parameters}
    return translate_chat(ChatRequest.model_validate(body), get_rules(model), model)


def by_response(model: str, **parameters: Any) -> Translation:
    body = {"model": model, "input": "Hi", "max_output_tokens": 9000, **parameters}
    chat = as_chat(ResponsesRequest.model_validate(body), ()).body
    return translate_chat(ChatRequest.model_validate(chat), get_rules(model), model)


ENDPOINTS = pytest.mark.parametrize("translate", [by_chat, by_response])


@ENDPOINTS
@pytest.mark.parametrize(
    "parameters",
    [
        {"reasoning_effort": "none"},
        {"reasoning_effort": "OFF"},
        {"reasoning_effort": False},
        {"reasoning": {"enabled": False}},
        {"reasoning": {"effort": "disabled"}},
        {"reasoning": {"max_tokens": 0}},
        {"thinking": {"type": "disabled"}},
    ],
)
def test_thinking_is_turned_off(translate: Any, parameters: dict[str, Any]) -> None:
    assert translate("claude-haiku-5-5", **parameters).request.thinking == {"type": "disabled"}


@ENDPOINTS
@pytest.mark.parametrize(
    ("parameters", "effort"),
    [
        ({"reasoning_effort": ""}, None),
        ({"reasoning_effort": "auto"}, None),
        ({"reasoning_effort": None}, None),
        ({"reasoning": {}}, None),
        ({"reasoning_effort": "HIGH"}, "high"),
        ({"reasoning": {"effort": "maximum"}}, "max"),
        ({"reasoning": {"effort": "extra-high"}}, "xhigh"),
        ({"reasoning": {"enabled": True}}, "medium"),
        ({"reasoning": {"max_tokens": 2000}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 16_000}}, "high"),
        ({"thinking": {"type": "adaptive"}}, "high"),
    ],
)
def test_an_effort_in_other_words_is_that_effort(
    translate: Any, parameters: dict[str, Any], effort: str | None
) -> None:
    config = translate("claude-opus-5", **parameters).request.output_config or {}
    assert config.get("effort") == effort


@ENDPOINTS
def test_a_budget_is_kept_where_claude_has_one(translate: Any) -> None:
    for parameters in (
        {"thinking": {"type": "enabled", "budget_tokens": 3000}},
        {"reasoning": {"max_tokens": 3000}},
    ):
        thinking = translate("claude-haiku-4-5", **parameters).request.thinking
        assert thinking["budget_tokens"] == 3000


def test_excluded_thinking_is_left_out_of_the_answer() -> None:
    assert by_chat("claude-opus-5", reasoning={"exclude": True}).answer_format.hide_thinking
    assert not by_chat("claude-opus-5", reasoning={"effort": "low"}).answer_format.hide_thinking


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, None),
        ({"type": "any"}, {"type": "any"}),
        ({"type": "none"}, {"type": "none"}),
        ({"type": "tool", "name": "f"}, {"type": "tool", "name": "f"}),
        (
            {"type": "auto", "disable_parallel_tool_use": True},
            {"type": "auto", "disable_parallel_tool_use": True},
        ),
    ],
)
def test_anthropics_tool_choices_are_read(choice: Any, expected: Any) -> None:
    assert by_chat("claude-opus-5", tools=TOOLS, tool_choice=choice).request.tool_choice == expected
    flat = [{"type": "function", "name": "f"}]
    found = by_response("claude-opus-5", tools=flat, tool_choice=choice)
    assert found.request.tool_choice == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"system": "Be brief."},
        {"instructions": "Be brief."},
        {"system": [{"type": "text", "text": "Be brief."}]},
    ],
)
def test_a_system_prompt_beside_the_messages_is_used(parameters: dict[str, Any]) -> None:
    translation = by_chat("claude-opus-5", **parameters)
    assert translation.request.system == ({"type": "text", "text": "Be brief."},)
    assert translation.notices == ()


@pytest.mark.parametrize(
    "form",
    [
        {"type": "json_schema", "schema": {"type": "object"}},
        {"type": "json_schema", "name": "n", "strict": True, "schema": {"type": "object"}},
        {"type": "json_object", "schema": {"type": "object"}},
    ],
)
def test_a_schema_beside_the_type_is_one(form: dict[str, Any]) -> None:
    expected = by_chat("claude-opus-5", response_format=form).expected_json
    assert expected is not None
    assert expected.schema == {"type": "object"}


def test_a_response_format_may_be_a_word() -> None:
    named = by_chat("claude-opus-5", response_format="json_object")
    assert named.expected_json is not None
    assert by_chat("claude-opus-5", response_format="text").expected_json is None


def test_stop_sequences_are_stops() -> None:
    assert by_chat("claude-opus-5", stop_sequences=["END"]).request.stop_sequences == ("END",)


@ENDPOINTS
@pytest.mark.parametrize(
    ("parameters", "marker", "noticed"),
    [
        ({}, {"type": "ephemeral"}, False),
        ({"prompt_cache_retention": "in_memory"}, {"type": "ephemeral"}, False),
        ({"prompt_cache_options": {"ttl": "1h"}}, {"type": "ephemeral", "ttl": "1h"}, False),
        ({"prompt_cache_retention": "24h"}, {"type": "ephemeral", "ttl": "1h"}, True),
    ],
)
def test_a_longer_cache_is_an_hour(
    translate: Any, parameters: dict[str, Any], marker: Any, noticed: bool
) -> None:
    translation = translate("claude-opus-5", **parameters)
    assert translation.request.cache_control == marker
    assert bool(translation.notices) == noticed


@ENDPOINTS
@pytest.mark.parametrize("parameters", [{"service_tier": "fast"}, {"speed": "fast"}])
def test_fast_is_claudes_fast_mode_or_noticed(translate: Any, parameters: dict[str, Any]) -> None:
    assert translate("claude-opus-5-5", **parameters).request.body()["speed"] == "fast"
    slow = translate("claude-opus-5", **parameters)
    assert "speed" not in slow.request.body()
    (name,) = parameters
    assert slow.notices == (f"{name} ignored: claude-opus-5 has no fast mode",)


@given(
    st.dictionaries(
        st.sampled_from(sorted(SPECIAL | {"messages", "parallel_tool_calls"})),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=2),
                st.dictionaries(
                    st.sampled_from(["type", "name", "effort", "enabled", "schema"]), inner
                ),
            ),
            max_leaves=6,
        ),
    )
)
def test_any_values_are_read_without_a_crash(body: dict[str, Any]) -> None:
    before = repr(body)
    read_spellings(body)
    read_response_spellings(body)
    assert repr(body) == before, "the client's body is not changed"
