"""A link-local address keeps its scope, without which nothing can listen on it or reach it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from bridge.server.http.listen import listen
from bridge.server.serve import _format_url


def find_link_local_address() -> str:
    """Return one of this computer's, or skip the test."""
    table = Path("/proc/net/if_inet6")
    rows = [row.split() for row in table.read_text().splitlines()] if table.exists() else []
    for digits, *_, name in rows:
        if digits.startswith("fe80"):
            groups = [digits[at : at + 4] for at in range(0, 32, 4)]
            address = socket.inet_ntop(
                socket.AF_INET6, socket.inet_pton(socket.AF_INET6, ":".join(groups))
            )
            return f"{address}%{name}"
    pytest.skip("no interface has a link-local address")


@pytest.mark.skipif(sys.platform != "linux", reason="reads a file of Linux")
def test_a_link_local_address_can_be_listened_on_and_reached() -> None:
    host = find_link_local_address()
    with listen(host, 0) as sock:
        port = sock.getsockname()[1]
        assert _format_url(sock) == f"http://[{host}]:{port}"
        socket.create_connection((host, port), 5).close()
