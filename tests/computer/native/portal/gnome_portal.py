"""Use a whole GNOME through its portal, dialog included: `python -m …gnome_portal FOLDER`.

It starts gnome-shell without a display, as an ordinary user. GNOME's dialog is answered as a user
does, in a second session with mutter. Pictures of each step are saved in the folder. It is a script
and no test: gnome-shell, xdg-desktop-portal-gnome and what they need are 90 MB.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from dbus_fast import Variant
from PIL import ImageChops

from bridge.computer.desktop import DesktopEnded
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.factory import open_desktop
from bridge.computer.native.portal.bus import PortalBus
from bridge.computer.native.portal.frames import Frames
from bridge.computer.native.portal_access import PortalAccess
from bridge.computer.native.support import describe_support
from bridge.computer.screen.geometry import Point
from bridge.errors import DesktopUnavailable, InvalidRequest
from tests.computer.native.portal.mutter import open_pipewire, run_mutter
from tests.computer.native.programs.start import eventually
from tests.computer.native.wayland.programs import find_window, text_window

_REMOTE, _CAST = "org.gnome.Mutter.RemoteDesktop", "org.gnome.Mutter.ScreenCast"
_ESCAPE, _LEFT = 0xFF1B, 0x110
_INTERACTION, _SHARE, _CANCEL = (830, 448), (853, 249), (430, 249)
"""Where GNOME 43's dialog has its switch and its buttons, on a screen of 1280×720."""
_ORANGE = (1203, 16)
_DIALOG_SECONDS = 5.0


class User:
    """Somebody in front of the screen: sees it, clicks and types."""

    def __init__(self) -> None:
        self._bus = PortalBus()
        root = f"/{_REMOTE.replace('.', '/')}"
        (self._session,) = self._call(_REMOTE, root, _REMOTE, "CreateSession")
        properties = "org.freedesktop.DBus.Properties"
        name = (f"{_REMOTE}.Session", "SessionId")
        (id,) = self._call(_REMOTE, self._session, properties, "Get", "ss", *name)
        options = {"remote-desktop-session-id": Variant("s", id.value)}
        root = f"/{_CAST.replace('.', '/')}"
        (cast,) = self._call(_CAST, root, _CAST, "CreateSession", "a{sv}", options)
        modes = {"cursor-mode": Variant("u", 1)}
        (self._stream,) = self._call(
            _CAST, cast, f"{_CAST}.Session", "RecordMonitor", "sa{sv}", "", modes
        )
        nodes: list[int] = []
        added = (f"{_CAST}.Stream", "PipeWireStreamAdded", nodes.append, self._stream)
        self._bus.listen(*added)
        self._call(_REMOTE, self._session, f"{_REMOTE}.Session", "Start")
        assert eventually(lambda: bool(nodes))
        self._frames = Frames(open_pipewire(os.environ["XDG_RUNTIME_DIR"]), nodes[0])

    def save_picture(self, path: Path) -> None:
        """Save the screen once it does not change any more."""
        last = self._frames.grab()
        for _ in range(50):
            time.sleep(0.3)
            now = self._frames.grab()
            if ImageChops.difference(now, last).getbbox() is None:
                break
            last = now
        last.save(path)

    def click(self, x: float, y: float) -> None:
        self._notify("NotifyPointerMotionAbsolute", "sdd", self._stream, x, y)
        time.sleep(0.2)
        for state in (True, False):
            self._notify("NotifyPointerButton", "ib", _LEFT, state)

    def press(self, symbol: int) -> None:
        for state in (True, False):
            self._notify("NotifyKeyboardKeysym", "ub", symbol, state)

    def close(self) -> None:
        self._frames.close()
        self._bus.close()

    def _notify(self, member: str, signature: str, *values: Any) -> None:
        self._call(_REMOTE, self._session, f"{_REMOTE}.Session", member, signature, *values)

    def _call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> list[Any]:
        return self._bus.call(interface, member, signature, *body, path=path, destination=name)


def tell_services(variables: Sequence[str]) -> None:
    """Let the programs that the bus starts find the display."""
    values = {name: os.environ[name] for name in variables}
    bus, path = "org.freedesktop.DBus", "/org/freedesktop/DBus"
    with closing(PortalBus()) as made:
        made.call(bus, "UpdateActivationEnvironment", "a{ss}", values, path=path, destination=bus)


def open_in_background(access: PortalAccess) -> tuple[threading.Thread, list[Any]]:
    """Open the desktop, which waits for the dialog; the list gets the desktop or the error."""
    results: list[Any] = []

    def work() -> None:
        try:
            results.append(open_desktop(access))
        except DesktopUnavailable as error:
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, results


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with run_mutter("1280x720", program="gnome-shell") as session:
        os.environ.pop("DISPLAY", None)
        os.environ.update(session)
        tell_services(["WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP", "XDG_RUNTIME_DIR", "HOME"])
        time.sleep(4)
        with closing(User()) as user, tempfile.TemporaryDirectory() as name:
            use_desktop(user, folder, Path(name))


def use_desktop(user: User, folder: Path, work: Path) -> None:
    """Say yes, no, and half a yes to the dialog, and let Claude's part type into a window."""
    user.press(_ESCAPE)
    print("doctor:", describe_support())
    access = PortalAccess(work / "token")
    thread, results = open_in_background(access)
    time.sleep(_DIALOG_SECONDS)
    user.save_picture(folder / "gnome-1-dialog.png")
    for place in (_INTERACTION, _SHARE):
        user.click(*place)
        time.sleep(1)
    thread.join()
    print("yes:", results[0])
    if isinstance(results[0], NativeDesktop):
        with closing(results[0]) as desktop:
            type_into_a_window(desktop, folder, work)
        print("token saved:", (work / "token").exists())
    for what, places in (("share alone", (_SHARE,)), ("no", (_CANCEL,))):
        thread, results = open_in_background(access)
        time.sleep(_DIALOG_SECONDS)
        for place in places:
            user.click(*place)
        thread.join()
        print(f"{what}:", results[0])
    started = time.monotonic()
    thread, results = open_in_background(access)
    thread.join()
    print(f"again, after {time.monotonic() - started:.1f} s:", results[0])
    end_by_the_user(user)


def end_by_the_user(user: User) -> None:
    """Say yes once more, and end it with GNOME's orange button, which ends all sessions."""
    thread, results = open_in_background(PortalAccess())
    time.sleep(_DIALOG_SECONDS)
    for place in (_INTERACTION, _SHARE):
        user.click(*place)
        time.sleep(1)
    thread.join()
    with closing(results[0]) as desktop:
        with suppress(OSError):
            user.click(*_ORANGE)
        time.sleep(1)
        try:
            desktop.move(Point(10, 10))
            print("ended: no")
        except DesktopEnded as error:
            print("ended:", error)


def type_into_a_window(desktop: NativeDesktop, folder: Path, work: Path) -> None:
    print("screens:", desktop.list_screens())
    with text_window(work, "Notes") as text:
        window = find_window(desktop, "Notes")
        print("window:", window.title, window.app, "placed:", window.is_placed)
        print("focused:", eventually(lambda: desktop.find_focused() == window.id))
        # A window of GNOME's opens where there is room: its middle is found by eye.
        typed = "Hello from Claude, 100 %: {x} ~ done."
        started = time.monotonic()
        desktop.type(typed, lambda: None)
        print("typed exactly:", eventually(lambda: text() == typed), repr(text()))
        print(f"in {time.monotonic() - started:.2f} s")
        desktop.move(Point(300, 300))
        print("pointer:", eventually(lambda: desktop.read_pointer() == Point(300, 300)))
        try:
            desktop.type("世界", lambda: None)
            print("pasted:", eventually(lambda: text() == f"{typed}世界"))
        except InvalidRequest as error:
            print("refused:", error.message)
        time.sleep(0.5)
        desktop.grab(desktop.list_screens()[0]).save(folder / "gnome-2-typed.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
