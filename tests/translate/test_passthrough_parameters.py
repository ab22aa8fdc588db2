"""Parameters that were meant for another model, checked by the strict fake's own rules."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.models.names import resolve_rules
from bridge.translate.passthrough import pass_through
from bridge.wire.anthropic import MessagesBody
from tests.fake_anthropic.checks.request import check
from tests.fake_anthropic.rules import OLD_VERSION, TABLE

HI: Any = {"role": "user", "content": "Hi"}
ADD = {"name": "add", "input_schema": {"type": "object"}}
OLD = {"anthropic-version": OLD_VERSION}

MEANT_FOR_ANOTHER: dict[str, dict[str, Any]] = {
    "temperature": {"temperature": 0.2},
    "temperature and top_p": {"temperature": 0.2, "top_p": 0.9},
    "top_k": {"top_k": 5, "top_p": 0.9},
    "temperature and thinking": {"temperature": 0.2, "thinking": {"type": "adaptive"}},
    "prefill": {"messages": [HI, {"role": "assistant", "content": "I"}]},
    "system turn": {"messages": [HI, {"role": "system", "content": "Be brief."}]},
    "budget": {"thinking": {"type": "enabled", "budget_tokens": 8000}},
    "whole budget": {
        "max_tokens": 128_000, "thinking": {"type": "enabled", "budget_tokens": 120_000}
    },
    "adaptive": {"thinking": {"type": "adaptive", "display": "summarized"}},
    "off": {"thinking": {"type": "disabled"}},
    "off at xhigh": {"thinking": {"type": "disabled"}, "output_config": {"effort": "xhigh"}},
    "between tools": {"thinking": {"type": "between_tools"}},
    "max": {"output_config": {"effort": "max"}},
    "forced": {"tools": [ADD], "tool_choice": {"type": "any"}},
    "one tool forced": {
        "tools": [ADD], "tool_choice": {"type": "tool", "name": "add"}, "system": "Be brief."
    },
    "much output": {"max_tokens": 128_000},
    "little output": {"max_tokens": 1500, "thinking": {"type": "adaptive"}},
    "fast": {"speed": "fast"},
}  # fmt: skip


def translate(name: str, model: str, more: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the body for a model when the client named another, and the notices."""
    body = {"model": name, "max_tokens": 10_000, "messages": [HI], **more}
    translated = pass_through(MessagesBody.model_validate(body), OLD, resolve_rules(model), model)
    return translated.request.body(), list(translated.notices)


@pytest.mark.parametrize("meant", MEANT_FOR_ANOTHER)
@pytest.mark.parametrize("model", [row.id for row in TABLE])
def test_each_model_accepts_what_was_meant_for_another(model: str, meant: str) -> None:
    body, notices = translate("default", model, MEANT_FOR_ANOTHER[meant])
    assert check(body, OLD) is None
    # What is accepted as it came stays, and what is changed has a notice.
    unchanged, _ = translate("default", model, {})
    as_it_came = {"max_tokens": 10_000, **MEANT_FOR_ANOTHER[meant]}
    kept = {name: body.get(name) for name in as_it_came if name not in ("messages", "system")}
    if not notices:
        assert body.keys() - unchanged.keys() <= as_it_came.keys()
        for name, value in kept.items():
            assert value == as_it_came[name] or value == tuple(as_it_came[name]), name


@pytest.mark.parametrize("effort", ["none", "low", "max"])
@pytest.mark.parametrize("model", [row.id for row in TABLE])
def test_each_model_accepts_the_effort_of_a_rule(model: str, effort: str) -> None:
    rules = resolve_rules(model)
    for more in MEANT_FOR_ANOTHER.values():
        fields = {"model": model, "max_tokens": 10_000, "messages": [HI], **more}
        body = MessagesBody.model_validate(fields)
        request = pass_through(body, OLD, rules, model, effort=effort).request
        assert check(request.body(), OLD) is None, more
        if effort == "none":
            kind = (request.thinking or {}).get("type", "disabled")
            off = {"always": "adaptive", "between_tools": "between_tools"}
            assert kind == off.get(rules.thinking, "disabled")


def test_the_effort_of_a_rule_replaces_the_clients_own() -> None:
    thinking = {"type": "adaptive", "display": "omitted"}
    fields = {"thinking": thinking, "output_config": {"effort": "max"}}
    body = {"model": "claude-sonnet-5-5", "max_tokens": 10_000, "messages": [HI], **fields}
    model = "claude-sonnet-5-5"
    translated = pass_through(
        MessagesBody.model_validate(body), OLD, resolve_rules(model), model, effort="low"
    )
    assert translated.request.thinking == thinking
    assert translated.request.output_config == {"effort": "low"}
    assert translated.notices == ()


def test_a_rule_cannot_make_a_model_think_in_a_loop_that_began_without() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "3"}
    turns = [HI, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    body = {"model": "haiku", "max_tokens": 10_000, "messages": turns, "tools": [ADD]}
    model = "claude-haiku-4-5"
    translated = pass_through(
        MessagesBody.model_validate(body), OLD, resolve_rules(model), model, effort="high"
    )
    assert translated.request.thinking is None
    assert translated.notices[0] == (
        "effort: claude-haiku-4-5 does not think here; the earlier thinking of its tool loop is "
        "missing"
    )


@pytest.mark.parametrize(
    "name", ["claude-haiku-4-5", "claude-haiku-4.5", "claude-haiku-4-5-20251001"]
)
def test_the_clients_own_model_gets_what_the_client_sent(name: str) -> None:
    more = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}, "top_k": 3}
    body, notices = translate(name, "claude-haiku-4-5", more)
    assert {field: body[field] for field in more} == more
    assert notices == []


def test_a_budget_becomes_an_effort() -> None:
    more = {"thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}}
    body, notices = translate("claude-3-7-sonnet-latest", "claude-sonnet-5-5", more)
    assert body["thinking"] == {"type": "adaptive", "display": "omitted"}
    assert body["output_config"] == {"effort": "low"}
    assert notices == [
        "thinking: the budget is read as effort low; claude-sonnet-5-5 has no budget for it"
    ]


def test_a_prefill_becomes_a_request_to_continue() -> None:
    messages = [HI, {"role": "assistant", "content": "Two and"}]
    body, notices = translate("default", "claude-opus-5-5", {"messages": messages})
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    assert "Continue your last message" in body["messages"][-1]["content"][0]["text"]
    assert "does not support prefill" in notices[0]


def test_a_tool_that_cannot_be_forced_is_asked_for() -> None:
    more = {
        "tools": [ADD, {**ADD, "name": "other"}],
        "tool_choice": {"type": "tool", "name": "add", "disable_parallel_tool_use": True},
    }
    body, notices = translate("opus", "claude-opus-5-5", more)
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert [tool["name"] for tool in body["tools"]] == ["add"]
    assert body["system"][-1]["text"] == "Respond by calling the tool `add`."
    assert "cannot be forced" in notices[0]


def test_calls_without_results_are_left_to_upstream() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}
    messages = [HI, {"role": "assistant", "content": [call]}]
    with pytest.raises(InvalidRequest, match="must end with a user message"):
        translate("default", "claude-opus-5-5", {"messages": messages, "tools": [ADD]})
