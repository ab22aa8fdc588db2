"""Split a streamed answer into sentences for speech, and remove its Markdown."""

import re

# In characters. A longer sentence is cut at a word, so that speech can start earlier.
SENTENCE_LIMIT = 300
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


class SentenceSplitter:
    """Splitter into whole sentences; `feed` takes pieces cut anywhere, `finish` the end."""

    def __init__(self) -> None:
        """Start before the first word."""
        self._rest = ""

    def feed(self, piece: str) -> list[str]:
        """Return the sentences that `piece` completes, with their whitespace and Markdown."""
        self._rest += piece
        sentences = []
        while (end := self._find_end()) is not None:
            sentences.append(self._rest[:end])
            self._rest = self._rest[end:]
        return sentences

    def finish(self) -> list[str]:
        """Return the rest as a sentence, or an empty list."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []

    def _find_end(self) -> "int | None":
        """Return the index after the first sentence, or None if it may continue."""
        for end in END.finditer(self._rest):
            words = self._rest[: end.end()].split()
            if words and words[-1].lower().lstrip("(\"'“‘") not in ABBREVIATIONS:
                return end.end()
            if end[0] == "\n":
                return end.end()
        if len(self._rest) > SENTENCE_LIMIT:
            return self._rest.rfind(" ", 1, SENTENCE_LIMIT) + 1 or SENTENCE_LIMIT
        return None


def strip_markup(sentence: str) -> str:
    """Return a sentence without Markdown marks; the result may be empty."""
    for pattern, replacement in MARKUP:
        sentence = pattern.sub(replacement, sentence)
    return " ".join(sentence.split())
