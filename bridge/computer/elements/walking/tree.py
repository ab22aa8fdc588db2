"""Read the objects of a tree, each checked, within limits of number, depth and time."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from bridge.computer.elements.base import Role
from bridge.computer.elements.walking.facts import Facts, check_raw
from bridge.computer.elements.walking.node import Node, TimedOut, Unanswered
from bridge.computer.elements.walking.worker import Deadline, Late
from bridge.computer.screen.geometry import Rect

LARGE_SECONDS = 60.0
"""How long a window whose search took too long is not searched again."""
MOST_SEARCHED = 1000
"""Objects that one search returns."""
_MOST_CHILDREN = 1000
_MOST_WALKED = 20_000
_DEEPEST = 80
_MOST_LEVELS = 40
"""Objects around one."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for below an object, and where."""

    roles: Collection[Role]
    """Empty for all."""
    area: Rect
    """The window; what is outside is off the screen."""
    shown: bool = True
    """Whether only what is on the screen is looked for."""
    most: int = MOST_SEARCHED


@dataclass(slots=True)
class Found:
    """What a search has found, in reading order."""

    facts: list[Facts] = field(default_factory=list)
    is_whole: bool = True
    """Whether there was nothing left to look at."""
    is_cut: bool = False
    """Whether there was more than may be looked at."""


class LargeWindows:
    """The objects whose search took their program too long: meanwhile it does nothing else."""

    def __init__(self) -> None:
        self._until: dict[Node, float] = {}

    def add(self, node: Node) -> None:
        now = time.monotonic()
        self._until = {each: until for each, until in self._until.items() if until > now}
        self._until[node] = now + LARGE_SECONDS

    def check(self, node: Node) -> None:
        """Raise Unanswered for one that is not to be searched now."""
        if self._until.get(node, 0) > time.monotonic():
            raise Unanswered("The window is too large to search.")


class Tree:
    """The trees of all programs, for as long as some work may take. Methods raise Unanswered."""

    def __init__(self, deadline: Deadline, large: LargeWindows) -> None:
        self.deadline = deadline
        self._large = large

    def read(self, node: Node) -> Facts:
        self.deadline.check()
        return check_raw(node, node.read())

    def try_read(self, node: Node) -> Facts | None:
        """Read an object; None for one that does not answer, which must not hide the others."""
        try:
            return self.read(node)
        except (TimedOut, Late):
            raise
        except Unanswered:
            return None

    def read_in_sight(self, node: Node, area: Rect) -> Facts:
        """Read an object, and whether it is in sight in a window with an area."""
        facts = self.read(node)
        sight: Rect | None = area
        for around in self.list_ancestors(node):
            if sight is not None and around.clips and around.box is not None:
                sight = around.box.intersect(sight)
        return _mark_hidden(facts, sight)

    def list_children(self, node: Node, most: int = _MOST_CHILDREN) -> list[Node]:
        self.deadline.check()
        return list(node.list_children(most))[:most]

    def list_ancestors(self, node: Node) -> list[Facts]:
        """List the objects around one, the innermost first, up to its page or window."""
        ancestors: list[Facts] = []
        for facts in self.iterate_ancestors(node):
            ancestors.append(facts)
            if facts.is_page or facts.role == "window":
                break
        return ancestors

    def iterate_ancestors(self, node: Node) -> Iterator[Facts]:
        """Yield the objects around one, each once."""
        known = {node}
        for _ in range(_MOST_LEVELS):
            self.deadline.check()
            parent = node.find_parent()
            if parent is None or parent in known:
                return
            known.add(parent)
            yield self.read(parent)
            node = parent

    def find_below(self, top: Node, search: Search) -> Found:
        """Find objects; what is found when the time is over is not whole."""
        self._large.check(top)
        self.deadline.check()
        try:
            nodes = top.find_below(search.roles, shown=search.shown, most=search.most + 1)
        except TimedOut:
            self._large.add(top)
            raise
        if nodes is None:
            return self._walk(top, search)
        has_more = len(nodes) > search.most
        found = Found(is_whole=not has_more, is_cut=has_more)
        try:
            for node in nodes[: search.most]:
                facts = self.try_read(node)
                if facts is not None:
                    _add_fitting(found, _mark_hidden(facts, search.area), search)
        except Late:
            found.is_whole = False
        return found

    def _walk(self, top: Node, search: Search) -> Found:
        """Walk down, in reading order; below what is out of sight, only if that is looked for."""
        found = Found()
        known = {top}
        try:
            stack = [_Place(node, 1, search.area) for node in reversed(self.list_children(top))]
            while stack:
                place = stack.pop()
                if place.node in known:
                    continue
                known.add(place.node)
                if len(known) > _MOST_WALKED or len(found.facts) > search.most:
                    found.is_whole, found.is_cut = False, True
                    break
                facts = self.try_read(place.node)
                if facts is None:
                    continue
                facts = _mark_hidden(facts, place.area)
                if search.shown and facts.box is not None and is_hidden(facts):
                    continue
                _add_fitting(found, facts, search)
                if place.depth > _DEEPEST:
                    found.is_whole = False
                    continue
                stack += reversed(self._list_places(facts, place))
        except Late:
            found.is_whole = False
        del found.facts[search.most :]
        return found

    def _list_places(self, facts: Facts, place: _Place) -> list[_Place]:
        """List the children of an object, and where they are in sight."""
        try:
            children = self.list_children(facts.node)
        except (TimedOut, Late):
            raise
        except Unanswered:
            return []
        area = place.area
        if facts.clips and facts.box is not None and area is not None:
            area = facts.box.intersect(area)
        return [_Place(child, place.depth + 1, area) for child in children]


@dataclass(frozen=True, slots=True)
class _Place:
    """An object that is still to be looked at."""

    node: Node
    depth: int
    area: Rect | None
    """Where it is in sight; None for nowhere."""


def is_hidden(facts: Facts) -> bool:
    return "off screen" in facts.states


def _mark_hidden(facts: Facts, area: Rect | None) -> Facts:
    """Note that an object is off the screen if nothing of it is in an area."""
    is_here = area is not None and facts.box is not None and facts.box.intersect(area) is not None
    return facts if is_here else replace(facts, states=facts.states | {"off screen"})


def _add_fitting(found: Found, facts: Facts, search: Search) -> None:
    if search.roles and facts.role not in search.roles:
        return
    if not (search.shown and is_hidden(facts)):
        found.facts.append(facts)
