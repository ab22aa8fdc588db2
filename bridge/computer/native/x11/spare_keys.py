"""Assign unused key codes to characters that have no key on the layout."""

# A key code is used by the layout, spare, or assigned to one character. It becomes assigned in
# `assign`, and spare again in `restore`, or when another character needs it and no code is spare.
# A slow program looks up what a key means only after it was pressed, so before a code changes its
# meaning, we wait until programs have read the keys sent with it.

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from bridge.errors import DesktopUnavailable

_UNICODE = 0x01000000
_SETTLE_SECONDS = 0.01
"""Seconds after a change of the mapping, which programs learn of on another connection."""


class SpareKeys:
    """The spare key codes of one display.

    `wait_for_readers(since)` returns once programs have read the keys pressed up to `since`
    (`time.monotonic`).
    """

    def __init__(self, display: Any, wait_for_readers: Callable[[float], None]) -> None:
        self._display = display
        self._wait_for_readers = wait_for_readers
        info = display.display.info
        self._first: int = info.min_keycode
        self._count: int = info.max_keycode - info.min_keycode + 1
        self._spare: list[int] = []
        self._in_use: frozenset[int] = frozenset()
        self._assigned: dict[int, int] = {}
        """Keysym to key code, the most recently used last."""
        self._unread: dict[int, float] = {}
        """Codes that a program may still look up, and when each was last assigned."""
        self._width = 1

    @property
    def codes(self) -> Collection[int]:
        """The codes that are assigned now."""
        return self._assigned.values()

    def refresh(self, in_use: Collection[int]) -> None:
        """Read the mapping again: a change of the layout removes assignments.

        `in_use`: codes not to assign, such as those of modifiers and of keys that are down.
        """
        self._in_use = frozenset(in_use)
        rows = self._display.get_keyboard_mapping(self._first, self._count)
        self._width = len(rows[0])
        self._assigned = {
            symbol: code
            for symbol, code in self._assigned.items()
            if rows[code - self._first][0] == symbol
        }
        mine = {*self._assigned.values(), *in_use}
        others = [
            code for code in range(self._first, self._first + self._count) if code not in mine
        ]
        empty = [code for code in others if not any(rows[code - self._first])]
        stale = [code for code in others if _is_stale(rows[code - self._first])]
        # Codes are taken from the end: empty ones first.
        self._spare = stale + empty

    @property
    def capacity(self) -> int:
        """Number of characters that can be assigned at the same time."""
        return len(self._spare) + len(set(self._assigned.values()) - self._in_use)

    def assign(self, symbols: Collection[int]) -> dict[int, int]:
        """Return a code for each keysym. Raises DesktopUnavailable beyond `capacity`."""
        unique = dict.fromkeys(symbols)
        known = {
            symbol: self._assigned.pop(symbol) for symbol in unique if symbol in self._assigned
        }
        new = [symbol for symbol in unique if symbol not in known]
        if len(new) > self.capacity:
            self._assigned |= known
            raise DesktopUnavailable(
                "The keyboard layout has no spare key left for a character that is not on it. "
                "Run `setxkbmap` with your layout to free keys that other programs have assigned."
            )
        for symbol in new:
            # The codes in `known` are not in `_assigned` now, so they cannot be reclaimed.
            known[symbol] = self._spare.pop() if self._spare else self._reclaim()
            self._bind(known[symbol], symbol)
        self._assigned |= known
        if new:
            self._display.sync()
            time.sleep(_SETTLE_SECONDS)
        self._unread |= dict.fromkeys(known.values(), time.monotonic())
        return known

    def restore(self) -> None:
        """Unassign all codes, once programs have read the keys sent with them."""
        if not self._assigned:
            return
        self._wait_until_read(max(self._unread.values(), default=0))
        for code in self._assigned.values():
            self._bind(code, 0)
        self._spare += self._assigned.values()
        self._assigned = {}
        self._display.sync()

    def _reclaim(self) -> int:
        """Take the least recently used code."""
        free = (symbol for symbol, code in self._assigned.items() if code not in self._in_use)
        code = self._assigned.pop(next(free))
        if code in self._unread:
            self._wait_until_read(self._unread[code])
        return code

    def _wait_until_read(self, since: float) -> None:
        """Wait until programs have read the codes used up to `since`."""
        self._wait_for_readers(since)
        self._unread = {code: used for code, used in self._unread.items() if used > since}

    def _bind(self, code: int, symbol: int) -> None:
        # On every level of every group: modifiers and locks must not matter.
        self._display.change_keyboard_mapping(code, [[symbol] * self._width])


def _is_stale(row: Sequence[int]) -> bool:
    """Return whether a program that was killed has left the code assigned."""
    # No layout has one Unicode character on all levels.
    return len(row) > 2 and row[0] >= _UNICODE and len(set(row)) == 1
