"""What Return would press, and who is asked."""

from __future__ import annotations

from bridge.computer.actions import Action, read_action
from bridge.computer.desktop import Window
from bridge.computer.effects import list_keys
from bridge.computer.elements.base import NOTHING, Element
from bridge.computer.screen.geometry import Rect
from bridge.computer.targets import Keyboard, Target, find_targets
from tests.computer.fake_elements import FakeElements

WINDOW = Window("Save as", "editor", Rect(0, 0, 400, 300), active=True)
FIELD = Element("field", "Name", states=frozenset(("editable", "focused")))
TEXT = Element("field", "Text", states=frozenset(("editable", "focused", "multi-line")))
RETURN = read_action("key", {"text": "Return"})


def find(action: Action, focus: Element | None, default: Element | None) -> list[Target]:
    elements = FakeElements()
    elements.focus, elements.default = focus, default
    return list(find_targets(action, [], Keyboard(WINDOW), list_keys(action), elements))


def test_return_in_a_field_presses_the_default_button() -> None:
    save = Element("button", "Save")
    assert find(RETURN, FIELD, save) == [
        Target("keys", FIELD, WINDOW),
        Target("press", save, WINDOW),
    ]


def test_return_presses_nothing_where_there_is_no_default_button() -> None:
    assert find(RETURN, FIELD, NOTHING) == [Target("keys", FIELD, WINDOW)]


def test_return_may_press_anything_where_the_default_button_is_unknown() -> None:
    assert find(RETURN, FIELD, None) == [
        Target("keys", FIELD, WINDOW),
        Target("press", None, WINDOW),
    ]


def test_the_default_button_does_not_matter_in_a_text_of_several_lines() -> None:
    assert find(RETURN, TEXT, None) == [Target("keys", TEXT, WINDOW)]
