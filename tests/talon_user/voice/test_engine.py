"""The queue of tasks goes on after every end, whatever the tasks do."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.talon_world import TalonWorld
from tests.talon_world.world import PACKAGE


class Tasks:
    """An engine of the loaded package, and what its tasks have done."""

    def __init__(self, world: TalonWorld) -> None:
        self.world = world
        self.done: list[str] = []
        self.failures: list[str] = []
        engine: Any = sys.modules[f"{PACKAGE}.voice.engine"]
        self.engine = engine.Engine(lambda: None, self.failures.append)

    def make(self, name: str, **behaviour: Any) -> Any:
        """Return a task that waits for the user; `behaviour` replaces its methods."""
        task: Any = sys.modules[f"{PACKAGE}.voice.task"]

        def note(step: str, *_arguments: object) -> None:
            self.done.append(f"{name} {step}")

        class Waiting(task.Task):  # type: ignore[misc]
            idle = behaviour.get("idle", True)

            def begin(self) -> None:
                note("begins")
                behaviour.get("begin", lambda _: None)(self)

            def advance(self, now: float) -> None:
                behaviour.get("advance", lambda _: None)(self)

            def stop(self) -> None:
                note("is stopped")
                behaviour.get("stop", lambda _: None)(self)

            def end(self) -> None:
                super().end()
                note("ends")
                behaviour.get("end", lambda _: None)(self)

        return Waiting()

    def run(self, step: Any) -> None:
        """Do something as a command, on the script thread."""
        self.world.script.run(step)


@pytest.fixture
def tasks(world: TalonWorld) -> Tasks:
    return Tasks(world)


def test_a_task_that_waits_for_the_user_needs_no_timer(tasks: Tasks) -> None:
    tasks.run(lambda: tasks.engine.add(tasks.make("one")))
    assert (tasks.done, tasks.world.cron_jobs) == (["one begins"], [])


def test_a_stopped_task_is_advanced_again_and_the_next_one_begins(tasks: Tasks) -> None:
    def finish(task: Any) -> None:
        if "one is stopped" in tasks.done:
            task.done = True

    tasks.run(lambda: tasks.engine.add(tasks.make("one", advance=finish)))
    tasks.run(tasks.engine.stop)
    tasks.run(lambda: tasks.engine.add(tasks.make("two")))
    tasks.world.advance(0.1)
    assert tasks.done == ["one begins", "one is stopped", "two begins"]
    assert tasks.world.cron_jobs == []


def test_a_stopped_task_that_never_finishes_is_ended(tasks: Tasks) -> None:
    tasks.run(lambda: tasks.engine.add(tasks.make("one")))
    tasks.run(tasks.engine.stop)
    tasks.run(lambda: tasks.engine.add(tasks.make("two")))
    tasks.world.advance(5)
    assert tasks.done == ["one begins", "one is stopped", "one ends", "two begins"]
    assert (tasks.failures, tasks.world.cron_jobs) == ([], [])


def test_a_stop_drops_what_waits(tasks: Tasks) -> None:
    tasks.run(lambda: tasks.engine.add(*map(tasks.make, ("one", "two"))))
    tasks.run(tasks.engine.stop)
    tasks.world.advance(5)
    assert "two begins" not in tasks.done
    assert tasks.engine.current is None


def fail(_task: Any) -> None:
    raise RuntimeError("the app hangs")


@pytest.mark.parametrize("step", ["begin", "advance", "stop"])
@pytest.mark.parametrize("also", [{}, {"end": fail}], ids=["", "and its end fails"])
def test_a_task_that_fails_ends_with_one_notice_and_the_next_one_begins(
    tasks: Tasks, step: str, also: dict[str, Any]
) -> None:
    one = tasks.make("one", idle=False, **{step: fail}, **also)
    tasks.run(lambda: tasks.engine.add(one))
    if step == "stop":
        tasks.run(tasks.engine.stop)
    tasks.run(lambda: tasks.engine.add(tasks.make("two")))
    tasks.world.advance(0.2)
    assert tasks.done[-2:] == ["one ends", "two begins"]
    assert len(tasks.failures) == 1
    assert "the app hangs" in tasks.failures[0]
    assert tasks.world.cron_jobs == []
