"""Run the server as a child process."""

from __future__ import annotations

import collections
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO

from bridge.launching import build_own_command

_STORED_LINES = 40
"""Lines of stderr to store; the last one explains why the server ended."""

_LISTENING = "Listening on "
_FINISHING = "Finishing "


class ServerProcess:
    """One run of `claude-bridge serve`.

    `on_change` is called on another thread: when the server listens, when it finished a request
    while stopping, and when it has ended.
    """

    # The server's stdin is a pipe from the tray. However the tray dies, the system closes the
    # pipe; the server reads its end and stops cleanly (`--stop-with-parent`).

    def __init__(self, flags: Sequence[str], on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._errors: collections.deque[str] = collections.deque(maxlen=_STORED_LINES)
        self.url: str | None = None
        """The server's address, once it listens."""
        self.finishing: int | None = None
        """Number of requests that the server still has to finish while it stops."""
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            build_own_command("serve", "--stop-with-parent", *flags),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._readers = [
            threading.Thread(target=self._read_output, name="server-stdout", daemon=True),
            threading.Thread(target=self._read_errors, name="server-stderr", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll_exit_code(self) -> int | None:
        """Return the exit code; None while it runs, negative for a signal."""
        return self._process.poll()

    def read_last_line(self) -> str:
        """Return the last line of its stderr, without the command's name before it."""
        for line in reversed(self._errors):
            if line.strip():
                return line.strip().removeprefix("claude-bridge: ")
        return ""

    def end_input(self) -> None:
        """Close its stdin: it rejects new requests, finishes the active ones, and exits."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """Free the pipes and threads of an ended process."""
        self._process.wait()
        self.end_input()
        for reader in self._readers:
            reader.join(5)

    def _read_output(self) -> None:
        with _require_pipe(self._process.stdout) as lines:
            for line in lines:
                if line.startswith(_LISTENING):
                    self.url = line.removeprefix(_LISTENING).strip()
                    self._on_change()
                elif line.startswith(_FINISHING):
                    self.finishing = int(line.removeprefix(_FINISHING))
                    self._on_change()
        self._process.wait()
        self._on_change()

    def _read_errors(self) -> None:
        with _require_pipe(self._process.stderr) as lines:
            for line in lines:
                self._errors.append(line)
                # A user who started the tray in a terminal expects the server's log there.
                sys.stderr.write(line)


def _require_pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise ValueError("The process was started without pipes.")
    return stream
