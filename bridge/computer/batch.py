"""Preview a batch of actions, and carry it out in order up to the first failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bridge.computer.actions import (
    Action,
    CursorPosition,
    Screenshot,
    Wait,
    Zoom,
    list_places,
)
from bridge.computer.approval.shown import ShownStep, show_steps
from bridge.computer.describe import describe
from bridge.computer.desktop import Window
from bridge.computer.effects import Effects, InputState, find_effects, follow, list_keys
from bridge.computer.executor import DesktopContext, Work
from bridge.computer.policy import Judgement, Policy, join_judgements, judge
from bridge.computer.screen.capture import Capture
from bridge.computer.screen.geometry import View
from bridge.computer.screen.pictures import Picture
from bridge.computer.window_guard import WindowChanged, WindowGuard
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
    """What a batch would do, up to the first action that cannot be done."""

    what: tuple[str, ...]
    """One short sentence for each action."""
    judgement: Judgement
    steps: tuple[ShownStep, ...]
    """The same for an approval: whole, with every character visible."""
    windows: tuple[Window | None, ...]
    """The window of each action."""
    picture: Picture | None
    """The screen with the places marked, if it was requested."""
    problem: InvalidRequest | None = None
    """Why the action after these cannot be done, such as a place outside of the picture."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a batch may do."""

    risks: frozenset[str] | None
    """The risks that the user approved; None for all."""
    shown: tuple[Window | None, ...] | None = None
    """The window of each action as the user saw it; None if the user was not asked."""


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
        windows = context.desktop.list_windows()
        effects, problem = _find_all_effects(actions, context.performer.read_state(), view, windows)
        judgements = [judge(each, policy) for each in effects]
        mains = tuple(
            None if judgement.never else each.main
            for each, judgement in zip(effects, judgements, strict=True)
        )
        possible = actions[: len(effects)]
        what = tuple(map(describe, possible, mains))
        pointer = view.to_picture(context.desktop.read_pointer())
        steps = tuple(show_steps(possible, mains, pointer))
        places = [place for action in possible for place in list_places(action)]
        picture = capture.take_annotated(context.desktop, places) if with_picture else None
        return Preview(what, join_judgements(judgements), steps, mains, picture, problem)

    return work


def _find_all_effects(
    actions: Sequence[Action], state: InputState, view: View, windows: Sequence[Window]
) -> tuple[list[Effects], InvalidRequest | None]:
    """Find what each action would touch, up to the first that cannot be done, and its error."""
    found: list[Effects] = []
    for action in actions:
        try:
            check_places(action, view)
            found.append(find_effects(action, state, view, windows))
            state = follow(action, state, view, windows)
        except InvalidRequest as error:
            return found, error
    return found, None


def check_places(action: Action, view: View) -> None:
    """Raise InvalidRequest, which names the field, for a place outside of the picture."""
    checks: list[tuple[str, Callable[[], object]]] = []
    if isinstance(action, Zoom):
        checks.append(("region", partial(view.check_region, action.region)))
    for name in ("start_coordinate", "coordinate"):
        place = getattr(action, name, None)
        if place is not None:
            checks.append((name, partial(view.to_desktop, *place)))
    for name, check in checks:
        try:
            check()
        except InvalidRequest as error:
            message = f"{action.member}: {name}: {error.message}"
            raise InvalidRequest(message, param=name) from error


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
        for at, action in enumerate(actions):
            if halted:
                record(Outcome(action, HALTED, failed=True, what=describe(action)))
                continue
            if acted:
                _let_settle(action, context, capture)
            outcome = _carry_out_action(at, action, context, capture, policy, grant)
            record(outcome)
            halted = outcome.failed
            if halted:
                # A button that stays down would turn the user's own clicks into a drag.
                context.performer.abandon()
            acted = not isinstance(action, OBSERVATIONS)

    return work


def _let_settle(action: Action, context: DesktopContext, capture: Capture) -> None:
    """Wait for the result of an action before a picture, or before keys that need the focus."""
    if isinstance(action, Screenshot | Zoom):
        view = capture.get_view(context.desktop)
        context.performer.perform(Wait(duration=_SETTLE_SECONDS), view, context.check)
    elif list_keys(action):
        context.performer.wait_for_focus(context.check)


def _carry_out_action(
    at: int,
    action: Action,
    context: DesktopContext,
    capture: Capture,
    policy: Policy,
    grant: Grant,
) -> Outcome:
    context.check()
    desktop = context.desktop
    view = capture.get_view(desktop)
    # Before the windows are listed: a change in between is noticed as well.
    focused = desktop.find_focused()
    try:
        check_places(action, view)
        effects = find_effects(action, context.performer.read_state(), view, desktop.list_windows())
    except InvalidRequest as error:
        return Outcome(action, error.message, True, what=describe(action))
    judgement = judge(effects, policy)
    window = None if judgement.never else effects.main
    what = describe(action, window)
    refusal = (
        explain_never(judgement)
        or _explain_new_risks(judgement, grant.risks)
        or _explain_other_window(at, window, grant)
    )
    if refusal is not None:
        return Outcome(action, refusal, True, None, what, window, judgement.risks)
    try:
        guard = WindowGuard.from_effects(effects, focused)
        context.performer.perform(action, view, context.check, guard)
        text, picture = _read_result(action, context, capture)
    except InvalidRequest as error:
        return Outcome(action, error.message, True, None, what, window, judgement.risks)
    except WindowChanged:
        reason = _explain_change(action, context, view, policy, grant)
        return Outcome(action, reason, True, None, what, window, judgement.risks)
    return Outcome(action, text, False, picture, what, window, judgement.risks)


def _explain_change(
    action: Action, context: DesktopContext, view: View, policy: Policy, grant: Grant
) -> str:
    """Judge the rest of an action again, and explain why it was not carried out."""
    windows = context.desktop.list_windows()
    effects = find_effects(action, context.performer.read_state(), view, windows)
    judgement = judge(effects, policy)
    begun = "Stopped halfway: another window appeared that would have got the rest"
    if judgement.never is not None:
        return f"{begun}. {explain_never(judgement)}"
    title = f" (“{effects.main.title}”)" if effects.main and effects.main.title else ""
    new = _explain_new_risks(judgement, grant.risks)
    return f"{begun}{title}. {new or 'Take a screenshot, and decide what is left to do.'}"


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


def _explain_other_window(at: int, window: Window | None, grant: Grant) -> str | None:
    """Explain that an action would go to another window than the user saw; None if not."""
    shown = grant.shown[at] if grant.shown is not None else window
    if shown is None:
        if window is None:
            return None
        reason = f"the window “{window.title}” was not there when the user approved"
    elif shown.is_same(window):
        return None
    else:
        reason = f"the approved window “{shown.title}” is no longer in front"
    return f"Not executed: {reason}. Take a screenshot and try it again."


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
