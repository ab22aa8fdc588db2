"""The elements of an X11 desktop, from the programs that tell them over AT-SPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.atspi.bus import Bus
from bridge.computer.elements.atspi.reader import Reader
from bridge.computer.elements.atspi.replies import Node, Unanswered
from bridge.computer.elements.atspi.roles import PASSWORD, SHOWING
from bridge.computer.elements.atspi.search import Search
from bridge.computer.elements.atspi.tree import Tree
from bridge.computer.elements.base import Element
from bridge.computer.screen.geometry import Point, Rect

SECONDS = 0.2
"""Longest time of one call: a program that hangs must not stop Claude."""
_MARGIN_SECONDS = 0.02
_MOST_PASSWORDS = 50

_Result = TypeVar("_Result")


class AtspiElements:
    """`Elements` over the accessibility bus.

    State: the connection (see `Bus`), and the password fields that were last found in each
    window, for pictures taken while its program does not answer.
    """

    def __init__(self, address: str | None = None) -> None:
        """`address`: of the session's bus; by default the environment's."""
        self._bus = Bus(address)
        self._tree = Tree(self._bus)
        self._search = Search(self._tree)
        self._reader = Reader(self._tree)
        self._passwords: dict[WindowId, dict[Node, Rect]] = {}
        self._bus.start()

    def element_at(self, point: Point, window: Window) -> Element | None:
        async def work() -> Element | None:
            path = await self._search.find_at(point, window)
            return None if path is None else await self._reader.read_at(path, point)

        return self._run(work)

    def find_focused(self, window: Window) -> Element | None:
        async def work() -> Element | None:
            node = await self._search.find_focused(window)
            return None if node is None else await self._reader.read(node)

        return self._run(work)

    def default_button(self, window: Window) -> Element | None:
        async def work() -> Element | None:
            top = await self._search.find_top_level(window)
            node = await self._search.find_focused(window)
            if top is None or node is None:
                return None
            button = await self._reader.find_default(node, top)
            return None if button is None else await self._reader.read(button)

        return self._run(work)

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        self._passwords = {
            window.id: self._passwords.get(window.id, {}) for window in windows if window.id
        }

        async def work() -> None:
            for top, window in (await self._search.list_tops_of(windows)).items():
                await self._find_passwords(top, window)

        self._run(work)
        return [area for areas in self._passwords.values() for area in areas.values()]

    def close(self) -> None:
        self._bus.close()

    async def _find_passwords(self, top: Node, window: Window) -> None:
        try:
            nodes = await self._tree.find(top, (PASSWORD,), (SHOWING,), _MOST_PASSWORDS)
            boxes = await self._tree.read_boxes(nodes)
        except Unanswered:
            return
        inside = ((node, box.intersect(window.whole)) for node, box in boxes)
        self._passwords[window.id] = {node: box for node, box in inside if box is not None}

    def _run(self, work: Callable[[], Awaitable[_Result]]) -> _Result | None:
        return self._bus.run(work, SECONDS - _MARGIN_SECONDS)
