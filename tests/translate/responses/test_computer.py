"""Conversion between OpenAI's computer calls and Claude's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseComputerToolCall

from bridge.errors import InvalidRequest, OutputMismatch
from bridge.translate.chat.computer_toolset import CHAT_PREFIX, MEMBERS
from bridge.translate.responses.computer import (
    UNSUPPORTED_MEMBERS,
    as_calls,
    as_results,
    find_pointer,
    join_call_ids,
    to_openai_actions,
)

PLACES = st.lists(st.integers(0, 4000), min_size=2, max_size=2)
HELD = st.sampled_from([{}, {"text": "ctrl"}, {"text": "ctrl+shift"}, {"text": "super"}])
CHORDS = st.sampled_from(
    ["Return", "ctrl+s", "Page_Up", "Escape", "BackSpace", "a", "F5", "alt+Tab", "ctrl+plus", "é"]
)


NOTHING: st.SearchStrategy[dict[str, Any]] = st.just({})


def build_pointer_calls(member: str, more: st.SearchStrategy[dict[str, Any]] = NOTHING) -> Any:
    return st.builds(
        lambda at, held, more: (member, {"coordinate": at, **held, **more}),
        PLACES,
        HELD,
        more,
    )


CALLS = st.one_of(
    st.just(("screenshot", {})),
    st.builds(lambda s: ("wait", {"duration": s}), st.integers(1, 9)),
    st.builds(lambda t: ("type", {"text": t}), st.text(min_size=1)),
    st.builds(lambda t: ("key", {"text": t}), CHORDS),
    st.builds(lambda t, n: ("key", {"text": t, "repeat": n}), CHORDS, st.integers(2, 9)),
    st.builds(lambda at: ("mouse_move", {"coordinate": at}), PLACES),
    st.builds(
        lambda a, b, held: ("left_click_drag", {"start_coordinate": a, "coordinate": b, **held}),
        PLACES,
        PLACES,
        HELD,
    ),
    build_pointer_calls("left_click"),
    build_pointer_calls("right_click"),
    build_pointer_calls("middle_click"),
    build_pointer_calls("double_click"),
    build_pointer_calls(
        "scroll",
        st.fixed_dictionaries(
            {
                "scroll_direction": st.sampled_from(["up", "down", "left", "right"]),
                "scroll_amount": st.integers(1, 30),
            }
        ),
    ),
)


@given(st.lists(CALLS, min_size=1, max_size=6))
def test_calls_are_unchanged_after_conversion_and_back(
    calls: list[tuple[str, dict[str, Any]]],
) -> None:
    parts: list[tuple[str, int]] = []
    actions: list[dict[str, Any]] = []
    pointer = None
    for number, (member, given_) in enumerate(calls):
        one = to_openai_actions(member, given_, pointer)
        pointer = one.pointer
        parts.append((f"toolu_{number}", len(one.actions)))
        actions += one.actions
    item = {"type": "computer_call", "call_id": join_call_ids(parts), "actions": actions}
    ResponseComputerToolCall.model_validate(
        {**item, "id": "cu", "pending_safety_checks": [], "status": "completed"}, strict=True
    )
    back = as_calls(item, "input[0]")
    assert [call["call_id"] for call in back] == [id for id, _ in parts]
    assert [(call["name"], json.loads(call["arguments"])) for call in back] == [
        (CHAT_PREFIX + member, given_) for member, given_ in calls
    ]


def test_every_member_is_converted_or_disabled() -> None:
    examples: dict[str, dict[str, Any]] = {
        "key": {"text": "Return"},
        "type": {"text": "a"},
        "left_click_drag": {"start_coordinate": [1, 2], "coordinate": [3, 4]},
        "scroll": {"coordinate": [1, 2], "scroll_direction": "up", "scroll_amount": 3},
        "wait": {"duration": 2},
    }
    for member in MEMBERS - set(UNSUPPORTED_MEMBERS):
        assert to_openai_actions(member, examples.get(member, {"coordinate": [1, 2]}), None).actions
    for member in UNSUPPORTED_MEMBERS:
        with pytest.raises(OutputMismatch, match=member):
            to_openai_actions(member, {"coordinate": [1, 2], "text": "a", "duration": 1}, None)


@pytest.mark.parametrize(
    ("member", "given_", "actions"),
    [
        (
            "left_click",
            {"coordinate": [10, 20], "text": "ctrl+shift"},
            [{"type": "click", "button": "left", "x": 10, "y": 20, "keys": ["CTRL", "SHIFT"]}],
        ),
        (
            "scroll",
            {"coordinate": [1, 2], "scroll_direction": "left", "scroll_amount": 3},
            [{"type": "scroll", "scroll_x": -300, "scroll_y": 0, "x": 1, "y": 2}],
        ),
        ("key", {"text": "ctrl+s"}, [{"type": "keypress", "keys": ["CTRL", "s"]}]),
        (
            "key",
            {"text": "Down Return"},
            [{"type": "keypress", "keys": ["ARROWDOWN"]}, {"type": "keypress", "keys": ["ENTER"]}],
        ),
        ("key", {"text": "Tab", "repeat": 2}, [{"type": "keypress", "keys": ["TAB"]}] * 2),
        ("wait", {"duration": 3}, [{"type": "wait"}] * 3),
    ],
)
def test_the_conversion_of_each_action(
    member: str, given_: dict[str, Any], actions: list[Any]
) -> None:
    assert list(to_openai_actions(member, given_, None).actions) == actions


def test_a_click_without_coordinates_is_at_the_pointer() -> None:
    moved = to_openai_actions("mouse_move", {"coordinate": [5, 6]}, None)
    (clicked,) = to_openai_actions("left_click", {}, moved.pointer).actions
    assert (clicked["x"], clicked["y"]) == (5, 6)
    with pytest.raises(OutputMismatch, match="left_click"):
        to_openai_actions("left_click", {}, None)


def test_a_foreign_call_becomes_one_call_per_action() -> None:
    item = {
        "type": "computer_call",
        "call_id": "call_abc",
        "actions": [
            {"type": "click", "button": "left", "x": 1, "y": 2},
            {"type": "drag", "path": [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 6}]},
            {"type": "scroll", "x": 1, "y": 2, "scroll_x": 0, "scroll_y": -40},
        ],
    }
    assert [
        (call["call_id"], call["name"], json.loads(call["arguments"]))
        for call in as_calls(item, "input[0]")
    ] == [
        ("call_abc", "computer__left_click", {"coordinate": [1, 2]}),
        (
            "call_abc_2",
            "computer__left_click_drag",
            {"start_coordinate": [1, 2], "coordinate": [5, 6]},
        ),
        (
            "call_abc_3",
            "computer__scroll",
            {"coordinate": [1, 2], "scroll_direction": "up", "scroll_amount": 1},
        ),
    ]
    assert find_pointer([item]) == (1, 2)


def test_the_last_of_several_calls_gets_the_screenshot() -> None:
    output = {"call_id": "a.b", "output": {"type": "computer_screenshot", "image_url": "data:x"}}
    first, last = as_results(output, ["a", "b"], "input[1]")
    assert first == {"type": "function_call_output", "call_id": "a", "output": "OK"}
    assert last["output"] == [{"type": "input_image", "image_url": "data:x"}]


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"call_id": "a"}, "input[0].actions"),
        ({"call_id": "a", "actions": "x"}, "input[0].actions"),
        ({"call_id": "a", "actions": [{"type": "fly"}]}, "input[0].actions"),
        ({"call_id": "a", "actions": [{"type": "click", "x": 1}]}, "input[0].actions"),
        ({"actions": [{"type": "wait"}]}, "input[0].call_id"),
    ],
)
def test_an_incomplete_call_is_refused_naming_the_field(item: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        as_calls(item, "input[0]")
    assert caught.value.param == param
