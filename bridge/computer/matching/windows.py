"""Find words of the user's rules in a window's title and in its program's names."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.computer.desktop import Window
from bridge.computer.matching.folding import contains, fold


def find_word(words: Iterable[str], window: Window) -> str | None:
    """Return the first word that is in the title or a name of the program."""
    shown = (window.title, *window.titles, window.program, *window.names)
    texts = [fold(text) for text in shown]
    return next(
        (word for word in words if any(contains(word.strip(), text) for text in texts)), None
    )


def has_title_word(words: Iterable[str], window: Window) -> bool:
    """Return whether one of the words is in a title."""
    titles = [fold(title) for title in (window.title, *window.titles)]
    return any(contains(word, title) for word in words for title in titles)


def has_program_word(words: Iterable[str], window: Window) -> bool:
    """Return whether one of the words is in a name of the program."""
    names = [fold(name) for name in (window.program, *window.names)]
    return any(contains(word, name) for word in words for name in names)
