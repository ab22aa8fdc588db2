"""The entry of the system's keyring that has all keys.

A keyring is another program behind a plug-in: it may be absent, locked, slow or broken, and it may
show a dialog and wait for the user. Each call therefore runs in a thread of its own, with a limit.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

SECONDS = 30.0
"""How long a call may take: the user may have to type a password."""

_SERVICE = "claude-bridge"
_ENTRY = "keys"


class KeyringMissing(Exception):
    """This session has no keyring."""


class KeyringFailed(Exception):
    """The keyring cannot be used; the message is a phrase."""


def start_daemon_call(call: Callable[[], Any]) -> Future[Any]:
    """Run a call that may never return, in a thread that does not keep the process alive."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - the caller of the future gets it
            future.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return future


class KeyringEntry:
    """All methods raise KeyringMissing and KeyringFailed."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._reading: Future[Any] | None = None

    def read(self) -> Any:
        """Return what the entry contains, of any type; None if there is no entry."""
        # A reading that still waits for the user is waited for again: one dialog is enough.
        with self._lock:
            if self._reading is None:
                self._reading = start_daemon_call(_read_entry)
            reading = self._reading
        try:
            return self._await_call(reading)
        finally:
            with self._lock:
                if reading.done() and self._reading is reading:
                    self._reading = None

    def write(self, text: str) -> None:
        """Write the entry, and read it again: some keyrings report a success and store nothing."""
        self._await_call(start_daemon_call(lambda: _write_entry(text)))
        if self.read() != text:
            raise KeyringFailed("it did not store the keys")

    def delete(self) -> None:
        """Delete the entry, if there is one."""
        if self.read() is not None:
            self._await_call(start_daemon_call(_delete_entry))

    def _await_call(self, call: Future[Any]) -> Any:
        try:
            return call.result(self._seconds)
        except KeyringMissing:
            raise
        except TimeoutError as error:
            # On Python 3.11 and later, a TimeoutError of the call itself is the same class.
            if call.done():
                raise KeyringFailed(_describe(error)) from error
            raise KeyringFailed(
                f"it has not responded for {self._seconds:.0f} s; it may be waiting for you to "
                "unlock it"
            ) from error
        except Exception as error:
            # A plug-in of others may raise anything.
            raise KeyringFailed(_describe(error)) from error


def _describe(error: BaseException) -> str:
    return f"it failed: {str(error) or type(error).__name__}"


def _read_entry() -> Any:
    # Imported on use: its backends are slow to load, and many users have no keys.
    return _open_keyring().get_password(_SERVICE, _find_entry())


def _write_entry(text: str) -> None:
    _open_keyring().set_password(_SERVICE, _find_entry(), text)


def _delete_entry() -> None:
    _open_keyring().delete_password(_SERVICE, _find_entry())


def _open_keyring() -> Any:
    import keyring

    # Backends that store nothing, such as `fail` and `null`, have a priority of 0 or less.
    if float(getattr(keyring.get_keyring(), "priority", 0)) <= 0:
        raise KeyringMissing
    return keyring


def _find_entry() -> str:
    """Return the entry's name; each `CLAUDE_BRIDGE_HOME` has its own keys."""
    home = os.environ.get("CLAUDE_BRIDGE_HOME")
    return f"{_ENTRY}:{Path(home).expanduser()}" if home else _ENTRY
