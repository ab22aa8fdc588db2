"""Real programs on Sway to type into and click at."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.computer.desktop import Window
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.screen.geometry import Rect
from tests.computer.native.programs import start
from tests.computer.native.programs.start import eventually
from tests.computer.native.wayland.sway import tell_sway

_HERE = Path(start.__file__).parent


@contextmanager
def gtk_program(script: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with GTK 3, by Debian's Python, which has its bindings."""
    start.require_module("gi")
    environment = {**os.environ, "GDK_BACKEND": "wayland", **start.UTF8}
    with subprocess.Popen(
        [start.PYTHON, str(_HERE / script), *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def text_window(folder: Path, title: str) -> Iterator[Callable[[], str]]:
    """Show a text view; yield a function that returns what was typed into it."""
    log = folder / f"{title}.jsonl"
    with gtk_program("gtk_window.py", str(log), title, "0", "0", "400", "300"):
        assert eventually(lambda: bool(start.read_events(log)), 30)
        yield lambda: start.read_text(log)


def find_window(desktop: NativeDesktop, title: str) -> Window:
    """Wait for a window, and return it."""

    found: list[Window] = []

    def find() -> bool:
        found[:] = [each for each in desktop.list_windows() if each.title == title]
        return bool(found)

    assert eventually(find, 30)
    return found[0]


def float_window(desktop: NativeDesktop, title: str, area: Rect) -> None:
    """Let a window float at a place."""
    find_window(desktop, title)
    size = f"resize set {area.width} {area.height}, move absolute position {area.left} {area.top}"
    tell_sway(f'[title="{title}"] floating enable, {size}')
    assert eventually(lambda: find_window(desktop, title).area == area)
