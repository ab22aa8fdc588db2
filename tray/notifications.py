"""Decide which notifications to show, and what they contain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.wire.computer_status import ComputerHealth, WaitingBatch
from bridge.wire.usage import PlanAlert, PlanReport
from tray.commands import (
    AllowExtraUsage,
    Command,
    Decide,
    Open,
    ResumeComputer,
    Start,
    StopComputer,
)
from tray.status import Status, choose_look, summarize_batch

REPEAT_SECONDS = 60.0

MOST_ALERTS = 100
"""Alerts that are shown and remembered; a plan has about one for each of its windows."""

_REFUSAL = "extra usage"
_ACTIVE = "computer on"
_PAUSED = "computer paused"


@dataclass(frozen=True)
class Notice:
    """A notification; at most one per topic is shown in a minute.

    `choices` are buttons. On desktops without buttons, the command `fallback` is run instead.
    """

    text: str
    topic: str
    choices: tuple[tuple[str, Command], ...] = ()
    fallback: Command | None = None
    urgent: bool = False


class RepeatFilter:
    """Filter that allows one notification per topic and minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown_at: dict[str, float] = {}

    def allow(self, notice: Notice) -> bool:
        """Return whether to show it now; if so, it counts as shown."""
        now = self._clock()
        self._shown_at = {t: at for t, at in self._shown_at.items() if now - at < REPEAT_SECONDS}
        if notice.topic in self._shown_at:
            return False
        self._shown_at[notice.topic] = now
        return True


def find_notices(before: Status, after: Status) -> tuple[Notice, ...]:
    """Return the notifications for a change of status."""
    return (*_find_problem_notices(before, after), *_find_computer_notices(before, after))


def find_withdrawn_topics(before: Status, after: Status) -> tuple[str, ...]:
    """Return the topics of urgent notifications that are over, such as a decided approval."""
    current = set(_list_urgent_topics(after))
    return tuple(topic for topic in _list_urgent_topics(before) if topic not in current)


def list_alert_keys(plans: Sequence[PlanReport]) -> tuple[str, ...]:
    """Return the keys of all alerts that the server reports now."""
    return tuple(key for key, _, _ in _list_alerts(plans))


def find_plan_notices(before: Status, after: Status, shown: Sequence[str]) -> tuple[Notice, ...]:
    """Return the notifications for new refusals, and for alerts whose keys were not shown yet."""
    alerts = (
        Notice(alert.words, f"plan {key}", _list_choices(plan, alert), urgent=alert.urgent)
        for key, plan, alert in _list_alerts(after.plans)
        if key not in shown
    )
    return (*_find_refusal_notices(before, after), *alerts)


def build_greeting(status: Status) -> Notice:
    """Return the notification for the first start on a computer."""
    if status.ready:
        text = f"Ready at {status.base_url}. Choose Connect in the tray menu to set up an editor."
    else:
        text = "Claude isn't connected yet. Sign in or add an API key on the page that just opened."
    return Notice(text, "greeting")


def _list_urgent_topics(status: Status) -> list[str]:
    """Return the topics of all urgent notifications that are still true."""
    topics = [_name_topic(batch) for batch in status.batches]
    computer = status.computer
    # While it waits for the user, the task is not over.
    if computer is not None and computer.is_busy:
        topics.append(_ACTIVE)
    if computer is not None and computer.paused:
        topics.append(_PAUSED)
    if any(plan.refusal for plan in status.plans):
        topics.append(_REFUSAL)
    urgent = (key for key, _, alert in _list_alerts(status.plans) if alert.urgent)
    return [*topics, *(f"plan {key}" for key in urgent)]


def _name_topic(batch: WaitingBatch) -> str:
    return f"batch {batch.id}"


def _find_problem_notices(before: Status, after: Status) -> tuple[Notice, ...]:
    is_new = after.message != before.message or choose_look(before) != "attention"
    if choose_look(after) != "attention" or not after.message or not is_new:
        return ()
    if after.free_port is not None:
        button = (f"Use port {after.free_port}", Start(after.free_port))
        text = f"{after.message} Or choose Start on port {after.free_port} in the tray menu."
        return (Notice(text, "port", (button,)),)
    if after.state == "running" and not after.ready:
        return (Notice(after.message, "setup", (("Set up…", Open("setup")),)),)
    # The messages of successive restarts differ by their pause, but are one topic.
    topic = "server failed" if after.state == "failing" else after.message
    return (Notice(after.message, topic),)


def _find_computer_notices(before: Status, after: Status) -> tuple[Notice, ...]:
    known = {batch.id for batch in before.batches}
    notices = [_build_approval_notice(b) for b in after.batches if b.id not in known]
    was, now = (s.computer or ComputerHealth() for s in (before, after))
    # While it waits for the user, the task is neither beginning nor over.
    if now.active and not was.is_busy:
        text = (
            "Claude is controlling this computer. To stop it, choose Stop Claude in the tray menu."
        )
        stop = ("Stop Claude", StopComputer())
        notices.append(Notice(text, _ACTIVE, (stop,), urgent=True))
    if now.paused and not was.paused:
        text = "The mouse was moved, so Claude has paused. To continue, choose Resume Claude."
        resume = ("Resume Claude", ResumeComputer())
        notices.append(Notice(text, _PAUSED, (resume,), urgent=True))
    if (was.active or was.paused) and not now.is_busy:
        notices.append(Notice("Claude no longer controls this computer.", "computer off"))
    return tuple(notices)


def _list_alerts(plans: Sequence[PlanReport]) -> list[tuple[str, PlanReport, PlanAlert]]:
    # Another account has windows that reset at the same time, so its keys may be the same.
    alerts = [
        (f"{plan.account} {alert.key}", plan, alert) for plan in plans for alert in plan.alerts
    ]
    return alerts[:MOST_ALERTS]


def _find_refusal_notices(before: Status, after: Status) -> list[Notice]:
    refused = {plan.account for plan in before.plans if plan.refusal}
    return [
        Notice(plan.refusal, _REFUSAL, _list_ways_to_agree(plan), urgent=True)
        for plan in after.plans
        if plan.refusal and plan.account not in refused
    ]


def _list_ways_to_agree(plan: PlanReport) -> tuple[tuple[str, Command], ...]:
    if plan.setting != "ask":
        return ()
    return (
        ("Allow until it resets", AllowExtraUsage("window", plan.account)),
        ("Always allow", AllowExtraUsage("always", plan.account)),
    )


def _list_choices(plan: PlanReport, alert: PlanAlert) -> tuple[tuple[str, Command], ...]:
    """Return the buttons of an alert: what the user agreed to can be taken back at once."""
    if alert.urgent and plan.agreement != "no":
        return (("Stop allowing", AllowExtraUsage("no", plan.account)),)
    return ()


def _build_approval_notice(batch: WaitingBatch) -> Notice:
    risks = f" Risky: {', '.join(batch.risks)}." if batch.risks else ""
    actions = summarize_batch(batch)
    deny = ("Deny", Decide(batch.id, approved=False, digest=batch.digest))
    choices: tuple[tuple[str, Command], ...] = (
        ("Approve", Decide(batch.id, approved=True, digest=batch.digest)),
        deny,
    )
    if actions is None:
        # A button that approves what is not shown would be a trap.
        choices = (("Review…", Open("dashboard")), deny)
        actions = (
            "a program asks to use this computer"
            if batch.about == "program"
            else "the actions are too long to show here"
        )
    return Notice(
        f"Waiting for your approval: {actions.removesuffix('.')}.{risks}",
        _name_topic(batch),
        choices,
        fallback=Open("dashboard"),
        urgent=True,
    )
