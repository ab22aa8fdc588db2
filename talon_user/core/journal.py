"""Keeps what Claude's answers put into windows, so that they can be taken out again."""

import unicodedata
from dataclasses import dataclass
from typing import Optional

UNDO_LIMIT = 2000
"""Caret steps: more would hold the keyboard for seconds."""
JOINERS = {"\u200d", "\u20e3"}
REGIONAL = range(0x1F1E6, 0x1F200)
SKIN = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True)
class Entry:
    """One answer as it stands in a window; `replaced` is what stood there before, if it did."""

    window: int
    text: str
    terminal: bool
    replaced: str = ""
    whole_window: bool = True


def why_not(entry: Optional[Entry], window: int) -> Optional[str]:
    """Return why an answer cannot be undone, as a sentence, or None when it can be tried."""
    if entry is None:
        return "There is nothing of Claude's to undo."
    if entry.window != window:
        return "Claude wrote into another window: go there, then say “claude undo”."
    if entry.terminal:
        return "A terminal does not tell what stands there, so use its own keys to undo."
    if not entry.whole_window:
        return "The answer went on in a second window, so undo each part with the app's own undo."
    if caret_steps(entry.text) > UNDO_LIMIT:
        return "The answer is too long to be checked, so use the app's own undo."
    return None


def caret_steps(text: str) -> int:
    """Return how often the caret must move to pass `text`: once for each character one sees."""
    steps, before, flags = 0, "", 0
    for char in text.replace("\r\n", "\n"):
        flag = ord(char) in REGIONAL
        flags = flags + 1 if flag else 0
        joined = before in JOINERS - {"\u20e3"} or (flag and flags % 2 == 0)
        if not (joined or _extends(char)) or not before or before == "\n":
            steps += 1
        before = char
    return steps


def same_text(ours: str, theirs: str) -> bool:
    """Tell whether an app's copy is our text; line ends and no-break spaces are the app's own."""
    return _plain(ours) == _plain(theirs)


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in JOINERS
        or ord(char) in SKIN
        or 0xFE00 <= ord(char) <= 0xFE0F
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
