"""Lets one tray run for one person, and a second one knock at the first one's door."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_SECONDS = 3.0


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """True for the first; the system frees the lock with the process, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # O_RDWR without truncation, and not inherited: a child must not keep the lock alive.
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


class Door:
    """The first tray's: a socket of this machine, whose number and secret only the person reads."""

    def __init__(self, path: Path, on_knock: Callable[[], None]) -> None:
        self._on_knock = on_knock
        self._secret = secrets.token_hex(16)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._path = path
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{self._socket.getsockname()[1]} {self._secret}")
        threading.Thread(target=self._wait, name="tray-door", daemon=True).start()

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        self._socket.close()

    def _wait(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                visitor, _ = self._socket.accept()
                with visitor, suppress(OSError):
                    visitor.settimeout(_SECONDS)
                    said = visitor.recv(64)
                    if secrets.compare_digest(said, self._secret.encode()):
                        self._on_knock()
                        visitor.sendall(b"ok")


def knock(path: Path) -> bool:
    """Asks the first tray to show itself; whether it heard."""
    try:
        port, secret = path.read_text("ascii").split()
        with socket.create_connection(("127.0.0.1", int(port)), _SECONDS) as visitor:
            visitor.sendall(secret.encode())
            return visitor.recv(2) == b"ok"
    except (OSError, ValueError):
        return False


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
