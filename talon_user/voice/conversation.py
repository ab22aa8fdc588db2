"""The voice commands, as methods that Talon's actions call."""

import time
from dataclasses import replace
from typing import Optional

from talon import Context, actions, registry

from ..commands.answers import AnswerCommands
from ..commands.context import ContextCommands
from ..commands.cursorless import CursorlessCommands
from ..commands.listening import ListeningCommands
from ..commands.prompts import PromptCommands
from ..commands.queue import QueueCommands
from ..commands.usage import UsageCommands
from ..core.help_lines import build_help_lines, search_lines
from ..core.journal import Entry
from ..core.names import DEFAULT_NAMES, build_spoken_names, format_model
from ..core.place import Place
from ..core.plan import NamedPrompt, Plan, build_plan
from ..core.prompts import CONTINUE
from ..desktop.screen import notify
from ..wire.http_client import Fetch
from . import doctor, options
from .computer import ComputerRun
from .history import Exchange
from .location import Location
from .question import Question
from .replacement import select_old_answer
from .session import Session
from .task import Task
from .undo import Undo
from .window_sink import WindowSink, find_window_problem

ctx = Context()
NO_QUESTION = "There is no question yet. Say “claude ask” and your question."
NO_SUGGESTION = (
    "There is no suggested command or snippet. Say “claude shell” and what a command should do, or "
    "“claude paste” to insert the last answer."
)
STILL_PAUSED = "Claude's answer is paused. Say “claude resume”, or “claude stop” first."
NO_SNIPPET_IN_TERMINAL = "A snippet cannot be inserted into a terminal. Go to an editor first."
OUR_LISTS = "user.claude_"
MODELS_SECONDS = 60.0
NEVER = float("-inf")


class Conversation:
    """One method per command; each reports what it cannot do, and why."""

    def __init__(self, session: Session) -> None:
        """Use the session's engine, history and display."""
        self._session = session
        self._engine, self._history = session.engine, session.history
        self.answers = AnswerCommands(session)
        self.context = ContextCommands(session)
        self.cursorless = CursorlessCommands(session)
        self.listening = ListeningCommands(session, self.ask, self.stop)
        self.prompts = PromptCommands(session)
        self.queue = QueueCommands(session)
        self.usage = UsageCommands(session)
        self._models_fetched_at = NEVER
        session.on_bridge_answer = self._refresh_models

    def start(self) -> None:
        """Load the saved state and the models' names; call when Talon's settings are ready."""
        self.listening.leave()
        self._history.load()
        ctx.lists["user.claude_model_name"] = DEFAULT_NAMES
        self._fetch_models(show=False)

    # Asking.

    def ask(self, prompt: str, source: str, destination: str, model: str) -> None:
        """Ask a free question, in the current thread."""
        named = NamedPrompt(prompt, "none", options.read_choice("default_destination"))
        plan = build_plan(named, source, destination, model, "ask")
        # A long answer is moved to the answer window, unless the user said where it goes.
        plan = replace(plan, movable=not destination)
        # Code mode is for inserting: in a window or aloud, the user wants the explanation, too.
        is_inserted = plan.destination not in ("window", "speech", "shell")
        plan = replace(plan, code_if_asked=is_inserted and options.is_enabled("code_mode"))
        self._session.ask(plan, before=self._session.find_thread_tip(time.time()))

    def ask_for_command(self, wish: str) -> None:
        """Ask for one command line, and show it."""
        self._session.answer_window.suggestion = ""
        self._session.ask(Plan(wish, destination="shell", kind="prompt", code=True))

    def insert_suggestion(self) -> None:
        """Type the suggested command line, without Enter, or insert the snippet."""
        window = self._session.answer_window
        line, is_snippet = window.suggestion, window.is_snippet
        problem = find_window_problem() if line else NO_SUGGESTION
        if problem is None and is_snippet and options.read_place() is Place.TERMINAL:
            problem = NO_SNIPPET_IN_TERMINAL
        if problem is not None:
            self._session.report_problem(problem)
            return
        self._session.close_windows()
        if is_snippet:
            # Here, in a spoken command, community may wait for the editor.
            self._engine.attempt(lambda: actions.user.insert_snippet(line))
            return
        sink = WindowSink(Location())
        sink.feed(line)
        sink.finish()
        self._engine.add(sink)

    # After asking.

    def stop(self) -> None:
        """Stop the current task, empty the queue, and end listening."""
        self._session.clear_problem()
        was_listening = self.listening.is_on
        if was_listening:
            self.listening.cancel()
        if not self._engine.stop() and not was_listening:
            notify("Nothing to stop.")

    def resume(self) -> None:
        """Continue in the window that the question was asked from."""
        if self._find_current() is not None:
            self._engine.apply(lambda task: task.resume())

    def move_here(self) -> None:
        """Continue in the focused window."""
        if self._find_current() is None:
            return
        problem = find_window_problem()
        if problem is not None:
            self._session.report_problem(problem)
            return
        self._engine.apply(lambda task: task.move_here())

    def undo(self) -> None:
        """Remove Claude's last text from the window, if it has not been changed."""
        self._session.clear_problem()
        if self._engine.current is not None:
            self._engine.stop()
        self._engine.add(Undo(self._find_last_entry, self._finish_undo))

    def retry(self, model: str) -> None:
        """Ask the last question again, and replace its answer if that is unchanged."""
        last = self._find_last()
        if last is None:
            return
        plan = replace(last.plan, model=model or last.plan.model)
        exchange = Exchange(plan, last.material, last.before, 0.0)
        question = Question(self._session, exchange, material=last.material)
        if last.entry is not None:
            self._engine.add(select_old_answer(last, last.entry, question))
        self._session.clear_problem()
        self._engine.add(question)

    def ask_again_about(self, source: str) -> None:
        """Ask the last question again about another source."""
        last = self._find_last()
        if last is not None:
            self._session.ask(replace(last.plan, source=source))

    def continue_answer(self) -> None:
        """Ask Claude to continue its last answer."""
        tip = self._history.state.thread.find_tip(0, float("inf"))
        problem = None if tip else "There is no answer to continue."
        current = self._engine.current
        # Otherwise the new question would wait for an answer that the user meant to resume.
        if current is not None and current.pause_reason:
            problem = STILL_PAUSED
        if problem is not None:
            self._session.report_problem(problem)
            return
        self._session.ask(Plan(CONTINUE, kind="continue"), before=tip)

    def start_thread(self) -> None:
        """Start a new thread with the next question."""
        self._history.state.thread.clear()
        self._history.save()
        notify("The next question starts a new thread.")

    def forget_answer(self) -> None:
        """Delete the last answer from the bridge and the history."""
        deleted = self._history.state.thread.pop()
        if not deleted:
            self._session.report_problem("There is no answer to forget.")
            return
        self._history.save()
        for exchange in list(self._history.exchanges):
            if exchange.response_id == deleted:
                self._history.exchanges.remove(exchange)
        path = f"/v1/responses/{deleted}"
        self._session.fetch("DELETE", path, None, lambda _: notify("The last answer is deleted."))

    def show_history(self) -> None:
        """Show recent questions and answers, newest first."""
        lines = []
        for exchange in reversed(self._history.exchanges):
            lines += [f"› {exchange.plan.prompt}  ({format_model(exchange.model)})"]
            lines += [f"   {line}" for line in exchange.answer[:1000].splitlines()[:6]]
        self._session.show_text("Recent questions", lines or [NO_QUESTION])

    # Models.

    def use_model(self, model: str) -> None:
        """Use a model from now on; `default` returns to the one in the settings."""
        self._history.state.model = "" if model == "default" else model
        self._history.save()
        notify(f"Using {format_model(self._session.model)} from now on.")

    def show_models(self) -> None:
        """Fetch the bridge's model list again, and show the spoken names."""
        self._fetch_models(show=True)

    # Computer use.

    def use_computer(self, wish: str) -> None:
        """Let Claude use the computer, after the user's approval."""
        if not wish.strip():
            self._session.report_problem("Say what Claude should do after “claude computer”.")
            return
        self._session.clear_problem()
        self._engine.add(ComputerRun(self._session, wish, self._session.model))

    def decide(self, approved: bool) -> None:
        """Approve or deny what Claude wants to do."""
        task = self._engine.current
        if not (isinstance(task, ComputerRun) and task.answer(approved)):
            self._session.report_problem("Nothing is waiting for approval.")
        self._engine.wake()

    # Help.

    def show_help(self, words: str) -> None:
        """Show the commands and list entries that contain all of the words."""
        lists = {
            name: items
            for name, layers in registry.lists.items()
            for items in layers
            if name.startswith(OUR_LISTS)
        }
        prefix = next(iter(lists.get("user.claude_prefix", {"claude": ""})))
        lines = search_lines(build_help_lines(list_rules(), lists, prefix), words)
        title = f"Commands with “{words}”" if words else "Commands"
        self._session.show_text(title, lines or [f"No command contains “{words}”."])

    def run_doctor(self) -> None:
        """Check what the commands need, and show how to fix problems."""

        def show_result(health: Fetch) -> None:
            lines = [*doctor.describe_bridge(health), *doctor.check_talon()]
            self._session.show_text("Claude doctor", lines)

        self._session.fetch("GET", "/health", None, show_result, on_failure=show_result)

    def _find_current(self) -> Optional[Task]:
        """Return the current task, or None after a notification."""
        if self._engine.current is None:
            notify("Claude is not writing anything.")
        return self._engine.current

    def _find_last(self) -> Optional[Exchange]:
        """Return the last exchange, or None after reporting that there is none."""
        if self._history.last is None:
            self._session.report_problem(NO_QUESTION)
        return self._history.last

    def _find_last_entry(self) -> Optional[Entry]:
        exchange = self._history.last_inserted
        return exchange.entry if exchange is not None else None

    def _finish_undo(self, problem: Optional[str]) -> None:
        exchange = self._history.last_inserted
        if problem is not None:
            self._session.report_problem(problem)
        elif exchange is not None:
            exchange.entry = None

    def _refresh_models(self) -> None:
        """Fetch the models again, if the last list of the bridge is old or could not be fetched."""
        # After an answer, so that no timer runs while Claude is not used.
        if time.monotonic() - self._models_fetched_at >= MODELS_SECONDS:
            self._fetch_models(show=False)

    def _fetch_models(self, show: bool) -> None:
        """Update the models' spoken names; with `show`, show them or the failure."""

        def update_names(fetch: Fetch) -> None:
            names = build_spoken_names(fetch.answer.get("data"))
            if names:
                self._models_fetched_at = time.monotonic()
                ctx.lists["user.claude_model_name"] = names
            if show:
                lines = [f"{name}: {format_model(model)}" for name, model in sorted(names.items())]
                self._session.show_text("Models", lines or ["The bridge lists no models."])

        def handle_failure(fetch: Fetch) -> None:
            if show:
                self._session.report_problem(str(fetch.error))

        self._session.fetch("GET", "/v1/models", None, update_names, on_failure=handle_failure)


def list_rules() -> list[str]:
    """Return the rules of all commands that Talon has loaded."""
    return [
        command.rule.rule
        for context in registry.contexts.values()
        for command in context.commands.values()
    ]
