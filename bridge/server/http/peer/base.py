"""What the system tells about the other end of a connection."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Protocol

Address = tuple[str, int]
"""IP address and port."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that has the connection open."""

    pid: int
    program: str
    """Path of its executable; empty if the system does not tell."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who has the other end. Several processes may have it: a child inherits it."""

    user: str
    """The user's number, or on Windows the name."""
    is_own_user: bool
    """Whether all of it belongs to the user who runs the bridge."""
    processes: tuple[Process, ...] = ()
    """Empty if the system does not tell, as for other users' processes."""


class PeerFinder(Protocol):
    """One implementation for each platform; blocks for some milliseconds."""

    def find(self, server: Address, client: Address) -> Peer | None:
        """Find who has the client's end of this connection; None if the system does not tell."""
        ...


def normalize_address(address: Address) -> Address:
    """Return the one spelling of an address: without a zone, IPv4 in IPv6 as IPv4."""
    ip = ipaddress.ip_address(address[0].partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip), address[1]
