"""Cuts a streamed answer into sentences to be spoken, without its Markdown."""

import re

LONGEST = 300
"""A sentence that goes on longer is cut at a word, so that its beginning need not wait."""
ABBREVIATIONS = frozenset(
    {"e.g.", "i.e.", "etc.", "cf.", "vs.", "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "no.", "p."}
)
END = re.compile(r"""[.!?…]+["'”’)\]]*(?=\s)|[。！？]+[」』”]*|\n""")
MARKUP = (
    (re.compile(r"^\s*(?:#{1,6}|[-*+>])\s+"), ""),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(\*\*|__|`+|~~)"), ""),
    (re.compile(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)"), ""),
)


class Sentences:
    """A pure machine: `feed` pieces and get the sentences that are whole, `finish` at the end."""

    def __init__(self) -> None:
        """Start before the first word."""
        self._rest = ""

    def feed(self, piece: str) -> list[str]:
        """Return the sentences that end in what has come so far, as they were written."""
        self._rest += piece
        done = []
        while (end := self._end_of_first()) is not None:
            done.append(self._rest[:end])
            self._rest = self._rest[end:]
        return done

    def finish(self) -> list[str]:
        """Return what is left."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []

    def _end_of_first(self) -> "int | None":
        for end in END.finditer(self._rest):
            words = self._rest[: end.end()].split()
            if words and words[-1].lower().lstrip("(\"'“‘") not in ABBREVIATIONS:
                return end.end()
            if end[0] == "\n":
                return end.end()
        if len(self._rest) > LONGEST:
            return self._rest.rfind(" ", 1, LONGEST) + 1 or LONGEST
        return None


def spoken(sentence: str) -> str:
    """Return a sentence without Markdown's marks; it may be empty."""
    for pattern, instead in MARKUP:
        sentence = pattern.sub(instead, sentence)
    return " ".join(sentence.split())
