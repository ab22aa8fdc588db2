"""Cut an answer into numbered blocks and wrapped rows, a portion at a time."""

import re
from typing import NamedTuple, Optional

from .fences import FenceTracker

# Per call of `work`: few enough for a callback of some milliseconds.
PORTION_CHARS = 4096
PORTION_LINES = 128
HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)")


class Row(NamedTuple):
    """One row of text on the screen.

    `mark` is drawn on its left, in a margin that is there even if the mark is empty. None: no
    margin.
    """

    text: str
    mark: Optional[str] = None


class Block:
    """A paragraph, heading, list or fenced code block of an answer."""

    def __init__(self, kind: str) -> None:
        """Start empty; `kind` is `paragraph`, `heading`, `list` or `code`."""
        self.kind = kind
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """The block's text, without the fences of code and without a final line break."""
        return "".join(self._parts).rstrip("\n")

    def append(self, text: str) -> None:
        """Append a part of a line, or a line break."""
        self._parts.append(text)


class AnswerText:
    """An answer of any length: its text at once, its blocks and rows after `work`."""

    # Inputs: `feed` with pieces of the answer, cut anywhere; `finish` at its end. Output of `work`,
    # which takes a portion of what was fed: `blocks`, and rows that never change once they are
    # complete. Only the row after them, with the end of the answer so far, may still grow.
    # A line is assigned to a block when it ends or fills a row; a longer one is not a fence.

    def __init__(self, width: int) -> None:
        """Wrap rows at `width` characters."""
        self.blocks: list[Block] = []
        self._width = width
        self._pieces: list[str] = []
        self._backlog, self._finished = "", False
        self._rows: list[Row] = []
        self._fences = FenceTracker()
        self._block: Optional[Block] = None
        self._after_blank = False
        # Of the last line: what no row has yet, what no block has yet, and whether it has a block.
        self._line, self._start, self._line_has_block = "", "", False
        # The number of a block whose first row is still to come.
        self._mark = ""

    @property
    def text(self) -> str:
        """The whole answer so far."""
        return "".join(self._pieces)

    @property
    def row_count(self) -> int:
        """The number of rows so far."""
        return len(self._rows) + bool(self._line)

    def feed(self, piece: str) -> None:
        """Add one piece of the answer."""
        if piece:
            self._pieces.append(piece)
            self._backlog += piece.replace("\r", "")

    def finish(self) -> None:
        """Take the end of the answer: its last line is complete; a second call does nothing."""
        if self._pieces and not self._finished and not self._pieces[-1].endswith("\n"):
            self._backlog += "\n"
        self._finished = True

    def work(self) -> bool:
        """Wrap a portion of what was fed; return whether there is more."""
        portion = self._take_portion()
        *lines, rest = portion.split("\n")
        for line in lines:
            self._extend_line(line)
            self._end_line()
        self._extend_line(rest)
        return bool(self._backlog)

    def list_rows(self, start: int, count: int) -> list[Row]:
        """Return up to `count` rows from `start` on."""
        rows = self._rows[start : start + count]
        if self._line and start + count > len(self._rows) >= start:
            rows.append(Row(wrap_line(self._line, self._width)[0], self._mark))
        return rows

    def _take_portion(self) -> str:
        portion = self._backlog[:PORTION_CHARS]
        lines = portion.split("\n", PORTION_LINES)
        if len(lines) > PORTION_LINES:
            portion = portion[: len(portion) - len(lines[-1])]
        self._backlog = self._backlog[len(portion) :]
        return portion

    def _extend_line(self, text: str) -> None:
        """Append to the last line, and move what fills rows out of it."""
        if self._line_has_block and self._block is not None:
            self._block.append(text)
        elif not self._line_has_block:
            self._start += text
        # Not `expandtabs`: its result would depend on where the line was cut.
        self._line += text.replace("\t", "    ")
        if len(self._line) > self._width:
            if not self._line_has_block:
                self._begin_line(self._line[: self._width + 1])
            *rows, self._line = wrap_line(self._line, self._width)
            self._add_rows(rows)

    def _end_line(self) -> None:
        line, self._line = self._line, ""
        if not self._line_has_block:
            if self._fences.take_line(self._start):
                self._start, self._block, self._mark = "", None, ""
                if self._fences.is_open:
                    self._add_block("code")
                return
            self._begin_line(line)
        if self._block is not None:
            self._block.append("\n")
        self._add_rows(wrap_line(line, self._width))
        self._line_has_block = False

    def _begin_line(self, line: str) -> None:
        """Assign a line that is not a fence to a block, by its beginning."""
        start, self._start, self._line_has_block = self._start, "", True
        if self._fences.is_open:
            start = self._fences.strip_indent(start)
        elif not line.strip():
            # A blank line ends a paragraph, but a list may go on after it.
            self._after_blank = True
            if self._block is None or self._block.kind != "list":
                self._block = None
        else:
            kind = self._find_new_kind(line)
            if kind:
                self._add_block(kind)
            self._after_blank = False
        if self._block is not None:
            self._block.append(start)

    def _find_new_kind(self, line: str) -> str:
        """Return the kind of the block that a line begins, or empty if it goes on with the last."""
        kind = self._block.kind if self._block is not None else ""
        if HEADING.match(line):
            return "heading"
        if LIST_ITEM.match(line):
            return "" if kind == "list" else "list"
        if kind == "list":
            return "paragraph" if self._after_blank and not line[0].isspace() else ""
        return "" if kind == "paragraph" else "paragraph"

    def _add_block(self, kind: str) -> None:
        self._block = Block(kind)
        self.blocks.append(self._block)
        self._mark = str(len(self.blocks))

    def _add_rows(self, rows: list[str]) -> None:
        for row in rows:
            self._rows.append(Row(row, self._mark))
            self._mark = ""


def wrap_line(line: str, width: int) -> list[str]:
    """Split a line at spaces, keep its indent, and replace control characters with spaces."""
    # Not textwrap: it collapses spaces, and answers contain code.
    line = line.expandtabs(4)
    if not line.isprintable():
        line = "".join(char if char.isprintable() else " " for char in line)
    rows = []
    while len(line) > width:
        at = line.rfind(" ", 1, width) + 1 or width
        rows.append(line[:at].rstrip())
        line = line[at:]
    return [*rows, line]
