"""Keep a server running: a child process, or one that ran before the tray."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from bridge.wire.health import Health, RouteStatus
from tray.server.poller import Report, Target
from tray.server.restart_policy import Exit, RestartPolicy, StartAgain, choose_stop_step
from tray.status import State, Status

# The supervisor as a state machine.
#
# States, as in Status.state:
#
#   stopped   No server. Waits for `start`.
#   starting  Either probing: the first report shows whether a server runs at `url` already.
#             Or launching: a child runs, but has not answered /health yet.
#   running   A server answers /health: our child, or one we are attached to.
#   failing   The child died and the next start is scheduled; or the server does not respond.
#   stopping  `stop` was called, and the server has not ended yet.
#
# Inputs: `start`, `stop`, `report_stop_failure`, `ensure_running` and `retry_now` from the menu
# and the app;
# `receive` with each report of the poller; and `step`, called in a loop, which looks at the
# child's exit code and at the clock. None of them blocks, and all come from one thread.
#
# Outputs: the Status that `step` returns; `target`, which the poller should poll; calls of
# `spawn`, `ask_to_stop`, and the child's `end_input`, `terminate` and `kill`; `finished`.
#
#   stopped   --start-->                       starting (probing)
#   starting  --report with health-->          running  (attached, if it was probing)
#   starting  --connection refused, or MISSES probes without health--> starting (launching)
#   running   --MISSES reports without health--> failing
#   failing   --report with health-->          running
#   running   --attached server refuses connections--> stopped
#   any       --child exits-->                 failing (scheduled) or stopped, see RestartPolicy
#   failing   --scheduled time comes-->        starting
#   any       --stop-->                        stopping
#   stopping  --server has ended-->            stopped, starting (restart) or `finished` (quit)
#
# A child stops in three steps: its stdin is closed, it is terminated after the grace period, and
# it is killed KILL_AFTER seconds later. An attached server is left running at Quit.

AfterStop = Literal["stay_stopped", "start", "quit"]

MISSES = 2
"""Consecutive reports without health before a running server counts as failing, or a listening
one as not ours."""

HUNG_GRACE = 3.0
"""Seconds to stop for a server that does not respond; it has nothing to finish."""

_NOT_RESPONDING = "The server isn't responding. Choose Restart server; the log may show the cause."
_ENDED = "The server stopped. Choose Start server to run it again."


class Child(Protocol):
    """The part of ServerProcess that the supervisor uses."""

    url: str | None
    finishing: int | None

    def poll_exit_code(self) -> int | None: ...
    def read_last_line(self) -> str: ...
    def end_input(self) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


@dataclass
class Supervisor:
    """See the state machine above; time is in seconds of `clock`."""

    url: str
    """Address in the settings, where a server may run already."""
    grace: float
    """Seconds a stopping server may take to finish its active requests."""
    spawn: Callable[[Sequence[str]], Child]
    """Start a server with these flags besides the tray's own."""
    ask_to_stop: Callable[[str], None]
    """Ask an attached server to stop; must return at once."""
    find_free_port: Callable[[], int | None]
    """Return a port to offer, or None if the server's own is not taken."""
    find_running: Callable[[], str | None] = lambda: None
    """Return the address of a server that runs already, wherever it listens."""
    clock: Callable[[], float] = time.monotonic
    finished: bool = False
    """True once a Quit is complete."""

    _child: Child | None = None
    _attached: bool = False
    _probing: bool = False
    _number: int = 0
    _port: int | None = None
    _report: Report | None = None
    _health: Health | None = None
    _misses: int = 0
    _policy: RestartPolicy = field(default_factory=RestartPolicy)
    _healthy_since: float | None = None
    _start_at: float | None = None
    _stopping_since: float | None = None
    _hung: bool = False
    _after_stop: AfterStop = "stay_stopped"
    _message: str = ""
    _free_port: int | None = None

    def start(self, port: int | None = None) -> None:
        """Attach to the server that answers at `url`, or start one; on `port` if given."""
        if self._child is not None or self._attached or self._probing:
            return
        self._start_at, self._message, self._free_port = None, "", None
        if port is None:
            self.url = self.find_running() or self.url
        else:
            self.url = f"{self.url.rpartition(':')[0]}:{port}"
            self._port = port
        self._probing, self._misses, self._number = True, 0, self._number + 1

    def stop(self, then: AfterStop = "stay_stopped") -> None:
        """Let the server finish its requests and end; a second Quit does not wait for them."""
        if then == "quit" and self._after_stop == "quit" and self._stopping_since is not None:
            self._hurry_child()
            return
        self._start_at, self._probing = None, False
        self._after_stop = then
        if self._attached and then != "quit":
            self._begin_stopping()
            self.ask_to_stop(self.url)
        elif self._child is not None:
            if self._stopping_since is None:
                self._begin_stopping()
                self._child.end_input()
        else:
            self._complete_stop()

    def report_stop_failure(self, reason: str) -> None:
        """Go back to running: an attached server refused to stop."""
        if self._attached:
            self._stopping_since, self._message = None, reason

    def ensure_running(self) -> None:
        """Start the server unless one runs; one that is stopping is started again."""
        if self._stopping_since is not None:
            self._after_stop = "start"
            return
        self.retry_now()
        self.start()

    def retry_now(self) -> None:
        """Forget failures and start at once: after sleep or with a new network it may work."""
        self._policy, self._misses = RestartPolicy(), 0
        if self._start_at is not None:
            self._start_at = self.clock()

    @property
    def target(self) -> Target | None:
        """The server to poll; None while there is none, or while a child stops."""
        if self._child is not None and self._stopping_since is None and self._child.url:
            return Target(self._child.url, self._number)
        if self._probing or self._attached:
            return Target(self.url, self._number)
        return None

    def receive(self, report: Report) -> None:
        """Take in a poll's result; a report on an earlier target is ignored."""
        if report.target != self.target:
            return
        self._report = report
        if self._probing:
            self._misses += 1
            if report.health is None and not report.refused and self._misses < MISSES:
                # Something listens. A server that has just started may need longer for its first
                # response than the poller waits: it first finds out whether Claude Code is usable.
                return
            self._probing, self._misses = False, 0
            self._attached = report.health is not None
            if not self._attached:
                self._number += 1
                self._child = self.spawn([] if self._port is None else ["--port", str(self._port)])
                return
        if report.health is not None:
            self._health, self._misses = report.health, 0
            self._healthy_since = self._healthy_since or self.clock()
            if self._stopping_since is None:
                self._message = ""
        elif self._attached and report.refused:
            self._detach()
        else:
            self._misses += 1

    def step(self) -> Status:
        """Take the next step that is due, and return the status after it."""
        if self._child is not None:
            self._step_child(self._child)
        elif self._start_at is not None and self.clock() >= self._start_at:
            self.start()
        return self._build_status()

    def _step_child(self, child: Child) -> None:
        code = child.poll_exit_code()
        if code is not None:
            self._handle_exit(child, code)
        elif self._stopping_since is not None:
            self._push_child(child, self.clock() - self._stopping_since)

    def _detach(self) -> None:
        self._attached, self._health = False, None
        if self._stopping_since is not None:
            self._complete_stop()
        else:
            self._message = _ENDED

    def _handle_exit(self, child: Child, code: int) -> None:
        healthy = self.clock() - self._healthy_since if self._healthy_since else 0.0
        child.close()
        self._child = self._healthy_since = self._health = None
        self._misses = 0
        if self._stopping_since is not None:
            self._complete_stop()
            return
        self._policy, decision = self._policy.decide(Exit(code, healthy, child.read_last_line()))
        self._message = decision.message
        if isinstance(decision, StartAgain):
            self._start_at = self.clock() + decision.pause
        elif decision.message:
            self._free_port = self.find_free_port()

    def _begin_stopping(self) -> None:
        self._stopping_since = self.clock()
        self._hung = self._misses >= MISSES or self._health is None

    def _hurry_child(self) -> None:
        if self._child is not None:
            # The server ends each open stream with an error event when it is terminated.
            self._child.terminate()
            self._stopping_since = self.clock() - self.grace

    def _push_child(self, child: Child, waited: float) -> None:
        match choose_stop_step(waited, HUNG_GRACE if self._hung else self.grace):
            case "terminate":
                child.terminate()
            case "kill":
                child.kill()
            case "wait":
                pass

    def _complete_stop(self) -> None:
        self._stopping_since = self._health = None
        self._message = ""
        self.finished = self._after_stop == "quit"
        if self._after_stop == "start":
            self.start()

    def _build_status(self) -> Status:
        report, health = self._report, self._health
        status = Status(
            self._derive_state(),
            message=self._message,
            attached=self._attached,
            quitting=self._stopping_since is not None and self._after_stop == "quit",
            free_port=self._free_port,
            models=report.models if report is not None else (),
            connections=report.connections if report is not None else (),
            programs=report.programs if report is not None else (),
            usage=report.usage if report is not None else None,
            open_streams=self._count_unfinished(),
        )
        if health is None or report is None or status.state not in ("running", "failing"):
            return status
        message = self._find_problem(health, status.state)
        status = _add_health(status, health)
        return replace(status, message=message, batches=report.batches, plans=report.plans)

    def _derive_state(self) -> State:
        if self._stopping_since is not None:
            return "stopping"
        if self._start_at is not None:
            return "failing"
        if self._child is None and not self._attached:
            return "starting" if self._probing else "stopped"
        if self._health is None:
            return "starting"
        return "failing" if self._misses >= MISSES else "running"

    def _find_problem(self, health: Health, state: State) -> str:
        if self._message or state == "failing":
            return self._message or _NOT_RESPONDING
        if not health.ready:
            return _explain_not_ready(health)
        return _find_route_problem(health.routes)

    def _count_unfinished(self) -> int:
        if self._child is not None and self._child.finishing is not None:
            return self._child.finishing
        return self._health.open_streams if self._health is not None else 0


def _explain_not_ready(health: Health) -> str:
    """Return the reason and the hint; only the hint if nothing was ever connected."""
    hint = health.backend.hint or ""
    is_missing = all(route.credential != "rejected" for route in health.routes)
    reason = health.backend.reason
    if is_missing and not health.locked:
        return hint
    return f"{reason[:1].upper()}{reason[1:]}. {hint}".strip()


def _find_route_problem(routes: Sequence[RouteStatus]) -> str:
    """Return why Claude can't be reached; empty while at least one route is usable."""
    problems = [route.problem or "" for route in routes if route.breaker == "open"]
    return problems[0] if problems and len(problems) == len(routes) else ""


def _add_health(status: Status, health: Health) -> Status:
    return replace(
        status,
        url=health.url,
        ready=health.ready,
        paused=health.paused,
        open_streams=health.open_streams,
        model=health.model,
        sign_in=health.sign_in,
        sign_ins=tuple(health.sign_ins),
        use_for_everything=health.use_for_everything,
        setting=health.backend.setting,
        backend=health.backend.active,
        reason=health.backend.reason,
        recording=health.recorder.on,
        computer=health.computer,
        server_version=health.version,
        pid=health.pid,
    )
