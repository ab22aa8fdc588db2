"""Cache markers: the client's own, or one for the whole request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.models.names import resolve_rules
from bridge.translate.chat.request import Translation, translate_chat
from bridge.wire.chat import ChatRequest
from tests.translate.test_accepted import messages as any_message

MODEL = "claude-sonnet-5-5"
MARKER = {"type": "ephemeral"}
BRIEF = {"role": "system", "content": "Be brief."}
HI = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "ls", "parameters": {"type": "object"}}}


def translate(*messages: dict[str, Any], **more: Any) -> Translation:
    body = {"model": MODEL, "messages": list(messages), **more}
    return translate_chat(ChatRequest.model_validate(body), resolve_rules(MODEL), MODEL)


def test_a_request_without_markers_gets_a_top_level_marker() -> None:
    assert translate({"role": "user", "content": "Hi"}).request.cache_control == MARKER


def test_the_clients_markers_are_copied_and_none_is_added() -> None:
    part = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    request = translate(
        {"role": "system", "content": "Be brief.", "cache_control": MARKER},
        {"role": "user", "content": [part, {"type": "text", "text": "there"}]},
    ).request
    assert request.system == ({"type": "text", "text": "Be brief.", "cache_control": MARKER},)
    assert request.messages[0]["content"] == [part, {"type": "text", "text": "there"}]
    assert request.cache_control is None


@pytest.mark.parametrize(
    ("messages", "more", "marked"),
    [
        ([BRIEF, HI], {}, "system"),
        ([BRIEF, HI], {"tools": [TOOL]}, "system"),
        ([HI], {"tools": [TOOL]}, "tools"),
        ([HI], {}, "nothing"),
        # A conversation comes again, with its next turn.
        ([BRIEF, HI, {"role": "assistant", "content": "Hello."}, HI], {}, "all"),
    ],
)
def test_for_short_texts_only_the_instructions_are_marked(
    messages: list[dict[str, Any]], more: dict[str, Any], marked: str
) -> None:
    chat = ChatRequest.model_validate({"model": MODEL, "messages": messages, **more})
    rules = replace(resolve_rules(MODEL), caches_messages=False)
    body = translate_chat(chat, rules, MODEL).request.body()
    places = {"all": body, "system": body.get("system", [{}])[-1]}
    places["tools"] = body.get("tools", [{}])[-1]
    assert [name for name, place in places.items() if place.get("cache_control") == MARKER] == (
        [] if marked == "nothing" else [marked]
    )


def test_only_the_last_four_markers_stay() -> None:
    parts = [{"type": "text", "text": str(n), "cache_control": MARKER} for n in range(6)]
    (turn,) = translate({"role": "user", "content": parts}).request.messages
    assert [block["text"] for block in turn["content"] if "cache_control" in block] == list("2345")


def test_extra_fields_of_messages_are_reported() -> None:
    result = translate(
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho", "reasoning_content": "Hm", "mood": "good"},
        {"role": "user", "content": "Hi"},
    )
    assert result.notices == (
        "messages.reasoning_content ignored: Claude accepts its thinking only with a signature",
        "messages.mood ignored: unknown field",
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(any_message, min_size=1, max_size=6))
def test_another_turn_does_not_change_the_bytes_before_it(
    chat: list[dict[str, Any]],
) -> None:
    """Only up to the client's last user message, because later content may be merged into it."""
    opening = [*chat, {"role": "user", "content": "Question"}]
    longer = [
        *opening,
        {"role": "assistant", "content": "Answer"},
        {"role": "user", "content": "?"},
    ]
    before, after = translate(*opening).request, translate(*longer).request
    assert json.dumps(after.system) == json.dumps(before.system)
    kept = after.messages[: len(before.messages)]
    assert json.dumps(kept) == json.dumps(before.messages)
