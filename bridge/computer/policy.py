"""Editable rules: which actions are risky, and which windows are never used."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bridge.computer.desktop import Window
from bridge.computer.effects import Effects
from bridge.computer.keys import parse_combinations
from bridge.computer.matching.folding import count_typed
from bridge.computer.matching.terminals import is_editor_with_terminal, is_terminal
from bridge.computer.matching.windows import find_word, has_program_word, has_title_word
from bridge.errors import BridgeError, SettingsError
from bridge.private_files import read_text


class Rule(BaseModel):
    """An action is risky if any of the words is found, whatever its spelling.

    Case, width, accents, look-alike letters, blanks and invisible characters are ignored.
    `title` and `program` search the windows that the action touches, `text` the text that is
    typed, also by keys and over several actions. `keys` are in the spelling of actions, and
    found with more modifiers, too. `terminal` is true for keys and clicks in a known terminal,
    and for keys in an editor that has one; it has no words.
    """

    # A misspelled field must be an error, not a rule that never applies.
    model_config = ConfigDict(frozen=True, extra="forbid")

    risk: str
    where: Literal["title", "program", "text", "keys", "terminal"]
    words: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_words(self) -> Rule:
        if (self.where == "terminal") == bool(self.words):
            raise ValueError('`words` are needed, except with where = "terminal"')
        if self.where == "keys":
            for word in self.words:
                try:
                    parse_combinations(word)
                except BridgeError as error:
                    raise ValueError(error.message) from error
        return self


PASSWORD = "a password"  # noqa: S105 - the name of a risk
PASSWORD_TITLES = ("password", "sign in", "log in", "login")

_RISKY = (
    Rule(risk="a terminal", where="terminal"),
    Rule(risk="a command", where="text", words=("sudo ", "rm -", "curl ", "powershell")),
    Rule(risk="deleting", where="keys", words=("shift+Delete", "cmd+BackSpace", "Delete")),
    Rule(risk="deleting", where="title", words=("delete", "remove", "trash", "erase")),
    Rule(risk="closing", where="keys", words=("alt+F4", "cmd+q")),
    Rule(risk="running something", where="keys", words=("super+r", "alt+F2")),
    Rule(risk="a terminal", where="keys", words=("ctrl+alt+t", "ctrl+grave", "super+x")),
    Rule(risk="sending", where="title", words=("send", "compose", "new message", "publish")),
    Rule(risk="buying", where="title", words=("checkout", "payment", "order", "cart", "pay ")),
    Rule(risk="installing", where="title", words=("install", "setup", "app store", "update")),
    Rule(risk=PASSWORD, where="title", words=PASSWORD_TITLES),
    Rule(risk="settings", where="title", words=("settings", "preferences", "control panel")),
)
_NEVER = ("1password", "bitwarden", "keepass", "keychain access", "seahorse")


class Policy(BaseModel):
    """The risk rules, and words for windows that Claude never sees or uses.

    A field that the user's file does not set has its default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    risky: tuple[Rule, ...] = _RISKY
    never: tuple[str, ...] = _NEVER


DEFAULT = Policy()


@dataclass(frozen=True, slots=True)
class Judgement:
    """`risks` are phrases for the user; `never` is the matching word of the never list."""

    risks: tuple[str, ...] = ()
    never: str | None = None


def judge(effects: Effects, policy: Policy) -> Judgement:
    """Judge what an action touches: the never list comes first, for every action."""
    windows = (*effects.windows, *effects.covered)
    forbidden = (find_word(policy.never, window) for window in windows)
    never = next((word for word in forbidden if word is not None), None)
    if never is not None:
        return Judgement(never=never)
    risks = [rule.risk for rule in policy.risky if _rule_matches(rule, effects)]
    return Judgement(tuple(dict.fromkeys(risks)))


def join_judgements(judgements: Iterable[Judgement]) -> Judgement:
    """Judge a batch: all its risks, and the first match of the never list."""
    judgements = tuple(judgements)
    never = next((judgement.never for judgement in judgements if judgement.never), None)
    risks = dict.fromkeys(risk for judgement in judgements for risk in judgement.risks)
    return Judgement(tuple(risks), never)


def read_policy(path: Path) -> Policy:
    """Read the user's file, or return the default without one. Raises SettingsError."""
    text = read_text(path)
    if text is None:
        return DEFAULT
    if not text.strip():
        # Probably cut off by a full disk or a crash: the user's own rules would be missing.
        raise SettingsError(f"{path} is empty; write your rules again, or delete it")
    try:
        return Policy.model_validate(tomllib.loads(text))
    # A recursion error: brackets nested without end.
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in problem["loc"])
        raise SettingsError(f"{path}: {field}: {problem['msg']}") from error


def _rule_matches(rule: Rule, effects: Effects) -> bool:
    # Moving the pointer and scrolling is how Claude looks around; with keys it is more.
    windows: Sequence[Window] = effects.windows if effects.is_input else ()
    match rule.where:
        case "title":
            return any(has_title_word(rule.words, window) for window in windows)
        case "program":
            return any(has_program_word(rule.words, window) for window in windows)
        case "terminal":
            return any(
                is_terminal(window) or (effects.keys and is_editor_with_terminal(window))
                for window in windows
            )
        case "text":
            return any(_is_typed(word, effects) for word in rule.words)
        case "keys":
            risky = {keys for word in rule.words for keys in parse_combinations(word)}
            return any(keys <= pressed for keys in risky for pressed in effects.keys)


def _is_typed(word: str, effects: Effects) -> bool:
    """Return whether a word is typed now, or completed; one typed before does not count."""
    if not effects.typed:
        return False
    before = count_typed(word, effects.typed_before)
    return count_typed(word, effects.typed_before + effects.typed) > before
