"""The commands that run a prompt: named, in the user's own words, or for the last dictation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Optional

from talon import registry

from ..core.extra_words import ExtraWords, add_to_prompt, read_extra_words, read_longer_prompt
from ..core.plan import BadPrompt, NamedPrompt, Plan, build_plan, parse_prompt
from ..core.prompts import MISHEARD, Material
from ..desktop.clipboard import read_clipboard
from ..voice import options
from ..voice.history import Exchange
from ..voice.question import Question
from ..voice.replacement import select_old_answer
from ..voice.session import Session
from ..voice.sources import EMPTY

NO_CLIPBOARD_TEXT = "The clipboard has no text."


class PromptCommands:
    """Each command starts a new thread, except those that chain."""

    def __init__(self, session: Session) -> None:
        """Ask in this session."""
        self._session = session

    def ask_named(self, value: str, words: ExtraWords, model: str) -> None:
        """Ask a prompt from a prompt list, with what the user said after its name."""
        self._session.clear_problem()
        named = self._parse_prompt(value, words)
        if named is not None:
            prompt, words = named
            self._session.ask(build_plan(prompt, words.source, words.destination, model))

    def chain(self, value: str, words: ExtraWords, model: str) -> None:
        """Ask a prompt in the last answer's thread: about that answer, or about a spoken source."""
        self._session.clear_problem()
        named = self._parse_prompt(value, words)
        if named is not None:
            self._ask_in_thread(*named, model)

    def chain_please(self, text: str, words: ExtraWords, model: str) -> None:
        """Change the last answer as the user says in free words, in its thread."""
        self._session.clear_problem()
        self._ask_in_thread(NamedPrompt(text, "this", "replace"), words, model)

    def _ask_in_thread(self, prompt: NamedPrompt, words: ExtraWords, model: str) -> None:
        """Continue the thread; an answer in a window is replaced if the prompt replaces."""
        last = self._session.history.last
        if words.source not in ("", "reply"):
            plan = build_plan(prompt, words.source, words.destination, model)
            self._session.ask(plan, before=last.response_id if last is not None else "")
            return
        plan = build_plan(prompt, "reply", words.destination, model)
        problem = self._session.find_problem(plan)
        if last is None or not last.answer.strip():
            problem = EMPTY["reply"]
        if problem is not None or last is None:
            self._session.report_problem(problem or EMPTY["reply"])
            return
        plan = self._session.add_context(plan)
        exchange = Exchange(plan, Material(), last.response_id, 0.0)
        answer = last.delivered
        question = Question(self._session, exchange, reply=lambda: answer)
        if prompt.destination == "replace" and not words.destination and last.entry is not None:
            self._session.engine.add(select_old_answer(last, last.entry, question))
        self._session.engine.add(question)

    def apply_clipboard(self, words: ExtraWords, model: str) -> None:
        """Change the selection, or another source, as the text on the clipboard says."""
        # Another program may have the clipboard open.
        self._session.engine.attempt(lambda: self._ask_clipboard(words, model))

    def _ask_clipboard(self, words: ExtraWords, model: str) -> None:
        text = read_clipboard()
        if text.strip():
            self.ask_please(text, words, model)
        else:
            self._session.report_problem(NO_CLIPBOARD_TEXT)

    def ask_please(self, text: str, words: ExtraWords, model: str) -> None:
        """Change the selection, or another source, as the user says in free words."""
        prompt = NamedPrompt(text, "this", "replace")
        plan = build_plan(prompt, words.source, words.destination, model)
        self._session.ask(replace(plan, code_if_asked=options.is_enabled("code_mode")))

    def correct_dictation(self, hint: str, model: str) -> None:
        """Replace the last dictation by what it should have been."""
        text = MISHEARD.format(hint=hint) if hint.strip() else ""
        self._session.ask(Plan(text, "that", "replace", model, kind="prompt"))

    def _parse_prompt(
        self, value: str, words: ExtraWords
    ) -> Optional[tuple[NamedPrompt, ExtraWords]]:
        """Return the prompt with the user's words and where it reads and writes.

        Returns None after reporting a mistake in the prompt's brackets.
        """
        prompts = {**_read_list("claude_prompt"), **_read_list("claude_my_prompt")}
        value, text = read_longer_prompt(value, words.text, prompts)
        words = read_extra_words(
            replace(words, text=text), _read_list("claude_source"), _read_list("claude_destination")
        )
        try:
            return add_to_prompt(
                parse_prompt(value, options.read_choice("default_destination")), words.text
            ), words
        except BadPrompt as problem:
            self._session.report_problem(str(problem))
            return None


def _read_list(name: str) -> Mapping[str, str]:
    """Return the values of one of our lists by spoken form."""
    layers = registry.lists.get(f"user.{name}", [])
    return {spoken: value for layer in layers for spoken, value in layer.items()}
