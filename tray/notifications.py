"""What is said in a notification, and when: few, in words, each with its cure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tray.commands import Command, Decide, Open, Start, StopComputer
from tray.status import Status, look_of

SAME_SECONDS = 60.0


@dataclass(frozen=True)
class Notice:
    """`topic` is what is never told twice in a minute, in whatever words; `choices` are buttons.

    Where a desktop has no buttons, `otherwise` is done instead.
    """

    text: str
    topic: str
    choices: tuple[tuple[str, Command], ...] = ()
    otherwise: Command | None = None
    urgent: bool = False


class Repeats:
    """Lets a topic through once in a minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: dict[str, float] = {}

    def lets(self, notice: Notice) -> bool:
        """Whether it may be told now; if so, it counts as told."""
        now = self._clock()
        self._told = {t: at for t, at in self._told.items() if now - at < SAME_SECONDS}
        if notice.topic in self._told:
            return False
        self._told[notice.topic] = now
        return True


def notices_between(before: Status, after: Status) -> tuple[Notice, ...]:
    """What a person should hear of a change."""
    return (*_of_trouble(before, after), *_of_computer(before, after))


def withdrawn_between(before: Status, after: Status) -> tuple[str, ...]:
    """Topics of notices that are settled by now."""
    waiting = {batch.id for batch in after.batches}
    return tuple(f"batch {b.id}" for b in before.batches if b.id not in waiting)


def greeting(status: Status) -> Notice:
    """At the first start on a machine: what was found, and how it is used."""
    if status.ready:
        return Notice(
            f"Claude answers on {status.base_url}: {status.reason}. Any key will do; Connect in "
            "this menu has what to paste into each client.",
            "greeting",
        )
    return Notice(
        f"No way to Claude was found yet: {status.reason}. The page that opens helps to sign in or "
        "to give a key; the model bridge-echo can be tried meanwhile.",
        "greeting",
    )


def _of_trouble(before: Status, after: Status) -> tuple[Notice, ...]:
    new = after.sentence != before.sentence or look_of(before) != "attention"
    if look_of(after) != "attention" or not after.sentence or not new:
        return ()
    if after.free_port is not None:
        use = (f"Use port {after.free_port}", Start(after.free_port))
        words = f"{after.sentence} Or start on port {after.free_port}: it is in the tray's menu."
        return (Notice(words, "port", (use,)),)
    if after.state == "running" and not after.ready:
        return (Notice(after.sentence, "setup", (("Set up…", Open("setup")),)),)
    # The words of each attempt differ by its pause.
    topic = "server failed" if after.state == "failing" else after.sentence
    return (Notice(after.sentence, topic),)


def _of_computer(before: Status, after: Status) -> tuple[Notice, ...]:
    found: list[Notice] = []
    known = {batch.id for batch in before.batches}
    for batch in after.batches:
        if batch.id in known:
            continue
        risks = f" (risks: {', '.join(batch.risks)})" if batch.risks else ""
        found.append(
            Notice(
                f"{batch.asked_by} wants to use this computer{risks}: " + " ".join(batch.what),
                f"batch {batch.id}",
                (
                    ("Approve", Decide(batch.id, approved=True)),
                    ("Deny", Decide(batch.id, approved=False)),
                ),
                otherwise=Open("dashboard"),
                urgent=True,
            )
        )
    was, now = (one.computer is not None and one.computer.active for one in (before, after))
    if now and not was:
        words = "Claude is using this computer now. Stop it from the tray's menu."
        found.append(Notice(words, "computer on", (("Stop now", StopComputer()),), urgent=True))
    if was and not now:
        found.append(Notice("Claude has stopped using this computer.", "computer off"))
    return tuple(found)
