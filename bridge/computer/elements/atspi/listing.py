"""List the elements of a window, and find those with a role and a name."""

# A program is asked in chunks, and no more once the time is over: what was read until then is a
# list that is not whole. A search by AT-SPI finds roles and states, but no names, so finding by
# name reads the names of everything with the role; the rest is read of what matches.

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bridge.computer.desktop import Window
from bridge.computer.elements.atspi.replies import (
    COUNT,
    FLOAT,
    LONG_TEXT,
    Node,
    TimedOut,
    Unanswered,
)
from bridge.computer.elements.atspi.roles import (
    COMBO,
    EDITABLE,
    EDITOR,
    SHOWING,
    VISIBLE,
    list_numbers,
    to_role,
    to_states,
)
from bridge.computer.elements.atspi.search import Search
from bridge.computer.elements.atspi.tree import Facts, Tree, get_lasting_name
from bridge.computer.elements.base import (
    CONTROLS,
    FIELDS,
    VALUE_LENGTH,
    Element,
    ElementList,
    NamedElement,
    Role,
)
from bridge.computer.elements.ids import Ids, KnownObject
from bridge.computer.elements.named_lists import (
    choose_best,
    drop_labels,
    has_whole_name,
    is_listed,
)
from bridge.computer.elements.values import explain_no_tree
from bridge.computer.matching.names import has_name_part

_Item = TypeVar("_Item")

_CONTROL_NUMBERS = list_numbers((*CONTROLS, *FIELDS))
_TEXT_NUMBERS = list_numbers(("dialog", "document", "heading", "image", "list", "text"))
_ELEMENTS_AT_ONCE = 12
_NAMES_AT_ONCE = 64
_LABELLED = (
    EDITOR,
    *list_numbers(("button", "check box", "field", "password field", "slider")),
)
"""Numbers of controls that may have a label or a description instead of a name."""
_MOST_LABELLED = 200
_MOST_SEARCHED = 1000
"""Objects that one search returns."""

VALUE, TEXT = "org.a11y.atspi.Value", "org.a11y.atspi.Text"


@dataclass(slots=True)
class _Searched:
    nodes: list[Node]
    is_whole: bool


class Listing:
    """The methods with a window raise Unanswered, and InvalidRequest if it has no tree."""

    def __init__(self, tree: Tree, search: Search, ids: Ids[Node]) -> None:
        self._tree = tree
        self._search = search
        self._ids = ids

    async def list_window(self, window: Window, most: int, ends: float) -> ElementList:
        """List what is on the screen in a window: all controls first, then texts if there is room.

        `ends`: the monotonic time at which to end.
        """
        searched = await self._search_listed(await self._find_top(window), most)
        elements: list[NamedElement] = []
        is_whole = searched.is_whole
        for chunk in _split(searched.nodes, _ELEMENTS_AT_ONCE):
            if time.monotonic() > ends or len(elements) >= most:
                is_whole = False
                break
            read = await asyncio.gather(*(self._try_read(node, window) for node in chunk))
            for each in read:
                if each is not None and is_listed(each, elements):
                    elements.append(each)
        listed = drop_labels(elements)
        return ElementList(tuple(listed[:most]), is_whole and len(listed) <= most)

    async def find(
        self, window: Window, role: Role | None, name: str | None, ends: float
    ) -> ElementList:
        """Find what is on the screen; without any, what is scrolled away."""
        top = await self._find_top(window)
        shown = await self._find_in_state(top, SHOWING, window, role, name, ends)
        if shown.elements and has_whole_name(shown.elements, name):
            return shown
        hidden = await self._find_in_state(top, VISIBLE, window, role, name, ends)
        return hidden if has_whole_name(hidden.elements, name) else shown

    async def read(self, node: Node, window: Window) -> NamedElement | None:
        """Read an object; None for one that is no control and has no name."""
        facts, box = await asyncio.gather(self._tree.read_facts(node), self._tree.read_box(node))
        role = to_role(facts.role, facts.states)
        name, value = facts.name, ""
        if role in (*CONTROLS, *FIELDS):
            name, value = await self._tree.read_full_name(facts)
        elif not name.strip():
            return None
        value = value or await self.read_value(facts, role)
        element = Element(role, name, "", to_states(facts.states), box)
        return NamedElement(self.identify(facts, window), element, value)

    def identify(self, facts: Facts, window: Window) -> str:
        """Return the id of an object."""
        return self._ids.add(
            KnownObject(facts.node, window.id, facts.role, get_lasting_name(facts))
        )

    async def read_value(self, facts: Facts, role: Role, length: int = VALUE_LENGTH) -> str:
        """Return the text of a field or the number of a slider; of a password field never."""
        try:
            if role == "slider":
                return f"{await self.read_number(facts.node):g}"
            if role in ("field", "address bar"):
                return await self.read_text(facts.node, length)
        except Unanswered:
            pass
        return ""

    async def read_number(self, node: Node) -> float:
        """Return the value of a slider. Raises Unanswered."""
        return await self._tree.bus.read_property(node, "CurrentValue", FLOAT, VALUE)

    async def read_text(self, node: Node, length: int) -> str:
        """Return the beginning of a text. Raises Unanswered for what has none."""
        count = await self._tree.bus.read_property(node, "CharacterCount", COUNT, TEXT)
        body = (0, max(0, min(count, length)))
        return await self._tree.bus.call(node, TEXT, "GetText", LONG_TEXT, "ii", body)

    async def _find_top(self, window: Window) -> Node:
        top = await self._search.find_top_level(window)
        if top is None and await self._search.is_silent(window):
            raise TimedOut("The program of the window did not answer in time.")
        if top is None:
            raise explain_no_tree(window.title)
        return top

    async def _search_listed(self, top: Node, most: int) -> _Searched:
        shown, editable = (SHOWING,), (SHOWING, EDITABLE)
        controls = await self._tree.find(top, _CONTROL_NUMBERS, shown, most + 1)
        if len(controls) > most:
            return _Searched(controls[:most], is_whole=False)
        controls += [
            node for node in await self._tree.find(top, (), editable, most) if node not in controls
        ]
        numbers = (*_CONTROL_NUMBERS, *_TEXT_NUMBERS)
        ordered = await self._tree.find(top, numbers, shown, _MOST_SEARCHED)
        ordered += [node for node in controls if node not in ordered]
        # Texts get the room that controls leave; many are empty, or repeat the name of a control.
        room, known = 2 * (most - len(controls)), set(controls)
        nodes: list[Node] = []
        for node in ordered:
            room -= node not in known
            if node in known or room >= 0:
                nodes.append(node)
        return _Searched(nodes, len(nodes) == len(ordered) < _MOST_SEARCHED)

    async def _find_in_state(
        self,
        top: Node,
        state: int,
        window: Window,
        role: Role | None,
        name: str | None,
        ends: float,
    ) -> ElementList:
        numbers = _list_searched_numbers(role)
        nodes = await self._tree.find(top, numbers, (state,), _MOST_SEARCHED)
        is_whole = len(nodes) < _MOST_SEARCHED
        unsure: tuple[list[Node], list[Node]] = ([], [])
        if name is not None:
            combos = await self._tree.find(top, (COMBO,), (state,), _MOST_LABELLED)
            unsure = (await self._tree.find(top, _LABELLED, (state,), _MOST_LABELLED), combos)
        matches: list[NamedElement] = []
        for chunk in _split(nodes, _NAMES_AT_ONCE):
            if time.monotonic() > ends:
                is_whole = False
                break
            near = chunk if name is None else await self._filter_names(chunk, name, unsure)
            read = await asyncio.gather(*(self._try_read(node, window) for node in near))
            matches += [
                each
                for each in read
                if each is not None and (role is None or each.element.role == role)
            ]
        return ElementList(tuple(choose_best(matches, name)), is_whole)

    async def _filter_names(
        self, nodes: Sequence[Node], name: str, unsure: tuple[list[Node], list[Node]]
    ) -> list[Node]:
        """Return the nodes whose name has a part, or whose label may have it.

        `unsure`: those that have a label if they have no name, and those that have one anyway.
        """
        if_nameless, anyway = set(unsure[0]), set(unsure[1])
        names = await asyncio.gather(*map(self._try_name, nodes))
        return [
            node
            for node, other in zip(nodes, names, strict=True)
            if other is not None
            and (
                has_name_part(other, name)
                or node in anyway
                or (node in if_nameless and not other.strip())
            )
        ]

    async def _try_name(self, node: Node) -> str | None:
        try:
            return await self._tree.read_name(node)
        except Unanswered:
            return None

    async def _try_read(self, node: Node, window: Window) -> NamedElement | None:
        try:
            return await self.read(node, window)
        except Unanswered:
            # It has gone, and must not hide the others.
            return None


def _list_searched_numbers(role: Role | None) -> Collection[int]:
    if role is None:
        return (*_CONTROL_NUMBERS, *_TEXT_NUMBERS)
    if role in (*FIELDS, "clickable", "other"):
        # What can be typed into is a field, whatever its number is.
        return ()
    return list_numbers((role,))


def _split(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
