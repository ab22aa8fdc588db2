"""The accessibility bus, on an event loop in a thread of its own."""

# States of the connection: closed → opening (by the first call) → open. Opening, and each call, is
# bounded by the caller. A program that does not answer in time is left alone for PAUSE_SECONDS, and
# so is the bus itself if it cannot be opened.
#
# Chromium, Electron and Firefox build no tree unless accessibility is on when they start
# (org.a11y.Status). So the bridge turns it on, as screen readers do, and off again at the end if it
# was off: GNOME keeps it as a setting. Chromium then builds its tree when it is asked for
# attributes. Events tell where the focus is, without a search.

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

PAUSE_SECONDS = 4.0
"""How long a program that did not answer in time is not asked again."""
_CLOSING_SECONDS = 1.0

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_LAUNCHER = "org.a11y.Bus"
_ENABLED = ("org.a11y.Status", "IsEnabled")
_MATCH = "type='signal',interface='org.a11y.atspi.Event.Object',member='StateChanged'"
_FOCUS_EVENT = "object:state-changed:focused"


class Node(NamedTuple):
    """An object of a program on the bus."""

    name: str
    path: str

    @property
    def is_null(self) -> bool:
        return not self.name or self.path.endswith("/null")


REGISTRY = Node("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
_DAEMON = Node("org.freedesktop.DBus", "/org/freedesktop/DBus")


class Unanswered(Exception):
    """A program gave an error, has left, or is left alone because it did not answer in time."""


class Bus:
    """The connection; `run` blocks, the other methods are for what it runs."""

    def __init__(self, address: str | None = None) -> None:
        """`address`: of the session's bus; by default the environment's."""
        self._address = address
        self._bus: MessageBus | None = None
        self._opening: asyncio.Task[None] | None = None
        self._paused: dict[str, float] = {}
        self._processes: dict[str, int] = {}
        self._was_off = False
        """Whether accessibility was off before the bridge turned it on."""
        self.focus: dict[str, Node] = {}
        """For each program, the element that last said that it has the focus."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="atspi", daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Begin to open the connection, without waiting for it."""
        self._loop.call_soon_threadsafe(self._begin_opening)

    def run(self, work: Callable[[], Awaitable[_Result]], seconds: float) -> _Result | None:
        """Run work on the loop; None if it is not done in time, or gets no answer."""
        future = asyncio.run_coroutine_threadsafe(self._run(work, seconds), self._loop)
        try:
            # A margin for the loop's own time; the work is cancelled there.
            return future.result(seconds + 0.05)
        except FutureTimeoutError:
            future.cancel()
            return None

    async def call(
        self, node: Node, interface: str, member: str, signature: str = "", body: Sequence[Any] = ()
    ) -> list[Any]:
        """Call a method. Raises Unanswered."""
        from dbus_fast import Message, MessageType

        if self._paused.get(node.name, 0) > time.monotonic():
            raise Unanswered(f"{node.name} did not answer in time.")
        if self._bus is None:
            raise Unanswered("The accessibility bus is not open.")
        message = Message(
            destination=node.name,
            path=node.path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
        )
        try:
            reply = await self._bus.call(message)
        except asyncio.CancelledError:
            # Only the time-out cancels: the program is slow or hangs.
            self._paused[node.name] = time.monotonic() + PAUSE_SECONDS
            raise
        except (OSError, EOFError) as error:
            self._forget()
            raise Unanswered("The accessibility bus is gone.") from error
        if reply is None or reply.message_type is MessageType.ERROR:
            raise Unanswered(f"{member} failed.")
        return list(reply.body)

    async def read_property(self, node: Node, name: str, interface: str = _ACCESSIBLE) -> Any:
        """Read a property. Raises Unanswered."""
        (value,) = await self.call(node, _PROPERTIES, "Get", "ss", (interface, name))
        return value.value

    async def read_process(self, name: str) -> int:
        """Return the process that a name on the bus belongs to. Raises Unanswered."""
        if name not in self._processes:
            body = await self.call(
                _DAEMON, _DAEMON.name, "GetConnectionUnixProcessID", "s", (name,)
            )
            self._processes[name] = int(body[0])
        return self._processes[name]

    def close(self) -> None:
        """Close the connection, turn accessibility off if it was, and end the thread."""
        closing = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        with suppress(FutureTimeoutError):
            closing.result(_CLOSING_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    async def _run(self, work: Callable[[], Awaitable[_Result]], seconds: float) -> _Result | None:
        try:
            async with asyncio.timeout(seconds):
                await self._wait_until_open()
                return await work()
        except (TimeoutError, Unanswered):
            return None

    async def _wait_until_open(self) -> None:
        if self._bus is not None and self._bus.connected:
            return
        self._begin_opening()
        if self._opening is not None:
            # Opening goes on after this caller's time has passed.
            await asyncio.shield(self._opening)
        if self._bus is None:
            raise Unanswered("There is no accessibility bus.")

    def _begin_opening(self) -> None:
        if self._bus is not None and not self._bus.connected:
            self._forget()
        waits = self._paused.get(REGISTRY.name, 0) > time.monotonic()
        if self._bus is None and self._opening is None and not waits:
            self._opening = self._loop.create_task(self._open())

    async def _open(self) -> None:
        try:
            await self._open_connection()
        except Exception as error:  # noqa: BLE001 - whatever fails, the desktop works without elements
            self._paused[REGISTRY.name] = time.monotonic() + PAUSE_SECONDS
            _log.debug("The accessibility bus cannot be opened: %s.", type(error).__name__)
        finally:
            self._opening = None

    async def _open_connection(self) -> None:
        from dbus_fast.aio import MessageBus

        async with self._open_session() as session:
            reply = await session.call(_make_message(_PROPERTIES, "Get", "ss", _ENABLED))
            is_off = reply is not None and reply.body and reply.body[0].value is False
            self._was_off = self._was_off or bool(is_off)
            await _set_enabled(session, True)
            reply = await session.call(_make_message(_LAUNCHER, "GetAddress"))
            address = reply.body[0] if reply is not None and reply.body else ""
        self._bus = await MessageBus(bus_address=address).connect()
        self._bus.add_message_handler(self._note_focus)
        await self.call(_DAEMON, _DAEMON.name, "AddMatch", "s", (_MATCH,))
        registry = Node(REGISTRY.name, "/org/a11y/atspi/registry")
        body: list[Any] = [_FOCUS_EVENT, [], ""]
        await self.call(registry, "org.a11y.atspi.Registry", "RegisterEvent", "sass", body)

    @asynccontextmanager
    async def _open_session(self) -> AsyncIterator[MessageBus]:
        """Connect to the session's bus, on which the accessibility bus is found."""
        from dbus_fast import BusType
        from dbus_fast.aio import MessageBus

        session = await MessageBus(bus_address=self._address, bus_type=BusType.SESSION).connect()
        try:
            yield session
        finally:
            session.disconnect()

    def _note_focus(self, message: Any) -> None:
        if message.member == "StateChanged" and message.body[:2] == ["focused", 1]:
            self.focus[message.sender] = Node(message.sender, message.path)

    def _forget(self) -> None:
        self._bus = None
        self._processes.clear()
        self.focus.clear()

    async def _close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._bus is not None:
            self._bus.disconnect()
        if self._was_off:
            try:
                async with asyncio.timeout(_CLOSING_SECONDS), self._open_session() as session:
                    await _set_enabled(session, False)
            except Exception as error:  # noqa: BLE001 - the session may have ended before the bridge
                _log.debug("Accessibility stays on: %s.", type(error).__name__)


async def _set_enabled(session: MessageBus, enabled: bool) -> None:
    from dbus_fast import Variant

    body = [*_ENABLED, Variant("b", enabled)]
    await session.call(_make_message(_PROPERTIES, "Set", "ssv", body))


def _make_message(
    interface: str, member: str, signature: str = "", body: Sequence[Any] = ()
) -> Message:
    """Make a message for the program that knows the accessibility bus."""
    from dbus_fast import Message

    return Message(
        destination=_LAUNCHER,
        path="/org/a11y/bus",
        interface=interface,
        member=member,
        signature=signature,
        body=list(body),
    )


def has_session_bus() -> bool:
    """Return whether this session has a D-Bus, on which the accessibility bus is found."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    has_socket = runtime is not None and Path(runtime, "bus").exists()
    return has_socket or bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))
