"""Fold text so that spellings which look or act the same are the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bridge.computer.matching.confusables import IN_ASCII, LOOKALIKES

_ALPHABETS = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
"""First letters of squared, negative circled, negative squared and regional alphabets."""
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghljklmnoprstuvwyz", strict=True))
_TO_ASCII = {
    **{first + at: chr(ord("a") + at) for first in _ALPHABETS for at in range(26)},
    **{ord(other): character for other, character in _SMALL_CAPITALS.items()},
    **{
        ord(other): character
        for table in (LOOKALIKES, IN_ASCII)
        for character, others in table.items()
        for other in others
    },
}
_TO_ASCII |= {code: "l" for code, character in _TO_ASCII.items() if character == "i"} | {
    code: "o" for code, character in _TO_ASCII.items() if character == "0"
}
_INVISIBLE = ("Cf", "Mn", "Me", "Cn", "Co", "Cs")
"""Formats such as zero-width and direction marks, accents, and what is no character."""
_FILLERS = dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0), None) | {0x2800: " "}
"""Letters that show nothing, and Braille's blank."""
_SEPARATORS = re.compile(r"[\n;|&(`]")
_BLANK = re.compile(r"\s+")
_BEFORE_COMMAND = re.compile(
    r"""\s*(?:
        # A variable: `LANG=C rm a`, `A='b c' rm a`
        [A-Za-z_]\w*\+?= (?: "[^"]*" | '[^']*' | \\. | [^\s"'\\] )*+ \s+ |
        \d*>>?[^\s>]\S*\s+ |                  # Where the output goes: `>b rm a`
        (?: builtin | command | do | doas | elif | else | env | exec | if | nice | nohup | setsid
          | stdbuf | then | time | timeout | until | while | xargs | [!{] )
        (?: \s+ (?: -\S+ | \d\S* ) )* \s+ |  # and its options: `timeout 5 rm a`
        [^\s"'=]*[/\\]                        # A folder: `/bin/rm a`
    )""",
    re.VERBOSE,
)
"""What may come before the name of the program that a line of a shell starts."""
_QUOTED_NAME = re.compile(r"""(["'])(?:[^"']*[/\\])?([^\s"'/\\]+)\1""")
"""A program in quotes, perhaps with its folder: `"/opt/b c/rm" a`."""


_LONGEST_CACHED = 1000
"""Characters of a text to remember: a program or a page may give others that are much longer."""


def fold(text: str) -> str:
    """Fold case, width, accents, look-alikes of other scripts, blanks and invisible characters.

    Titles are chosen by the page or the document that a window shows, so a rule must hold for
    every spelling that the user would read as the same.
    """
    return _fold_cached(text) if len(text) <= _LONGEST_CACHED else _fold(text)


@lru_cache(maxsize=4096)
def fold_word(word: str) -> str:
    """Fold a word of a rule; there are not many, and all are looked for again and again."""
    return _fold(word)


def _fold(text: str) -> str:
    if text.isascii():
        plain = text.casefold()
    else:
        # Twice: folding case may give characters with a compatibility form, and the reverse.
        wide = unicodedata.normalize("NFKC", text.translate(_FILLERS)).casefold()
        parts = unicodedata.normalize("NFKD", wide).casefold()
        plain = "".join(c for c in parts if unicodedata.category(c) not in _INVISIBLE)
    shown = "".join(c for c in plain if c.isspace() or unicodedata.category(c) != "Cc")
    return _BLANK.sub(" ", shown.translate(_TO_ASCII))


# One judgement looks at few texts, each with many rules.
_fold_cached = lru_cache(maxsize=128)(_fold)


def fold_typed(text: str) -> str:
    """Fold a typed text; a BackSpace in it removes the character before."""
    return fold(apply_backspaces(text))


def list_commands(text: str) -> list[str]:
    """List what may begin a command in a typed text, folded: its lines, and their parts.

    A part is there twice if something stands before its command, as in `LANG=C /bin/rm a`.
    """
    parts = _SEPARATORS.split(apply_backspaces(text))
    named = [_leave_out_wrappers(part) for part in parts]
    found = (*parts, *(one for one, part in zip(named, parts, strict=True) if one != part))
    return [folded for part in found if (folded := fold(part).lstrip())]


def _leave_out_wrappers(line: str) -> str:
    at = 0
    while match := _BEFORE_COMMAND.match(line, at):
        at = match.end()
    quoted = _QUOTED_NAME.match(line, at)
    return line[at:] if quoted is None else quoted[2] + line[quoted.end() :]


def count_word(word: str, folded: str) -> int:
    """Count a word in folded text; a blank word is in no text."""
    part = fold_word(word)
    return folded.count(part) if part.strip() else 0


def apply_backspaces(text: str) -> str:
    """Return what is left of a typed text after its BackSpaces."""
    if "\b" not in text:
        return text
    left: list[str] = []
    for character in text:
        if character != "\b":
            left.append(character)
        elif left:
            left.pop()
    return "".join(left)


def contains(word: str, folded: str) -> bool:
    """Return whether folded text contains a word; a blank word is in no text."""
    part = fold_word(word)
    return bool(part.strip()) and part in folded
