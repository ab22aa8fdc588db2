"""The commands' own client of the bridge: what was called off is not done."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread

import pytest

from bridge.cli.client import LocalBridge, NotRunning


def test_what_is_called_off_before_it_began_is_never_sent() -> None:
    came: list[bytes] = []

    def hang_up() -> None:
        with suppress(TimeoutError):
            client, _ = listening.accept()
            with client:
                came.append(client.recv(4))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        answering = Thread(target=hang_up)
        answering.start()
        bridge = LocalBridge(f"http://127.0.0.1:{listening.getsockname()[1]}", "")
        bridge.close()
        with pytest.raises(NotRunning):
            bridge.ask("POST", "/computer/actions", {"actions": []})
        answering.join()
    assert came == []
