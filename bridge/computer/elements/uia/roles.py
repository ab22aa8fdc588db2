"""UI Automation's numbers and properties, as roles and states of our own."""

# https://learn.microsoft.com/en-us/windows/win32/winauto/uiauto-controltype-ids
# https://learn.microsoft.com/en-us/windows/win32/winauto/uiauto-entry-propids

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from bridge.computer.elements.base import Role, State
from bridge.computer.elements.walking.node import Raw

RUNTIME_ID, BOX, PROCESS, CONTROL_TYPE, NAME = 30000, 30001, 30002, 30003, 30005
HAS_FOCUS, IS_ENABLED, AUTOMATION_ID, CLASS_NAME, HELP_TEXT = 30008, 30010, 30011, 30012, 30013
IS_PASSWORD, WINDOW_HANDLE, IS_OFFSCREEN, FRAMEWORK = 30019, 30020, 30022, 30024
HAS_EXPAND, HAS_RANGE, HAS_SELECTION, HAS_TOGGLE, HAS_VALUE = 30028, 30033, 30036, 30041, 30043
VALUE, IS_READ_ONLY, RANGE_VALUE, EXPANSION, IS_SELECTED, TOGGLE = (
    *(30045, 30046, 30047),
    *(30070, 30079, 30086),
)
OLD_STATE, OLD_ACTION = 30096, 30100
"""Of MSAA, the interface before UI Automation."""
ARIA_ROLE, LANDMARK, IS_DIALOG = 30101, 30157, 30174
PROPERTIES = (
    *(RUNTIME_ID, BOX, PROCESS, CONTROL_TYPE, NAME, HAS_FOCUS, IS_ENABLED, AUTOMATION_ID),
    *(CLASS_NAME, HELP_TEXT, IS_PASSWORD, WINDOW_HANDLE, IS_OFFSCREEN, FRAMEWORK, HAS_EXPAND),
    *(HAS_RANGE, HAS_SELECTION, HAS_TOGGLE, HAS_VALUE, VALUE, IS_READ_ONLY, RANGE_VALUE),
    *(EXPANSION, IS_SELECTED, TOGGLE, OLD_STATE, OLD_ACTION, ARIA_ROLE, LANDMARK),
)
"""All that one call reads of an object; IS_DIALOG only where Windows has it."""

_FORM_LANDMARK = 80001
_ON, _EXPANDED = 1, 1
_OLD_DEFAULT = 0x100

BUTTON, COMBO, EDIT, DOCUMENT, SPINNER, WINDOW = 50000, 50003, 50004, 50030, 50016, 50032
CUSTOM, GROUP, PANE, TEXT = 50025, 50026, 50033, 50020
_ROLES: Mapping[int, Role] = {
    BUTTON: "button",
    50001: "table",
    50002: "check box",
    COMBO: "combo box",
    EDIT: "field",
    50005: "link",
    50006: "image",
    50007: "list item",
    50008: "list",
    50009: "menu",
    50010: "group",
    50011: "menu item",
    50013: "radio button",
    50015: "slider",
    SPINNER: "field",
    50017: "group",
    50018: "group",
    50019: "tab",
    TEXT: "text",
    50021: "group",
    50022: "text",
    50023: "tree",
    50024: "list item",
    GROUP: "group",
    50028: "table",
    50029: "list item",
    DOCUMENT: "document",
    50031: "button",
    WINDOW: "window",
    50034: "group",
    50035: "button",
    50036: "table",
    50037: "group",
    50039: "group",
    50040: "group",
}
_MORE_TYPES: Mapping[Role, tuple[int, ...]] = {
    "address bar": (EDIT,),
    "cell": (CUSTOM, 50029),
    "dialog": (WINDOW, PANE, GROUP, CUSTOM),
    "field": (DOCUMENT, COMBO),
    "heading": (TEXT, GROUP),
    "password field": (EDIT,),
    "switch": (BUTTON,),
    "terminal": (TEXT, DOCUMENT, EDIT, CUSTOM),
}
"""Types of objects that may have a role besides those that always have it."""
_BROWSERS = ("Chrome", "Gecko", "InternetExplorer")
"""Frameworks whose documents are pages."""
DEFAULT_TELLERS = ("Win32", "Chrome")
"""Frameworks that tell which button Return presses."""
_DIALOG_CLASS = "#32770"
_ADDRESS_BARS = ("urlbar-input", "urlbar")
"""Ids of Firefox's address bar; Chromium's has a class."""
_TERMINALS = ("TermControl", "ConsoleWindowClass")

Get = Callable[[int], Any]
"""Returns a property of an object by its number."""


def make_raw(get: Get) -> Raw:
    """Make what a program tells of its properties."""
    number, framework = get(CONTROL_TYPE), get(FRAMEWORK)
    role = _read_role(get, number)
    return Raw(
        role,
        _read_states(get, role),
        get(NAME),
        get(HELP_TEXT),
        None if role == "password field" else _read_value(get),
        get(BOX),
        get(VALUE) if get(HAS_VALUE) else "",
        _check_int(get(PROCESS)),
        _check_int(get(WINDOW_HANDLE)),
        is_page=number == DOCUMENT and framework in _BROWSERS,
        is_form=get(LANDMARK) == _FORM_LANDMARK or get(ARIA_ROLE) == "form",
    )


def list_types(roles: Collection[Role]) -> list[int]:
    """List the types of all objects that may have one of some roles."""
    types = {number for number, role in _ROLES.items() if role in roles}
    types |= {number for role in roles for number in _MORE_TYPES.get(role, ())}
    return sorted(types)


def is_default(get: Get) -> bool:
    """Return whether Return presses a button."""
    return bool(_check_int(get(OLD_STATE)) & _OLD_DEFAULT)


def _read_role(get: Get, number: Any) -> Role:
    if get(IS_PASSWORD) is True:
        return "password field"
    role = _ROLES.get(number, "other") if isinstance(number, int) else "other"
    aria, kind = get(ARIA_ROLE), get(CLASS_NAME)
    if kind in _TERMINALS:
        return "window" if number == WINDOW else "terminal"
    if aria in ("dialog", "alertdialog") or kind == _DIALOG_CLASS or get(IS_DIALOG) is True:
        return "dialog"
    if aria == "heading" and number in (TEXT, GROUP):
        return "heading"
    if aria == "switch" and number == BUTTON:
        return "switch"
    if number == EDIT and _is_address_bar(get, kind):
        return "address bar"
    can_write = get(HAS_VALUE) is True and get(IS_READ_ONLY) is False
    if number == DOCUMENT and can_write and get(FRAMEWORK) not in _BROWSERS:
        return "field"
    return role


def _is_address_bar(get: Get, kind: Any) -> bool:
    is_omnibox = isinstance(kind, str) and kind.startswith("Omnibox")
    return is_omnibox or get(AUTOMATION_ID) in _ADDRESS_BARS


def _read_states(get: Get, role: Role) -> frozenset[State]:
    is_selected = bool(get(HAS_SELECTION) and get(IS_SELECTED))
    is_on = bool(get(HAS_TOGGLE)) and get(TOGGLE) == _ON
    is_input = role in ("field", "password field", "address bar")
    facts: Mapping[State, bool] = {
        "checked": is_on or (role == "radio button" and is_selected),
        "selected": is_selected,
        "expanded": bool(get(HAS_EXPAND)) and get(EXPANSION) == _EXPANDED,
        "default": role == "button" and is_default(get),
        "disabled": get(IS_ENABLED) is False,
        "focused": get(HAS_FOCUS) is True,
        "off screen": get(IS_OFFSCREEN) is True,
        "editable": is_input and get(IS_READ_ONLY) is not True,
        "read-only": is_input and get(IS_READ_ONLY) is True,
        # A document has lines; of a field, UI Automation does not tell.
        "multi-line": role == "field" and get(CONTROL_TYPE) == DOCUMENT,
    }
    return frozenset(state for state, is_so in facts.items() if is_so)


def _read_value(get: Get) -> Any:
    if get(HAS_RANGE) is True and get(CONTROL_TYPE) != SPINNER:
        return get(RANGE_VALUE)
    return get(VALUE) if get(HAS_VALUE) is True else None


def _check_int(value: Any) -> int:
    return value if isinstance(value, int) else 0
