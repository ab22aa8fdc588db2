"""Events of an agent loop, besides those of Claude's messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.computer.approval.pending import PendingApproval
from bridge.wire.messages import MessageEvent

Status = Literal["completed", "stopped", "limit"]


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """The loop waits for the user's approval."""

    approval: PendingApproval


@dataclass(frozen=True, slots=True)
class ActionsDone:
    """A batch of actions has ended."""

    what: tuple[str, ...]
    """One sentence for each action."""
    failed: str | None
    """Why some or all of the batch was not executed."""


@dataclass(frozen=True, slots=True)
class PauseChanged:
    """The user moved the mouse, and the loop waits, or they resumed it."""

    reason: str
    """Why it is paused, as a sentence; empty if it is not any more."""


@dataclass(frozen=True, slots=True)
class LoopEnded:
    """The last event; `why` is set unless Claude itself ended."""

    status: Status
    steps: int
    why: str | None = None


Event = MessageEvent | ApprovalRequested | ActionsDone | PauseChanged | LoopEnded
"""Claude's events of every turn, and between them the bridge's own."""
