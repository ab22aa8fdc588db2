"""Several actions of one turn: looked over, then carried out in order up to the first failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.computer.actions import Action, CursorPosition, Screenshot, Wait, Zoom
from bridge.computer.describe import describe
from bridge.computer.desktop import Window
from bridge.computer.executor import Seat, Work
from bridge.computer.hit_test import places, target_of
from bridge.computer.policy import Judgement, Policy, judge, judge_all
from bridge.computer.screen.capture import Sight
from bridge.computer.screen.pictures import Picture
from bridge.errors import InvalidRequest

LOOKS = (CursorPosition, Screenshot, Wait, Zoom)
"""They move nothing at all."""

DONE = "OK"
HALTED = "Not executed: an earlier computer action in this turn failed."
"""Anthropic's own words for it."""

_SETTLE_SECONDS = 0.5
"""From an action to a picture of what came of it: programs draw, menus open."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a batch would do."""

    what: tuple[str, ...]
    """A sentence for each action."""
    judgement: Judgement
    first: Window | None
    """The window that the first action is meant for."""
    picture: Picture | None
    """With the places marked; only where it was asked for."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a batch may do."""

    risks: frozenset[str] | None
    """Those the person has agreed to; None for all."""
    shown: Window | None = None
    """The window of the first action, where the person was shown it: it must still be there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one action."""

    action: Action
    text: str
    """`OK`, an answer, or why it was not done."""
    failed: bool = False
    picture: Picture | None = None
    what: str = ""
    """The action in a sentence."""
    window: Window | None = None
    """The one that got it."""
    risks: tuple[str, ...] = ()


def survey(actions: Sequence[Action], sight: Sight, policy: Policy, *, shown: bool) -> Work[Survey]:
    """As work for the executor; `shown`: with a picture for the person."""

    def look(seat: Seat) -> Survey:
        view = sight.view(seat.desktop)
        windows = [target_of(action, view, seat.desktop) for action in actions]
        what = tuple(map(describe, actions, windows))
        marks = [place for action in actions for place in places(action)]
        picture = sight.marked(seat.desktop, marks) if shown else None
        return Survey(what, judge_all(actions, windows, policy), windows[0], picture)

    return look


def carry_out(
    actions: Sequence[Action],
    sight: Sight,
    policy: Policy,
    consent: Consent,
    noted: Callable[[Outcome], None],
) -> Work[None]:
    """As work for the executor.

    Each action is judged anew in front of the window that is there by then. `noted` hears of
    each outcome in order, at once. Raises Stopped and DesktopUnavailable.
    """

    def work(seat: Seat) -> None:
        halted = acted = False
        held = consent
        for action in actions:
            if halted:
                noted(Outcome(action, HALTED, failed=True, what=describe(action)))
                continue
            if acted and isinstance(action, Screenshot | Zoom):
                settle = Wait(duration=_SETTLE_SECONDS)
                seat.performer.perform(settle, sight.view(seat.desktop), seat.check)
            outcome = _one(action, seat, sight, policy, held)
            noted(outcome)
            # What the first one opens is no surprise to the others.
            held = Consent(consent.risks)
            halted = outcome.failed
            acted = not isinstance(action, LOOKS)

    return work


def _one(action: Action, seat: Seat, sight: Sight, policy: Policy, consent: Consent) -> Outcome:
    seat.check()
    view = sight.view(seat.desktop)
    window = target_of(action, view, seat.desktop)
    what, judged = describe(action, window), judge(action, window, policy)
    refusal = refused(judged) or _unasked(judged, consent.risks) or _elsewhere(window, consent)
    if refusal is not None:
        return Outcome(action, refusal, True, None, what, window, judged.risks)
    try:
        seat.performer.perform(action, view, seat.check)
        text, picture = _answer(action, seat, sight)
    except InvalidRequest as error:
        return Outcome(action, error.message, True, None, what, window, judged.risks)
    return Outcome(action, text, False, picture, what, window, judged.risks)


def refused(judged: Judgement) -> str | None:
    """Why it is not done, whatever the person allows."""
    if judged.never is None:
        return None
    return f"Refused: windows with “{judged.never}” are never touched (the person's own list)."


def _unasked(judged: Judgement, allowed: frozenset[str] | None) -> str | None:
    new = [] if allowed is None else [risk for risk in judged.risks if risk not in allowed]
    if not new:
        return None
    return (
        f"Not executed: by now this is risky ({', '.join(new)}), and the person has not been "
        "asked. Take a screenshot and try it in a turn of its own."
    )


def _elsewhere(window: Window | None, consent: Consent) -> str | None:
    shown = consent.shown
    if shown is None or (
        window is not None and (window.title, window.program) == (shown.title, shown.program)
    ):
        return None
    return (
        f"Not executed: “{shown.title}”, for which the person said yes, is not there any more. "
        "Take a screenshot and try it again."
    )


def _answer(action: Action, seat: Seat, sight: Sight) -> tuple[str, Picture | None]:
    match action:
        case Screenshot():
            return DONE, sight.screenshot(seat.desktop)
        case Zoom():
            return DONE, sight.zoom(seat.desktop, action.region)
        case CursorPosition():
            x, y = sight.view(seat.desktop).to_picture(seat.desktop.pointer())
            return f"X={x},Y={y}", None
        case _:
            return DONE, None
