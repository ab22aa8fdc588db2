"""Chromium with a window, used from a thread without an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.web.chromium import Page, run_chromium


@dataclass(frozen=True)
class Browser:
    """A running browser; `run` waits for a coroutine."""

    page: Page
    run: Callable[[Any], Any]
    folder: Path

    def show(self, html: str) -> None:
        file = self.folder / "page.html"
        file.write_text(html, "utf-8")
        self.run(self.page.open(file.as_uri()))

    def evaluate(self, script: str) -> Any:
        return self.run(self.page.evaluate(script))


@contextmanager
def run_browser(folder: Path) -> Iterator[Browser]:
    """Start it at the top left, 1200×1000; `folder` must be there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(task: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(task, loop).result(90)

    switches = ("--window-position=0,0", "--window-size=1200,1000")
    running = run_chromium(folder / "profile", *switches, headless=False)
    page = run(running.__aenter__())
    try:
        yield Browser(page, run, folder)
    finally:
        run(running.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
