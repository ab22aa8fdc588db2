"""One recorded request with its answer, as it is stored; all parts are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bridge.wire.health import BackendName
from bridge.wire.json_bytes import decode_json, encode_json
from bridge.wire.messages import Usage

Via = Literal["http", "socket", "background", "again"]
"""How a request came: in a request of its own, as a message on a WebSocket, to be answered in the
background, or from the page `/inspect`, which sends it again."""


class Moment(NamedTuple):
    """Bytes that passed at one moment, in seconds since the request was accepted."""

    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """What the client sent; keys in the headers are replaced."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    client: str = ""
    """The name of the program, from its User-Agent."""
    key: str = ""
    """The name of the bridge's access key that it sent."""
    body: bytes | bytearray = b""
    """Decompressed."""
    read_at: float | None = None
    """When the body had arrived."""
    query: str = ""

    def measure(self) -> int:
        """Return the bytes of what came in front of the body."""
        headers = sum([len(name) + len(value) for name, value in self.headers])
        return len(self.path) + len(self.query) + headers


Ending = Literal["complete", "failed", "broken", "silent", "left"]
"""How an answer of upstream ended: `failed` with an error of Claude's, `broken` in the middle,
`silent` when it was waited for in vain, `left` because no more of it was wanted."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a request to a backend failed, or one try inside of the backend."""

    at: float
    reason: str
    """The code of the error and its message."""
    ending: Ending
    original: bytes = b""
    """Claude's own error, as JSON with `status` and `body`; empty if it sent none."""
    route: str = ""
    """The key or cloud that was used, if the backend has tried again."""
    following: str = ""
    """What the backend did then."""


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """One request to a backend and the events of its answer."""

    backend: BackendName
    body: bytes
    """The JSON body of Anthropic's Messages API, as the backend got it."""
    headers: Mapping[str, str]
    sent_at: float
    opened_at: float | None = None
    """When `message_start` had arrived; None if the call failed before."""
    batches: tuple[Moment, ...] = ()
    """The events of its answer that were read together, each time as a JSON array."""
    ended_at: float | None = None
    failure: Failure | None = None
    retries: tuple[Failure, ...] = ()
    """Tries before the last one, inside of the backend."""
    given: bytes = b""
    """What the program of the backend was given instead of the body, as JSON; else empty."""

    def list_events(self) -> list[Moment]:
        """Return the events of the answer, decoded and encoded once for it."""
        return [
            Moment(batch.at, encode_json(event))
            for batch in self.batches
            for event in decode_json(batch.data)
        ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an exchange ended."""

    request_id: str
    """The id in the response's header and in the log."""
    status: int | str
    """A word if there was no HTTP response."""
    outcome: str
    """The reason why the answer ended, or the code of the error."""
    failed: bool
    seconds: float
    model: str
    backend: str
    usages: tuple[Usage, ...] = ()
    """Claude's token counts, once for each answer."""
    input_tokens: int | None = None
    """Of all answers, with those of the cache."""
    output_tokens: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Those of the response that its endpoint has set."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request of a client and all that came of it."""

    id: str
    """A number, counted from the start of the server."""
    at: float
    """Unix seconds of the request."""
    via: Via
    request: ClientRequest
    notices: tuple[str, ...] = ()
    calls: tuple[UpstreamCall, ...] = ()
    written: tuple[Moment, ...] = ()
    """The body of the response, in the pieces that were written."""
    outcome: Outcome | None = None
    """None while it runs."""
    repeats: str | None = None
    """The id of the exchange that this one sends again."""
    is_rejected: bool = False
    """Whether it was answered before its endpoint had it; then its body was not read."""
