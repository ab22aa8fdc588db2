"""Computer use over HTTP: the switch, what waits for a word, actions, runs and their events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.wire.computer_status import Mode


class ComputerSwitchPatch(BaseModel):
    """A human's act: another mode; `minutes` goes with `allowed`."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode
    minutes: float | None = Field(None, gt=0, le=120)


class Decision(BaseModel):
    """`POST /computer/approvals/{id}`: the person's word."""

    model_config = ConfigDict(extra="forbid")

    approved: bool


class Decided(BaseModel):
    """It was heard."""

    id: str
    approved: bool


class ComputerStopped(BaseModel):
    """`POST /computer/stop`: everything is at rest, and computer use is off."""

    stopped: Literal[True] = True


class ActionBody(BaseModel):
    """One action of Claude's computer toolset: its name in `action`, its fields beside it."""

    model_config = ConfigDict(extra="allow")

    action: str = Field(max_length=40)


class ActionsBody(BaseModel):
    """`POST /computer/actions`: done in order, up to the first that fails.

    Coordinates are pixels of what `GET /computer/screenshot` shows for the same `monitor` and
    `max_edge`.
    """

    model_config = ConfigDict(extra="forbid")

    actions: list[ActionBody] = Field(min_length=1, max_length=100)
    monitor: int | None = Field(None, ge=0)
    max_edge: int | None = Field(None, ge=100, le=8000)
    dry_run: bool = False
    asked_by: str = Field("a program", max_length=100)


class ActionOutcome(BaseModel):
    """What became of one action."""

    what: str
    done: bool
    result: str = Field(description="`OK`, an answer, or why it was not done.")
    risks: list[str]
    image: str | None = Field(None, description="A data URL, of a screenshot or a closer look.")


class ActionOutcomes(BaseModel):
    """In the order of the actions."""

    outcomes: list[ActionOutcome]
    approved_by: str | None = Field(description="Who agreed; null where nothing was done.")


class RunBody(BaseModel):
    """`POST /computer/runs`: Claude does a task on this desktop."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1, max_length=100_000)
    model: str = Field("default", min_length=1, max_length=200)
    asked_by: str = Field("a program", max_length=100)
    dry_run: bool = False


class RunStarted(BaseModel):
    type: Literal["run.started"] = "run.started"
    id: str
    model: str


class RunWords(BaseModel):
    """What Claude thinks, or says."""

    type: Literal["run.thinking", "run.text"]
    text: str


class RunApproval(BaseModel):
    """The person is asked."""

    type: Literal["run.approval"] = "run.approval"
    id: str
    what: list[str]
    risks: list[str]
    expires_at: float


class RunActed(BaseModel):
    """A batch is about to be done, or is over."""

    type: Literal["run.acting", "run.acted"]
    what: list[str]
    failed: str | None = Field(None, description="Why it was not done, or not all of it.")


class RunFinished(BaseModel):
    """The last event of a run that came to an end."""

    type: Literal["run.finished"] = "run.finished"
    status: Literal["completed", "stopped", "limit"]
    text: str
    steps: int


class RunError(BaseModel):
    """The last event of a run that failed."""

    type: Literal["run.error"] = "run.error"
    error: dict[str, Any]


RunEvent = Annotated[
    RunStarted | RunWords | RunApproval | RunActed | RunFinished | RunError,
    Field(discriminator="type"),
]
