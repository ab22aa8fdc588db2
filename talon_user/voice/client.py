"""Send requests to the bridge with the address and key from the settings."""

from collections.abc import Callable
from typing import Any, Optional, TypeVar

from ..wire.http_client import EventReader, EventStream, Fetch
from ..wire.paths import read_control_token
from ..wire.proof import Challenge
from ..wire.request import Address, BadSetting, build_request
from . import options
from .task import Task

Piece = TypeVar("Piece")
NEVER_STARTED = "No control token found. Start the bridge once on this computer."


def open_stream(
    path: str, body: dict[str, Any], reader: EventReader[Piece], control: bool = False
) -> EventStream[Piece]:
    """Send a POST request whose answer streams; raise BadSetting."""
    address, request, challenge = _prepare("POST", path, body, control)
    return EventStream(address, request, reader, challenge=challenge)


def start_fetch(
    method: str, path: str, body: Optional[dict[str, Any]] = None, control: bool = False
) -> Fetch:
    """Send a request whose answer is a JSON object; raise BadSetting."""
    address, request, challenge = _prepare(method, path, body, control)
    return Fetch(address, request, challenge=challenge)


def _prepare(
    method: str, path: str, body: Optional[dict[str, Any]], control: bool
) -> tuple[Address, bytes, Optional[Challenge]]:
    """Build a request with the API key, or for `control` with the control token.

    The challenge is what the bridge must answer before it gets the token. Raises BadSetting.
    """
    address = options.read_address()
    key = read_control_token() if control else options.read_text("api_key")
    if key is None:
        raise BadSetting(NEVER_STARTED)
    request = build_request(address, method, path, key, body)
    return address, request, Challenge(key) if control else None


class BackgroundFetch(Task):
    """A fetch that runs beside the queue, and is passed to a callback when it has finished."""

    def __init__(self, start: Callable[[], Fetch], on_finish: Callable[[Fetch], None]) -> None:
        """Call `start` when the task begins."""
        super().__init__()
        self._start, self._on_finish = start, on_finish
        self._fetch: Optional[Fetch] = None

    def begin(self) -> None:
        """Send the request; raise BadSetting."""
        self._fetch = self._start()

    def advance(self, now: float) -> None:
        """Process what has arrived."""
        if self._fetch is None or self.done:
            return
        self._fetch.poll()
        if self._fetch.finished:
            self.done = True
            self._on_finish(self._fetch)

    def end(self) -> None:
        """Close the connection."""
        super().end()
        if self._fetch is not None:
            self._fetch.close()
