"""Compares screenshots as base64: the bridge's, pyautogui's, and the least that X11 allows.

`python -m tests.benchmarks.screenshot [--rounds N]`, with an X server of its own at 1920x1080 and
two pages in Chromium; medians of one run, in which all take turns. It needs scrot, as pyautogui
does (or gnome-screenshot: then pyautogui asks Pillow's ImageGrab instead).
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bridge.computer.native.screens import Screens
from bridge.computer.screen.geometry import Point, Rect, Size
from bridge.computer.screen.pictures import Format, black_out, draw_cursor, encode, scale
from bridge.computer.screen.sizes import OLDER, fit
from tests import desktop
from tests.benchmarks.shared_memory import shared_memory

SCREEN = Rect(0, 0, 1920, 1080)
SECRET = [Rect(1700, 900, 150, 100)]
OURS, SCALED, PYAUTOGUI = "ours, 1:1, JPEG", "ours, 1456x819, JPEG", "pyautogui.screenshot, JPEG"
AS_PNG = "pyautogui.screenshot, PNG"
WANTED = 30.0
"""Times faster than pyautogui."""

_TEXT = "".join(
    f"<h2>Part {part}</h2><div></div><p>"
    + " ".join(f"Word {part * word % 977} of a sample text," for word in range(60))
    for part in range(12)
)
PAGES = {
    "a wallpaper, and a window of text over a third of it": """<!doctype html><style>
html { height: 100%; background: radial-gradient(circle at 80% 20%, #f6ad55, transparent 60%),
  radial-gradient(circle at 20% 90%, #805ad5, transparent 70%),
  linear-gradient(160deg, #1a365d, #285e61) }
body { margin: 0; overflow: hidden } h2 { color: #2c5282 }
main { position: absolute; inset: 120px 700px 200px 150px; background: #fff; overflow: hidden;
  padding: 20px; columns: 2; font: 15px/1.4 sans-serif }</style><main>"""
    + _TEXT,
    "a page full of text and boxes of colour": """<!doctype html><style>
body { margin: 0; font: 15px/1.4 sans-serif; columns: 4; padding: 20px } h2 { color: #2c5282 }
div { background: linear-gradient(120deg, #2b6cb0, #f6ad55 40%, #e53e3e); height: 160px }</style>"""
    + _TEXT,
}
"""The content decides how long encoding takes, above all for scrot's PNG."""


def main(rounds: int) -> None:
    """Print the table; each row has the milliseconds for one picture."""
    with ExitStack() as stack:
        display = stack.enter_context(desktop.x_display("1920x1080"))
        os.environ |= {"DISPLAY": display, "XDG_SESSION_TYPE": "x11"}
        os.environ.pop("WAYLAND_DISPLAY", None)
        screens = stack.enter_context(Screens())
        floor = stack.enter_context(shared_memory(display, *SCREEN.size))
        for content, source in PAGES.items():
            with page(screens, source):
                measured = measure({**looks(screens), "XShmGetImage, the floor": floor}, rounds)
            print(f"\n{content}")
            report(measured)


def looks(screens: Screens) -> dict[str, Callable[[], object]]:
    import pyautogui
    from PIL import ImageGrab

    small = fit(SCREEN.size, *OLDER)
    return {
        OURS: lambda: ours(screens, SCREEN.size),
        SCALED: lambda: ours(screens, small),
        "ours, 1:1, WebP": lambda: ours(screens, SCREEN.size, "webp"),
        "ours, 1:1, PNG": lambda: ours(screens, SCREEN.size, "png"),
        "ours, the grab alone": lambda: screens.grab(SCREEN),
        PYAUTOGUI: lambda: theirs(pyautogui.screenshot),
        AS_PNG: lambda: theirs(pyautogui.screenshot, "png"),
        "Pillow's ImageGrab, JPEG": lambda: theirs(ImageGrab.grab),
    }


def ours(screens: Screens, size: Size, form: Format = "jpeg") -> str:
    """All that is done for Claude: screens, grab, a secret window, the pointer, size, base64."""
    (screen,) = screens.list_screens()
    image = screens.grab(screen)
    black_out(image, screen, SECRET)
    cursor = screens.read_cursor()
    assert cursor is not None
    draw_cursor(image, screen, cursor, Point(960, 540))
    return encode(scale(image, size), form).to_base64()


def theirs(grab: Callable[[], object], form: str = "jpeg") -> str:
    """The same JPEG of it, or the PNG that most programs send."""
    from PIL.Image import Image

    image, written = grab(), io.BytesIO()
    assert isinstance(image, Image)
    image.convert("RGB").save(written, form, quality=85)
    return base64.b64encode(written.getvalue()).decode()


def measure(
    calls: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, tuple[float, object]]:
    """The median milliseconds of each, and what it gave last."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    given: dict[str, object] = {}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            given[name] = call()
            spent[name].append((time.perf_counter() - started) * 1000)
    # The first round imports and allocates.
    return {name: (statistics.median(times[1:]), given[name]) for name, times in spent.items()}


def report(measured: Mapping[str, tuple[float, object]]) -> None:
    for name, (spent, given) in measured.items():
        weight = f"{len(given) / 1024:7.0f} KiB" if isinstance(given, str) else ""
        print(f"{name:32}{spent:9.1f} ms {weight}")
    by = "ImageGrab" if shutil.which("gnome-screenshot") else "scrot"
    mine, small = measured[OURS][0], measured[SCALED][0]
    print(f"times faster than pyautogui by {by}, which gives (wanted {WANTED:.0f} for the JPEG):")
    for name in (PYAUTOGUI, AS_PNG):
        print(f"  {name}: {measured[name][0] / mine:.1f}; scaled: {measured[name][0] / small:.1f}")


@contextmanager
def page(screens: Screens, source: str) -> Iterator[None]:
    """Chromium over the whole screen; ready when the picture stands still."""
    desktop.need_program("chromium")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        path.write_text(source, "utf-8")
        words = [
            "--no-sandbox",
            "--kiosk",
            "--no-first-run",
            "--disable-gpu",
            "--password-store=basic",
        ]
        place = [
            "--window-position=0,0",
            "--window-size=1920,1080",
            f"--user-data-dir={folder}/profile",
        ]
        browser = subprocess.Popen(
            ["chromium", *words, *place, path.as_uri()], stderr=subprocess.DEVNULL
        )
        try:
            wait_for_colours(screens)
            yield
        finally:
            browser.terminate()
            browser.wait()


def wait_for_colours(screens: Screens) -> None:
    before = b""
    for _ in range(60):
        time.sleep(1)
        image = screens.grab(SCREEN)
        if image.getcolors(1000) is None and image.tobytes() == before:
            return
        before = image.tobytes()
    raise RuntimeError("the page did not come")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    main(parser.parse_args().rounds)
