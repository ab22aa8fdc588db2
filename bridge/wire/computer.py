"""Request and response types of computer use: mode, approvals, actions, runs and their events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.wire.computer_status import Level, Mode


class ComputerSwitchPatch(BaseModel):
    """A new mode; `minutes` is required for `allowed`, and only allowed there."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode
    minutes: float | None = Field(None, gt=0, le=120)


class Decision(BaseModel):
    """`POST /computer/approvals/{id}`: approve or deny."""

    model_config = ConfigDict(extra="forbid")

    approved: bool
    digest: str | None = Field(
        None,
        max_length=64,
        description="The `digest` of what was shown; the decision is refused if it has changed.",
    )
    level: Level | None = Field(
        None,
        description="Remember this for the `apps` of the request: `click` or `everything` with an "
        "approval, `view` with a denial. Without it, the decision is for this request only.",
    )


class Decided(BaseModel):
    """The decision that was recorded."""

    id: str
    approved: bool


class MoreTime(BaseModel):
    """`POST /computer/approvals/{id}/extend`: an empty object."""

    model_config = ConfigDict(extra="forbid")


class Extended(BaseModel):
    """How long the user has now."""

    id: str
    expires_at: float = Field(description="Unix seconds.")


class ProgramForgotten(BaseModel):
    """`DELETE /computer/programs/{id}`: the program will be asked about again."""

    id: str
    forgotten: Literal[True] = True


class AppChange(BaseModel):
    """`POST /computer/apps/{id}`: what Claude may do in a program from now on."""

    model_config = ConfigDict(extra="forbid")

    level: Level


class AppForgotten(BaseModel):
    """`DELETE /computer/apps/{id}`: the program is undecided again."""

    id: str
    forgotten: Literal[True] = True


class ComputerStopped(BaseModel):
    """`POST /computer/stop`: everything has stopped, and computer use is off."""

    stopped: Literal[True] = True


class ComputerResumed(BaseModel):
    """`POST /computer/resume`: the paused task continues."""

    resumed: Literal[True] = True


class ActionBody(BaseModel):
    """One action of Claude's computer toolset or on elements: `action`, and its own fields.

    On elements: `list_windows`, `focus_window`, `list_elements`, `find_element`, `click_element`,
    `set_value`, `read_text`.
    """

    model_config = ConfigDict(extra="allow")

    action: str = Field(max_length=40)


class ActionsBody(BaseModel):
    """`POST /computer/actions`: actions to carry out in order, up to the first failure.

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
    """The result of one action."""

    what: str
    done: bool
    result: str = Field(description="`OK`, an answer, or why it was not executed.")
    risks: list[str]
    image: str | None = Field(
        None, description="A data URL, for a screenshot, a zoom, or with `picture`."
    )


class ActionOutcomes(BaseModel):
    """The results, in the order of the actions."""

    outcomes: list[ActionOutcome]
    approved_by: str | None = Field(description="Who approved; null if nothing was executed.")


class WindowElement(BaseModel):
    """An element as its program describes it: all texts are the program's or page's."""

    id: str = Field(description="For `click_element`, `set_value` and `read_text`.")
    role: str
    name: str
    states: list[str]
    box: tuple[int, int, int, int] | None = Field(
        description="x0, y0, x1, y1 in pixels of the screenshot; null on another screen."
    )
    value: str = Field(description="The text of a field or the number of a slider.")


class WindowElementList(BaseModel):
    """`GET /computer/elements`: what is on the screen in one window."""

    window: str = Field(description="The id of the window.")
    title: str
    program: str
    elements: list[WindowElement] = Field(description="In reading order.")
    complete: bool = Field(description="False if there are more, or the program was too slow.")


class RunBody(BaseModel):
    """`POST /computer/runs`: a task for Claude on this computer."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1, max_length=100_000)
    model: str = Field("default", min_length=1, max_length=200)
    asked_by: str = Field("a program", max_length=100)
    dry_run: bool = False
    mouse_moved: Literal["stop", "pause"] = Field(
        "stop",
        description="What happens if the user moves the mouse: the run ends, or it pauses until "
        "`POST /computer/resume`, for users who control the mouse with their eyes.",
    )


class RunStarted(BaseModel):
    """The first event of a run."""

    type: Literal["run.started"] = "run.started"
    id: str
    model: str


class RunText(BaseModel):
    """A piece of Claude's thinking or text."""

    type: Literal["run.thinking", "run.text"]
    text: str


class RunApproval(BaseModel):
    """The run waits for the user's approval."""

    type: Literal["run.approval"] = "run.approval"
    id: str
    what: list[str] = Field(description="One sentence for each action, whole.")
    risks: list[str]
    expires_at: float
    digest: str = Field(description="Send it back with the decision.")


class RunActed(BaseModel):
    """A batch of actions has ended."""

    type: Literal["run.acted"] = "run.acted"
    what: list[str]
    failed: str | None = Field(None, description="Why it was not executed, or not all of it.")


class RunPaused(BaseModel):
    """The mouse was moved, and nothing is done until `POST /computer/resume`."""

    type: Literal["run.paused"] = "run.paused"
    reason: str


class RunResumed(BaseModel):
    """The user has resumed the run."""

    type: Literal["run.resumed"] = "run.resumed"


class RunFinished(BaseModel):
    """The last event of a run, unless it failed."""

    type: Literal["run.finished"] = "run.finished"
    status: Literal["completed", "stopped", "limit"]
    text: str
    steps: int


class RunError(BaseModel):
    """The last event of a run that failed."""

    type: Literal["run.error"] = "run.error"
    error: dict[str, Any]


RunEvent = Annotated[
    RunStarted | RunText | RunApproval | RunActed | RunPaused | RunResumed | RunFinished | RunError,
    Field(discriminator="type"),
]
