"""A real `claude-bridge serve` in a process of its own, with its own home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SECONDS = 60.0
"""Longest wait for a process; none of them is expected to take that long."""


class StartedServer:
    """A server on a free port; `close` ends it, if a command has not."""

    def __init__(self, home: Path, *flags: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "serve", "--port", "0", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=make_environment(home),
        )
        self.url = self.read_address()

    def read_address(self) -> str:
        """Wait for the line that says where it listens, and return the address."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Listening on http://127.0.0.1:"), line
        return line.split()[-1]

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=SECONDS)


def make_environment(home: Path) -> dict[str, str]:
    """Return the environment of a user without settings, keys, keyring and sign-in."""
    own = ("CLAUDE", "ANTHROPIC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {
        **kept,
        "CLAUDE_BRIDGE_HOME": str(home),
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def run_command(home: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run `claude-bridge WORDS` as a user does; `text` is piped into it."""
    return subprocess.run(
        [sys.executable, "-m", "bridge", *words],
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=make_environment(home),
    )
