"""One question: read its source, send it to the bridge, and deliver the answer."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Optional, Protocol, Union

from talon import app

from ..core.fences import CodeExtractor, CodeOrProse
from ..core.journal import Entry
from ..core.place import Place
from ..core.plan import SELECTION_SOURCES, find_plan_problem
from ..core.prompts import Material, build_response_body
from ..core.waiting import FirstWordsTimer
from ..desktop.screen import notify, read_focus, read_focused_window
from ..wire.answer import LOST_THREAD, AnswerReader
from ..wire.http_client import EventStream
from ..wire.request import BadSetting
from . import client, options
from .history import Exchange
from .sources import SourceReader
from .task import Sink, Task
from .window_sink import OTHER_WINDOW, find_window_problem

NEW_THREAD = (
    "The bridge does not have the conversation any more, so this question starts a new one."
)
PORTION = 16 * 1024
"""Characters that are delivered at once: more would block speech recognition."""
RETRY = "Say “claude retry” to ask again."
UNSURE = (
    "Paused because this may be a terminal, where the copy key stops a program. If a text field "
    "has the focus, say “claude resume”."
)


class QuestionHost(Protocol):
    """What a question needs from the session."""

    @property
    def model(self) -> str:
        """The model for questions that do not name one."""
        ...

    @property
    def context(self) -> tuple[str, ...]:
        """The texts that the user wants Claude to know."""
        ...

    def open_sink(self, exchange: Exchange, question: "Question") -> Optional[Sink]:
        """Return the sink for the answer, or None after reporting why there is none."""
        ...

    def record_exchange(self, exchange: Exchange, complete: bool) -> None:
        """Record an exchange that has ended; `complete` unless it was stopped or failed."""
        ...

    def report_problem(self, sentence: str) -> None:
        """Show the user what went wrong."""
        ...

    def show_picture(self, picture: Any) -> None:
        """Show the user the picture that is sent."""
        ...


class Question(Task):
    """The question of `exchange.plan`, for the window that has the focus when it is created."""

    # States: waiting (not begun; also when its window has lost the focus), reading (`_reader`),
    # answering (`_stream` until it has finished, with `_answer_ended` false), delivering (the
    # answer has ended, the sink still inserts), done. The sink may pause in the last two.
    # Inputs: the source's text or picture, the answer's events, time, and the user's commands,
    # which it passes on to the sink.
    # Outputs: pieces of the answer to the sink; the exchange to `host.record_exchange` at the end.

    def __init__(
        self,
        host: QuestionHost,
        exchange: Exchange,
        material: Optional[Material] = None,
        reply: Callable[[], str] = lambda: "",
    ) -> None:
        """Create a question; with `material`, the source is not read again.

        `reply` returns Claude's last answer, for the source `reply`.
        """
        super().__init__()
        self.exchange, self.reply = exchange, reply
        # Set for a retry: returns the old answer if it is selected, to be replaced.
        self.find_selected: Optional[Callable[[], Optional[Entry]]] = None
        self.sink: Optional[Sink] = None
        self.window = read_focused_window()
        self.is_confirmed = False
        """Whether the user said that a text field has the focus, where Talon cannot tell."""
        self._host = host
        self._material = material
        self._reader: Optional[SourceReader] = None
        self._stream: Optional[EventStream[str]] = None
        self._answer = AnswerReader()
        self._arrived = ""
        self._timer: Optional[FirstWordsTimer] = None
        self._code: Union[CodeExtractor, CodeOrProse, None] = None
        self._begun = self._answer_ended = self._complete = False
        self._start_pause_reason = ""

    @property
    def title(self) -> str:
        """The question, in a few words."""
        return self.exchange.plan.prompt.strip().splitlines()[0][:80]

    @property
    def idle(self) -> bool:
        """Whether the question waits for the user to speak."""
        if not self._begun:
            return True
        return self._answer_ended and self.sink is not None and self.sink.idle

    @property
    def writes_code(self) -> bool:
        """Whether the answer is known to be inserted as code."""
        is_code = isinstance(self._code, CodeOrProse) and self._code.is_code
        return self.exchange.plan.code or is_code

    @property
    def pause_reason(self) -> str:
        """Why the question is paused, as a sentence, or empty."""
        return self._start_pause_reason or (self.sink.pause_reason if self.sink is not None else "")

    def begin(self) -> None:
        """Read the source, unless the question's window has lost the focus."""
        if self.exchange.plan.needs_window:
            if read_focused_window() != self.window:
                self._wait_to_begin(OTHER_WINDOW)
                return
            place = options.read_place()
            problem = find_window_problem() or self._find_place_problem(place)
            if problem is not None:
                self._give_up(problem)
                return
            if self._copies_text and place is Place.UNSURE and not self.is_confirmed:
                self._wait_to_begin(UNSURE)
                return
        self._begun, self._start_pause_reason = True, ""
        if self._material is None:
            plan = self.exchange.plan
            self._reader = SourceReader(plan.source, self.reply())
            self._send_when_read()
        else:
            self.use_material(self._material)

    def advance(self, now: float) -> None:
        """Advance the reader, or the stream and the sink."""
        if not self._begun:
            return
        if self._reader is not None:
            self._reader.advance(now)
            self._send_when_read()
        elif self._stream is not None and self.sink is not None:
            self._read_events(self._stream, self.sink)
            self._check_time(now)
            self.sink.advance(now)
            self._finish_if_delivered(self.sink)

    def stop(self) -> None:
        """Close the connection, and deliver no more."""
        self._close_stream()
        self._answer_ended = True
        if self.sink is None:
            self.end()
        else:
            self.sink.stop()
            self._finish_if_delivered(self.sink)

    def end(self) -> None:
        """End at once and release everything."""
        super().end()
        self._close_stream()
        if self._reader is not None:
            self._reader.end()
        if self.sink is not None:
            self.sink.end()

    def resume(self) -> None:
        """Begin, or continue to insert, in the question's window."""
        if self._begun:
            super().resume()
            return
        self.is_confirmed = self._start_pause_reason == UNSURE
        self.begin()

    def move_here(self) -> None:
        """Begin, or continue to insert, in the focused window."""
        if self._begun:
            super().move_here()
            return
        self.window = read_focused_window()
        self.begin()

    @property
    def _copies_text(self) -> bool:
        """Whether the question begins with a copy key."""
        return self._material is None and self.exchange.plan.source in SELECTION_SOURCES

    def _find_place_problem(self, place: Place) -> Optional[str]:
        """Return why the question cannot begin in a place; it may have been queued in another."""
        plan = self.exchange.plan
        if place is not Place.TERMINAL:
            return None
        if not self._copies_text:
            # A retry has its text. Where it cannot replace the old answer, it inserts.
            here = plan.destination == "replace"
            plan = replace(plan, source="none", destination="here" if here else plan.destination)
        return find_plan_problem(plan, terminal=True)

    def _wait_to_begin(self, reason: str) -> None:
        self._start_pause_reason = reason
        notify(reason)

    def _send_when_read(self) -> None:
        """Send the question if the source has been read."""
        reader = self._reader
        if reader is None or not reader.done:
            return
        self._reader = None
        if reader.problem is not None:
            self._give_up(reader.problem)
            return
        if reader.picture is not None:
            self._host.show_picture(reader.picture)
        pictures = (reader.picture.url,) if reader.picture is not None else ()
        facts = collect_facts(self.exchange.plan.destination)
        self.use_material(Material(reader.text, pictures, facts))

    def use_material(self, material: Material) -> None:
        """Send the question with what was read."""
        plan, exchange = self.exchange.plan, self.exchange
        exchange.material = material
        exchange.model = plan.model or self._host.model
        self.inner = self.sink = self._host.open_sink(exchange, self)
        if self.sink is None:
            self.end()
            return
        if plan.code:
            self._code = CodeExtractor()
        elif plan.code_if_asked:
            self._code = CodeOrProse()
        self._open_stream()

    def _open_stream(self) -> None:
        exchange, self._answer = self.exchange, AnswerReader()
        plan, material, exchange.at = exchange.plan, exchange.material, time.monotonic()
        self._timer = FirstWordsTimer(exchange.at, options.read_number("timeout_seconds"))
        is_sent = plan.with_context or options.is_enabled("context_always")
        context = self._host.context if is_sent else ()
        body = build_response_body(plan, material, exchange.model, exchange.before, context)
        try:
            self._stream = client.open_stream("/v1/responses", body, self._answer)
        except BadSetting as problem:
            self._give_up(str(problem))

    def _read_events(self, stream: EventStream[str], sink: Sink) -> None:
        if self._answer_ended:
            return
        # Joined first: appending each piece to a long answer would copy it each time.
        arrived = self._arrived + "".join(stream.poll())
        piece, self._arrived = arrived[:PORTION], arrived[PORTION:]
        if piece:
            self.exchange.answer += piece
            self._deliver(sink, self._code.feed(piece) if self._code is not None else piece)
        if not stream.finished or self._arrived:
            return
        if stream.error_code == LOST_THREAD and self._start_new_thread():
            return
        self._answer_ended = True
        self._complete = stream.error is None
        if self._complete:
            self.exchange.response_id = self._answer.response_id
        if self._code is not None:
            self._deliver(sink, self._code.finish())
        sink.finish()
        problem = stream.error or self._answer.problem or self._describe_empty_answer()
        if problem:
            is_broken = stream.error is not None and self.exchange.answer
            hint = f" {RETRY}" if is_broken and "claude retry" not in problem else ""
            self._host.report_problem(problem + hint)

    def _start_new_thread(self) -> bool:
        """Ask again without the thread, unless the question makes no sense without it."""
        if not self.exchange.before or self.exchange.plan.kind == "continue":
            return False
        notify(NEW_THREAD)
        self.exchange.before = ""
        self._open_stream()
        return True

    def _check_time(self, now: float) -> None:
        """Notify the user of a long wait for the first words, and end it when it is too long."""
        if self.exchange.answer or self._answer_ended or self._timer is None:
            return
        problem = self._timer.find_problem(now)
        notice = self._timer.take_notice(now)
        if problem is not None:
            self.stop()
            self._host.report_problem(problem)
        elif notice is not None:
            notify(notice)

    def _deliver(self, sink: Sink, text: str) -> None:
        self.exchange.delivered += text
        sink.feed(text)

    def _describe_empty_answer(self) -> str:
        return "" if self.exchange.answer.strip() else "Claude's answer is empty."

    def _finish_if_delivered(self, sink: Sink) -> None:
        if sink.done and not self.done:
            self.done = True
            self.exchange.entry = sink.entry
            self._host.record_exchange(self.exchange, self._complete)

    def _give_up(self, problem: str) -> None:
        self.end()
        self._host.report_problem(problem)

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()


def collect_facts(destination: str) -> tuple[str, ...]:
    """Return the facts about app and shell that the settings allow Claude to know."""
    # Never the host name: it often contains the user's name.
    focus = read_focus()
    facts = []
    if options.is_enabled("tell_app") and focus.app:
        facts.append(f"The user's current app: {focus.app}.")
    if options.is_enabled("tell_title") and focus.title:
        facts.append(f"The title of its window: {focus.title}.")
    if destination == "shell":
        facts.append(f"The shell: {options.read_text('shell') or _guess_shell()}.")
    return tuple(facts)


def _guess_shell() -> str:
    shells = {"mac": "zsh on macOS", "windows": "PowerShell on Windows"}
    return shells.get(app.platform, "bash on Linux")
