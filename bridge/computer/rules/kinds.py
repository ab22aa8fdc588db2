"""What a target is, as the `roles` of rules name it."""

from __future__ import annotations

from functools import lru_cache

from bridge.computer.elements.base import BUTTONS, ROLES, Element
from bridge.computer.matching.file_managers import is_file_list
from bridge.computer.matching.terminals import is_terminal
from bridge.computer.matching.words import find_whole_word
from bridge.computer.rules.words import (
    CHAT_FIELDS,
    CODE_FIELDS,
    COMMAND_FIELDS,
    CONFIRMING,
    DECLINING,
    HARMLESS,
    MESSAGE_FIELDS,
)
from bridge.computer.targets import Target

UNKNOWN = "unknown"
CONFIRMS, DECLINES = "confirming button", "declining button"
COMMAND, MESSAGE, CHAT = "command field", "message field", "chat field"
CONTROL, EDITABLE = "control", "editable"
UNCLEAR = "unclear control"
"""A control whose name is not known to be harmless, or a part of a window that may hold one."""
UNTOLD = "untold control"
"""What is clicked in a program that tells no elements; not in the list of a file manager."""
UNCLEAR_FIELD = "unclear field"
"""What may run the text that it gets: its name does not say what it is for."""

ALL_KINDS = frozenset(
    (
        *ROLES,
        *(UNKNOWN, CONFIRMS, DECLINES, COMMAND, MESSAGE, CHAT, CONTROL, EDITABLE),
        *(UNCLEAR, UNCLEAR_FIELD, UNTOLD),
    )
)
_LONGEST_ANSWER = 4
"""Words of a button that confirms or declines; “Yes, delete it now” has four."""
_HOLDERS = ("list", "other", "table", "tree")
"""Roles that may hold controls which a program does not tell, such as the icons of Thunar."""


@lru_cache(maxsize=64)
def list_kinds(target: Target | None) -> frozenset[str]:
    """List everything that a target is: its role, and what its name makes of it."""
    # Cached, because each rule asks for it.
    if target is None or target.element is None:
        return frozenset((UNKNOWN, UNTOLD) if _is_untold(target) else (UNKNOWN,))
    element = target.element
    kinds: set[str] = {element.role}
    if element.is_control:
        kinds.add(CONTROL)
    if element.is_editable:
        kinds |= _list_kinds_of_field(element)
    if element.role in BUTTONS and _is_short(element.name):
        if find_whole_word(CONFIRMING, element.name):
            kinds.add(CONFIRMS)
        if find_whole_word(DECLINING, element.name):
            kinds.add(DECLINES)
    if target.by != "menu" and _is_unclear(element):
        # A right-click only opens a menu.
        kinds.add(UNCLEAR)
    if _is_unclear_field(element):
        kinds.add(UNCLEAR_FIELD)
    return frozenset(kinds)


def _is_untold(target: Target | None) -> bool:
    if target is None or not target.is_mute or target.by == "menu":
        return False
    # A terminal has no controls, and is risky anyway.
    return not (is_file_list(target.window) or is_terminal(target.window))


def _is_short(name: str) -> bool:
    return len(name.split()) <= _LONGEST_ANSWER


def _is_unclear(element: Element) -> bool:
    if element.is_editable:
        # A click only moves the cursor.
        return False
    if not element.is_control:
        return element.role in _HOLDERS
    name = element.name.strip() or element.description
    is_harmless = find_whole_word((*HARMLESS, *DECLINING), name) is not None
    return not (is_harmless and _is_short(name))


def _is_unclear_field(element: Element) -> bool:
    if element.is_password:
        # It asks anyway, and the reasons must not tell what is in a password.
        return False
    if not element.is_editable:
        # A page may pass the keys on to what it draws, such as a terminal.
        return True
    if "multi-line" in element.states and not element.address:
        # The text of an editor is often nameless; on a page, it may be a cell of a notebook.
        return False
    label = f"{element.name} {element.description}"
    return not label.strip() or find_whole_word(CODE_FIELDS, label) is not None


def _list_kinds_of_field(element: Element) -> set[str]:
    kinds, label = {EDITABLE}, f"{element.name} {element.description}"
    if find_whole_word(COMMAND_FIELDS, label):
        kinds.add(COMMAND)
    if find_whole_word(MESSAGE_FIELDS, label) or (
        element.address and "multi-line" in element.states
    ):
        kinds.add(MESSAGE)
    if find_whole_word(CHAT_FIELDS, label):
        kinds.add(CHAT)
    return kinds
