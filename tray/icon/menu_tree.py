"""The menu as a tree of numbered nodes, for com.canonical.dbusmenu."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dbus_fast import Variant

from tray.menu import Entry, Kind

ROOT = 0

_TOGGLES: dict[Kind, str] = {"radio": "radio", "check": "checkmark"}

Properties = dict[str, Variant]
Layout = list[Any]
"""[id, properties, children as variants], of the D-Bus type `(ia{sv}av)`."""


class MenuTree:
    """The entries by id, with methods that build layouts and properties."""

    # A panel sends a click with the node's id. An entry has the same id as long as its key stays
    # the same: with new ids for each layout, a click in a menu that is still open would run
    # another entry's command.

    def __init__(self) -> None:
        self.revision = 1
        self._ids: dict[str, int] = {}
        self._entries: dict[int, Entry] = {}
        self._children: dict[int, list[int]] = {ROOT: []}

    def update(self, entries: tuple[Entry, ...]) -> tuple[bool, list[int]]:
        """Replace the entries; return whether the structure changed, or else the changed nodes."""
        before, structure = self._entries, self._children
        self._entries, self._children = {}, {}
        self._add_nodes(ROOT, entries)
        if self._children != structure:
            self.revision += 1
            return True, []
        changed = [
            id
            for id, entry in self._entries.items()
            if _extract_look(entry) != _extract_look(before[id])
        ]
        return False, changed

    def update_in_place(self, entries: tuple[Entry, ...]) -> list[int]:
        """Update the entries that exist, but not the structure. Return the changed nodes.

        For an open menu: its entries must not move under the pointer. One that no longer exists,
        such as the approval of what has been decided since, is disabled.
        """
        new, changed = _index_by_key(entries), []
        for id, entry in self._entries.items():
            updated = new.get(entry.key) or replace(entry, enabled=False)
            self._entries[id] = updated
            if _extract_look(updated) != _extract_look(entry):
                changed.append(id)
        return changed

    def find_entry(self, id: int) -> Entry | None:
        """Return the entry with this id, if it still exists."""
        return self._entries.get(id)

    def list_ids(self) -> list[int]:
        """Return the ids of all nodes, the root first."""
        return [ROOT, *self._entries]

    def build_properties(self, id: int) -> Properties:
        """Return how a node looks, in dbusmenu's properties."""
        if id == ROOT:
            return {"children-display": Variant("s", "submenu")}
        entry = self._entries[id]
        if entry.kind == "separator":
            return {"type": Variant("s", "separator")}
        look: Properties = {
            # A single underscore would mark the next letter as the entry's access key.
            "label": Variant("s", entry.label.replace("_", "__")),
            "enabled": Variant("b", entry.enabled),
            "visible": Variant("b", entry.visible),
        }
        if entry.kind == "submenu":
            look["children-display"] = Variant("s", "submenu")
        if entry.kind in _TOGGLES:
            look["toggle-type"] = Variant("s", _TOGGLES[entry.kind])
            look["toggle-state"] = Variant("i", int(bool(entry.checked)))
        return look

    def build_layout(self, id: int, depth: int) -> Layout:
        """Return a node with its children down to `depth` levels; -1 means all."""
        children = self._children.get(id, []) if depth else []
        nested = [Variant("(ia{sv}av)", self.build_layout(child, depth - 1)) for child in children]
        return [id, self.build_properties(id), nested]

    def _add_nodes(self, parent: int, entries: tuple[Entry, ...]) -> None:
        self._children[parent] = []
        for entry in entries:
            id = self._ids.setdefault(entry.key, len(self._ids) + 1)
            self._entries[id] = entry
            self._children[parent].append(id)
            if entry.children:
                self._add_nodes(id, entry.children)


def _extract_look(entry: Entry) -> tuple[object, ...]:
    return entry.kind, entry.label, entry.enabled, entry.checked, entry.visible


def _index_by_key(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    index: dict[str, Entry] = {}
    for entry in entries:
        index[entry.key] = entry
        index |= _index_by_key(entry.children)
    return index
