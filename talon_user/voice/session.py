"""The session shared by all voice commands: the task queue, the history and the display."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Optional

from talon import registry

from ..core.names import format_model
from ..core.place import Place
from ..core.plan import WINDOW_DESTINATIONS, Plan, find_plan_problem
from ..core.prompts import Material
from ..core.status import Status, format_status
from ..desktop.browser import Browser
from ..desktop.hud import Hud
from ..desktop.pictures import Picture
from ..desktop.screen import (
    NO_WINDOW,
    is_denied,
    notify,
    read_focus,
    show_notification,
)
from ..desktop.speech import find_voice
from ..wire.http_client import Fetch
from ..wire.request import BadSetting
from . import client, options
from .answer_window import AnswerWindow
from .computer import ComputerRun
from .engine import Engine
from .history import Exchange, History
from .location import Location, choose_location, choose_retry_location
from .long_answer import LongAnswerSink
from .question import Question
from .sinks import (
    NoCommand,
    PanelSink,
    SpeechSink,
    TextSink,
    append_answer,
    copy_answer,
    read_command_line,
    show_in_browser,
)
from .task import Sink, Task
from .window_sink import DENIED, NO_FOCUS, WindowSink

NO_VOICE = "No voice found to read the answer aloud. On Linux, install speech-dispatcher."
INSERT_SNIPPET = "user.insert_snippet"
ANSWERED = "Claude has answered."
SNIPPET_SHOWN = 2000
"""Characters of a snippet that are shown: wrapping a longer one would take time."""
NO_SNIPPETS = "The destination “snippet” needs the community package."
SNIPPET = "The snippet is ready. Say “claude insert” where it belongs."
SUGGESTION = "“{line}” – say “claude insert” to insert it, then press Enter yourself."


class Session:
    """One object for all commands, created when Talon loads the package."""

    # Inputs: a plan to `ask`; the results of tasks (`record_exchange`, `report_problem`,
    # `show_banner`, `show_picture`), which know this class as their `QuestionHost` and
    # `ComputerHost`. Outputs: tasks in the engine, the corner, the panel, notifications.

    def __init__(self) -> None:
        """Create a session with an empty queue."""
        self.engine = Engine(self.update_corner, self.report_problem)
        self.history = History()
        self.hud = Hud()
        self.answer_window = AnswerWindow(self.hud)
        self.context: tuple[str, ...] = ()
        self.wants_context = False
        """Whether the next question was asked “with context”."""
        self.listening = ""
        self.on_bridge_answer: Callable[[], None] = lambda: None
        self._problem = ""
        self._banner: tuple[str, ...] = ()
        self._corner_is_shown = False
        self._picture: Optional[Picture] = None
        self._browser = Browser()

    @property
    def model(self) -> str:
        """The model for questions that do not name one."""
        return self.history.state.model or options.read_text("model")

    # Asking.

    def ask(self, plan: Plan, before: str = "", material: Optional[Material] = None) -> None:
        """Queue a question, or report why it cannot be asked here.

        `before` is the id of the response to continue from, or empty for a new thread. With
        `material`, the source has been read.
        """
        self.clear_problem()
        problem = self.find_problem(plan)
        if problem is not None:
            self.report_problem(problem)
            return
        exchange = Exchange(self.add_context(plan), Material(), before, 0.0)
        self.engine.add(Question(self, exchange, material, self.read_last_answer))

    def add_context(self, plan: Plan) -> Plan:
        """Return the plan, with the context if the user has just said so."""
        wants_context, self.wants_context = self.wants_context, False
        return replace(plan, with_context=wants_context or plan.with_context)

    def find_thread_tip(self, now: float) -> str:
        """Return the id of the response that “claude ask” continues from, or empty."""
        return self.history.state.thread.find_tip(now, options.read_number("thread_minutes"))

    def open_sink(self, exchange: Exchange, question: Question) -> Optional[Sink]:
        """Return the sink for the plan's destination, or None after reporting a problem."""
        plan = exchange.plan
        if plan.destination in WINDOW_DESTINATIONS:
            return self._open_window_sink(exchange, question)
        if plan.destination == "clip":
            return TextSink(copy_answer)
        if plan.destination == "append":
            return TextSink(append_answer)
        if plan.destination == "window":
            return self._open_panel_sink(exchange)
        if plan.destination == "browser":
            return TextSink(lambda text: show_in_browser(self._browser, question.title, text))
        if plan.destination == "shell":
            return TextSink(self._suggest_command)
        if plan.destination == "snippet":
            return TextSink(self._suggest_snippet)
        voice = find_voice()
        if voice is None:
            self.report_problem(NO_VOICE)
            return None
        return SpeechSink(voice)

    def record_exchange(self, exchange: Exchange, complete: bool) -> None:
        """Add an exchange to the history; `complete` unless it was stopped or failed."""
        if complete:
            self.on_bridge_answer()
            # The end of an answer is silent otherwise.
            if options.is_enabled("sounds"):
                show_notification(ANSWERED)
        else:
            # A thread continues from complete answers only.
            exchange.response_id = ""
        self.history.add(exchange)
        if not exchange.shown and exchange.plan.destination != "shell":
            self.answer_window.remember(exchange.delivered)
        self._picture = None

    # Requests in the background.

    def send_control_request(self, method: str, path: str, body: Optional[dict[str, Any]]) -> None:
        """Send a request with the control token; report a failure."""
        self.fetch(method, path, body, lambda _: None, control=True)

    def fetch(
        self,
        method: str,
        path: str,
        body: Optional[dict[str, Any]],
        on_answer: Callable[[Fetch], None],
        control: bool = False,
        on_failure: Optional[Callable[[Fetch], None]] = None,
    ) -> None:
        """Fetch JSON in the background; report a failure unless `on_failure` takes it."""

        def handle_result(fetch: Fetch) -> None:
            if fetch.error is None:
                on_answer(fetch)
            elif on_failure is not None:
                on_failure(fetch)
            else:
                self.report_problem(fetch.error)

        try:
            self.engine.run_in_background(
                client.BackgroundFetch(
                    lambda: client.start_fetch(method, path, body, control), handle_result
                )
            )
        except BadSetting as problem:
            self.report_problem(str(problem))

    # Display.

    def report_problem(self, sentence: str) -> None:
        """Show a sentence as a notification, and in the corner until the next command."""
        self._problem = sentence
        notify(sentence)
        self.update_corner()

    def clear_problem(self) -> None:
        """Remove the last problem from the corner."""
        self._problem = ""

    def show_banner(self, lines: tuple[str, ...]) -> None:
        """Show what Claude does with the computer; without a HUD, as a notification."""
        if lines and lines != self._banner and not self.hud.can_show(options.read_choice("hud")):
            notify(" ".join(lines[1:]))
        self._banner = lines
        self.update_corner()

    def show_picture(self, picture: Picture) -> None:
        """Show the user the picture that is sent."""
        self._picture = picture
        notify(picture.caption)
        self.update_corner()

    def show_text(self, title: str, lines: list[str]) -> None:
        """Show a longer text in the panel, or without one as a notification."""
        if not self.answer_window.show_list(title, lines):
            show_notification("\n".join(lines[:12]))

    def close_windows(self) -> None:
        """Hide the panel and the last problem, and drop the suggested shell command."""
        self.clear_problem()
        self.answer_window.close()
        self.update_corner()

    def update_corner(self) -> None:
        """Show the current state in the corner."""
        task = self.engine.current
        status = Status(
            activity=_describe_activity(task),
            model=format_model(task.exchange.model) if isinstance(task, Question) else "",
            queued=self.engine.queued,
            context=sum(map(len, self.context)),
            pause_reason=task.pause_reason if task is not None else "",
            problem=self._problem,
            banner=self._banner,
            listening=self.listening,
        )
        lines = [*format_status(status), *([self._picture.caption] if self._picture else [])]
        # A corner that stays empty needs no GUI library, and does not read the setting.
        if lines or self._corner_is_shown:
            self._corner_is_shown = bool(lines)
            image = self._picture and self._picture.image
            self.hud.show_corner(options.read_choice("hud"), lines, image)

    def read_last_answer(self) -> str:
        """Return Claude's last answer, or empty."""
        last = self.history.last
        return last.answer if last is not None else ""

    def find_problem(self, plan: Plan) -> Optional[str]:
        """Return why a plan cannot be carried out here, as a sentence, or None."""
        if plan.destination == "snippet" and INSERT_SNIPPET not in registry.actions:
            return NO_SNIPPETS
        focus = read_focus()
        if focus.window == NO_WINDOW and plan.needs_window:
            return NO_FOCUS
        # Also when the question does not touch the window: in a password app, the clipboard may
        # hold a password.
        if is_denied(focus, options.read_text("deny_apps")):
            return DENIED
        return find_plan_problem(plan, options.read_place() is Place.TERMINAL)

    def _open_window_sink(self, exchange: Exchange, question: Question) -> Sink:
        """Return a sink for the focused window; it moves a long answer to the answer window."""
        plan, location = exchange.plan, self._choose_location(exchange, question)
        sink = WindowSink(location, question.is_confirmed)
        limit = int(options.read_number("window_lines"))
        is_movable = plan.movable and question.find_selected is None
        if limit <= 0 or not is_movable or not self.answer_window.can_show:
            return sink
        # Code is meant for the editor, whatever its length.
        return LongAnswerSink(
            sink, limit, lambda: not question.writes_code, lambda: self._open_panel_sink(exchange)
        )

    def _open_panel_sink(self, exchange: Exchange) -> PanelSink:
        exchange.shown = True
        title = f"Claude – {exchange.plan.prompt.splitlines()[0][:80]}"
        return PanelSink(self.answer_window, title)

    def _choose_location(self, exchange: Exchange, question: Question) -> Location:
        """Return the plan's destination, or for a retry the old answer, if it is selected."""
        text = exchange.material.text
        if question.find_selected is None:
            return choose_location(exchange.plan, text)
        old = question.find_selected()
        if old is None:
            return Location()
        return choose_retry_location(exchange.plan, text, old.text, old.replaced)

    def _suggest_command(self, text: str) -> None:
        try:
            line = read_command_line(text)
        except NoCommand as problem:
            notify(str(problem))
            return
        sentence = SUGGESTION.format(line=line)
        notify(sentence)
        self.answer_window.show_list("Suggested command", [sentence])
        self.answer_window.suggestion, self.answer_window.is_snippet = line, False

    def _suggest_snippet(self, text: str) -> None:
        notify(SNIPPET)
        self.answer_window.show_list("Snippet", [*text[:SNIPPET_SHOWN].splitlines(), "", SNIPPET])
        self.answer_window.suggestion, self.answer_window.is_snippet = text, True


def _describe_activity(task: Optional[Task]) -> str:
    """Return what a task does, as a word after “Claude is”."""
    if isinstance(task, Question):
        if task.sink is None:
            return "waiting" if task.pause_reason else "reading"
        return "writing" if task.exchange.answer else "thinking"
    if isinstance(task, ComputerRun):
        return "using the computer"
    return ""
