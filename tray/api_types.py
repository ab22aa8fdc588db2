"""What a server says of itself, as the tray needs it.

Plain values, read by hand: pydantic and the settings behind the wire's models would cost the tray,
which is there all day, more memory than all else in it. A test holds them to the wire's examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

BackendSetting = Literal["auto", "claude-code", "anthropic", "offline"]
BackendName = Literal["claude-code", "anthropic", "offline"]
ComputerMode = Literal["off", "ask", "ask_risky", "allowed"]

Json = Mapping[str, Any]

ECHO_OWNER = "claude-openai-bridge"


class Strange(ValueError):
    """What came is not what a claude-bridge says; the message names what is missing."""


@dataclass(frozen=True)
class Computer:
    """Whether Claude may use this machine. `until`: Unix seconds, for `allowed`."""

    mode: ComputerMode
    until: float | None = None
    active: bool = False
    waiting: int = 0


@dataclass(frozen=True)
class Batch:
    """Actions that wait for a yes or no. `expires_at`: Unix seconds, then it is a no."""

    id: str
    what: tuple[str, ...]
    risks: tuple[str, ...]
    asked_by: str
    expires_at: float


@dataclass(frozen=True)
class Model:
    """One that can be chosen. `line` is such as `Opus`; empty for what is not Claude."""

    id: str
    name: str
    line: str


@dataclass(frozen=True)
class Client:
    """A known client, and what is pasted there."""

    name: str
    steps: str
    snippet: str


@dataclass(frozen=True)
class Connect:
    """`key` is null where the bridge has one that we may not see."""

    base_url: str
    key: str | None
    clients: tuple[Client, ...]


@dataclass(frozen=True)
class Usage:
    """Of today: tokens are what was read, cached or not, and written; cost in US dollars."""

    requests: int
    read: int
    written: int
    cost: float
    unpriced: int


@dataclass(frozen=True)
class Health:
    """`GET /health`."""

    url: str
    version: str
    pid: int
    ready: bool
    stopping: bool
    model: str
    setting: BackendSetting
    backend: BackendName | None
    reason: str
    cure: str
    use_for_everything: bool
    paused: bool
    open_streams: int
    problem: str
    """Why every way to Claude is set aside for the moment; empty when one is free."""
    computer: Computer | None


def read_health(said: Json) -> Health:
    """Raises Strange. What an older server does not say is as if it were off."""
    try:
        backend = said["backend"]
        return Health(
            url=str(said["url"]),
            version=str(said["version"]),
            pid=int(said["pid"]),
            ready=bool(said["ready"]),
            stopping=said["status"] == "stopping",
            model=str(said["model"]),
            setting=_one_of(BackendSetting, backend["setting"]),
            backend=None if backend["active"] is None else _one_of(BackendName, backend["active"]),
            reason=str(backend["reason"]),
            cure=str(backend.get("cure") or ""),
            use_for_everything=bool(said.get("use_for_everything")),
            paused=bool(said.get("paused")),
            open_streams=int(said["open_streams"]),
            problem=_problem(said.get("roads") or ()),
            computer=read_computer(said["computer"]) if said.get("computer") else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Strange(f"/health is not a claude-bridge's: {error}") from error


def read_computer(said: Json) -> Computer:
    """Of `/health`, `/computer` or `/control/switches`. Raises KeyError, TypeError, ValueError."""
    waiting = said.get("waiting", 0)
    return Computer(
        mode=_one_of(ComputerMode, said["mode"]),
        until=None if said.get("until") is None else float(said["until"]),
        active=bool(said.get("active")),
        waiting=waiting if isinstance(waiting, int) else len(waiting),
    )


def read_batches(said: Json) -> tuple[Batch, ...]:
    """Of `GET /computer`. Raises Strange."""
    try:
        return tuple(
            Batch(
                id=str(one["id"]),
                what=tuple(str(line) for line in one["what"]),
                risks=tuple(str(word) for word in one.get("risks") or ()),
                asked_by=str(one.get("asked_by") or "a client"),
                expires_at=float(one["expires_at"]),
            )
            for one in said["waiting"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Strange(f"/computer is not a claude-bridge's: {error}") from error


def read_models(said: Json) -> tuple[Model, ...]:
    """Of `GET /v1/models`: no aliases, no embeddings, nothing retired. Raises Strange."""
    try:
        return tuple(
            _model(one)
            for one in said["data"]
            if not one.get("alias_of")
            and not (one.get("capabilities") or {}).get("embeddings")
            and one.get("lifecycle") != "retired"
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Strange(f"/v1/models is not a claude-bridge's: {error}") from error


def read_connect(said: Json) -> Connect:
    """Of `GET /connect`. Raises Strange."""
    try:
        clients = tuple(
            Client(str(one["client"]), str(one["steps"]), str(one["snippet"]))
            for one in said["clients"]
        )
        return Connect(str(said["base_url"]), said["key"], clients)
    except (KeyError, TypeError) as error:
        raise Strange(f"/connect is not a claude-bridge's: {error}") from error


def read_usage(said: Json) -> Usage:
    """Of `GET /usage`. Raises Strange."""
    try:
        today = said["today"]
        read = ("input_tokens", "cache_write_tokens", "cache_read_tokens")
        return Usage(
            requests=int(today["requests"]),
            read=sum(int(today[name]) for name in read),
            written=int(today["output_tokens"]),
            cost=float(today["cost"]),
            unpriced=int(today["unpriced"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Strange(f"/usage is not a claude-bridge's: {error}") from error


def _model(said: Json) -> Model:
    id = str(said["id"])
    name = str(said.get("display_name") or id)
    if said.get("owned_by") == ECHO_OWNER:
        return Model(id, name, "")
    words = id.removeprefix("claude-").split("-")
    # Older names have the version before the line: claude-3-5-sonnet.
    line = next((word for word in words if word.isalpha()), words[0])
    return Model(id, name.removeprefix("Claude "), line.title())


def _problem(roads: Any) -> str:
    problems = [road.get("problem") for road in roads if road.get("breaker") == "open"]
    return str(problems[0] or "") if problems and len(problems) == len(roads) else ""


def _one_of(kind: Any, said: Any) -> Any:
    if said not in get_args(kind):
        raise ValueError(f"{said!r} is none of {', '.join(get_args(kind))}")
    return cast(Any, said)
