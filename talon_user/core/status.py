"""Puts the state of the voice commands into the few lines that the corner shows."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """What is going on; `doing` is empty when nothing is."""

    doing: str = ""
    model: str = ""
    waiting: int = 0
    paused: str = ""
    trouble: str = ""
    banner: tuple[str, ...] = ()


def status_lines(status: Status) -> Sequence[str]:
    """Return the lines to show; none when there is nothing to tell."""
    lines = list(status.banner)
    if status.doing:
        queue = f" · {status.waiting} more wait" if status.waiting else ""
        by = f" · {status.model}" if status.model else ""
        lines.append(f"Claude {status.doing}{by}{queue}")
    if status.paused:
        lines += ["Insertion paused", status.paused]
    if status.trouble:
        lines.append(status.trouble)
    return lines
