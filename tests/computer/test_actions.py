"""Claude's tool calls become actions; an error names the field."""

from __future__ import annotations

import contextlib
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.actions import (
    ELEMENT_ACTIONS,
    INPUT_ACTIONS,
    MEMBERS,
    Action,
    Key,
    LeftClick,
    Scroll,
    read_action,
)
from bridge.errors import InvalidRequest
from bridge.translate.chat.computer_toolset import MEMBERS as TOOLSET
from tests.fake_anthropic.checks.tools import MEMBERS as UPSTREAM


def test_there_is_a_class_for_each_member() -> None:
    assert {action.member for action in INPUT_ACTIONS} == TOOLSET == UPSTREAM
    assert {*INPUT_ACTIONS, *ELEMENT_ACTIONS} == set(get_args(Action)) == set(MEMBERS.values())
    assert (len(INPUT_ACTIONS), len(ELEMENT_ACTIONS)) == (17, 7)


def test_a_call_is_parsed() -> None:
    assert read_action("left_click", {"coordinate": [1, 2], "text": "ctrl"}) == LeftClick(
        coordinate=(1, 2), text="ctrl"
    )
    assert read_action("key", {"text": "ctrl+s", "repeat": 2}) == Key(text="ctrl+s", repeat=2)
    fields = {"scroll_direction": "down", "scroll_amount": 3}
    assert read_action("scroll", fields) == Scroll(scroll_direction="down", scroll_amount=3)


_START = "start_coordinate.0"


@pytest.mark.parametrize(
    ("member", "fields", "param"),
    [
        ("fly", {}, "action"),
        ("left_click", {"coordinate": [1]}, "coordinate.1"),
        ("left_click", {"coordinate": "here"}, "coordinate"),
        ("left_click", {"text": "hyper"}, "text"),
        ("key", {}, "text"),
        ("key", {"text": "a", "repeat": 0}, "repeat"),
        ("key", {"text": "a", "repeat": 101}, "repeat"),
        ("hold_key", {"text": "a", "duration": -1}, "duration"),
        ("wait", {"duration": 101}, "duration"),
        ("wait", {"duration": float("nan")}, "duration"),
        ("scroll", {"scroll_direction": "in", "scroll_amount": 1}, "scroll_direction"),
        ("zoom", {"region": [1, 1, 1, 5]}, "region"),
        ("mouse_move", {}, "coordinate"),
        ("click_element", {}, "action"),
        ("click_element", {"role": "knob"}, "role"),
        ("find_element", {"window": "Form"}, "action"),
        ("set_value", {"id": "e1ab"}, "value"),
        ("set_value", {"id": "e1ab", "value": "a\0b"}, "value"),
        ("set_value", {"id": "e1ab", "value": "\ud800"}, "value"),
        ("focus_window", {}, "window"),
        ("mouse_move", {"coordinate": ["5", 5]}, "coordinate.0"),
        ("left_click", {"coordinate": [5, 5.5]}, "coordinate.1"),
        ("left_click", {"coordinate": [5, 5.0]}, "coordinate.1"),
        ("left_click", {"coordinate": [float("nan"), 5]}, "coordinate.0"),
        ("left_click", {"coordinate": [True, 5]}, "coordinate.0"),
        ("left_click", {"coordinate": [5, 5, 5]}, "coordinate"),
        ("left_click_drag", {"start_coordinate": ["0", 1], "coordinate": [1, 1]}, _START),
        ("zoom", {"region": [0, 0, "9", 9]}, "region.2"),
    ],
)
def test_an_invalid_field_is_named(member: str, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_action(member, fields)
    assert caught.value.param == param
    assert member in caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.sampled_from(sorted(MEMBERS)),
    st.dictionaries(st.sampled_from(["coordinate", "text", "duration", "region", "x"]), JSON),
)
def test_any_call_is_parsed_or_refused(member: str, fields: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidRequest):
        assert read_action(member, fields).member == member
