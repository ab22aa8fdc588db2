"""Response types that show what Claude may do on this computer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bridge.wire.doc import Doc

Mode = Literal["off", "ask", "ask_risky", "allowed"]


@dataclass(frozen=True, kw_only=True)
class ComputerSwitch:
    """What Claude may do; `until` (Unix seconds) is set for `allowed` only."""

    mode: Mode = "off"
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class ComputerHealth(ComputerSwitch):
    """The computer's part of `GET /health`."""

    active: Annotated[bool, Doc("Whether the desktop is in use now.")] = False
    waiting: Annotated[int, Doc("Number of batches that wait for approval.")] = 0


@dataclass(frozen=True, kw_only=True)
class WaitingBatch:
    """A batch that waits for the user's approval."""

    id: str
    about: Annotated[
        Literal["actions", "program"],
        Doc("`program`: whether the program may use the computer at all."),
    ] = "actions"
    what: Annotated[list[str], Doc("One sentence for each action.")]
    risks: Annotated[list[str], Doc("Why it may be risky.")]
    asked_by: str
    expires_at: Annotated[
        float, Doc("Unix seconds; it is denied at this time unless it was decided before.")
    ]
    picture: Annotated[str | None, Doc("Path of a screenshot with the places marked.")]


@dataclass(frozen=True, kw_only=True)
class AskingProgram:
    """A program that the user approved or denied, until computer use is turned off."""

    id: str
    program: Annotated[str, Doc("The program, as the system names it.")]
    approved: bool


@dataclass(frozen=True, kw_only=True)
class ComputerStatus(ComputerSwitch):
    """`GET /computer`."""

    active: bool
    waiting: list[WaitingBatch]
    programs: Annotated[
        list[AskingProgram], Doc("Programs without a credential that were approved or denied.")
    ] = field(default_factory=list)
