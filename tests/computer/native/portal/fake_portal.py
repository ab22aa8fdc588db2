"""The front of a desktop portal: it asks nobody, and passes everything on to mutter.

The real front, xdg-desktop-portal with GNOME's part, needs a whole GNOME: `gnome_portal.py` runs
it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from bridge.computer.native.portal.bus import PATH, PORTAL
from bridge.computer.native.portal.session import CAST, CLIPBOARD, REMOTE, SCREENSHOT
from bridge.computer.native.portal.shortcut import SHORTCUTS

_MUTTER_REMOTE, _MUTTER_CAST = "org.gnome.Mutter.RemoteDesktop", "org.gnome.Mutter.ScreenCast"
_REMOTE_SESSION, _CAST_SESSION = f"{_MUTTER_REMOTE}.Session", f"{_MUTTER_CAST}.Session"
_SECONDS = 30.0
_CURSOR_MODES = {1: 0, 2: 1, 4: 2}
"""The portal's numbers, and mutter's."""


@dataclass
class FakePortal:
    """What it offers, what it answers, and what it was asked."""

    environment: Mapping[str, str]
    versions: dict[str, int] = field(default_factory=lambda: {REMOTE: 2, CAST: 4, CLIPBOARD: 1})
    answer: int | None = 0
    """0 for yes, 1 for no; None: the user does not answer."""
    tokens: list[str | None] = field(default_factory=list)
    """The restore token of each start."""
    streams: list[tuple[int, dict[str, Variant]]] | None = None
    """What to tell without mutter."""
    picture: str = ""
    """The address of a screenshot."""
    devices: int = 3
    """What the user allows: 1 for the keyboard and 2 for the pointer."""
    closed_requests: int = 0
    shortcut: tuple[str, str] = ("", "")
    """The id and the trigger of the key that was bound."""
    notified: list[str] = field(default_factory=list)
    """The names of the input that came."""

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._numbers = itertools.count(1)
        self._client = ""
        self._path = ""
        self._remote, self._cast, self._stream, self._shortcuts = "", "", "", ""
        self._mode = 0
        self._token: str | None = None
        self._node: asyncio.Future[int] | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._open())

    def end_session(self) -> None:
        """End the session, as the user does in the desktop's menu."""
        self._run(self._emit("org.freedesktop.portal.Session", "Closed", self._path, "a{sv}", {}))

    def imitate_end(self, kind: MessageType) -> None:
        """Tell the end of the session from another program's connection to the bus."""
        self._run(self._imitate_end(kind))

    def move_by_hand(self, x: float, y: float) -> None:
        """Move the pointer, as the user's mouse does."""
        values = (self._stream, x, y)
        member, interface = "NotifyPointerMotionAbsolute", _REMOTE_SESSION
        self._run(
            self._call(_MUTTER_REMOTE, self._remote, member, "sdd", *values, interface=interface)
        )

    def press_shortcut(self) -> None:
        """Tell that the key was pressed which the bridge has bound."""
        body: tuple[Any, ...] = (self._shortcuts, self.shortcut[0], 0, {})
        self._run(self._emit(SHORTCUTS, "Activated", PATH, "osta{sv}", *body))

    def close(self) -> None:
        self._bus.disconnect()
        with suppress(TimeoutError, OSError, EOFError):
            self._run(self._bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(wait(), self._loop).result(_SECONDS)

    async def _imitate_end(self, kind: MessageType) -> None:
        address = self.environment["DBUS_SESSION_BUS_ADDRESS"]
        other = await MessageBus(address, BusType.SESSION).connect()
        message = Message(
            destination=self._client,
            path=self._path,
            interface="org.freedesktop.portal.Session",
            member="Closed",
            signature="a{sv}",
            body=[{}],
            message_type=kind,
        )
        await other.send(message)
        # Once this is answered, the bus has passed it on.
        await other.request_name("org.example.Other")
        other.disconnect()

    async def _open(self) -> None:
        address = self.environment["DBUS_SESSION_BUS_ADDRESS"]
        self._bus = await MessageBus(address, BusType.SESSION, negotiate_unix_fd=True).connect()
        self._bus.add_message_handler(self._handle)
        for rule in ("PipeWireStreamAdded", "SelectionOwnerChanged", "SelectionTransfer"):
            await self._call(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "AddMatch",
                "s",
                f"type='signal',member='{rule}'",
                interface="org.freedesktop.DBus",
            )
        await self._bus.request_name(PORTAL)

    async def _call(
        self,
        name: str,
        path: str,
        member: str,
        signature: str = "",
        *body: Any,
        interface: str,
        descriptors: list[int] | None = None,
    ) -> list[Any]:
        message = Message(
            destination=name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            unix_fds=descriptors or [],
        )
        reply = await self._bus.call(message)
        assert reply is not None
        assert reply.message_type is MessageType.METHOD_RETURN, (member, reply.body)
        if "h" in reply.signature:
            return [reply.unix_fds[0]]
        return list(reply.body)

    async def _emit(
        self, interface: str, member: str, path: str, signature: str, *body: Any
    ) -> None:
        await self._bus.send(
            Message(
                destination=self._client,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=list(body),
                message_type=MessageType.SIGNAL,
            )
        )

    def _handle(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL:
            self._pass_on_signal(message)
            return None
        if message.message_type is not MessageType.METHOD_CALL or message.sender is None:
            return None
        work = getattr(self, _to_name(message.member or ""), None)
        if message.interface == REMOTE and (message.member or "").startswith("Notify"):
            work = self._notify
        if work is None or not (message.path or "").startswith(PATH):
            return None
        task = self._loop.create_task(self._answer(message, work))
        task.add_done_callback(lambda done: done.exception())
        return True

    async def _answer(
        self, message: Message, work: Callable[[Message], Awaitable[tuple[str, list[Any]]]]
    ) -> None:
        try:
            signature, body = await work(message)
        except KeyError as error:
            name = "org.freedesktop.DBus.Error.InvalidArgs"
            await self._bus.send(Message.new_error(message, name, f"No such interface {error}"))
            return
        except AssertionError as error:
            await self._bus.send(Message.new_error(message, "test.Failed", str(error)))
            return
        descriptors = []
        if "h" in signature:
            descriptors, body = body, [0]
        await self._bus.send(
            Message.new_method_return(message, signature, body, unix_fds=descriptors)
        )
        # A pipe ends once nobody has it open any more.
        for descriptor in descriptors:
            os.close(descriptor)

    async def _respond(self, message: Message, code: int, results: dict[str, Variant]) -> Any:
        """Answer with a request, whose response follows."""
        options = next(each for each in reversed(message.body) if isinstance(each, dict))
        sender = (message.sender or "")[1:].replace(".", "_")
        path = f"{PATH}/request/{sender}/{options['handle_token'].value}"
        self._client = message.sender or ""
        self._loop.call_soon(
            lambda: self._loop.create_task(
                self._emit(
                    "org.freedesktop.portal.Request", "Response", path, "ua{sv}", code, results
                )
            )
        )
        return "o", [path]

    async def _get(self, message: Message) -> tuple[str, list[Any]]:
        interface, name = message.body
        version = self.versions[interface]
        value = Variant("u", version if name == "version" else 7)
        return "v", [value]

    async def _create_session(self, message: Message) -> Any:
        if message.interface == SHORTCUTS:
            self._shortcuts = f"{PATH}/session/shortcuts"
            result = {"session_handle": Variant("s", self._shortcuts)}
            return await self._respond(message, 0, result)
        if self.streams is None:
            await self._open_mutter()
        sender = (message.sender or "")[1:].replace(".", "_")
        self._path = f"{PATH}/session/{sender}/s{next(self._numbers)}"
        return await self._respond(message, 0, {"session_handle": Variant("s", self._path)})

    async def _open_mutter(self) -> None:
        root = "/org/gnome/Mutter/RemoteDesktop"
        for _ in range(600):
            with suppress(AssertionError):
                (self._remote,) = await self._call(
                    _MUTTER_REMOTE, root, "CreateSession", interface=_MUTTER_REMOTE
                )
                break
            await asyncio.sleep(0.05)
        (id,) = await self._call(
            _MUTTER_REMOTE,
            self._remote,
            "Get",
            "ss",
            _REMOTE_SESSION,
            "SessionId",
            interface="org.freedesktop.DBus.Properties",
        )
        (self._cast,) = await self._call(
            _MUTTER_CAST,
            "/org/gnome/Mutter/ScreenCast",
            "CreateSession",
            "a{sv}",
            {"remote-desktop-session-id": Variant("s", id.value)},
            interface=_MUTTER_CAST,
        )

    async def _select_devices(self, message: Message) -> Any:
        token = message.body[1].get("restore_token")
        self.tokens.append(token.value if token else None)
        return await self._respond(message, 0, {})

    async def _select_sources(self, message: Message) -> Any:
        self._mode = _CURSOR_MODES[message.body[1]["cursor_mode"].value]
        return await self._respond(message, 0, {})

    async def _request_clipboard(self, message: Message) -> Any:
        self._client = message.sender or ""
        return "", []

    async def _start(self, message: Message) -> Any:
        if self.answer is None:
            return self._wait_for_user(message)
        if self.answer:
            return await self._respond(message, self.answer, {})
        streams = self.streams if self.streams is not None else await self._start_mutter()
        shared = Variant("a(ua{sv})", [list(each) for each in streams])
        results = {"streams": shared, "devices": Variant("u", self.devices)}
        if self.versions[REMOTE] >= 2:
            results["restore_token"] = Variant("s", f"token-{len(self.tokens)}")
        return await self._respond(message, 0, results)

    def _wait_for_user(self, message: Message) -> Any:
        """Answer with a request that has no response."""
        options = message.body[-1]
        sender = (message.sender or "")[1:].replace(".", "_")
        return "o", [f"{PATH}/request/{sender}/{options['handle_token'].value}"]

    async def _start_mutter(self) -> list[tuple[int, dict[str, Variant]]]:
        self._node = self._loop.create_future()
        (self._stream,) = await self._call(
            _MUTTER_CAST,
            self._cast,
            "RecordMonitor",
            "sa{sv}",
            "",
            {"cursor-mode": Variant("u", self._mode)},
            interface=_CAST_SESSION,
        )
        (parameters,) = await self._call(
            _MUTTER_CAST,
            self._stream,
            "Get",
            "ss",
            f"{_MUTTER_CAST}.Stream",
            "Parameters",
            interface="org.freedesktop.DBus.Properties",
        )
        if CLIPBOARD in self.versions:
            await self._call(
                _MUTTER_REMOTE,
                self._remote,
                "EnableClipboard",
                "a{sv}",
                {},
                interface=_REMOTE_SESSION,
            )
        await self._call(_MUTTER_REMOTE, self._remote, "Start", interface=_REMOTE_SESSION)
        node = await asyncio.wait_for(self._node, _SECONDS)
        known = {name: parameters.value[name] for name in ("position", "size")}
        return [(node, known)]

    async def _open_pipewire_remote(self, message: Message) -> Any:
        remote = socket.socket(socket.AF_UNIX)
        remote.connect(f"{self.environment['XDG_RUNTIME_DIR']}/pipewire-0")
        return "h", [remote.detach()]

    async def _notify(self, message: Message) -> Any:
        member, values = message.member or "", list(message.body[2:])
        self.notified.append(member)
        signatures = {
            "NotifyPointerMotionAbsolute": "sdd",
            "NotifyPointerButton": "ib",
            "NotifyPointerAxisDiscrete": "ui",
            "NotifyKeyboardKeycode": "ub",
            "NotifyKeyboardKeysym": "ub",
        }
        signature = signatures[member]
        if member == "NotifyPointerMotionAbsolute":
            values[0] = self._stream
        if signature.endswith("b"):
            values[-1] = bool(values[-1])
        if self.streams is None:
            await self._call(
                _MUTTER_REMOTE, self._remote, member, signature, *values, interface=_REMOTE_SESSION
            )
        return "", []

    async def _set_selection(self, message: Message) -> Any:
        types = {"mime-types": Variant("as", message.body[1]["mime_types"].value)}
        await self._call(
            _MUTTER_REMOTE, self._remote, "SetSelection", "a{sv}", types, interface=_REMOTE_SESSION
        )
        return "", []

    async def _selection_read(self, message: Message) -> Any:
        return "h", await self._call(
            _MUTTER_REMOTE,
            self._remote,
            "SelectionRead",
            "s",
            message.body[1],
            interface=_REMOTE_SESSION,
        )

    async def _selection_write(self, message: Message) -> Any:
        return "h", await self._call(
            _MUTTER_REMOTE,
            self._remote,
            "SelectionWrite",
            "u",
            message.body[1],
            interface=_REMOTE_SESSION,
        )

    async def _selection_write_done(self, message: Message) -> Any:
        await self._call(
            _MUTTER_REMOTE,
            self._remote,
            "SelectionWriteDone",
            "ub",
            *message.body[1:],
            interface=_REMOTE_SESSION,
        )
        return "", []

    async def _bind_shortcuts(self, message: Message) -> Any:
        ((id, what),) = message.body[1]
        self.shortcut = (id, what["preferred_trigger"].value)
        if self.answer is None:
            return self._wait_for_user(message)
        return await self._respond(message, self.answer or 0, {})

    async def _screenshot(self, message: Message) -> Any:
        if SCREENSHOT not in self.versions:
            raise KeyError(SCREENSHOT)
        results = {"uri": Variant("s", self.picture)} if self.answer == 0 else {}
        return await self._respond(message, self.answer or 0, results)

    async def _close(self, message: Message) -> Any:
        self.closed_requests += "/request/" in (message.path or "")
        return "", []

    def _pass_on_signal(self, message: Message) -> None:
        if message.member == "PipeWireStreamAdded" and self._node and not self._node.done():
            self._node.set_result(message.body[0])
        elif message.member == "SelectionOwnerChanged" and message.path == self._remote:
            options = {name.replace("-", "_"): value for name, value in message.body[0].items()}
            self._send_clipboard("SelectionOwnerChanged", "oa{sv}", self._path, options)
        elif message.member == "SelectionTransfer" and message.path == self._remote:
            self._send_clipboard("SelectionTransfer", "osu", self._path, *message.body)

    def _send_clipboard(self, member: str, signature: str, *body: Any) -> None:
        self._loop.create_task(self._emit(CLIPBOARD, member, PATH, signature, *body))


def _to_name(member: str) -> str:
    """Return the name of the method here: `_open_pipewire_remote` for `OpenPipeWireRemote`."""
    words = re.sub("(?<=[a-z])(?=[A-Z])", "_", member.replace("PipeWire", "Pipewire"))
    return f"_{words.lower()}"


@contextmanager
def fake_portal(environment: Mapping[str, str]) -> Iterator[FakePortal]:
    portal = FakePortal(environment)
    try:
        yield portal
    finally:
        portal.close()
