"""A tree over a bus whose programs answer with anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from random import Random
from typing import Any, TypeVar

from dbus_fast import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.computer.desktop import Window
from bridge.computer.elements.atspi.bus import Bus
from bridge.computer.elements.atspi.reader import Reader
from bridge.computer.elements.atspi.replies import (
    RANGE,
    Node,
    Shape,
    Unanswered,
    make_property,
    read_reply,
)
from bridge.computer.elements.atspi.roles import PASSWORD, SHOWING
from bridge.computer.elements.atspi.search import Search
from bridge.computer.elements.atspi.top_levels import TopLevels
from bridge.computer.elements.atspi.tree import Tree
from bridge.computer.elements.base import DIALOG_LENGTH, TEXT_LENGTH, Dialog, Element
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.elements.atspi.replies import TYPES, replies

_Result = TypeVar("_Result")
NODE = Node(":1.1", "/top")
PLACE = Point(30, 30)
WINDOW = Window("W", "w", Rect(0, 0, 100, 100), active=True)


class FakeBus(Bus):
    """Answers each call with one of some replies of the type that is asked for, mostly."""

    def __init__(self, replies: dict[str, list[Message | None]], random: Random) -> None:
        self._replies, self._random = replies, random
        self.focus = {":1.1": NODE}

    async def call(
        self,
        node: Node,
        interface: str,
        member: str,
        shape: Shape[_Result],
        signature: str = "",
        body: Sequence[Any] = (),
        seconds: float | None = None,
    ) -> _Result:
        await asyncio.sleep(0)
        return read_reply(self._random.choice(self._replies[shape.signature]), shape)

    async def read_property(
        self, node: Node, name: str, shape: Shape[_Result], interface: str = ""
    ) -> _Result:
        return await self.call(node, "", name, make_property(shape))

    async def read_process(self, name: str) -> int:
        return 0

    def is_paused(self, name: str) -> bool:
        return False


BUSES = st.builds(
    FakeBus,
    st.fixed_dictionaries(
        {
            type: st.lists(replies(type), min_size=2, max_size=4)
            for type in (*TYPES, RANGE.signature)
        }
    ),
    st.randoms(use_true_random=False),
)
WORK: tuple[Callable[[Tree], Coroutine[Any, Any, Any]], ...] = (
    lambda tree: tree.find(NODE, (PASSWORD,), (SHOWING,), 50),
    lambda tree: Search(tree, TopLevels(tree)).find_at(PLACE, WINDOW),
    lambda tree: Search(tree, TopLevels(tree)).find_focused(WINDOW),
    lambda tree: Search(tree, TopLevels(tree)).find_top_level(WINDOW),
    lambda tree: Reader(tree).read(NODE),
    lambda tree: Reader(tree).read_target(NODE),
    lambda tree: Reader(tree).read_default(NODE, NODE),
)


@given(bus=BUSES)
@settings(max_examples=40, deadline=None)
def test_any_answers_make_an_element_or_none(bus: FakeBus) -> None:
    for found in asyncio.run(do_all(Tree(bus))):
        if isinstance(found, Element):
            check(found)


async def do_all(tree: Tree) -> list[Any]:
    """Return the results of all work; what gets no answer has none."""
    results: list[Any] = []
    for work in WORK:
        with suppress(Unanswered):
            results.append(await work(tree))
    return results


def check(element: Element) -> None:
    dialog = element.dialog or Dialog()
    texts = (element.name, element.description, element.address, dialog.title)
    assert max(map(len, texts)) <= TEXT_LENGTH
    assert len(dialog.text) <= DIALOG_LENGTH
