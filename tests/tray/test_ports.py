"""Finding a free port."""

from __future__ import annotations

import socket

from tray.server.ports import find_free_port_above, is_free


def test_a_free_port_is_offered_only_if_the_configured_one_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free = find_free_port_above("127.0.0.1", port)
        assert free is not None
        assert free > port
        assert is_free("127.0.0.1", free)
    assert find_free_port_above("127.0.0.1", port) is None
    assert find_free_port_above("127.0.0.1", 0) is None
