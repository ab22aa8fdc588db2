"""Health is fetched in every poll; the rest only if it may have changed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bridge.wire.computer_status import ComputerHealth, WaitingBatch
from bridge.wire.connect import Connections, Program
from bridge.wire.health import Health
from bridge.wire.models import Model
from tests.tray.statuses import ASKED, BATCH, CODEX, HEALTH, OPUS, PLAN, URL, USAGE, ZED
from tray.models import shorten_name
from tray.server.control_client import ControlClient, NoServer, NotAnswering, UsageToday
from tray.server.poller import LIST_SECONDS, PLAN_SECONDS, USAGE_SECONDS, Poller, Report, Target

TARGET = Target(URL, 1)


class FakeServer(ControlClient):
    """Counts the requests."""

    def __init__(self) -> None:
        super().__init__(TARGET.url, str)
        self.response: Health | Exception = HEALTH
        self.models_fail = False
        self.batches_fail = False
        self.is_written = False
        self.requests: Counter[str] = Counter()

    def fetch_health(self) -> Health:
        self.requests["health"] += 1
        if isinstance(self.response, Exception):
            raise self.response
        return self.response

    def list_models(self) -> list[Model]:
        self.requests["models"] += 1
        if self.models_fail:
            raise NotAnswering("/v1/models returned status 500")
        return [OPUS]

    def fetch_connections(self) -> Connections:
        self.requests["connect"] += 1
        return Connections(base_url=f"{self.url}/v1", key="any", clients=[ZED])

    def list_programs(self) -> list[Program]:
        self.requests["programs"] += 1
        asked = ASKED if self.requests["programs"] > 1 else None
        return [replace(CODEX, written=self.is_written, proof=asked)]

    def fetch_usage(self) -> UsageToday:
        self.requests["usage"] += 1
        return UsageToday(today=replace(USAGE, requests=self.requests["usage"]), plans=[PLAN])

    def list_waiting_batches(self) -> list[WaitingBatch]:
        self.requests["batches"] += 1
        if self.batches_fail:
            raise NotAnswering("/computer is not responding")
        return [BATCH]


class World:
    """A poller that polls when the test calls `poll`."""

    def __init__(self) -> None:
        self.server = FakeServer()
        self.clock = 1000.0
        self.reports: list[Report] = []
        self.arrived = threading.Semaphore(0)
        self.poller = Poller(lambda url: self.server, self._on_report, lambda: self.clock)
        self.choose_pause: Callable[[], float | None] = self.poller._choose_pause
        # Without a pause of its own, it polls only when the test wakes it.
        self.poller._choose_pause = lambda: None  # type: ignore[method-assign]

    def _on_report(self, report: Report) -> None:
        self.reports.append(report)
        self.arrived.release()

    def poll(self, *, refresh: bool = False) -> Report:
        # Either call wakes it; both together might cause two polls.
        if self.reports:
            self.poller.poll_now(refresh=refresh)
        else:
            self.poller.set_target(TARGET)
        assert self.arrived.acquire(timeout=30)
        return self.reports[-1]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    thread = threading.Thread(target=world.poller.run, daemon=True)
    thread.start()
    yield world
    world.poller.end()
    thread.join(5)
    assert not thread.is_alive()


def test_lists_are_fetched_once_and_when_they_are_old_or_refreshed(world: World) -> None:
    first = world.poll()
    assert first.health == HEALTH
    assert [shorten_name(model) for model in first.models] == ["Opus 5.5"]
    assert first.connections == (ZED,)
    for _ in range(5):
        world.poll()
    assert world.server.requests == {
        "health": 6,
        "models": 1,
        "connect": 1,
        "programs": 1,
        "usage": 1,
    }
    world.poll(refresh=True)
    assert world.server.requests["models"] == 2
    world.clock += LIST_SECONDS + 1
    world.poll()
    assert world.server.requests["models"] == 3


def test_a_report_carries_the_time_of_its_request(world: World) -> None:
    assert world.poll().requested_at == 1000.0
    world.clock += 2
    assert world.poll().requested_at == 1002.0


def test_another_backend_has_other_models(world: World) -> None:
    world.poll()
    world.server.response = replace(HEALTH, backend=replace(HEALTH.backend, active="offline"))
    world.poll()
    assert world.server.requests["models"] == 2


def test_usage_is_fetched_when_a_request_has_ended(world: World) -> None:
    world.poll()
    for streams in (2, 2, 3):
        world.server.response = replace(HEALTH, open_streams=streams)
        world.poll()
    assert world.server.requests["usage"] == 1
    world.server.response = replace(HEALTH, open_streams=2)
    report = world.poll()
    assert report.usage is not None
    assert report.usage.requests == 2
    assert report.plans == (PLAN,)


def test_usage_is_fetched_again_for_the_plan_whose_use_follows_the_answer(world: World) -> None:
    world.server.response = replace(HEALTH, open_streams=1)
    world.poll()
    world.server.response = HEALTH
    world.poll()
    world.poll()
    assert world.server.requests["usage"] == 2
    world.clock += PLAN_SECONDS + 0.1
    world.poll()
    world.poll()
    assert world.server.requests["usage"] == 3


def test_usage_is_never_older_than_a_minute(world: World) -> None:
    world.poll()
    for _ in range(3):
        world.clock += USAGE_SECONDS + 0.1
        world.poll()
        world.poll()
    assert world.server.requests["usage"] == 4


def test_waiting_batches_are_fetched_only_while_there_are_any(world: World) -> None:
    assert world.poll().batches == ()
    waiting = ComputerHealth(mode="ask", waiting=1)
    world.server.response = replace(HEALTH, computer=waiting)
    assert world.poll().batches == (BATCH,)
    world.server.response = replace(HEALTH, computer=ComputerHealth(mode="ask"))
    assert world.poll().batches == ()
    assert world.server.requests["batches"] == 1


@pytest.mark.parametrize(
    ("error", "refused"),
    [(NoServer("No server is running"), True), (NotAnswering("timed out"), False)],
)
def test_an_ended_server_differs_from_a_silent_one(
    world: World, error: Exception, refused: bool
) -> None:
    world.poll()
    world.server.response = error
    report = world.poll()
    assert (report.health, report.error, report.refused) == (None, str(error), refused)
    assert report.models, "the last list is still shown"


def test_a_failing_list_is_not_requested_in_every_poll(world: World) -> None:
    world.server.models_fail = True
    report = world.poll()
    assert (report.health, report.error) == (HEALTH, "/v1/models returned status 500")
    for _ in range(3):
        world.poll()
    assert world.server.requests["models"] == 1


@pytest.mark.parametrize(
    ("response", "seconds"),
    [
        (HEALTH, 1.0),
        (replace(HEALTH, open_streams=1), 0.4),
        (replace(HEALTH, computer=ComputerHealth(mode="allowed", active=True)), 0.4),
        (replace(HEALTH, computer=ComputerHealth(mode="ask", waiting=1)), 0.4),
        (replace(HEALTH, computer=ComputerHealth(mode="ask", paused=True)), 0.4),
        (NoServer("No server is running"), 0.1),
    ],
)
def test_polls_are_more_frequent_while_something_changes(
    world: World, response: Health | Exception, seconds: float
) -> None:
    world.server.response = response
    world.poll()
    assert world.choose_pause() == seconds


def test_an_approval_stays_while_the_server_does_not_respond(world: World) -> None:
    """Otherwise its notification would be withdrawn, and not be shown again within a minute."""
    waiting = replace(HEALTH, computer=ComputerHealth(mode="ask", waiting=1))
    world.server.response = waiting
    assert world.poll().batches == (BATCH,)
    world.server.batches_fail = True
    assert world.poll().batches == (BATCH,)
    world.server.response = NotAnswering("slow")
    assert world.poll().batches == (BATCH,)
    world.server.response = HEALTH
    assert world.poll().batches == ()


def test_a_connected_program_is_ticked_after_its_first_request(world: World) -> None:
    world.server.is_written = True
    assert world.poll().programs[0].proof is None
    world.clock += 1_000
    assert world.poll().programs[0].proof == ASKED
