"""Find the programs that are connected to the display, by the sockets that the kernel knows."""

# A desktop's sockets have names: that of Wayland in the user's runtime folder, and that of XWayland
# in /tmp. The kernel tells of each socket which other one it is connected to (sock_diag(7)), and
# /proc which process has that.

from __future__ import annotations

import os
import re
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bridge.computer.matching.terminals import TERMINALS
from bridge.computer.native.wayland.connection import find_socket
from bridge.computer.native.wayland.wire import WaylandError

_SOCK_DIAG, _BY_FAMILY, _DUMP = 4, 20, 0x301
_HEADER, _REQUEST = struct.Struct("=IHHII"), struct.Struct("=BBHIIIII")
_SOCKET = struct.Struct("=BBBBIII")
_ALL_STATES = 0xFFFFFFFF
_SHOW_NAME, _SHOW_PEER = 1, 4
_NAME, _PEER = 0, 2
_DONE, _ERROR = 3, 2
_CHUNK = 1 << 18
_SECONDS = 1.0
_LINK = re.compile(r"socket:\[(\d+)\]")
_HELPERS = "/usr/libexec/"
"""Parts of the desktop, which only the system's administrator can install. Those that have windows
tell them."""


class DisplayClients:
    """The processes that may have windows; used in one thread."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._names = _list_socket_names(environment)
        self._last: tuple[frozenset[int], tuple[int, ...]] = (frozenset(), ())

    def list_processes(self) -> tuple[int, ...]:
        """List the processes that may have windows, without this one and helpers of the desktop.

        Raises OSError if the kernel does not tell.
        """
        sockets = frozenset(_list_connected(self._names))
        if sockets != self._last[0]:
            self._last = sockets, tuple(sorted(set(_find_owners(sockets))))
        return self._last[1]


def _list_socket_names(environment: Mapping[str, str]) -> frozenset[str]:
    names = set()
    with suppress(WaylandError):
        names.add(str(find_socket(environment)))
    number = re.search(r":(\d+)", environment.get("DISPLAY", ""))
    if number:
        path = f"/tmp/.X11-unix/X{number[1]}"  # noqa: S108 - where every X server has it
        names |= {path, f"\0{path}"}
    return frozenset(names)


def _list_connected(names: frozenset[str]) -> Iterator[int]:
    """List the sockets of programs that are connected to one of these names."""
    flags = _SHOW_NAME | _SHOW_PEER
    request = _REQUEST.pack(socket.AF_UNIX, 0, 0, _ALL_STATES, 0, flags, 0, 0)
    header = _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        kernel.settimeout(_SECONDS)
        kernel.send(header + request)
        while True:
            data = kernel.recv(_CHUNK)
            for kind, body in _split_messages(data):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError("The kernel does not tell which programs are on the display.")
                attributes = dict(_split_attributes(body[_SOCKET.size :]))
                name = attributes.get(_NAME, b"").decode("utf-8", "replace")
                if name.rstrip("\0") in names and len(attributes.get(_PEER, b"")) == 4:
                    yield int.from_bytes(attributes[_PEER], "little")


def _split_messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            return
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) // 4 * 4 :]


def _split_attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            return
        yield kind, data[4:length]
        data = data[(length + 3) // 4 * 4 :]


def _find_owners(sockets: frozenset[int]) -> Iterator[int]:
    """Yield the processes with these sockets; if one is left over, also those that may have it.

    A program that protects its memory, as password managers do, does not show its descriptors.
    """
    left, hidden = set(sockets), list[int]()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        # It may have ended meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            try:
                own = sockets.intersection(_list_sockets(folder))
                is_counted = own and not _is_helper(os.readlink(folder / "exe"))
            except PermissionError:
                if _read_user(folder) == os.getuid():
                    hidden.append(int(folder.name))
                continue
            left -= own
            if is_counted and int(folder.name) != os.getpid():
                yield int(folder.name)
    if left:
        yield from hidden


def _list_sockets(folder: Path) -> Iterator[int]:
    for descriptor in (folder / "fd").iterdir():
        # It may have been closed meanwhile.
        with suppress(FileNotFoundError):
            link = _LINK.fullmatch(os.readlink(descriptor))
            if link:
                yield int(link[1])


def _is_helper(path: str) -> bool:
    # That of GNOME's terminal is among them.
    return path.startswith(_HELPERS) and os.path.basename(path) not in TERMINALS


def _read_user(folder: Path) -> int:
    """Return the user of a process; its folder belongs to root if it is protected."""
    found = re.search(r"^Uid:\t(\d+)", (folder / "status").read_text(), re.MULTILINE)
    return int(found[1]) if found else -1
