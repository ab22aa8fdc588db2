"""The types of `GET /connect`: how to connect each known client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.wire.doc import Doc


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to set up one client."""

    client: str
    steps: Annotated[str, Doc("Where to configure it, in one sentence.")]
    snippet: Annotated[str, Doc("What to paste there.")]
    note: Annotated[str | None, Doc("What else to know about this client.")] = None
    name: Annotated[str, Doc("What `claude-bridge connect` calls it.")] = ""
    language: Annotated[str, Doc("Of the snippet, such as `toml`; `text` for fields.")] = "text"
    writable: Annotated[
        bool, Doc("Whether `claude-bridge connect` can write it into the client's own file.")
    ] = False
    source: Annotated[str, Doc("Where these facts come from, and from which version.")] = ""
    mind: Annotated[str | None, Doc("The old name of `note`; will be removed.")] = None

    def __post_init__(self) -> None:
        # Clients of the previous version read `mind`.
        object.__setattr__(self, "mind", self.note)


@dataclass(frozen=True, kw_only=True)
class Connections:
    """`GET /connect`."""

    base_url: Annotated[str, Doc("The base URL for clients of OpenAI's API.")]
    key: Annotated[
        str | None,
        Doc(
            "The API key for clients: `any` if the bridge has no access key; the access key for "
            "callers with the control token; null for others."
        ),
    ]
    clients: list[Connection]
