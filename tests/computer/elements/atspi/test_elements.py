"""Programs that answer with anything: what others answer stays known, and nothing is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from dbus_fast import Message, Variant

from bridge.computer.desktop import Window
from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.elements.atspi.roles import (
    DEFAULT,
    DIALOG,
    FOCUSED,
    FRAME,
    PASSWORD,
    SHOWING,
)
from bridge.computer.elements.base import TEXT_LENGTH, Dialog, Element, ElementList
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import InvalidRequest
from tests.computer.elements.atspi.programs import (
    NULL,
    ROOT,
    TOP,
    AccessibilityBus,
    Answer,
    Program,
    Thing,
    accessibility_bus,
    fail,
    reply,
)
from tests.computer.native.programs.start import eventually

BUTTON, LABEL = 43, 29
GOOD = Program(
    Rect(0, 0, 400, 300),
    {"top": Thing(FRAME, "Window", children=("secret",)), "secret": Thing(PASSWORD)},
)
SECRET = Rect(20, 20, 100, 20)
ODD_AREA = Rect(500, 0, 400, 300)
ODD_TREE = {
    "top": Thing(FRAME, "Window", children=("secret", "button")),
    "secret": Thing(PASSWORD, states=(SHOWING, FOCUSED)),
    "button": Thing(BUTTON, "OK", states=(SHOWING, DEFAULT)),
}


def many(count: int) -> list[list[str]]:
    return [[":1.0", f"/a/{number}"] for number in range(count)]


def give_own(count: int) -> Answer:
    """Answer with many objects that are there."""
    return lambda call: Message.new_method_return(
        call, "a(so)", [[[call.destination, TOP] for _ in range(count)]]
    )


def nest(depth: int) -> Variant:
    return Variant("s", "") if not depth else Variant("v", nest(depth - 1))


TEXTS = ("Name", "Description")
# dbus-fast ends a connection that takes more than fits into its buffer: so no text of 1 MB here.
ODD: Mapping[str, Mapping[str, Answer]] = {
    "no children": {"GetChildren": reply("a(so)", [])},
    "a null reference": {"GetChildren": reply("a(so)", [["", NULL]])},
    "no name of a program": {"GetChildren": reply("a(so)", [["no name", ROOT]])},
    "a name with a line break": {"GetChildren": reply("a(so)", [[":1.1\n", ROOT]])},
    "a name of 1 MB": {"GetChildren": reply("a(so)", [[":1." + "1" * 1_000_000, ROOT]])},
    "children as text": {"GetChildren": reply("s", "two")},
    "3,000 children": {"GetChildren": reply("a(so)", many(3000))},
    "1,000 windows": {"GetChildren": give_own(1000)},
    "a role as text": {"GetRole": reply("s", "button")},
    "a role that is none": {"GetRole": reply("u", 0xFFFFFFFF)},
    "a box of three": {"GetExtents": reply("(iii)", [1, 2, 3])},
    "a box of text": {"GetExtents": reply("s", "large")},
    "a large box": {"GetExtents": reply("(iiii)", [-(2**31), -(2**31), 2**31 - 1, 2**31 - 1])},
    "one word of states": {"GetState": reply("au", [1 << SHOWING])},
    "no words of states": {"GetState": reply("au", [])},
    "no variants": {name: reply("s", "x") for name in ("Name", "Parent", "ChildCount")},
    "a parent as text": {"Parent": reply("v", Variant("s", "top"))},
    "no parent's name": {"Parent": reply("v", Variant("(so)", ["a b", ROOT]))},
    "a count as text": {"ChildCount": reply("v", Variant("s", "two"))},
    "fewer than no children": {"ChildCount": reply("v", Variant("i", -1))},
    "long texts": {name: reply("v", Variant("s", "Delete " * 1500)) for name in TEXTS},
    "control characters": {"Name": reply("v", Variant("s", "\x1b[2J\x07\r\n\u202e\x7f\x9b"))},
    "a deep value": {"Name": reply("v", nest(60))},
    "attributes as a list": {"GetAttributes": reply("as", ["a"])},
    "errors": {"*": fail},
    "nothing": {"*": reply("")},
    "two values": {"*": reply("ss", "a", "b")},
    "silence": {"*": lambda call: None},
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_program_hides_nothing_of_another(
    elements: AtspiElements, bus: AccessibilityBus, kind: str
) -> None:
    good, odd = replace(GOOD), Program(ODD_AREA, ODD_TREE, ODD[kind])
    with bus.start(odd, good):
        elements.password_areas([])
        windows = [odd.window, good.window]
        assert eventually(lambda: SECRET in elements.password_areas(windows), 30)
        assert eventually(lambda: is_password(elements.element_at(Point(30, 30), good.window)), 30)
        for found in (
            elements.element_at(Point(530, 30), odd.window),
            elements.find_focused(odd.window),
            elements.default_button(odd.window),
        ):
            assert found is None or len(found.name + found.description) <= 2 * TEXT_LENGTH
        use_by_name(elements, odd.window)


def test_empty_labels_do_not_hide_the_text_of_a_dialog(
    elements: AtspiElements, bus: AccessibilityBus
) -> None:
    empty = {f"empty{number}": Thing(LABEL) for number in range(60)}
    tree = {
        "top": Thing(FRAME, "Window", children=("dialog",)),
        "dialog": Thing(DIALOG, "Question", children=(*empty, "text", "yes")),
        "text": Thing(LABEL, "All files will be deleted."),
        "yes": Thing(BUTTON, "Yes"),
        **empty,
    }
    program = Program(Rect(1200, 0, 400, 300), tree)
    with bus.start(program):
        place = Point(1230, 30)
        assert eventually(lambda: elements.element_at(place, program.window) is not None, 30)
        found = elements.element_at(place, program.window)
    assert found is not None
    assert found.dialog == Dialog("Question", "All files will be deleted.")


@pytest.mark.parametrize(("things", "is_mute"), [({}, False), (None, True)])
def test_a_program_without_windows_on_the_bus_is_mute(
    elements: AtspiElements, bus: AccessibilityBus, things: dict[str, Thing] | None, is_mute: bool
) -> None:
    program = Program(Rect(1700, 0, 400, 300), things or {})
    if things is None:
        program.odd = {"GetChildren": reply("a(so)", [])}
    with bus.start(program):
        assert eventually(lambda: elements.is_mute(program.window) == is_mute, 30)


def use_by_name(elements: AtspiElements, window: Window) -> None:
    """Do everything with the elements of a window; it is done, or refused by name."""
    acts: list[Callable[[str], object]] = [
        *(elements.press, elements.focus_element, elements.read_text),
        *(lambda id: elements.look_up(id, [window]), lambda id: elements.set_value(id, "on")),
    ]
    asks: list[Callable[[], ElementList]] = [
        lambda: elements.window_tree(window, 120),
        lambda: elements.find(window, None, "OK"),
    ]
    for ask in asks:
        with suppress(InvalidRequest):
            for named in ask().elements[:2]:
                assert len(named.element.name) <= TEXT_LENGTH
                for act in acts:
                    with suppress(InvalidRequest):
                        act(named.id)


def is_password(element: Element | None) -> bool:
    return element is not None and element.is_password


def test_a_bus_that_ends_leaves_everything_unknown() -> None:
    good = replace(GOOD)
    with (
        accessibility_bus() as bus,
        closing(AtspiElements(bus.address)) as elements,
        bus.start(good),
    ):
        assert eventually(lambda: SECRET in elements.password_areas([good.window]), 30)
        bus.end()
        assert elements.element_at(Point(30, 30), good.window) is None
        assert elements.default_button(good.window) is None
        assert elements.password_areas([good.window]) == [SECRET], "as it was last known"
