"""Find the password fields of a window, also of one that takes long to search."""

# A program is asked for all of its password fields at once. That takes a millisecond or two, but on
# a page of 30,000 elements up to two seconds, in which Chromium does nothing else. So a window is
#
#     small   at first: it is searched for each picture, which waits for CALL_SECONDS at most
#     large   once that was not enough: the search goes on, and its result counts when it is there.
#             Meanwhile the fields that are known are looked at again, without waiting. It is
#             searched again after REST times the time that it took, and small if that was short.
#
# A window with another title has another page, so it is small again.

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from bridge.computer.elements.atspi.bus import CALL_SECONDS
from bridge.computer.elements.atspi.replies import Node, Unanswered
from bridge.computer.elements.atspi.roles import PASSWORD, SHOWING
from bridge.computer.elements.atspi.tree import LARGE_SECONDS, Tree
from bridge.computer.elements.base import MOST_WINDOWS

MOST_PASSWORDS = 50
REST = 20
"""A program spends no more than a twentieth of its time on being searched."""
_SEARCH_SECONDS = 10.0


@dataclass(slots=True)
class _Large:
    title: str
    nodes: list[Node] = field(default_factory=list)
    """What the last search has found."""
    due: float = 0
    """The monotonic time of the next search."""


class PasswordSearch:
    """Used on the bus's loop only."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._large: dict[Node, _Large] = {}
        self._running: dict[Node, asyncio.Task[list[Node]]] = {}

    async def list_nodes(self, top: Node, title: str) -> list[Node]:
        """List the password fields in a window, at most MOST_PASSWORDS. Raises Unanswered.

        In a large one these are those of the last search.
        """
        large = self._large.get(top)
        if large is not None and large.title == title:
            if time.monotonic() > large.due:
                self._begin_search(top, title)
            return large.nodes
        search = self._begin_search(top, title)
        await asyncio.wait({search}, timeout=CALL_SECONDS)
        if search.done():
            return search.result()
        self._note_large(top, title)
        return []

    def _begin_search(self, top: Node, title: str) -> asyncio.Task[list[Node]]:
        """Begin to search a window, unless it is being searched."""
        if top not in self._running:
            self._running[top] = asyncio.create_task(self._search(top, title))
            self._running[top].add_done_callback(_read_error)
        return self._running[top]

    async def _search(self, top: Node, title: str) -> list[Node]:
        started = time.monotonic()
        found: list[Node] = []
        rest = LARGE_SECONDS
        try:
            found = await self._ask(top)
            rest = REST * (time.monotonic() - started)
        finally:
            del self._running[top]
            large = self._large.get(top)
            if large is not None:
                large.nodes = found or large.nodes
                # What began on the page before is no search of this one.
                large.due = time.monotonic() + rest if large.title == title else 0
            if time.monotonic() - started < CALL_SECONDS:
                self._large.pop(top, None)
        return found

    async def _ask(self, top: Node) -> list[Node]:
        try:
            # The role alone: comparing states as well takes Chromium half as long again.
            found = await self._tree.search(
                top, (PASSWORD,), most=MOST_PASSWORDS, seconds=_SEARCH_SECONDS
            )
        except Unanswered:
            # Qt has no such search.
            return await self._tree.walk_whole(top, (PASSWORD,), (SHOWING,), MOST_PASSWORDS)
        if len(found) < MOST_PASSWORDS:
            return found
        return await self._tree.search(
            top, (PASSWORD,), (SHOWING,), MOST_PASSWORDS, seconds=_SEARCH_SECONDS
        )

    def _note_large(self, top: Node, title: str) -> None:
        self._large.pop(top, None)
        self._large[top] = _Large(title)
        for other in list(self._large)[:-MOST_WINDOWS]:
            del self._large[other]


def _read_error(search: asyncio.Task[list[Node]]) -> None:
    """Read the error of a search whose result is not awaited, or asyncio logs it."""
    if not search.cancelled():
        search.exception()
