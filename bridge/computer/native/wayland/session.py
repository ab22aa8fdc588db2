"""Connect to a compositor, or explain why computer use is not possible with it."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.computer.native.wayland import capture, keyboard, pointer, toplevels
from bridge.computer.native.wayland.connection import Connection, find_socket
from bridge.computer.native.wayland.wire import WaylandError
from bridge.errors import DesktopUnavailable

NOT_OFFERED = "This Wayland compositor does not offer {missing}."
UNREACHABLE = (
    "The Wayland compositor cannot be reached at {socket}: {reason}. Start the bridge inside the "
    "graphical session, or set WAYLAND_DISPLAY and XDG_RUNTIME_DIR as they are there."
)
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "screen capture": (capture.EXT, capture.WLR),
    "a virtual pointer": (pointer.MANAGER,),
    "a virtual keyboard": (keyboard.MANAGER,),
    "a list of windows": (toplevels.MANAGER,),
}
"""What is needed, and the interfaces of which one is enough."""


def find_missing(environment: Mapping[str, str]) -> list[str]:
    """List what the compositor does not offer. Raises DesktopUnavailable if there is none."""
    with _reach(environment) as connection:
        return list_missing(connection)


def connect(environment: Mapping[str, str]) -> Connection:
    """Connect to the compositor. Raises DesktopUnavailable, with a hint."""
    connection = _reach(environment)
    missing = list_missing(connection)
    if missing:
        connection.close()
        raise DesktopUnavailable(NOT_OFFERED.format(missing=", ".join(missing)))
    return connection


def list_missing(connection: Connection) -> list[str]:
    """List what the compositor does not offer, each with the name of its interface."""
    return [
        f"{what} ({' or '.join(interfaces)})"
        for what, interfaces in _NEEDED.items()
        if not any(map(connection.has, interfaces))
    ]


def _reach(environment: Mapping[str, str]) -> Connection:
    try:
        return Connection(environment)
    except OSError as error:
        place = _name_socket(environment)
        reason = error.strerror or str(error).rstrip(".")
        raise DesktopUnavailable(UNREACHABLE.format(socket=place, reason=reason)) from error


def _name_socket(environment: Mapping[str, str]) -> str:
    try:
        return str(find_socket(environment))
    except WaylandError:
        return environment.get("WAYLAND_DISPLAY") or "wayland-0"
