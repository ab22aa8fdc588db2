"""`Elements` over a platform's tree."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.base import (
    MOST_WINDOWS,
    SOME_PASSWORD,
    Element,
    ElementList,
    NamedElement,
    Press,
    Progress,
    Role,
)
from bridge.computer.elements.ids import Ids, KnownObject, explain_gone
from bridge.computer.elements.none import build_refusal
from bridge.computer.elements.values import explain_silence
from bridge.computer.elements.walking.acting import Actor
from bridge.computer.elements.walking.facts import Facts
from bridge.computer.elements.walking.listing import Listing, read_value
from bridge.computer.elements.walking.node import Node, Source, Unanswered
from bridge.computer.elements.walking.reader import Reader
from bridge.computer.elements.walking.search import WindowSearch
from bridge.computer.elements.walking.tree import LargeWindows, Search, Tree
from bridge.computer.elements.walking.worker import Deadline, NotOpen, Worker
from bridge.computer.screen.geometry import Point, Rect

SECONDS = 0.2
"""Longest time of one call: a program that hangs must not stop Claude."""
NAMED_SECONDS = 0.4
"""Longest time of one call by name: it is asked for, and no part of judging other actions."""
_WINDOW_SECONDS = 0.15
"""Longest search for the password fields of one window, so that others get their time."""
_MOST_PASSWORDS = 50
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Access:
    """What some work uses, in the worker's thread, for one window."""

    tree: Tree
    search: WindowSearch
    reader: Reader
    listing: Listing
    actor: Actor
    area: Rect


class WalkingElements:
    """`Elements` of a platform.

    State: the thread (see `Worker`), and the password fields that were last found in each
    window, for pictures taken while its program does not answer.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._worker = Worker(source)
        self._large = LargeWindows()
        self._ids = Ids[Node]()
        self._windows = OrderedDict[WindowId, Window]()
        self._passwords = OrderedDict[WindowId, list[Rect]]()

    def element_at(self, point: Point, window: Window) -> Element | None:
        def work(access: _Access) -> Element | None:
            facts = access.search.find_at(point)
            return None if facts is None else access.reader.read_at(facts, point)

        return self._try(window, work)

    def find_focused(self, window: Window) -> Element | None:
        def work(access: _Access) -> Element | None:
            facts = access.search.find_focused()
            return None if facts is None else access.reader.read(facts)

        return self._try(window, work)

    def is_mute(self, window: Window) -> bool:
        # What every program tells of its own accord, such as its window, is no sign of a tree.
        return False

    def default_button(self, window: Window) -> Element | None:
        def work(access: _Access) -> Element | None:
            top = access.search.find_top()
            if top is None:
                return None
            return access.reader.read_default(access.search.find_focused(), top)

        return self._try(window, work)

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        ends = time.monotonic() + SECONDS
        for window in windows:
            left = ends - time.monotonic()
            if left > 0:
                self._find_passwords(window, min(left, _WINDOW_SECONDS))
        return [area for window in windows for area in self._passwords.get(window.id, ())]

    def window_tree(self, window: Window, most: int) -> ElementList:
        return self._run_named(window, lambda access: access.listing.list_window(most))

    def find(self, window: Window, role: Role | None, name: str | None) -> ElementList:
        return self._run_named(window, lambda access: access.listing.find(role, name))

    def look_up(self, id: str, windows: Sequence[Window]) -> tuple[NamedElement, Window]:
        known = self._ids.get(id)
        window = next((each for each in windows if each.id == known.window), None)
        if window is None:
            raise explain_gone(id, known.name)

        def work(access: _Access) -> NamedElement:
            facts = access.actor.check(id, known)
            element = access.reader.read_at(facts, _find_middle(facts))
            if element is None:
                raise Unanswered("The program does not tell what it is.")
            return NamedElement(id, element, read_value(facts))

        return self._run_named(window, work), window

    def press(self, id: str) -> Press:
        known, progress = self._ids.get(id), Progress()
        window = self._get_window(id, known)
        try:
            press = self._work_on(
                window, lambda access: access.actor.press(id, known, progress), NAMED_SECONDS
            )
        except Unanswered as error:
            if progress.is_sent:
                # Pressed once more, it might be done twice.
                return "unconfirmed"
            raise explain_silence(NAMED_SECONDS) from error
        except NotOpen as error:
            raise build_refusal() from error
        if press == "pressed" and not self._is_answering(known, window):
            return "silent"
        return press

    def focus_element(self, id: str) -> bool:
        known = self._ids.get(id)
        return self._run_known(id, known, lambda actor: actor.focus(id, known))

    def set_value(self, id: str, value: str) -> str | None:
        known = self._ids.get(id)
        return self._run_known(id, known, lambda actor: actor.set_value(id, known, value))

    def read_text(self, id: str) -> str:
        known = self._ids.get(id)
        return self._run_known(id, known, lambda actor: actor.read_text(id, known))

    def close(self) -> None:
        self._worker.close()

    def _find_passwords(self, window: Window, seconds: float) -> None:
        """Find the password fields of a window; if it is unknown, those last known stay."""

        def work(access: _Access) -> list[Rect] | None:
            top = access.search.find_top()
            if top is None:
                return None
            search = Search((SOME_PASSWORD.role,), access.area, most=_MOST_PASSWORDS)
            found = access.tree.find_below(top.node, search)
            if found.is_cut:
                # A page may have them so that the real one is not found.
                return [window.whole]
            fields = found.facts
            if not found.is_whole:
                # What was found counts also if there is no time left for this.
                with suppress(Unanswered):
                    focused = access.search.find_focused()
                    if focused is not None and focused.role == SOME_PASSWORD.role:
                        fields = [*fields, focused]
            areas = [area for facts in fields if (area := _cut(facts, window)) is not None]
            return areas if areas or found.is_whole else None

        try:
            areas = self._work_on(window, work, seconds)
        except (Unanswered, NotOpen):
            return
        if areas is not None:
            self._passwords[window.id] = list(dict.fromkeys(areas))
            self._passwords.move_to_end(window.id)
            if len(self._passwords) > MOST_WINDOWS:
                self._passwords.popitem(last=False)

    def _is_answering(self, known: KnownObject[Node], window: Window) -> bool:
        """Return whether a program answers at all, be it that the object has gone."""

        def work(access: _Access) -> bool:
            access.tree.try_read(known.node)
            return True

        return bool(self._try(window, work))

    def _get_window(self, id: str, known: KnownObject[Node]) -> Window:
        """Return the window of an element, as it was last seen."""
        window = self._windows.get(known.window)
        if window is None:
            raise explain_gone(id, known.name)
        return window

    def _try(self, window: Window, work: Callable[[_Access], _Result | None]) -> _Result | None:
        """Do work that judges; None if the answer is not known."""
        try:
            return self._work_on(window, work, SECONDS)
        except (Unanswered, NotOpen):
            return None

    def _run_known(
        self, id: str, known: KnownObject[Node], work: Callable[[Actor], _Result]
    ) -> _Result:
        return self._run_named(self._get_window(id, known), lambda access: work(access.actor))

    def _run_named(self, window: Window, work: Callable[[_Access], _Result]) -> _Result:
        """Do work on named elements. Raises InvalidRequest if the program does not answer."""
        try:
            return self._work_on(window, work, NAMED_SECONDS)
        except Unanswered as error:
            raise explain_silence(NAMED_SECONDS) from error
        except NotOpen as error:
            raise build_refusal() from error

    def _work_on(
        self, window: Window, work: Callable[[_Access], _Result], seconds: float
    ) -> _Result:
        """Do work in the worker's thread. Raises Unanswered, InvalidRequest and NotOpen."""
        self._windows[window.id] = window
        self._windows.move_to_end(window.id)
        if len(self._windows) > MOST_WINDOWS:
            self._windows.popitem(last=False)
        return self._worker.run(
            window.id.process, lambda deadline: work(self._access(window, deadline)), seconds
        )

    def _access(self, window: Window, deadline: Deadline) -> _Access:
        tree = Tree(deadline, self._large)
        search = WindowSearch(self._source, tree, window)
        reader = Reader(tree, window, tells_forms=self._source.tells_forms)
        listing = Listing(tree, search, window, self._ids)
        return _Access(tree, search, reader, listing, Actor(tree, window), window.whole)


def _cut(facts: Facts, window: Window) -> Rect | None:
    return None if facts.box is None else facts.box.intersect(window.whole)


def _find_middle(facts: Facts) -> Point | None:
    box = facts.box
    return None if box is None else Point(box.left + box.width // 2, box.top + box.height // 2)
