"""Keeps what was asked and answered while Talon runs, and the thread beyond that."""

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Optional

from ..core import threads
from ..core.journal import Entry
from ..core.plan import Plan
from ..core.prompts import Material
from ..desktop.screen import notify
from ..wire import paths

KEPT = 20
log = logging.getLogger("claude")


@dataclass
class Exchange:
    """One question with its answer; content stays in memory, and goes when Talon ends."""

    plan: Plan
    material: Material
    before: str
    at: float
    answer: str = ""
    response_id: str = ""
    model: str = ""
    entry: Optional[Entry] = None


class Notebook:
    """The exchanges of late, newest last."""

    def __init__(self) -> None:
        """Begin empty; what was kept is read once, when Talon is ready."""
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT)
        self.memory = threads.Memory()

    @property
    def last(self) -> Optional[Exchange]:
        """Return the newest exchange."""
        return self.exchanges[-1] if self.exchanges else None

    def load(self) -> None:
        """Read what an earlier Talon kept."""
        try:
            kept = paths.read_memory()
            self.memory = threads.load(kept) if kept else threads.Memory()
        except (OSError, ValueError):
            notify("What Claude's commands kept cannot be read, so a new thread begins.")

    def save(self) -> None:
        """Keep the thread's ids and the chosen model."""
        try:
            paths.write_memory(self.memory.dump())
        except OSError as problem:
            notify(f"The thread cannot be kept for the next start of Talon: {problem.strerror}.")

    def answered(self, exchange: Exchange) -> None:
        """Take a finished exchange; only ids and times go into the log."""
        self.exchanges.append(exchange)
        if exchange.response_id:
            self.memory.thread.add(exchange.before, exchange.response_id, time.time())
            self.save()
        log.info("%s %.1f s", exchange.response_id or "none", time.monotonic() - exchange.at)

    def undone(self, exchange: Exchange) -> None:
        """Note that what an exchange inserted is gone."""
        exchange.entry = None

    def to_undo(self) -> Optional[Exchange]:
        """Return the newest exchange that left something in a window."""
        return next((one for one in reversed(self.exchanges) if one.entry is not None), None)
