"""What is known of windows where the desktop tells nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.computer.desktop import WindowId
from bridge.computer.elements.atspi.top_levels import TopLevel
from bridge.computer.native.portal.clients import DisplayClients
from bridge.computer.native.portal.windows import UnplacedWindows
from bridge.computer.screen.geometry import Rect

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked")

SCREEN = Rect(0, 0, 1280, 720)
CLIENT = """
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
sys.stdin.read()
"""


class Told:
    def __init__(self, *windows: TopLevel) -> None:
        self.windows = list(windows)

    def list_top_levels(self) -> list[TopLevel]:
        return self.windows


@pytest.fixture
def display(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "wayland-7"))
        listener.listen()
        yield listener


@pytest.fixture
def environment(display: socket.socket, tmp_path: Path) -> dict[str, str]:
    return {"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "wayland-7"}


@pytest.fixture
def client(display: socket.socket) -> Iterator[int]:
    """A program on the display."""
    words = [sys.executable, "-c", CLIENT, display.getsockname()]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        connection, _ = display.accept()
        with connection:
            yield process.pid
        process.kill()


def test_programs_on_the_display_are_found(environment: dict[str, str], client: int) -> None:
    assert DisplayClients(environment).list_processes() == (client,)


def test_this_process_and_other_displays_do_not_count(
    display: socket.socket, environment: dict[str, str], client: int
) -> None:
    with socket.socket(socket.AF_UNIX) as own:
        own.connect(display.getsockname())
        with display.accept()[0]:
            assert DisplayClients(environment).list_processes() == (client,)
            other = {**environment, "WAYLAND_DISPLAY": "wayland-8"}
            assert DisplayClients(other).list_processes() == ()


def test_a_program_that_hides_what_it_has_open_counts(
    environment: dict[str, str], client: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KeePassXC protects its memory, and its descriptors with it."""
    real = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path == Path(f"/proc/{client}/fd"):
            raise PermissionError(str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    # So may others of this user that hide it, too.
    assert client in DisplayClients(environment).list_processes()


def test_only_a_terminal_among_the_helpers_of_the_desktop_counts(
    environment: dict[str, str], client: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.readlink

    def list_running(program: str) -> tuple[int, ...]:
        def readlink(path: Path) -> str:
            is_client = path == Path(f"/proc/{client}/exe")
            return f"/usr/libexec/{program}" if is_client else real(path)

        monkeypatch.setattr(os, "readlink", readlink)
        return DisplayClients(environment).list_processes()

    assert list_running("gsd-keyboard") == ()
    assert list_running("gnome-terminal-server") == (client,)


def test_a_program_that_tells_nothing_counts_as_a_window_without_a_title(
    environment: dict[str, str], client: int
) -> None:
    clients = DisplayClients(environment)
    windows = UnplacedWindows(Told(), clients, lambda: SCREEN)
    (window,) = windows.list_windows()
    assert (window.title, window.area, window.is_placed) == ("", SCREEN, False)
    assert any(name.startswith("python") for name in window.names)
    told = Told(TopLevel(WindowId(3, client), "Notes", "editor", active=True))
    (window,) = UnplacedWindows(told, clients, lambda: SCREEN).list_windows()
    assert (window.title, window.id, window.active) == ("Notes", WindowId(3, client), True)


def test_the_window_with_the_keyboard_comes_first(environment: dict[str, str]) -> None:
    first = TopLevel(WindowId(1, 0), "First", "a", active=False)
    second = TopLevel(WindowId(2, 0), "Second", "b", active=True)
    windows = UnplacedWindows(Told(first, second), DisplayClients(environment), lambda: SCREEN)
    assert [each.title for each in windows.list_windows()] == ["Second", "First"]
    assert windows.find_focused() == second.id
