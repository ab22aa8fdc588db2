"""The supervisor keeps a server running; the test controls the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from bridge.wire.health import BackendStatus, Health, RouteStatus
from tests.tray.statuses import HEALTH, URL
from tray.server.poller import Report
from tray.server.supervisor import Supervisor


@dataclass
class Child:
    """A process whose exit code and output the test sets."""

    flags: Sequence[str] = ()
    url: str | None = None
    finishing: int | None = None
    code: int | None = None
    last_line: str = ""
    calls: list[str] = field(default_factory=list)

    def poll_exit_code(self) -> int | None:
        return self.code

    def read_last_line(self) -> str:
        return self.last_line

    def end_input(self) -> None:
        self.calls.append("end_input")

    def terminate(self) -> None:
        self.calls.append("terminate")

    def kill(self) -> None:
        self.calls.append("kill")

    def close(self) -> None:
        self.calls.append("close")


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
            find_free_port=lambda: self.free_port,
            clock=lambda: self.now,
        )

    def _spawn(self, flags: Sequence[str]) -> Child:
        self.children.append(Child(flags))
        return self.children[-1]

    def poll(self) -> tuple[str, str]:
        """Poll the target twice, as in two seconds; return state and message."""
        for _ in range(2):
            target = self.supervisor.target
            if target is not None:
                refused = self.health is None and not self.hangs
                self.supervisor.receive(Report(target, self.health, refused=refused))
            status = self.supervisor.step()
        return status.state, status.message

    def start_child(self) -> Child:
        """Start a child that listens and answers."""
        self.supervisor.start()
        self.poll()
        self.children[-1].url, self.health = URL, HEALTH
        assert self.poll() == ("running", "")
        return self.children[-1]

    def attach(self) -> None:
        self.health = HEALTH
        self.supervisor.start()
        assert self.poll() == ("running", "")
        assert self.supervisor.step().attached

    def die(self, code: int, last_line: str = "") -> None:
        child = self.children[-1]
        child.code, child.last_line, self.health = code, last_line, None


@pytest.fixture
def world() -> World:
    return World()


def test_a_child_runs_once_it_answers(world: World) -> None:
    world.supervisor.start()
    assert world.supervisor.step().state == "starting"
    assert world.poll() == ("starting", "")
    world.children[0].url, world.health = URL, HEALTH
    world.poll()
    status = world.supervisor.step()
    assert (status.state, status.url, status.model, status.attached) == (
        "running",
        URL,
        "claude-opus-5-5",
        False,
    )


def test_a_running_server_is_attached_to_and_left_running_at_quit(world: World) -> None:
    world.attach()
    assert world.children == []
    world.supervisor.stop(then="quit")
    assert world.supervisor.finished
    assert world.asked_to_stop == []


def test_a_server_that_is_slow_at_first_is_attached_to(world: World) -> None:
    world.supervisor.start()
    target = world.supervisor.target
    assert target is not None
    world.supervisor.receive(Report(target))
    assert world.supervisor.step().state == "starting"
    world.supervisor.receive(Report(target, HEALTH))
    assert world.supervisor.step().attached
    assert world.children == []


def test_a_child_is_started_if_the_listener_never_answers(world: World) -> None:
    world.hangs = True
    world.supervisor.start()
    world.poll()
    assert len(world.children) == 1


def test_an_attached_server_is_stopped_by_stop(world: World) -> None:
    world.attach()
    world.supervisor.stop()
    assert world.asked_to_stop == [URL]
    assert world.poll() == ("stopping", "")
    world.health = None
    assert world.poll() == ("stopped", "")


def test_an_attached_server_that_refuses_to_stop_keeps_running(world: World) -> None:
    world.attach()
    world.supervisor.stop()
    world.supervisor.report_stop_failure("This needs the control token.")
    assert world.supervisor.step().state == "running"
    assert world.supervisor.step().message == "This needs the control token."


def test_an_attached_server_that_ends_is_shown_as_stopped(world: World) -> None:
    world.attach()
    world.health = None
    assert world.poll() == (
        "stopped",
        "The server stopped. Choose Start server to run it again.",
    )


def test_a_server_that_dies_is_restarted_with_growing_pauses(world: World) -> None:
    world.start_child()
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        world.die(code=-9, last_line="Killed")
        assert world.poll() == (
            "failing",
            f"The server was killed by signal 9; restarting in {pause} s: Killed",
        )
        before = len(world.children)
        world.now += pause - 0.1
        world.poll()
        assert len(world.children) == before
        world.now += 0.2
        world.poll()
        assert len(world.children) == before + 1


def test_after_a_minute_of_health_earlier_failures_do_not_count(world: World) -> None:
    world.start_child()
    world.die(code=1)
    world.poll()
    world.now += 1.1
    world.poll()
    world.children[-1].url, world.health = URL, HEALTH
    world.poll()
    world.now += 61
    world.die(code=1)
    assert "restarting in 1 s" in world.poll()[1]


def test_after_sleep_the_server_is_started_at_once(world: World) -> None:
    world.start_child()
    for _ in range(4):
        world.die(code=1)
        world.poll()
        world.now += 9
        world.poll()
    world.die(code=1)
    assert "restarting in 16 s" in world.poll()[1]
    before = len(world.children)
    world.supervisor.retry_now()
    world.poll()
    assert len(world.children) == before + 1


def test_a_server_that_cannot_start_is_not_restarted(world: World) -> None:
    world.supervisor.start()
    world.poll()
    world.die(code=2, last_line="setting model: there is no such model.")
    assert world.poll() == ("stopped", "setting model: there is no such model.")
    assert world.supervisor.step().free_port is None
    world.now += 1000
    world.poll()
    assert len(world.children) == 1


def test_for_a_taken_port_a_free_one_is_offered_and_used_for_restarts(world: World) -> None:
    world.supervisor.start()
    world.poll()
    world.free_port = 8003
    world.die(code=2, last_line="Port 8000 is taken by nginx (pid 7); stop it, or choose another.")
    world.poll()
    assert world.supervisor.step().free_port == 8003
    world.supervisor.start(8003)
    world.poll()
    assert world.children[-1].flags == ["--port", "8003"]
    assert world.supervisor.step().free_port is None
    world.children[-1].url, world.health = "http://127.0.0.1:8003", HEALTH
    world.poll()
    world.supervisor.stop(then="start")
    world.die(code=0)
    world.poll()
    assert world.children[-1].flags == ["--port", "8003"]


def test_a_silent_server_is_failing_from_the_second_miss_on(world: World) -> None:
    world.start_child()
    world.health, world.hangs = None, True
    target = world.supervisor.target
    assert target is not None
    world.supervisor.receive(Report(target))
    assert world.supervisor.step().state == "running"
    world.supervisor.receive(Report(target))
    status = world.supervisor.step()
    assert status.state == "failing"
    assert status.message.startswith("The server isn't responding. Choose Restart")
    world.health = HEALTH
    assert world.poll() == ("running", "")


def test_a_hung_server_gets_a_short_grace_period(world: World) -> None:
    child = world.start_child()
    world.health, world.hangs = None, True
    world.poll()
    world.supervisor.stop()
    world.now += 3.1
    world.poll()
    assert child.calls[:2] == ["end_input", "terminate"]


def test_a_stopping_child_is_terminated_then_killed(world: World) -> None:
    child = world.start_child()
    world.supervisor.stop()
    for wait in (0, 6.9, 0.2, 3.0):
        world.now += wait
        assert world.poll() == ("stopping", "")
    assert list(dict.fromkeys(child.calls)) == ["end_input", "terminate", "kill"]
    world.die(code=-9)
    assert world.poll() == ("stopped", "")


def test_the_requests_still_to_finish_are_counted(world: World) -> None:
    child = world.start_child()
    world.health = replace(HEALTH, open_streams=2)
    world.poll()
    world.supervisor.stop(then="quit")
    assert world.supervisor.step().open_streams == 2
    child.finishing = 1
    status = world.supervisor.step()
    assert (status.open_streams, status.quitting) == (1, True)


def test_a_second_quit_does_not_wait(world: World) -> None:
    child = world.start_child()
    world.supervisor.stop(then="quit")
    world.poll()
    assert child.calls == ["end_input"]
    world.supervisor.stop(then="quit")
    assert child.calls == ["end_input", "terminate"]
    world.now += 3.1
    world.poll()
    assert child.calls[-1] == "kill"


def test_restart_starts_a_new_child(world: World) -> None:
    world.start_child()
    world.supervisor.stop(then="start")
    world.die(code=0)
    assert world.poll()[0] == "starting"
    assert len(world.children) == 2


def test_quit_waits_for_the_child_to_end(world: World) -> None:
    world.start_child()
    world.supervisor.stop(then="quit")
    assert not world.supervisor.finished
    world.die(code=0)
    world.poll()
    assert world.supervisor.finished


def test_quit_before_a_scheduled_restart_is_immediate(world: World) -> None:
    world.start_child()
    world.die(code=1)
    world.poll()
    world.supervisor.stop(then="quit")
    assert world.supervisor.finished


def test_a_report_on_an_earlier_server_is_ignored(world: World) -> None:
    world.start_child()
    old = world.supervisor.target
    assert old is not None
    world.die(code=1)
    world.poll()
    world.now += 1.1
    world.supervisor.step()
    world.supervisor.receive(Report(old, HEALTH))
    assert world.supervisor.step().state == "starting"


def open_route(problem: str | None) -> RouteStatus:
    return RouteStatus(label="key", breaker="open", free_in=3, problem=problem)


REFUSED = BackendStatus(
    setting="auto", active=None, reason="Anthropic rejected the API key", hint="Replace it."
)
REJECTED_ROUTE = RouteStatus(label="key", breaker="closed", free_in=0, credential="rejected")
CLOSED_ROUTE = RouteStatus(label="sign-in", breaker="closed", free_in=0)


@pytest.mark.parametrize(
    ("health", "message"),
    [
        (
            replace(
                HEALTH,
                ready=False,
                backend=BackendStatus(setting="auto", active=None, reason="", hint="Sign in."),
            ),
            "Sign in.",
        ),
        (
            replace(HEALTH, ready=False, backend=REFUSED, routes=[REJECTED_ROUTE]),
            "Anthropic rejected the API key. Replace it.",
        ),
        (
            replace(HEALTH, ready=False, backend=REFUSED, locked=True),
            "Anthropic rejected the API key. Replace it.",
        ),
        (replace(HEALTH, ready=False, backend=REFUSED), "Replace it."),
        (replace(HEALTH, routes=[REJECTED_ROUTE, CLOSED_ROUTE]), ""),
        (replace(HEALTH, routes=[open_route("Rejected."), open_route("Limited.")]), "Rejected."),
        (replace(HEALTH, routes=[open_route("Rejected."), CLOSED_ROUTE]), ""),
        (replace(HEALTH, routes=[replace(open_route(None), breaker="half-open")]), ""),
    ],
)
def test_a_problem_is_shown_if_no_route_to_claude_is_usable(
    world: World, health: Health, message: str
) -> None:
    world.start_child()
    world.health = health
    assert world.poll() == ("running", message)


def test_a_second_start_runs_the_server_again_whatever_its_state(world: World) -> None:
    world.start_child()
    world.supervisor.ensure_running()
    assert world.supervisor.step().state == "running"
    assert len(world.children) == 1

    world.supervisor.stop()
    world.supervisor.ensure_running()
    assert world.supervisor.step().state == "stopping", "it finishes its requests first"
    world.die(0)
    assert world.poll()[0] == "starting"
    assert len(world.children) == 2

    world.children[-1].url, world.health = URL, HEALTH
    assert world.poll() == ("running", "")
    world.supervisor.stop()
    world.die(0)
    assert world.poll() == ("stopped", "")
    world.supervisor.ensure_running()
    assert world.poll()[0] == "starting"
    assert len(world.children) == 3


def test_a_second_start_does_not_wait_for_the_next_attempt(world: World) -> None:
    world.start_child()
    world.die(1, "It broke.")
    assert world.poll()[0] == "failing"
    world.supervisor.ensure_running()
    assert world.poll()[0] == "starting"


def test_a_second_start_takes_a_quit_back(world: World) -> None:
    world.start_child()
    world.supervisor.stop("quit")
    world.supervisor.ensure_running()
    world.die(0)
    assert world.poll()[0] == "starting"
    assert not world.supervisor.finished
