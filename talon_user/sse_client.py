"""Asks the bridge over a socket that never blocks: each `poll` gives what has come."""

import errno
import socket
import time
from collections.abc import Callable
from typing import Optional

from .answer import Answer, AnswerFailed, http_error
from .http_response import BadResponse, ResponseReader
from .request import Address
from .sse import EventDecoder, EventTooLong

CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 300.0
READ_BYTES = 64 * 1024
READS_PER_POLL = 16
ERROR_BODY_LIMIT = 64 * 1024
CONNECTING = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN}


class AnswerStream:
    """One question on its way: at the end `finished` is true, and `error` says what went wrong."""

    def __init__(
        self, address: Address, request: bytes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin to connect, without waiting."""
        self.finished = False
        self.error: Optional[str] = None
        self.answer = Answer()
        self._address, self._unsent, self._clock = address, request, clock
        self._reader, self._events = ResponseReader(), EventDecoder()
        self._error_body = b""
        self._connected = False
        self._heard = clock()
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._connect()

    def poll(self) -> list[str]:
        """Return the pieces that have come since the last call; never wait, never raise."""
        pieces: list[str] = []
        try:
            if not self.finished and self._sent():
                self._receive(pieces)
        except (BlockingIOError, InterruptedError):
            pass
        except (AnswerFailed, BadResponse, EventTooLong) as failure:
            self._fail(str(failure))
        except OSError as failure:
            self._fail(self._sentence_for(failure))
        self._check_silence()
        return pieces

    def close(self) -> None:
        """Hang up."""
        self.finished = True
        self._socket.close()

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
            count = self._socket.send(self._unsent[:READ_BYTES])
            self._unsent = self._unsent[count:]
        return True

    def _receive(self, pieces: list[str]) -> None:
        for _ in range(READS_PER_POLL):
            data = self._socket.recv(READ_BYTES)
            self._heard = self._clock()
            if data:
                self._take(self._reader.feed(data), pieces)
            else:
                self._reader.finish()
                self._end_of_response()
            if self.finished:
                return
            if self._reader.complete:
                self._end_of_response()
                return

    def _take(self, body: bytes, pieces: list[str]) -> None:
        if self._reader.status is None:
            return
        if self._reader.status != 200:
            self._error_body = (self._error_body + body)[:ERROR_BODY_LIMIT]
            return
        for data in self._events.feed(body):
            piece = self.answer.feed(data)
            if piece:
                pieces.append(piece)
            if self.answer.complete:
                self.close()
                return

    def _end_of_response(self) -> None:
        status = self._reader.status or 0
        if status != 200:
            self._fail(http_error(status, self._error_body))
        else:
            self._fail("The bridge hung up before the answer was whole.")

    def _check_silence(self) -> None:
        limit = SILENCE_SECONDS if self._connected else CONNECT_SECONDS
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
