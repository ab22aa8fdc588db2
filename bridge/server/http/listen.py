"""Open the listening socket; an error names the program that uses the port."""

from __future__ import annotations

import errno
import socket
import sys
from typing import TYPE_CHECKING

from bridge.errors import SettingsError
from bridge.proof import resolve_address

if TYPE_CHECKING:
    import psutil


class PortTaken(SettingsError):
    """The port cannot be used; the message names it, the program that uses it, and the flag."""


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Raises PortTaken if the port is in use or reserved, and SettingsError if `host` is not an
    address of this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return _bind_socket(family, host, port)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(_explain_port(port, error)) from error
        raise SettingsError(f"Cannot listen on {host}: {error.strerror} (flag --host).") from error


def _bind_socket(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # On Windows SO_REUSEADDR would let two servers share the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Without it a restart fails while the old connections are in TIME_WAIT.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(resolve_address(host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def _explain_port(port: int, error: OSError) -> str:
    if error.errno == errno.EACCES:
        return f"Port {port} requires administrator rights; choose another with --port."
    holder = find_port_holder(port)
    by = f" by {holder}" if holder else ""
    return f"Port {port} is taken{by}; stop it, or choose another port with --port."


def find_port_holder(port: int) -> str | None:
    """Return name and pid of the process that listens on the port, if the system shows it."""
    # Loaded here only: it takes long to import, and is needed only for this message.
    import psutil

    try:
        for link in psutil.net_connections(kind="tcp"):
            address = link.laddr
            if link.status == psutil.CONN_LISTEN and link.pid and address and address.port == port:
                return f"{_name_process(psutil.Process(link.pid))} (pid {link.pid})"
    except psutil.Error:
        # macOS shows other processes' connections to administrators only.
        return None
    return None


def _name_process(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    is_bridge = "claude-bridge" in command or "-m bridge" in command
    return "another claude-bridge" if is_bridge else process.name()
