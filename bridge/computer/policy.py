"""Editable rules: which actions are risky, and which windows are never used."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.computer.effects import Effects
from bridge.computer.matching.windows import find_word
from bridge.computer.rules.match import rule_matches
from bridge.computer.rules.rule import Rule
from bridge.computer.rules.shipped import NEVER, PASSWORD, RISKY
from bridge.errors import SettingsError
from bridge.private_files import read_text


class Policy(BaseModel):
    """The risk rules, and words for windows that Claude never sees or uses.

    A field that the user's file does not set has its default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    risky: tuple[Rule, ...] = RISKY
    never: tuple[str, ...] = NEVER


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
    risks = [rule.risk for rule in policy.risky if rule_matches(rule, effects)]
    if effects.types_password:
        # Whatever the user's rules are.
        risks.append(PASSWORD)
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
