"""Looks at the server again and again, on a thread of its own, so that nobody waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tray.api_types import Batch, Client, Health, Model, Usage
from tray.control_client import ControlClient, NoServer, NotAnswering

IDLE_SECONDS = 1.0
BUSY_SECONDS = 0.4
"""While something goes on that the icon shows."""
STARTING_SECONDS = 0.1
"""While a person waits for the server to come up."""

LIST_SECONDS = 60.0
"""How old the list of models may be; the server answers it from memory."""
USAGE_SECONDS = 60.0


@dataclass(frozen=True)
class Target:
    """Where to look. `number` tells answers to this question from those to earlier ones."""

    url: str
    number: int


@dataclass(frozen=True)
class Seen:
    """What was found there; without health, `trouble` says why, and `refused` that nobody listens.

    What could not be asked is as it was.
    """

    target: Target
    health: Health | None = None
    trouble: str = ""
    refused: bool = False
    models: tuple[Model, ...] = ()
    clients: tuple[Client, ...] = ()
    usage: Usage | None = None
    batches: tuple[Batch, ...] = ()


class Watch:
    """`report` is called on its thread with whatever was seen."""

    def __init__(
        self,
        client: Callable[[str], ControlClient],
        report: Callable[[Seen], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._report = report
        self._clock = clock
        self._wake = threading.Event()
        self._target: Target | None = None
        self._ended = False
        self._fresh = False
        self._last: Seen | None = None
        self._list_of: object = None
        self._listed_at = self._counted_at = float("-inf")

    def look_at(self, target: Target | None) -> None:
        """From now on there, at once; or nowhere."""
        if target != self._target:
            self._target = target
            self._wake.set()

    def hasten(self, *, fresh: bool = False) -> None:
        """Now; `fresh`: also what is else remembered for a while."""
        self._fresh = self._fresh or fresh
        self._wake.set()

    def end(self) -> None:
        self._ended = True
        self._wake.set()

    def run(self) -> None:
        """Until `end`."""
        while not self._ended:
            self._wake.wait(self._pause())
            self._wake.clear()
            target = self._target
            if target is not None and not self._ended:
                self._last = self._look(target)
                self._report(self._last)

    def _pause(self) -> float | None:
        if self._target is None:
            return None
        health = self._last.health if self._last is not None else None
        if health is None:
            return STARTING_SECONDS
        computer = health.computer
        busy = health.open_streams or (computer and (computer.active or computer.waiting))
        return BUSY_SECONDS if busy else IDLE_SECONDS

    def _look(self, target: Target) -> Seen:
        before = self._last
        seen = Seen(target) if before is None else replace(before, target=target, batches=())
        client = self._client(target.url)
        try:
            health = client.health()
        except NoServer as error:
            return replace(seen, health=None, trouble=str(error), refused=True)
        except NotAnswering as error:
            return replace(seen, health=None, trouble=str(error), refused=False)
        seen = replace(seen, health=health, trouble="", refused=False)
        try:
            return self._details(seen, health, before, client)
        except (NoServer, NotAnswering) as error:
            return replace(seen, trouble=str(error))

    def _details(
        self, seen: Seen, health: Health, before: Seen | None, client: ControlClient
    ) -> Seen:
        """The rest, where it may have changed; health alone is asked each time."""
        fresh, self._fresh = self._fresh, False
        now = self._clock()
        if health.computer is not None and health.computer.waiting:
            seen = replace(seen, batches=client.batches())
        was = before.health if before is not None else None
        ended_one = was is not None and was.open_streams > health.open_streams
        if fresh or ended_one or now - self._counted_at > USAGE_SECONDS:
            self._counted_at = now
            seen = replace(seen, usage=client.usage())
        of = (health.pid, health.backend, health.setting)
        if fresh or of != self._list_of or now - self._listed_at > LIST_SECONDS:
            # Before they are asked: a server that has no such list is not asked at every look.
            self._list_of, self._listed_at = of, now
            seen = replace(seen, clients=client.connect().clients)
            seen = replace(seen, models=client.models())
        return seen
