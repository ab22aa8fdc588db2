"""The watch looks at health each time, and at the rest where it may have changed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.tray.test_supervisor import HEALTH
from tray.api_types import Batch, Client, Computer, Connect, Health, Model, Usage
from tray.control_client import ControlClient, NoServer, NotAnswering
from tray.poller import LIST_SECONDS, Seen, Target, Watch

TARGET = Target("http://127.0.0.1:8000", 1)
BATCH = Batch("b1", ("Click.",), (), "Cline", 9.0)


class FakeServer(ControlClient):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(TARGET.url, str)
        self.now: Health | Exception = HEALTH
        self.models_fail = False
        self.asked: Counter[str] = Counter()

    def health(self) -> Health:
        self.asked["health"] += 1
        if isinstance(self.now, Exception):
            raise self.now
        return self.now

    def models(self) -> tuple[Model, ...]:
        self.asked["models"] += 1
        if self.models_fail:
            raise NotAnswering("/v1/models answered 500")
        return (Model("claude-opus-5-5", "Opus 5.5", "Opus"),)

    def connect(self) -> Connect:
        self.asked["connect"] += 1
        return Connect(f"{self.url}/v1", "any", (Client("Zed", "There.", "{}"),))

    def usage(self) -> Usage:
        self.asked["usage"] += 1
        return Usage(self.asked["usage"], 0, 0, 0.0, 0)

    def batches(self) -> tuple[Batch, ...]:
        self.asked["batches"] += 1
        return (BATCH,)


class World:
    """A watch that looks when the test says so."""

    def __init__(self) -> None:
        self.server = FakeServer()
        self.clock = 1000.0
        self.seen: list[Seen] = []
        self.came = threading.Semaphore(0)
        self.watch = Watch(lambda url: self.server, self._report, lambda: self.clock)
        self._paused: Callable[[], float | None] = self.watch._pause
        # The test's own pace: only when it is hastened.
        self.watch._pause = lambda: None  # type: ignore[method-assign]

    def _report(self, seen: Seen) -> None:
        self.seen.append(seen)
        self.came.release()

    def look(self, *, fresh: bool = False) -> Seen:
        # Either wakes it; both might have it look twice.
        if self.seen:
            self.watch.hasten(fresh=fresh)
        else:
            self.watch.look_at(TARGET)
        assert self.came.acquire(timeout=5)
        return self.seen[-1]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    thread = threading.Thread(target=world.watch.run, daemon=True)
    thread.start()
    yield world
    world.watch.end()
    thread.join(5)
    assert not thread.is_alive()


def test_the_rest_is_asked_once_and_when_it_is_old_or_wanted(world: World) -> None:
    first = world.look()
    assert (first.health, first.models[0].name, first.clients[0].name) == (
        HEALTH,
        "Opus 5.5",
        "Zed",
    )
    for _ in range(5):
        world.look()
    assert world.server.asked == {"health": 6, "models": 1, "connect": 1, "usage": 1}
    world.look(fresh=True)
    assert world.server.asked["models"] == 2
    world.clock += LIST_SECONDS + 1
    world.look()
    assert world.server.asked["models"] == 3


def test_another_backend_has_other_models(world: World) -> None:
    world.look()
    world.server.now = replace(HEALTH, backend="offline")
    world.look()
    assert world.server.asked["models"] == 2


def test_what_an_answer_cost_is_asked_when_it_has_ended(world: World) -> None:
    world.look()
    for streams in (2, 2, 3):
        world.server.now = replace(HEALTH, open_streams=streams)
        world.look()
    assert world.server.asked["usage"] == 1
    world.server.now = replace(HEALTH, open_streams=2)
    seen = world.look()
    assert seen.usage is not None
    assert seen.usage.requests == 2


def test_what_waits_is_asked_only_while_something_does(world: World) -> None:
    assert world.look().batches == ()
    world.server.now = replace(HEALTH, computer=Computer("ask", waiting=1))
    assert world.look().batches == (BATCH,)
    world.server.now = replace(HEALTH, computer=Computer("ask"))
    assert world.look().batches == ()
    assert world.server.asked["batches"] == 1


@pytest.mark.parametrize(
    ("error", "refused"), [(NoServer("Nothing listens"), True), (NotAnswering("silent"), False)]
)
def test_a_server_that_is_gone_is_told_from_one_that_is_silent(
    world: World, error: Exception, refused: bool
) -> None:
    world.look()
    world.server.now = error
    seen = world.look()
    assert (seen.health, seen.trouble, seen.refused) == (None, str(error), refused)
    assert seen.models, "what was known is still shown"


def test_a_list_that_cannot_be_had_is_not_asked_for_at_every_look(world: World) -> None:
    world.server.models_fail = True
    seen = world.look()
    assert (seen.health, seen.trouble) == (HEALTH, "/v1/models answered 500")
    for _ in range(3):
        world.look()
    assert world.server.asked["models"] == 1


@pytest.mark.parametrize(
    ("health", "seconds"),
    [
        (HEALTH, 1.0),
        (replace(HEALTH, open_streams=1), 0.4),
        (replace(HEALTH, computer=Computer("allowed", active=True)), 0.4),
        (replace(HEALTH, computer=Computer("ask", waiting=1)), 0.4),
        (replace(HEALTH, computer=Computer("off")), 1.0),
        (NoServer("nobody"), 0.1),
    ],
)
def test_it_looks_more_often_while_something_goes_on(
    world: World, health: Health | Exception, seconds: float
) -> None:
    world.server.now = health
    world.look()
    assert world._paused() == seconds
