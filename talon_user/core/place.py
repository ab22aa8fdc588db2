"""Decide whether the keyboard focus is in a text field, in a terminal, or may be in either."""

from dataclasses import dataclass
from enum import Enum

from . import apps


class Place(Enum):
    """What has the keyboard focus.

    TEXT is an app that is known to run nothing, with no sign of a terminal in it. TERMINAL runs
    each line. UNSURE is an app that is not known, or an editor with a terminal of its own that
    does not tell which of the two has the focus.
    """

    TEXT = "text"
    TERMINAL = "terminal"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Signs:
    """What Talon knows about the focus.

    `names` are the app's name, program and bundle and the window's class. `element` has what the
    focused element is called, one per line, or is empty where Talon cannot tell.
    """

    names: tuple[str, ...] = ()
    title: str = ""
    element: str = ""
    has_terminal_tag: bool = False


def classify_place(signs: Signs, my_text_apps: str, my_terminals: str) -> Place:
    """Return what has the focus; the user's own comma-separated lists override our tables."""
    if _is_terminal_element(signs) or _has_name(signs, apps.read_names(my_terminals)):
        return Place.TERMINAL
    if _has_name(signs, apps.read_names(my_text_apps)):
        return Place.TEXT
    if _has_name(signs, apps.TERMINALS) or _has_terminal_word(signs):
        return Place.TERMINAL
    if _has_name(signs, apps.EDITORS_WITH_TERMINAL):
        return Place.TEXT if _is_text_element(signs) else Place.UNSURE
    if _has_name(signs, apps.BROWSERS):
        return Place.UNSURE if apps.WEB_TERMINAL_TITLES.search(signs.title) else Place.TEXT
    return Place.TEXT if _has_name(signs, apps.TEXT_APPS) else Place.UNSURE


def _is_terminal_element(signs: Signs) -> bool:
    return bool(
        signs.has_terminal_tag
        or apps.TERMINAL_TITLES.search(signs.title)
        or apps.TERMINAL_ELEMENTS.search(signs.element)
    )


def _is_text_element(signs: Signs) -> bool:
    return bool(apps.TEXT_TITLES.search(signs.title) or apps.TEXT_ELEMENTS.search(signs.element))


def _has_name(signs: Signs, names: frozenset[str]) -> bool:
    return any(apps.is_listed(name, names) for name in signs.names)


def _has_terminal_word(signs: Signs) -> bool:
    words = " ".join(map(apps.simplify_name, signs.names)).split()
    return not apps.TERMINAL_WORDS.isdisjoint(words)
