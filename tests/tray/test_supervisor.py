"""The server is kept running, on a clock of the test's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridge.wire.control import BackendStatus, Health, StopAccepted, Switches, SwitchesPatch
from tray.control_client import NoServer, NotAnswering
from tray.supervisor import Supervisor

URL = "http://127.0.0.1:8000"


def health(model: str = "claude-opus-5-5") -> Health:
    backend = BackendStatus(setting="auto", active="anthropic", reason="a key", cure=None)
    return Health(
        status="ready",
        ready=True,
        version="0",
        pid=1,
        started_at=0,
        url=URL,
        model=model,
        backend=backend,
        open_streams=0,
        roads=[],
    )


@dataclass
class Child:
    """A process as the test wants it."""

    url: str | None = None
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
        self.answers = False
        self.refuses_switch = ""
        self.model = "claude-opus-5-5"
        self.stopped = False
        self.children: list[Child] = []
        self.supervisor = Supervisor(
            url=URL,
            grace=7,
            spawn=self._spawn,
            client=lambda url: self,  # type: ignore[arg-type, return-value]  # plays the client
            clock=lambda: self.now,
        )

    def _spawn(self) -> Child:
        self.children.append(Child())
        return self.children[-1]

    def health(self) -> Health:
        if not self.answers:
            raise NoServer("nobody")
        return health(self.model)

    def models(self) -> tuple[str, ...]:
        return ("claude-opus-5-5", "claude-sonnet-5-5")

    def switch(self, patch: SwitchesPatch) -> Switches:
        if self.refuses_switch:
            raise NotAnswering(self.refuses_switch)
        self.model = patch.model or self.model
        return Switches(model=self.model, backend="auto")

    def stop(self) -> StopAccepted:
        self.stopped = True
        return StopAccepted(open_streams=0, roads=[])

    def see(self) -> tuple[str, str]:
        status = self.supervisor.look()
        return status.state, status.sentence

    def up(self) -> Child:
        """Starts a child that listens and answers."""
        self.supervisor.start()
        child = self.children[-1]
        child.url, self.answers = URL, True
        assert self.see() == ("running", "")
        return child

    def die(self, **how: Any) -> None:
        child = self.children[-1]
        child.code, child.words, self.answers = how["code"], how.get("words", ""), False


def test_a_child_is_started_and_running_once_it_answers() -> None:
    world = World()
    world.supervisor.start()
    assert world.see() == ("starting", "")
    world.children[0].url, world.answers = URL, True
    status = world.supervisor.look()
    assert (status.state, status.url, status.model, status.joined) == (
        "running",
        URL,
        "claude-opus-5-5",
        False,
    )
    assert status.models == ("claude-opus-5-5", "claude-sonnet-5-5")


def test_a_server_that_runs_is_joined_and_left_alone_at_quit() -> None:
    world = World()
    world.answers = True
    world.supervisor.start()
    assert world.supervisor.look().joined
    assert world.children == []
    world.supervisor.stop(then="quit")
    assert world.supervisor.finished
    assert not world.stopped


def test_a_joined_server_is_stopped_when_told() -> None:
    world = World()
    world.answers = True
    world.supervisor.start()
    world.supervisor.stop()
    assert world.stopped
    assert world.see() == ("stopping", "")
    world.answers = False
    assert world.see() == ("stopped", "")


def test_a_joined_server_that_ends_is_shown() -> None:
    world = World()
    world.answers = True
    world.supervisor.start()
    world.answers = False
    assert world.see() == ("stopped", "The server that ran here has ended.")


def test_a_server_that_dies_is_shown_and_started_again_with_growing_pauses() -> None:
    world = World()
    world.up()
    for pause in (1, 2, 4):
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


def test_a_minute_of_health_forgets_earlier_failures() -> None:
    world = World()
    world.up()
    world.die(code=1)
    world.see()
    world.now += 1.1
    world.see()
    world.children[-1].url, world.answers = URL, True
    world.see()
    world.now += 61
    world.die(code=1)
    assert "starting again in 1 s" in world.see()[1]


def test_a_server_that_cannot_start_is_not_tried_again() -> None:
    world = World()
    world.supervisor.start()
    world.die(code=2, words="Port 8000 is taken by nginx (pid 7); stop it, or choose another.")
    assert world.see() == (
        "stopped",
        "Port 8000 is taken by nginx (pid 7); stop it, or choose another.",
    )
    world.now += 1000
    world.see()
    assert len(world.children) == 1


def test_stop_is_asked_then_pushed_then_forced() -> None:
    world = World()
    child = world.up()
    world.supervisor.stop()
    for wait in (0, 6.9, 0.2, 3.0):
        world.now += wait
        assert world.see() == ("stopping", "")
    assert child.pushed == ["end_input", "terminate", "kill"]
    world.die(code=-9)
    assert world.see() == ("stopped", "")


def test_restart_starts_a_new_one() -> None:
    world = World()
    world.up()
    world.supervisor.stop(then="start")
    world.die(code=0)
    assert world.see()[0] == "starting"
    assert len(world.children) == 2


def test_quit_ends_the_child_first() -> None:
    world = World()
    world.up()
    world.supervisor.stop(then="quit")
    assert not world.supervisor.finished
    world.die(code=0)
    world.see()
    assert world.supervisor.finished


def test_quit_while_waiting_to_start_again_is_at_once() -> None:
    world = World()
    world.up()
    world.die(code=1)
    world.see()
    world.supervisor.stop(then="quit")
    assert world.supervisor.finished


def test_a_model_is_chosen_and_a_refusal_is_shown() -> None:
    world = World()
    world.up()
    world.supervisor.choose_model("claude-sonnet-5-5")
    assert world.supervisor.look().model == "claude-sonnet-5-5"
    world.refuses_switch = "This needs the control token."
    world.supervisor.choose_model("claude-opus-5-5")
    assert world.model == "claude-sonnet-5-5"
