"""Send one request to the bridge over a non-blocking socket that is polled."""

import errno
import json
import socket
import time
from collections.abc import Callable
from typing import Any, Generic, Optional, Protocol, TypeVar

from .answer import AnswerFailed, describe_http_error, read_error_code
from .http_response import BadResponse, ResponseReader
from .proof import Challenge
from .request import Address
from .sse import EventDecoder, EventTooLong

# The bridge is on this machine, so a connection that takes longer will never succeed.
CONNECT_SECONDS = 0.9
# All of the time for the proof: another program could send a byte now and then, for ever.
PROOF_SECONDS = 5.0
# The bridge sends a keep-alive comment much more often than this.
SILENCE_SECONDS = 300.0
READ_BYTES = 8 * 1024
# A poll stops reading or writing after this time: Talon recognizes speech on the same thread.
POLL_SECONDS = 0.004
BODY_LIMIT = 4 * 1024 * 1024
CONNECTING = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN}

Piece = TypeVar("Piece", covariant=True)


class EventReader(Protocol[Piece]):
    """Converter of events to pieces; `complete` is true after the last event."""

    @property
    def complete(self) -> bool: ...

    def feed(self, data: str) -> Piece: ...


class HttpRequest:
    """One request and its response; subclasses decide what to do with the body."""

    # States: connecting, connected (sending, then receiving), finished. With a challenge, the
    # request is sent only after the bridge's proof was sent for, received and checked on the same
    # connection. Each `_advance` does what is possible without waiting; it never raises, because it
    # runs in a Talon cron job.
    # Inputs: bytes from the socket, the clock, and `close`: the bridge notices the
    # disconnect and stops the generation upstream.
    # Outputs: `finished`; then `error` is None, or a sentence for the user, and
    # `error_code` what the bridge calls the error, if it said so.

    def __init__(
        self,
        address: Address,
        request: bytes,
        clock: Callable[[], float] = time.monotonic,
        silence: float = SILENCE_SECONDS,
        challenge: Optional[Challenge] = None,
    ) -> None:
        """Start connecting, without waiting; fail after `silence` seconds without a byte."""
        self.finished = False
        self.error: Optional[str] = None
        self.error_code = ""
        self.status = 0
        self._address, self._request, self._clock = address, request, clock
        self._challenge = challenge
        first = request if challenge is None else challenge.build_request(address)
        self._unsent = memoryview(first)
        self._silence = silence
        self._reader = ResponseReader()
        self._body = b""
        self._connected = False
        self._last_received = clock()
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._connect()

    def close(self) -> None:
        """Close the connection."""
        self.finished = True
        self._socket.close()

    def _advance(self) -> None:
        """Send and receive what is possible now."""
        try:
            if not self.finished and self._send():
                self._receive()
        except (BlockingIOError, InterruptedError):
            pass  # nothing more to read or write yet
        except (AnswerFailed, BadResponse, EventTooLong) as failure:
            self._fail(str(failure))
        except OSError as failure:
            self._fail(self._describe_failure(failure))
        self._check_silence()

    def _take_body(self, body: bytes) -> None:
        """Process a part of the body of a 200 response; raise BadResponse if it is too long."""
        self._body += body
        if len(self._body) > BODY_LIMIT:
            raise BadResponse("The bridge's response is too long.")

    def _finish_body(self) -> None:
        """Process the end of the body of a 200 response."""
        self.close()

    def _connect(self) -> None:
        try:
            code = self._socket.connect_ex((self._address.host, self._address.port))
        except (OSError, OverflowError) as failure:
            self._fail(f"Cannot reach the bridge at {self._address.netloc}: {failure}.")
            return
        if code not in CONNECTING:
            self._fail(self._describe_failure(OSError(code, "connect")))

    def _send(self) -> bool:
        """Send what is left of the request; return whether the bridge has all of it."""
        if not self._connected:
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, "connect")
            try:
                # Without `select`, a peer name is the portable sign of a finished connect.
                self._socket.getpeername()
            except OSError:
                return False
            self._connected = True
            self._last_received = self._clock()
        # A picture has some megabytes, so it is sent in several polls.
        deadline = time.perf_counter() + POLL_SECONDS
        while self._unsent and time.perf_counter() < deadline:
            self._unsent = self._unsent[self._socket.send(self._unsent[: 8 * READ_BYTES]) :]
        return not self._unsent

    def _receive(self) -> None:
        deadline = time.perf_counter() + POLL_SECONDS
        while not self.finished:
            data = self._socket.recv(READ_BYTES)
            if self._challenge is None:
                self._last_received = self._clock()
            if data:
                self._read_data(data)
            else:
                self._reader.finish()
            if self._reader.complete and not self.finished:
                self._end_response()
            if time.perf_counter() > deadline:
                return

    def _read_data(self, data: bytes) -> None:
        body = self._reader.feed(data)
        if self._challenge is not None:
            self._body = (self._body + body)[:BODY_LIMIT]
            return
        self.status = self._reader.status or 0
        if self.status == 200:
            self._take_body(body)
        elif self.status:
            self._body = (self._body + body)[:BODY_LIMIT]

    def _end_response(self) -> None:
        if self._challenge is not None:
            self._challenge.check(self._body, self._socket.getpeername())
            self._challenge, self._body, self._reader = None, b"", ResponseReader()
            self._last_received = self._clock()
            self._unsent = memoryview(self._request)
            self._send()
        elif self.status == 200:
            self._finish_body()
        else:
            self.error_code = read_error_code(self._body)
            self._fail(describe_http_error(self.status, self._body, self._reader.headers))

    def _check_silence(self) -> None:
        limit = self._silence if self._connected else CONNECT_SECONDS
        if self._connected and self._challenge is not None:
            limit = PROOF_SECONDS
        if self.finished or self._clock() - self._last_received <= limit:
            return
        if self._connected:
            self._fail("The bridge stopped responding. Say “claude retry” to try again.")
        else:
            self._fail(self._describe_not_running())

    def _describe_failure(self, failure: OSError) -> str:
        if not self._connected:
            return self._describe_not_running()
        if isinstance(failure, ConnectionError):
            return "The bridge closed the connection during the answer."
        return f"The connection to the bridge failed: {failure.strerror or failure}."

    def _describe_not_running(self) -> str:
        return (
            f"The Claude bridge is not running at {self._address.netloc}. "
            "Start it from its tray icon or run claude-bridge."
        )

    def _fail(self, sentence: str) -> None:
        self.error = sentence
        self.close()


class EventStream(HttpRequest, Generic[Piece]):
    """A request whose response is a stream of server-sent events."""

    def __init__(
        self,
        address: Address,
        request: bytes,
        reader: EventReader[Piece],
        clock: Callable[[], float] = time.monotonic,
        challenge: Optional[Challenge] = None,
    ) -> None:
        """Send the request and pass the data of each event to `reader`."""
        self.reader = reader
        self._events = EventDecoder()
        self._pieces: list[Piece] = []
        super().__init__(address, request, clock, challenge=challenge)

    def poll(self) -> list[Piece]:
        """Return the pieces that arrived since the last call; never wait, never raise."""
        self._pieces = []
        self._advance()
        return self._pieces

    def _take_body(self, body: bytes) -> None:
        for data in self._events.feed(body):
            piece = self.reader.feed(data)
            if piece:
                self._pieces.append(piece)
            # The last event ends the answer, even if the bridge leaves the connection open.
            if self.reader.complete:
                self.close()
                return

    def _finish_body(self) -> None:
        self._fail("The bridge closed the connection before the answer was complete.")


class Fetch(HttpRequest):
    """A request whose response is a JSON object.

    `answer` is that object once `finished` is true and `error` is None.
    """

    def __init__(
        self,
        address: Address,
        request: bytes,
        clock: Callable[[], float] = time.monotonic,
        challenge: Optional[Challenge] = None,
    ) -> None:
        """Send the request; fail after ten seconds of silence."""
        self.answer: dict[str, Any] = {}
        super().__init__(address, request, clock, silence=10.0, challenge=challenge)

    def poll(self) -> None:
        """Process what has arrived; never wait, never raise."""
        self._advance()

    def _finish_body(self) -> None:
        try:
            answer = json.loads(self._body)
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            self.answer = answer
            self.close()
        else:
            self._fail("The bridge's response is not a JSON object.")
