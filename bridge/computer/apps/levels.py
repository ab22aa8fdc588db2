"""What Claude may do in each program, by the user's decisions; pure."""

# The level of a program decides together with the mode (see `permission`) and the risks of an
# action (see `policy`):
#
#     view        Claude sees it, and its input is refused in every mode
#     click       in the mode `ask_risky`, input needs no approval unless it is risky
#     everything  in the mode `ask_risky`, risky input needs none either, but for the risks that
#                 go beyond the program: a terminal, a command, a password, running something
#     undecided   in the mode `ask_risky`, input needs approval
#
# An action that reaches several programs needs what each of them needs. The modes `ask` and
# `allowed` only know `view`. A program that the system does not name is always undecided.

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bridge.computer.apps.app import App
from bridge.computer.desktop import UNKNOWN, Window, WindowId

Level = Literal["view", "click", "everything"]
LEVELS: tuple[Level, ...] = get_args(Level)

FindLevel = Callable[[App], Level | None]
"""Returns the user's decision on a program; None without one. Fast, and safe in every thread."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A program that an action reaches with its input."""

    app: App | None
    """None if the system does not name it."""
    level: Level | None
    """None if it is undecided."""
    window: WindowId = UNKNOWN
    """Of a program without a name, which may be another one in each window."""

    @property
    def label(self) -> str:
        return "a program that the system does not name" if self.app is None else self.app.label


@dataclass(frozen=True, slots=True)
class Offer:
    """What the user may decide on programs when asked to approve a batch."""

    apps: tuple[App, ...] = ()
    """A decision is for all of them."""
    levels: tuple[Level, ...] = ()


NO_OFFER = Offer()


@dataclass(frozen=True, slots=True)
class AppJudgement:
    """The programs that an action reaches, and which of its risks their levels lift."""

    contacts: tuple[Contact, ...] = ()
    lifted: frozenset[str] = frozenset()
    """Risks that need no approval in the mode `ask_risky`."""
    beyond: frozenset[str] = frozenset()
    """Risks that no level lifts, because they go beyond a program."""

    @property
    def view_only(self) -> Contact | None:
        """The first program that Claude may only look at."""
        return next((contact for contact in self.contacts if contact.level == "view"), None)

    @property
    def undecided(self) -> tuple[Contact, ...]:
        return tuple(contact for contact in self.contacts if contact.level is None)

    def make_offer(self, risks: Iterable[str]) -> Offer:
        """Offer the decisions that would spare later questions like the one with these risks."""
        apps = [each.app for each in self.contacts if each.level != "everything" and each.app]
        is_new = any(contact.app is not None for contact in self.undecided)
        is_liftable = bool(set(risks) - self.beyond)
        if not apps or not (is_new or is_liftable):
            return NO_OFFER
        return Offer(tuple(dict.fromkeys(apps)), LEVELS if is_new else ("everything",))


NO_APPS = AppJudgement()


def judge_contacts(
    contacts: Sequence[Contact], risks: Iterable[str], beyond: frozenset[str]
) -> AppJudgement:
    """Judge an action by the levels of all programs that it reaches.

    `beyond`: those of its risks that go beyond a program.
    """
    lifts = bool(contacts) and all(contact.level == "everything" for contact in contacts)
    lifted = frozenset(risks) - beyond if lifts else frozenset[str]()
    return AppJudgement(tuple(contacts), lifted, beyond)


def find_contacts(windows: Iterable[Window | None], find_level: FindLevel) -> list[Contact]:
    """List the programs of windows; None is a place without a window, such as the desktop."""
    contacts = (make_contact(window, find_level) for window in windows)
    return list(dict.fromkeys(contacts))


def make_contact(window: Window | None, find_level: FindLevel) -> Contact:
    """Return the program of a window, with its level."""
    if window is None:
        return Contact(None, None)
    if window.app is None:
        return Contact(None, None, window.id)
    return Contact(window.app, find_level(window.app))
