"""Find the object of a window, at a point of it, and with its keyboard."""

from __future__ import annotations

from bridge.computer.desktop import Window
from bridge.computer.elements.base import Role
from bridge.computer.elements.walking.facts import Facts
from bridge.computer.elements.walking.node import Node, Source
from bridge.computer.elements.walking.tree import Tree, is_hidden
from bridge.computer.elements.window_match import SAME_AREA, is_title, measure_overlap
from bridge.computer.screen.geometry import Point

_DEEPEST = 20
"""Levels to go down from the object that the platform finds at a point."""
_MOST_CHILDREN = 80
"""Children of a container that are looked at one by one."""
_MOST_WINDOWS = 100
_LAYOUT: tuple[Role, ...] = ("dialog", "document", "group", "other", "window")
"""Roles in which a platform may not find what is at a point."""


class WindowSearch:
    """The objects of one window. Methods raise Unanswered."""

    def __init__(self, source: Source, tree: Tree, window: Window) -> None:
        self._source, self._tree, self._window = source, tree, window

    def find_top(self) -> Facts | None:
        """Find the object of the window itself; None if its program tells none."""
        nodes = list(self._source.list_windows(self._window))[:_MOST_WINDOWS]
        read = [facts for node in nodes if (facts := self._tree.try_read(node)) is not None]
        exact = [each for each in read if each.handle and each.handle == self._window.id.number]
        near = exact or [each for each in read if self._measure(each) > SAME_AREA]
        # Two windows of a program may lie on each other: then the title decides.
        return max(
            near,
            key=lambda each: (is_title(each.name, self._window), round(self._measure(each), 1)),
            default=None,
        )

    def find_at(self, point: Point) -> Facts | None:
        """Find the innermost object at a point; None if only the window itself is known."""
        node = self._source.find_at(point, self._window)
        if node is None:
            return None
        facts = self._tree.read(node)
        if not self._belongs(facts):
            return None
        facts = self._descend(facts, point)
        return None if facts.role == "window" else facts

    def find_focused(self) -> Facts | None:
        """Find the object with the keyboard; None if it is none of this window's program."""
        node = self._source.find_focused(self._window)
        if node is None:
            return None
        facts = self._tree.read(node)
        return facts if self._belongs(facts) else None

    def _measure(self, facts: Facts) -> float:
        return 0 if facts.box is None else measure_overlap(facts.box, self._window)

    def _belongs(self, facts: Facts) -> bool:
        """Return whether an object is of the window's program, or inside of the window.

        A window may be drawn by another process than its own.
        """
        id = self._window.id
        if facts.process and facts.process == id.process:
            return True
        around = (facts, *self._tree.iterate_ancestors(facts.node))
        return any(each.handle and each.handle == id.number for each in around)

    def _descend(self, facts: Facts, point: Point) -> Facts:
        """Go down to the smallest part at a point, where the platform stops too early."""
        known: set[Node] = {facts.node}
        for _ in range(_DEEPEST):
            if facts.role not in _LAYOUT:
                break
            children = self._tree.list_children(facts.node, _MOST_CHILDREN + 1)
            if len(children) > _MOST_CHILDREN:
                break
            child = self._find_child(children, point)
            if child is None or child.node in known:
                break
            known.add(child.node)
            facts = child
        return facts

    def _find_child(self, children: list[Node], point: Point) -> Facts | None:
        """Find the child at a point that lies on top, which is the last one."""
        for child in reversed(children):
            facts = self._tree.try_read(child)
            if facts is None or facts.box is None or is_hidden(facts):
                continue
            if point in facts.box:
                return facts
        return None
