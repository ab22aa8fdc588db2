"""UI Automation's numbers and calls, with objects made after its documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.base import NOTHING, Role, State
from bridge.computer.elements.uia import roles
from bridge.computer.elements.uia.source import UiaSource
from bridge.computer.elements.walking.elements import WalkingElements
from bridge.computer.elements.walking.node import Node, Raw, TimedOut, Unanswered
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.elements.uia.fake_com import (
    ComError,
    FakeAutomation,
    FakeElement,
    make_client,
)

WINDOW = Window("W", "w.exe", Rect(0, 0, 800, 600), True, WindowId(7, 41))
AT = Point(30, 40)


def open_source(top: FakeElement, unknown: Sequence[int] = ()) -> tuple[UiaSource, FakeAutomation]:
    automation = FakeAutomation(top, unknown)
    source = UiaSource(lambda: make_client(automation))
    source.open()
    return source, automation


def find_node(element: FakeElement) -> Node:
    source, _ = open_source(element)
    (node,) = source.list_windows(WINDOW)
    return node


def read(kind: int, properties: Mapping[int, Any], name: str = "") -> Raw:
    return find_node(FakeElement(kind, name, properties=properties)).read()


@pytest.mark.parametrize(
    ("kind", "properties", "role"),
    [
        (50000, {}, "button"),
        (50000, {roles.ARIA_ROLE: "switch"}, "switch"),
        (50002, {}, "check box"),
        (50003, {}, "combo box"),
        (50004, {}, "field"),
        (50004, {roles.IS_PASSWORD: True}, "password field"),
        (50004, {roles.CLASS_NAME: "OmniboxViewViews"}, "address bar"),
        (50004, {roles.AUTOMATION_ID: "urlbar-input"}, "address bar"),
        (50005, {}, "link"),
        (50007, {}, "list item"),
        (50011, {}, "menu item"),
        (50013, {}, "radio button"),
        (50015, {}, "slider"),
        (50019, {}, "tab"),
        (50020, {}, "text"),
        (50020, {roles.ARIA_ROLE: "heading"}, "heading"),
        (50024, {}, "list item"),
        (50026, {roles.ARIA_ROLE: "alertdialog"}, "dialog"),
        (50030, {}, "document"),
        (50030, {roles.HAS_VALUE: True, roles.IS_READ_ONLY: False}, "field"),
        (50030, {roles.HAS_VALUE: True, roles.IS_READ_ONLY: False, roles.FRAMEWORK: "Chrome"},
         "document"),
        (50020, {roles.CLASS_NAME: "TermControl"}, "terminal"),
        (50032, {}, "window"),
        (50032, {roles.CLASS_NAME: "#32770"}, "dialog"),
        (50032, {roles.IS_DIALOG: True}, "dialog"),
        (50033, {}, "other"),
        (12345, {}, "other"),
    ],
)  # fmt: skip
def test_control_types_are_roles(kind: int, properties: dict[int, Any], role: Role) -> None:
    assert read(kind, properties).role == role


@pytest.mark.parametrize(
    ("kind", "properties", "states"),
    [
        (50000, {roles.OLD_STATE: 0x100}, {"default"}),
        (50000, {roles.IS_ENABLED: False}, {"disabled"}),
        (50000, {roles.IS_OFFSCREEN: True, roles.HAS_FOCUS: True}, {"off screen", "focused"}),
        (50002, {roles.HAS_TOGGLE: True, roles.TOGGLE: 1}, {"checked"}),
        (50002, {roles.HAS_TOGGLE: True, roles.TOGGLE: 2}, set()),
        (50002, {roles.HAS_TOGGLE: False, roles.TOGGLE: 1}, set()),
        (50013, {roles.HAS_SELECTION: True, roles.IS_SELECTED: True}, {"checked", "selected"}),
        (50003, {roles.HAS_EXPAND: True, roles.EXPANSION: 1}, {"expanded"}),
        (50004, {roles.IS_READ_ONLY: False}, {"editable"}),
        (50004, {roles.IS_READ_ONLY: True}, {"read-only"}),
    ],
)
def test_properties_are_states(kind: int, properties: dict[int, Any], states: set[State]) -> None:
    assert read(kind, properties).states == states


def test_a_page_has_its_address_and_a_password_no_value() -> None:
    value = {roles.HAS_VALUE: True, roles.VALUE: "https://a.example/"}
    page = read(50030, {**value, roles.FRAMEWORK: "Chrome"})
    assert (page.is_page, page.address) == (True, "https://a.example/")
    assert not read(50030, value).is_page
    assert read(50004, {**value, roles.IS_PASSWORD: True}).value is None
    assert read(50015, {roles.HAS_RANGE: True, roles.RANGE_VALUE: 2.5}).value == 2.5
    assert read(50026, {roles.LANDMARK: 80001}).is_form


def test_what_was_read_by_the_search_is_read_again_only_later() -> None:
    button = FakeElement(50000, "OK")
    node = find_node(button)
    node.read()
    assert button.updates == 0
    node.read()
    assert button.updates == 1


def test_an_object_is_the_same_by_its_runtime_id() -> None:
    one = FakeElement(50000)
    same = FakeElement(50000, properties={roles.RUNTIME_ID: one.properties[roles.RUNTIME_ID]})
    without = FakeElement(50000, properties={roles.RUNTIME_ID: None})
    assert find_node(one) == find_node(same)
    assert len({find_node(one), find_node(same), find_node(without), find_node(without)}) == 3


def test_older_windows_know_fewer_properties() -> None:
    source, _ = open_source(FakeElement(50032), [roles.IS_DIALOG])
    assert source.list_windows(WINDOW)[0].read().role == "window"
    with pytest.raises(ComError):
        open_source(FakeElement(50032), [roles.NAME])


def test_a_window_is_found_by_its_handle() -> None:
    top = FakeElement(50032, "W", properties={roles.WINDOW_HANDLE: 7})
    source, automation = open_source(top)
    (node,) = source.list_windows(WINDOW)
    assert (automation.handles, node.read().handle) == ([7], 7)
    assert source.find_at(AT, WINDOW) is None
    assert source.find_focused(WINDOW) is None


def test_only_fitting_objects_come_from_a_search() -> None:
    hidden = FakeElement(50000, "Hidden", properties={roles.IS_OFFSCREEN: True})
    secret = FakeElement(50004, "Secret", properties={roles.IS_PASSWORD: True})
    top = FakeElement(50032, "W", FakeElement(50033, "", FakeElement(50000, "OK"), hidden, secret))

    def find(*wanted: Role, shown: bool, most: int = 9) -> list[Any]:
        found = find_node(top).find_below(wanted, shown=shown, most=most)
        return [node.read().name for node in found or ()]

    assert find("button", shown=True) == ["OK"]
    assert find("button", shown=False) == ["OK", "Hidden"]
    assert find("password field", shown=True) == ["Secret"]
    assert find(shown=False, most=2) == ["", "OK"]
    assert find("field", "button", shown=True) == ["OK", "Secret"]


@pytest.mark.parametrize(
    ("patterns", "properties", "done"),
    [
        (["Invoke", "LegacyIAccessible"], {}, [("Invoke", "Invoke")]),
        (["Toggle"], {}, [("Toggle", "Toggle")]),
        (["SelectionItem"], {}, [("SelectionItem", "Select")]),
        (["ExpandCollapse"], {roles.EXPANSION: 0}, [("ExpandCollapse", "Expand")]),
        (["ExpandCollapse"], {roles.EXPANSION: 1}, [("ExpandCollapse", "Collapse")]),
        (["LegacyIAccessible"], {roles.OLD_ACTION: "Press"},
         [("LegacyIAccessible", "DoDefaultAction")]),
        (["LegacyIAccessible"], {roles.OLD_ACTION: ""}, []),
        ([], {}, []),
    ],
)  # fmt: skip
def test_a_press_uses_the_pattern_that_there_is(
    patterns: list[str], properties: dict[int, Any], done: list[Any]
) -> None:
    element = FakeElement(50000, "OK", patterns=patterns, properties=properties)
    assert find_node(element).press() is bool(done)
    assert element.done == done


def test_values_are_set_by_patterns() -> None:
    every = ["Value", "RangeValue", "ScrollItem", "ExpandCollapse", "SelectionItem"]
    element = FakeElement(50004, patterns=every)
    node = find_node(element)
    assert all((node.set_text("a"), node.set_number(2.0), node.scroll_into_view(), node.focus()))
    assert all((node.expand(expanded=True), node.expand(expanded=False), node.select()))
    assert element.done == [
        ("Value", "SetValue", "a"),
        ("RangeValue", "SetValue", 2.0),
        ("ScrollItem", "ScrollIntoView"),
        ("SetFocus",),
        ("ExpandCollapse", "Expand"),
        ("ExpandCollapse", "Collapse"),
        ("SelectionItem", "Select"),
    ]
    assert not find_node(FakeElement(50004)).set_text("a")


def test_texts_come_from_the_document_or_the_value() -> None:
    assert find_node(FakeElement(50030, patterns=["Text"])).read_text(8) == "The text"
    value = FakeElement(50004, patterns=["Value"], properties={roles.VALUE: "a"})
    assert find_node(value).read_text(8) == "a"
    assert find_node(FakeElement(50000)).read_text(8) is None


def test_the_default_button_is_told_by_some_frameworks() -> None:
    ok = FakeElement(50000, "OK", properties={roles.OLD_STATE: 0x100, roles.FRAMEWORK: "WPF"})
    found = find_node(FakeElement(50032, "W", FakeElement(50000, "No"), ok)).find_default_button()
    assert found is not None
    assert found.read().name == "OK"
    assert find_node(FakeElement(50032, "W", FakeElement(50000))).find_default_button() is None
    for buttons in (
        [],
        [FakeElement(50000), FakeElement(50000, properties={roles.FRAMEWORK: "WPF"})],
    ):
        with pytest.raises(Unanswered):
            find_node(FakeElement(50032, "W", *buttons)).find_default_button()


def test_errors_of_com_are_unanswered_or_timed_out() -> None:
    element = FakeElement(50000)
    node = find_node(element)
    node.read()
    element.error = 0x80040201
    with pytest.raises(Unanswered, match="0x80040201") as gone:
        node.read()
    assert not isinstance(gone.value, TimedOut)
    element.error = 0x80131505
    with pytest.raises(TimedOut):
        node.list_children(9)
    with pytest.raises(TimedOut):
        node.press()


def test_a_page_of_a_browser_is_judged_as_a_whole() -> None:
    chrome = {roles.FRAMEWORK: "Chrome"}
    pay = FakeElement(50000, "Pay", properties={**chrome, roles.BOX: (20.0, 30.0, 60.0, 20.0)})
    secret = FakeElement(
        50004,
        "Password",
        properties={**chrome, roles.IS_PASSWORD: True, roles.BOX: (20.0, 60.0, 90.0, 20.0)},
    )
    page = FakeElement(
        50030,
        "Shop",
        pay,
        secret,
        properties={**chrome, roles.HAS_VALUE: True, roles.VALUE: "https://shop.example/"},
    )
    top = FakeElement(50032, "W", page, properties={roles.WINDOW_HANDLE: 7})
    automation = FakeAutomation(top)
    automation.at = pay
    automation.focused = FakeElement(50000, "Other", properties={roles.PROCESS: 5})
    source = UiaSource(lambda: make_client(automation))
    with closing(WalkingElements(source)) as elements:
        found = elements.element_at(AT, WINDOW)
        assert found is not None
        assert (found.name, found.address) == ("Pay", "https://shop.example/")
        assert found.form == {"password"}
        assert elements.password_areas([WINDOW]) == [Rect(20, 60, 90, 20)]
        assert elements.find_focused(WINDOW) is None, "of another program"
        assert elements.default_button(WINDOW) is NOTHING
        names = [each.element.name for each in elements.window_tree(WINDOW, 120).elements]
        assert names == ["Shop", "Pay", "Password"]
