"""Takes the code out of a Markdown answer as it streams: fences go, and prose around them."""

import re
from typing import Optional

FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})[ \t]*([^`\r\n]*?)[ \t]*$")


class CodeOnly:
    """A pure machine: `feed` pieces of the answer and get the code in them, `finish` at the end.

    An answer without any fence is code already, and comes out whole at the end. The line break
    before a closing fence belongs to the fence.
    """

    def __init__(self) -> None:
        """Start before the first line."""
        self._line = ""
        self._fence = ""
        self._indent = 0
        self._depth = 0
        self._between: Optional[str] = None
        self._outside: list[str] = []
        self._found = False

    def feed(self, piece: str) -> str:
        """Return the code that `piece` makes certain."""
        *ended, self._line = (self._line + piece).split("\n")
        return "".join(self._take(line, "\n") for line in ended)

    def finish(self) -> str:
        """Return the rest: an unclosed block's last line, or all of an answer without fences."""
        line, self._line = self._line, ""
        rest = self._take(line, "") if line else ""
        return rest if self._found else "".join(self._outside)

    def _take(self, line: str, end: str) -> str:
        bare = line.removesuffix("\r")
        ending = line[len(bare) :] + end
        fence = FENCE.match(bare)
        if not self._fence:
            return self._outside_block(fence, line + end)
        if fence and self._is_ours(fence[2]):
            self._depth += 1 if fence[3] else -1
            if self._depth == 0:
                self._fence = ""
                return ""
        return self._code(bare, ending)

    def _outside_block(self, fence: Optional["re.Match[str]"], line: str) -> str:
        if fence and not (fence[2][0] == "`" and "`" in fence[3]):
            self._fence, self._indent, self._depth = fence[2], len(fence[1]), 1
            self._found = True
            self._outside.clear()
        elif not self._found:
            self._outside.append(line)
        return ""

    def _is_ours(self, marks: str) -> bool:
        return marks[0] == self._fence[0] and len(marks) >= len(self._fence)

    def _code(self, bare: str, ending: str) -> str:
        """Return a line of code after the line break that came before it, none before the first."""
        spaces = len(bare) - len(bare.lstrip(" "))
        before = "" if self._between is None else self._between
        self._between = ending
        return before + bare[min(spaces, self._indent) :]
