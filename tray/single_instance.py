"""Let one tray run per user; a second one notifies the first and ends."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bridge.errors import SettingsError
from bridge.private_files import write_private
from bridge.private_modes import create_folder, open_private

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_SECONDS = 3.0
_REPLY_BYTES = 1000
_PAUSE_SECONDS = 0.1

AnswerSecond = Callable[[], str]
"""Called when a second instance was started; returns a sentence for its terminal."""


@contextmanager
def acquire_instance_lock(path: Path) -> Iterator[bool]:
    """Yield True for the first instance; the system frees the lock when its process ends.

    Raises OSError if the file cannot be opened.
    """
    create_folder(path.parent)
    # Not inherited (the default of os.open): a child process would hold the lock after the tray's
    # end. Without O_TRUNC, because the file belongs to the first instance.
    handle = open_private(path, os.O_RDWR)
    try:
        yield _try_lock(handle)
    finally:
        os.close(handle)


class InstanceListener:
    """Socket of the first instance on 127.0.0.1, for calls of `notify_first_instance`."""

    # Any local user can connect to the socket. Its port and a secret are in a file that only
    # this user can read, and a connection without the secret is ignored.

    def __init__(self, path: Path, answer_second: AnswerSecond) -> None:
        """Listen. Raises SettingsError if the file cannot be written."""
        self._answer_second = answer_second
        self._secret = secrets.token_hex(16)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._path = path
        try:
            write_private(path, f"{self._socket.getsockname()[1]} {self._secret}")
        except SettingsError:
            self._socket.close()
            raise
        threading.Thread(target=self._accept_connections, name="tray-port", daemon=True).start()

    def close(self) -> None:
        """Remove the file and close the socket, which ends the thread."""
        self._socket.close()
        with suppress(OSError):  # a folder that became read-only; the next tray replaces the file
            self._path.unlink(missing_ok=True)

    def _accept_connections(self) -> None:
        # Until it is closed. Every local user can make `accept` fail, by leaving before it returns.
        while self._socket.fileno() != -1:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                # Too many open files would come back at once.
                time.sleep(_PAUSE_SECONDS)
                continue
            with connection, suppress(OSError):
                connection.settimeout(_SECONDS)
                received = connection.recv(64)
                if secrets.compare_digest(received, self._secret.encode()):
                    connection.sendall(self._answer_second().encode())


def notify_first_instance(path: Path) -> str | None:
    """Make the first instance show itself; return its sentence, or None if it does not answer."""
    try:
        port, secret = path.read_text("ascii").split()
        with socket.create_connection(("127.0.0.1", int(port)), _SECONDS) as connection:
            connection.sendall(secret.encode())
            return connection.recv(_REPLY_BYTES).decode() or None
    except (OSError, ValueError):
        return None


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
