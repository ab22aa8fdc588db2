"""Keeps a server running: its own child, or one that was there before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bridge.wire.control import Health, SwitchesPatch
from tray.control_client import ControlClient, NoServer, NotAnswering
from tray.menu import Status
from tray.policy import Exit, Patience, TryAgain, stop_step

AfterStop = Literal["rest", "start", "quit"]


class Child(Protocol):
    """What a ServerProcess is to its supervisor."""

    url: str | None

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
    spawn: Callable[[], Child]
    client: Callable[[str], ControlClient]
    clock: Callable[[], float] = time.monotonic
    finished: bool = False
    """True once a Quit has been carried out."""

    _child: Child | None = None
    _joined: bool = False
    _health: Health | None = None
    _models: tuple[str, ...] = ()
    _models_of: object = None
    _patience: Patience = field(default_factory=Patience)
    _healthy_since: float | None = None
    _start_at: float | None = None
    _stopping_since: float | None = None
    _after_stop: AfterStop = "rest"
    _sentence: str = ""

    def start(self) -> None:
        """Joins the server that answers at `url`, or starts one."""
        if self._child is not None or self._joined:
            return
        self._start_at, self._sentence = None, ""
        self._joined = self._ask_health(self.url)
        if not self._joined:
            self._child = self.spawn()

    def stop(self, then: AfterStop = "rest") -> None:
        """Lets the server finish its answers and end; a joined one stays at a Quit."""
        self._start_at = None
        self._after_stop = then
        if self._joined and then != "quit":
            self._stop_joined()
        elif self._child is not None:
            if self._stopping_since is None:
                self._stopping_since = self.clock()
                self._child.end_input()
        else:
            self._stopped()

    def choose_model(self, model: str) -> None:
        """Switches the running server; what it says against it becomes the sentence."""
        if self._health is None:
            return
        try:
            self.client(self._health.url).switch(SwitchesPatch(model=model))
        except (NoServer, NotAnswering) as error:
            self._sentence = str(error)

    def look(self) -> Status:
        """Sees what happened since the last time, takes the next step, and says how things are."""
        if self._child is not None:
            self._look_at_child(self._child)
        elif self._joined:
            self._look_at_joined()
        elif self._start_at is not None and self.clock() >= self._start_at:
            self.start()
        return self._status()

    def _look_at_child(self, child: Child) -> None:
        code = child.exit_code()
        if code is not None:
            self._child_ended(child, code)
            return
        if self._stopping_since is not None:
            self._push(child, self.clock() - self._stopping_since)
        elif child.url is not None and self._ask_health(child.url):
            self._healthy_since = self._healthy_since or self.clock()

    def _look_at_joined(self) -> None:
        if self._ask_health(self.url):
            return
        self._joined = False
        if self._stopping_since is not None:
            self._stopped()
        else:
            self._sentence = "The server that ran here has ended."

    def _child_ended(self, child: Child, code: int) -> None:
        healthy = self.clock() - self._healthy_since if self._healthy_since else 0.0
        child.close()
        self._child = self._healthy_since = self._health = None
        if self._stopping_since is not None:
            self._stopped()
            return
        self._patience, step = self._patience.after(Exit(code, healthy, child.last_line()))
        self._sentence = step.sentence
        if isinstance(step, TryAgain):
            self._start_at = self.clock() + step.pause

    def _push(self, child: Child, waited: float) -> None:
        match stop_step(waited, self.grace):
            case "terminate":
                child.terminate()
            case "kill":
                child.kill()
            case "wait":
                pass

    def _stop_joined(self) -> None:
        self._stopping_since = self.clock()
        try:
            self.client(self.url).stop()
        except NoServer:
            self._joined = False
            self._stopped()
        except NotAnswering as error:
            self._stopping_since = None
            self._sentence = str(error)

    def _stopped(self) -> None:
        self._stopping_since = self._health = None
        self._sentence = ""
        self.finished = self._after_stop == "quit"
        if self._after_stop == "start":
            self.start()

    def _ask_health(self, url: str) -> bool:
        try:
            self._health = self.client(url).health()
        except (NoServer, NotAnswering):
            self._health = None
            return False
        self._sentence = ""
        self._ask_models(url, (self._health.pid, self._health.backend))
        return True

    def _ask_models(self, url: str, of: object) -> None:
        """Only when the server or its backend changed: the list may come from upstream."""
        if of == self._models_of:
            return
        try:
            self._models = self.client(url).models()
            self._models_of = of
        except (NoServer, NotAnswering):
            self._models_of = None

    def _status(self) -> Status:
        if self._stopping_since is not None:
            return Status("stopping", joined=self._joined)
        if self._child is None and not self._joined:
            state: Literal["failing", "stopped"] = "failing" if self._start_at else "stopped"
            return Status(state, sentence=self._sentence)
        if self._health is None:
            listens = self._child is not None and self._child.url is not None
            return Status("failing" if listens and self._healthy_since else "starting")
        return self._running(self._health)

    def _running(self, health: Health) -> Status:
        return Status(
            "running",
            url=health.url,
            ready=health.ready,
            model=health.model,
            models=self._models,
            backend=health.backend.active,
            sentence=self._sentence or health.backend.cure or "",
            joined=self._joined,
        )
