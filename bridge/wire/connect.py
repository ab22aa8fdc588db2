"""The types of `GET /connect`: how to connect each known client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.wire.doc import Doc


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A real request of a program, and what it proves."""

    at: Annotated[float, Doc("When it ended, in Unix seconds.")]
    asked: Annotated[str, Doc("The model that it requested.")]
    answered: Annotated[str, Doc("The model that answered.")]
    stream: Annotated[bool, Doc("Whether it was answered as a stream.")]
    tools: Annotated[int, Doc("How many tools it offered.")]
    tool_calls: Annotated[
        bool, Doc("Whether a tool was called, and a request after the call was answered.")
    ]
    outcome: Annotated[str, Doc("How it ended, such as `stop`, or the code of its error.")]
    failed: Annotated[bool, Doc("Whether the program got an error.")]
    requests: Annotated[int, Doc("How many it has sent since the server started.")] = 1
    version: Annotated[str, Doc("The program's version; empty if it is not known.")] = ""


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
    sends: Annotated[
        str, Doc("The endpoints that it uses, and what is odd about its requests.")
    ] = ""
    proved: Annotated[
        str, Doc("What was seen with the program itself, in which version and when; perhaps empty.")
    ] = ""
    source: Annotated[str, Doc("Where these facts come from, and from which version.")] = ""
    proof: Annotated[
        Sighting | None, Doc("Its last request, for callers with the control token.")
    ] = None
    mind: Annotated[str | None, Doc("The old name of `note`; will be removed.")] = None

    def __post_init__(self) -> None:
        # Clients of the previous version read `mind`.
        object.__setattr__(self, "mind", self.note)


@dataclass(frozen=True, kw_only=True)
class Program:
    """The state of one program on this computer."""

    name: Annotated[str, Doc("What `claude-bridge connect` calls it.")]
    title: str
    installed: Annotated[str | None, Doc("Where it was found; null if it was not.")]
    files: Annotated[list[str], Doc("The files that would be written; empty if none can be.")]
    written: Annotated[
        bool, Doc("Whether the bridge has written its files, and has not undone it.")
    ]
    proof: Annotated[
        Sighting | None,
        Doc(
            "Its last request since it was written; from an earlier server, its last one that "
            "worked."
        ),
    ]
    start: Annotated[str, Doc("What to do after it is written, so that it sends a request.")]
    results: Annotated[list[str], Doc("What was just done with its files, one sentence for each.")]
    problem: Annotated[str | None, Doc("Why its files cannot be read or written.")]


@dataclass(frozen=True, kw_only=True)
class Programs:
    """`GET /control/connections`."""

    programs: list[Program]


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
    model: Annotated[str, Doc("The model that the snippets name.")] = "default"
