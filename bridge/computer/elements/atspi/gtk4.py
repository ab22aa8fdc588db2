"""What GTK 4 tells otherwise than AT-SPI has it (seen with 4.8)."""

# It knows places only in the window, or in the menu, that an object is in. It says of nothing but
# windows that it is showing, and newer versions of everything. What has no name gets that of its
# class, and what has a label gets its name twice. It does not tell which button is the default.

from __future__ import annotations

import re

from bridge.computer.elements.atspi.roles import SHOWING, VISIBLE, has_state

_CLASS = re.compile(r"(Gtk|Adw)[A-Z][A-Za-z]+")


def is_gtk4(toolkit: str, version: str) -> bool:
    return toolkit.casefold() == "gtk" and version.startswith("4.")


def clean_name(name: str) -> str:
    """Return a name without what is no part of it."""
    if _CLASS.fullmatch(name):
        return ""
    first, second = name[: len(name) // 2].strip(), name[len(name) // 2 :].strip()
    if first.replace("_", "", 1) == second:
        return second
    # The mnemonic makes the first half one character longer.
    longer = name[: len(name) // 2 + 1].strip()
    if longer.replace("_", "", 1) == name[len(longer) :].strip():
        return name[len(longer) :].strip()
    return name


def add_showing(states: int) -> int:
    """Count what is visible as showing."""
    return states | 1 << SHOWING if has_state(states, VISIBLE) else states
