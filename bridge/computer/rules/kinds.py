"""What a target is, as the `roles` of rules name it."""

from __future__ import annotations

from bridge.computer.elements.base import ROLES, Element
from bridge.computer.matching.words import find_whole_word
from bridge.computer.rules.words import (
    CHAT_FIELDS,
    COMMAND_FIELDS,
    CONFIRMING,
    DECLINING,
    MESSAGE_FIELDS,
)
from bridge.computer.targets import Target

UNKNOWN = "unknown"
CONFIRMS, DECLINES = "confirming button", "declining button"
COMMAND, MESSAGE, CHAT = "command field", "message field", "chat field"
CONTROL, EDITABLE = "control", "editable"

ALL_KINDS = frozenset(
    (*ROLES, UNKNOWN, CONFIRMS, DECLINES, COMMAND, MESSAGE, CHAT, CONTROL, EDITABLE)
)
_LONGEST_ANSWER = 4
"""Words of a button that confirms or declines; “Yes, delete it now” has four."""
_BUTTONS = ("button", "clickable", "link", "menu item")


def list_kinds(target: Target | None) -> frozenset[str]:
    """List everything that a target is: its role, and what its name makes of it."""
    element = None if target is None else target.element
    if element is None:
        return frozenset((UNKNOWN,))
    kinds: set[str] = {element.role}
    if element.is_control:
        kinds.add(CONTROL)
    if element.is_editable:
        kinds |= _list_kinds_of_field(element)
    if element.role in _BUTTONS and len(element.name.split()) <= _LONGEST_ANSWER:
        if find_whole_word(CONFIRMING, element.name):
            kinds.add(CONFIRMS)
        if find_whole_word(DECLINING, element.name):
            kinds.add(DECLINES)
    return frozenset(kinds)


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
