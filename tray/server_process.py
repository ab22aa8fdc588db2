"""The server as a child process: started, listened to, asked to end."""

from __future__ import annotations

import collections
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO

from bridge.launching import own_command

_KEPT_LINES = 40
_LISTENING = "Listening on "
_FINISHING = "Finishing "


class ServerProcess:
    """One run of `claude-bridge serve`. `on_change` is called, on another thread, when it
    listens, when it has finished an answer while it stops, and when it ends.

    Its stdin is a pipe that we hold: when the tray dies, however it dies, the server sees the end
    of it and stops cleanly (`--stop-with-parent`).
    """

    def __init__(self, flags: Sequence[str], on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._errors: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self.url: str | None = None
        """Where it listens, once it does."""
        self.finishing: int | None = None
        """How many answers it still writes while it stops."""
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            own_command("serve", "--stop-with-parent", *flags),
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

    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._process.poll()

    def last_line(self) -> str:
        """The last it said on stderr, without the command's name before it."""
        for line in reversed(self._errors):
            if line.strip():
                return line.strip().removeprefix("claude-bridge: ")
        return ""

    def end_input(self) -> None:
        """Closes its stdin: it takes no more requests, finishes its answers, and ends."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """Frees what is left of an ended process."""
        self._process.wait()
        self.end_input()
        for reader in self._readers:
            reader.join(5)

    def _read_output(self) -> None:
        with _lines(self._process.stdout) as lines:
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
        with _lines(self._process.stderr) as lines:
            for line in lines:
                self._errors.append(line)
                # The person who started the tray in a terminal sees the server's log there.
                sys.stderr.write(line)


def _lines(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise ValueError("the process was started without pipes")
    return stream
