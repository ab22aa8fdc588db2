"""Real programs of a desktop for tests: a D-Bus and an X server of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


def need_program(name: str) -> None:
    """Skips where a program is missing, or fails where CI must have it."""
    if shutil.which(name):
        return
    if os.environ.get("CLAUDE_BRIDGE_TESTS_NO_SKIP"):
        pytest.fail(f"{name} is not installed, and nothing may skip here")
    pytest.skip(f"{name} is not installed")


@contextmanager
def session_bus() -> Iterator[str]:
    """The address of a private D-Bus."""
    need_program("dbus-daemon")
    with (
        runtime_folder() as folder,
        subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
            # The accessibility bus has its socket there: it must not be that of another test.
            env={**os.environ, "XDG_RUNTIME_DIR": folder, "XDG_CACHE_HOME": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as daemon,
    ):
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()


@contextmanager
def runtime_folder() -> Iterator[str]:
    """A folder for the sockets of a session; what cannot be deleted at the end is left there."""
    folder = tempfile.mkdtemp()
    try:
        yield folder
    finally:
        # Services may still use it, and that for documents mounts another file system in it, which
        # lets nobody delete anything: there, `TemporaryDirectory` raises whatever it is told.
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def x_display(size: str = "1280x720") -> Iterator[str]:
    """The name of a virtual X display, such as `:99`; the server picks a free number.

    It keeps its keyboard layout when the last program leaves.
    """
    need_program("Xvfb")
    reading, writing = os.pipe()
    with subprocess.Popen(
        [
            *("Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24"),
            *("-nolisten", "tcp", "-noreset"),
        ],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writing)
        # To the newline: closing after a part of it would end Xvfb with SIGPIPE.
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        try:
            yield f":{number}"
        finally:
            server.terminate()
