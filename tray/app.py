"""The tray app: shows how the server is, and does what the menu says."""

from __future__ import annotations

import logging
import queue
import signal
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from bridge.settings import Settings, find_paths
from tray.clipboard import NoClipboard, find_clipboard
from tray.commands import (
    ChooseModel,
    Command,
    CopyUrl,
    OpenBrowser,
    Quit,
    Restart,
    Start,
    Stop,
)
from tray.control_client import ControlClient
from tray.desktop import missing_desktop
from tray.icon.base import View, make_icon
from tray.menu import Status, describe, entries_of, look_of
from tray.server_process import ServerProcess
from tray.single import only_one
from tray.supervisor import Supervisor

POLL_SECONDS = 1.0
BUSY_POLL_SECONDS = 0.1
"""While the server starts or stops, when a person waits for it."""

GRACE_BEYOND_DRAIN = 2.0
SAME_NOTICE_SECONDS = 60.0

_log = logging.getLogger(__name__)


def run(settings: Settings, serve_flags: Sequence[str] = ()) -> int:
    """Shows the icon and keeps a server running until Quit; returns the exit code."""
    reason = missing_desktop()
    if reason is not None:
        print(f"claude-bridge: {reason} Use: claude-bridge serve", file=sys.stderr)  # noqa: T201
        return 2
    with only_one(find_paths().data / "tray.lock") as first:
        if not first:
            print("The tray app of claude-bridge is already running.")  # noqa: T201
            return 0
        App(settings, serve_flags).run()
    return 0


class App:
    """The icon has the main thread, one worker has the supervisor; they meet in a queue."""

    def __init__(self, settings: Settings, serve_flags: Sequence[str]) -> None:
        # SimpleQueue, because signal handlers put into it.
        self._asked: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._icon = make_icon(self._on_command)
        self._clipboard = find_clipboard()
        self._status = Status("starting")
        self._noticed: dict[str, float] = {}
        self._supervisor = Supervisor(
            url=_url(settings),
            grace=settings.drain_seconds + GRACE_BEYOND_DRAIN,
            spawn=lambda: ServerProcess(serve_flags, on_change=lambda: self._asked.put(None)),
            client=lambda url: ControlClient(url, _read_token),
        )

    def run(self) -> None:
        """Holds the main thread until Quit."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._asked.put(Quit()))
        worker = threading.Thread(target=self._work, name="tray-worker")
        self._icon.run(_view(self._status), on_shown=worker.start)
        worker.join()

    def _on_command(self, command: Command) -> None:
        """From the menu, on a thread of its own."""
        match command:
            case CopyUrl():
                self._copy_url()
            case OpenBrowser():
                webbrowser.open(self._status.url or "")
            case _:
                self._asked.put(command)

    def _work(self) -> None:
        try:
            self._supervisor.start()
            while not self._supervisor.finished:
                self._show(self._supervisor.look())
                self._obey()
        except Exception:  # noqa: BLE001 - the rim: without it the icon would stay and obey nobody
            _log.exception("The tray failed")
        finally:
            self._icon.stop()

    def _obey(self) -> None:
        waiting = self._status.state in ("starting", "stopping")
        try:
            command = self._asked.get(timeout=BUSY_POLL_SECONDS if waiting else POLL_SECONDS)
        except queue.Empty:
            return
        match command:
            case Start():
                self._supervisor.start()
            case Stop():
                self._supervisor.stop()
            case Restart():
                self._supervisor.stop(then="start")
            case ChooseModel(model):
                self._supervisor.choose_model(model)
            case Quit():
                self._supervisor.stop(then="quit")
            case _:
                pass  # the server's process changed: the next look sees it

    def _show(self, status: Status) -> None:
        if status == self._status:
            return
        self._status = status
        self._icon.show(_view(status))
        if look_of(status) == "attention" and status.sentence:
            self._notify(status.sentence)

    def _notify(self, sentence: str) -> None:
        """The same words at most once a minute."""
        now = time.monotonic()
        if now - self._noticed.get(sentence, float("-inf")) >= SAME_NOTICE_SECONDS:
            self._noticed[sentence] = now
            self._icon.notify(sentence)

    def _copy_url(self) -> None:
        url = self._status.base_url
        if url is None:
            return
        try:
            self._clipboard.copy(url)
        except NoClipboard as error:
            self._notify(f"{error} The base URL is {url}")


def _view(status: Status) -> View:
    return View(look_of(status), describe(status), entries_of(status))


def _url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _read_token() -> str:
    path: Path = find_paths().control_token
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""
