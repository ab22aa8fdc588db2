"""Whatever a program answers, a reply has the shape that was asked for, or is none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from dbus_fast import Message, Variant
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.computer.elements.atspi import replies as shapes
from bridge.computer.elements.atspi.replies import (
    Node,
    Shape,
    Unanswered,
    make_property,
    read_reply,
)
from bridge.computer.elements.base import READ_LENGTH, TEXT_LENGTH
from bridge.computer.screen.geometry import Rect
from tests.computer.elements.atspi.replies import make_error, make_reply, replies, variants

SHAPES: dict[str, Shape[Any]] = {
    name: shape for name, shape in vars(shapes).items() if isinstance(shape, Shape)
}
TYPES: dict[str, tuple[type, ...]] = {
    "NOTHING": (type(None),),
    "FLAG": (bool,),
    "FLOAT": (float,),
    "COUNT": (int,),
    "NUMBER": (int,),
    "TEXT": (str,),
    "NODE": (Node,),
    "NODES": (list,),
    "STATES": (int,),
    "BOX": (Rect, type(None)),
    "TEXTS": (dict,),
    "LONG_TEXT": (str,),
    "LABELS": (list,),
    "RANGE": (tuple,),
}


@given(name=st.sampled_from(sorted(SHAPES)), data=st.data())
@settings(deadline=None)
def test_any_reply_is_read_or_refused(name: str, data: st.DataObject) -> None:
    reply = data.draw(replies(SHAPES[name].signature))
    try:
        value = read_reply(reply, SHAPES[name])
    except Unanswered:
        return
    assert isinstance(value, TYPES[name])
    check(value)


@given(name=st.sampled_from(("FLAG", "COUNT", "TEXT", "NODE")), data=st.data())
@settings(deadline=None)
def test_any_property_is_read_or_refused(name: str, data: st.DataObject) -> None:
    value = data.draw(st.one_of(variants(SHAPES[name].signature), variants("v"), variants("as")))
    try:
        read = read_reply(make_reply("v", [value]), make_property(SHAPES[name]))
    except Unanswered:
        return
    assert isinstance(read, TYPES[name])
    check(read)


def check(value: Any) -> None:
    """Check what a shape says about its values."""
    if isinstance(value, Node):
        assert value.is_null or re.fullmatch(r"[\w:.-]+", value.name)
        if not value.is_null:
            Message(value.name, value.path, member="Get")
    elif isinstance(value, str):
        assert len(value) <= READ_LENGTH
    elif isinstance(value, list | dict):
        for each in [*value, *(value.values() if isinstance(value, dict) else ())]:
            check(each)


def test_a_bad_reference_does_not_hide_the_others_of_a_list() -> None:
    pairs = [["", "/a"], ["a b", "/a"], [":1.1\n", "/a"], [":1.2", "/org/a11y/atspi/null"]]
    reply = make_reply("a(so)", [[*pairs, [":1.3", "/a"]]])
    assert read_reply(reply, shapes.NODES) == [Node(":1.3", "/a")]


def test_what_is_long_is_cut() -> None:
    text = make_reply("v", [Variant("s", "x" * 1_000_000)])
    assert read_reply(text, make_property(shapes.TEXT)) == "x" * TEXT_LENGTH
    children = [[":1.3", f"/{number}"] for number in range(100_000)]
    assert len(read_reply(make_reply("a(so)", [children]), shapes.NODES)) == 1000


@pytest.mark.parametrize(
    ("shape", "reply"),
    [
        (shapes.NUMBER, make_reply("s", ["button"])),
        (shapes.BOX, make_reply("(iii)", [[1, 2, 3]])),
        (shapes.STATES, make_reply("au", [[1]])),
        (shapes.TEXT, make_error()),
        (make_property(shapes.TEXT), make_reply("s", ["no variant"])),
        (make_property(shapes.NODE), make_reply("v", [Variant("s", "a parent as text")])),
        (shapes.NODE, make_reply("(so)", [[":1.1\n", "/a"]])),
        (shapes.NODE, make_reply("(so)", [["a" * 300, "/a"]])),
        (shapes.RANGE, make_reply("i", [1])),
        (shapes.NOTHING, None),
    ],
)
def test_another_shape_is_no_answer(shape: Shape[Any], reply: Message | None) -> None:
    with pytest.raises(Unanswered):
        read_reply(reply, shape)
