"""A connection to a Wayland compositor, in pure Python."""

# Why not pywayland: where it has no wheel, it needs a compiler and the headers of libwayland, and
# the protocols of wlroots have to be generated into it. What the bridge needs of the wire is in
# `wire` and here.
#
# Objects have numbers, which each side chooses for those that it makes. A number of ours is free
# again once the compositor says so. `listen` names the events of an object that matter; others are
# ignored, as are those of objects that nobody listens to any more.

from __future__ import annotations

import array
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from bridge.computer.native.waiting import wait_until_readable
from bridge.computer.native.wayland.wire import (
    Argument,
    Message,
    Request,
    Stream,
    WaylandError,
    read_arguments,
    write_request,
)

ANSWER_SECONDS = 5.0
"""How long a compositor may take; one that hangs must not hang the bridge."""
_CHUNK = 65536
_DESCRIPTORS = 28
"""The most that come with one message."""
_SERVER_IDS = 0xFF000000
"""From this number on, the compositor has made the object."""

_DISPLAY = 1
_SYNC, _GET_REGISTRY = Request(0, "n"), Request(1, "n")
_BIND = Request(0, "usun")

Handler = Callable[..., object]
"""Called with the arguments of an event; file descriptors come first."""


class Event(NamedTuple):
    """The types of an event's arguments, and what to call with them."""

    signature: str
    handler: Handler


class Global(NamedTuple):
    """An object that the compositor offers."""

    name: int
    interface: str
    version: int


class Connection:
    """Used in one thread. Every method raises WaylandError, an OSError, if the compositor is gone.

    `globals` is what the compositor offers now; `version` changes whenever that does.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Connect as the environment says. Raises OSError if no compositor answers."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(ANSWER_SECONDS)
            self._socket.connect(str(find_socket(environment)))
        except BaseException:
            self._socket.close()
            raise
        self._stream = Stream()
        self._messages: deque[Message] = deque()
        self._descriptors: deque[int] = deque()
        self._events: dict[int, Mapping[int, Event]] = {}
        self._free: list[int] = []
        self._last = _DISPLAY
        self.globals: dict[int, Global] = {}
        self.version = 0
        self.listen(_DISPLAY, {0: Event("ous", _raise_error), 1: Event("u", self._free_id)})
        self._registry = self.make_id()
        added, removed = Event("usu", self._add_global), Event("u", self._remove_global)
        self.listen(self._registry, {0: added, 1: removed})
        try:
            self.send(_DISPLAY, _GET_REGISTRY, self._registry)
            self.roundtrip()
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def make_id(self) -> int:
        """Return a number for an object that the next request makes."""
        if self._free:
            return self._free.pop()
        self._last += 1
        return self._last

    def listen(self, object: int, events: Mapping[int, Event]) -> None:
        """Call a handler for each of these events of an object."""
        self._events[object] = events

    def forget(self, object: int) -> None:
        """Ignore all events of an object from now on."""
        self._events.pop(object, None)

    def has(self, interface: str) -> bool:
        return any(each.interface == interface for each in self.globals.values())

    def find(self, interface: str) -> list[Global]:
        """List what is offered of an interface, the oldest first."""
        return [each for each in self.globals.values() if each.interface == interface]

    def bind(self, offered: Global, version: int) -> int:
        """Make an object of what is offered, in a version that is known here; return its number."""
        object = self.make_id()
        used = min(version, offered.version)
        self.send(self._registry, _BIND, offered.name, offered.interface, used, object)
        return object

    def bind_first(self, interface: str, version: int) -> int:
        """The same for the first one. Raises WaylandError if it is not offered."""
        offered = self.find(interface)
        if not offered:
            raise WaylandError(f"The compositor does not offer {interface}.")
        return self.bind(offered[0], version)

    def send(
        self,
        object: int,
        request: Request,
        *arguments: Argument,
        descriptors: Sequence[int] = (),
    ) -> None:
        """Send a request; its file descriptors stay open here."""
        data = write_request(object, request, *arguments)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            sent = self._socket.sendmsg([data], rights if descriptors else [])
            self._socket.sendall(data[sent:])
        except OSError as error:
            self._raise_reported()
            raise WaylandError(f"The compositor has ended the connection: {error}.") from error

    def roundtrip(self) -> None:
        """Wait until the compositor has carried out every request, and handle what it sent."""
        done: list[int] = []
        callback = self.make_id()
        self.listen(callback, {0: Event("u", done.append)})
        self.send(_DISPLAY, _SYNC, callback)
        self.wait_for(lambda: bool(done))
        self.forget(callback)

    def wait_for(self, condition: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> None:
        """Handle events until a condition is true. Raises WaylandError after some seconds."""
        until = time.monotonic() + seconds
        while not condition():
            left = until - time.monotonic()
            if left <= 0:
                raise WaylandError(f"The compositor did not answer within {seconds:g} s.")
            self.dispatch(left)

    def dispatch(self, seconds: float) -> None:
        """Handle the events that are there, or that come within some seconds."""
        if not self._messages:
            if not wait_until_readable([self._socket], seconds):
                return
            self._receive()
        while self._messages:
            self._handle(self._messages.popleft())

    def close(self) -> None:
        """Close the connection, which ends all its objects; may be called again."""
        self._socket.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _receive(self) -> None:
        size = socket.CMSG_SPACE(_DESCRIPTORS * array.array("i").itemsize)
        try:
            data, rights, _, _ = self._socket.recvmsg(_CHUNK, size)
        except OSError as error:
            raise WaylandError(f"The compositor has ended the connection: {error}.") from error
        for level, kind, content in rights:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                whole = len(content) - len(content) % array.array("i").itemsize
                self._descriptors.extend(array.array("i", content[:whole]))
        if not data:
            raise WaylandError("The compositor has ended the connection.")
        self._messages.extend(self._stream.feed(data))

    def _handle(self, message: Message) -> None:
        event = self._events.get(message.object, {}).get(message.opcode)
        if event is None:
            return
        arguments = read_arguments(message.body, event.signature)
        event.handler(*self._take_descriptors(event.signature.count("h")), *arguments)

    def _take_descriptors(self, count: int) -> list[int]:
        if len(self._descriptors) < count:
            raise WaylandError("The compositor sent an event without its file descriptor.")
        return [self._descriptors.popleft() for _ in range(count)]

    def _raise_reported(self) -> None:
        """Raise the error that the compositor reported before it closed the connection."""
        with suppress(BlockingIOError, TimeoutError):
            self.dispatch(0)

    def _free_id(self, object: int) -> None:
        self.forget(object)
        # Only numbers that were given out, once: the compositor may say anything.
        if _DISPLAY < object <= self._last and object not in self._free:
            self._free.append(object)

    def _add_global(self, name: int, interface: str, version: int) -> None:
        self.globals[name] = Global(name, interface, version)
        self.version += 1

    def _remove_global(self, name: int) -> None:
        self.globals.pop(name, None)
        self.version += 1


def find_socket(environment: Mapping[str, str]) -> Path:
    """Return the socket that the environment names. Raises WaylandError if it names none."""
    name = environment.get("WAYLAND_DISPLAY") or "wayland-0"
    folder = environment.get("XDG_RUNTIME_DIR")
    if not name.startswith("/") and not folder:
        raise WaylandError("XDG_RUNTIME_DIR is not set.")
    return Path(folder or "/", name)


def _raise_error(object: int, code: int, text: str) -> Any:
    raise WaylandError(f"The compositor refused a request ({code}): {text}.")
