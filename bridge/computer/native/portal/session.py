"""See and control the desktop through its portals, after the user has allowed it in a dialog."""

# States: not asked → started → ended. The user may end it at any time in the desktop's own menu,
# such as GNOME's “Stop sharing”; then nothing more can be done until the desktop is opened again,
# which asks again.
#
# https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.RemoteDesktop.html

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.computer.desktop import DesktopEnded
from bridge.computer.native.portal.bus import PortalAbsentError, PortalBus, PortalError, Response
from bridge.computer.native.portal.pods import LONGEST_SIDE
from bridge.computer.native.portal_access import PortalAccess
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable, SettingsError

_log = logging.getLogger(__name__)

REMOTE, CAST = "org.freedesktop.portal.RemoteDesktop", "org.freedesktop.portal.ScreenCast"
CLIPBOARD = "org.freedesktop.portal.Clipboard"
SCREENSHOT = "org.freedesktop.portal.Screenshot"
ASK_SECONDS = 60.0
"""How long the dialog waits for the user, as long as an approval."""
ABSENT = (
    "Claude cannot use this desktop: its Wayland compositor does not offer {missing}, and it has "
    "no portals for remote control and screen sharing. Install your desktop's portals, such as "
    "`xdg-desktop-portal-gnome` or `xdg-desktop-portal-kde`, or log out and choose the X11 session "
    "(often named `Xorg`) on the login screen if there is one."
)
DENIED = (
    "You did not allow Claude to see and control this desktop in the desktop's own dialog. You are "
    "asked again after five minutes, or when you restart the bridge."
)
UNANSWERED = (
    "The desktop's own dialog, which asks whether Claude may see and control it, was not answered "
    "within 60 seconds. The next action asks again."
)
ENDED = (
    "The desktop has ended the remote control, because you ended it or the screen was locked. Try "
    "again, and allow it in the desktop's dialog."
)
NO_SCREEN = "The desktop shares no screen. Try again, and choose at least one in its dialog."
NO_DEVICES = (
    "You share the screen and do not allow remote interaction, so Claude cannot use the mouse and "
    "the keyboard. Try again, and turn on “Allow remote interaction” in the desktop's dialog."
)
_KEYBOARD, _POINTER, _MONITOR = 1, 2, 1
_DEVICES = _KEYBOARD | _POINTER
_UNTIL_REVOKED = 2
_HIDDEN, _EMBEDDED, _METADATA = 1, 2, 4
"""What a stream does with the pointer."""
_FARTHEST = 1_000_000
_TOKEN_VERSION = 2


@dataclass(frozen=True, slots=True)
class Stream:
    """A screen that the user shares."""

    node: int
    area: Rect
    """In points of the desktop."""


class PortalSession:
    """One session for pictures and input. Every method raises OSError if the desktop is gone."""

    def __init__(self, access: PortalAccess) -> None:
        """Ask the user, where the desktop does not remember. Raises DesktopUnavailable."""
        if access.is_denied:
            raise DesktopUnavailable(DENIED)
        self._access = access
        self._ended = threading.Event()
        self.bus = connect()
        try:
            self.path = self._create()
            self.has_clipboard = False
            self.selection: Mapping[str, Any] = {}
            self.note_selection: Callable[[], object] = bool
            self.streams = self._start()
        except PortalError as error:
            self.bus.close()
            raise DesktopUnavailable(f"The desktop's portal failed: {error}") from error
        except BaseException:
            self.bus.close()
            raise

    def open_pipewire(self) -> int:
        """Return a connection to PipeWire, on which the streams are."""
        self.check()
        (descriptor,) = self.bus.call(CAST, "OpenPipeWireRemote", "oa{sv}", self.path, {})
        return int(descriptor)

    def notify(self, member: str, signature: str, *values: Any) -> None:
        """Send input. Raises DesktopEnded after the user has ended the session."""
        self.check()
        try:
            self.bus.call(REMOTE, member, f"oa{{sv}}{signature}", self.path, {}, *values)
        except PortalError:
            # The desktop ends sessions before it says so.
            if self._ended.wait(0.2):
                raise DesktopEnded(ENDED) from None
            raise

    def check(self) -> None:
        """Raise DesktopEnded after the user has ended the session."""
        if self._ended.is_set():
            raise DesktopEnded(ENDED)

    @property
    def is_ended(self) -> bool:
        return self._ended.is_set()

    def close(self) -> None:
        """End the session; may be called again."""
        self.bus.close()

    def _create(self) -> str:
        from dbus_fast import Variant

        token = Variant("s", f"claude_{time.monotonic_ns()}")
        options = {"session_handle_token": token}
        response = self.bus.request(REMOTE, "CreateSession", "a{sv}", options=options)
        path = str(_read_result(response, "session_handle", "s", "The session"))
        self.bus.listen_to_end(path, lambda *_: self._ended.set())
        return path

    def _start(self) -> list[Stream]:
        self._select_devices()
        self._select_sources()
        self._request_clipboard()
        try:
            response = self.bus.request(
                REMOTE, "Start", "osa{sv}", self.path, "", options={}, seconds=ASK_SECONDS
            )
        except TimeoutError as error:
            raise DesktopUnavailable(UNANSWERED) from error
        if response.code:
            self._access.note_denial()
            raise DesktopUnavailable(DENIED)
        devices = response.results.get("devices")
        if devices is None or devices.value & _DEVICES != _DEVICES:
            raise DesktopUnavailable(NO_DEVICES)
        streams = read_streams(response.results)
        if not streams:
            raise DesktopUnavailable(NO_SCREEN)
        self._save_token(response.results)
        return streams

    def _select_devices(self) -> None:
        from dbus_fast import Variant

        options = {"types": Variant("u", _DEVICES)}
        if self.bus.read_version(REMOTE) >= _TOKEN_VERSION:
            options["persist_mode"] = Variant("u", _UNTIL_REVOKED)
            token = self._access.read_token()
            if token:
                options["restore_token"] = Variant("s", token)
        self._select(REMOTE, "SelectDevices", options)

    def _select_sources(self) -> None:
        from dbus_fast import Variant

        modes = int(self.bus.read_property(CAST, "AvailableCursorModes"))
        mode = next((each for each in (_METADATA, _EMBEDDED) if each & modes), _HIDDEN)
        options = {
            "types": Variant("u", _MONITOR),
            "multiple": Variant("b", True),
            "cursor_mode": Variant("u", mode),
        }
        self._select(CAST, "SelectSources", options)

    def _select(self, interface: str, member: str, options: Mapping[str, Any]) -> None:
        response = self.bus.request(interface, member, "oa{sv}", self.path, options=options)
        if response.code:
            raise PortalError(f"{member} was refused.")

    def _request_clipboard(self) -> None:
        if not self.bus.read_version(CLIPBOARD):
            return
        # Before the start, which tells what is in it.
        self.bus.listen(CLIPBOARD, "SelectionOwnerChanged", self._change_selection)
        try:
            self.bus.call(CLIPBOARD, "RequestClipboard", "oa{sv}", self.path, {})
        except PortalError:
            # Characters that are not on the keyboard's layout are refused by name then.
            return
        self.has_clipboard = True

    def _change_selection(self, session: str, options: Mapping[str, Any]) -> None:
        """Note who has the clipboard, and what is in it."""
        if session == self.path:
            self.selection = options
            self.note_selection()

    def _save_token(self, results: Mapping[str, Any]) -> None:
        token = results.get("restore_token")
        if token is None or token.signature != "s":
            return
        try:
            self._access.save_token(token.value)
        except SettingsError as error:
            # Without it, the next start asks once more.
            _log.warning("The desktop's permission is not saved: %s.", error)


def check_offered(missing: Sequence[str]) -> bool:
    """Return whether the desktop can be used, and not only seen.

    `missing`: what its compositor does not offer. Raises DesktopUnavailable if neither is possible.
    """
    bus = connect()
    try:
        if bus.read_version(REMOTE) and bus.read_version(CAST):
            return True
        if bus.read_version(SCREENSHOT):
            return False
    finally:
        bus.close()
    raise DesktopUnavailable(ABSENT.format(missing=", ".join(missing)))


def connect() -> PortalBus:
    """Connect to the session's bus. Raises DesktopUnavailable without one."""
    try:
        return PortalBus()
    except PortalAbsentError as error:
        raise DesktopUnavailable(f"{error} Start the bridge inside the desktop session.") from error


def read_streams(results: Mapping[str, Any]) -> list[Stream]:
    """Read the screens of a response. Raises PortalError for what is none.

    A stream may have no place: then it is the only one, at the corner.
    """
    streams = results.get("streams")
    if streams is None or streams.signature != "a(ua{sv})":
        return []
    return [_read_stream(node, properties) for node, properties in streams.value]


def _read_stream(node: int, properties: Mapping[str, Any]) -> Stream:
    left, top = _read_pair(properties, "position") or (0, 0)
    width, height = _read_pair(properties, "size") or (0, 0)
    is_sane = 0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE
    if not is_sane or max(abs(left), abs(top)) > _FARTHEST:
        raise PortalError(f"The desktop describes a screen of {width}x{height} at {left}, {top}.")
    return Stream(node, Rect(left, top, width, height))


def _read_pair(properties: Mapping[str, Any], name: str) -> tuple[int, int] | None:
    value = properties.get(name)
    if value is None or value.signature != "(ii)":
        return None
    return int(value.value[0]), int(value.value[1])


def _read_result(response: Response, name: str, signature: str, what: str) -> Any:
    value = response.results.get(name)
    if response.code or value is None or value.signature not in (signature, "o"):
        raise PortalError(f"{what} was refused.")
    return value.value
