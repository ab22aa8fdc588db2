"""The session's bus, on an event loop in a thread of its own, for callers that block."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

PORTAL, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
CALL_SECONDS = 10.0
"""How long a portal may take for what needs no user; it is started by its first call."""
_PROPERTIES = "org.freedesktop.DBus.Properties"
_DAEMON, _DAEMON_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_REQUEST, _SESSION = "org.freedesktop.portal.Request", "org.freedesktop.portal.Session"
_ABSENT = (
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.UnknownInterface",
    "org.freedesktop.DBus.Error.UnknownMethod",
    "org.freedesktop.DBus.Error.InvalidArgs",
)
_CLOSED = "The connection to the session's bus is closed."
_Result = TypeVar("_Result")
Listener = Callable[..., object]
"""Called in the bus' thread with the arguments of a signal."""


class PortalError(OSError):
    """A portal did not answer, or gave an error."""


class PortalAbsentError(PortalError):
    """The desktop has no such portal."""


class Response(NamedTuple):
    """What came of a request."""

    code: int
    """0 for done, 1 if the user said no, 2 if it ended in another way."""
    results: Mapping[str, Any]


class PortalBus:
    """One connection. Every method blocks, and raises PortalError."""

    def __init__(self, address: str | None = None) -> None:
        """Connect; `address`: of the session's bus, by default the environment's."""
        self._numbers = itertools.count(1)
        self._listeners: dict[tuple[str, str], tuple[str, Listener]] = {}
        """With who may send the signal: any program on the bus can send what looks like one."""
        self._awaited: set[Future[Response]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="portal", daemon=True)
        self._thread.start()
        try:
            self._bus: MessageBus = self._wait_for(_open_connection(address), CALL_SECONDS)
        except BaseException:
            self._end_thread()
            raise
        self._bus.add_message_handler(self._handle)

    def call(
        self,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
        path: str = PATH,
        destination: str = PORTAL,
        seconds: float = CALL_SECONDS,
    ) -> list[Any]:
        """Call a method and return its results; descriptors in them are the caller's."""
        message = _make_message(destination, path, interface, member, signature, body)
        return self._wait_for(self._call(message), seconds)

    def read_property(self, interface: str, name: str) -> Any:
        """Read a property of the portal. Raises PortalAbsentError without the portal."""
        (value,) = self.call(_PROPERTIES, "Get", "ss", interface, name)
        return value.value

    def read_version(self, interface: str) -> int:
        """Return the version of a portal; 0 if the desktop has none."""
        try:
            return int(self.read_property(interface, "version"))
        except PortalAbsentError:
            return 0

    def request(
        self,
        interface: str,
        member: str,
        signature: str,
        *body: Any,
        options: Mapping[str, Any],
        seconds: float = CALL_SECONDS,
    ) -> Response:
        """Make a request, which the user may have to answer, and wait for its response."""
        token = f"claude_{os.getpid()}_{next(self._numbers)}"
        sender = (self._bus.unique_name or "")[1:].replace(".", "_")
        path = f"{PATH}/request/{sender}/{token}"
        response: Future[Response] = Future()

        def finish(code: int, results: Mapping[str, Any]) -> None:
            if not response.done():
                response.set_result(Response(code, results))

        # Before the request: its answer may come at once.
        self.listen(_REQUEST, "Response", finish, path)
        self._awaited.add(response)
        try:
            options = {**options, "handle_token": _vary("s", token)}
            self.call(interface, member, signature, *body, options)
            return response.result(seconds)
        except FutureTimeoutError as error:
            self._close_request(path)
            raise TimeoutError(f"{member} was not answered within {seconds:g} s.") from error
        finally:
            self._awaited.discard(response)
            self._listeners.pop((path, "Response"), None)

    def listen(self, interface: str, member: str, listener: Listener, path: str = PATH) -> None:
        """Call a function for each of these signals of the portal, which is started for that."""
        self._call_daemon("StartServiceByName", "su", PORTAL, 0)
        (owner,) = self._call_daemon("GetNameOwner", "s", PORTAL)
        self._listeners[(path, member)] = owner, listener
        rule = f"type='signal',interface='{interface}',member='{member}',path='{path}'"
        self._call_daemon("AddMatch", "s", rule)

    def close_session(self, path: str) -> None:
        """End a session that a portal has made."""
        self.call(_SESSION, "Close", path=path)

    def listen_to_end(self, path: str, listener: Listener) -> None:
        """Call a function when the desktop or the user ends a session."""
        self.listen(_SESSION, "Closed", listener, path)

    def close(self) -> None:
        """Close the connection, which ends what was made by it; may be called again."""
        if self._thread.is_alive():
            with suppress(PortalError):
                self._wait_for(self._disconnect(), CALL_SECONDS)
            self._end_thread()
            for response in list(self._awaited):
                if not response.done():
                    response.set_exception(PortalError(_CLOSED))

    def _call_daemon(self, member: str, signature: str, *body: Any) -> list[Any]:
        return self.call(_DAEMON, member, signature, *body, path=_DAEMON_PATH, destination=_DAEMON)

    async def _disconnect(self) -> None:
        self._bus.disconnect()
        # It has only shut its socket down: a step of the loop later, it is closed. Until then it
        # raises whatever broke the connection, which matters no more.
        with suppress(Exception):
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def _close_request(self, path: str) -> None:
        try:
            self.call(_REQUEST, "Close", path=path)
        except PortalError:
            # It has ended meanwhile.
            return

    async def _call(self, message: Message) -> list[Any]:
        from dbus_fast import MessageType

        try:
            reply = await self._bus.call(message)
        except Exception as error:
            # The connection has ended, with whatever dbus-fast raised while it read or wrote.
            raise PortalError(f"The session's bus is gone: {error}.") from error
        if reply is None or reply.message_type is MessageType.METHOD_RETURN:
            return [] if reply is None else _put_descriptors(reply)
        text = f"{message.member}: {' '.join(map(str, reply.body)) or reply.error_name}"
        raise (PortalAbsentError if reply.error_name in _ABSENT else PortalError)(text)

    def _handle(self, message: Message) -> None:
        from dbus_fast import MessageType

        key = (message.path or "", message.member or "")
        owner, listener = self._listeners.get(key, ("", None))
        is_signal = message.message_type is MessageType.SIGNAL
        if listener is not None and is_signal and message.sender == owner:
            listener(*_put_descriptors(message))

    def _wait_for(self, work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError as error:
            # Its loop is closed.
            work.close()
            raise PortalError(_CLOSED) from error
        try:
            return future.result(seconds)
        except FutureTimeoutError as error:
            future.cancel()
            raise PortalError(f"The portal did not answer within {seconds:g} s.") from error

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


async def _open_connection(address: str | None) -> MessageBus:
    from dbus_fast import BusType
    from dbus_fast.aio import MessageBus

    try:
        return await MessageBus(address, BusType.SESSION, negotiate_unix_fd=True).connect()
    except Exception as error:
        # dbus-fast raises several kinds for an address that is missing or wrong.
        raise PortalAbsentError(f"There is no session bus: {error}.") from error


def _make_message(
    destination: str, path: str, interface: str, member: str, signature: str, body: Any
) -> Message:
    from dbus_fast import Message

    return Message(
        destination=destination,
        path=path,
        interface=interface,
        member=member,
        signature=signature,
        body=list(body),
    )


def _put_descriptors(message: Message) -> list[Any]:
    """Return the values of a message, with descriptors instead of their numbers in it."""
    if "h" not in message.signature:
        return list(message.body)
    return [message.unix_fds[value] if type(value) is int else value for value in message.body]


def _vary(signature: str, value: Any) -> Any:
    from dbus_fast import Variant

    return Variant(signature, value)
