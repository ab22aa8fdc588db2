"""Batches that wait for a person's word; silence is a no."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.computer.screen.pictures import Picture


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person is asked."""

    id: str
    what: tuple[str, ...]
    """A sentence for each action."""
    risks: tuple[str, ...]
    asked_by: str
    expires_at: float
    """Unix seconds."""
    picture: Picture | None = field(repr=False)
    """The screen, with the places marked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    approved: bool
    by: str
    """Who said so, or that nobody did."""


class Approvals:
    """On the event loop."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.time) -> None:
        """`seconds` of silence are a no."""
        self._seconds = seconds
        self._clock = clock
        self._open: dict[str, tuple[Waiting, asyncio.Future[Verdict]]] = {}

    @property
    def waiting(self) -> list[Waiting]:
        """The oldest first."""
        return [waiting for waiting, _ in self._open.values()]

    def find(self, id: str) -> Waiting | None:
        found = self._open.get(id)
        return None if found is None else found[0]

    def prepare(
        self, what: tuple[str, ...], risks: tuple[str, ...], asked_by: str, picture: Picture | None
    ) -> Waiting:
        """A question that can be told to the person before `ask` waits for the answer."""
        expires = self._clock() + self._seconds
        return Waiting(f"appr_{uuid.uuid4().hex}", what, risks, asked_by, expires, picture)

    async def ask(self, waiting: Waiting) -> Verdict:
        """Waits for `decide`, at most as long as silence may last."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._open[waiting.id] = waiting, future
        try:
            async with asyncio.timeout(self._seconds):
                return await future
        except TimeoutError:
            return Verdict(False, f"nobody said yes within {self._seconds:g} s")
        finally:
            del self._open[waiting.id]

    def decide(self, id: str, approved: bool, by: str) -> bool:
        """The person's word; false where nothing waits under that id any more."""
        found = self._open.get(id)
        if found is None or found[1].done():
            return False
        found[1].set_result(Verdict(approved, by))
        return True

    def deny_all(self, why: str) -> None:
        """A stop is a no to everything that waits."""
        for id in tuple(self._open):
            self.decide(id, False, why)
