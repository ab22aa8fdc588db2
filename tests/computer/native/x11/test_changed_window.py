"""On a real display with a window manager: windows that open while Claude acts, and drags."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bridge.computer.batch import Grant, Outcome, carry_out
from bridge.computer.executor import DesktopContext
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.factory import open_desktop
from bridge.computer.performer import Performer
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Point, Rect, Size, View
from tests.computer.input_actions import read_input
from tests.computer.native.programs.start import TK_TITLE, Program, eventually, tk_window
from tests.desktop import need_program, x_display

pytestmark = pytest.mark.end_to_end

AREA = Rect(200, 150, 700, 400)
VIEW = View(Rect(0, 0, 1280, 720), Size(1280, 720))


@contextmanager
def managed_window(
    folder: Path, patch: pytest.MonkeyPatch
) -> Iterator[tuple[NativeDesktop, Program]]:
    """A Tk window that has the focus, on a display with openbox."""
    need_program("openbox")
    with x_display("1280x720") as name:
        patch.setenv("DISPLAY", name)
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        desktop = open_desktop()
        manager = subprocess.Popen(["openbox"], stderr=subprocess.DEVNULL)
        try:
            with tk_window(folder, AREA) as window:
                assert eventually(lambda: is_focused(desktop, TK_TITLE))
                yield desktop, window
        finally:
            desktop.close()
            manager.terminate()
            manager.wait()


def is_focused(desktop: NativeDesktop, title: str) -> bool:
    return [one.title for one in desktop.list_windows() if one.active] == [title]


@contextmanager
def open_terminal_soon(log: Path, seconds: float) -> Iterator[None]:
    """Open an xterm after a while; it writes what is typed into it to a file."""
    need_program("xterm")
    script = f"stty raw -echo; exec cat > {log}"
    words = f"sleep {seconds}; exec xterm -title Surprise -e sh -c '{script}'"
    with subprocess.Popen(["sh", "-c", words], env=dict(os.environ)) as terminal:
        try:
            yield
        finally:
            terminal.kill()


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.5])
def test_a_terminal_that_opens_while_typing_gets_at_most_eight_characters(
    seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, outcomes = tmp_path / "xterm.txt", list[Outcome]()
    with managed_window(tmp_path, monkeypatch) as (desktop, window):
        context = DesktopContext(desktop, Performer(desktop), lambda: None)
        typing = read_input("type", {"text": "all work and no play\n" * 400})
        with open_terminal_soon(log, seconds):
            capture = Capture(CaptureOptions())
            carry_out([typing], capture, DEFAULT, Grant(frozenset()), outcomes.append)(context)
            (outcome,) = outcomes
            assert outcome.failed
            assert "Stopped halfway" in outcome.text
            assert "a terminal" in outcome.text
            assert eventually(log.exists)
            time.sleep(0.5)
            assert len(log.read_bytes()) <= 8
            assert len(window.text()) < 21 * 400


def test_sixty_drags_are_not_taken_for_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window manager holds the pointer for a moment at each click into another window."""
    dice = random.Random(3)  # noqa: S311  # not for secrets
    with managed_window(tmp_path, monkeypatch) as (desktop, _):
        performer = Performer(desktop)
        for _ in range(60):
            start = [dice.randrange(210, 890), dice.randrange(180, 540)]
            end = [dice.randrange(1280), dice.randrange(720)]
            drag = read_input("left_click_drag", {"start_coordinate": start, "coordinate": end})
            performer.begin()
            performer.perform(drag, VIEW, lambda: None)
            assert performer.wait_for_pointer() == VIEW.to_desktop(end[0], end[1])
        desktop.move(Point(5, 5))
        with pytest.raises(Exception, match="moved by hand"):
            performer.perform(read_input("left_click", {}), VIEW, lambda: None)
        with suppress(OSError):
            performer.release_all()
