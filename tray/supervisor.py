"""Keeps a server running: its own child, or one that was there before.

Nothing here waits for a server: what the watch saw is heard, and each call ends at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from tray.api_types import Health
from tray.poller import Seen, Target
from tray.restart_policy import Exit, Patience, TryAgain, stop_step
from tray.status import State, Status

AfterStop = Literal["rest", "start", "quit"]

MISSES = 2
"""Looks in a row that find a listening server silent, before it counts as failing."""

HUNG_GRACE = 3.0
"""Seconds that a server which does not answer gets to stop: it has nothing to finish."""

_STILL = "The server does not answer any more. Restart it from this menu; the log may say why."
_ENDED = "The server that ran here has ended. Start another from this menu."


class Child(Protocol):
    """What a ServerProcess is to its supervisor."""

    url: str | None
    finishing: int | None

    def exit_code(self) -> int | None: ...
    def last_line(self) -> str: ...
    def end_input(self) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


@dataclass
class Supervisor:
    """All calls come from one thread; `look`, called again and again, moves things on."""

    url: str
    """Where a server would already run, by the settings."""
    grace: float
    """Seconds a stopping server may take to finish its answers."""
    spawn: Callable[[Sequence[str]], Child]
    """Starts a server with these flags besides those of the tray."""
    ask_to_stop: Callable[[str], None]
    """Asks a server that is not our child; beside this thread."""
    free_port: Callable[[], int | None]
    """One to offer when the server's own is taken; None when it is not."""
    clock: Callable[[], float] = time.monotonic
    finished: bool = False
    """True once a Quit has been carried out."""

    _child: Child | None = None
    _joined: bool = False
    _looking: bool = False
    _number: int = 0
    _flags: dict[str, Any] = field(default_factory=dict)
    _seen: Seen | None = None
    _health: Health | None = None
    _misses: int = 0
    _patience: Patience = field(default_factory=Patience)
    _healthy_since: float | None = None
    _start_at: float | None = None
    _stopping_since: float | None = None
    _hung: bool = False
    _after_stop: AfterStop = "rest"
    _sentence: str = ""
    _offer: int | None = None

    def start(self, port: int | None = None) -> None:
        """Joins the server that answers at `url`, or starts one; on `port`, if one is given."""
        if self._child is not None or self._joined or self._looking:
            return
        self._start_at, self._sentence, self._offer = None, "", None
        if port is not None:
            self.url = f"{self.url.rpartition(':')[0]}:{port}"
            self._flags["port"] = port
        self._looking, self._number = True, self._number + 1

    def stop(self, then: AfterStop = "rest") -> None:
        """Lets the server finish its answers and end; a joined one stays at a Quit."""
        if then == "quit" and self._after_stop == "quit" and self._stopping_since is not None:
            self._hurry()
            return
        self._start_at, self._looking = None, False
        self._after_stop = then
        if self._joined and then != "quit":
            self._begin_stopping()
            self.ask_to_stop(self.url)
        elif self._child is not None:
            if self._stopping_since is None:
                self._begin_stopping()
                self._child.end_input()
        else:
            self._stopped()

    def keep(self, changes: dict[str, Any]) -> None:
        """What was switched stays when our own server is started again. Pauses do not."""
        kept = ("model", "backend", "use_for_everything")
        self._flags |= {name: value for name, value in changes.items() if name in kept}
        if self._health is not None:
            known = {**changes, "setting": changes.get("backend", self._health.setting)}
            known.pop("backend", None)
            self._health = replace(self._health, **known)

    def refused_to_stop(self, why: str) -> None:
        """The server that is not ours will not: it goes on."""
        if self._joined:
            self._stopping_since, self._sentence = None, why

    def wake(self) -> None:
        """The machine slept, or has another network: what failed before may go now."""
        self._patience, self._misses = Patience(), 0
        if self._start_at is not None:
            self._start_at = self.clock()

    @property
    def target(self) -> Target | None:
        """Where the watch should look."""
        if self._child is not None and self._stopping_since is None and self._child.url:
            return Target(self._child.url, self._number)
        if self._looking or self._joined:
            return Target(self.url, self._number)
        return None

    def hear(self, seen: Seen) -> None:
        """What the watch found; answers to earlier questions are left aside."""
        if seen.target != self.target:
            return
        self._seen = seen
        if self._looking:
            self._looking = False
            self._joined = seen.health is not None
            if not self._joined:
                self._number += 1
                self._child = self.spawn(_as_flags(self._flags))
                return
        if seen.health is not None:
            self._health, self._misses = seen.health, 0
            self._healthy_since = self._healthy_since or self.clock()
            if self._stopping_since is None:
                self._sentence = ""
        elif self._joined and seen.refused:
            self._joined_ended()
        else:
            self._misses += 1

    def look(self) -> Status:
        """Sees what happened since the last time, takes the next step, and says how things are."""
        if self._child is not None:
            self._look_at_child(self._child)
        elif self._start_at is not None and self.clock() >= self._start_at:
            self.start()
        return self._status()

    def _look_at_child(self, child: Child) -> None:
        code = child.exit_code()
        if code is not None:
            self._child_ended(child, code)
        elif self._stopping_since is not None:
            self._push(child, self.clock() - self._stopping_since)

    def _joined_ended(self) -> None:
        self._joined, self._health = False, None
        if self._stopping_since is not None:
            self._stopped()
        else:
            self._sentence = _ENDED

    def _child_ended(self, child: Child, code: int) -> None:
        healthy = self.clock() - self._healthy_since if self._healthy_since else 0.0
        child.close()
        self._child = self._healthy_since = self._health = None
        self._misses = 0
        if self._stopping_since is not None:
            self._stopped()
            return
        self._patience, step = self._patience.after(Exit(code, healthy, child.last_line()))
        self._sentence = step.sentence
        if isinstance(step, TryAgain):
            self._start_at = self.clock() + step.pause
        elif step.sentence:
            self._offer = self.free_port()

    def _begin_stopping(self) -> None:
        self._stopping_since = self.clock()
        self._hung = self._misses >= MISSES or self._health is None

    def _hurry(self) -> None:
        """The server is told once more: it cuts what runs, with an error in each stream."""
        if self._child is not None:
            self._child.terminate()
            self._stopping_since = self.clock() - self.grace

    def _push(self, child: Child, waited: float) -> None:
        match stop_step(waited, HUNG_GRACE if self._hung else self.grace):
            case "terminate":
                child.terminate()
            case "kill":
                child.kill()
            case "wait":
                pass

    def _stopped(self) -> None:
        self._stopping_since = self._health = None
        self._sentence = ""
        self.finished = self._after_stop == "quit"
        if self._after_stop == "start":
            self.start()

    def _status(self) -> Status:
        seen, health = self._seen, self._health
        status = Status(
            self._state(),
            sentence=self._sentence,
            joined=self._joined,
            quitting=self._stopping_since is not None and self._after_stop == "quit",
            free_port=self._offer,
            models=seen.models if seen is not None else (),
            clients=seen.clients if seen is not None else (),
            usage=seen.usage if seen is not None else None,
            open_streams=self._finishing(),
        )
        if health is None or seen is None or status.state not in ("running", "failing"):
            return status
        return replace(
            status,
            sentence=self._trouble(health, status.state),
            url=health.url,
            ready=health.ready,
            paused=health.paused,
            open_streams=health.open_streams,
            model=health.model,
            use_for_everything=health.use_for_everything,
            setting=health.setting,
            backend=health.backend,
            reason=health.reason,
            computer=health.computer,
            batches=seen.batches,
            server_version=health.version,
            pid=health.pid,
        )

    def _state(self) -> State:
        if self._stopping_since is not None:
            return "stopping"
        if self._start_at is not None:
            return "failing"
        if self._child is None and not self._joined:
            return "starting" if self._looking else "stopped"
        if self._health is None:
            return "starting"
        return "failing" if self._misses >= MISSES else "running"

    def _trouble(self, health: Health, state: State) -> str:
        if self._sentence or state == "failing":
            return self._sentence or _STILL
        return health.cure if not health.ready else health.problem

    def _finishing(self) -> int:
        told = self._child.finishing if self._child is not None else None
        if told is not None:
            return told
        return self._health.open_streams if self._health is not None else 0


def _as_flags(switches: dict[str, Any]) -> list[str]:
    return [
        word
        for name, value in switches.items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
