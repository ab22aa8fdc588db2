"""AT-SPI's numbers for roles and states, as roles and states of our own."""

# https://docs.gtk.org/atspi2/enum.Role.html and enum.StateType.html

from __future__ import annotations

from collections.abc import Collection, Mapping

from bridge.computer.elements.base import Role, State

ALERT, DIALOG, FRAME, WINDOW = 2, 16, 23, 69
COMBO, EDITOR, ENTRY, FORM, PASSWORD, TAB_LIST = 11, 61, 79, 87, 40, 38
PAGE = 95
"""A web page; other numbers are documents of programs."""
OPAQUE = (0, 6, 18, 67)
"""Invalid, canvas, drawing area, unknown: what is inside is not in the tree."""
LABELS = (29, 83, 116)
"""Label, heading, static: what a dialog says."""
MENUS = (33,)
MENU_ITEMS = (8, *MENUS, 35, 45)
FILLERS = (20, 34, 37, TAB_LIST, 39, 49, 53, 63, 68)
"""Containers whose children a program does not always find by their place."""
LEAVES = (7, 8, 27, 29, 35, 40, 43, 44, 45, 79, 88, 116, 129, 130)
"""Controls, text and images: what is in them does not matter, and asking for it may be slow."""
ENDS = (27, 29, PASSWORD, ENTRY, 116)
"""Images, labels and fields: nothing that is searched for is in them."""
TOP_LEVELS = (ALERT, DIALOG, FRAME, WINDOW)

_ROLES: Mapping[int, Role] = {
    7: "check box",
    8: "menu item",
    COMBO: "combo box",
    12: "text",
    ALERT: "dialog",
    DIALOG: "dialog",
    19: "dialog",
    FRAME: "window",
    WINDOW: "window",
    15: "icon",
    26: "icon",
    27: "image",
    29: "text",
    31: "list",
    32: "list item",
    33: "menu",
    35: "menu item",
    36: "menu item",
    37: "tab",
    PASSWORD: "password field",
    43: "button",
    44: "radio button",
    45: "menu item",
    51: "slider",
    52: "field",
    55: "table",
    56: "cell",
    57: "cell",
    58: "cell",
    60: "terminal",
    EDITOR: "text",
    62: "button",
    65: "tree",
    66: "tree",
    73: "text",
    ENTRY: "field",
    82: "document",
    83: "heading",
    85: "group",
    88: "link",
    90: "cell",
    91: "list item",
    92: "document",
    93: "document",
    94: "document",
    PAGE: "document",
    96: "document",
    98: "list",
    99: "text",
    102: "group",
    103: "text",
    116: "text",
    129: "button",
    130: "switch",
}
_IN_VIEW: frozenset[Role] = frozenset(("cell", "icon", "list item"))
"""Roles of what is chosen in a list, and of what is only laid out as one."""

ACTIVE, CHECKED, EDITABLE, ENABLED, EXPANDED, FOCUSABLE, FOCUSED = 1, 4, 7, 8, 10, 11, 12
MULTI_LINE, PRESSED, SELECTABLE, SELECTED = 17, 20, 22, 23
SENSITIVE, SHOWING, VISIBLE, DEFAULT, READ_ONLY = 24, 25, 30, 39, 43
_STATES: Mapping[int, State] = {
    CHECKED: "checked",
    PRESSED: "checked",
    EXPANDED: "expanded",
    SELECTED: "selected",
    DEFAULT: "default",
    READ_ONLY: "read-only",
    EDITABLE: "editable",
    FOCUSED: "focused",
    MULTI_LINE: "multi-line",
}


def has_state(states: int, bit: int) -> bool:
    return bool(states >> bit & 1)


def to_role(number: int, states: int) -> Role:
    """Return the role; what can be typed into is a field, whatever it is called."""
    role = _ROLES.get(number, "other")
    if role in ("password field", "terminal"):
        return role
    if has_state(states, EDITABLE) and role in ("text", "other", "group", "document", "combo box"):
        return "field"
    if role in _IN_VIEW and not (has_state(states, SELECTABLE) or has_state(states, FOCUSABLE)):
        return "image" if role == "icon" else "group"
    return role


def to_states(states: int) -> frozenset[State]:
    words = {word for bit, word in _STATES.items() if has_state(states, bit)}
    if is_disabled(states):
        words.add("disabled")
    if not has_state(states, SHOWING):
        words.add("off screen")
    return frozenset(words)


def is_disabled(states: int) -> bool:
    return not (has_state(states, ENABLED) or has_state(states, SENSITIVE))


def list_numbers(roles: Collection[Role]) -> list[int]:
    """List AT-SPI's numbers for some of our roles."""
    return [number for number, role in _ROLES.items() if role in roles]
