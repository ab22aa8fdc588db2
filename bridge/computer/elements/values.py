"""Read the values that callers set, and explain why one cannot be set."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from bridge.computer.elements.base import READ_LENGTH, Role
from bridge.computer.matching.names import is_name
from bridge.errors import InvalidRequest

TOGGLES: tuple[Role, ...] = ("check box", "switch", "radio button")
CHOICES: tuple[Role, ...] = ("combo box", "list")
SELECTED: tuple[Role, ...] = ("cell", "icon", "list item")
"""Roles that a click selects, and only two clicks or Return open."""
ITEMS: tuple[Role, ...] = ("list item", "menu item", "cell")
"""Roles of what can be chosen in a list."""
READABLE: tuple[Role, ...] = ("text", "heading", "link", "button", "cell", "list item")
"""Roles whose names together are the text of what contains them."""
MOST_ITEMS = 400
MOST_PARTS = 400
_ON, _OFF = ("on", "true", "yes", "checked", "1"), ("off", "false", "no", "unchecked", "0")
_MOST_SHOWN = 8


def parse_toggle(value: str) -> bool:
    """Return whether it shall be on. Raises InvalidRequest."""
    word = value.strip().casefold()
    if word not in (*_ON, *_OFF):
        raise InvalidRequest("The value must be `on` or `off`.", param="value")
    return word in _ON


def parse_number(value: str) -> float:
    """Return the number. Raises InvalidRequest."""
    number = try_number(value)
    if number is None:
        raise InvalidRequest("The value must be a number.", param="value")
    return number


def try_number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def find_choice(names: Sequence[str], value: str) -> int:
    """Return the index of a choice. Raises InvalidRequest, with the choices."""
    at = next((at for at, name in enumerate(names) if is_name(name, value)), None)
    if at is None:
        shown = ", ".join(f"“{name[:40]}”" for name in names[:_MOST_SHOWN]) or "none"
        raise InvalidRequest(f"It has no such choice; its choices are: {shown}.", param="value")
    return at


def join_names(names: Iterable[str]) -> str:
    """Return the text that the names of parts make, one in each line; at most READ_LENGTH."""
    # A link and the text in it have the same name.
    lines = [name for name, _ in itertools.groupby(filter(None, map(str.strip, names)))]
    return "\n".join(lines)[:READ_LENGTH]


def explain_unsettable() -> InvalidRequest:
    return InvalidRequest(
        "The program does not let its value be set. Click it, and type.", param="id"
    )


def explain_disabled(id: str, name: str) -> InvalidRequest:
    return InvalidRequest(f"The element {id} “{name[:80]}” is disabled.", param="id")


def explain_hidden(id: str, name: str) -> InvalidRequest:
    return InvalidRequest(
        f"The element {id} “{name[:80]}” is not on the screen. "
        "Open its menu, list or tab first, or scroll to it.",
        param="id",
    )


def explain_password() -> InvalidRequest:
    return InvalidRequest("The text of a password field is not read.", param="id")


def explain_no_tree(title: str) -> InvalidRequest:
    """Return the error for a window whose program does not tell its elements."""
    return InvalidRequest(
        f"The program of the window “{title[:80]}” tells no elements. "
        "Use a screenshot and its coordinates.",
        param="window",
    )


def explain_silence(seconds: float) -> InvalidRequest:
    return InvalidRequest(
        f"The program did not answer within {seconds:g} s. Try it again, or use a screenshot.",
        param="action",
    )
