"""One server for all tests that only look at it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.cli.started_server import StartedServer


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartedServer]:
    """A server with the offline backend. A test must leave it as it is."""
    server = StartedServer(tmp_path_factory.mktemp("shared"), "--backend", "offline")
    yield server
    server.close()


@pytest.fixture
def free_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port on which nothing listens, in the settings: on 8000 may be a developer's bridge."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", str(port))
    return port


@pytest.fixture
def server(shared_server: StartedServer, monkeypatch: pytest.MonkeyPatch) -> StartedServer:
    """The shared server, which commands in this process find."""
    monkeypatch.setenv("CLAUDE_BRIDGE_HOME", str(shared_server.home))
    return shared_server
