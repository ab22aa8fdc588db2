"""Makes the requests of the voice commands to the bridge, as the settings say."""

from collections.abc import Callable
from typing import Any, Optional, TypeVar

from ..wire.http_client import EventReader, EventStream, Fetch
from ..wire.paths import control_token
from ..wire.request import BadSetting, request_bytes
from . import options

Piece = TypeVar("Piece")
NEVER_STARTED = "The bridge has left no control token here: start it once on this machine."


def stream(
    path: str, body: dict[str, Any], reader: EventReader[Piece], control: bool = False
) -> EventStream[Piece]:
    """Ask for an answer that streams; raise BadSetting."""
    address = options.address()
    return EventStream(address, request_bytes(address, "POST", path, _key(control), body), reader)


def fetch(
    method: str, path: str, body: Optional[dict[str, Any]] = None, control: bool = False
) -> Fetch:
    """Ask for a short answer; raise BadSetting."""
    address = options.address()
    return Fetch(address, request_bytes(address, method, path, _key(control), body))


def _key(control: bool) -> str:
    if not control:
        return options.text("api_key")
    token = control_token()
    if token is None:
        raise BadSetting(NEVER_STARTED)
    return token


class Errand:
    """A short answer to be fetched beside all else; `done` gets it once it has finished."""

    resting = False

    def __init__(self, ask: Callable[[], Fetch], done: Callable[[Fetch], None]) -> None:
        """Ask when it begins."""
        self.over = False
        self._ask, self._done = ask, done
        self._fetch: Optional[Fetch] = None

    def begin(self) -> None:
        """Ask."""
        self._fetch = self._ask()

    def advance(self, now: float) -> None:
        """Take what has come."""
        if self._fetch is None or self.over:
            return
        self._fetch.poll()
        if self._fetch.finished:
            self.over = True
            self._done(self._fetch)

    def stop(self) -> None:
        """Hang up."""
        self.end()

    def end(self) -> None:
        """Hang up."""
        self.over = True
        if self._fetch is not None:
            self._fetch.close()
