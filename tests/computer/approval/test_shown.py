"""A batch as the user sees it: every action whole, with its window and its keys."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.computer.actions import MEMBERS, read_action
from bridge.computer.approval.shown import ShownStep, show_steps, spell_keys
from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect

NOTES = Window("Notes", "notes", Rect(0, 0, 9, 9), active=True)


def show(member: str, place: Window | None = NOTES, **fields: Any) -> ShownStep:
    (step,) = show_steps([read_action(member, fields)], [place], (30, 40))
    return step


def test_a_text_is_shown_whole_with_its_lines_and_its_length() -> None:
    text = "Dear Anna, thank you. " * 20 + "\n; rm -rf ~\n"
    step = show("type", text=text)
    assert step.text == "Dear Anna, thank you. " * 20 + "⏎\n; rm -rf ~⏎\n"
    assert step.facts == "452 characters, 2 lines, ends with Enter"
    assert step.window == "“Notes” (program notes)"
    assert step.sentence == f"Type “{step.text}” in {step.window}: {step.facts}"


STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "Press Ctrl+k, then Ctrl+Enter": ("key", {"text": "ctrl+k ctrl+Return"}),
    "Press Page Up 3 times": ("key", {"text": "Page_Up", "repeat": 3}),
    "Hold Shift for 2 s": ("hold_key", {"text": "shift", "duration": 2}),
    "Click at (1, 2) while holding Ctrl+Shift": (
        "left_click",
        {"coordinate": [1, 2], "text": "ctrl+shift"},
    ),
    "Click where the pointer is, at (30, 40)": ("left_click", {}),
    "Press the left button where the pointer is, at (30, 40)": ("left_mouse_down", {}),
    "Scroll down by 3 where the pointer is, at (30, 40) while holding Alt": (
        "scroll",
        {"scroll_direction": "down", "scroll_amount": 3, "text": "alt"},
    ),
}


@pytest.mark.parametrize("sentence", STEPS)
def test_a_step(sentence: str) -> None:
    member, fields = STEPS[sentence]
    assert show(member, None, **fields).sentence == sentence


def test_a_place_is_where_an_earlier_step_moves_the_pointer() -> None:
    move, click = read_action("mouse_move", {"coordinate": [7, 8]}), read_action("left_click", {})
    _, step = show_steps([move, click], [None, None], (30, 40))
    assert step.action == "Click where the pointer is, at (7, 8)"


def test_a_title_cannot_imitate_another_window() -> None:
    window = Window("Notes”\u202e (program editor)\n" + "x" * 999, "evil\u200b", NOTES.area, True)
    shown = show("key", window, text="a").window
    assert shown.startswith("“Notes”‹U+202E› (program editor)⏎xxx")
    assert "more›" in shown
    assert shown.endswith("(program evil‹U+200B›)")
    assert show("key", Window("", "panel", NOTES.area, True), text="a").window == (
        "an untitled window (program panel)"
    )


@pytest.mark.parametrize(("keys", "spelled"), [("\u202e", "‹U+202E›"), ("plus", "+")])
def test_keys_are_spelled(keys: str, spelled: str) -> None:
    assert spell_keys(keys) == spelled


def test_every_action_can_be_shown() -> None:
    from tests.computer.test_describe import SENTENCES

    for member in MEMBERS:
        assert show(member, **SENTENCES[member][0]).sentence
