"""Response types of `GET /health`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bridge.wire.computer_status import ComputerHealth
from bridge.wire.doc import Doc

BackendName = Literal["anthropic", "claude-code", "offline"]
BackendSetting = Literal["auto", "anthropic", "claude-code", "offline"]
"""The setting `backend`; `auto` uses the first backend that is available."""


CredentialState = Literal["accepted", "unchecked", "rejected"]
"""What the calls to Claude have shown about an API key or a sign-in."""


@dataclass(frozen=True, kw_only=True)
class BackendStatus:
    """The backend for Claude models, and why it was chosen; `active` is null if there is none."""

    setting: BackendSetting
    active: BackendName | None
    reason: str
    hint: Annotated[str | None, Doc("What to do if no backend is available, in one sentence.")] = (
        None
    )
    cure: Annotated[str | None, Doc("Old name of `hint`.")] = None

    def __post_init__(self) -> None:
        # Clients of the previous version read `cure`.
        object.__setattr__(self, "cure", self.hint)


@dataclass(frozen=True, kw_only=True)
class RouteStatus:
    """A backend with one credential."""

    label: Annotated[str, Doc("The name of the key or sign-in; never the key itself.")]
    breaker: Literal["closed", "open", "half-open"]
    free_in: Annotated[float, Doc("Seconds until it can be used again; 0 if it can be used now.")]
    problem: Annotated[str | None, Doc("Why it is not used at the moment.")] = None
    credential: Annotated[
        CredentialState, Doc("Whether Claude accepted the key or sign-in when it was last used.")
    ] = "unchecked"


@dataclass(frozen=True)
class RecorderHealth:
    """Whether requests are recorded for `/inspect`, with their content."""

    on: bool = False
    until: Annotated[float | None, Doc("Unix seconds at which it turns itself off.")] = None
    exchanges: Annotated[int, Doc("Number of exchanges that are stored, in memory.")] = 0


@dataclass(frozen=True, kw_only=True)
class Health:
    """`GET /health`: 200 while the server runs; `ready` is true if it is connected to Claude."""

    status: Literal["ready", "needs_setup", "stopping"]
    ready: bool
    version: str
    versions: Annotated[dict[str, str], Doc("Versions of Python and the main libraries.")] = field(
        default_factory=dict
    )
    pid: int
    started_at: Annotated[int, Doc("Unix seconds.")]
    url: Annotated[str, Doc("The server's address, such as http://127.0.0.1:8000.")]
    locked: Annotated[
        bool, Doc("The access key cannot be read, so that no client is served; see `backend`.")
    ] = False
    model: Annotated[str, Doc("The model for `default` and for OpenAI's model names.")]
    backend: BackendStatus
    sign_in: Annotated[str, Doc("The sign-in of Claude Code that is used.")] = "default"
    sign_ins: Annotated[list[str], Doc("All of them; see the setting `sign_ins`.")] = field(
        default_factory=lambda: ["default"]
    )
    use_for_everything: Annotated[
        bool, Doc("Use `model` even when a client requests a different Claude model.")
    ] = False
    paused: Annotated[bool, Doc("Refuse requests until resumed.")] = False
    open_streams: Annotated[int, Doc("Active requests.")]
    routes: Annotated[list[RouteStatus], Doc("The credentials of the active backend.")]
    roads: Annotated[list[RouteStatus], Doc("Old name of `routes`.")] = field(default_factory=list)
    computer: Annotated[ComputerHealth, Doc("What Claude may do on this desktop now.")] = field(
        default_factory=ComputerHealth
    )
    recorder: RecorderHealth = field(default_factory=RecorderHealth)
    storage_problems: Annotated[
        list[str], Doc("Files that could not be used since the start, and where they are now.")
    ] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Clients of the previous version read `roads`.
        object.__setattr__(self, "roads", self.routes)
