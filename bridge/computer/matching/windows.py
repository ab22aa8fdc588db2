"""Find words of the user's rules in a window's title and in its program's names."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.computer.desktop import Window
from bridge.computer.matching.folding import contains, fold
from bridge.computer.matching.words import find_whole_word


def find_word(words: Iterable[str], window: Window) -> str | None:
    """Return the first word that is in the title or a name of the program."""
    shown = (window.title, *window.titles, window.program, *window.names)
    texts = [fold(text) for text in shown]
    return next(
        (word for word in words if any(contains(word.strip(), text) for text in texts)), None
    )


def has_title_word(words: Iterable[str], window: Window) -> bool:
    """Return whether one of the words is in a title, as a whole word."""
    words = tuple(words)
    return any(find_whole_word(words, title) for title in (window.title, *window.titles))


def has_program_word(words: Iterable[str], window: Window) -> bool:
    """Return whether one of the words is in a name of the program."""
    names = [fold(name) for name in (window.program, *window.names)]
    return any(contains(word, name) for word in words for name in names)
