"""Preview a batch of actions, and carry it out in order up to the first failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.computer.actions import Action, CursorPosition, Screenshot, Wait, Zoom
from bridge.computer.approval.shown import ShownStep, show_steps
from bridge.computer.describe import describe
from bridge.computer.desktop import Window
from bridge.computer.executor import DesktopContext, Work
from bridge.computer.hit_test import find_target, list_places
from bridge.computer.policy import Judgement, Policy, judge, judge_all
from bridge.computer.screen.capture import Capture
from bridge.computer.screen.pictures import Picture
from bridge.errors import InvalidRequest

OBSERVATIONS = (CursorPosition, Screenshot, Wait, Zoom)
"""Actions that change nothing on the desktop."""

DONE = "OK"
HALTED = "Not executed: an earlier computer action in this turn failed."
"""Anthropic's wording for the actions after a failed one."""

_SETTLE_SECONDS = 0.5
"""Seconds between an action and a picture of its result, so that menus can open."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a batch would do."""

    what: tuple[str, ...]
    """One short sentence for each action."""
    judgement: Judgement
    steps: tuple[ShownStep, ...]
    """The same for an approval: whole, with every character visible."""
    windows: tuple[Window | None, ...]
    """The window of each action."""
    picture: Picture | None
    """The screen with the places marked, if it was requested."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a batch may do."""

    risks: frozenset[str] | None
    """The risks that the user approved; None for all."""
    shown: Window | None = None
    """The window of the first action as the user saw it; it must still be there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one action."""

    action: Action
    text: str
    """`OK`, an answer such as `X=10,Y=20`, or why it was not executed."""
    failed: bool = False
    picture: Picture | None = None
    what: str = ""
    """The action in a sentence."""
    window: Window | None = None
    """The window the action went to."""
    risks: tuple[str, ...] = ()


def preview(
    actions: Sequence[Action], capture: Capture, policy: Policy, *, with_picture: bool
) -> Work[Preview]:
    """Return work for the executor that previews a batch."""

    def work(context: DesktopContext) -> Preview:
        view = capture.get_view(context.desktop)
        windows = [find_target(action, view, context.desktop) for action in actions]
        what = tuple(map(describe, actions, windows))
        pointer = view.to_picture(context.desktop.read_pointer())
        steps = tuple(show_steps(actions, windows, pointer))
        places = [place for action in actions for place in list_places(action)]
        picture = capture.take_annotated(context.desktop, places) if with_picture else None
        return Preview(what, judge_all(actions, windows, policy), steps, tuple(windows), picture)

    return work


def carry_out(
    actions: Sequence[Action],
    capture: Capture,
    policy: Policy,
    grant: Grant,
    record: Callable[[Outcome], None],
) -> Work[None]:
    """Return work for the executor that carries out a batch.

    Each action is judged again, for the window that is in front by then: a click that opens a
    terminal must not let the next action type into it. `record` is called with each outcome in
    order, immediately. The work raises Stopped and DesktopUnavailable.
    """

    def work(context: DesktopContext) -> None:
        halted = acted = False
        rest = grant
        for action in actions:
            if halted:
                record(Outcome(action, HALTED, failed=True, what=describe(action)))
                continue
            if acted and isinstance(action, Screenshot | Zoom):
                settle = Wait(duration=_SETTLE_SECONDS)
                view = capture.get_view(context.desktop)
                context.performer.perform(settle, view, context.check)
            outcome = _carry_out_action(action, context, capture, policy, rest)
            record(outcome)
            # The first action may have opened another window; that is no reason to stop the rest.
            rest = Grant(grant.risks)
            halted = outcome.failed
            acted = not isinstance(action, OBSERVATIONS)

    return work


def _carry_out_action(
    action: Action, context: DesktopContext, capture: Capture, policy: Policy, grant: Grant
) -> Outcome:
    context.check()
    view = capture.get_view(context.desktop)
    window = find_target(action, view, context.desktop)
    what, judgement = describe(action, window), judge(action, window, policy)
    refusal = (
        explain_never(judgement)
        or _explain_new_risks(judgement, grant.risks)
        or _explain_other_window(window, grant.shown)
    )
    if refusal is not None:
        return Outcome(action, refusal, True, None, what, window, judgement.risks)
    try:
        context.performer.perform(action, view, context.check)
        text, picture = _read_result(action, context, capture)
    except InvalidRequest as error:
        return Outcome(action, error.message, True, None, what, window, judgement.risks)
    return Outcome(action, text, False, picture, what, window, judgement.risks)


def explain_never(judgement: Judgement) -> str | None:
    """Explain why a batch is refused whatever the user approves; None if it is not."""
    if judgement.never is None:
        return None
    return (
        f"Refused: windows with “{judgement.never}” in their title or program are on the user's "
        "never list."
    )


def _explain_new_risks(judgement: Judgement, approved: frozenset[str] | None) -> str | None:
    new = [] if approved is None else [risk for risk in judgement.risks if risk not in approved]
    if not new:
        return None
    return (
        f"Not executed: this is risky ({', '.join(new)}) now and needs the user's approval. "
        "Take a screenshot and try it again in a separate turn."
    )


def _explain_other_window(window: Window | None, shown: Window | None) -> str | None:
    if shown is None or shown.is_same(window):
        return None
    return (
        f"Not executed: the approved window “{shown.title}” is no longer in front. "
        "Take a screenshot and try it again."
    )


def _read_result(
    action: Action, context: DesktopContext, capture: Capture
) -> tuple[str, Picture | None]:
    match action:
        case Screenshot():
            return DONE, capture.take_screenshot(context.desktop)
        case Zoom():
            return DONE, capture.zoom(context.desktop, action.region)
        case CursorPosition():
            view = capture.get_view(context.desktop)
            x, y = view.to_picture(context.desktop.read_pointer())
            return f"X={x},Y={y}", None
        case _:
            return DONE, None
