"""Show a part of a long text: pages, scrolling, and following its end while it grows."""

from collections.abc import Sequence
from typing import Optional, Protocol

from .answer_text import Row, wrap_line


class Rows(Protocol):
    """A text as rows; it may grow."""

    @property
    def row_count(self) -> int:
        """The number of rows so far."""
        ...

    def list_rows(self, start: int, count: int) -> list[Row]:
        """Return up to `count` rows from `start` on."""
        ...


class FixedRows:
    """Lines that do not change, wrapped."""

    def __init__(self, lines: Sequence[str], width: int) -> None:
        """Wrap the lines at `width` characters."""
        self._rows = [Row(row) for line in lines for row in wrap_line(line, width)]

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return len(self._rows)

    def list_rows(self, start: int, count: int) -> list[Row]:
        """Return up to `count` rows from `start` on."""
        return self._rows[start : start + count]


class Pager:
    """The visible part of some rows."""

    # State: the first visible row, or None to follow the end. Moving to the end follows it again.

    def __init__(self, rows: Rows, height: int, follow: bool = False) -> None:
        """Show `height` rows at a time, from the start or, with `follow`, always the last ones."""
        self._rows, self._height = rows, height
        self._top: Optional[int] = None if follow else 0

    @property
    def top(self) -> int:
        """The first visible row."""
        return self._last_top if self._top is None else self._top

    @property
    def page(self) -> int:
        """The page that is shown, counted from 1; at the end, the last one."""
        return -(-self.top // self._height) + 1

    @property
    def page_count(self) -> int:
        """The number of pages so far."""
        return max(1, -(-self._rows.row_count // self._height))

    def list_visible(self) -> list[Row]:
        """Return the rows to draw."""
        return self._rows.list_rows(self.top, self._height)

    def go_to_page(self, page: int) -> bool:
        """Show a page, or return False if there is none of this number."""
        if not 1 <= page <= self.page_count:
            return False
        self._move_to((page - 1) * self._height)
        return True

    def turn(self, pages: int) -> None:
        """Move by whole pages; a negative number moves back."""
        self._move_to(self.top + pages * self._height)

    def scroll(self, rows: int) -> None:
        """Move by rows; a negative number moves back."""
        self._move_to(self.top + rows)

    @property
    def _last_top(self) -> int:
        return max(0, self._rows.row_count - self._height)

    def _move_to(self, top: int) -> None:
        self._top = max(0, top) if top < self._last_top else None
