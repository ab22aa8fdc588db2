"""A key code changes its meaning only after the program has read what it meant before."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.computer.native.x11 import readers
from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.input import X11Input
from bridge.computer.native.x11.readers import FocusedReader
from tests.computer.native.programs.start import Program, eventually, gtk_window, xterm_window
from tests.computer.native.texts import LONG
from tests.computer.native.x11.test_text import never
from tests.desktop import need_program

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def waited(screen: str) -> Iterator[Callable[[], float]]:
    """A function that waits for a key pressed just now, and returns the seconds it took."""
    display = open_display({"DISPLAY": screen})
    reader = FocusedReader(display)

    def wait() -> float:
        start = time.monotonic()
        reader.wait(start)
        return time.monotonic() - start

    yield wait
    display.close()


def test_no_waiting_once_the_program_has_answered(
    waited: Callable[[], float], tmp_path: Path
) -> None:
    with gtk_window(tmp_path) as window:
        window.take_focus()
        assert sorted(waited() for _ in range(5))[2] < 0.1


def test_a_program_without_pings_gets_a_waiting_time(
    waited: Callable[[], float], tmp_path: Path
) -> None:
    with xterm_window(tmp_path) as window:
        window.take_focus()
        assert 0.29 < waited() < 1


def test_no_window_is_no_error(waited: Callable[[], float]) -> None:
    assert 0.29 < waited() < 1


def test_a_program_that_hangs_for_a_while_loses_nothing(
    input_device: X11Input, tmp_path: Path
) -> None:
    text = LONG[:60]
    with gtk_window(tmp_path) as window:
        window.take_focus()
        process = running(window)
        process.send_signal(signal.SIGSTOP)
        going_on = threading.Timer(1, process.send_signal, [signal.SIGCONT])
        going_on.start()
        input_device.type(text, never)
        going_on.join()
        assert eventually(lambda: window.text() == text), window.text()


class MovingWindows:
    """A display that has the next event before the last one was read."""

    def sync(self) -> None: ...

    def pending_events(self) -> int:
        return 1

    def next_event(self) -> object:
        return object()

    def screen(self) -> Any:
        return SimpleNamespace(root=None)

    def intern_atom(self, name: str) -> str:
        return name


def test_events_without_a_pause_end_no_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_ANSWER_SECONDS", 0.05)
    assert not FocusedReader(MovingWindows())._wait_for_answer(stamp=1, window=2)


def running(window: Program) -> subprocess.Popen[bytes]:
    assert window.process is not None
    return window.process


def test_closing_after_the_server_has_ended(tmp_path: Path) -> None:
    need_program("Xvfb")
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        assert server.stdout is not None
        input_device = X11Input({"DISPLAY": f":{server.stdout.readline().decode().strip()}"})
        input_device.press_key("é")
        server.kill()
        server.wait()
        input_device.close()
