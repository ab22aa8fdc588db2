"""Windows that take long to search: pictures do not wait, and what is found counts later."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import Any, cast

import pytest
from dbus_fast import Message

from bridge.computer.elements.atspi import bus as atspi_bus
from bridge.computer.elements.atspi import passwords
from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.elements.atspi.replies import Node
from bridge.computer.elements.atspi.roles import FOCUSED, FRAME, PASSWORD, SHOWING
from bridge.computer.elements.atspi.tree import Tree
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.elements.atspi.programs import AccessibilityBus, Program, Thing
from tests.computer.native.programs.start import eventually

TREE = {
    "top": Thing(FRAME, "Window", children=("button", "secret")),
    "button": Thing(43, "OK"),
    "secret": Thing(PASSWORD),
    "hidden": Thing(PASSWORD, states=()),
}


class Slow:
    """A program that answers nothing while it searches, and counts its searches."""

    def __init__(self, area: Rect) -> None:
        self.program = Program(area, TREE)
        self.searches = 0
        self.program.odd = {"GetMatches": self._search, "GetRole": self._answer_role}
        self.secret = Rect(area.left + 20, area.top + 20, 100, 20)
        self.place = Point(area.left + 30, area.top + 30)
        self._late: list[Message] = []
        """What it has to answer once its search ends."""

    def _search(self, call: Message) -> Message | None:
        self.searches += 1
        self._late.append(call)
        return None

    def _answer_role(self, call: Message) -> Message | None:
        if self._late:
            self._late.append(call)
            return None
        return self._answer(call)

    def _answer(self, call: Message) -> Message:
        if call.member == "GetRole":
            thing = TREE.get(str(call.path).rpartition("/")[2], Thing(75))
            return Message.new_method_return(call, "u", [thing.role])
        found = [name for name, thing in TREE.items() if thing.role == PASSWORD]
        nodes = [[self.program.name, f"/org/a11y/atspi/accessible/{name}"] for name in found]
        return Message.new_method_return(call, "a(so)", [nodes])

    async def end_search(self) -> None:
        """Answer everything that was asked meanwhile, in its order."""
        late, self._late = self._late, []
        assert self.program.bus is not None
        for call in late:
            await self.program.bus.send(self._answer(call))


_LEFT = itertools.count(2000, 500)


@pytest.fixture
def slow(bus: AccessibilityBus, monkeypatch: pytest.MonkeyPatch) -> Slow:
    # Longer than a test takes: a program is asked again because it answers.
    monkeypatch.setattr(atspi_bus, "PAUSE_SECONDS", 60)
    monkeypatch.setattr(passwords, "REST", 1000)
    # Each test has a window of its own.
    return Slow(Rect(next(_LEFT), 0, 400, 300))


def test_what_a_long_search_finds_is_known_once_it_ends(
    elements: AtspiElements, bus: AccessibilityBus, slow: Slow
) -> None:
    with bus.start(slow.program):
        window = slow.program.window
        assert eventually(lambda: bool(elements.password_areas([window]) or slow.searches), 30)
        assert elements.password_areas([window]) == []
        bus.run(slow.end_search())
        assert eventually(lambda: elements.password_areas([window]) == [slow.secret], 30), (
            "only shown"
        )
        assert slow.searches == 1, "it is not searched for every picture"
        other = replace(window, title="Window of another page")
        assert elements.password_areas([other]) == [slow.secret], "as last known"
        assert slow.searches == 2, "another page is searched at once"
        bus.run(slow.end_search())


def test_a_program_is_asked_again_once_it_answers(
    elements: AtspiElements, bus: AccessibilityBus, slow: Slow
) -> None:
    with bus.start(slow.program):
        window = slow.program.window
        assert eventually(lambda: bool(elements.password_areas([window]) or slow.searches), 30)
        assert elements.element_at(slow.place, window) is None
        bus.run(slow.end_search())
        assert eventually(lambda: elements.element_at(slow.place, window) is not None, 30)


def test_a_new_password_field_in_a_large_window_is_known_once_it_has_the_focus(
    elements: AtspiElements, bus: AccessibilityBus, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TREE, "secret", Thing(PASSWORD, states=()))
    with bus.start(slow.program):
        window = slow.program.window
        assert eventually(lambda: bool(elements.password_areas([window]) or slow.searches), 30)
        bus.run(slow.end_search())
        assert eventually(lambda: elements.element_at(slow.place, window) is not None, 30)
        assert elements.password_areas([window]) == []
        monkeypatch.setitem(TREE, "new", Thing(PASSWORD, states=(SHOWING, FOCUSED)))
        bus.run(send_focus(slow.program, "new"))
        assert eventually(lambda: elements.password_areas([window]) == [slow.secret], 30)
        assert slow.searches == 1


async def send_focus(program: Program, name: str) -> None:
    assert program.bus is not None
    signal = Message.new_signal(
        f"/org/a11y/atspi/accessible/{name}",
        "org.a11y.atspi.Event.Object",
        "StateChanged",
        "siia{sv}",
        ["focused", 1, 0, {}],
    )
    await program.bus.send(signal)


async def test_a_page_that_comes_during_a_search_is_searched_itself() -> None:
    class SlowTree:
        def __init__(self) -> None:
            self.searches = 0
            self.may_end = asyncio.Event()

        async def search(self, *_: Any, **__: Any) -> list[Node]:
            self.searches += 1
            await self.may_end.wait()
            return [Node(":1.5", f"/found/{self.searches}")]

    tree, top = SlowTree(), Node(":1.5", "/window")
    search = passwords.PasswordSearch(cast(Tree, tree))
    assert await search.list_nodes(top, "Page") == []
    assert await search.list_nodes(top, "Next page") == []
    assert tree.searches == 1
    running = list(search._running.values())
    tree.may_end.set()
    await asyncio.wait(running, timeout=30)
    await search.list_nodes(top, "Next page")
    await asyncio.wait(list(search._running.values()), timeout=30)
    assert tree.searches == 2
