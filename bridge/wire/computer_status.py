"""Response types that show what Claude may do on this computer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from bridge.wire.doc import Doc

Mode = Literal["off", "ask", "ask_risky", "allowed"]


@dataclass(frozen=True, kw_only=True)
class ComputerSwitch:
    """What the person allows; `until` is only there for `allowed`, in Unix seconds."""

    mode: Mode = "off"
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class ComputerHealth(ComputerSwitch):
    """The computer's part of `GET /health`."""

    active: Annotated[bool, Doc("Somebody uses the desktop at this moment.")] = False
    waiting: Annotated[int, Doc("Batches that wait for the person's word.")] = 0


@dataclass(frozen=True, kw_only=True)
class WaitingBatch:
    """A batch that is not done before the person says yes."""

    id: str
    what: Annotated[list[str], Doc("A sentence for each action.")]
    risks: Annotated[list[str], Doc("Why one might say no, in words.")]
    asked_by: str
    expires_at: Annotated[float, Doc("Unix seconds; silence until then is a no.")]
    picture: Annotated[str | None, Doc("Where the marked screenshot is.")]


@dataclass(frozen=True, kw_only=True)
class ComputerStatus(ComputerSwitch):
    """`GET /computer`."""

    active: bool
    waiting: list[WaitingBatch]
