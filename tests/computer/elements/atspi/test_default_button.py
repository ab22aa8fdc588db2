"""The button that Return presses: known, known to be none, or unknown."""

from __future__ import annotations

import pytest

from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.elements.atspi.roles import DEFAULT, ENTRY, FOCUSED, FORM, FRAME, PAGE, SHOWING
from bridge.computer.elements.base import NOTHING
from bridge.computer.screen.geometry import Rect
from tests.computer.elements.atspi.programs import AccessibilityBus, Answer, Program, Thing, fail
from tests.computer.native.programs.start import eventually

AREA = Rect(0, 0, 400, 300)
BUTTON, CANVAS = 43, 6
FOCUS = (SHOWING, FOCUSED)
OK = Thing(BUTTON, "OK", states=(SHOWING, DEFAULT))
FIELD = Thing(ENTRY, "Name", states=FOCUS)
OTHER = Thing(BUTTON, "Other")


def make_tree(**things: Thing) -> dict[str, Thing]:
    """Return a window with those things that are in no other."""
    inner = {name for thing in things.values() for name in thing.children}
    return {"top": Thing(FRAME, "W", children=tuple(things.keys() - inner)), **things}


@pytest.mark.parametrize(
    ("things", "name"),
    [
        (make_tree(field=FIELD, ok=OK), "OK"),
        (make_tree(ok=OK), "OK"),
        (make_tree(field=FIELD, other=OTHER), None),
        (make_tree(other=OTHER), None),
        (make_tree(page=Thing(PAGE, children=("form",)), form=Thing(FORM, children=("field", "ok")),
                   field=FIELD, ok=OK), "OK"),
        (make_tree(page=Thing(PAGE, children=("form", "ok")), form=Thing(FORM, children=("field",)),
                   field=FIELD, ok=OK), None),
        (make_tree(page=Thing(PAGE, children=("field", "ok")), field=FIELD, ok=OK), None),
        (make_tree(page=Thing(PAGE, states=FOCUS, children=("ok",)), ok=OK), None),
    ],
)  # fmt: skip
def test_the_default_button_is_known_and_so_is_that_there_is_none(
    elements: AtspiElements, bus: AccessibilityBus, things: dict[str, Thing], name: str | None
) -> None:
    program = Program(AREA, things)
    with bus.start(program):
        assert eventually(lambda: elements.default_button(program.window) is not None, 30)
        found = elements.default_button(program.window)
    assert found is not None
    assert (found.name == name) if name else found is NOTHING


MANY = {f"other{number}": OTHER for number in range(500)}


@pytest.mark.parametrize(
    ("things", "odd"),
    [
        (make_tree(), {}),
        (make_tree(canvas=Thing(CANVAS, states=FOCUS)), {}),
        (make_tree(page=Thing(PAGE, states=FOCUS)), {}),
        (make_tree(field=FIELD, **MANY), {}),
        (make_tree(field=FIELD, other=OTHER), {"GetState": fail}),
        (make_tree(field=FIELD, other=OTHER), {"GetChildren": fail}),
        (make_tree(field=FIELD, other=OTHER), {"GetRole": lambda call: None}),
    ],
    ids=["empty", "canvas", "page", "large", "no states", "no children", "silent"],
)
def test_a_default_button_is_unknown_where_the_window_does_not_tell_all(
    elements: AtspiElements,
    bus: AccessibilityBus,
    things: dict[str, Thing],
    odd: dict[str, Answer],
) -> None:
    program = Program(AREA, things, odd)
    with bus.start(program):
        assert elements.default_button(program.window) is None
