"""One tray per user; a second one notifies the first."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tray.single_instance import InstanceListener, acquire_instance_lock, notify_first_instance


def test_only_the_first_instance_gets_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with acquire_instance_lock(lock) as first, acquire_instance_lock(lock) as second:
        assert (first, second) == (True, False)
    with acquire_instance_lock(lock) as again:
        assert again


def test_a_second_instance_needs_the_secret_to_notify_the_first(tmp_path: Path) -> None:
    path = tmp_path / "door"
    notified = threading.Event()

    def answer() -> str:
        notified.set()
        return "Starting its server."

    assert notify_first_instance(path) is None, "no instance runs"
    listener = InstanceListener(path, answer)
    assert path.stat().st_mode & 0o077 == 0, "other users cannot read the secret"
    port = path.read_text().split()[0]
    path.with_name("wrong").write_text(f"{port} wrong")
    assert notify_first_instance(path.with_name("wrong")) is None
    assert not notified.is_set()
    assert notify_first_instance(path) == "Starting its server."
    assert notified.is_set()
    listener.close()
    assert notify_first_instance(path) is None


def test_a_client_that_has_left_does_not_end_the_listener(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = socket.socket.accept, [ConnectionAbortedError(), OSError(24, "too many")]

    def accept(listening: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise failures.pop()
        return real(listening)

    monkeypatch.setattr("socket.socket.accept", accept)
    listener = InstanceListener(tmp_path / "door", lambda: "Starting its server.")
    assert notify_first_instance(tmp_path / "door") == "Starting its server."
    listener.close()
