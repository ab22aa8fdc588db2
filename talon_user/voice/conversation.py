"""What the commands do: ask, go on, take back, ask again, and choose who answers."""

import time
from dataclasses import replace
from typing import Any, Optional

from talon import Context, registry

from ..core.help_lines import help_lines, search
from ..core.journal import Entry
from ..core.names import AT_FIRST, shown, spoken_models
from ..core.plan import BadPrompt, NamedPrompt, Plan, parse_prompt, resolve
from ..core.prompts import GO_ON
from ..desktop.keys import type_text
from ..wire.http_client import Fetch
from . import doctor, options
from .computer import ComputerRun
from .history import Exchange
from .question import Question, Target
from .session import Desk
from .undo import Undo
from .window_sink import refusal_here

ctx = Context()
NOTHING_YET = "Claude has not been asked anything yet."
OUR_LISTS = "user.claude_"


class Conversation:
    """The commands, as methods; each tells the user what it cannot do, and why."""

    def __init__(self, desk: Desk) -> None:
        """Work at `desk`."""
        self._desk = desk
        self._engine, self._notebook = desk.engine, desk.notebook
        self._models_known = False
        desk.bridge_answered = self._learn_models

    def ready(self) -> None:
        """Begin when Talon is ready: what was kept, and the models by name."""
        self._notebook.load()
        ctx.lists["user.claude_model_name"] = AT_FIRST
        self._fetch_models(told=False)

    # Asking.

    def ask(self, prompt: str, source: str, destination: str, model: str) -> None:
        """Ask in one's own words, going on in the thread."""
        named = NamedPrompt(prompt, "none", "here", options.switch("code_mode"))
        plan = resolve(named, source, destination, model, "ask")
        if plan.code and plan.destination in ("window", "speech", "shell"):
            plan = replace(plan, code=False)
        self._desk.ask(plan, before=self._desk.thread_tip(time.time()))

    def prompt(self, value: str, source: str, destination: str, model: str) -> None:
        """Ask what a line of a list of prompts says, in a thread of its own."""
        try:
            named = parse_prompt(value)
        except BadPrompt as problem:
            self._desk.failed(str(problem))
            return
        self._desk.ask(resolve(named, source, destination, model))

    def prompt_cursorless(
        self, value: str, target: Any, destination: Any, place: str, model: str
    ) -> None:
        """Ask about a Cursorless target, or for a Cursorless destination, or both."""
        try:
            named = parse_prompt(value)
        except BadPrompt as problem:
            self._desk.failed(str(problem))
            return
        plan = resolve(named, "cursorless", place or named.destination, model)
        if not place and plan.destination in ("here", "replace"):
            plan = replace(plan, destination="cursorless")
        self._desk.ask(plan, Target(target, destination))

    def prompt_to_cursorless(self, value: str, source: str, destination: Any, model: str) -> None:
        """Ask about an ordinary source, and put the answer at a Cursorless destination."""
        try:
            plan = resolve(parse_prompt(value), source, "cursorless", model)
        except BadPrompt as problem:
            self._desk.failed(str(problem))
            return
        self._desk.ask(plan, Target(None, destination))

    def shell(self, wish: str) -> None:
        """Ask for one command line, to be shown first."""
        self._desk.offered = ""
        self._desk.ask(Plan(wish, destination="shell", kind="prompt", code=True))

    def insert_offered(self) -> None:
        """Write the command line that was shown, without Enter."""
        refusal = refusal_here() if self._desk.offered else "No command is on offer."
        if refusal is not None:
            self._desk.failed(refusal)
            return
        line, self._desk.offered = self._desk.offered, ""
        self._desk.hud.close()
        type_text(line)

    # Afterwards.

    def stop(self) -> None:
        """Stop what goes on, and drop what waits."""
        self._desk.clear_trouble()
        if not self._engine.stop():
            self._desk.tell("Claude is not doing anything.")

    def resume(self) -> None:
        """Go on in the window that was asked from."""
        if self._live() is not None:
            self._engine.front.resume()
            self._engine.wake()

    def here(self) -> None:
        """Go on in the window that has the focus now."""
        if self._live() is None:
            return
        refusal = refusal_here()
        if refusal is not None:
            self._desk.failed(refusal)
            return
        self._engine.front.move_here()
        self._engine.wake()

    def undo(self) -> None:
        """Take Claude's last text out of the window, if it is untouched."""
        self._desk.clear_trouble()
        if self._engine.front is not None:
            self._engine.stop()
        self._engine.add(Undo(self._entry_to_undo, self._undone))

    def retry(self, model: str) -> None:
        """Ask the last question again, in the place of its answer."""
        last = self._last()
        if last is None:
            return
        plan = replace(last.plan, model=model or last.plan.model)
        again = Exchange(plan, last.material, last.before, 0.0)
        question = Question(self._desk, again, gathered=last.material)
        kept: list[Entry] = []
        if last.entry is not None:
            entry = last.entry
            question.retried = lambda: kept[0] if kept else None

            def selected(why: Optional[str]) -> None:
                if why is None:
                    kept.append(entry)
                    self._notebook.undone(last)
                else:
                    self._desk.tell(f"{why} The new answer goes to the caret.")

            self._engine.add(Undo(lambda: entry, selected, keep_selected=True))
        self._desk.clear_trouble()
        self._engine.add(question)

    def again_on(self, source: str) -> None:
        """Ask the last question again, about something else."""
        last = self._last()
        if last is not None:
            self._desk.ask(replace(last.plan, source=source))

    def go_on(self) -> None:
        """Have Claude go on where its last answer ended."""
        tip = self._notebook.memory.thread.tip(0, float("inf"))
        if not tip:
            self._desk.failed("There is no answer to go on from.")
            return
        self._desk.ask(Plan(GO_ON, kind="continue"), before=tip)

    def new_thread(self) -> None:
        """Begin anew with the next question."""
        self._notebook.memory.thread.clear()
        self._notebook.save()
        self._desk.tell("The next question begins a new thread.")

    def forget(self) -> None:
        """Have the bridge forget the last answer, and go back to the one before."""
        forgotten = self._notebook.memory.thread.forget()
        if not forgotten:
            self._desk.failed("There is nothing to forget.")
            return
        self._notebook.save()
        for exchange in [one for one in self._notebook.exchanges if one.response_id == forgotten]:
            self._notebook.exchanges.remove(exchange)
        path = f"/v1/responses/{forgotten}"
        self._desk.fetch("DELETE", path, None, lambda _: self._desk.tell("Forgotten."))

    def history(self) -> None:
        """Show what was asked and answered of late, newest first."""
        lines = []
        for exchange in reversed(self._notebook.exchanges):
            lines += [f"› {exchange.plan.prompt}  ({shown(exchange.model)})"]
            lines += [f"   {line}" for line in exchange.answer.splitlines()[:6]]
        self._desk.read("Claude, of late", lines or [NOTHING_YET])

    # Who answers.

    def use(self, model: str) -> None:
        """Have a model answer from now on; “default” is what the setting says."""
        self._notebook.memory.model = "" if model == "default" else model
        self._notebook.save()
        self._desk.tell(f"{shown(self._desk.model)} answers from now on.")

    def models(self) -> None:
        """Ask the bridge anew which models there are, and show their names."""
        self._fetch_models(told=True)

    # The computer.

    def computer(self, wish: str) -> None:
        """Let Claude use the computer, after a yes."""
        if not wish.strip():
            self._desk.failed("Say what Claude should do after “claude computer”.")
            return
        self._desk.clear_trouble()
        self._engine.add(ComputerRun(self._desk, wish, self._desk.model))

    def answer(self, approved: bool) -> None:
        """Say yes or no to what Claude wants to do."""
        front = self._engine.front
        if not (isinstance(front, ComputerRun) and front.answer(approved)):
            self._desk.failed("Nothing of Claude's waits for a yes or a no.")
        self._engine.wake()

    # Help.

    def help(self, words: str) -> None:
        """Show what can be said, or what has these words in it."""
        rules = [
            command.rule.rule
            for context in registry.contexts.values()
            for command in context.commands.values()
        ]
        lists = {
            name: items
            for name, layers in registry.lists.items()
            for items in layers
            if name.startswith(OUR_LISTS)
        }
        prefix = next(iter(lists.get("user.claude_prefix", {"claude": ""})))
        found = search(help_lines(rules, lists, prefix), words)
        nothing = [f"Nothing that can be said to Claude has “{words}” in it."]
        self._desk.read(f"What you can say{': ' + words if words else ''}", found or nothing)

    def doctor(self) -> None:
        """Look at all that the commands need, and show what to do."""

        def done(health: Fetch) -> None:
            lines = [*doctor.bridge_lines(health), *doctor.local_lines()]
            self._desk.read("Claude's doctor", lines)

        self._desk.fetch("GET", "/health", None, done, failed=done)

    def _live(self) -> Any:
        if self._engine.front is None:
            self._desk.tell("Claude is not writing anything.")
        return self._engine.front

    def _last(self) -> Optional[Exchange]:
        if self._notebook.last is None:
            self._desk.failed(NOTHING_YET)
        return self._notebook.last

    def _entry_to_undo(self) -> Optional[Entry]:
        exchange = self._notebook.to_undo()
        return exchange.entry if exchange is not None else None

    def _undone(self, why: Optional[str]) -> None:
        exchange = self._notebook.to_undo()
        if why is not None:
            self._desk.failed(why)
        elif exchange is not None:
            self._notebook.undone(exchange)

    def _learn_models(self) -> None:
        """The bridge runs: ask for the models, if it did not when Talon began."""
        if not self._models_known:
            self._fetch_models(told=False)

    def _fetch_models(self, told: bool) -> None:
        def done(fetch: Fetch) -> None:
            names = spoken_models(fetch.answer.get("data"))
            if names:
                self._models_known = True
                ctx.lists["user.claude_model_name"] = names
            if told:
                lines = [f"{name}: {shown(model)}" for name, model in sorted(names.items())]
                self._desk.read("Claude's models", lines or ["The bridge lists none."])

        def failed(fetch: Fetch) -> None:
            if told:
                self._desk.failed(str(fetch.error))

        self._desk.fetch("GET", "/v1/models", None, done, failed=failed)
