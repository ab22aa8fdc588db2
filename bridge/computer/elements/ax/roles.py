"""macOS' accessibility attributes, as roles and states of our own."""

# https://developer.apple.com/documentation/applicationservices/carbon_accessibility
# The names are those of AXRoleConstants.h, AXAttributeConstants.h, and WebKit's own for pages.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.computer.elements.base import Role, State
from bridge.computer.elements.walking.node import Raw

ATTRIBUTES = (
    *("AXRole", "AXSubrole", "AXTitle", "AXDescription", "AXHelp", "AXValue", "AXEnabled"),
    *("AXFocused", "AXSelected", "AXExpanded", "AXPosition", "AXSize", "AXURL", "AXIdentifier"),
    *("AXDOMIdentifier", "AXDOMClassList", "AXPlaceholderValue", "AXTitleUIElement"),
)
"""All that one call reads of an object."""

_ROLES: Mapping[str, Role] = {
    "AXBrowser": "group",
    "AXButton": "button",
    "AXCell": "cell",
    "AXCheckBox": "check box",
    "AXColorWell": "button",
    "AXColumn": "group",
    "AXComboBox": "field",
    "AXDateField": "field",
    "AXDisclosureTriangle": "button",
    "AXDockItem": "icon",
    "AXDrawer": "group",
    "AXGrid": "table",
    "AXGroup": "group",
    "AXHeading": "heading",
    "AXImage": "image",
    "AXLink": "link",
    "AXList": "list",
    "AXMenu": "menu",
    "AXMenuBar": "group",
    "AXMenuBarItem": "menu item",
    "AXMenuButton": "button",
    "AXMenuItem": "menu item",
    "AXOutline": "tree",
    "AXPopUpButton": "combo box",
    "AXPopover": "group",
    "AXRadioButton": "radio button",
    "AXRadioGroup": "group",
    "AXRow": "list item",
    "AXScrollArea": "group",
    "AXSheet": "dialog",
    "AXSlider": "slider",
    "AXSplitGroup": "group",
    "AXStaticText": "text",
    "AXTabGroup": "group",
    "AXTable": "table",
    "AXTextArea": "field",
    "AXTextField": "field",
    "AXTimeField": "field",
    "AXToolbar": "group",
    "AXWebArea": "document",
    "AXWindow": "window",
}
_SUBROLES: Mapping[str, Role] = {
    "AXApplicationAlertDialog": "dialog",
    "AXApplicationDialog": "dialog",
    "AXDialog": "dialog",
    "AXOutlineRow": "list item",
    "AXSecureTextField": "password field",
    "AXSwitch": "switch",
    "AXSystemDialog": "dialog",
    "AXTabButton": "tab",
}
"""Subroles that say more than the role."""
_FORM = "AXLandmarkForm"
_OPAQUE = ("AXUnknown", "")
_CLIPPING = ("AXScrollArea", "AXWebArea")
_ADDRESS_FIELDS = ("WEB_BROWSER_ADDRESS_AND_SEARCH_FIELD", "urlbar-input", "urlbar")
"""Identifiers of Safari's and Firefox' address bar; Chromium's has a class."""

Values = Mapping[str, Any]
"""The attributes that an object has; points and sizes as pairs."""


def make_raw(values: Values, label: Any, process: int, *, can_write: bool) -> Raw:
    """Make what a program tells of its attributes.

    `label`: the text of the object that labels it; `can_write`: whether its text can be set.
    """
    role = read_role(values)
    is_text = values.get("AXRole") in ("AXStaticText", "AXHeading")
    names = (values.get("AXTitle"), values.get("AXDescription"), label)
    own = values.get("AXValue") if is_text else values.get("AXPlaceholderValue")
    name = next((text for text in (*names, own) if isinstance(text, str) and text.strip()), "")
    position, size = values.get("AXPosition"), values.get("AXSize")
    return Raw(
        role,
        _read_states(values, role, can_write=can_write),
        name,
        values.get("AXHelp"),
        None if role == "password field" else values.get("AXValue"),
        (*position, *size) if position is not None and size is not None else None,
        values.get("AXURL"),
        process,
        is_page=values.get("AXRole") == "AXWebArea",
        is_form=values.get("AXSubrole") == _FORM,
        is_opaque=values.get("AXRole", "") in _OPAQUE,
        clips=values.get("AXRole") in _CLIPPING,
    )


def read_role(values: Values) -> Role:
    kind, more = values.get("AXRole"), values.get("AXSubrole")
    role = _ROLES.get(kind, "other") if isinstance(kind, str) else "other"
    if isinstance(more, str):
        role = _SUBROLES.get(more, role)
    return "address bar" if role == "field" and _is_address_bar(values) else role


def _is_address_bar(values: Values) -> bool:
    classes = values.get("AXDOMClassList")
    names = classes if isinstance(classes, list | tuple) else ()
    is_omnibox = any(isinstance(name, str) and name.startswith("Omnibox") for name in names)
    ids = (values.get("AXIdentifier"), values.get("AXDOMIdentifier"))
    return is_omnibox or any(id in _ADDRESS_FIELDS for id in ids if isinstance(id, str))


def _read_states(values: Values, role: Role, *, can_write: bool) -> frozenset[State]:
    is_input = role in ("field", "password field", "address bar")
    value = values.get("AXValue")
    is_on = isinstance(value, int) and value == 1
    facts: Mapping[State, bool] = {
        "checked": role in ("check box", "switch", "radio button") and is_on,
        "selected": bool(values.get("AXSelected")) or (role == "tab" and is_on),
        "expanded": bool(values.get("AXExpanded")),
        "disabled": values.get("AXEnabled") in (False, 0),
        "focused": bool(values.get("AXFocused")),
        "editable": is_input and can_write,
        "read-only": is_input and not can_write,
        "multi-line": values.get("AXRole") == "AXTextArea",
    }
    return frozenset(state for state, is_so in facts.items() if is_so)
