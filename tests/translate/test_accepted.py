"""The API accepts the translation of any conversation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.models.learned_limits import learn_limits
from bridge.models.names import resolve_rules
from bridge.models.rules import RULES
from bridge.server.answers.attempt import MOST_RETRIES
from bridge.translate.chat.request import translate_chat
from bridge.wire.chat import ChatRequest
from tests.fake_anthropic.checks.request import check
from tests.fake_anthropic.rules import MODELS

words = st.sampled_from(["Hi", "", " ", "\n", "Grüße 🙂", "a" * 50])
parts = st.lists(st.builds(lambda t: {"type": "text", "text": t}, words), max_size=3)
content = st.one_of(words, parts, st.none())
ids = st.sampled_from(["c1", "c2", "c3"])
arguments = st.sampled_from(["", "{}", '{"a": 1}', "[1]", "{broken", "null"])
calls = st.lists(
    st.builds(
        lambda id, args: {
            "id": id,
            "type": "function",
            "function": {"name": "add", "arguments": args},
        },
        ids,
        arguments,
    ),
    max_size=3,
    unique_by=lambda call: call["id"],
)
messages = st.one_of(
    st.builds(lambda c: {"role": "user", "content": c}, content),
    st.builds(lambda c: {"role": "system", "content": c}, content),
    st.builds(lambda c: {"role": "developer", "content": c}, content),
    st.builds(
        lambda c, t: {"role": "assistant", "content": c, "tool_calls": t or None}, content, calls
    ),
    st.builds(lambda i, c: {"role": "tool", "tool_call_id": i, "content": c}, ids, content),
)
leaves: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "string", "format": "int32", "minLength": 1, "pattern": "^a$"},
        {"type": "integer", "minimum": 0, "multipleOf": 2},
        {"type": ["string", "null"], "enum": ["a", None]},
        {"const": 1},
        {},
        True,
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"$ref": "#/$defs/node"},
        {"$ref": "#"},
    ]
)
nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda i: {"type": "array", "items": i, "maxItems": 3}, inner),
        st.builds(lambda a, b: {"oneOf": [a, b]}, inner, inner),
        st.builds(lambda a: {"anyOf": [a, {"type": "null"}], "default": None}, inner),
        st.builds(
            lambda a, b: {
                "type": "object",
                "properties": {"a": a, "b": b},
                "required": ["a"],
                "additionalProperties": True,
            },
            inner,
            inner,
        ),
    ),
    max_leaves=5,
)
schemas = st.builds(
    lambda root, node: {
        **(root if isinstance(root, dict) else {}),
        "type": "object",
        "properties": {"x": root},
        "$defs": {"node": node},
    },
    nodes,
    nodes,
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 500_000),
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh"]),
        "stop": st.one_of(words, st.lists(words, max_size=4)),
        "tool_choice": st.sampled_from(["auto", "none", "required"]),
        "parallel_tool_calls": st.booleans(),
        "verbosity": st.sampled_from(["low", "medium", "high"]),
        "service_tier": st.sampled_from(["auto", "default", "flex", "priority"]),
        "web_search_options": st.just({}),
        "user": st.just("someone@example.org"),
        "response_format": st.one_of(
            st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
            st.builds(
                lambda schema: {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "schema": schema},
                },
                schemas,
            ),
        ),
    },
)
tools = st.lists(
    st.one_of(
        st.just({"type": "function", "function": {"name": "add"}}),
        st.just({"type": "custom", "custom": {"name": "patch"}}),
        st.just({"type": "function", "name": "web_search"}),
        st.just({"type": "web_search_preview"}),
        st.builds(
            lambda schema, strict: {
                "type": "function",
                "function": {"name": "odd name", "parameters": schema, "strict": strict},
            },
            st.one_of(schemas, nodes),
            st.booleans(),
        ),
    ),
    max_size=3,
)


COMPILATION = ("Schemas contains too many", "The compiled grammar is too large")
"""How refusals of schemas that are valid begin: the bridge sends these requests again."""


def rejection(model: str, body: dict[str, Any]) -> str | None:
    """Return why the request is refused, at last."""
    rules = resolve_rules(model)
    for _ in range(MOST_RETRIES + 1):
        request = translate_chat(ChatRequest.model_validate(body), rules, model).request
        headers = {"anthropic-version": "2026-10-21", **request.headers}
        refused = check(request.body(), headers)
        if refused is None or not refused.message.startswith(COMPILATION):
            break
        correction = learn_limits(rules, request, refused.message)
        if correction is None:
            break
        rules = correction.apply(rules)
    return refused.message if refused else None


def test_schemas_that_are_too_much_to_compile_are_accepted_at_last() -> None:
    node: Any = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    properties = {f"p{number}": node for number in range(17)}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    chat = [{"role": "user", "content": "Hi"}]
    body = {"model": "claude-fable-5", "messages": chat, "response_format": form}
    assert rejection("claude-fable-5", body) is None


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(sorted(MODELS)),
    st.lists(messages, min_size=1, max_size=8),
    parameters,
    tools,
)
def test_any_conversation_is_accepted(
    model: str,
    chat: list[dict[str, Any]],
    given_parameters: dict[str, Any],
    offered: list[dict[str, Any]],
) -> None:
    body = {"model": model, "messages": chat, **given_parameters}
    assert rejection(model, {**body, "tools": offered} if offered else body) is None


@pytest.mark.parametrize("model", [rules.id for rules in RULES])
def test_the_fake_and_the_bridge_know_the_same_models(model: str) -> None:
    assert model in MODELS
