"""Response types of `GET /health`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bridge.wire.computer_status import ComputerHealth
from bridge.wire.doc import Doc

BackendName = Literal["anthropic", "claude-code", "offline"]
BackendSetting = Literal["auto", "anthropic", "claude-code", "offline"]
"""The setting `backend`; `auto` takes the first of them that can answer."""


@dataclass(frozen=True, kw_only=True)
class BackendStatus:
    """Which backend answers Claude models and why; `active` is null when none can."""

    setting: BackendSetting
    active: BackendName | None
    reason: str
    cure: Annotated[str | None, Doc("What to do, in one sentence, when none can answer.")] = None


@dataclass(frozen=True, kw_only=True)
class RoadStatus:
    """One way to Claude: a backend with one key."""

    label: Annotated[str, Doc("Which key or sign-in it is, in words; never the key.")]
    breaker: Literal["closed", "open", "half-open"]
    free_in: Annotated[float, Doc("Seconds until it is used again; 0 while it is in use.")]
    problem: Annotated[str | None, Doc("Why it is set aside, while it is.")] = None


@dataclass(frozen=True, kw_only=True)
class Health:
    """`GET /health`: 200 whenever the server runs; `ready` says whether Claude can be asked."""

    status: Literal["ready", "needs_setup", "stopping"]
    ready: bool
    version: str
    versions: Annotated[dict[str, str], Doc("Of Python and of the libraries that matter.")] = field(
        default_factory=dict
    )
    pid: int
    started_at: Annotated[int, Doc("Unix seconds.")]
    url: Annotated[str, Doc("Where it listens, such as http://127.0.0.1:8000.")]
    model: Annotated[str, Doc("Answers `default` and OpenAI's model names.")]
    backend: BackendStatus
    use_for_everything: Annotated[
        bool, Doc("Whether it also answers who asks for another Claude by name.")
    ] = False
    paused: Annotated[bool, Doc("Whether requests are refused until it is resumed.")] = False
    open_streams: Annotated[int, Doc("Answers being written at this moment.")]
    roads: Annotated[list[RoadStatus], Doc("The ways to Claude of the active backend.")]
    computer: Annotated[ComputerHealth, Doc("What Claude may do on this desktop now.")] = field(
        default_factory=ComputerHealth
    )
