"""Find the other end of a connection in Linux's `/proc`.

The kernel lists each socket with its user and its inode in `/proc/net/tcp` and `tcp6`; a process
that has the socket open has a link `socket:[inode]` in `/proc/PID/fd`.
https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
"""

from __future__ import annotations

import ipaddress
import logging
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.server.http.peer.base import Address, Peer, Process, normalize_address

_log = logging.getLogger(__name__)
_TABLES = ("net/tcp", "net/tcp6")
_EFFECTIVE_UID = 2
_START_FIELD = 19
"""Of `/proc/PID/stat`, counted behind the program's name: the time at which it started."""


@dataclass(frozen=True, slots=True)
class Socket:
    """A row of the kernel's table."""

    local: Address
    remote: Address
    uid: int
    inode: int
    """0 for a socket that no process has any more; its uid is then meaningless."""


class LinuxPeers:
    """See `PeerFinder`."""

    def __init__(self, proc: Path = Path("/proc"), own_uid: int | None = None) -> None:
        self._proc = proc
        self._own_uid = os.geteuid() if own_uid is None else own_uid

    def find(self, server: Address, client: Address) -> Peer | None:
        """See `PeerFinder.find`; None also for a client that has closed its socket."""
        socket = self._find_socket(normalize_address(server), normalize_address(client))
        if socket is None or socket.inode == 0:
            return None
        if socket.uid != self._own_uid:
            return Peer(str(socket.uid), is_own_user=False)
        processes = []
        for pid in self._list_holders(socket.inode):
            uid, process = self._describe_process(pid)
            # Another user's process may have got the socket from its parent.
            if uid is not None and uid != self._own_uid:
                return Peer(str(uid), is_own_user=False)
            processes.append(process)
        return Peer(str(socket.uid), is_own_user=True, processes=tuple(processes))

    def _find_socket(self, server: Address, client: Address) -> Socket | None:
        for table in _TABLES:
            # A kernel without IPv6 has no second table.
            with suppress(OSError):
                for socket in parse_sockets((self._proc / table).read_text("ascii")):
                    if (socket.local, socket.remote) == (client, server):
                        return socket
        return None

    def _list_holders(self, inode: int) -> Iterator[int]:
        # Plain strings: there are thousands of links, and each `Path` takes longer than the call.
        for name in os.listdir(self._proc):
            if name.isdecimal() and _has_link(f"{self._proc}/{name}/fd", f"socket:[{inode}]"):
                yield int(name)

    def _describe_process(self, pid: int) -> tuple[int | None, Process]:
        """Return the user and the program, each unknown if it cannot be read."""
        folder = self._proc / str(pid)
        uid: int | None = None
        try:
            started = _read_start(folder)
            uid = _read_uid(folder)
            program = os.readlink(folder / "exe")
            # The number may have gone to another process meanwhile.
            if _read_start(folder) == started:
                return uid, Process(pid, program)
        except (OSError, ValueError, IndexError) as error:
            _log.debug("Process %d cannot be read: %s", pid, error)
        return uid, Process(pid, "")


def parse_sockets(table: str) -> Iterator[Socket]:
    """Parse `/proc/net/tcp` or `tcp6`."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        yield Socket(
            _parse_address(fields[1]), _parse_address(fields[2]), int(fields[7]), int(fields[9])
        )


def _parse_address(text: str) -> Address:
    """Parse `0100007F:1F90`: words in the machine's byte order, then the port."""
    digits, _, port = text.partition(":")
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return normalize_address((str(ipaddress.ip_address(packed)), int(port, 16)))


def _has_link(folder: str, target: str) -> bool:
    # Processes end while they are listed, and those of other users cannot be read.
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                if os.readlink(f"{folder}/{name}") == target:
                    return True
    return False


def _read_start(folder: Path) -> str:
    # The program's name is in parentheses and may contain spaces and parentheses.
    fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return fields[_START_FIELD]


def _read_uid(folder: Path) -> int:
    for line in (folder / "status").read_text("utf-8", "replace").splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[_EFFECTIVE_UID])
    raise ValueError("no user in the status of the process")
