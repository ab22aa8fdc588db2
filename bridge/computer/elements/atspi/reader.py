"""Make an element of an object: its control, its dialog, its page and its form."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.computer.elements.atspi.replies import Node
from bridge.computer.elements.atspi.roles import (
    ALERT,
    COMBO,
    DEFAULT,
    DIALOG,
    ENTRY,
    FORM,
    FRAME,
    LABELS,
    OPAQUE,
    PAGE,
    PASSWORD,
    SHOWING,
    TOP_LEVELS,
    WINDOW,
    to_role,
    to_states,
)
from bridge.computer.elements.atspi.tree import Facts, Leaf, Tree
from bridge.computer.elements.base import (
    ANY_FORM,
    BUTTONS,
    CONTAINERS,
    CONTROLS,
    DIALOG_LENGTH,
    NOTHING,
    PARTS,
    TEXT_LENGTH,
    Dialog,
    Element,
    FormField,
    Role,
)
from bridge.computer.matching.form_words import is_card_field
from bridge.computer.screen.geometry import Point

_MOST_LEVELS = 30
_CONTROL_LEVELS = 5
"""Parents of a text or an image that may be the control that it belongs to."""
_MOST_LABELS = 400
_MOST_TEXTS = 8
_LABELS_AT_ONCE = 32
_MOST_FIELDS = 30
_ADDRESS_BARS = ("urlbar-input", "urlbar")
"""Ids of Firefox's address bar; Chromium's has a class."""


@dataclass(frozen=True, slots=True)
class _Ancestor:
    node: Node
    role: int
    states: int
    """Only of the first few, which may be a control."""


class Reader:
    """Every method raises Unanswered."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    async def read_at(self, found: Leaf, point: Point) -> Element | None:
        """Read the control that an object is, or is a part of."""
        leaf = found.facts
        if leaf.role in OPAQUE:
            return None
        if leaf.role == PAGE and not await self._has_content(leaf.node):
            return None
        role = to_role(leaf.role, leaf.states)
        if role not in PARTS:
            return await self._make(leaf, role, await self._list_ancestors(found))
        ancestors, is_clickable = await asyncio.gather(
            self._list_ancestors(found), self._tree.is_clickable(leaf.node)
        )
        control = await self._find_control(ancestors, point)
        if control is not None:
            above = to_role(control.role, control.states)
            return await self._make(control, above, ancestors, leaf.name)
        return await self._make(leaf, "clickable" if is_clickable else role, ancestors)

    async def _find_control(self, ancestors: Sequence[_Ancestor], point: Point) -> Facts | None:
        """Find the control that something at a point is a part of."""
        for ancestor in ancestors[:_CONTROL_LEVELS]:
            if ancestor.role in (PAGE, FORM, ALERT, DIALOG, *TOP_LEVELS):
                return None
            role = to_role(ancestor.role, ancestor.states)
            if role in CONTAINERS:
                return None
            if role not in PARTS:
                box, name = await asyncio.gather(
                    self._tree.read_box(ancestor.node), self._tree.read_name(ancestor.node)
                )
                # A tab of GTK contains its page.
                is_here = box is not None and point in box
                facts = Facts(ancestor.node, ancestor.role, name, ancestor.states)
                return facts if is_here else None
        return None

    async def read_target(self, node: Node) -> Element | None:
        """Read the control that an object is, or is a part of, as a click on it would hit it."""
        leaf, box = await asyncio.gather(self._tree.read_leaf(node), self._tree.read_box(node))
        if box is None:
            return await self._read_leaf(leaf)
        return await self.read_at(leaf, Point(box.left + box.width // 2, box.top + box.height // 2))

    async def read(self, node: Node) -> Element | None:
        """Read the object itself."""
        return await self._read_leaf(await self._tree.read_leaf(node))

    async def _read_leaf(self, leaf: Leaf) -> Element | None:
        facts = leaf.facts
        if facts.role in OPAQUE:
            return None
        ancestors = await self._list_ancestors(leaf)
        return await self._make(facts, to_role(facts.role, facts.states), ancestors)

    async def read_default(self, focused: Node | None, top: Node) -> Element | None:
        """Read the button that Return presses; NOTHING if there is none."""
        if focused is None:
            return await self._search_default(top)
        leaf = await self._tree.read_leaf(focused)
        if leaf.facts.role in OPAQUE:
            return None
        if leaf.facts.role == PAGE:
            return NOTHING if await self._has_content(focused) else None
        ancestors = await self._list_ancestors(leaf)
        roles = [ancestor.role for ancestor in ancestors]
        if FORM in roles:
            return await self._search_default(ancestors[roles.index(FORM)].node)
        # In a page, the button of a form is for the fields of that form.
        return NOTHING if PAGE in roles else await self._search_default(top)

    async def _search_default(self, top: Node) -> Element | None:
        if self._tree.is_noted_as_gtk4(top):
            return None
        buttons = await self._tree.find(top, states=(DEFAULT, SHOWING), whole=True)
        if buttons:
            return await self.read(buttons[0])
        return NOTHING if await self._has_content(top) else None

    async def _has_content(self, node: Node) -> bool:
        """Return whether a program tells what is in an object: else it is not known to be empty."""
        return await self._tree.count_children(node) > 0

    async def _make(
        self, facts: Facts, role: Role, ancestors: Sequence[_Ancestor], part: str = ""
    ) -> Element:
        address = next((each.node for each in ancestors if each.role == PAGE), None)
        if facts.role == PAGE:
            address = facts.node
        name = facts.name or part
        box, description, dialog, form, url, full_name = await asyncio.gather(
            self._tree.read_box(facts.node),
            self._tree.read_description(facts.node),
            self._read_dialog(role, ancestors),
            self._read_form(role, ancestors),
            self._read_address(address),
            self._read_full_name(replace(facts, name=name), role),
        )
        text, is_selected = "", False
        if facts.role in (ENTRY, COMBO) and not url and await self._is_address_bar(facts.node):
            role = "address bar"
            text, is_selected = await asyncio.gather(
                self._tree.read_content(facts.node), self._tree.is_text_selected(facts.node)
            )
        states = to_states(facts.states)
        return Element(
            role, full_name, description, states, box, dialog, url, form, text, is_selected
        )

    async def _read_full_name(self, facts: Facts, role: Role) -> str:
        if role in PARTS or role in CONTAINERS:
            return facts.name
        name, _ = await self._tree.read_full_name(facts)
        return name if name.strip() or role not in CONTROLS else await self._read_texts(facts.node)

    async def _read_texts(self, node: Node) -> str:
        """Read what is written on a control without a name, such as a clickable area of a page."""
        labels = await self._tree.find(node, LABELS, (SHOWING,), _MOST_TEXTS)
        return " ".join(await self._tree.read_names(labels))[:TEXT_LENGTH].strip()

    async def _list_ancestors(self, leaf: Leaf) -> list[_Ancestor]:
        """List the objects around one, up to its page or window."""
        ancestors: list[_Ancestor] = []
        role, node = leaf.facts.role, leaf.parent
        while role not in (PAGE, FRAME, WINDOW) and len(ancestors) < _MOST_LEVELS:
            if node.is_null:
                break
            may_be_control = len(ancestors) < _CONTROL_LEVELS
            # One round trip for each level.
            role, above, states = await asyncio.gather(
                self._tree.read_role(node),
                self._tree.read_parent(node),
                self._tree.read_states(node) if may_be_control else _get_no_states(),
            )
            ancestors.append(_Ancestor(node, role, states))
            node = above
        return ancestors

    async def _read_address(self, page: Node | None) -> str:
        return "" if page is None else await self._tree.read_address(page)

    async def _read_dialog(self, role: Role, ancestors: Sequence[_Ancestor]) -> Dialog | None:
        roles = (ALERT, DIALOG)
        node = next((each.node for each in ancestors if each.role in roles), None)
        if node is None or role not in BUTTONS:
            return None
        title, labels = await asyncio.gather(
            self._tree.read_name(node),
            self._tree.find(node, LABELS, (SHOWING,), _MOST_LABELS),
        )
        text = ""
        for start in range(0, len(labels), _LABELS_AT_ONCE):
            # Empty ones before the text must not hide it.
            names = await self._tree.read_names(labels[start : start + _LABELS_AT_ONCE])
            text = " ".join(filter(str.strip, (text, *names)))
            if len(text) >= DIALOG_LENGTH:
                break
        return Dialog(title, text[:DIALOG_LENGTH])

    async def _read_form(self, role: Role, ancestors: Sequence[_Ancestor]) -> frozenset[FormField]:
        form = next((each.node for each in ancestors if each.role == FORM), None)
        if form is None or role not in BUTTONS:
            return frozenset()
        found: set[FormField] = set()
        fields = await self._tree.find(form, (ENTRY, PASSWORD), (SHOWING,), _MOST_FIELDS)
        if len(fields) >= _MOST_FIELDS:
            return ANY_FORM
        for facts in await self._tree.list_showing(fields):
            if facts.role == PASSWORD:
                found.add("password")
            if is_card_field(facts.name):
                found.add("card")
        return frozenset(found)

    async def _is_address_bar(self, node: Node) -> bool:
        attributes = await self._tree.read_attributes(node)
        names = (attributes.get("class", ""), attributes.get("id", ""))
        return names[0].startswith("Omnibox") or names[1] in _ADDRESS_BARS


async def _get_no_states() -> int:
    return 0
