"""The windows of all programs, where the desktop itself tells none."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from dataclasses import dataclass, replace

from bridge.computer.desktop import WindowId
from bridge.computer.elements.atspi.replies import Node, TimedOut, Unanswered
from bridge.computer.elements.atspi.roles import ACTIVE, SHOWING, TOP_LEVELS
from bridge.computer.elements.atspi.tree import Facts, Tree

_MOST_WINDOWS = 100
"""Windows of a program to look at."""


@dataclass(frozen=True, slots=True)
class TopLevel:
    """A window as its program tells it."""

    id: WindowId
    title: str
    program: str
    active: bool
    """Whether it has the keyboard."""


class TopLevels:
    """State: the number that each window got, by which it is found again, and the last windows.

    A program that does not answer in time keeps the windows that it had: one that is on the `never`
    list must not get input because it is slow. None of them counts as having the keyboard.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        next_number = itertools.count(1).__next__
        self._numbers = defaultdict[Node, int](next_number)
        self._last: dict[str, list[TopLevel]] = {}

    async def list_shown(self) -> list[TopLevel]:
        """List the windows that are shown. Raises Unanswered if the bus does not answer."""
        programs = await self._tree.list_programs()
        names = {program.name for program in programs}
        self._last = {name: tops for name, tops in self._last.items() if name in names}
        lists = await asyncio.gather(*map(self._list_of_program, programs))
        return [top for each in lists for top in each]

    def list_last(self) -> list[TopLevel]:
        """List the windows that were shown last, for a bus that does not answer."""
        return [replace(top, active=False) for tops in self._last.values() for top in tops]

    def find_node(self, id: WindowId) -> Node | None:
        """Return the object of a window that was listed."""
        return next((node for node, number in self._numbers.items() if number == id.number), None)

    async def _list_of_program(self, program: Node) -> list[TopLevel]:
        try:
            nodes = (await self._tree.list_children(program))[:_MOST_WINDOWS]
            if not nodes:
                return []
            process = await self._tree.bus.read_process(program.name)
            name = await self._tree.read_name(program)
            shown = await self._tree.list_showing(nodes)
            if self._tree.bus.is_paused(program.name):
                raise TimedOut("The program did not tell all of its windows.")
        except TimedOut:
            return [replace(top, active=False) for top in self._last.get(program.name, [])]
        except Unanswered:
            return []
        tops = [
            self._make_top_level(facts, process, name)
            for facts in shown
            if facts.role in TOP_LEVELS and facts.has(SHOWING)
        ]
        self._last[program.name] = tops
        return tops

    def _make_top_level(self, facts: Facts, process: int, program: str) -> TopLevel:
        id = WindowId(self._numbers[facts.node], process)
        return TopLevel(id, facts.name, program, facts.has(ACTIVE))
