"""A program that knows places in its windows only, and says of nothing that it is showing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from dbus_fast import Message, Variant

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.elements.atspi.gtk4 import clean_name
from bridge.computer.elements.atspi.roles import FRAME, PASSWORD, VISIBLE
from bridge.computer.elements.base import Element
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.elements.atspi.programs import (
    AccessibilityBus,
    Answer,
    Program,
    Thing,
    bits,
    reply,
)
from tests.computer.native.programs.start import eventually

BUTTON, POPOVER, ITEM = 43, 33, 35
AREA = Rect(700, 200, 400, 300)
IN_WINDOW: Mapping[str, Rect] = {
    "top": Rect(0, 0, 400, 300),
    "erase": Rect(10, 10, 100, 20),
    "secret": Rect(10, 40, 100, 20),
    "menu": Rect(10, 70, 120, 60),
    "trash": Rect(10, 80, 120, 20),
}
TREE = {
    "top": Thing(FRAME, "Disks", children=("erase", "secret", "menu")),
    "erase": Thing(BUTTON, "_Erase Erase"),
    "secret": Thing(PASSWORD, "GtkPasswordEntry"),
    "menu": Thing(POPOVER, "GtkPopoverMenu", children=("trash",)),
    "trash": Thing(ITEM, "Move to Trash"),
}


def measure(call: Message) -> Message:
    box = IN_WINDOW.get(str(call.path).rpartition("/")[2], Rect(0, 0, 0, 0))
    sides = [box.left, box.top, box.width, box.height]
    return Message.new_method_return(call, "(iiii)", [sides])


def give(text: str) -> Answer:
    return reply("v", Variant("s", text))


ODD: Mapping[str, Answer] = {
    "ToolkitName": give("GTK"),
    "Version": give("4.8.3"),
    "GetState": reply("au", bits(VISIBLE)),
    "GetExtents": measure,
}


@pytest.fixture
def program(bus: AccessibilityBus) -> Iterator[Program]:
    program = Program(AREA, TREE, ODD)
    with bus.start(program):
        yield program


def is_named(element: Element | None, name: str) -> bool:
    return element is not None and element.name == name


def test_places_are_those_in_the_window(elements: AtspiElements, program: Program) -> None:
    window = program.window
    assert eventually(lambda: is_named(elements.element_at(Point(720, 215), window), "Erase"), 30)
    found = elements.element_at(Point(720, 215), window)
    assert found is not None
    assert found.box == Rect(710, 210, 100, 20)
    assert elements.password_areas([window]) == [Rect(710, 240, 100, 20)]


def test_an_open_menu_is_a_window_of_its_own(elements: AtspiElements, program: Program) -> None:
    size = IN_WINDOW["menu"]
    popup = Rect(1000, 500, size.width, size.height)
    menu = Window("", "program", popup, False, WindowId(9000, program.window.id.process))
    assert eventually(
        lambda: is_named(elements.element_at(Point(1020, 515), menu), "Move to Trash"), 30
    )


def test_the_default_button_is_unknown(elements: AtspiElements, program: Program) -> None:
    assert eventually(lambda: elements.element_at(Point(720, 215), program.window) is not None, 30)
    assert elements.default_button(program.window) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("GtkImage", ""),
        ("Cancel Cancel", "Cancel"),
        ("_Format drive Format drive", "Format drive"),
        ("Move to _Trash Move to Trash", "Move to Trash"),
        ("Bye bye Bye bye", "Bye bye"),
        ("Move to Trash", "Move to Trash"),
        ("Gtk", "Gtk"),
        ("", ""),
    ],
)
def test_a_name_is_told_once_and_no_class(name: str, shown: str) -> None:
    assert clean_name(name) == shown
