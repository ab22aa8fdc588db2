"""Takes the port, or says in one sentence who has it."""

from __future__ import annotations

import errno
import socket
import sys

from bridge.errors import SettingsError


class PortTaken(SettingsError):
    """The port cannot be had; the message names it, its holder if known, and the flag."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortTaken, or SettingsError when the address is none of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return _bound(family, host, port)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(_taken(port, error)) from error
        raise SettingsError(f"Cannot listen on {host}: {error.strerror} (flag --host).") from error


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # On Windows SO_REUSEADDR would let two servers share the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def _taken(port: int, error: OSError) -> str:
    if error.errno == errno.EACCES:
        return f"Port {port} needs rights this user has not; choose another with --port."
    holder = _holder(port)
    by = f" by {holder}" if holder else ""
    return f"Port {port} is taken{by}; stop it, or choose another port with --port."


def _holder(port: int) -> str | None:
    """Name and pid of who listens there, where the system lets us see it."""
    import psutil

    try:
        for link in psutil.net_connections(kind="tcp"):
            address = link.laddr
            if link.status == psutil.CONN_LISTEN and link.pid and address and address.port == port:
                process = psutil.Process(link.pid)
                return f"{_known_as(process)} (pid {link.pid})"
    except psutil.Error:
        return None
    return None


def _known_as(process: object) -> str:
    import psutil

    assert isinstance(process, psutil.Process)  # noqa: S101 - the import is lazy, the type is not
    words = " ".join(process.cmdline())
    ours = "claude-bridge" in words or "-m bridge" in words
    return "another claude-bridge" if ours else process.name()
