"""Make every character of a text visible, so that what is approved is what will be done."""

# A user approves what is shown. Characters that nobody sees (zero-width, fillers), that change the
# order of others (bidirectional controls), or that pile up on one letter (combining marks) are
# therefore written as their code. The marks for keys and codes are unambiguous: a text that
# contains one of the marks itself gets it as a code, too.

from __future__ import annotations

import unicodedata

ENTER, TAB = "⏎", "⇥"
_KEYS = {"\n": ENTER, "\t": TAB, "\b": "‹Backspace›", "\x1b": "‹Escape›"}
"""What typing a control character presses."""
_CODE = "‹U+"
_MARKS = frozenset(f"{ENTER}{TAB}‹›")
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_INVISIBLE = frozenset(
    map(
        chr,
        (
            # Letters and marks that have no ink: https://unicode.org/reports/tr44/ calls most of
            # them default-ignorable. The last two are blank on purpose.
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F),
            *(0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
            *(0x16FE4, 0x2800, 0x3000),
        ),
    )
)
MAX_MARKS = 3
"""Combining marks on one letter; pointed Hebrew needs three, a flood of them hides other lines."""


def make_visible(text: str, *, keep_lines: bool = True) -> str:
    """Return the text with keys as `⏎` and `⇥` and invisible characters as `‹U+202E›`.

    `keep_lines`: break the line after each ⏎, as the text itself does.
    """
    shown: list[str] = []
    marks = MAX_MARKS
    for character in normalize_lines(text):
        is_mark = unicodedata.category(character) in ("Mn", "Me")
        # A mark without a letter before it would be drawn on ours, such as the opening quote.
        marks = marks + 1 if is_mark else 0
        if is_mark and marks > MAX_MARKS:
            shown.append(_write_code(character))
        else:
            shown.append(_show_character(character))
        if _is_spacing(character):
            marks = MAX_MARKS
    whole = "".join(shown)
    return whole.replace(ENTER, f"{ENTER}\n") if keep_lines else whole


def make_label(text: str, limit: int) -> str:
    """Return a visible text in one line; the middle of a longer one is left out, and counted."""
    whole = make_visible(text, keep_lines=False)
    if len(whole) <= limit:
        return whole
    half = limit // 2
    return f"{whole[:half]}‹{len(whole) - 2 * half} more›{whole[-half:]}"


def describe_text(text: str) -> str:
    """Count what a text has: `412 characters, 3 lines, ends with Enter`."""
    text = normalize_lines(text)
    lines = text.count("\n") + (not text.endswith("\n"))
    hidden = make_visible(text).count(_CODE)
    facts = [_count(len(text), "character"), _count(lines, "line")]
    if hidden:
        facts.append(_count(hidden, "invisible or unusual character"))
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        facts.append("has right-to-left letters")
    if text.endswith("\n"):
        facts.append("ends with Enter")
    return ", ".join(facts)


def normalize_lines(text: str) -> str:
    """Return the text with its line ends as they are typed, `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _show_character(character: str) -> str:
    if character in _KEYS:
        return _KEYS[character]
    category = unicodedata.category(character)
    is_odd_space = category == "Zs" and character != " "
    if (
        category in _INVISIBLE_CATEGORIES
        or is_odd_space
        or character in _INVISIBLE
        or character in _MARKS
    ):
        return _write_code(character)
    return character


def _is_spacing(character: str) -> bool:
    """Return whether a combining mark after this character would have no letter of its own."""
    return character.isspace() or _show_character(character) != character


def _write_code(character: str) -> str:
    return f"{_CODE}{ord(character):04X}›"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
