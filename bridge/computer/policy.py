"""What is risky on a desktop, and what is never touched, as data that a person can edit."""

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
from bridge.computer.keys import chords
from bridge.errors import SettingsError

_HARMLESS = (CursorPosition, MouseMove, Screenshot, Scroll, Wait, Zoom)
"""They change nothing, whatever window they are in."""


class Rule(BaseModel):
    """Risky where any of the words is found; letters' case does not count.

    `title` and `program` look at the window that would get the action, `text` at what is typed,
    `keys` at the chords that are pressed, spelled as an action spells them.
    """

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
    """The rules, and words of window titles and programs that Claude neither sees nor touches.

    What a person does not say of their own is as it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    risky: tuple[Rule, ...] = _RISKY
    never: tuple[str, ...] = _NEVER


DEFAULT = Policy()


@dataclass(frozen=True, slots=True)
class Judgement:
    """`risks` are in a person's words; `never` names the word that forbids it altogether."""

    risks: tuple[str, ...] = ()
    never: str | None = None


def judge(action: Action, window: Window | None, policy: Policy) -> Judgement:
    """`window`: the one that would get the action, where it is known."""
    if isinstance(action, _HARMLESS):
        return Judgement()
    forbidden = next((word for word in policy.never if _names(word, window)), None)
    if forbidden is not None:
        return Judgement(never=forbidden)
    found = [rule.risk for rule in policy.risky if _applies(rule, action, window)]
    return Judgement(tuple(dict.fromkeys(found)))


def judge_all(
    actions: Sequence[Action], windows: Sequence[Window | None], policy: Policy
) -> Judgement:
    """A batch: the risks of all its actions, or what forbids one of them."""
    each = [judge(action, window, policy) for action, window in zip(actions, windows, strict=True)]
    never = next((one.never for one in each if one.never), None)
    return Judgement(tuple(dict.fromkeys(risk for one in each for risk in one.risks)), never)


def read_policy(path: Path) -> Policy:
    """The person's own, or the default where there is none. Raises SettingsError, naming it."""
    try:
        return Policy.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return DEFAULT
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in problem["loc"])
        raise SettingsError(f"{path}: {field}: {problem['msg']}") from error


def _names(word: str, window: Window | None) -> bool:
    return window is not None and (_in(word, window.title) or _in(word, window.program))


def _in(word: str, text: str) -> bool:
    return word.casefold() in text.casefold()


def _applies(rule: Rule, action: Action, window: Window | None) -> bool:
    match rule.where:
        case "title":
            return window is not None and any(_in(word, window.title) for word in rule.words)
        case "program":
            return window is not None and any(_in(word, window.program) for word in rule.words)
        case "text":
            return isinstance(action, Type) and any(_in(word, action.text) for word in rule.words)
        case "keys":
            if not isinstance(action, Key | HoldKey):
                return False
            risky = {chord for word in rule.words for chord in chords(word)}
            return not risky.isdisjoint(chords(action.text))
