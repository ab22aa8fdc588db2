"""Make an element of an object: its control, its dialog, its page and its form."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.computer.desktop import Window
from bridge.computer.elements.base import (
    ANY_FORM,
    BUTTONS,
    CONTAINERS,
    DIALOG_LENGTH,
    NOTHING,
    PARTS,
    Dialog,
    Element,
    FormField,
    Role,
)
from bridge.computer.elements.walking.facts import Facts
from bridge.computer.elements.walking.node import Node
from bridge.computer.elements.walking.tree import Found, Search, Tree
from bridge.computer.matching.form_words import is_card_field
from bridge.computer.screen.geometry import Point

_CONTROL_LEVELS = 5
"""Objects around a text or an image that may be the control that it belongs to."""
_MOST_LABELS = 60
_MOST_FIELDS = 30
_MOST_INNER_WINDOWS = 20
_LABELS: tuple[Role, ...] = ("text", "heading")
"""Roles of what a dialog says."""


class Reader:
    """Methods raise Unanswered."""

    def __init__(self, tree: Tree, window: Window, *, tells_forms: bool) -> None:
        self._tree, self._area = tree, window.whole
        self._tells_forms = tells_forms

    def read_at(self, leaf: Facts, point: Point | None) -> Element | None:
        """Read the control that an object is, or is a part of; None if that is unknown.

        `point`: where it would be clicked; None for a place in the control.
        """
        ancestors = self._tree.list_ancestors(leaf.node)
        is_container = leaf.is_page or leaf.role == "dialog"
        if leaf.is_opaque or (is_container and not self._has_content(leaf.node)):
            return None
        role = leaf.role
        if role in PARTS:
            control = _find_control(ancestors, point)
            if control is not None:
                return self._make(control, ancestors, leaf.name)
            if _may_be_drawn(leaf, ancestors) and not self._has_content(leaf.node):
                return None
            if leaf.node.is_clickable():
                role = "clickable"
        return self._make(leaf, ancestors, role=role)

    def read(self, facts: Facts) -> Element | None:
        """Read the object itself; None if what is in it is unknown."""
        if facts.is_opaque:
            return None
        return self._make(facts, self._tree.list_ancestors(facts.node))

    def read_default(self, focused: Facts | None, top: Facts) -> Element | None:
        """Read the button that Return presses; NOTHING if there is none, None if unknown."""
        if focused is None:
            return self._find_default([*self._list_inner_dialogs(top.node), top])
        if focused.is_opaque:
            return None
        if focused.is_page:
            return NOTHING if self._has_content(focused.node) else None
        ancestors = self._tree.list_ancestors(focused.node)
        form = next((each for each in ancestors if each.is_form), None)
        if form is not None:
            return self._find_default([form])
        if any(each.is_page for each in ancestors):
            # In a page, the button of a form is for the fields of that form.
            return NOTHING if self._tells_forms else None
        dialog = next((each for each in ancestors if each.role == "dialog"), None)
        return self._find_default([top if dialog is None else dialog])

    def _find_default(self, places: Sequence[Facts]) -> Element | None:
        for place in places:
            button = place.node.find_default_button()
            if button is not None:
                return self.read(self._tree.read(button))
        return NOTHING if self._has_content(places[-1].node) else None

    def _list_inner_dialogs(self, top: Node) -> list[Facts]:
        """List the dialogs inside of a window, which get its keys."""
        nodes = self._tree.list_children(top, _MOST_INNER_WINDOWS)
        read = [self._tree.try_read(node) for node in nodes]
        return [each for each in read if each is not None and each.role == "dialog"]

    def _has_content(self, node: Node) -> bool:
        """Return whether a program tells what is in an object: else it is not known to be empty."""
        return bool(self._tree.list_children(node, 1))

    def _find_inside(self, node: Node, search: Search) -> Found:
        """Find objects to judge by. Raises Unanswered if the time was over before the end."""
        found = self._tree.find_below(node, search)
        self._tree.deadline.check()
        return found

    def _make(
        self, facts: Facts, ancestors: Sequence[Facts], part: str = "", role: Role | None = None
    ) -> Element:
        pages = [each for each in (facts, *ancestors) if each.is_page]
        role, text = role or facts.role, ""
        if role == "address bar" and pages:
            # A page may call its own fields what it likes.
            role = "field"
        if role == "address bar":
            text = facts.value
        return Element(
            role,
            facts.name or part,
            facts.description,
            facts.states,
            facts.box,
            self._read_dialog(role, ancestors),
            pages[0].address if pages else "",
            self._read_form(role, ancestors),
            text,
        )

    def _read_dialog(self, role: Role, ancestors: Sequence[Facts]) -> Dialog | None:
        dialog = next((each for each in ancestors if each.role == "dialog"), None)
        if dialog is None or role not in BUTTONS:
            return None
        search = Search(_LABELS, self._area, most=_MOST_LABELS)
        texts = [each.name for each in self._find_inside(dialog.node, search).facts]
        return Dialog(dialog.name, " ".join(filter(None, texts))[:DIALOG_LENGTH])

    def _read_form(self, role: Role, ancestors: Sequence[Facts]) -> frozenset[FormField]:
        """Return what the form of a button asks for; without known forms, its whole page."""
        form = next((each for each in ancestors if each.is_form), None)
        if form is None and not self._tells_forms:
            form = next((each for each in ancestors if each.is_page), None)
        if form is None or role not in BUTTONS:
            return frozenset()
        search = Search(("field", "password field"), self._area, most=_MOST_FIELDS)
        fields = self._find_inside(form.node, search)
        if fields.is_cut:
            return ANY_FORM
        found: set[FormField] = set()
        for facts in fields.facts:
            if facts.role == "password field":
                found.add("password")
            if is_card_field(facts.name):
                found.add("card")
        return frozenset(found)


def _find_control(ancestors: Sequence[Facts], point: Point | None) -> Facts | None:
    """Find the control that something at a point is a part of."""
    for around in ancestors[:_CONTROL_LEVELS]:
        is_end = around.is_page or around.is_form or around.role in ("dialog", "window")
        if is_end or around.role in CONTAINERS:
            return None
        if around.role not in PARTS:
            # A tab may contain its page.
            is_here = point is None or (around.box is not None and point in around.box)
            return around if is_here else None
    return None


def _may_be_drawn(facts: Facts, ancestors: Sequence[Facts]) -> bool:
    """Return whether a program may have drawn controls there that it does not tell.

    In a page, a canvas is an image without a name.
    """
    if any(each.is_page for each in ancestors):
        return facts.role in ("image", "other") and not facts.name.strip()
    return facts.role in ("group", "other")
