"""Preview a batch of actions, and carry it out in order up to the first failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bridge.computer.actions import (
    Action,
    ClickElement,
    Coordinate,
    CursorPosition,
    ElementAction,
    FindElement,
    FocusWindow,
    InputAction,
    ListElements,
    ListWindows,
    ReadText,
    Screenshot,
    SetValue,
    Wait,
    Zoom,
    list_places,
)
from bridge.computer.approval.shown import ShownStep, show_steps
from bridge.computer.apps.levels import Contact, make_contact
from bridge.computer.describe import describe, name_element
from bridge.computer.desktop import Check, Elements, Window, WindowId
from bridge.computer.effects import (
    Effects,
    InputState,
    find_effects,
    follow,
    list_keys,
    list_unplaced,
)
from bridge.computer.element_actions.listing import to_box
from bridge.computer.element_actions.perform import perform_element_action
from bridge.computer.element_actions.resolve import Resolved, resolve
from bridge.computer.elements.base import SOME_PASSWORD, Element
from bridge.computer.executor import DesktopContext, Work
from bridge.computer.policy import Judgement, Policy, join_judgements, judge
from bridge.computer.screen.capture import Capture
from bridge.computer.screen.geometry import View
from bridge.computer.screen.pictures import Picture
from bridge.computer.window_guard import WindowChanged, WindowGuard
from bridge.errors import InvalidRequest

OBSERVATIONS = (
    *(CursorPosition, Screenshot, Wait, Zoom),
    *(FindElement, ListElements, ListWindows, ReadText),
)
"""Actions that change nothing on the desktop."""
BY_NAME = (*OBSERVATIONS, ClickElement, FocusWindow, SetValue)
"""Actions that need no pointer, and bring their window to the front themselves if they need it."""

DONE = "OK"
HALTED = "Not executed: an earlier computer action in this turn failed."
"""Anthropic's wording for the actions after a failed one."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a batch may do."""

    risks: frozenset[str] | None
    """The risks that the user approved; None for all."""
    shown: tuple[Window | None, ...] | None = None
    """The window of each action as the user saw it; None if the user was not asked."""
    elements: tuple[Element | None, ...] | None = None
    """The element of each action as the user saw it; None if the user was not asked."""
    first: int = 0
    """The first action that changes something: until then, everything is as the user saw it."""
    by_level: bool = False
    """Whether what the user decided on programs counts, as in the mode `ask_risky`."""
    contacts: frozenset[Contact] = frozenset()
    """The programs without a decision that the user approved for this batch."""

    def get_element(self, at: int) -> Element | None:
        """Return the element of an action as the user saw it, if it was known."""
        return None if self.elements is None else self.elements[at]


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
    elements: tuple[Element | None, ...]
    """The element of each action; None if it is unknown."""
    first: int
    """The first action that changes something; as many as there are, if none does."""
    picture: Picture | None
    """The screen with the places marked, if it was requested."""
    problem: InvalidRequest | None = None
    """Why the action after these cannot be done, such as a place outside of the picture."""

    def make_grant(self, *, by_level: bool = False) -> Grant:
        """Return what a user who approves this allows."""
        risks = frozenset(self.judgement.risks)
        contacts = frozenset(self.judgement.apps.undecided)
        return Grant(risks, self.windows, self.elements, self.first, by_level, contacts)


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
    element: Element | None = None
    """The element that it clicked or typed into, if that was known."""


def preview(
    actions: Sequence[Action], capture: Capture, policy: Policy, *, with_picture: bool
) -> Work[Preview]:
    """Return work for the executor that previews a batch."""

    def work(context: DesktopContext) -> Preview:
        view = capture.get_view(context.desktop)
        windows = context.desktop.list_windows()
        state, elements = context.performer.read_state(), context.desktop.elements
        effects, problem = _find_all_effects(
            actions, state, view, windows, elements, policy.never, context.check
        )
        judgements = [judge(each, policy) for each in effects]
        named = list(map(_get_named, effects, judgements))
        mains, hit = tuple(main for main, _ in named), tuple(element for _, element in named)
        possible = actions[: len(effects)]
        what = tuple(map(describe, possible, mains, hit))
        pointer = view.to_picture(context.desktop.read_pointer())
        steps = tuple(show_steps(possible, mains, pointer, hit))
        picture = None
        if with_picture:
            places = _list_marked_places(possible, hit, view)
            picture = capture.take_annotated(context.desktop, places)
        judged = join_judgements(judgements)
        first = _find_first_change(possible)
        return Preview(what, judged, steps, mains, hit, first, picture, problem)

    return work


def _list_marked_places(
    actions: Sequence[Action], hit: Sequence[Element | None], view: View
) -> list[Coordinate]:
    """List the places to mark for the user: those of the actions, and the middle of an element."""
    places: list[Coordinate] = []
    for action, element in zip(actions, hit, strict=True):
        places += list_places(action)
        if isinstance(action, ElementAction) and element is not None and element.box is not None:
            box = to_box(element.box, view)
            places += [] if box is None else [((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)]
    return places


def _get_named(effects: Effects, judgement: Judgement) -> tuple[Window | None, Element | None]:
    """Return the window and the element to name; for the never list only what hides a password."""
    if judgement.never:
        return None, SOME_PASSWORD if effects.types_password else None
    return effects.main, effects.element


def _find_first_change(actions: Sequence[Action]) -> int:
    changes = (at for at, action in enumerate(actions) if not isinstance(action, OBSERVATIONS))
    return next(changes, len(actions))


def _find_all_effects(
    actions: Sequence[Action],
    state: InputState,
    view: View,
    windows: Sequence[Window],
    elements: Elements,
    never: Sequence[str],
    check: Check,
) -> tuple[list[Effects], InvalidRequest | None]:
    """Find what each action would touch, up to the first that cannot be done, and its error.

    `check` raises Stopped: programs may take their time to tell their elements.
    """
    found: list[Effects] = []
    first = _find_first_change(actions)
    for at, action in enumerate(actions):
        check()
        try:
            check_places(action, view)
            if isinstance(action, ElementAction):
                resolved = resolve(
                    action, windows, elements, never, view, may_be_missing=at > first
                )
                found.append(_find_named_effects(resolved, state.typed, windows))
            else:
                found.append(find_effects(action, state, view, windows, elements))
            state = follow(action, state, view, windows)
            if isinstance(action, FocusWindow):
                state = replace(state, focus=found[-1].main, clicked_at=None)
        except InvalidRequest as error:
            return found, error
    return found, None


def _find_named_effects(resolved: Resolved, typed: str, windows: Sequence[Window]) -> Effects:
    """Find what an action by name touches."""
    effects = resolved.find_effects(typed)
    if isinstance(resolved.action, OBSERVATIONS):
        return effects
    return replace(effects, unplaced=list_unplaced(windows))


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
        halted = False
        for at, action in enumerate(actions):
            if halted:
                what = describe(action, None, grant.get_element(at))
                record(Outcome(action, HALTED, failed=True, what=what))
                continue
            _wait_for_result(action, context)
            outcome = _carry_out_action(at, action, context, capture, policy, grant)
            record(outcome)
            halted = outcome.failed
            if halted:
                # A button that stays down would turn the user's own clicks into a drag.
                context.performer.abandon()

    return work


def _wait_for_result(action: Action, context: DesktopContext) -> None:
    """Wait for the result of the last action, which this one sees or builds on."""
    if not isinstance(action, CursorPosition | Wait):
        before_keys = bool(list_keys(action))
        context.performer.wait_for_result(context.check, before_keys=before_keys)


def _carry_out_action(
    at: int,
    action: Action,
    context: DesktopContext,
    capture: Capture,
    policy: Policy,
    grant: Grant,
) -> Outcome:
    context.check()
    desktop, approved = context.desktop, grant.get_element(at)
    view = capture.get_view(desktop)
    # Before the windows are listed: a change in between is noticed as well.
    focused = desktop.find_focused()
    resolved: Resolved | None = None
    try:
        check_places(action, view)
        if isinstance(action, ElementAction):
            windows = desktop.list_windows()
            resolved = resolve(action, windows, desktop.elements, policy.never, view)
            typed = context.performer.read_state().typed
            effects = _find_named_effects(resolved, typed, windows)
        else:
            effects = _find_effects_now(action, context, view)
    except InvalidRequest as error:
        return Outcome(action, error.message, True, what=describe(action, None, approved))
    judgement = judge(effects, policy)
    window, element = _get_named(effects, judgement)
    # Whatever came of it, and whatever is there now: the sentence must not have a password.
    named = approved if approved is not None and approved.is_password else element
    make = partial(
        Outcome,
        action,
        what=describe(action, window, named),
        window=window,
        risks=judgement.risks,
        element=named,
    )
    refusal = (
        explain_refusal(judgement)
        or _explain_new_risks(judgement, grant)
        or _explain_other_window(at, window, grant)
        or _explain_other_element(at, element, approved, judgement, grant)
    )
    if refusal is not None:
        return make(text=refusal, failed=True)
    try:
        if isinstance(action, ElementAction):
            text = perform_element_action(resolved or Resolved(action), context, view)
            picture = _take_requested_picture(action, context, capture)
        else:
            guard = WindowGuard.from_effects(effects, focused, _list_closed(effects, policy, grant))
            context.performer.perform(action, view, context.check, guard)
            text, picture = _read_result(action, context, capture)
    except InvalidRequest as error:
        return make(text=error.message, failed=True)
    except WindowChanged:
        return make(text=_explain_change(action, context, view, policy, grant), failed=True)
    return make(text=text, picture=picture)


def _take_requested_picture(
    action: ElementAction, context: DesktopContext, capture: Capture
) -> Picture | None:
    if not action.picture:
        return None
    context.performer.wait_for_result(context.check, before_keys=False)
    return capture.take_screenshot(context.desktop)


def _find_effects_now(action: InputAction, context: DesktopContext, view: View) -> Effects:
    desktop = context.desktop
    if isinstance(action, OBSERVATIONS):
        # Listing the windows takes longer than most of these.
        return Effects()
    state, windows = context.performer.read_state(), desktop.list_windows()
    return find_effects(action, state, view, windows, desktop.elements)


def _explain_change(
    action: Action, context: DesktopContext, view: View, policy: Policy, grant: Grant
) -> str:
    """Judge the rest of an action again, and explain why it was not carried out."""
    if isinstance(action, ElementAction):
        return "Stopped halfway: another window appeared that would have got the rest."
    effects = _find_effects_now(action, context, view)
    judgement = judge(effects, policy)
    begun = "Stopped halfway: another window appeared that would have got the rest"
    refusal = explain_refusal(judgement)
    if refusal is not None:
        return f"{begun}. {refusal}"
    title = f" (“{effects.main.title}”)" if effects.main and effects.main.title else ""
    new = _explain_new_risks(judgement, grant)
    return f"{begun}{title}. {new or 'Take a screenshot, and decide what is left to do.'}"


def explain_refusal(judgement: Judgement) -> str | None:
    """Explain why a batch is refused whatever the user approves; None if it is not."""
    if judgement.never is not None and judgement.is_anywhere:
        return (
            f"Refused: a window with “{judgement.never}” in its title or program is open, and it "
            "is on the user's never list. This desktop does not tell where windows are, so nothing "
            "is possible and pictures are black until the user closes or minimizes it."
        )
    if judgement.never is not None:
        return (
            f"Refused: windows with “{judgement.never}” in their title or program are on the "
            "user's never list."
        )
    if judgement.apps.view_only is not None:
        return (
            f"Refused: the user lets Claude look at {judgement.apps.view_only.label}, but not use "
            "it. They can change that on the dashboard, under the apps."
        )
    return None


def _explain_new_risks(judgement: Judgement, grant: Grant) -> str | None:
    """Explain that an action needs an approval that it does not have; None if not."""
    if grant.risks is None:
        return None
    risks = judgement.open_risks if grant.by_level else judgement.risks
    new = [risk for risk in risks if risk not in grant.risks]
    again = "needs the user's approval. Take a screenshot and try it again in a separate turn."
    if new:
        return f"Not executed: this is risky ({', '.join(new)}) now and {again}"
    undecided = next(iter(_list_undecided(judgement.apps.undecided, grant)), None)
    if undecided is not None:
        return f"Not executed: the user has not decided on {undecided.label}, so this {again}"
    return None


def _list_undecided(undecided: Sequence[Contact], grant: Grant) -> list[Contact]:
    """List the programs that need an approval which the batch does not have."""
    if grant.risks is None or not grant.by_level:
        return []
    return [contact for contact in undecided if contact not in grant.contacts]


def _list_closed(effects: Effects, policy: Policy, grant: Grant) -> frozenset[WindowId]:
    """List the covered windows that must not get the input if the one on top goes away."""
    if policy.find_level is None:
        return frozenset()
    closed = set()
    for window in effects.covered:
        contact = make_contact(window, policy.find_level)
        undecided = [contact] if contact.level is None else []
        if contact.level == "view" or _list_undecided(undecided, grant):
            closed.add(window.id)
    return frozenset(closed - {window.id for window in effects.reached if window is not None})


def _explain_other_window(at: int, window: Window | None, grant: Grant) -> str | None:
    """Explain that an action would go to another window than the user saw; None if not."""
    shown = grant.shown[at] if grant.shown is not None else window
    if shown is None:
        if window is None:
            return None
        reason = f"the window “{window.title}” was not there when the user approved"
    elif shown.is_same(window):
        if window is None or shown.app == window.app:
            return None
        reason = f"the window “{shown.title}” belongs to another program now"
    else:
        reason = f"the approved window “{shown.title}” is no longer in front"
    return f"Not executed: {reason}. Take a screenshot and try it again."


def _explain_other_element(
    at: int,
    element: Element | None,
    shown: Element | None,
    judgement: Judgement,
    grant: Grant,
) -> str | None:
    """Explain that an action would hit another element than the user saw; None if not.

    What a later action of a batch hits is often not there yet when the user decides, such as the
    item of a menu. So it counts only if it is risky, or gets what was to be typed.
    """
    if shown is None:
        return None
    if at > grant.first and not shown.is_editable and not judgement.risks:
        return None
    if element is not None and (shown.is_same(element) or _is_plain(shown, element)):
        return None
    there = f"{name_element(element)} is there now" if element else "it cannot be found now"
    return (
        f"Not executed: the user approved {name_element(shown)}, but {there}. "
        "Take a screenshot and try it again."
    )


def _is_plain(*elements: Element) -> bool:
    """Return whether none is a control or a field; the text of a page may change at any time."""
    return not any(element.is_control or element.is_editable for element in elements)


def _read_result(
    action: InputAction, context: DesktopContext, capture: Capture
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
