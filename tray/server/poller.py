"""Poll the server on a separate thread, so that a hung server blocks nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.wire.computer_status import WaitingBatch
from bridge.wire.connect import Connection, Program
from bridge.wire.health import Health
from bridge.wire.models import Model
from bridge.wire.usage import PlanReport, UsageTotals
from tray.server.control_client import ControlClient, NoServer, NotAnswering

IDLE_SECONDS = 1.0
BUSY_SECONDS = 0.4
"""Seconds between polls while something changes that the icon shows."""
STARTING_SECONDS = 0.1
"""Seconds between polls while the user waits for the server to start."""

LIST_SECONDS = 60.0
"""Greatest age of the lists of models and clients; the server has them in memory."""
USAGE_SECONDS = 60.0
"""Greatest age of the usage, which also changes with the time: a plan's windows reset."""
PLAN_SECONDS = 2.0
"""Seconds until usage is fetched once more after a request: the plan's use follows the answer."""


@dataclass(frozen=True)
class Target:
    """The server to poll; `number` distinguishes reports on an earlier server at the same URL."""

    url: str
    number: int


@dataclass(frozen=True)
class Report:
    """The result of one poll.

    Without `health`, `error` explains why, and `refused` is true if nothing listens at the URL.
    Values that were not fetched this time are those of the last report.
    """

    target: Target
    health: Health | None = None
    error: str = ""
    refused: bool = False
    models: tuple[Model, ...] = ()
    connections: tuple[Connection, ...] = ()
    programs: tuple[Program, ...] = ()
    usage: UsageTotals | None = None
    plans: tuple[PlanReport, ...] = ()
    batches: tuple[WaitingBatch, ...] = ()
    requested_at: float = 0.0
    """When the poll began, on the poller's clock."""


class Poller:
    """The polling loop, which calls `on_report` on its own thread after each poll."""

    def __init__(
        self,
        connect: Callable[[str], ControlClient],
        on_report: Callable[[Report], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._on_report = on_report
        self._clock = clock
        self._wake = threading.Event()
        self._target: Target | None = None
        self._ended = False
        self._refresh = False
        self._last: Report | None = None
        self._listed_for: object = None
        self._listed_at = float("-inf")
        self._usage_due = float("-inf")

    def set_target(self, target: Target | None) -> None:
        """Poll this server from now on, the first time at once; None pauses polling."""
        if target != self._target:
            self._target = target
            self._wake.set()

    def poll_now(self, *, refresh: bool = False) -> None:
        """Poll without waiting; with `refresh`, fetch models, clients and usage again, too."""
        self._refresh = self._refresh or refresh
        self._wake.set()

    def end(self) -> None:
        """Make `run` return."""
        self._ended = True
        self._wake.set()

    def run(self) -> None:
        """Poll until `end` is called."""
        while not self._ended:
            self._wake.wait(self._choose_pause())
            self._wake.clear()
            target = self._target
            if target is not None and not self._ended:
                self._last = self._poll(target)
                self._on_report(self._last)

    def _choose_pause(self) -> float | None:
        if self._target is None:
            return None
        health = self._last.health if self._last is not None else None
        if health is None:
            return STARTING_SECONDS
        busy = health.open_streams or health.computer.is_busy
        return BUSY_SECONDS if busy else IDLE_SECONDS

    def _poll(self, target: Target) -> Report:
        last = self._last
        report = Report(target) if last is None else replace(last, target=target)
        if last is None or last.target != target:
            report = replace(report, batches=())
        report = replace(report, requested_at=self._clock())
        client = self._connect(target.url)
        try:
            health = client.fetch_health()
        except NoServer as error:
            return replace(report, health=None, error=str(error), refused=True)
        except NotAnswering as error:
            return replace(report, health=None, error=str(error), refused=False)
        report = replace(report, health=health, error="", refused=False)
        try:
            return self._fetch_details(report, health, last, client)
        except (NoServer, NotAnswering) as error:
            return replace(report, error=str(error))

    def _fetch_details(
        self, report: Report, health: Health, last: Report | None, client: ControlClient
    ) -> Report:
        """Fetch what may have changed; only /health is fetched in every poll."""
        refresh, self._refresh = self._refresh, False
        now = self._clock()
        # Those of the last report stay if the request fails: an approval must not seem decided.
        batches = client.list_waiting_batches() if health.computer.waiting else ()
        report = replace(report, batches=tuple(batches))
        before = last.health if last is not None else None
        request_ended = before is not None and before.open_streams > health.open_streams
        if refresh or request_ended or now > self._usage_due:
            self._usage_due = now + (PLAN_SECONDS if request_ended else USAGE_SECONDS)
            usage = client.fetch_usage()
            report = replace(report, usage=usage.today, plans=tuple(usage.plans))
            # A program that was connected is ticked when its first request has come.
            if any(program.written and program.proof is None for program in report.programs):
                report = replace(report, programs=tuple(client.list_programs()))
        # Another process or another backend has other models.
        listed_for = (health.pid, health.backend.active, health.backend.setting)
        if refresh or listed_for != self._listed_for or now - self._listed_at > LIST_SECONDS:
            # Before the requests: a list that fails must not be fetched again in every poll.
            self._listed_for, self._listed_at = listed_for, now
            report = replace(report, connections=tuple(client.fetch_connections().clients))
            report = replace(report, programs=tuple(client.list_programs()))
            report = replace(report, models=tuple(client.list_models()))
        return report
