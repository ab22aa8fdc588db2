"""Real programs to type into and click at, each in a corner of a display of 1920×1080."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from Xlib import X

from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.windows import Properties
from bridge.computer.screen.geometry import Point, Rect
from tests.desktop import need_program
from tests.web.chromium import run_chromium

_HERE = Path(__file__).parent
PYTHON = "/usr/bin/python3"
"""Debian's, which has the bindings of Tk and GTK that no virtual environment has."""
UTF8 = {"LC_ALL": "C.UTF-8", "GTK_IM_MODULE": "gtk-im-context-simple", "XMODIFIERS": ""}

_PAGE = """<!doctype html><meta charset="utf-8"><title>Chromium window</title>
<style>body { margin: 0 } textarea { width: 100vw; height: 95vh }</style>
<textarea autofocus spellcheck=false></textarea>
<script>
const area = document.querySelector("textarea");
area.addEventListener("keydown", event => {
  if (event.key !== "Tab") return;
  event.preventDefault();
  document.execCommand("insertText", false, "\\t");
});
</script>"""

TK_TITLE = "Tk window – é 世"
_TOP_LEFT = Rect(0, 0, 900, 500)


@dataclass(frozen=True)
class Program:
    """A running program; `text` returns what was typed so far, `events` what it has logged."""

    title: str
    area: Rect
    text: Callable[[], str]
    events: Callable[[], list[dict[str, Any]]] = list
    process: subprocess.Popen[bytes] | None = None

    def take_focus(self) -> None:
        """Give it the focus, as a window manager does on a click; none runs here."""
        with closing(open_display(os.environ)) as display:
            assert eventually(lambda: self._is_focused(display))

    def _is_focused(self, display: Any) -> bool:
        """Set the focus and check it: before a window is shown, it cannot have the focus."""
        properties = Properties(display)
        for window in display.screen().root.query_tree().children:
            titles = [properties.read_text(window, name) for name in ("_NET_WM_NAME", "WM_NAME")]
            if self.title not in titles:
                continue
            if window.get_attributes().map_state == X.IsViewable:
                window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
                return bool(display.get_input_focus().focus == window)
        return False

    @property
    def middle(self) -> Point:
        return Point(self.area.left + self.area.width // 2, self.area.top + self.area.height // 2)


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until a condition is true; return whether it became true in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


@contextmanager
def tk_window(folder: Path, area: Rect = _TOP_LEFT) -> Iterator[Program]:
    require_module("tkinter")
    log = folder / "tk.jsonl"
    geometry = f"{area.width}x{area.height}+{area.left}+{area.top}"
    with _run_program([PYTHON, str(_HERE / "tk_window.py"), str(log), TK_TITLE, geometry]):
        assert eventually(lambda: bool(read_events(log)), 30)
        yield Program(TK_TITLE, area, lambda: read_text(log), lambda: read_events(log))


@contextmanager
def gtk_window(folder: Path) -> Iterator[Program]:
    area = Rect(0, 540, 900, 500)
    require_module("gi")
    log = folder / "gtk.jsonl"
    where = [str(number) for number in (area.left, area.top, area.width, area.height)]
    with _run_program(
        [PYTHON, str(_HERE / "gtk_window.py"), str(log), "GTK window", *where]
    ) as process:
        assert eventually(lambda: bool(read_events(log)), 30)
        yield Program("GTK window", area, lambda: read_text(log), process=process)


@contextmanager
def xterm_window(folder: Path) -> Iterator[Program]:
    area = Rect(960, 0, 900, 500)
    need_program("xterm")
    log = folder / "xterm.txt"
    script = f"stty raw -echo; exec cat > {log}"
    words = ["xterm", "-u8", "-title", "xterm window", "-geometry", f"+{area.left}+{area.top}"]
    with _run_program([*words, "-e", "sh", "-c", script]):
        assert eventually(log.exists, 30)
        # Return is a carriage return on a terminal.
        yield Program(
            "xterm window", area, lambda: log.read_bytes().decode("utf-8").replace("\r", "\n")
        )


@contextmanager
def chromium_window(folder: Path) -> Iterator[Program]:
    """Start Chromium; its client runs on an event loop in another thread."""
    area = Rect(960, 540, 900, 500)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(task: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(task, loop).result(90)

    switches = (
        f"--window-position={area.left},{area.top}",
        f"--window-size={area.width},{area.height}",
    )
    page_file = folder / "page.html"
    page_file.write_text(_PAGE, "utf-8")
    # In app mode it has no address bar that could take the focus.
    url = f"--app={page_file.as_uri()}"
    running = run_chromium(folder / "profile", *switches, url=url, headless=False)
    try:
        page = wait(running.__aenter__())
        try:
            wait(page.wait_for("document.querySelector('textarea') !== null"))
            yield Program(
                "Chromium window",
                area,
                lambda: str(wait(page.evaluate("document.querySelector('textarea').value"))),
            )
        finally:
            wait(running.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


PROGRAMS = {
    "tk": tk_window,
    "gtk": gtk_window,
    "xterm": xterm_window,
    "chromium": chromium_window,
}


def require_module(name: str) -> None:
    is_installed = (
        shutil.which(PYTHON)
        and not subprocess.run(
            [PYTHON, "-c", f"import {name}"], capture_output=True, check=False
        ).returncode
    )
    if is_installed:
        return
    if os.environ.get("CLAUDE_BRIDGE_TESTS_NO_SKIP"):
        pytest.fail(f"{PYTHON} lacks {name}, and nothing may skip here")
    pytest.skip(f"{PYTHON} lacks {name}")


@contextmanager
def _run_program(words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        words, env={**os.environ, **UTF8}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_events(log: Path) -> list[dict[str, Any]]:
    """Return the events of whole lines: the last line may be incomplete."""
    if not log.exists():
        return []
    lines = log.read_text("utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def read_text(log: Path) -> str:
    texts = [event["text"] for event in read_events(log) if event["kind"] == "text"]
    # Tk represents a character above U+FFFF as two surrogates.
    return str(texts[-1]).encode("utf-16", "surrogatepass").decode("utf-16")
