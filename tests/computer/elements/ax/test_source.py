"""What macOS' accessibility functions tell, as elements; not seen on a Mac."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.ax.source import MESSAGING_SECONDS, AxSource
from bridge.computer.elements.base import NOTHING, Dialog, Role, State
from bridge.computer.elements.walking.elements import WalkingElements
from bridge.computer.elements.walking.node import Raw, Unanswered
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.elements.ax.fake_ax import (
    CANNOT_COMPLETE,
    PROCESS,
    Functions,
    Object,
)
from tests.computer.native.programs.start import eventually

WINDOW = Window("W", "Program", Rect(0, 0, 800, 600), True, WindowId(7, PROCESS))
Open = Callable[..., tuple[WalkingElements, Functions]]


def read(thing: Object) -> Raw:
    source = AxSource(Functions(thing).as_api)
    source.open()
    (node,) = source.list_windows(WINDOW)
    return node.read()


@pytest.mark.parametrize(
    ("role", "attributes", "ours"),
    [
        ("AXButton", {}, "button"),
        ("AXCheckBox", {}, "check box"),
        ("AXCheckBox", {"AXSubrole": "AXSwitch"}, "switch"),
        ("AXPopUpButton", {}, "combo box"),
        ("AXTextField", {}, "field"),
        ("AXTextField", {"AXSubrole": "AXSecureTextField"}, "password field"),
        ("AXTextField", {"AXIdentifier": "WEB_BROWSER_ADDRESS_AND_SEARCH_FIELD"}, "address bar"),
        ("AXTextField", {"AXDOMClassList": ["OmniboxViewViews"]}, "address bar"),
        ("AXSheet", {}, "dialog"),
        ("AXWindow", {"AXSubrole": "AXDialog"}, "dialog"),
        ("AXMenuItem", {}, "menu item"),
        ("AXWebArea", {}, "document"),
        ("AXStaticText", {}, "text"),
        ("AXSomethingNew", {}, "other"),
    ],
)
def test_a_role_is_one_of_ours(role: str, attributes: dict[str, Any], ours: Role) -> None:
    assert read(Object(role, "Name", **attributes)).role == ours


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ({"AXEnabled": False}, "disabled"),
        ({"AXFocused": True}, "focused"),
        ({"AXSelected": True}, "selected"),
        ({"AXExpanded": True}, "expanded"),
    ],
)
def test_a_state_is_one_of_ours(attributes: dict[str, Any], state: State) -> None:
    assert state in read(Object("AXButton", "Name", **attributes)).states


def test_names_boxes_and_passwords() -> None:
    button = read(Object("AXButton", None, (10, 20, 30, 40), AXDescription="Delete row"))
    assert (button.name, button.sides) == ("Delete row", (10, 20, 30, 40))
    text = read(Object("AXStaticText", None, AXValue="All files will be lost."))
    assert text.name == "All files will be lost."
    secret = Object("AXTextField", "Code", AXSubrole="AXSecureTextField", AXValue="hunter2")
    assert read(secret).value is None, "a password is not even read"


def test_a_field_has_the_name_of_the_label_beside_it() -> None:
    label = Object("AXStaticText", None, AXValue="Name:")
    assert read(Object("AXTextField", None, AXTitleUIElement=label)).name == "Name:"


@pytest.fixture
def open_window() -> Iterator[Open]:
    with ExitStack() as stack:

        def open(*windows: Object, **more: Any) -> tuple[WalkingElements, Functions]:
            functions = Functions(*windows, **more)
            elements = stack.enter_context(closing(WalkingElements(AxSource(functions.as_api))))
            return elements, functions

        yield open


def make_window() -> Object:
    yes = Object("AXButton", "Yes", (20, 100, 80, 20), actions=("AXPress",))
    text = Object("AXStaticText", None, (20, 60, 200, 20), AXValue="Delete the project?")
    sheet = Object("AXSheet", "Question", (0, 40, 400, 200), text, yes, AXDefaultButton=yes)
    secret = Object("AXTextField", "Code", (20, 300, 100, 20), AXSubrole="AXSecureTextField")
    field = Object("AXTextField", "City", (20, 340, 100, 20), AXValue="Bonn", writable=("AXValue",))
    return Object("AXWindow", "W", (0, 0, 800, 600), sheet, secret, field, AXDefaultButton=None)


def test_a_click_is_judged_by_what_it_hits(open_window: Open) -> None:
    elements, functions = open_window(make_window())
    assert eventually(lambda: elements.element_at(Point(30, 110), WINDOW) is not None, 30)
    found = elements.element_at(Point(30, 110), WINDOW)
    assert found is not None
    assert (found.role, found.name, found.box) == ("button", "Yes", Rect(20, 100, 80, 20))
    assert found.dialog == Dialog("Question", "Delete the project?")
    assert functions.timeouts == [MESSAGING_SECONDS]


def test_password_fields_have_areas(open_window: Open) -> None:
    elements, _ = open_window(make_window())
    secret = Rect(20, 300, 100, 20)
    assert eventually(lambda: elements.password_areas([WINDOW]) == [secret], 30)


def test_elements_are_used_by_name(open_window: Open) -> None:
    window = make_window()
    elements, _ = open_window(window)
    assert eventually(lambda: bool(elements.find(WINDOW, "button", "Yes").elements), 30)
    (yes,) = elements.find(WINDOW, "button", "Yes").elements
    assert elements.press(yes.id) == "pressed"
    (city,) = elements.find(WINDOW, "field", "City").elements
    assert city.value == "Bonn"
    assert elements.set_value(city.id, "Köln") == "Köln"
    sheet, _, field = window.attributes["AXChildren"]
    assert sheet.attributes["AXChildren"][1].done == [("AXPress",)]
    assert field.done == [("AXValue", "Köln")]


def test_the_default_button_and_that_there_is_none(open_window: Open) -> None:
    window = make_window()
    elements, _ = open_window(window)
    assert eventually(lambda: elements.default_button(WINDOW) is not None, 30)
    found = elements.default_button(WINDOW)
    assert found is not None
    assert found.name == "Yes"
    window.attributes["AXChildren"][0].attributes["AXDefaultButton"] = None
    assert elements.default_button(WINDOW) is NOTHING


def test_a_program_that_does_not_answer_is_unknown(open_window: Open) -> None:
    window = make_window()
    elements, _ = open_window(window)
    assert eventually(lambda: elements.element_at(Point(30, 350), WINDOW) is not None, 30)
    window.attributes["AXChildren"][2].error = CANNOT_COMPLETE
    assert elements.element_at(Point(30, 350), WINDOW) is None


def test_without_the_permission_nothing_is_known(open_window: Open) -> None:
    elements, functions = open_window(make_window(), trusted=False)
    assert elements.element_at(Point(30, 110), WINDOW) is None
    assert functions.calls == 0
    with pytest.raises(Unanswered, match="Accessibility"):
        AxSource(functions.as_api).open()
