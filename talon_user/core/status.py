"""Format the state of the voice commands as the lines of the corner display."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """What to show.

    `activity` is a word such as “writing”, or empty. `queued` is the number of tasks after the
    current one, `context` the number of characters that go with every question. `pause_reason`,
    `problem`, `banner` and `listening` are sentences.
    """

    activity: str = ""
    model: str = ""
    queued: int = 0
    context: int = 0
    pause_reason: str = ""
    problem: str = ""
    banner: tuple[str, ...] = ()
    listening: str = ""


def format_status(status: Status) -> Sequence[str]:
    """Return the lines to show, or none when nothing runs, failed or is remembered."""
    lines = [*status.banner, *([status.listening] if status.listening else [])]
    if status.activity:
        queue = f" · {status.queued} queued" if status.queued else ""
        model = f" · {status.model}" if status.model else ""
        lines.append(f"Claude is {status.activity}{model}{queue}")
    if status.pause_reason:
        lines += ["Insertion paused", status.pause_reason]
    if status.context:
        lines.append(f"Claude remembers {status.context:,} characters")
    if status.problem:
        lines.append(status.problem)
    return lines
