"""One request to the bridge over a socket that never blocks: each `poll` takes what has come."""

import errno
import json
import socket
import time
from collections.abc import Callable
from typing import Any, Generic, Optional, Protocol, TypeVar

from .answer import AnswerFailed, http_error
from .http_response import BadResponse, ResponseReader
from .request import Address
from .sse import EventDecoder, EventTooLong

CONNECT_SECONDS = 0.9
SILENCE_SECONDS = 300.0
READ_BYTES = 8 * 1024
POLL_SECONDS = 0.004
"""A poll reads no longer than that, so that a long answer holds up nobody's speech."""
BODY_LIMIT = 4 * 1024 * 1024
CONNECTING = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN}

Piece = TypeVar("Piece", covariant=True)


class EventReader(Protocol[Piece]):
    """What makes pieces of a stream's events; `complete` after the last one."""

    @property
    def complete(self) -> bool: ...

    def feed(self, data: str) -> Piece: ...


class Exchange:
    """At the end `finished` is true, and `error` is a sentence when something went wrong."""

    def __init__(
        self,
        address: Address,
        request: bytes,
        clock: Callable[[], float] = time.monotonic,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        """Begin to connect, without waiting; give up after `silence` seconds without a byte."""
        self.finished = False
        self.error: Optional[str] = None
        self.status = 0
        self._address, self._unsent, self._clock = address, memoryview(request), clock
        self._silence = silence
        self._reader = ResponseReader()
        self._body = b""
        self._connected = False
        self._heard = clock()
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._connect()

    def close(self) -> None:
        """Hang up."""
        self.finished = True
        self._socket.close()

    def _step(self) -> None:
        """Do what can be done now; never wait, never raise."""
        try:
            if not self.finished and self._sent():
                self._receive()
        except (BlockingIOError, InterruptedError):
            pass  # nothing more has come
        except (AnswerFailed, BadResponse, EventTooLong) as failure:
            self._fail(str(failure))
        except OSError as failure:
            self._fail(self._sentence_for(failure))
        self._check_silence()

    def _take(self, body: bytes) -> None:
        """Take a part of the body of an answer with status 200."""
        self._body += body
        if len(self._body) > BODY_LIMIT:
            raise BadResponse("The bridge's answer is too long.")

    def _end_of_body(self) -> None:
        """Take the end of that body."""
        self.close()

    def _connect(self) -> None:
        try:
            code = self._socket.connect_ex((self._address.host, self._address.port))
        except (OSError, OverflowError) as failure:
            self._fail(f"Cannot reach the bridge at {self._address.netloc}: {failure}.")
            return
        if code not in CONNECTING:
            self._fail(self._sentence_for(OSError(code, "connect")))

    def _sent(self) -> bool:
        if not self._connected:
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, "connect")
            try:
                self._socket.getpeername()
            except OSError:
                return False
            self._connected = True
            self._heard = self._clock()
        while self._unsent:
            self._unsent = self._unsent[self._socket.send(self._unsent[: 8 * READ_BYTES]) :]
        return True

    def _receive(self) -> None:
        until = time.perf_counter() + POLL_SECONDS
        while not self.finished:
            data = self._socket.recv(READ_BYTES)
            self._heard = self._clock()
            if data:
                self._read(data)
            else:
                self._reader.finish()
            if self._reader.complete and not self.finished:
                self._end()
            if time.perf_counter() > until:
                return

    def _read(self, data: bytes) -> None:
        body = self._reader.feed(data)
        self.status = self._reader.status or 0
        if self.status == 200:
            self._take(body)
        elif self.status:
            self._body = (self._body + body)[:BODY_LIMIT]

    def _end(self) -> None:
        if self.status == 200:
            self._end_of_body()
        else:
            self._fail(http_error(self.status, self._body, self._reader.headers))

    def _check_silence(self) -> None:
        limit = self._silence if self._connected else CONNECT_SECONDS
        if self.finished or self._clock() - self._heard <= limit:
            return
        if self._connected:
            self._fail("The bridge has gone silent, so the question was given up.")
        else:
            self._fail(self._not_running())

    def _sentence_for(self, failure: OSError) -> str:
        if not self._connected:
            return self._not_running()
        if isinstance(failure, ConnectionError):
            return "The bridge hung up in the middle of the answer."
        return f"The connection to the bridge failed: {failure.strerror or failure}."

    def _not_running(self) -> str:
        return (
            f"The Claude bridge is not running at {self._address.netloc}: "
            "start it from its tray icon or with claude-bridge."
        )

    def _fail(self, sentence: str) -> None:
        self.error = sentence
        self.close()


class EventStream(Exchange, Generic[Piece]):
    """An answer that comes as server-sent events, read by `reader`."""

    def __init__(
        self,
        address: Address,
        request: bytes,
        reader: EventReader[Piece],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask, and give each event's data to `reader`."""
        self.reader = reader
        self._events = EventDecoder()
        self._pieces: list[Piece] = []
        super().__init__(address, request, clock)

    def poll(self) -> list[Piece]:
        """Return the pieces that have come since the last call; never wait, never raise."""
        self._pieces = []
        self._step()
        return self._pieces

    def _take(self, body: bytes) -> None:
        for data in self._events.feed(body):
            piece = self.reader.feed(data)
            if piece:
                self._pieces.append(piece)
            if self.reader.complete:
                self.close()
                return

    def _end_of_body(self) -> None:
        self._fail("The bridge hung up before the answer was whole.")


class Fetch(Exchange):
    """A short answer in JSON; `answer` is there once it has `finished` without an error."""

    def __init__(
        self, address: Address, request: bytes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask; ten seconds of silence are an error."""
        self.answer: dict[str, Any] = {}
        super().__init__(address, request, clock, silence=10.0)

    def poll(self) -> None:
        """Take what has come; never wait, never raise."""
        self._step()

    def _end_of_body(self) -> None:
        try:
            answer = json.loads(self._body)
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            self.answer = answer
            self.close()
        else:
            self._fail("The bridge sent something that is not what was asked for.")
