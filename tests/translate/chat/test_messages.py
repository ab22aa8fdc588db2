"""Chat messages in Anthropic's format."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.models.names import resolve_rules
from bridge.translate.chat.messages import build_conversation
from bridge.translate.chat.tools import read_offer
from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def turns(
    *messages: dict[str, Any], model: str = "claude-sonnet-5-5"
) -> tuple[list[tuple[str, list[Any]]], tuple[Any, ...] | None, tuple[str, ...]]:
    """Return the turns as (role, blocks), the system prompt and the notices."""
    chat = ChatRequest.model_validate({"model": model, "messages": list(messages)})
    notices = Notices()
    talk = build_conversation(
        chat.messages, read_offer(chat, notices), resolve_rules(model), notices
    )
    return [(m["role"], m["content"]) for m in talk.messages], talk.system, notices.lines()


def test_a_plain_chat() -> None:
    said, system, notices = turns(
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": [text("And"), text("you?")]},
    )
    assert system == (text("Be brief."),)
    assert said == [
        ("user", [text("Hi")]),
        ("assistant", [text("Hello.")]),
        ("user", [text("And"), text("you?")]),
    ]
    assert notices == ()


def test_leading_system_and_developer_messages_are_the_system_prompt() -> None:
    _, system, _ = turns(
        {"role": "developer", "content": [text("One.")]},
        {"role": "system", "content": "Two."},
        {"role": "user", "content": "Hi"},
    )
    assert system == (text("One."), text("Two."))


def test_a_later_system_message_stays_in_place() -> None:
    said, system, _ = turns(
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "system", "content": "Now in French."},
        {"role": "user", "content": "Go on"},
    )
    assert system is None
    assert said[-1] == ("user", [text("[system note] Now in French."), text("Go on")])


@pytest.mark.parametrize(
    ("model", "last"),
    [
        ("claude-sonnet-5-5", [("user", [text("Hi")]), ("system", [text("In French.")])]),
        ("claude-sonnet-5", [("user", [text("Hi"), text("[system note] In French.")])]),
    ],
)
def test_a_system_message_after_a_user_message_stays_if_the_model_accepts_it(
    model: str, last: Any
) -> None:
    said, _, _ = turns(
        {"role": "user", "content": "Hi"}, {"role": "system", "content": "In French."}, model=model
    )
    assert said == last


def test_a_call_and_its_result() -> None:
    said, _, _ = turns(
        {"role": "user", "content": "1+1?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
    )
    assert said[1:] == [
        ("assistant", [{"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1}}]),
        ("user", [{"type": "tool_result", "tool_use_id": "c1", "content": [text("2")]}]),
    ]


def test_parallel_results_share_a_turn_and_precede_the_users_text() -> None:
    other = {**CALL, "id": "c2"}
    said, _, _ = turns(
        {"role": "user", "content": "Go"},
        {"role": "assistant", "content": "", "tool_calls": [CALL, other]},
        {"role": "user", "content": "Hurry"},
        {"role": "tool", "tool_call_id": "c2", "content": "B"},
        {"role": "tool", "tool_call_id": "c1", "content": "A"},
    )
    assert said[2] == (
        "user",
        [
            {"type": "tool_result", "tool_use_id": "c1", "content": [text("A")]},
            {"type": "tool_result", "tool_use_id": "c2", "content": [text("B")]},
            text("Hurry"),
        ],
    )


def test_a_missing_result_becomes_an_error_with_a_notice() -> None:
    said, _, notices = turns(
        {"role": "user", "content": "Go"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "user", "content": "Never mind"},
    )
    assert said[2][1][0] == {
        "type": "tool_result",
        "tool_use_id": "c1",
        "content": [text("(no result)")],
        "is_error": True,
    }
    assert notices == ("messages: tool call c1 has no result; an error was sent for it",)


def test_a_result_without_a_call_becomes_text_with_a_notice() -> None:
    said, _, notices = turns(
        {"role": "user", "content": "Go"},
        {"role": "tool", "tool_call_id": "c9", "content": "42"},
    )
    assert said == [("user", [text("[tool result] 42"), text("Go")])]
    assert notices == ("messages: tool result c9 belongs to no call; it was sent as text",)


def test_blank_content_is_left_out() -> None:
    said, _, _ = turns(
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": " "},
        {"role": "assistant", "content": []},
        {"role": "user", "content": [text(""), text("There")]},
    )
    assert said == [("user", [text("Hi"), text("There")])]


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ("", {}),
        ("{}", {}),
        ("[1]", {"value": [1]}),
        ('{"a": ', {"invalid_json": '{"a": '}),
    ],
)
def test_invalid_arguments_in_the_history_become_an_object(arguments: str, given: Any) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": arguments}}
    said, _, _ = turns(
        {"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}
    )
    assert said[1][1][0]["input"] == given


def test_a_model_without_prefill_is_asked_to_continue() -> None:
    messages = ({"role": "user", "content": "Count"}, {"role": "assistant", "content": "1, 2, "})
    said, _, notices = turns(*messages)
    assert said[-1][0] == "user"
    assert notices == (
        "messages: claude-sonnet-5-5 does not support prefill here; it is asked to continue "
        "instead",
    )
    prefilled, _, notices = turns(*messages, model="claude-haiku-4-5")
    assert prefilled[-1] == ("assistant", [text("1, 2,")])
    assert notices == ()


def test_a_lone_system_prompt_gets_a_user_turn() -> None:
    said, system, _ = turns({"role": "system", "content": "Say hello."})
    assert system == (text("Say hello."),)
    assert said == [("user", [text("Continue.")])]


def test_the_media_type_of_an_image_is_that_of_its_bytes() -> None:
    url = {"url": f"data:image/;base64,{PNG}"}
    said, _, _ = turns({"role": "user", "content": [{"type": "image_url", "image_url": url}]})
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    assert said == [("user", [{"type": "image", "source": source}])]


@pytest.mark.parametrize(
    ("part", "param", "words"),
    [
        (
            {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
            "messages[0].content[0]",
            "audio",
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/bmp;base64,Qk0AAAAA"}},
            "messages[0].content[0].image_url.url",
            "image/bmp",
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,%%%"}},
            "messages[0].content[0].image_url.url",
            "base64",
        ),
        (
            {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
            "messages[0].content[0].image_url.url",
            "data URL",
        ),
    ],
)
def test_unsupported_content_is_refused_naming_the_field(
    part: dict[str, Any], param: str, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        turns({"role": "user", "content": [part]})
    assert caught.value.param == param


def test_repeated_or_invalid_ids_are_replaced() -> None:
    odd = {**CALL, "id": "functions.add:0"}
    said, _, _ = turns(
        {"role": "user", "content": "Go"},
        {"role": "assistant", "tool_calls": [odd]},
        {"role": "tool", "tool_call_id": "functions.add:0", "content": "A"},
        {"role": "assistant", "tool_calls": [odd]},
        {"role": "tool", "tool_call_id": "functions.add:0", "content": "B"},
    )
    used = [block.get("id") or block["tool_use_id"] for _, blocks in said[1:] for block in blocks]
    assert used == ["functions_add_0", "functions_add_0"] + ["functions_add_0_2"] * 2
