"""Programs that tell nothing of their elements: what is clicked in them is a risk of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bridge.computer.desktop import Window
from bridge.computer.effects import InputState, find_effects
from bridge.computer.elements.base import Element
from bridge.computer.policy import DEFAULT, judge
from bridge.computer.screen.geometry import Point, Rect, Size, View
from tests.computer.fake_elements import FakeElements
from tests.computer.input_actions import read_input

VIEW = View(Rect(0, 0, 100, 100), Size(100, 100))
TK = Window("Drives", "Tk", VIEW.area, active=True)
FILES = Window("Documents", "Pcmanfm", VIEW.area, active=True)
MENU = replace(FILES, title="", is_secondary=True)
DIALOG = replace(FILES, title="Confirm", is_secondary=True)
XTERM = Window("shell", "XTerm", VIEW.area, active=True)
UNKNOWN = ("an unknown control",)


def judge_act(
    member: str, windows: Sequence[Window], *known: Element, mute: bool = True, **fields: Any
) -> tuple[str, ...]:
    elements = FakeElements(*known)
    elements.mute, elements.default = mute, None
    if member.startswith(("left", "right", "double", "scroll")):
        fields["coordinate"] = [5, 5]
    action = read_input(member, fields)
    effects = find_effects(action, InputState(Point(5, 5)), VIEW, windows, elements)
    return judge(effects, DEFAULT).risks


@pytest.mark.parametrize(
    ("member", "window", "fields", "risks"),
    [
        ("left_click", TK, {}, UNKNOWN),
        ("double_click", TK, {}, UNKNOWN),
        ("right_click", TK, {}, ()),
        ("scroll", TK, {"scroll_direction": "down", "scroll_amount": 3}, ()),
        ("type", TK, {"text": "Dear Ada,\n"}, ()),
        ("left_click", FILES, {}, ()),
        ("double_click", FILES, {}, ()),
        ("left_click", MENU, {}, UNKNOWN),
        ("left_click", DIALOG, {}, UNKNOWN),
        ("key", DIALOG, {"text": "Return"}, UNKNOWN),
        ("key", FILES, {"text": "Return"}, ()),
        ("left_click", XTERM, {}, ("a terminal",)),
    ],
)
def test_what_cannot_be_known_is_asked_for(
    member: str, window: Window, fields: dict[str, Any], risks: tuple[str, ...]
) -> None:
    assert judge_act(member, [window], **fields) == risks


def test_what_a_program_draws_itself_is_judged_by_its_window_if_it_tells_the_rest() -> None:
    assert judge_act("left_click", [TK], mute=False) == ()


def test_what_is_known_is_judged_by_that() -> None:
    button = Element("button", "Cancel", box=Rect(0, 0, 50, 50))
    assert judge_act("left_click", [TK], button) == ()
