"""What happens in a run besides what Claude says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.computer.approvals import PendingApproval
from bridge.wire.messages import MessageEvent

Status = Literal["completed", "stopped", "limit"]


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """The person is asked before it goes on."""

    waiting: PendingApproval


@dataclass(frozen=True, slots=True)
class ActionsDone:
    """A batch is over."""

    what: tuple[str, ...]
    """A sentence for each action."""
    failed: str | None
    """Why it was not done, or not all of it."""


@dataclass(frozen=True, slots=True)
class LoopEnded:
    """The last word; `why` where it is not Claude's own end."""

    status: Status
    steps: int
    why: str | None = None


Event = MessageEvent | ApprovalRequested | ActionsDone | LoopEnded
"""Claude's events as they come, of every turn, and between them what is done."""
