"""Response types that show what Claude may do on this computer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bridge.wire.doc import Doc

Mode = Literal["off", "ask", "ask_risky", "allowed"]
Level = Literal["view", "click", "everything"]
"""What Claude may do in a program: look at it, use it but for risky steps, or everything."""


@dataclass(frozen=True, kw_only=True)
class ComputerSwitch:
    """What Claude may do; `until` (Unix seconds) is set for `allowed` only."""

    mode: Mode = "off"
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class ComputerHealth(ComputerSwitch):
    """The computer's part of `GET /health`."""

    active: Annotated[
        bool, Doc("Whether Claude uses the desktop now; false while it waits for the user.")
    ] = False
    paused: Annotated[
        bool, Doc("Whether it waits for `POST /computer/resume`, because the mouse was moved.")
    ] = False
    waiting: Annotated[int, Doc("Number of batches that wait for approval.")] = 0

    @property
    def is_busy(self) -> bool:
        """Whether Claude uses the desktop, or waits for the user to let it."""
        return self.active or self.paused or self.waiting > 0


@dataclass(frozen=True, kw_only=True)
class ApprovalStep:
    """An action that waits for approval; every character in it is visible."""

    action: str
    text: Annotated[str, Doc("The text to type, with ⏎ for Enter and ⇥ for Tab.")] = ""
    facts: Annotated[str, Doc("Its length, and how it ends.")] = ""
    window: Annotated[str, Doc("Title and program of the window it goes to.")] = ""


@dataclass(frozen=True, kw_only=True)
class ReachedApp:
    """A program that an action goes to."""

    name: str
    path: Annotated[str, Doc("Its executable, and what it runs if that is an interpreter.")]


@dataclass(frozen=True, kw_only=True)
class App(ReachedApp):
    """A program for which the user decided what Claude may do in it."""

    id: str
    level: Level
    at: Annotated[float, Doc("Unix seconds of the decision.")]
    by: Annotated[str, Doc("Where it was decided.")]


@dataclass(frozen=True, kw_only=True)
class Apps:
    """`GET /computer/apps`."""

    apps: Annotated[list[App], Doc("The newest decision first.")]


@dataclass(frozen=True, kw_only=True)
class DecidedBatch:
    """A batch that was decided, and what came of it."""

    id: str
    about: Literal["actions", "program"] = "actions"
    what: list[str]
    approved: bool
    outcome: Annotated[
        str | None, Doc("`done`, or why it was not done; null while it is being done.")
    ] = None
    at: Annotated[float, Doc("Unix seconds of the decision.")] = 0.0


@dataclass(frozen=True, kw_only=True)
class WaitingBatch:
    """A batch that waits for the user's approval."""

    id: str
    about: Annotated[
        Literal["actions", "program"],
        Doc("`program`: whether the program may use the computer at all."),
    ] = "actions"
    what: Annotated[
        list[str],
        Doc("One sentence for each action, whole: it may have several lines, marked with ⏎."),
    ]
    steps: Annotated[list[ApprovalStep], Doc("The same in parts.")] = field(default_factory=list)
    digest: Annotated[
        str, Doc("Send it back with the decision: only what was shown is approved.")
    ] = ""
    risks: Annotated[list[str], Doc("Why it may be risky.")]
    asked_by: Annotated[
        str, Doc("The program, as the system names it; what it says of itself is quoted.")
    ]
    program: Annotated[str, Doc("The program's short name.")] = ""
    expires_at: Annotated[
        float, Doc("Unix seconds; it is denied at this time unless it was decided before.")
    ]
    can_extend: Annotated[
        bool, Doc("Whether `…/extend` gives the user 60 s more, which it does once.")
    ] = False
    picture: Annotated[str | None, Doc("Path of a screenshot with the places marked.")]
    apps: Annotated[
        list[ReachedApp], Doc("Programs that a decision can be remembered for, with `level`.")
    ] = field(default_factory=list)
    levels: Annotated[list[Level], Doc("The levels that can be chosen for them.")] = field(
        default_factory=list
    )


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
    paused: bool = False
    waiting: list[WaitingBatch]
    decided: Annotated[list[DecidedBatch], Doc("The last decisions, the newest first.")] = field(
        default_factory=list
    )
    programs: Annotated[
        list[AskingProgram], Doc("Programs without a credential that were approved or denied.")
    ] = field(default_factory=list)
