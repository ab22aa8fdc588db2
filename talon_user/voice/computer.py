"""Computer use by voice: ask for permission, show each step, treat silence as a denial."""

import time
from typing import Any, Optional, Protocol

from ..core.runs import RunEventReader, RunStep
from ..desktop.gaze import GazePause, list_gaze_controls
from ..wire.http_client import EventStream, Fetch
from ..wire.request import BadSetting
from . import client
from .task import Task

ASK_SECONDS = 30.0
TITLE = "Computer use – say “claude stop” to end it"
QUESTION = "Let Claude use this computer? “{prompt}”"
HINT = "Say “claude approve” or “claude deny”."
RESUME_HINT = "Say “claude resume” to continue."
REVIEW = "Review it on the dashboard (tray menu), or say “claude deny”."
ASKER = "the voice commands"
NOT_APPROVED = "Denied: you did not say “claude approve” in time."
DENIED = "Denied. Claude does not use the computer."


class ComputerHost(Protocol):
    """What a run needs from the session."""

    def show_banner(self, lines: tuple[str, ...]) -> None:
        """Show these lines while Claude may act; an empty tuple hides them."""
        ...

    def report_problem(self, sentence: str) -> None:
        """Show the user what went wrong, or how the run ended."""
        ...

    def send_control_request(self, method: str, path: str, body: Optional[dict[str, Any]]) -> None:
        """Send a request with the control token in the background; report a failure."""
        ...


class ComputerRun(Task):
    """One task for Claude with mouse and keyboard.

    If computer use is off in the bridge, it is set to `ask_risky` for this run only.
    """

    # States: asking (`_asked_at`: waits for the user's approval), fetching (`_fetch`: reads the
    # bridge's mode, and then switches it if it is off), running (`_stream`), done. A running run
    # may wait for a step's approval (`_approval`), which the bridge denies when it expires, or be
    # paused (`_is_paused`) until the user resumes it.
    # Inputs: `answer` with the user's decision, `resume`, `stop`, time, and the bridge's events. A
    # phrase does not pause a run.
    # Outputs: banner lines, requests to the bridge, one last sentence.
    # The bridge takes a moved mouse for the user's wish to stop. So gaze does not move it while
    # Claude acts. If it does nevertheless, because the user has turned it on again, that pauses the
    # run instead of ending it.

    def __init__(self, host: ComputerHost, prompt: str, model: str) -> None:
        """Create a run of `prompt` that asks the user when it begins."""
        super().__init__()
        self._host, self._prompt, self._model = host, prompt, model
        self._asked_at: Optional[float] = None
        self._asked_wall = 0.0
        self._fetch: Optional[Fetch] = None
        self._is_switching = self._has_switched = False
        self._stream: Optional[EventStream[Optional[RunStep]]] = None
        self._approval: Optional[RunStep] = None
        self._last_sentence = ""
        self._is_paused = False
        self._gaze = GazePause()

    def begin(self) -> None:
        """Ask the user for permission."""
        self._asked_at, self._asked_wall = time.monotonic(), time.time()
        self._show_lines(QUESTION.format(prompt=self._prompt), HINT)

    def advance(self, now: float) -> None:
        """Check the current state's time limit, fetch or stream."""
        if self.done:
            return
        if self._asked_at is not None:
            # The monotonic clock stands still while the computer sleeps, the other one does not.
            if max(now - self._asked_at, abs(time.time() - self._asked_wall)) > ASK_SECONDS:
                self._finish_run(NOT_APPROVED)
        elif self._fetch is not None:
            self._fetch.poll()
            if self._fetch.finished:
                self._switch_or_start(self._fetch)
        elif self._stream is not None:
            self._read_events(self._stream)

    def answer(self, approved: bool) -> bool:
        """Take the user's decision; return whether anything was waiting for it."""
        if self._asked_at is not None:
            self._asked_at = None
            if approved:
                self._begin_fetch("GET", "/computer", None)
            else:
                self._finish_run(DENIED)
            return True
        if self._approval is None:
            return False
        if approved and not self._approval.is_whole:
            self._show_lines(self._approval.sentence, REVIEW)
            return True
        path = f"/computer/approvals/{self._approval.approval}"
        body: dict[str, Any] = {"approved": approved}
        if self._approval.digest:
            body["digest"] = self._approval.digest
        self._host.send_control_request("POST", path, body)
        self._approval = None
        if self._is_paused:
            self._show_lines("Approved." if approved else "Step denied.", RESUME_HINT)
            return True
        self._gaze.begin()
        self._show_lines("Approved. Claude continues." if approved else "Step denied.")
        return True

    def resume(self) -> None:
        """Continue after a pause, which is over once the bridge says so."""
        if self._is_paused:
            if self._approval is None:
                self._gaze.begin()
            self._host.send_control_request("POST", "/computer/resume", {})

    def stop(self) -> None:
        """Stop Claude at once."""
        # Closing the stream stops the run. The request stops it too, in case the bridge has not
        # noticed the closed connection yet.
        if self._stream is not None and not self._stream.finished:
            self._host.send_control_request("POST", "/computer/stop", {})
        self._finish_run("")

    def end(self) -> None:
        """Close all connections and hide the banner."""
        super().end()
        for part in (self._fetch, self._stream):
            if part is not None:
                part.close()
        self._host.show_banner(())
        self._gaze.end()

    def _begin_fetch(self, method: str, path: str, body: Optional[dict[str, Any]]) -> None:
        try:
            self._fetch = client.start_fetch(method, path, body, control=True)
        except BadSetting as problem:
            self._finish_run(str(problem))

    def _switch_or_start(self, fetch: Fetch) -> None:
        self._fetch = None
        if fetch.error is not None:
            self._finish_run(fetch.error)
        elif self._is_switching:
            self._has_switched, self._is_switching = True, False
            self._start_run()
        elif fetch.answer.get("mode") == "off":
            self._is_switching = True
            body = {"computer": {"mode": "ask_risky"}}
            self._begin_fetch("POST", "/control/switches", body)
        else:
            self._start_run()

    def _start_run(self) -> None:
        body = {"prompt": self._prompt, "model": self._model, "asked_by": ASKER}
        if list_gaze_controls():
            body["mouse_moved"] = "pause"
        try:
            self._stream = client.open_stream(
                "/computer/runs", body, RunEventReader(), control=True
            )
            self._gaze.begin()
        except BadSetting as problem:
            self._finish_run(str(problem))

    def _read_events(self, stream: EventStream[Optional[RunStep]]) -> None:
        for step in stream.poll():
            if step is not None:
                self._take_step(step)
        if not self.done and stream.finished:
            self._finish_run(stream.error or self._last_sentence)
        elif self._approval is not None and 0 < self._approval.expires_at < time.time():
            self._approval = None
            self._show_lines(NOT_APPROVED)

    def _take_step(self, step: RunStep) -> None:
        self._last_sentence = step.sentence
        if step.paused is not None:
            self._is_paused = step.paused
        if step.final:
            self._finish_run(step.sentence)
        elif step.paused:
            self._gaze.end()
            self._show_lines(step.sentence, RESUME_HINT)
        elif step.approval:
            self._show_approval(step)
        elif step.paused is False and self._approval is not None:
            self._show_approval(self._approval)
        elif self._is_paused:
            # Claude's turn goes on, only nothing is done.
            self._approval = None
            self._show_lines(step.sentence, RESUME_HINT)
        else:
            self._approval = None
            self._gaze.begin()
            self._show_lines(step.sentence)

    def _show_approval(self, step: RunStep) -> None:
        self._approval = step
        # The user may need the mouse, to review the step on the dashboard.
        self._gaze.end()
        self._show_lines(step.sentence, HINT if step.is_whole else REVIEW)

    def _show_lines(self, *lines: str) -> None:
        self._host.show_banner((TITLE, *lines))

    def _finish_run(self, sentence: str) -> None:
        if self.done:
            return
        self.end()
        if self._has_switched:
            body = {"computer": {"mode": "off"}}
            self._host.send_control_request("POST", "/control/switches", body)
        if sentence:
            self._host.report_problem(sentence)
