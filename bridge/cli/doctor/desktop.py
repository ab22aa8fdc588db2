"""Checks of the display, the desktop's tray area and Talon."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator

from bridge.cli.doctor.report import Check
from bridge.cli.talon import LINK, find_package_folder, find_user_folder

_BUS_SECONDS = 3.0


def check_display(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Report the display, which the tray and computer use need."""
    from tray.desktop import explain_missing_desktop

    reason = explain_missing_desktop()
    if reason is not None:
        # Computer use needs no session bus.
        has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        missing = "no tray" if has_display else "no tray and no computer use"
        text = f"{reason.removesuffix('.')}; there is {missing} here"
        fix = "Without a desktop, run the server alone: claude-bridge serve"
        yield Check("Display", "note", text, fix)
    elif sys.platform == "linux":
        kind = os.environ.get("XDG_SESSION_TYPE", "")
        desktop = os.environ.get("XDG_CURRENT_DESKTOP", "")
        yield Check("Display", "ok", " ".join(filter(None, (kind, desktop))) or "there is one")
    else:
        yield Check("Display", "ok", "there is one")


def check_computer(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Report what of computer use works on this desktop."""
    from bridge.computer.native.support import describe_support
    from bridge.errors import DesktopUnavailable

    try:
        yield Check("Computer use", "ok", describe_support())
    except (DesktopUnavailable, OSError) as error:
        yield Check("Computer use", "note", "not possible here", str(error))


def check_tray_host(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Check whether the desktop has an area for tray icons."""
    from tray.desktop import explain_missing_desktop

    if explain_missing_desktop() is not None:
        return
    if sys.platform != "linux":
        yield Check("Tray", "ok", "part of this system")
        return
    from tray.icon.status_notifier import NO_HOST, WATCHER

    if asyncio.run(_has_owner(WATCHER)):
        yield Check("Tray", "ok", f"{WATCHER} is there")
    else:
        yield Check("Tray", "warn", "the desktop shows no tray icons", NO_HOST)


async def _has_owner(name: str) -> bool:
    """Return whether a program offers a name on the session bus."""
    from dbus_fast import BusType, Message
    from dbus_fast.aio import MessageBus

    async with asyncio.timeout(_BUS_SECONDS):
        bus = await MessageBus(bus_type=BusType.SESSION).connect()
        try:
            reply = await bus.call(
                Message(
                    destination="org.freedesktop.DBus",
                    path="/org/freedesktop/DBus",
                    interface="org.freedesktop.DBus",
                    member="NameHasOwner",
                    signature="s",
                    body=[name],
                )
            )
        finally:
            bus.disconnect()
    return reply is not None and reply.body == [True]


def check_talon(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Check the link to the voice commands in Talon's folder."""
    user = find_user_folder()
    link = user / LINK
    if not user.is_dir():
        yield Check("Talon", "note", "not installed (needed for voice commands only)")
    elif not os.path.lexists(link):
        fix = "Link them with: claude-bridge install-talon"
        yield Check("Talon", "note", "the voice commands are not linked", fix)
    elif os.path.realpath(link) == str(find_package_folder().resolve()):
        yield Check("Talon", "ok", f"{link} is linked to this installation")
    else:
        fix = "If it is no copy of your own: claude-bridge install-talon"
        text = f"{link} leads to {os.path.realpath(link)}, not to this installation"
        yield Check("Talon", "warn", text, fix)
