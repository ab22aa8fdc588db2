"""Detect that the computer has slept, or has another network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

SLEEP_SECONDS = 20.0
"""Delay in seconds that counts as sleep; a busy computer is late by less."""

_PUBLIC_ADDRESSES = (
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET6, "2001:db8::1"),
)
"""From the ranges reserved for documentation (RFC 5737, RFC 3849)."""


def list_own_addresses() -> tuple[str, ...]:
    """Return this computer's addresses on its default routes; empty without a network."""
    addresses: list[str] = []
    for family, public in _PUBLIC_ADDRESSES:
        with suppress(OSError), closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            # Connecting a datagram socket chooses a route, but sends nothing.
            probe.connect((public, 9))
            addresses.append(str(probe.getsockname()[0]))
    return tuple(addresses)


@dataclass
class WakeDetector:
    """Detector that compares the clock and the addresses between calls; `wall`: Unix time."""

    # The wall clock, because the monotonic clock stands still during sleep on some systems.

    wall: Callable[[], float]
    list_addresses: Callable[[], tuple[str, ...]] = list_own_addresses
    _last: float | None = None
    _known: tuple[str, ...] | None = None

    def has_woken(self, waited: float) -> bool:
        """Return whether the computer slept or moved since the last call, `waited` seconds ago."""
        now, addresses = self.wall(), self.list_addresses()
        slept = self._last is not None and now - self._last > waited + SLEEP_SECONDS
        # Without a network there is nothing to retry, so its loss does not count.
        moved = self._known is not None and addresses != self._known and bool(addresses)
        self._last, self._known = now, addresses
        return slept or moved
