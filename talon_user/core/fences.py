"""Extract the code from a Markdown answer while the answer streams."""

import re
from typing import Optional

FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})[ \t]*([^`\r\n]*?)[ \t]*$")


class FenceTracker:
    """Follow code fences line by line; a nested block is part of the outer one."""

    # A Markdown example may contain fences itself: inside a block, a fence with a language opens a
    # nested block, and a bare one closes the innermost.

    def __init__(self) -> None:
        """Start outside any block."""
        self._marks = ""
        self._depth = 0
        self._indent = 0

    @property
    def is_open(self) -> bool:
        """Whether the last line was inside a block."""
        return bool(self._marks)

    def take_line(self, line: str) -> bool:
        """Take the next line; return whether it opens or closes the outer block."""
        fence = FENCE.match(line)
        if not self._marks:
            # CommonMark: the info string of a backtick fence has no backticks (it is inline code).
            if fence is None or (fence[2][0] == "`" and "`" in fence[3]):
                return False
            self._marks, self._indent, self._depth = fence[2], len(fence[1]), 1
            return True
        if fence and fence[2][0] == self._marks[0] and len(fence[2]) >= len(self._marks):
            self._depth += 1 if fence[3] else -1
            if self._depth == 0:
                self._marks = ""
                return True
        return False

    def strip_indent(self, line: str) -> str:
        """Return a line of code without the indent that its fence has."""
        spaces = len(line) - len(line.lstrip(" "))
        return line[min(spaces, self._indent) :]


class CodeExtractor:
    """Filter that returns the lines inside code fences, without the prose around them.

    An answer without any fence counts as code and is returned by `finish`. The line break before a
    closing fence is part of the fence.
    """

    # States: those of `FenceTracker`.
    # Inputs: `feed` with pieces cut anywhere; `finish` at the end. Only whole lines are judged.
    # Output: code. Each line is returned without its line break, which comes before the next line,
    # so that the break before the closing fence is dropped without looking ahead.

    def __init__(self, keep_rest: bool = False) -> None:
        """Start outside any block; with `keep_rest`, what follows the first block is returned."""
        self._keep_rest = keep_rest
        self._line = ""
        self._fences = FenceTracker()
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
        was_open = self._fences.is_open
        if self._keep_rest and self._has_block and not was_open:
            return self._take_code(bare, ending)
        if self._fences.take_line(bare):
            self._has_block = True
            self._prose.clear()
            return ""
        if was_open:
            return self._take_code(bare, ending)
        if not self._has_block:
            self._prose.append(line + end)
        return ""

    def _take_code(self, bare: str, ending: str) -> str:
        """Return a line of code, preceded by the line break of the line before."""
        before = self._line_break or ""
        self._line_break = ending
        return before + self._fences.strip_indent(bare)


class CodeOrProse:
    """Filter for an answer that is either one code block or prose, as the user asked.

    Of an answer that begins with a fence, it returns the code; what follows the block, if anything,
    is passed on. Every other answer is returned as it is, with its fences.
    """

    # States: undecided (`_start` holds blank text and perhaps the start of a fence), code (a
    # `CodeExtractor` has the block), prose.
    # Inputs: `feed` with pieces cut anywhere; `finish` at the end.

    def __init__(self) -> None:
        """Start undecided."""
        self._start = ""
        self._is_decided = False
        self._code: Optional[CodeExtractor] = None

    @property
    def is_code(self) -> bool:
        """Whether the answer is known to be code."""
        return self._code is not None

    def feed(self, piece: str) -> str:
        """Return what is known to belong to the answer."""
        if not self._is_decided:
            self._start += piece
            if not self._decide():
                return ""
            piece, self._start = self._start, ""
        return piece if self._code is None else self._code.feed(piece)

    def finish(self) -> str:
        """Return the rest."""
        if not self._is_decided:
            return self._start
        return "" if self._code is None else self._code.finish()

    def _decide(self) -> bool:
        """Return whether the start tells code and prose apart."""
        marks = self._start.lstrip()[:3]
        if marks in ("", "`", "``", "~", "~~"):
            return False
        self._is_decided = True
        if marks in ("```", "~~~"):
            self._code = CodeExtractor(keep_rest=True)
        return True
