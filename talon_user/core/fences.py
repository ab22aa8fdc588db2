"""Extract the code from a Markdown answer while the answer streams."""

import re
from typing import Optional

FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})[ \t]*([^`\r\n]*?)[ \t]*$")


def extract_code(answer: str) -> str:
    """Return the code of a whole answer."""
    extractor = CodeExtractor()
    return extractor.feed(answer) + extractor.finish()


class CodeExtractor:
    """Filter that returns the lines inside code fences, without the prose around them.

    An answer without any fence counts as code and is returned by `finish`. The line break before a
    closing fence is part of the fence.
    """

    # States: outside a block (no `_fence`), inside one (`_fence` holds its marks), and inside a
    # nested block (`_depth` above 1: a Markdown example may contain fences itself).
    # Inputs: `feed` with pieces cut anywhere; `finish` at the end. Only whole lines are judged.
    # Output: code. Each line is returned without its line break, which comes before the next line,
    # so that the break before the closing fence is dropped without looking ahead.

    def __init__(self) -> None:
        """Start outside any block."""
        self._line = ""
        self._fence = ""
        self._indent = 0
        self._depth = 0
        self._line_break: Optional[str] = None
        self._prose: list[str] = []
        self._has_block = False

    def feed(self, piece: str) -> str:
        """Return the code in the lines that `piece` completes."""
        *lines, self._line = (self._line + piece).split("\n")
        return "".join(self._take_line(line, "\n") for line in lines)

    def finish(self) -> str:
        """Return the rest: the last line of an unclosed block, or an answer without fences."""
        line, self._line = self._line, ""
        rest = self._take_line(line, "") if line else ""
        return rest if self._has_block else "".join(self._prose)

    def _take_line(self, line: str, end: str) -> str:
        bare = line.removesuffix("\r")
        ending = line[len(bare) :] + end
        fence = FENCE.match(bare)
        if not self._fence:
            self._take_prose(fence, line + end)
            return ""
        if fence and self._is_same_fence(fence[2]):
            # A fence with a language opens a nested block; a bare one closes the innermost.
            self._depth += 1 if fence[3] else -1
            if self._depth == 0:
                self._fence = ""
                return ""
        return self._take_code(bare, ending)

    def _take_prose(self, fence: Optional["re.Match[str]"], line: str) -> None:
        """Enter a block at an opening fence; store other lines until the first block."""
        # CommonMark: the info string of a backtick fence has no backticks (that is inline code).
        if fence and not (fence[2][0] == "`" and "`" in fence[3]):
            self._fence, self._indent, self._depth = fence[2], len(fence[1]), 1
            self._has_block = True
            self._prose.clear()
        elif not self._has_block:
            self._prose.append(line)

    def _is_same_fence(self, marks: str) -> bool:
        return marks[0] == self._fence[0] and len(marks) >= len(self._fence)

    def _take_code(self, bare: str, ending: str) -> str:
        """Return a line of code, preceded by the line break of the line before."""
        spaces = len(bare) - len(bare.lstrip(" "))
        before = self._line_break or ""
        self._line_break = ending
        return before + bare[min(spaces, self._indent) :]
