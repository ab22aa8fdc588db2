"""Descriptions of actions, for the user and for Claude."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.computer.actions import MEMBERS, read_action
from bridge.computer.describe import describe
from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.computer.tool_specs import TOOL_DESCRIPTIONS, build_input_schema

SENTENCES: dict[str, tuple[dict[str, Any], str]] = {
    "key": ({"text": "ctrl+s"}, "Press ctrl+s"),
    "hold_key": ({"text": "shift", "duration": 1.5}, "Hold shift for 1.5 s"),
    "type": ({"text": "Dear Ms Ö,\nhello"}, "Type “Dear Ms Ö,⏎hello”"),
    "cursor_position": ({}, "Get the pointer's position"),
    "mouse_move": ({"coordinate": [1, 2]}, "Move the pointer to (1, 2)"),
    "left_mouse_down": ({}, "Press the left button"),
    "left_mouse_up": ({}, "Release the left button"),
    "left_click": ({"coordinate": [1, 2], "text": "ctrl"}, "Click at (1, 2) with ctrl"),
    "right_click": ({"coordinate": [1, 2]}, "Right-click at (1, 2)"),
    "middle_click": ({}, "Middle-click"),
    "double_click": ({"coordinate": [1, 2]}, "Double-click at (1, 2)"),
    "triple_click": ({"coordinate": [1, 2]}, "Triple-click at (1, 2)"),
    "left_click_drag": (
        {"start_coordinate": [1, 2], "coordinate": [3, 4]},
        "Drag from (1, 2) to (3, 4)",
    ),
    "scroll": (
        {"coordinate": [1, 2], "scroll_direction": "down", "scroll_amount": 3},
        "Scroll down by 3 at (1, 2)",
    ),
    "wait": ({"duration": 2}, "Wait 2 s"),
    "screenshot": ({}, "Take a screenshot"),
    "zoom": ({"region": [1, 2, 30, 40]}, "Zoom in on (1, 2) to (30, 40)"),
    "list_windows": ({}, "List the windows"),
    "focus_window": ({"window": "Notes"}, "Bring the window “Notes” to the front"),
    "list_elements": ({"window": "w12"}, "List the elements of the window “w12”"),
    "find_element": ({"role": "link", "name": "Help"}, "Find the link “Help”"),
    "click_element": ({"role": "button", "name": "OK"}, "Click the button “OK” by its name"),
    "set_value": ({"id": "e1ab", "value": "Ulm"}, "Set the element e1ab to “Ulm”"),
    "read_text": (
        {"name": "Total", "window": "Shop"},
        "Read the text of the element “Total” of the window “Shop”",
    ),
}


def test_every_action_has_a_sentence_and_a_tool_description() -> None:
    assert SENTENCES.keys() == MEMBERS.keys() == TOOL_DESCRIPTIONS.keys()


@pytest.mark.parametrize("member", SENTENCES)
def test_an_action_in_a_sentence(member: str) -> None:
    fields, sentence = SENTENCES[member]
    assert describe(read_action(member, fields)) == sentence


@pytest.mark.parametrize("member", SENTENCES)
def test_the_input_schema_accepts_the_fields_and_nothing_else(member: str) -> None:
    import jsonschema

    fields, _ = SENTENCES[member]
    schema = build_input_schema(member)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(fields, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**fields, "nonsense": 1}, schema)


def test_the_window_is_named() -> None:
    window = Window("Inbox – Mail", "mail", Rect(0, 0, 9, 9), active=True)
    assert describe(read_action("key", {"text": "Return"}), window) == (
        "Press Return in “Inbox – Mail”"
    )


def test_a_long_text_is_cut_off() -> None:
    sentence = describe(read_action("type", {"text": "word " * 1000}))
    assert len(sentence) < 220
    assert "‹4800 more›" in sentence
