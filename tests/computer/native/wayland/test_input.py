"""Typing, keys and clicks on Sway: in GTK, in Chromium, and where places of windows are unknown."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.factory import open_desktop
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.native.programs.start import eventually
from tests.computer.native.texts import CHOSEN, LONG
from tests.computer.native.wayland.programs import find_window, text_window
from tests.computer.native.wayland.sway import tell_sway
from tests.web.chromium import Page, run_chromium

pytestmark = pytest.mark.end_to_end

PAGE = """<!doctype html><meta charset="utf-8"><title>Text page</title>
<textarea autofocus spellcheck=false style="width: 90vw; height: 80vh"></textarea>
<script>
const area = document.querySelector("textarea");
area.addEventListener("keydown", event => {
  if (event.key !== "Tab") return;
  event.preventDefault();
  document.execCommand("insertText", false, "\\t");
});
</script>"""


@pytest.fixture
async def page(sway: Mapping[str, str], tmp_path: Path) -> AsyncIterator[Page]:
    file = tmp_path / "page.html"
    await asyncio.to_thread(file.write_text, PAGE, "utf-8")
    switch, url = "--ozone-platform=wayland", f"--app={file.as_uri()}"
    async with run_chromium(tmp_path / "profile", switch, url=url, headless=False) as page:
        await page.wait_for("document.querySelector('textarea') !== null")
        yield page


@pytest.fixture
def text(sway: Mapping[str, str], tmp_path: Path) -> Iterator[Callable[[], str]]:
    with text_window(tmp_path, "Notes") as read:
        yield read


def type_into(desktop: NativeDesktop, title: str, text: str) -> None:
    window = find_window(desktop, title)
    desktop.activate_window(window)
    assert eventually(lambda: desktop.find_focused() == window.id)
    desktop.type(text, lambda: None)


def test_every_text_arrives_exactly_in_gtk(desktop: NativeDesktop, text: Callable[[], str]) -> None:
    whole = "\n".join((*CHOSEN, LONG))
    type_into(desktop, "Notes", whole)
    assert eventually(lambda: text() == whole), text()


async def test_every_text_arrives_exactly_in_chromium_and_the_clipboard_stays(
    desktop: NativeDesktop, page: Page
) -> None:
    whole = "\n".join((*CHOSEN, LONG))
    copy = ["wl-copy", "what the user copied"]
    await asyncio.to_thread(subprocess.run, copy, check=True)
    await asyncio.to_thread(type_into, desktop, "Text page", "")
    await page.wait_for("document.hasFocus() && document.activeElement.matches('textarea')")
    read = "document.querySelector('textarea').value"
    await wait_for_keys(desktop, page)
    await asyncio.to_thread(type_into, desktop, "Text page", whole)
    try:
        await page.wait_for(f"{read}.length >= {len(whole.encode('utf-16-le')) // 2}")
    finally:
        assert await page.evaluate(read) == whole
    await page.evaluate("document.querySelector('textarea').value = ''")
    # It is given back a moment later, as Chromium may read the text once more.
    assert await asyncio.to_thread(eventually, lambda: read_clipboard() == b"what the user copied")

    def paste() -> None:
        desktop.press_key("Control_L")
        desktop.press_key("v")
        desktop.release_key("v")
        desktop.release_key("Control_L")

    await asyncio.to_thread(paste)
    await page.wait_for(f"{read} === 'what the user copied'")


def read_clipboard() -> bytes:
    command = ["wl-paste", "--no-newline"]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).stdout


async def wait_for_keys(desktop: NativeDesktop, page: Page) -> None:
    """Type until a key arrives: on a busy machine, Chromium loses its first ones after a start."""
    async with asyncio.timeout(30):
        while await page.evaluate("document.querySelector('textarea').value") != "x":
            await page.evaluate("document.querySelector('textarea').value = ''")
            await asyncio.to_thread(type_into, desktop, "Text page", "x")
            await asyncio.sleep(0.2)
    await page.evaluate("document.querySelector('textarea').value = ''")


def test_a_click_hits_the_same_place_at_any_scale(
    sway: Mapping[str, str], desktop: NativeDesktop, text: Callable[[], str]
) -> None:
    try:
        for scale, width in (("1.5", 1280), ("1", 1920)):
            tell_sway(f"output HEADLESS-1 scale {scale}")
            click_near_the_edge(desktop, text, width)
    finally:
        tell_sway("output HEADLESS-1 scale 1")


def click_near_the_edge(desktop: NativeDesktop, text: Callable[[], str], width: int) -> None:
    assert eventually(lambda: desktop.list_screens()[0].width == width)
    assert eventually(lambda: find_window(desktop, "Notes").area.width == width)
    before = text()
    desktop.move(Point(width - 10, 100))
    assert desktop.find_pointed() == find_window(desktop, "Notes").id
    desktop.press("left")
    desktop.release("left")
    desktop.type("x", lambda: None)
    assert eventually(lambda: text() == before + "x")


def test_windows_of_another_compositor_are_known_by_their_titles_only(
    sway: Mapping[str, str], text: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sway itself, but without its own socket, is what the other compositors offer."""
    monkeypatch.delenv("SWAYSOCK")
    desktop = open_desktop()
    window = find_window(desktop, "Notes")
    assert not window.is_placed
    assert (window.area, window.app, window.id.process) == (Rect(0, 0, 1920, 1080), None, 0)
    assert desktop.find_pointed() is None
    type_into(desktop, "Notes", "Zoë 世界 👋")
    assert eventually(lambda: text() == "Zoë 世界 👋"), text()
    desktop.close()
