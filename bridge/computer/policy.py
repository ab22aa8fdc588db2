"""Editable rules: which actions are risky, and which windows are never used."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.computer.actions import (
    Action,
    CursorPosition,
    HoldKey,
    Key,
    MouseMove,
    Screenshot,
    Scroll,
    Type,
    Wait,
    Zoom,
)
from bridge.computer.desktop import Window
from bridge.computer.keys import parse_chords
from bridge.errors import SettingsError
from bridge.private_files import read_text

_HARMLESS = (CursorPosition, MouseMove, Screenshot, Scroll, Wait, Zoom)
"""Actions that change nothing in any window."""


class Rule(BaseModel):
    """An action is risky if any of the words is found; case is ignored.

    `title` and `program` search the window that the action goes to, `text` the text that is
    typed; `keys` compares the key combinations, in the spelling of actions.
    """

    # A misspelled field must be an error, not a rule that never applies.
    model_config = ConfigDict(frozen=True, extra="forbid")

    risk: str
    where: Literal["title", "program", "text", "keys"]
    words: tuple[str, ...]


_TERMINALS = (
    "alacritty",
    "cmd.exe",
    "gnome-terminal",
    "iterm",
    "kitty",
    "konsole",
    "powershell",
    "terminal",
    "wezterm",
    "windowsterminal",
    "xterm",
)

_RISKY = (
    Rule(risk="a terminal", where="program", words=_TERMINALS),
    Rule(risk="a command", where="text", words=("sudo ", "rm -", "curl ", "powershell")),
    Rule(risk="deleting", where="keys", words=("shift+Delete", "cmd+BackSpace", "Delete")),
    Rule(risk="deleting", where="title", words=("delete", "remove", "trash", "erase")),
    Rule(risk="closing", where="keys", words=("alt+F4", "cmd+q")),
    Rule(risk="running something", where="keys", words=("super+r", "alt+F2")),
    Rule(risk="sending", where="title", words=("send", "compose", "new message", "publish")),
    Rule(risk="buying", where="title", words=("checkout", "payment", "order", "cart", "pay ")),
    Rule(risk="installing", where="title", words=("install", "setup", "app store", "update")),
    Rule(risk="a password", where="title", words=("password", "sign in", "log in", "login")),
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


def judge(action: Action, window: Window | None, policy: Policy) -> Judgement:
    """Judge an action; `window` is where it goes, if known."""
    if isinstance(action, _HARMLESS):
        return Judgement()
    forbidden = next((word for word in policy.never if _window_matches(word, window)), None)
    if forbidden is not None:
        return Judgement(never=forbidden)
    risks = [rule.risk for rule in policy.risky if _rule_matches(rule, action, window)]
    return Judgement(tuple(dict.fromkeys(risks)))


def judge_all(
    actions: Sequence[Action], windows: Sequence[Window | None], policy: Policy
) -> Judgement:
    """Judge a batch: all its risks, and the first match of the never list."""
    judgements = [
        judge(action, window, policy) for action, window in zip(actions, windows, strict=True)
    ]
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
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in problem["loc"])
        raise SettingsError(f"{path}: {field}: {problem['msg']}") from error


def _window_matches(word: str, window: Window | None) -> bool:
    return window is not None and (_contains(word, window.title) or _contains(word, window.program))


def _contains(word: str, text: str) -> bool:
    return word.casefold() in text.casefold()


def _rule_matches(rule: Rule, action: Action, window: Window | None) -> bool:
    match rule.where:
        case "title":
            return window is not None and any(_contains(word, window.title) for word in rule.words)
        case "program":
            return window is not None and any(
                _contains(word, window.program) for word in rule.words
            )
        case "text":
            return isinstance(action, Type) and any(
                _contains(word, action.text) for word in rule.words
            )
        case "keys":
            if not isinstance(action, Key | HoldKey):
                return False
            risky = {chord for word in rule.words for chord in parse_chords(word)}
            return not risky.isdisjoint(parse_chords(action.text))
