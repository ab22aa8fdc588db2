"""Find the other end of a connection with psutil, on Windows and macOS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridge.server.http.peer.base import Address, Peer, Process, normalize_address


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection and a process that has it open."""

    local: Address
    remote: Address
    pid: int


@dataclass(frozen=True, slots=True)
class Owner:
    """A process and its user; both empty if the system does not tell."""

    program: str = ""
    user: str = ""


class ProcessTablePeers:
    """See `PeerFinder`."""

    def __init__(
        self,
        list_connections: Callable[[], Iterable[Connection]],
        describe_owner: Callable[[int], Owner],
        own_user: str,
    ) -> None:
        self._list_connections = list_connections
        self._describe_owner = describe_owner
        self._own_user = own_user

    def find(self, server: Address, client: Address) -> Peer | None:
        """See `PeerFinder.find`."""
        ends = normalize_address(client), normalize_address(server)
        pids = sorted(
            {link.pid for link in self._list_connections() if (link.local, link.remote) == ends}
        )
        owners = [(pid, self._describe_owner(pid)) for pid in pids]
        users = {owner.user for _, owner in owners}
        # A user that the system does not tell is not known to be ours.
        if len(users) != 1 or "" in users:
            return None
        (user,) = users
        is_own = user == self._own_user
        processes = [Process(pid, owner.program) for pid, owner in owners]
        return Peer(user, is_own, tuple(processes) if is_own else ())


def open_process_table() -> ProcessTablePeers:
    """Open this system's own table."""
    import psutil

    listed = _list_own_connections if sys.platform == "darwin" else _list_all_connections
    return ProcessTablePeers(listed, _describe_owner, psutil.Process().username())


def _list_all_connections() -> Iterator[Connection]:
    import psutil

    yield from _read_links(psutil.net_connections("tcp"))


def _list_own_connections() -> Iterator[Connection]:
    """List connections of this user's processes: macOS shows others to administrators only."""
    import psutil

    own = psutil.Process().username()
    for process in psutil.process_iter(["username"]):
        if process.info["username"] == own:
            with suppress(psutil.Error):
                yield from _read_links(process.net_connections("tcp"), process.pid)


def _read_links(links: Iterable[Any], pid: int | None = None) -> Iterator[Connection]:
    for link in links:
        holder = pid or getattr(link, "pid", None)
        if link.laddr and link.raddr and holder:
            local, remote = (
                normalize_address((end.ip, end.port)) for end in (link.laddr, link.raddr)
            )
            yield Connection(local, remote, holder)


def _describe_owner(pid: int) -> Owner:
    import psutil

    program = ""
    with suppress(psutil.Error):
        # psutil compares the start time, so that a reused number is an error.
        process = psutil.Process(pid)
        user = process.username()
        with suppress(psutil.AccessDenied):
            program = process.exe()
        return Owner(program, user) if process.is_running() else Owner()
    return Owner()
