"""The user's rules: which actions are risky, and which windows are never used."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.computer.apps.levels import (
    NO_APPS,
    AppJudgement,
    FindLevel,
    find_contacts,
    judge_contacts,
)
from bridge.computer.effects import Effects
from bridge.computer.matching.windows import find_word, has_title_word
from bridge.computer.rules.match import rule_matches
from bridge.computer.rules.rule import Rule
from bridge.computer.rules.shipped import BEYOND_APPS, NEVER, OWN_PAGE, OWN_TITLE, PASSWORD, RISKY
from bridge.errors import SettingsError
from bridge.private_files import read_text


class PolicyFile(BaseModel):
    """The user's file; a field that it does not set has its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    risky: tuple[Rule, ...] = RISKY
    never: tuple[str, ...] = NEVER

    def to_policy(self) -> Policy:
        """Return the rules without levels of programs, which are in another file."""
        return Policy(self.risky, self.never)


@dataclass(frozen=True, slots=True)
class Policy:
    """The risk rules, words for windows that Claude never sees or uses, and levels of programs."""

    risky: tuple[Rule, ...] = RISKY
    never: tuple[str, ...] = NEVER
    find_level: FindLevel | None = None
    """Returns what the user decided on a program; without it, programs are not judged."""


DEFAULT = Policy()


@dataclass(frozen=True, slots=True)
class Judgement:
    """`risks` are phrases for the user; `never` is the matching word of the never list."""

    risks: tuple[str, ...] = ()
    never: str | None = None
    apps: AppJudgement = NO_APPS
    is_anywhere: bool = False
    """Whether the place of the window on the never list is unknown, so that nothing is possible."""

    @property
    def open_risks(self) -> tuple[str, ...]:
        """The risks that no level of a program lifts."""
        return tuple(risk for risk in self.risks if risk not in self.apps.lifted)

    def list_reasons(self, *, by_level: bool) -> tuple[str, ...]:
        """List why an action needs approval in a mode that asks before risky steps.

        `by_level`: count what the user decided on programs.
        """
        return (*self.open_risks, *self.new_apps) if by_level else self.risks

    @property
    def new_apps(self) -> tuple[str, ...]:
        """The undecided programs, in words for the user."""
        return tuple(f"an undecided app: {contact.label}" for contact in self.apps.undecided)


def judge(effects: Effects, policy: Policy) -> Judgement:
    """Judge what an action touches: the never list comes first, for every action."""
    windows = (*effects.windows, *effects.covered, *effects.unplaced)
    forbidden = (find_word(policy.never, window) for window in windows)
    never = next((word for word in forbidden if word is not None), None)
    if never is not None:
        return Judgement(never=never, is_anywhere=any(not each.is_placed for each in windows))
    rules = [rule for rule in policy.risky if rule_matches(rule, effects)]
    risks = [rule.risk for rule in rules]
    # The next two count whatever the user's rules are.
    if effects.types_password:
        risks.append(PASSWORD)
    if effects.is_input and any(has_title_word((OWN_TITLE,), window) for window in effects.windows):
        risks.append(OWN_PAGE)
    risks = list(dict.fromkeys(risks))
    if policy.find_level is None:
        return Judgement(tuple(risks))
    beyond = {rule.risk for rule in rules if rule.is_for_terminals}
    beyond |= {risk for risk in risks if risk in BEYOND_APPS}
    contacts = find_contacts(effects.reached, policy.find_level)
    return Judgement(tuple(risks), apps=judge_contacts(contacts, risks, frozenset(beyond)))


def join_judgements(judgements: Iterable[Judgement]) -> Judgement:
    """Judge a batch: all its risks, and the first match of the never list."""
    judgements = tuple(judgements)
    forbidden = next((judgement for judgement in judgements if judgement.never), Judgement())
    risks = dict.fromkeys(risk for judgement in judgements for risk in judgement.risks)
    apps = _join_apps(judgements)
    return Judgement(tuple(risks), forbidden.never, apps, forbidden.is_anywhere)


def _join_apps(judgements: Sequence[Judgement]) -> AppJudgement:
    """Join the judgements of programs; a risk that one action does not lift is not lifted."""
    contacts = dict.fromkeys(each for judged in judgements for each in judged.apps.contacts)
    lifted = {risk for judged in judgements for risk in judged.apps.lifted}
    lifted -= {risk for judged in judgements for risk in judged.open_risks}
    beyond = {risk for judged in judgements for risk in judged.apps.beyond}
    return AppJudgement(tuple(contacts), frozenset(lifted), frozenset(beyond))


def read_policy(path: Path) -> Policy:
    """Read the user's file, or return the default without one. Raises SettingsError."""
    text = read_text(path)
    if text is None:
        return DEFAULT
    if not text.strip():
        # Probably cut off by a full disk or a crash: the user's own rules would be missing.
        raise SettingsError(f"{path} is empty; write your rules again, or delete it")
    try:
        file = PolicyFile.model_validate(tomllib.loads(text))
    # A recursion error: brackets nested without end.
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in problem["loc"])
        raise SettingsError(f"{path}: {field}: {problem['msg']}") from error
    return file.to_policy()
