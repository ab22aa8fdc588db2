"""Store recent questions and answers in memory, and the thread also on disk."""

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

MAX_EXCHANGES = 20
log = logging.getLogger("claude")


@dataclass
class Exchange:
    """One question with its answer; stored in memory only, until Talon exits.

    `before` is the id of the response that the question continues from, or empty. `at` is when it
    was sent, in seconds of a monotonic clock. `delivered` is what of the answer went to the
    destination: for a plan with `code`, only the code. `shown` is true if the answer goes to the
    answer window.
    """

    plan: Plan
    material: Material
    before: str
    at: float
    answer: str = ""
    delivered: str = ""
    shown: bool = False
    response_id: str = ""
    model: str = ""
    entry: Optional[Entry] = None


class History:
    """The recent exchanges, newest last, and the state that is saved to disk."""

    def __init__(self) -> None:
        """Start empty; `load` reads the saved state once Talon is ready."""
        self.exchanges: deque[Exchange] = deque(maxlen=MAX_EXCHANGES)
        # Answers that were inserted later, by “claude paste”; only `entry` and `at` are used.
        self.pastes: deque[Exchange] = deque(maxlen=MAX_EXCHANGES)
        self.state = threads.SavedState()

    @property
    def last(self) -> Optional[Exchange]:
        """The newest exchange."""
        return self.exchanges[-1] if self.exchanges else None

    @property
    def last_inserted(self) -> Optional[Exchange]:
        """The newest exchange or paste whose text is still in a window."""
        inserted = [item for item in (*self.exchanges, *self.pastes) if item.entry is not None]
        return max(inserted, key=lambda item: item.at, default=None)

    def load(self) -> None:
        """Read the state that an earlier session saved."""
        try:
            text = paths.read_state()
            self.state = threads.parse_state(text) if text else threads.SavedState()
        except (OSError, ValueError):
            notify("Could not read the saved thread. The next question starts a new one.")

    def save(self) -> None:
        """Save the thread's ids and the chosen model."""
        try:
            paths.write_state(self.state.to_json())
        except OSError as problem:
            notify(f"Could not save the thread for the next start of Talon: {problem.strerror}.")

    def add(self, exchange: Exchange) -> None:
        """Add a finished exchange, and log its id and duration but no content."""
        self.exchanges.append(exchange)
        if exchange.response_id:
            self.state.thread.add(exchange.before, exchange.response_id, time.time())
            self.save()
        log.info("%s %.1f s", exchange.response_id or "none", time.monotonic() - exchange.at)
