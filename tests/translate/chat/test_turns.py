"""Any history becomes one that Claude's API accepts, and nothing in it is lost without a notice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.models.rules import RULES, get_rules
from bridge.translate.chat.request import Translation, translate_chat
from bridge.wire.chat import ChatRequest
from tests.fake_anthropic.checks.request import check

MODEL = "claude-sonnet-5-5"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBA"
    "EAX+XDSwAAAABJRU5ErkJggg=="
)
IMAGE = {"type": "image_url", "image_url": {"url": PIXEL}}


def user(content: Any = "Hi", **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


def claude(content: Any = "Yes?", *calls: tuple[str, str], **more: Any) -> dict[str, Any]:
    made = [
        {"id": id, "type": "function", "function": {"name": name, "arguments": '{"n": 1}'}}
        for id, name in calls
    ]
    return {
        "role": "assistant",
        "content": content,
        **({"tool_calls": made} if made else {}),
        **more,
    }


def result(id: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


def translate(*messages: Any, model: str = MODEL, **more: Any) -> Translation:
    chat = ChatRequest.model_validate({"model": model, "messages": list(messages), **more})
    return translate_chat(chat, get_rules(model), model)


def list_turns(translation: Translation) -> list[tuple[str, list[str]]]:
    """Return each turn's role, and its blocks as texts."""
    return [
        (turn["role"], [_describe(block) for block in turn["content"]])
        for turn in translation.request.messages
    ]


def _describe(block: Any) -> str:
    match block["type"]:
        case "text":
            return str(block["text"])
        case "tool_use":
            return f"{block['id']}: {block['name']}"
        case "tool_result":
            return f"{block['tool_use_id']} = {' '.join(map(_describe, block.get('content', [])))}"
        case kind:
            return f"({kind})"


def test_tools_of_the_history_are_offered_and_cannot_be_called() -> None:
    history = (
        user(),
        claude(None, ("a", "get weather"), ("b", "now")),
        result("a", "12 C"),
        result("b", "noon"),
        claude(None, ("c", "now")),
        result("c", "one"),
    )
    without: list[dict[str, Any]] = [{}, {"tools": []}, {"tools": None}]
    for more in without:
        translation = translate(*history, **more)
        tools = translation.request.tools or ()
        assert [(tool["name"], tool["input_schema"]["type"]) for tool in tools] == [
            ("get_weather", "object"),
            ("now", "object"),
        ]
        assert translation.request.tool_choice == {"type": "none"}
        assert any(notice.startswith("tools: those that earlier") for notice in translation.notices)


def test_legacy_calls_of_the_history_are_offered_too() -> None:
    called = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
    translation = translate(user(), called, {"role": "function", "name": "f", "content": "7"})
    assert [tool["name"] for tool in translation.request.tools or ()] == ["f"]


def test_a_history_without_calls_gets_no_tools() -> None:
    translation = translate(user(), claude(), user())
    assert (translation.request.tools, translation.request.tool_choice) == (None, None)
    assert translation.notices == ()


def test_a_greeting_first_gets_a_user_turn_before_it() -> None:
    translation = translate(claude("Hello!"), user("x"))
    assert list_turns(translation) == [
        ("user", ["Begin the conversation."]),
        ("assistant", ["Hello!"]),
        ("user", ["x"]),
    ]
    assert "the first one is the assistant's" in translation.notices[0]


def test_images_of_the_assistants_move_to_the_next_user_turn() -> None:
    translation = translate(
        user("a"),
        claude([{"type": "text", "text": "x"}, IMAGE], ("c", "f")),
        result("c", "r"),
        claude([IMAGE]),
        tools=[{"type": "function", "function": {"name": "f"}}],
    )
    assert list_turns(translation)[:5] == [
        ("user", ["a"]),
        ("assistant", ["x", "c: f"]),
        ("user", ["c = r", "(image)"]),
        ("assistant", ["(see the next message)"]),
        ("user", ["(image)"]),
    ]
    assert any("images and files are in the next" in notice for notice in translation.notices)


def test_one_id_for_two_calls_is_two_calls_with_their_own_results() -> None:
    translation = translate(
        user(),
        claude(None, ("c", "f"), ("c", "f")),
        result("c", "FIRST"),
        result("c", "SECOND"),
        claude(None, ("c", "f")),
        result("c", "THIRD"),
    )
    assert list_turns(translation)[1:] == [
        ("assistant", ["c: f", "c_2: f"]),
        ("user", ["c = FIRST", "c_2 = SECOND"]),
        ("assistant", ["c_3: f"]),
        ("user", ["c_3 = THIRD"]),
    ]


def test_two_results_of_one_call_are_sent_as_one() -> None:
    translation = translate(user(), claude(None, ("c", "f")), result("c", "1"), result("c", "2"))
    assert list_turns(translation)[-1] == ("user", ["c = 1 2"])
    assert "messages: tool call c has several results; they were sent as one" in translation.notices


def test_a_result_without_a_call_keeps_its_image() -> None:
    translation = translate(user("a"), result("c", [{"type": "text", "text": "Look:"}, IMAGE]))
    assert list_turns(translation) == [("user", ["[tool result] Look:\n(image)", "(image)", "a"])]
    (notice,) = translation.notices
    assert notice == "messages: tool result c belongs to no call; it was sent as text"


def test_a_speaker_who_sends_an_image_alone_is_named() -> None:
    translation = translate(user([IMAGE], name="Ada"), user("Mine is better.", name="Bob"))
    assert list_turns(translation) == [("user", ["Ada:", "(image)", "Bob: Mine is better."])]
    assert translation.notices == ()


def test_speakers_who_share_a_role_are_named() -> None:
    translation = translate(
        user("my number is 7", name="Ada"),
        user([IMAGE, {"type": "text", "text": "whose is 7?"}], name="Bob"),
        claude("Ada's.", name="helper"),
        user("Thanks."),
    )
    assert list_turns(translation) == [
        ("user", ["Ada: my number is 7", "(image)", "Bob: whose is 7?"]),
        ("assistant", ["Ada's."]),
        ("user", ["Thanks."]),
    ]
    assert translation.notices == (
        "messages.name ignored: the assistant messages have one speaker",
    )


def test_half_a_surrogate_pair_in_arguments_is_replaced() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f"}}
    call["function"] = {
        "name": "f",
        "arguments": '{"a": "cut \\ud83d", "\\udc00": "\\ud83d\\ude00"}',
    }
    translation = translate(user(), {"role": "assistant", "tool_calls": [call]}, result("c", "r"))
    block = translation.request.messages[1]["content"][0]
    assert block["input"] == {"a": "cut \ufffd", "\ufffd": "\U0001f600"}


@pytest.mark.parametrize("url", ["HTTPS://a.example/b.png", "Https://a.example/b.png"])
def test_an_https_address_in_capitals_is_one(url: str) -> None:
    part = {"type": "image_url", "image_url": {"url": url}}
    source = translate(user([part])).request.messages[0]["content"][0]["source"]
    assert source == {"type": "url", "url": "https://a.example/b.png"}


names = st.sampled_from(["f", "g h", "é", "a.b"])
ids = st.sampled_from(["a", "b", "a:0", ""])
texts = st.sampled_from(["", " ", "x", "two\nlines"])
parts = st.lists(
    st.one_of(texts.map(lambda text: {"type": "text", "text": text}), st.just(IMAGE)), max_size=3
)
contents = st.one_of(st.none(), texts, parts)
speakers = st.sampled_from([None, "Ada", "Bob"])


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    match draw(st.sampled_from(["user", "claude", "tool", "system", "legacy", "function"])):
        case "user":
            return user(draw(contents), name=draw(speakers))
        case "claude":
            calls = draw(st.lists(st.tuples(ids, names), max_size=3))
            return claude(draw(contents), *calls, name=draw(speakers))
        case "tool":
            return result(draw(ids), draw(contents))
        case "system":
            return {"role": draw(st.sampled_from(["system", "developer"])), "content": draw(texts)}
        case "legacy":
            return {"role": "assistant", "function_call": {"name": draw(names), "arguments": "{"}}
        case _:
            return {"role": "function", "name": draw(names), "content": draw(contents)}


tool_lists = st.sampled_from([None, [], [{"type": "function", "function": {"name": "f"}}]])


@given(
    st.lists(messages(), min_size=1, max_size=8),
    tool_lists,
    st.sampled_from([rules.id for rules in RULES]),
)
def test_any_history_is_accepted_by_the_strict_fake(
    history: list[dict[str, Any]], tools: Any, model: str
) -> None:
    translation = translate(*history, model=model, tools=tools)
    body = json.loads(json.dumps(translation.request.body()))
    headers = {"anthropic-version": "2026-10-21", **translation.request.headers}
    assert check(body, headers) is None
    assert json.dumps(body).count('"type": "image"') == json.dumps(history).count('"image_url": {')
