"""The server is kept running, on a clock of the test's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tray.api_types import Health
from tray.poller import Seen
from tray.supervisor import Supervisor

URL = "http://127.0.0.1:8000"

HEALTH = Health(
    url=URL,
    version="0",
    pid=1,
    ready=True,
    stopping=False,
    model="claude-opus-5-5",
    setting="auto",
    backend="anthropic",
    reason="a key",
    cure="",
    use_for_everything=False,
    paused=False,
    open_streams=0,
    problem="",
    computer=None,
)


@dataclass
class Child:
    """A process as the test wants it."""

    flags: Sequence[str] = ()
    url: str | None = None
    finishing: int | None = None
    code: int | None = None
    words: str = ""
    pushed: list[str] = field(default_factory=list)

    def exit_code(self) -> int | None:
        return self.code

    def last_line(self) -> str:
        return self.words

    def end_input(self) -> None:
        self.pushed.append("end_input")

    def terminate(self) -> None:
        self.pushed.append("terminate")

    def kill(self) -> None:
        self.pushed.append("kill")

    def close(self) -> None:
        self.pushed.append("close")


class World:
    """A clock, a server that answers or not, and the children that were started."""

    def __init__(self) -> None:
        self.now = 0.0
        self.health: Health | None = None
        self.hangs = False
        self.asked_to_stop: list[str] = []
        self.free_port: int | None = None
        self.children: list[Child] = []
        self.supervisor = Supervisor(
            url=URL,
            grace=7,
            spawn=self._spawn,
            ask_to_stop=self.asked_to_stop.append,
            free_port=lambda: self.free_port,
            clock=lambda: self.now,
        )

    def _spawn(self, flags: Sequence[str]) -> Child:
        self.children.append(Child(flags))
        return self.children[-1]

    def see(self) -> tuple[str, str]:
        """The watch looks where it should, twice, as it does in two seconds; then the state."""
        for _ in range(2):
            target = self.supervisor.target
            if target is not None:
                seen = Seen(target, self.health, refused=self.health is None and not self.hangs)
                self.supervisor.hear(seen)
            status = self.supervisor.look()
        return status.state, status.sentence

    def up(self) -> Child:
        """Starts a child that listens and answers."""
        self.supervisor.start()
        self.see()
        self.children[-1].url, self.health = URL, HEALTH
        assert self.see() == ("running", "")
        return self.children[-1]

    def join(self) -> None:
        self.health = HEALTH
        self.supervisor.start()
        assert self.see() == ("running", "")
        assert self.supervisor.look().joined

    def die(self, **how: Any) -> None:
        child = self.children[-1]
        child.code, child.words, self.health = how["code"], how.get("words", ""), None


@pytest.fixture
def world() -> World:
    return World()


def test_a_child_is_started_and_running_once_it_answers(world: World) -> None:
    world.supervisor.start()
    assert world.supervisor.look().state == "starting"
    assert world.see() == ("starting", "")
    world.children[0].url, world.health = URL, HEALTH
    world.see()
    status = world.supervisor.look()
    assert (status.state, status.url, status.model, status.joined) == (
        "running",
        URL,
        "claude-opus-5-5",
        False,
    )


def test_a_server_that_runs_is_joined_and_left_alone_at_quit(world: World) -> None:
    world.join()
    assert world.children == []
    world.supervisor.stop(then="quit")
    assert world.supervisor.finished
    assert world.asked_to_stop == []


def test_a_joined_server_is_stopped_when_told(world: World) -> None:
    world.join()
    world.supervisor.stop()
    assert world.asked_to_stop == [URL]
    assert world.see() == ("stopping", "")
    world.health = None
    assert world.see() == ("stopped", "")


def test_a_joined_server_that_will_not_stop_goes_on_and_says_why(world: World) -> None:
    world.join()
    world.supervisor.stop()
    world.supervisor.refused_to_stop("This needs the control token.")
    assert world.supervisor.look().state == "running"
    assert world.supervisor.look().sentence == "This needs the control token."


def test_a_joined_server_that_ends_is_shown(world: World) -> None:
    world.join()
    world.health = None
    assert world.see() == (
        "stopped",
        "The server that ran here has ended. Start another from this menu.",
    )


def test_a_server_that_dies_is_shown_and_started_again_with_growing_pauses(world: World) -> None:
    world.up()
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        world.die(code=-9, words="Killed")
        assert world.see() == (
            "failing",
            f"The server was ended by signal 9; starting again in {pause} s: Killed",
        )
        before = len(world.children)
        world.now += pause - 0.1
        world.see()
        assert len(world.children) == before
        world.now += 0.2
        world.see()
        assert len(world.children) == before + 1


def test_a_minute_of_health_forgets_earlier_failures(world: World) -> None:
    world.up()
    world.die(code=1)
    world.see()
    world.now += 1.1
    world.see()
    world.children[-1].url, world.health = URL, HEALTH
    world.see()
    world.now += 61
    world.die(code=1)
    assert "starting again in 1 s" in world.see()[1]


def test_after_sleep_it_is_tried_at_once(world: World) -> None:
    world.up()
    for _ in range(4):
        world.die(code=1)
        world.see()
        world.now += 9
        world.see()
    world.die(code=1)
    assert "starting again in 16 s" in world.see()[1]
    before = len(world.children)
    world.supervisor.wake()
    world.see()
    assert len(world.children) == before + 1


def test_a_server_that_cannot_start_is_not_tried_again(world: World) -> None:
    world.supervisor.start()
    world.see()
    world.die(code=2, words="setting model: there is no such model.")
    assert world.see() == ("stopped", "setting model: there is no such model.")
    assert world.supervisor.look().free_port is None
    world.now += 1000
    world.see()
    assert len(world.children) == 1


def test_where_the_port_is_taken_the_next_free_one_is_offered_and_then_kept(world: World) -> None:
    world.supervisor.start()
    world.see()
    world.free_port = 8003
    world.die(code=2, words="Port 8000 is taken by nginx (pid 7); stop it, or choose another.")
    world.see()
    assert world.supervisor.look().free_port == 8003
    world.supervisor.start(8003)
    world.see()
    assert world.children[-1].flags == ["--port", "8003"]
    assert world.supervisor.look().free_port is None
    world.children[-1].url, world.health = "http://127.0.0.1:8003", HEALTH
    world.see()
    world.supervisor.stop(then="start")
    world.die(code=0)
    world.see()
    assert world.children[-1].flags == ["--port", "8003"]


def test_a_server_that_is_silent_is_failing_only_at_the_second_miss(world: World) -> None:
    world.up()
    world.health, world.hangs = None, True
    target = world.supervisor.target
    assert target is not None
    world.supervisor.hear(Seen(target))
    assert world.supervisor.look().state == "running"
    world.supervisor.hear(Seen(target))
    status = world.supervisor.look()
    assert status.state == "failing"
    assert status.sentence.startswith("The server does not answer any more. Restart it")
    world.health = HEALTH
    assert world.see() == ("running", "")


def test_a_hung_server_is_not_waited_for(world: World) -> None:
    child = world.up()
    world.health, world.hangs = None, True
    world.see()
    world.supervisor.stop()
    world.now += 3.1
    world.see()
    assert child.pushed[:2] == ["end_input", "terminate"]


def test_stop_is_asked_then_pushed_then_forced(world: World) -> None:
    child = world.up()
    world.supervisor.stop()
    for wait in (0, 6.9, 0.2, 3.0):
        world.now += wait
        assert world.see() == ("stopping", "")
    assert list(dict.fromkeys(child.pushed)) == ["end_input", "terminate", "kill"]
    world.die(code=-9)
    assert world.see() == ("stopped", "")


def test_what_is_finished_is_told(world: World) -> None:
    child = world.up()
    world.health = replace(HEALTH, open_streams=2)
    world.see()
    world.supervisor.stop(then="quit")
    assert world.supervisor.look().open_streams == 2
    child.finishing = 1
    status = world.supervisor.look()
    assert (status.open_streams, status.quitting) == (1, True)


def test_a_second_quit_waits_for_nobody(world: World) -> None:
    child = world.up()
    world.supervisor.stop(then="quit")
    world.see()
    assert child.pushed == ["end_input"]
    world.supervisor.stop(then="quit")
    assert child.pushed == ["end_input", "terminate"]
    world.now += 3.1
    world.see()
    assert child.pushed[-1] == "kill"


def test_restart_starts_a_new_one_with_what_was_switched(world: World) -> None:
    world.up()
    world.supervisor.keep({"model": "claude-haiku-5-5", "use_for_everything": True, "paused": True})
    status = world.supervisor.look()
    assert (status.model, status.use_for_everything, status.paused) == (
        "claude-haiku-5-5",
        True,
        True,
    )
    world.supervisor.stop(then="start")
    world.die(code=0)
    assert world.see()[0] == "starting"
    assert world.children[1].flags == [
        *("--model", "claude-haiku-5-5"),
        *("--use-for-everything", "True"),
    ]


def test_quit_ends_the_child_first(world: World) -> None:
    world.up()
    world.supervisor.stop(then="quit")
    assert not world.supervisor.finished
    world.die(code=0)
    world.see()
    assert world.supervisor.finished


def test_quit_while_waiting_to_start_again_is_at_once(world: World) -> None:
    world.up()
    world.die(code=1)
    world.see()
    world.supervisor.stop(then="quit")
    assert world.supervisor.finished


def test_an_answer_to_an_earlier_question_is_left_aside(world: World) -> None:
    world.up()
    old = world.supervisor.target
    assert old is not None
    world.die(code=1)
    world.see()
    world.now += 1.1
    world.supervisor.look()
    world.supervisor.hear(Seen(old, HEALTH))
    assert world.supervisor.look().state == "starting"


@pytest.mark.parametrize(
    ("health", "sentence"),
    [
        (replace(HEALTH, ready=False, cure="Sign in."), "Sign in."),
        (replace(HEALTH, problem="The key is refused."), "The key is refused."),
    ],
)
def test_what_is_wrong_with_claude_is_told(world: World, health: Health, sentence: str) -> None:
    world.up()
    world.health = health
    assert world.see() == ("running", sentence)
