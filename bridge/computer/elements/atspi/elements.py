"""The elements of a Linux desktop, from the programs that tell them over AT-SPI."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.atspi.acting import Actor
from bridge.computer.elements.atspi.bus import Bus
from bridge.computer.elements.atspi.listing import Listing
from bridge.computer.elements.atspi.passwords import MOST_PASSWORDS, PasswordSearch
from bridge.computer.elements.atspi.reader import Reader
from bridge.computer.elements.atspi.replies import Node, TimedOut, Unanswered
from bridge.computer.elements.atspi.roles import PASSWORD, SHOWING, has_state
from bridge.computer.elements.atspi.search import Search
from bridge.computer.elements.atspi.top_levels import TopLevel, TopLevels
from bridge.computer.elements.atspi.tree import Tree
from bridge.computer.elements.base import (
    MOST_WINDOWS,
    Element,
    ElementList,
    NamedElement,
    Press,
    Progress,
    Role,
)
from bridge.computer.elements.ids import Ids, explain_gone
from bridge.computer.elements.values import explain_silence
from bridge.computer.screen.geometry import Point, Rect

SECONDS = 0.2
"""Longest time of one call: a program that hangs must not stop Claude."""
_MARGIN_SECONDS = 0.02
NAMED_SECONDS = 0.4
"""Longest time of one call by name: it is asked for, and no part of judging other actions."""
_LISTING_SECONDS = 0.3
"""After this time, no more elements are read: what was read then is the list."""

_Result = TypeVar("_Result")
_Fields = dict[WindowId, dict[Node, Rect]]
"""The areas of the password fields in each window."""


class AtspiElements:
    """`Elements` over the accessibility bus.

    State: the connection (see `Bus`), and the password fields that were last found in each
    window, for pictures taken while its program does not answer.
    """

    def __init__(self, address: str | None = None) -> None:
        """`address`: of the session's bus; by default the environment's."""
        self._bus = Bus(address)
        self._tree = Tree(self._bus)
        self._top_levels = TopLevels(self._tree)
        self._search = Search(self._tree, self._top_levels)
        self._reader = Reader(self._tree)
        self._ids = Ids[Node]()
        self._listing = Listing(self._tree, self._search, self._ids)
        self._actor = Actor(self._tree, self._listing)
        self._passwords = PasswordSearch(self._tree)
        self._fields: _Fields = {}
        self._bus.start()

    def element_at(self, point: Point, window: Window) -> Element | None:
        async def work() -> Element | None:
            await self._search.use_places_of(window)
            leaf = await self._search.find_at(point, window)
            return None if leaf is None else await self._reader.read_at(leaf, point)

        return self._run(work)

    def find_focused(self, window: Window) -> Element | None:
        async def work() -> Element | None:
            await self._search.use_places_of(window)
            node = await self._search.find_focused(window)
            return None if node is None else await self._reader.read(node)

        return self._run(work)

    def default_button(self, window: Window) -> Element | None:
        async def work() -> Element | None:
            await self._search.use_places_of(window)
            top = await self._search.find_top_level(window)
            if top is None:
                return None
            return await self._reader.read_default(await self._search.find_focused(window), top)

        return self._run(work)

    def is_mute(self, window: Window) -> bool:
        # It is asked about what was unknown a moment ago: waiting twice would be too long.
        is_late = self._bus.was_late
        is_mute = None if is_late else self._run(lambda: self._search.is_mute(window))
        # Without a bus, no program could tell anything; one that hangs is another matter.
        return not self._bus.is_missing if is_mute is None else is_mute

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        # Work that ends too late changes only the fields of its own call.
        fields = {window.id: self._fields.get(window.id, {}) for window in windows}

        async def work() -> None:
            await asyncio.gather(*(self._find_passwords(window, fields) for window in windows))

        self._run(work)
        # The windows that were looked at last come last.
        others = {id: found for id, found in self._fields.items() if id not in fields}
        self._fields = dict([*others.items(), *fields.items()][-MOST_WINDOWS:])
        return [area for areas in fields.values() for area in areas.values()]

    def window_tree(self, window: Window, most: int) -> ElementList:
        ends = time.monotonic() + _LISTING_SECONDS

        async def work() -> ElementList:
            await self._search.use_places_of(window)
            return await self._listing.list_window(window, most, ends)

        return self._run_named(work)

    def find(self, window: Window, role: Role | None, name: str | None) -> ElementList:
        ends = time.monotonic() + _LISTING_SECONDS

        async def work() -> ElementList:
            await self._search.use_places_of(window)
            return await self._listing.find(window, role, name, ends)

        return self._run_named(work)

    def look_up(self, id: str, windows: Sequence[Window]) -> tuple[NamedElement, Window]:
        known = self._ids.get(id)
        window = next((each for each in windows if each.id == known.window), None)
        if window is None:
            raise explain_gone(id, known.name)

        async def work() -> NamedElement:
            await self._search.use_places_of(window)
            facts = await self._actor.check(id, known)
            element = await self._reader.read_target(facts.node)
            if element is None:
                raise Unanswered("The program does not tell what it is.")
            value = await self._listing.read_value(facts, element.role)
            return NamedElement(id, element, value)

        return self._run_named(work), window

    def press(self, id: str) -> Press:
        known = self._ids.get(id)
        progress = Progress()
        press = self._run(lambda: self._actor.press(id, known, progress), NAMED_SECONDS)
        if press is None and progress.is_sent:
            # Pressed once more, it might be done twice.
            return "unconfirmed"
        if press == "pressed" and not self._run(lambda: self._actor.is_answering(known.node)):
            return "silent"
        return _need_answer(press)

    def focus_element(self, id: str) -> bool:
        known = self._ids.get(id)
        return self._run_named(lambda: self._actor.focus(id, known))

    def set_value(self, id: str, value: str) -> str | None:
        known = self._ids.get(id)

        async def work() -> tuple[str | None]:
            return (await self._actor.set_value(id, known, value),)

        # In a tuple, because no answer is None as well.
        (now,) = self._run_named(work)
        return now

    def read_text(self, id: str) -> str:
        known = self._ids.get(id)
        return self._run_named(lambda: self._actor.read_text(id, known))

    def list_top_levels(self) -> list[TopLevel]:
        """List the windows that programs tell; of those that do not answer, the last ones."""
        tops = self._run(self._top_levels.list_shown)
        return self._top_levels.list_last() if tops is None else tops

    def close(self) -> None:
        self._bus.close()

    async def _find_passwords(self, window: Window, fields: _Fields) -> None:
        """Find the password fields of a window; if it is unknown, those last known stay."""
        last = fields[window.id]
        try:
            await self._search.use_places_of(window)
            top = await self._search.find_top_level(window)
            if top is None:
                return
            nodes = await self._passwords.list_nodes(top, window.title)
        except Unanswered:
            return
        if len(nodes) >= MOST_PASSWORDS:
            # A page may have them so that the real one is not found.
            fields[window.id] = {top: window.whole}
            return
        focus = self._bus.focus.get(top.name)
        # What is new since the last search of a large window is known once it has the focus.
        known = dict.fromkeys([*nodes, *last, *([] if focus is None else [focus])])
        areas = await asyncio.gather(*(self._read_area(node, window, last) for node in known))
        pairs = zip(known, areas, strict=True)
        fields[window.id] = {node: area for node, area in pairs if area is not None}

    async def _read_area(
        self, node: Node, window: Window, last: Mapping[Node, Rect]
    ) -> Rect | None:
        """Return where a password field is in its window, or where it was if that is unknown."""
        try:
            role = await self._tree.read_role(node)
        except TimedOut:
            return last.get(node)
        except Unanswered:
            # It has gone.
            return None
        try:
            states, box = await asyncio.gather(
                self._tree.read_states(node), self._tree.read_box(node)
            )
        except Unanswered:
            return last.get(node)
        if role != PASSWORD or not has_state(states, SHOWING) or box is None:
            return None
        return box.intersect(window.whole)

    def _run_named(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Run work on named elements. Raises InvalidRequest if the program does not answer."""
        return _need_answer(self._run(work, NAMED_SECONDS))

    def _run(
        self, work: Callable[[], Awaitable[_Result]], seconds: float = SECONDS
    ) -> _Result | None:
        return self._bus.run(work, seconds - _MARGIN_SECONDS)


def _need_answer(result: _Result | None) -> _Result:
    """Return the result. Raises InvalidRequest if the program did not answer."""
    if result is None:
        raise explain_silence(NAMED_SECONDS)
    return result
