"""Find words as whole words: `pay` is in “Pay now”, not in “Repayment”."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from bridge.computer.matching.folding import fold


def find_whole_word(words: Iterable[str], text: str) -> str | None:
    """Return the first word that is in a text as a whole, whatever its spelling.

    `^` at its start and `$` at its end mean that the text begins or ends there.
    """
    folded = fold(text).strip()
    return next((word for word in words if folded and _compile(word).search(folded)), None)


@lru_cache(maxsize=4096)
def _compile(word: str) -> re.Pattern[str]:
    start, end = word.startswith("^"), word.endswith("$")
    part = re.escape(fold(word.removeprefix("^").removesuffix("$")).strip())
    if not part:
        # A blank word is in no text.
        return re.compile(r"(?!)")
    return re.compile((r"\A" if start else r"(?<!\w)") + part + (r"\Z" if end else r"(?!\w)"))
