"""Finds out whether a port is taken, and which one is free."""

from __future__ import annotations

import socket
import sys

_TRIED = 100


def next_free(host: str, port: int) -> int | None:
    """The first free one above it; None when it is not taken itself, or none is free."""
    if port == 0 or is_free(host, port):
        return None
    above = range(port + 1, min(port + _TRIED, 65535) + 1)
    return next((one for one in above if is_free(host, one)), None)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
