"""Find the object at a place of a window, and the window's own objects."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.atspi.replies import Node, Unanswered
from bridge.computer.elements.atspi.roles import (
    ACTIVE,
    COMBO,
    FILLERS,
    FOCUSED,
    LEAVES,
    MENU_ITEMS,
    MENUS,
    SHOWING,
    TAB_LIST,
    TOP_LEVELS,
)
from bridge.computer.elements.atspi.top_levels import TopLevels
from bridge.computer.elements.atspi.tree import Facts, Leaf, Tree, use_surface
from bridge.computer.elements.base import MOST_WINDOWS
from bridge.computer.elements.window_match import SAME_AREA, is_title, measure_overlap
from bridge.computer.screen.geometry import Point, Rect

_DEEPEST = 40
_MOST_CHILDREN = 80
"""Children of a container that are looked at one by one."""
_MOST_FOCUSED = 8
_MOST_ITEMS = 100
_MOST_WINDOWS = 100
"""Windows of a program to look at; those after them are unknown."""


class Search:
    """Every method raises Unanswered."""

    def __init__(self, tree: Tree, top_levels: TopLevels) -> None:
        self._tree = tree
        self._top_levels = top_levels
        self._awake: set[str] = set()
        self._menus: dict[WindowId, Node] = {}
        """Of windows that are menus of GTK 4."""
        self._others: set[WindowId] = set()
        """Windows whose program is known to have no surface of its own."""

    async def use_places_of(self, window: Window) -> None:
        """Convert places from those that the program of a window knows, for the rest of this work.

        On Wayland all programs know places in their windows, and on X11 those with GTK 4.
        """
        use_surface(window.surface)
        if window.surface is not None or not window.id.process or window.id in self._others:
            return
        programs = await self._list_programs(window)
        for program in programs:
            if await self._tree.is_gtk4(program):
                use_surface(await self._find_surface(program, window))
                return
        if len(self._others) >= MOST_WINDOWS:
            self._others.clear()
        if programs:
            self._others.add(window.id)

    async def _find_surface(self, program: Node, window: Window) -> Point:
        """Find where the surface begins in which a window's program knows places.

        That of a menu is the window that it belongs to.
        """
        use_surface(Point(0, 0))
        menu = self._menus.get(window.id)
        if menu is not None:
            box = await self._tree.read_box(menu)
            if box is not None and _has_size(box, window):
                return _find_corner(box, window)
            del self._menus[window.id]
        tops = await self._list_windows(program)
        found = await self._tree.read_boxes(tops)
        if not any(_has_size(box, window) for _, box in found):
            lists = [await self._tree.find(top, MENUS, (SHOWING,), _MOST_ITEMS) for top in tops]
            found = await self._tree.read_boxes(node for nodes in lists for node in nodes)
            self._note_menus(found, window)
        boxes = [box for _, box in found if _has_size(box, window)]
        return _find_corner(boxes[0] if boxes else Rect(0, 0, 0, 0), window)

    def _note_menus(self, menus: Iterable[tuple[Node, Rect]], window: Window) -> None:
        if len(self._menus) >= MOST_WINDOWS:
            self._menus.clear()
        fitting = [node for node, box in menus if _has_size(box, window)]
        if fitting:
            self._menus[window.id] = fitting[0]

    async def find_top_level(self, window: Window) -> Node | None:
        """Find the object of a window; None for a menu that has none of its own."""
        if not window.is_placed:
            return await self._find_listed(window)
        fitting = await self._list_fitting(await self._list_top_levels(window), window)
        return fitting[0].node if fitting else None

    async def _find_listed(self, window: Window) -> Node | None:
        """Find the object of a window whose place is unknown, by the number that it was given."""
        node = self._top_levels.find_node(window.id)
        if node is not None:
            await self._wake(node, [node])
        return node

    async def is_silent(self, window: Window) -> bool:
        """Return whether the program of a window is left alone because it did not answer."""
        programs = await self._list_programs(window)
        return any(self._tree.bus.is_paused(program.name) for program in programs)

    async def is_mute(self, window: Window) -> bool:
        """Return whether the program of a window tells none of its windows, or does not answer."""
        if not window.id.process:
            return await self.find_top_level(window) is None
        lists = await asyncio.gather(*map(self._list_windows, await self._list_programs(window)))
        return not any(lists)

    async def find_at(self, point: Point, window: Window) -> Leaf | None:
        """Find the innermost object at a point; None if the window has no tree there."""
        menu = self._menus.get(window.id)
        item = None if menu is None else await self._find_menu_item(menu, point)
        if item is not None:
            return await self._tree.read_leaf(item)
        tops = await self._list_top_levels(window)
        for facts in await self._list_fitting(tops, window):
            leaf = await self._descend(facts, point)
            if leaf is not None:
                # On Wayland, an open menu is no window of its own.
                above = window.surface and await self._find_popup_item(tops, point, leaf.facts)
                return await self._tree.read_leaf(above) if above else leaf
        # GTK's menus: their items are objects of the window that the menu belongs to, which does
        # not find them by their place, as what is below the menu is there as well.
        item = await self._find_in_menus(tops, point, in_popups=window.surface is not None)
        return None if item is None else await self._tree.read_leaf(item)

    async def find_focused(self, window: Window) -> Node | None:
        """Find the object with the keyboard: the last that said so, if it still has it."""
        for program in await self._list_programs(window):
            last = self._tree.bus.focus.get(program.name)
            if last is None:
                continue
            try:
                facts = await self._tree.read_facts(last)
                if facts.has(FOCUSED):
                    return await self._find_focused_inside(facts)
            except Unanswered:
                # It was removed from its window.
                continue
        top = await self.find_top_level(window)
        found = [] if top is None else await self._tree.find(top, states=(FOCUSED,))
        if not found:
            return None
        return await self._find_focused_inside(await self._tree.read_facts(found[0]))

    async def _find_focused_inside(self, outer: Facts) -> Node:
        """Find the innermost: in LibreOffice, the panel around the text has the focus as well."""
        if outer.role not in FILLERS:
            return outer.node
        inner = await self._tree.find(outer.node, states=(FOCUSED,), most=_MOST_FOCUSED)
        return inner[-1] if inner else outer.node

    async def _find_in_menus(
        self, tops: Iterable[tuple[Node, Rect]], point: Point, *, in_popups: bool
    ) -> Node | None:
        """Find an item of an open menu; `in_popups`: as `in_menu` of `Tree.read_box`."""
        for top, _ in tops:
            item = await self._find_menu_item(top, point, in_popups=in_popups)
            if item is not None:
                return item
        return None

    async def _find_popup_item(
        self, tops: Iterable[tuple[Node, Rect]], point: Point, below: Facts
    ) -> Node | None:
        """Find an item of a menu that is open above an object of the same program."""
        item = await self._find_in_menus(tops, point, in_popups=True)
        if item is None or item == below.node:
            return None
        if below.role == COMBO:
            # Chromium shows the chosen item of a closed list in the list itself.
            outer, inner = await self._tree.read_box(below.node), await self._tree.read_box(item)
            if outer is None or inner is None or outer.intersect(inner) == inner:
                return None
        return item

    async def _find_menu_item(
        self, top: Node, point: Point, *, in_popups: bool = False
    ) -> Node | None:
        try:
            items = await self._tree.find(top, MENU_ITEMS, (SHOWING,), _MOST_ITEMS)
        except Unanswered:
            # The menu may belong to another window, whose program does answer.
            return None
        boxes = await self._tree.read_boxes(items, in_menus=in_popups)
        return next((item for item, box in reversed(boxes) if point in box), None)

    async def _list_programs(self, window: Window) -> list[Node]:
        programs = await self._tree.list_programs()
        if not window.id.process:
            return programs
        processes = await asyncio.gather(*map(self._read_process, programs))
        pairs = zip(programs, processes, strict=True)
        return [program for program, process in pairs if process == window.id.process]

    async def _read_process(self, program: Node) -> int:
        try:
            return await self._tree.bus.read_process(program.name)
        except Unanswered:
            return 0

    async def _list_top_levels(self, window: Window) -> list[tuple[Node, Rect]]:
        """List the objects of all windows of a window's program, with their areas.

        Where the program is not known, it may be any that answers.
        """
        programs = await self._list_programs(window)
        lists = await asyncio.gather(*map(self._list_windows, programs))
        return await self._tree.read_boxes(node for nodes in lists for node in nodes)

    async def _list_windows(self, program: Node) -> list[Node]:
        """List the objects of a program's windows; empty if it does not answer."""
        try:
            tops = (await self._tree.list_children(program))[:_MOST_WINDOWS]
        except Unanswered:
            return []
        await self._wake(program, tops)
        return tops

    async def _list_fitting(self, tops: Iterable[tuple[Node, Rect]], window: Window) -> list[Facts]:
        """List the objects that may be a window's, the most likely first."""
        parts = {top: measure_overlap(box, window) for top, box in tops}
        near = [top for top, part in parts.items() if part > SAME_AREA]
        # Two windows of a program may lie on each other: then the title decides.
        shown = await self._tree.list_showing(near)
        if not shown and window.surface is not None:
            # The compositor may have told a size that the program has not drawn yet. Its places
            # count from the corner of the window anyway.
            shown = await self._tree.list_showing(parts)
            shown = [facts for facts in shown if is_title(facts.name, window)]
        return sorted(
            shown,
            key=lambda facts: (
                is_title(facts.name, window),
                round(parts[facts.node], 1),
                facts.has(ACTIVE),
            ),
            reverse=True,
        )

    async def _wake(self, program: Node, tops: Sequence[Node]) -> None:
        """Ask a new program for attributes: Chromium builds its tree only when asked."""
        if program.name not in self._awake and tops:
            self._awake.add(program.name)
            await asyncio.gather(*map(self._tree.read_attributes, tops), return_exceptions=True)

    async def _descend(self, top: Facts, point: Point) -> Leaf | None:
        leaf, facts, passed = None, top, {top.node}
        for _ in range(_DEEPEST):
            child = await self._tree.find_child_at(facts.node, point)
            if child is None:
                child = await self._find_child_by_box(facts, point)
            if child is None or child in passed:
                break
            passed.add(child)
            leaf = await self._tree.read_leaf(child)
            facts = leaf.facts
            if facts.role in LEAVES:
                break
        return leaf

    async def _find_child_by_box(self, facts: Facts, point: Point) -> Node | None:
        """Find a child by its area: GTK does not find what is on the page of a notebook."""
        role, node = facts.role, facts.node
        if role not in FILLERS and role not in TOP_LEVELS:
            return None
        if await self._tree.count_children(node) > _MOST_CHILDREN:
            return None
        children = await self._tree.list_children(node)
        if role == TAB_LIST:
            pages = await asyncio.gather(*map(self._tree.list_children, children))
            children += [child for page in pages for child in page]
        boxes = await self._tree.read_boxes(children)
        here = [child for child, box in boxes if point in box]
        shown = await self._tree.list_showing(here)
        return shown[-1].node if shown else None


def _find_corner(box: Rect, window: Window) -> Point:
    """Return where a surface begins, in which a window has an area."""
    return Point(window.area.left - box.left, window.area.top - box.top)


def _has_size(box: Rect, window: Window) -> bool:
    return (box.width, box.height) == (window.area.width, window.area.height)
