"""The commands that run a prompt: named, in the user's own words, or for the last dictation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Optional

from talon import registry

from ..core.extra_words import ExtraWords, add_to_prompt, read_extra_words, read_longer_prompt
from ..core.plan import BadPrompt, NamedPrompt, Plan, build_plan, parse_prompt
from ..core.prompts import MISHEARD
from . import options
from .session import Session


class PromptCommands:
    """Each command starts a new thread."""

    def __init__(self, session: Session) -> None:
        """Ask in this session."""
        self._session = session

    def ask_named(self, value: str, words: ExtraWords, model: str) -> None:
        """Ask a prompt from a prompt list, with what the user said after its name."""
        plan = self._build_named_plan(value, words, model)
        if plan is not None:
            self._session.ask(plan)

    def ask_please(self, text: str, words: ExtraWords, model: str) -> None:
        """Change the selection, or another source, as the user says in free words."""
        prompt = NamedPrompt(text, "this", "replace", options.is_enabled("code_mode"))
        self._session.ask(build_plan(prompt, words.source, words.destination, model))

    def correct_dictation(self, hint: str, model: str) -> None:
        """Replace the last dictation by what it should have been."""
        text = MISHEARD.format(hint=hint) if hint.strip() else ""
        self._session.ask(Plan(text, "that", "replace", model, kind="prompt"))

    def _build_named_plan(self, value: str, words: ExtraWords, model: str) -> Optional[Plan]:
        """Return the plan, or None after reporting a mistake in the prompt's brackets."""
        prompts = {**_read_list("claude_prompt"), **_read_list("claude_my_prompt")}
        value, text = read_longer_prompt(value, words.text, prompts)
        words = read_extra_words(
            replace(words, text=text), _read_list("claude_source"), _read_list("claude_destination")
        )
        try:
            prompt = add_to_prompt(parse_prompt(value), words.text)
        except BadPrompt as problem:
            self._session.report_problem(str(problem))
            return None
        return build_plan(prompt, words.source, words.destination, model)


def _read_list(name: str) -> Mapping[str, str]:
    """Return the values of one of our lists by spoken form."""
    layers = registry.lists.get(f"user.{name}", [])
    return {spoken: value for layer in layers for spoken, value in layer.items()}
