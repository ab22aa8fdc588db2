"""Read the objects of a program's tree."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Collection, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from bridge.computer.elements.atspi import gtk4
from bridge.computer.elements.atspi.bus import REGISTRY, Bus
from bridge.computer.elements.atspi.replies import (
    BOX,
    COUNT,
    LABELS,
    NODE,
    NODES,
    NUMBER,
    RANGE,
    STATES,
    TEXT,
    TEXTS,
    Node,
    TimedOut,
    Unanswered,
)
from bridge.computer.elements.atspi.roles import COMBO, ENDS, SHOWING, has_state
from bridge.computer.screen.geometry import Point, Rect

_Result = TypeVar("_Result")

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_APPLICATION = "org.a11y.atspi.Application"
_COMPONENT = "org.a11y.atspi.Component"
_TEXT = "org.a11y.atspi.Text"
_COLLECTION = "org.a11y.atspi.Collection"
_MATCH_RULE = "(aiia{ss}iaiiasib)"
LARGE_SECONDS = 60.0
"""How long a window that took too long is not searched again."""
_MOST_WALKED = 400
"""Objects to look at in a program that cannot search by itself."""
_ALL, _ANY = 1, 2
_DOCUMENT_ORDER = 1
_ON_SCREEN, _IN_WINDOW = 0, 1
_SURFACE: ContextVar[Point | None] = ContextVar("surface", default=None)
"""Where the surface of the window that is read begins; None if programs know the screen's places.

Each piece of work that the bus runs has a context of its own.
"""
_CLICKABLE = ("click", "clickAncestor")
"""Names that Chromium and Firefox give to the action of what handles clicks, and of its parts."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What every object has."""

    node: Node
    role: int
    name: str
    states: int

    def has(self, state: int) -> bool:
        return has_state(self.states, state)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An object with what is around it."""

    facts: Facts
    parent: Node
    """It may be null."""


def use_surface(at: Point | None) -> None:
    """Convert places from those in a surface that begins at a point, for the rest of this work."""
    _SURFACE.set(at)


class Tree:
    """Every method raises Unanswered."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self._large: dict[Node, float] = {}
        self._gtk4: dict[str, bool] = {}
        """By the names of programs."""

    async def is_gtk4(self, program: Node) -> bool:
        """Return whether a program tells its objects as GTK 4 does, and note that."""
        if program.name not in self._gtk4:
            self._gtk4[program.name] = False
            try:
                toolkit, version = await asyncio.gather(
                    self.bus.read_property(program, "ToolkitName", TEXT, _APPLICATION),
                    self.bus.read_property(program, "Version", TEXT, _APPLICATION),
                )
                self._gtk4[program.name] = gtk4.is_gtk4(toolkit, version)
            except TimedOut:
                del self._gtk4[program.name]
                raise
            except Unanswered:
                # An odd program is read like all others.
                pass
        return self._gtk4[program.name]

    def is_noted_as_gtk4(self, node: Node) -> bool:
        return self._gtk4.get(node.name, False)

    async def list_programs(self) -> list[Node]:
        return await self.list_children(REGISTRY)

    async def list_children(self, node: Node) -> list[Node]:
        return await self.bus.call(node, _ACCESSIBLE, "GetChildren", NODES)

    async def count_children(self, node: Node) -> int:
        return await self.bus.read_property(node, "ChildCount", COUNT)

    async def read_parent(self, node: Node) -> Node:
        return await self.bus.read_property(node, "Parent", NODE)

    async def read_facts(self, node: Node) -> Facts:
        role, name, states = await asyncio.gather(
            self.read_role(node), self.read_name(node), self.read_states(node)
        )
        return Facts(node, role, name, states)

    async def read_leaf(self, node: Node) -> Leaf:
        facts, parent = await asyncio.gather(self.read_facts(node), self.read_parent(node))
        return Leaf(facts, parent)

    async def read_states(self, node: Node) -> int:
        states = await self.bus.call(node, _ACCESSIBLE, "GetState", STATES)
        return gtk4.add_showing(states) if self.is_noted_as_gtk4(node) else states

    async def read_name(self, node: Node) -> str:
        name = await self.bus.read_property(node, "Name", TEXT)
        return gtk4.clean_name(name) if self.is_noted_as_gtk4(node) else name

    async def read_role(self, node: Node) -> int:
        return await self.bus.call(node, _ACCESSIBLE, "GetRole", NUMBER)

    async def read_description(self, node: Node) -> str:
        return await self.bus.read_property(node, "Description", TEXT)

    async def read_attributes(self, node: Node) -> dict[str, str]:
        return await self.bus.call(node, _ACCESSIBLE, "GetAttributes", TEXTS)

    async def read_label(self, node: Node) -> str:
        """Return the name of the object that labels one; empty without one."""
        labels = await self.bus.call(node, _ACCESSIBLE, "GetRelationSet", LABELS)
        return await self.read_name(labels[0]) if labels else ""

    async def read_full_name(self, facts: Facts) -> tuple[str, str]:
        """Return the name of a control, and what is chosen in it if that is known.

        Controls without a name have a label beside them; the name of GTK's combo boxes is the
        choice.
        """
        if facts.name.strip() and facts.role != COMBO:
            return facts.name, ""
        try:
            label = await self.read_label(facts.node)
            if label.strip():
                return label, facts.name if facts.name != label else ""
            return facts.name or await self.read_description(facts.node), ""
        except TimedOut:
            raise
        except Unanswered:
            # A program may have no relations.
            return facts.name, ""

    async def read_box(self, node: Node, *, in_menu: bool = False) -> Rect | None:
        """Return its area on the screen; None if it has none, as in a closed menu.

        `in_menu`: it may be in an open menu, which on Wayland has places of its own. For such a
        program the screen begins where its window does: only these places are those of the window.
        """
        surface = _SURFACE.get()
        places = _ON_SCREEN if surface is None or in_menu else _IN_WINDOW
        box = await self.bus.call(node, _COMPONENT, "GetExtents", BOX, "u", (places,))
        if surface is None or box is None:
            return box
        return Rect(surface.x + box.left, surface.y + box.top, box.width, box.height)

    async def read_address(self, document: Node) -> str:
        """Return the URL of a page; empty if the program does not tell."""
        for name in ("URI", "DocURL"):
            value = await self.bus.call(
                document, "org.a11y.atspi.Document", "GetAttributeValue", TEXT, "s", (name,)
            )
            if value:
                return value
        return ""

    async def read_content(self, node: Node) -> str:
        """Return what is in a field; empty if its program does not tell."""
        to_the_end = (0, -1)
        try:
            return await self.bus.call(node, _TEXT, "GetText", TEXT, "ii", to_the_end)
        except TimedOut:
            raise
        except Unanswered:
            return ""

    async def is_text_selected(self, node: Node) -> bool:
        """Return whether all of the text in a field is selected, and there is any."""
        try:
            length, (start, end) = await asyncio.gather(
                self.bus.read_property(node, "CharacterCount", COUNT, _TEXT),
                self.bus.call(node, _TEXT, "GetSelection", RANGE, "i", (0,)),
            )
        except TimedOut:
            raise
        except Unanswered:
            return False
        return 0 == start < length <= end

    async def read_names(self, nodes: Iterable[Node]) -> list[str]:
        """Read the names of those that answer."""
        return await _collect(map(self.read_name, nodes))

    async def is_clickable(self, node: Node) -> bool:
        """Return whether its program handles clicks on it, or on what it is a part of."""
        try:
            name = await self.bus.call(node, "org.a11y.atspi.Action", "GetName", TEXT, "i", (0,))
        except Unanswered:
            return False
        return name in _CLICKABLE

    async def find_child_at(self, node: Node, point: Point) -> Node | None:
        surface = _SURFACE.get()
        place = (point.x, point.y, _ON_SCREEN)
        if surface is not None:
            place = (point.x - surface.x, point.y - surface.y, _IN_WINDOW)
        found = await self.bus.call(node, _COMPONENT, "GetAccessibleAtPoint", NODE, "iiu", place)
        return None if found.is_null or found == node else found

    async def find(
        self,
        node: Node,
        roles: Collection[int] = (),
        states: Sequence[int] = (),
        most: int = 1,
        *,
        whole: bool = False,
    ) -> list[Node]:
        """Search below a node, in its program, by role and states; in the order of the tree.

        `whole`: raise Unanswered if nothing is found where not all could be looked at.

        What took too long is not searched again for a while: meanwhile its program does nothing
        else, and a page of Chromium with 10,000 items in one list takes two seconds.
        """
        if self._large.get(node, 0) > time.monotonic():
            raise Unanswered("The window is too large to search.")
        try:
            return await self.search(node, roles, states, most)
        except Unanswered:
            # Qt has no such search.
            if whole:
                return await self.walk_whole(node, roles, states, most)
            found, _ = await self._walk(node, roles, states, most)
            return found

    async def search(
        self,
        node: Node,
        roles: Collection[int] = (),
        states: Sequence[int] = (),
        most: int = 1,
        *,
        seconds: float | None = None,
    ) -> list[Node]:
        """Let a program search below a node; `seconds`: the longest time, if it may be long."""
        rule = [*(_to_words(states, 2), _ALL, {}, _ALL, _to_words(roles, 5), _ANY, [], _ALL, False)]
        body = (rule, _DOCUMENT_ORDER, most, True)
        try:
            found = await self.bus.call(
                node, _COLLECTION, "GetMatches", NODES, f"{_MATCH_RULE}uib", body, seconds
            )
        except (asyncio.CancelledError, TimedOut):
            if self.bus.is_paused(node.name):
                self._large[node] = time.monotonic() + LARGE_SECONDS
            raise
        return found[:most]

    async def walk_whole(
        self, node: Node, roles: Collection[int], states: Sequence[int], most: int
    ) -> list[Node]:
        """Search below a node without its program's help.

        Raises Unanswered if nothing is found where not all could be looked at.
        """
        found, is_whole = await self._walk(node, roles, states, most)
        if not found and not is_whole:
            raise Unanswered("The window could not be searched whole.")
        return found

    async def _walk(
        self, node: Node, roles: Collection[int], states: Sequence[int], most: int
    ) -> tuple[list[Node], bool]:
        """Search level by level, only what is showing; and whether all was looked at."""
        found: list[Node] = []
        is_whole = True
        level, left = await self.list_children(node), _MOST_WALKED
        while level and len(found) < most:
            known = await _collect(map(self._read_kind, level[:left]))
            shown = [facts for facts in known if facts.has(SHOWING)]
            found += [
                facts.node
                for facts in shown
                if (not roles or facts.role in roles) and all(map(facts.has, states))
            ]
            # A button of GTK 4 and a menu item of Qt may have a menu inside.
            inner = [facts.node for facts in shown if facts.role not in ENDS]
            children = await _collect(map(self.list_children, inner))
            is_whole &= len(known) == len(level) and len(children) == len(inner)
            left = max(left - len(level), 0)
            level = [child for each in children for child in each]
        return found[:most], is_whole

    async def _read_kind(self, node: Node) -> Facts:
        """Read everything but the name."""
        role, states = await asyncio.gather(self.read_role(node), self.read_states(node))
        return Facts(node, role, "", states)

    async def read_boxes(
        self, nodes: Iterable[Node], *, in_menus: bool = False
    ) -> list[tuple[Node, Rect]]:
        """Read the areas of those that have one; `in_menus`: as in `read_box`."""
        nodes = list(nodes)
        boxes = await asyncio.gather(*(self._try_box(node, in_menus) for node in nodes))
        return [(node, box) for node, box in zip(nodes, boxes, strict=True) if box is not None]

    async def list_showing(self, nodes: Iterable[Node]) -> list[Facts]:
        """Read the facts of those that are showing, without those that do not answer."""
        known = await _collect(map(self.read_facts, nodes))
        return [facts for facts in known if facts.has(SHOWING)]

    async def _try_box(self, node: Node, in_menu: bool) -> Rect | None:
        try:
            return await self.read_box(node, in_menu=in_menu)
        except Unanswered:
            return None


async def _collect(calls: Iterable[Awaitable[_Result]]) -> list[_Result]:
    """Return the results of the calls that are answered."""
    results: list[_Result] = []
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if not isinstance(result, BaseException):
            results.append(result)
        elif not isinstance(result, Unanswered):
            raise result
    return results


def _to_words(bits: Iterable[int], count: int) -> list[int]:
    """Pack bit numbers into signed words of 32 bits, as D-Bus carries them."""
    words = [0] * count
    for bit in bits:
        words[bit // 32] |= 1 << bit % 32
    return [word - (1 << 32) if word >> 31 else word for word in words]


def get_lasting_name(facts: Facts) -> str:
    """Return the name, but none for a combo box: in GTK, that is what is chosen in it."""
    return "" if facts.role == COMBO else facts.name
