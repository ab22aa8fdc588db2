"""Notices that the machine has slept, or has another network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

SLEPT_SECONDS = 20.0
"""Of wall-clock time that nobody waited for, more than a busy machine is late."""

_ANYWHERE = (
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET6, "2001:db8::1"),
)
"""Addresses for documentation: connecting a datagram socket sends nothing."""


def own_addresses() -> tuple[str, ...]:
    """This machine's addresses towards the world; none without a network."""
    found: list[str] = []
    for family, anywhere in _ANYWHERE:
        with suppress(OSError), closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.connect((anywhere, 9))
            found.append(str(probe.getsockname()[0]))
    return tuple(found)


@dataclass
class Surroundings:
    """Ask it again and again; `wall` in Unix seconds."""

    wall: Callable[[], float]
    addresses: Callable[[], tuple[str, ...]] = own_addresses
    _last: float | None = None
    _known: tuple[str, ...] | None = None

    def changed(self, waited: float) -> bool:
        """Whether something happened in the `waited` seconds since it was asked last."""
        now, addresses = self.wall(), self.addresses()
        slept = self._last is not None and now - self._last > waited + SLEPT_SECONDS
        # Losing the network is no reason to try anything; having one again is.
        moved = self._known is not None and addresses != self._known and bool(addresses)
        self._last, self._known = now, addresses
        return slept or moved
