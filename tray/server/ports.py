"""Check whether a port is in use, and find a free one."""

from __future__ import annotations

import socket
import sys

from bridge.proof import resolve_address

_PORTS_TO_TRY = 100


def find_free_port_above(host: str, port: int) -> int | None:
    """Return the first free port above `port`.

    None if `port` is free itself or is 0 (the system chooses), or if no port above it is free.
    """
    if port == 0 or is_free(host, port):
        return None
    candidates = range(port + 1, min(port + _PORTS_TO_TRY, 65535) + 1)
    return next((candidate for candidate in candidates if is_free(host, candidate)), None)


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform == "win32":
            # There, SO_REUSEADDR would let two programs listen on the same port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(resolve_address(host, port))
        except OSError:
            return False
    return True
