"""A thread of an indicator, which listens until it shall end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


class ListeningThread:
    """Runs at most one thread; called from one thread at a time."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._wake = (-1, -1)

    def start(self, listen: Callable[[int], None]) -> None:
        """Run `listen` with the descriptor of a pipe; it must return when that can be read."""
        self._wake = os.pipe()
        self._thread = threading.Thread(
            target=listen, args=(self._wake[0],), name="indicator", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for that; do nothing if none runs."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        reading, writing = self._wake
        # Closing one end wakes the thread, which waits for the other.
        os.close(writing)
        thread.join()
        os.close(reading)
