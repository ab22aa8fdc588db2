"""A menu as com.canonical.dbusmenu sees it: numbered nodes, whose numbers stay while keys stay.

A click is sent with a number. Were they given anew at each change, a click on a menu that is still
open would hit another entry.
"""

from __future__ import annotations

from typing import Any

from dbus_fast import Variant

from tray.menu import Entry, Kind

ROOT = 0

_TOGGLES: dict[Kind, str] = {"radio": "radio", "check": "checkmark"}

Properties = dict[str, Variant]
Layout = list[Any]
"""[id, properties, children as variants], the shape of `(ia{sv}av)`."""


class MenuTree:
    """Give it the entries; ask it for layouts, properties, and who was clicked."""

    def __init__(self) -> None:
        self.revision = 1
        self._ids: dict[str, int] = {}
        self._entries: dict[int, Entry] = {}
        self._children: dict[int, list[int]] = {ROOT: []}

    def update(self, entries: tuple[Entry, ...]) -> tuple[bool, list[int]]:
        """Takes new entries: whether the structure changed, and which nodes look different."""
        before, structure = self._entries, self._children
        self._entries, self._children = {}, {}
        self._add(ROOT, entries)
        if self._children != structure:
            self.revision += 1
            return True, []
        changed = [id for id, entry in self._entries.items() if _flat(entry) != _flat(before[id])]
        return False, changed

    def repaint(self, entries: tuple[Entry, ...]) -> list[int]:
        """Takes looks and commands of the entries that are there, and leaves the structure: for a
        menu that is open. Says which nodes look different."""
        new, changed = _by_key(entries), []
        for id, entry in self._entries.items():
            if entry.key in new:
                self._entries[id] = new[entry.key]
                if _flat(new[entry.key]) != _flat(entry):
                    changed.append(id)
        return changed

    def entry(self, id: int) -> Entry | None:
        """What has this number, if it is there still."""
        return self._entries.get(id)

    def ids(self) -> list[int]:
        return [ROOT, *self._entries]

    def properties(self, id: int) -> Properties:
        """What a node looks like."""
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

    def layout(self, id: int, depth: int) -> Layout:
        """A node with its children, `depth` levels down; -1 is all."""
        children = self._children.get(id, []) if depth else []
        nested = [Variant("(ia{sv}av)", self.layout(child, depth - 1)) for child in children]
        return [id, self.properties(id), nested]

    def _add(self, parent: int, entries: tuple[Entry, ...]) -> None:
        self._children[parent] = []
        for entry in entries:
            id = self._ids.setdefault(entry.key, len(self._ids) + 1)
            self._entries[id] = entry
            self._children[parent].append(id)
            if entry.children:
                self._add(id, entry.children)


def _flat(entry: Entry) -> tuple[object, ...]:
    return entry.kind, entry.label, entry.enabled, entry.checked, entry.visible


def _by_key(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        found[entry.key] = entry
        found |= _by_key(entry.children)
    return found
