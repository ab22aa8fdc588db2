"""A session bus of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest


def need_program(name: str) -> None:
    """Skips where a program is missing, or fails where CI must have it."""
    if shutil.which(name):
        return
    if os.environ.get("CLAUDE_BRIDGE_TESTS_NO_SKIP"):
        pytest.fail(f"{name} is not installed, and nothing may skip here")
    pytest.skip(f"{name} is not installed")


@pytest.fixture
def session_bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a private D-Bus, also in the environment."""
    need_program("dbus-daemon")
    with subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address
        daemon.terminate()
