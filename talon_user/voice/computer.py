"""Computer use by voice: asks first, shows every step, and takes silence for a no."""

import time
from typing import Any, Optional, Protocol

from ..core.runs import RunEvents, RunStep
from ..wire.http_client import EventStream, Fetch
from ..wire.request import BadSetting
from . import client

ASK_SECONDS = 30.0
HINT = "Say “claude approve” or “claude deny”."
ASKER = "the voice commands"
NO_ANSWER = "Nobody said “claude approve”, so Claude did not do it."
DENIED = "Claude leaves the computer alone."


class Banner(Protocol):
    """What a run needs of the rest."""

    def banner(self, lines: tuple[str, ...]) -> None:
        """Show these lines while Claude may act."""
        ...

    def failed(self, sentence: str) -> None:
        """Tell the user what went wrong."""
        ...

    def errand(self, method: str, path: str, body: Optional[dict[str, Any]]) -> None:
        """Send a short request of control beside all else, and tell the user if it fails."""
        ...


class ComputerRun:
    """One job for Claude with the mouse and the keyboard, from the asking to the last sentence.

    The bridge's switch is turned to ask_risky for this run if it was off, and off again after it.
    """

    resting = False

    def __init__(self, desk: Banner, prompt: str, model: str) -> None:
        """Ask the user whether Claude may do `prompt`."""
        self.over = False
        self.waits = ""
        self._desk, self._prompt, self._model = desk, prompt, model
        self._asked_at: Optional[float] = None
        self._fetch: Optional[Fetch] = None
        self._switching = self._switched = False
        self._stream: Optional[EventStream[Optional[RunStep]]] = None
        self._approval: Optional[RunStep] = None
        self._last = ""

    def begin(self) -> None:
        """Ask the user."""
        self._asked_at = time.monotonic()
        self._show(f"May Claude use the computer? “{self._prompt}”", HINT)

    def advance(self, now: float) -> None:
        """Go on with whatever it is at."""
        if self.over:
            return
        if self._asked_at is not None:
            if now - self._asked_at > ASK_SECONDS:
                self._finish(NO_ANSWER)
        elif self._fetch is not None:
            self._fetch.poll()
            if self._fetch.finished:
                self._switch_or_start(self._fetch)
        elif self._stream is not None:
            self._listen(self._stream)

    def answer(self, approved: bool) -> bool:
        """Take the user's yes or no; return whether anything waited for it."""
        if self._asked_at is not None:
            self._asked_at = None
            if approved:
                self._begin_fetch("GET", "/computer", None)
            else:
                self._finish(DENIED)
            return True
        if self._approval is None:
            return False
        path = f"/computer/approvals/{self._approval.approval}"
        self._desk.errand("POST", path, {"approved": approved})
        self._approval = None
        self._show("Claude goes on." if approved else "Claude does not do that step.")
        return True

    def stop(self) -> None:
        """Stop Claude's hands at once: hanging up stops the run, and the bridge is told as well."""
        if self._stream is not None and not self._stream.finished:
            self._desk.errand("POST", "/computer/stop", {})
        self._finish("")

    def end(self) -> None:
        """Leave nothing behind."""
        self.over = True
        for part in (self._fetch, self._stream):
            if part is not None:
                part.close()
        self._desk.banner(())

    def hold(self) -> None:
        """A phrase does not pause it; “claude stop” ends it."""

    release = mention_hold = focus_changed = resume = move_here = hold

    def _begin_fetch(self, method: str, path: str, body: Optional[dict[str, Any]]) -> None:
        try:
            self._fetch = client.fetch(method, path, body, control=True)
        except BadSetting as problem:
            self._finish(str(problem))

    def _switch_or_start(self, fetch: Fetch) -> None:
        self._fetch = None
        if fetch.error is not None:
            self._finish(fetch.error)
        elif self._switching:
            self._switched, self._switching = True, False
            self._start()
        elif fetch.answer.get("mode") == "off":
            self._switching = True
            body = {"computer": {"mode": "ask_risky"}}
            self._begin_fetch("POST", "/control/switches", body)
        else:
            self._start()

    def _start(self) -> None:
        body = {"prompt": self._prompt, "model": self._model, "asked_by": ASKER}
        try:
            self._stream = client.stream("/computer/runs", body, RunEvents(), control=True)
        except BadSetting as problem:
            self._finish(str(problem))

    def _listen(self, stream: EventStream[Optional[RunStep]]) -> None:
        for step in stream.poll():
            if step is not None:
                self._take(step)
        if not self.over and stream.finished:
            self._finish(stream.error or self._last)
        elif self._approval is not None and 0 < self._approval.expires_at < time.time():
            self._approval = None
            self._show(NO_ANSWER)

    def _take(self, step: RunStep) -> None:
        self._last = step.sentence
        if step.over:
            self._finish(step.sentence)
        elif step.approval:
            self._approval = step
            self._show(step.sentence, HINT)
        else:
            self._approval = None
            self._show(step.sentence)

    def _show(self, *lines: str) -> None:
        self._desk.banner(("Claude and this computer – “claude stop” ends it", *lines))

    def _finish(self, sentence: str) -> None:
        if self.over:
            return
        self.end()
        if self._switched:
            self._desk.errand("POST", "/control/switches", {"computer": {"mode": "off"}})
        if sentence:
            self._desk.failed(sentence)
