"""List the elements of a window, and find those with a role and a name."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from bridge.computer.desktop import Window
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
from bridge.computer.elements.walking.facts import Facts
from bridge.computer.elements.walking.node import Node
from bridge.computer.elements.walking.search import WindowSearch
from bridge.computer.elements.walking.tree import MOST_SEARCHED, Found, Search, Tree
from bridge.computer.matching.names import has_name_part

_USED: tuple[Role, ...] = (*CONTROLS, *FIELDS)
_TEXTS: tuple[Role, ...] = ("dialog", "document", "heading", "image", "list", "text")
_VALUED: tuple[Role, ...] = ("field", "address bar", "slider", "combo box")


class Listing:
    """The elements of one window. Methods raise Unanswered, and InvalidRequest without a tree."""

    def __init__(self, tree: Tree, search: WindowSearch, window: Window, ids: Ids[Node]) -> None:
        self._tree, self._search = tree, search
        self._window, self._ids = window, ids

    def list_window(self, most: int) -> ElementList:
        """List what is on the screen: all controls, and texts if there is room."""
        found = self._search_window((*_USED, *_TEXTS), MOST_SEARCHED, shown=True)
        controls = sum(facts.role in _USED for facts in found.facts)
        # Texts get the room that controls leave; many are empty, or repeat the name of a control.
        room = max(2 * (most - controls), 0)
        texts = (facts for facts in found.facts if facts.role not in _USED)
        kept = {facts.node for facts in islice(texts, room)}
        elements: list[NamedElement] = []
        for facts in found.facts:
            if facts.role in _USED or facts.node in kept:
                named = self._name(facts)
                if named is not None and is_listed(named, elements):
                    elements.append(named)
        listed = drop_labels(elements)
        is_whole = found.is_whole and controls + len(kept) == len(found.facts)
        return ElementList(tuple(listed[:most]), is_whole and len(listed) <= most)

    def find(self, role: Role | None, name: str | None) -> ElementList:
        """Find what is on the screen; without any, what is scrolled away."""
        shown = self._find_named(role, name, shown=True)
        if shown.elements and has_whole_name(shown.elements, name):
            return shown
        hidden = self._find_named(role, name, shown=False)
        return hidden if has_whole_name(hidden.elements, name) else shown

    def identify(self, facts: Facts) -> str:
        """Return the id of an object."""
        return self._ids.add(
            KnownObject(facts.node, self._window.id, facts.role, facts.lasting_name)
        )

    def _find_named(self, role: Role | None, name: str | None, *, shown: bool) -> ElementList:
        roles = (*_USED, *_TEXTS) if role is None else (role,)
        found = self._search_window(roles, MOST_SEARCHED, shown=shown)
        matches: list[NamedElement] = []
        for facts in found.facts:
            if name is None or has_name_part(facts.name, name):
                named = self._name(facts)
                if named is not None and role in (None, named.element.role):
                    matches.append(named)
        return ElementList(tuple(choose_best(matches, name)), found.is_whole)

    def _search_window(self, roles: Collection[Role], most: int, *, shown: bool) -> Found:
        top = self._search.find_top()
        if top is None:
            raise explain_no_tree(self._window.title)
        search = Search(roles, self._window.whole, shown=shown, most=most)
        return self._tree.find_below(top.node, search)

    def _name(self, facts: Facts) -> NamedElement | None:
        """Make the element of a list; None for one that is no control and has no name."""
        role = facts.role
        if role not in _USED and not facts.name.strip():
            return None
        element = Element(role, facts.name, "", facts.states, facts.box)
        return NamedElement(self.identify(facts), element, read_value(facts))


def read_value(facts: Facts) -> str:
    """Return the text of a field or the number of a slider; of a password field never."""
    return facts.value[:VALUE_LENGTH] if facts.role in _VALUED else ""
