"""The accessibility bus, on an event loop in a thread of its own."""

# States of the connection: closed → opening (by the first call) → open. Opening, and all calls of
# some work together, are bounded by the caller. A call has a time of its own, which is shorter, so
# that work which asks several programs gets the answers of the others. A program that does not
# answer in time is left alone until it answers one more question, and for PAUSE_SECONDS at most; so
# is the bus itself if it cannot be opened.
#
# A program is asked a few things at once and the rest in turn: one with thousands of objects would
# otherwise hold up the answers of others, and dbus-fast ends a connection that it cannot write to.
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
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bridge.computer.elements.atspi.replies import (
    FLAG,
    NOTHING,
    NUMBER,
    TEXT,
    Node,
    Shape,
    TimedOut,
    Unanswered,
    make_property,
    read_reply,
)

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

PAUSE_SECONDS = 4.0
"""Longest time that a program which did not answer in time is not asked again."""
CALL_SECONDS = 0.15
"""Longest time of one call."""
_LEAST_PAUSE_SECONDS = 0.5
_MOST_CALLS = 16
"""Calls of one program at a time."""
_SLOW_SECONDS = 0.05
"""A program that had less for a call when the caller's time ended is not to blame."""
_CLOSING_SECONDS = 1.0

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ENABLED = ("org.a11y.Status", "IsEnabled")
_MATCH = "type='signal',interface='org.a11y.atspi.Event.Object',member='StateChanged'"
_FOCUS_EVENT = "object:state-changed:focused"

REGISTRY = Node("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
_EVENTS = Node(REGISTRY.name, "/org/a11y/atspi/registry")
_EVENTS_INTERFACE = "org.a11y.atspi.Registry"
_DAEMON = Node("org.freedesktop.DBus", "/org/freedesktop/DBus")
_LAUNCHER = Node("org.a11y.Bus", "/org/a11y/bus")
"""The program that knows the address of the accessibility bus."""


class Bus:
    """The connection; `run` blocks, the other methods are for what it runs."""

    def __init__(self, address: str | None = None) -> None:
        """`address`: of the session's bus; by default the environment's."""
        self._address = address
        self._bus: MessageBus | None = None
        self._opening: asyncio.Task[None] | None = None
        self._paused: dict[str, float] = {}
        self._awaited: dict[str, asyncio.Task[None]] = {}
        """For each paused program, what waits for its answer."""
        self._processes: dict[str, int] = {}
        self._turns = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(_MOST_CALLS))
        """For each program, who may call it now."""
        self._was_off = False
        """Whether accessibility was off before the bridge turned it on."""
        self.was_late = False
        """Whether what was run last was not done in time."""
        self.is_missing = False
        """Whether this session has no accessibility bus, as it said when it was last asked."""
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
        self.was_late = False
        future = asyncio.run_coroutine_threadsafe(self._run(work, seconds), self._loop)
        try:
            # A margin for the loop's own time; the work is cancelled there.
            return future.result(seconds + 0.05)
        except (FutureTimeoutError, TimeoutError, TimedOut):
            future.cancel()
            self.was_late = True
            return None
        except Unanswered:
            return None

    async def call(
        self,
        node: Node,
        interface: str,
        member: str,
        shape: Shape[_Result],
        signature: str = "",
        body: Sequence[Any] = (),
        seconds: float | None = None,
    ) -> _Result:
        """Call a method whose reply has a shape. Raises Unanswered.

        `seconds`: the longest time, if it is not CALL_SECONDS.
        """
        message = _make_message(node, interface, member, signature, body)
        async with self._turns[node.name]:
            if self.is_paused(node.name):
                raise TimedOut(f"{node.name} did not answer in time.")
            if self._bus is None or not self._bus.connected:
                raise Unanswered("The accessibility bus is not open.")
            reply = await self._await_reply(self._bus, message, seconds or CALL_SECONDS)
        return read_reply(reply, shape)

    async def read_property(
        self, node: Node, name: str, shape: Shape[_Result], interface: str = _ACCESSIBLE
    ) -> _Result:
        """Read a property of an object. Raises Unanswered."""
        body = (interface, name)
        return await self.call(node, _PROPERTIES, "Get", make_property(shape), "ss", body)

    async def write_number(self, node: Node, interface: str, name: str, value: float) -> None:
        """Write a property of an object. Raises Unanswered."""
        from dbus_fast import Variant

        body = (interface, name, Variant("d", value))
        await self.call(node, _PROPERTIES, "Set", NOTHING, "ssv", body)

    async def read_process(self, name: str) -> int:
        """Return the process that a name on the bus belongs to. Raises Unanswered."""
        if name not in self._processes:
            self._processes[name] = await self.call(
                _DAEMON, _DAEMON.name, "GetConnectionUnixProcessID", NUMBER, "s", (name,)
            )
        return self._processes[name]

    def is_paused(self, name: str) -> bool:
        """Return whether a program is left alone because it did not answer in time."""
        return self._paused.get(name, 0) > time.monotonic()

    def close(self) -> None:
        """Close the connection, turn accessibility off if it was, and end the thread."""
        closing = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        with suppress(FutureTimeoutError):
            closing.result(_CLOSING_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    async def _await_reply(
        self, bus: MessageBus, message: Message, seconds: float
    ) -> Message | None:
        started, name = time.monotonic(), str(message.destination)
        try:
            async with asyncio.timeout(seconds):
                return await bus.call(message)
        except TimeoutError as error:
            self._pause_program(bus, name)
            raise TimedOut(f"{name} did not answer in time.") from error
        except asyncio.CancelledError:
            if time.monotonic() - started > _SLOW_SECONDS:
                self._pause_program(bus, name)
            raise
        except Exception as error:
            # The connection has ended, with whatever dbus-fast raised while it read or wrote.
            if self._bus is bus:
                self._forget()
            raise Unanswered("The accessibility bus is gone.") from error

    def _pause_program(self, bus: MessageBus, name: str) -> None:
        self._pause(name)
        if name not in self._awaited:
            self._awaited[name] = self._loop.create_task(self._await_answer(bus, name))

    async def _await_answer(self, bus: MessageBus, name: str) -> None:
        """Wait for a program that was too slow; it is asked again once it answers anything.

        Most are only busy for a moment, such as Chromium with a search of a large page.
        """
        started = time.monotonic()
        try:
            async with asyncio.timeout(PAUSE_SECONDS):
                await bus.call(_make_message(Node(name, REGISTRY.path), _ACCESSIBLE, "GetRole"))
                # One that answers this and nothing else must not cost its time again and again.
                await asyncio.sleep(_LEAST_PAUSE_SECONDS - (time.monotonic() - started))
            self._paused.pop(name, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the program stays paused for its time
            _log.debug("A program stays silent: %s.", type(error).__name__)
        finally:
            self._awaited.pop(name, None)

    def _pause(self, name: str) -> None:
        self._paused[name] = time.monotonic() + PAUSE_SECONDS

    async def _run(self, work: Callable[[], Awaitable[_Result]], seconds: float) -> _Result:
        async with asyncio.timeout(seconds):
            await self._wait_until_open()
            return await work()

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
        is_paused = self.is_paused(REGISTRY.name)
        if self._bus is None and self._opening is None and not is_paused:
            self._opening = self._loop.create_task(self._open())

    async def _open(self) -> None:
        try:
            await self._open_connection()
        except Exception as error:  # noqa: BLE001 - whatever fails, the desktop works without elements
            self.is_missing = True
            self._pause(REGISTRY.name)
            _log.debug("The accessibility bus cannot be opened: %s.", type(error).__name__)
        finally:
            self._opening = None

    async def _open_connection(self) -> None:
        from dbus_fast.aio import MessageBus

        async with self._open_session() as session:
            reply = await session.call(_make_message(_LAUNCHER, _PROPERTIES, "Get", "ss", _ENABLED))
            self._was_off = self._was_off or not read_reply(reply, make_property(FLAG))
            await _set_enabled(session, True)
            reply = await session.call(_make_message(_LAUNCHER, _LAUNCHER.name, "GetAddress"))
            address = read_reply(reply, TEXT)
        bus = await MessageBus(bus_address=address).connect()
        try:
            bus.add_message_handler(self._note_focus)
            await _register_focus(bus)
        except BaseException:
            bus.disconnect()
            raise
        self._bus, self.is_missing = bus, False

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
        self._turns.clear()
        self.focus.clear()

    async def _close(self) -> None:
        for task in (self._opening, *self._awaited.values()):
            if task is not None:
                task.cancel()
        if self._bus is not None:
            self._bus.disconnect()
        if self._was_off:
            try:
                async with asyncio.timeout(_CLOSING_SECONDS), self._open_session() as session:
                    await _set_enabled(session, False)
            except Exception as error:  # noqa: BLE001 - the session may have ended before the bridge
                _log.debug("Accessibility stays on: %s.", type(error).__name__)


async def _register_focus(bus: MessageBus) -> None:
    """Ask for events about the focus, which may start the registry: that has no time of its own.

    Raises Unanswered.
    """
    match = _make_message(_DAEMON, _DAEMON.name, "AddMatch", "s", (_MATCH,))
    read_reply(await bus.call(match), NOTHING)
    body: list[Any] = [_FOCUS_EVENT, [], ""]
    event = _make_message(_EVENTS, _EVENTS_INTERFACE, "RegisterEvent", "sass", body)
    read_reply(await bus.call(event), NOTHING)


async def _set_enabled(session: MessageBus, enabled: bool) -> None:
    from dbus_fast import Variant

    body = [*_ENABLED, Variant("b", enabled)]
    await session.call(_make_message(_LAUNCHER, _PROPERTIES, "Set", "ssv", body))


def _make_message(
    node: Node, interface: str, member: str, signature: str = "", body: Sequence[Any] = ()
) -> Message:
    from dbus_fast import Message

    return Message(
        destination=node.name,
        path=node.path,
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
