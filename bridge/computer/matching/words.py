"""Find words as whole words: `pay` is in “Pay now”, not in “Repayment”."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from bridge.computer.matching.folding import fold

_JOINTS = re.compile(r"_|(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])")
"""What separates words without a blank: underscores, and where digits meet letters."""
_MNEMONIC = re.compile(r"[&_](?=\w)")
_REVERSING = "\u202e"
_LONG_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_SPACED_LETTERS = re.compile(r"(?<!\w)\w(?:\W\w){2,}(?!\w)")
"""Single letters with something between each two, such as “D e l e t e”."""


def find_whole_word(words: Iterable[str], text: str) -> str | None:
    """Return the first word that is in a text as a whole, whatever its spelling.

    `^` at its start and `$` at its end mean that the text begins or ends there.
    """
    readings = _list_readings(text)
    return next(
        (word for word in words if any(_compile(word).search(each) for each in readings)), None
    )


@lru_cache(maxsize=4096)
def _list_readings(text: str) -> tuple[str, ...]:
    """List the ways to read a text, folded; most texts have one.

    An invisible character may be inside a word or between two words, and `1` may be a letter or
    a digit, so no single folding finds the words of every text that looks the same.
    """
    invisible = {ord(character): " " for character in set(text) if _is_invisible(character)}
    folded = (fold(text), fold(_JOINTS.sub(" ", text.translate(invisible))))
    # A mnemonic stands inside a word: “D&elete”, “D_elete”.
    plain = fold(_MNEMONIC.sub("", text))
    # After this mark, the letters are shown in the reverse order.
    start, mark, rest = text.partition(_REVERSING)
    reverse = fold(start + rest[::-1]) if mark else ""
    spellings = (*folded, plain, reverse)
    joined = (_SPACED_LETTERS.sub(_join_letters, each) for each in spellings)
    readings = (each.strip() for each in (*spellings, *joined))
    return tuple(dict.fromkeys(each for each in readings if each))


def _spell(part: str) -> str:
    """Return a pattern for a word, also with its umlauts as two letters: “loeschen”."""
    folded, long = fold(part).strip(), fold(part.translate(_LONG_UMLAUTS)).strip()
    return "|".join(dict.fromkeys(map(re.escape, (folded, long))))


def _is_invisible(character: str) -> bool:
    """Return whether a character shows nothing; an accent is part of the letter before it."""
    return not fold(character) and not unicodedata.combining(character)


def _join_letters(spaced: re.Match[str]) -> str:
    return spaced.group()[::2]


@lru_cache(maxsize=4096)
def _compile(word: str) -> re.Pattern[str]:
    start, end = word.startswith("^"), word.endswith("$")
    part = _spell(word.removeprefix("^").removesuffix("$"))
    if not part:
        # A blank word is in no text.
        return re.compile(r"(?!)")
    return re.compile(
        (r"\A" if start else r"(?<!\w)") + f"(?:{part})" + (r"\Z" if end else r"(?!\w)")
    )
