"""Key codes the layout does not use, lent to characters that have no key on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from bridge.errors import DesktopUnavailable

_UNICODE = 0x01000000
_SETTLE_SECONDS = 0.01
"""After a change of the mapping, for programs that hear of it on a connection of its own."""


class Borrowing:
    """The bindings stay until their codes are needed for others, or are given back.

    A slow program asks what a key means after it was pressed. `wait_for_readers` returns when
    that is over for keys pressed at a time of `time.monotonic`; it is called before a code
    changes its meaning.
    """

    def __init__(self, display: Any, wait_for_readers: Callable[[float], None]) -> None:
        self._display = display
        self._wait_for_readers = wait_for_readers
        info = display.display.info
        self._first: int = info.min_keycode
        self._count: int = info.max_keycode - info.min_keycode + 1
        self._spare: list[int] = []
        self._in_use: frozenset[int] = frozenset()
        self._lent: dict[int, int] = {}
        """Keysym to code, the one used last at the end."""
        self._unread: dict[int, float] = {}
        """Codes that a program may still have to look up, and when they were lent last."""
        self._width = 1

    @property
    def codes(self) -> Collection[int]:
        """Those that are lent now."""
        return self._lent.values()

    def refresh(self, in_use: Collection[int]) -> None:
        """Reads the mapping anew: a change of the layout takes back what was lent.

        `in_use`: codes not to be taken, such as those of modifiers and of keys that are down.
        """
        self._in_use = frozenset(in_use)
        rows = self._display.get_keyboard_mapping(self._first, self._count)
        self._width = len(rows[0])
        self._lent = {
            symbol: code
            for symbol, code in self._lent.items()
            if rows[code - self._first][0] == symbol
        }
        mine = {*self._lent.values(), *in_use}
        others = [
            code for code in range(self._first, self._first + self._count) if code not in mine
        ]
        empty = [code for code in others if not any(rows[code - self._first])]
        left = [code for code in others if _is_left_over(rows[code - self._first])]
        # Taken from the end.
        self._spare = left + empty

    @property
    def room(self) -> int:
        """How many characters can have a code at the same time."""
        return len(self._spare) + len(set(self._lent.values()) - self._in_use)

    def lend(self, symbols: Collection[int]) -> dict[int, int]:
        """A code for each. Raises DesktopUnavailable where they are too many."""
        wanted = dict.fromkeys(symbols)
        known = {symbol: self._lent.pop(symbol) for symbol in wanted if symbol in self._lent}
        new = [symbol for symbol in wanted if symbol not in known]
        if len(new) > self.room:
            self._lent |= known
            raise DesktopUnavailable(
                "The keyboard layout has no spare key left for a character that is not on it. "
                "`setxkbmap` with your layout frees those that other programs have left."
            )
        for symbol in new:
            # `known` is out of reach here: what is asked for now is not taken away.
            known[symbol] = self._spare.pop() if self._spare else self._take_back()
            self._bind(known[symbol], symbol)
        self._lent |= known
        if new:
            self._display.sync()
            time.sleep(_SETTLE_SECONDS)
        self._unread |= dict.fromkeys(known.values(), time.monotonic())
        return known

    def give_back(self) -> None:
        """All of them, once no program reads them any more."""
        if not self._lent:
            return
        self._read_all(max(self._unread.values(), default=0))
        for code in self._lent.values():
            self._bind(code, 0)
        self._spare += self._lent.values()
        self._lent = {}
        self._display.sync()

    def _take_back(self) -> int:
        """The code that was used the longest ago."""
        free = (symbol for symbol, code in self._lent.items() if code not in self._in_use)
        code = self._lent.pop(next(free))
        if code in self._unread:
            self._read_all(self._unread[code])
        return code

    def _read_all(self, since: float) -> None:
        """What was used up to then has been read."""
        self._wait_for_readers(since)
        self._unread = {code: used for code, used in self._unread.items() if used > since}

    def _bind(self, code: int, symbol: int) -> None:
        # In every group and on every level: whatever is held or locked gives the same.
        self._display.change_keyboard_mapping(code, [[symbol] * self._width])


def _is_left_over(row: Sequence[int]) -> bool:
    """Borrowed by a program that was killed: no layout has one character on all levels."""
    return len(row) > 2 and row[0] >= _UNICODE and len(set(row)) == 1
