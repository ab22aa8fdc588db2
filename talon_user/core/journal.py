"""Record what an answer inserted into a window, and whether it can be undone."""

import unicodedata
from dataclasses import dataclass
from typing import Optional

# In caret steps. Selecting more would block the keyboard for seconds.
UNDO_LIMIT = 2000
IN_TERMINAL = "Cannot undo in a terminal, because its text cannot be read. Use its own keys."
ZERO_WIDTH_JOINER = "\u200d"
COMBINING_KEYCAP = "\u20e3"
REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
SKIN_TONES = range(0x1F3FB, 0x1F400)
VARIATION_SELECTORS = range(0xFE00, 0xFE10)


@dataclass(frozen=True)
class Entry:
    """One answer as it was inserted.

    `replaced` is the text that it replaced, or empty. `whole_window` is false when the insertion
    moved to a second window, so that `window` holds only a part of `text`.
    """

    window: int
    text: str
    terminal: bool
    replaced: str = ""
    whole_window: bool = True


def find_undo_problem(entry: Optional[Entry], window: int) -> Optional[str]:
    """Return why `entry` cannot be undone while `window` has the focus, or None if it can."""
    if entry is None:
        return "Nothing to undo."
    if entry.window != window:
        return "Claude's last text is in another window. Go there and say “claude undo”."
    if entry.terminal:
        return IN_TERMINAL
    if not entry.whole_window:
        return "The answer continues in a second window. Use the app's own undo in each."
    if count_caret_steps(entry.text) > UNDO_LIMIT:
        return "The answer is too long to be undone here. Use the app's own undo."
    return None


def count_caret_steps(text: str) -> int:
    """Return how often the caret must move to pass `text`: once per visible character.

    Above UNDO_LIMIT, stop counting: a text of 200 kB would block speech recognition.
    """
    # An approximation of Unicode's grapheme clusters (https://unicode.org/reports/tr29/), because
    # Python's standard library has none. A wrong count is harmless: undo compares the text first.
    steps, before, flags = 0, "", 0
    for char in text.replace("\r\n", "\n"):
        is_flag_half = ord(char) in REGIONAL_INDICATORS
        flags = flags + 1 if is_flag_half else 0
        is_joined = before == ZERO_WIDTH_JOINER or (is_flag_half and flags % 2 == 0)
        if not (is_joined or _is_extender(char)) or not before or before == "\n":
            steps += 1
            if steps > UNDO_LIMIT:
                break
        before = char
    return steps


def is_same_text(ours: str, theirs: str) -> bool:
    """Return whether an app's copy equals our text, ignoring line ends and no-break spaces."""
    return _normalize_text(ours) == _normalize_text(theirs)


def _is_extender(char: str) -> bool:
    """Return whether a character is displayed as part of the one before it."""
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in (ZERO_WIDTH_JOINER, COMBINING_KEYCAP)
        or ord(char) in SKIN_TONES
        or ord(char) in VARIATION_SELECTORS
    )


def _normalize_text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
