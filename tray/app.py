"""The tray app: shows how the server is, and does what the menu says."""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.autostart import find_autostart
from bridge.logs import set_up_logging
from bridge.opening import read_token
from tray.clipboard import find_clipboard
from tray.command_runner import Errands, Failed, run_command
from tray.commands import (
    CheckForUpdates,
    Command,
    LookNow,
    Open,
    Quit,
    Restart,
    ShowYourself,
    Start,
    StartAtLogin,
    Stop,
    Switch,
    UseComputer,
)
from tray.control_client import ControlClient, NoServer, NotAnswering
from tray.icon.base import View, make_icon
from tray.launch import TrayStart
from tray.menu import entries_of
from tray.notifications import Notice, Repeats, greeting, notices_between, withdrawn_between
from tray.poller import Seen, Watch
from tray.ports import next_free
from tray.preferences import Memory
from tray.server_process import ServerProcess
from tray.single_instance import Door, knock, only_one
from tray.status import Status, describe, look_of
from tray.supervisor import Supervisor
from tray.updates import DAY_SECONDS, CannotTell, newer_version
from tray.wake_detector import Surroundings

POLL_SECONDS = 2.0
BUSY_POLL_SECONDS = 0.2
"""While the server starts or stops, when a person waits for it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """A switch was made, or refused with these words."""

    command: Switch | UseComputer
    refused: str = ""


@dataclass(frozen=True)
class NotStopped:
    """A server that is not ours would not stop."""

    why: str


@dataclass(frozen=True)
class Newer:
    """A version that could be installed; None: there is none."""

    version: str | None


Event = Command | Seen | Done | NotStopped | Newer | None
"""None: the server's process changed, which the next look sees."""


def run(start: TrayStart) -> int:
    """Shows the icon and keeps a server running until Quit; returns the exit code."""
    set_up_logging(start.log_level)
    door = start.folder / "tray.door"
    with only_one(start.folder / "tray.lock") as first:
        if not first:
            heard = knock(door)
            print("The tray app of claude-bridge is already running.")  # noqa: T201
            return 0 if heard else 1
        App(start).run()
    return 0


class App:
    """The icon has the main thread, the watch another, a worker the supervisor; all that happens
    comes to the worker through one queue, and it never waits for anything else."""

    def __init__(self, start: TrayStart) -> None:
        # SimpleQueue, because signal handlers put into it.
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._start = start
        self._icon = make_icon(self._on_command)
        self._autostart = find_autostart(flags=start.given)
        self._memory = Memory(start.folder / "tray.json")
        self._repeats = Repeats(time.monotonic)
        self._surroundings = Surroundings(time.time)
        self._watch = Watch(self._client, self._events.put)
        self._wished: dict[str, Any] = {}
        self._newer: str | None = None
        self._asked_at_login = self._autostart.is_on()
        self._status = Status("starting")
        self._errands = Errands(
            url=lambda: self._status.url,
            client=self._client,
            clipboard=find_clipboard(),
            autostart=self._autostart,
            log_file=Path(start.log_file),
            tell=self._tell,
            run=run_command,
        )
        self._supervisor = Supervisor(
            url=start.url,
            grace=start.grace,
            spawn=lambda flags: ServerProcess(
                [*start.flags, *flags], on_change=lambda: self._events.put(None)
            ),
            ask_to_stop=lambda url: self._beside(lambda: self._ask_to_stop(url)),
            free_port=lambda: next_free(start.host, start.port),
        )

    def run(self) -> None:
        """Holds the main thread until Quit."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._events.put(Quit()))
        door = Door(self._start.folder / "tray.door", lambda: self._events.put(ShowYourself()))
        watch = threading.Thread(target=self._watch.run, name="tray-watch", daemon=True)
        worker = threading.Thread(target=self._work, name="tray-worker")
        watch.start()
        try:
            self._icon.run(self._view(self._status), on_shown=worker.start)
            worker.join()
        finally:
            self._watch.end()
            door.close()

    def _on_command(self, command: Command) -> None:
        """From the menu, on a thread of its own: what the person sees of it comes first."""
        self._events.put(command)
        try:
            self._errands.do(command)
        except Failed as error:
            self._tell(Notice(str(error), str(error)))
            if isinstance(command, Switch | UseComputer):
                self._events.put(Done(command, str(error)))
            if isinstance(command, StartAtLogin):
                self._events.put(StartAtLogin(not command.on))
        else:
            if isinstance(command, Switch | UseComputer):
                self._events.put(Done(command))
        self._watch.hasten()

    def _work(self) -> None:
        try:
            self._supervisor.start()
            while not self._supervisor.finished:
                self._watch.look_at(self._supervisor.target)
                self._show(self._current())
                self._wait()
                self._check_for_updates()
        except Exception:  # noqa: BLE001 - the rim: without it the icon would stay and obey nobody
            _log.exception("The tray failed")
        finally:
            self._icon.stop()

    def _wait(self) -> None:
        """For something to happen; then all that has happened is taken."""
        waiting = self._status.state in ("starting", "stopping", "failing")
        pause = BUSY_POLL_SECONDS if waiting else POLL_SECONDS
        try:
            self._take(self._events.get(timeout=pause))
            while True:
                self._take(self._events.get_nowait())
        except queue.Empty:
            pass
        if self._surroundings.changed(pause):
            self._wake()

    def _take(self, event: Event) -> None:  # noqa: C901 - one case for each kind of event
        match event:
            case Seen():
                self._supervisor.hear(event)
            case Done():
                self._settle(event)
            case NotStopped(why):
                self._supervisor.refused_to_stop(why)
            case Newer(version):
                self._newer = version
            case Start(port):
                self._supervisor.start(port)
            case Stop():
                self._supervisor.stop()
            case Restart():
                self._supervisor.stop(then="start")
            case Quit():
                self._supervisor.stop(then="quit")
            case Switch():
                self._wished |= event.changes()
            case UseComputer(mode):
                self._wished["computer"] = mode
            case StartAtLogin(on):
                self._asked_at_login = on
            case CheckForUpdates(on):
                self._memory.keep(check_for_updates=on, checked_at=0.0)
            case LookNow():
                self._watch.hasten(fresh=True)
            case ShowYourself():
                self._show_yourself()
            case _:
                pass  # an errand's, or the server's process changed

    def _current(self) -> Status:
        status = self._supervisor.look()
        wished = self._wished if status.state == "running" else {}
        shown = {**wished, "setting": wished.get("backend", status.setting)}
        shown.pop("backend", None)
        mode = shown.pop("computer", None)
        if mode is not None and status.computer is not None:
            shown["computer"] = replace(status.computer, mode=mode)
        return replace(
            status,
            **shown,
            start_at_login=self._asked_at_login,
            updates=self._memory.kept.check_for_updates,
            newer=self._newer,
        )

    def _settle(self, done: Done) -> None:
        """What was wished is so, or will not be."""
        if isinstance(done.command, UseComputer):
            self._wished.pop("computer", None)
            return
        changes = done.command.changes()
        self._wished = {n: v for n, v in self._wished.items() if n not in changes}
        if not done.refused:
            self._supervisor.keep(changes)

    def _show(self, status: Status) -> None:
        before = self._status
        if status == before:
            return
        self._status = status
        self._icon.show(self._view(status))
        for topic in withdrawn_between(before, status):
            self._icon.withdraw(topic)
        notices = notices_between(before, status)
        if status.state == "running" and not self._memory.kept.greeted:
            notices = (self._greet(status),)
        for notice in notices:
            self._tell(notice)

    def _greet(self, status: Status) -> Notice:
        self._memory.keep(greeted=True)
        if not status.ready:
            self._beside(lambda: self._on_command(Open("setup")))
        return greeting(status)

    def _view(self, status: Status) -> View:
        return View(look_of(status), describe(status), entries_of(status, self._start.version))

    def _tell(self, notice: Notice) -> None:
        if self._repeats.lets(notice):
            self._icon.notify(notice)

    def _show_yourself(self) -> None:
        """Where nothing shows the icon, the dashboard is the tray's face."""
        self._tell(Notice(f"The tray app is here already. {describe(self._status)}", "here"))
        if not self._icon.seen and self._status.url is not None:
            self._beside(lambda: self._on_command(Open("dashboard")))

    def _wake(self) -> None:
        """Keys are read and ways to Claude tried anew, at once."""
        self._supervisor.wake()
        url = self._status.url
        if url is not None:
            self._beside(lambda: self._reload(url))

    def _reload(self, url: str) -> None:
        try:
            self._client(url).reload()
        except (NoServer, NotAnswering) as error:
            _log.info("After a change of network or sleep: %s", error)
        self._watch.hasten(fresh=True)

    def _ask_to_stop(self, url: str) -> None:
        try:
            self._client(url).stop()
        except (NoServer, NotAnswering) as error:
            self._events.put(NotStopped(str(error)))

    def _check_for_updates(self) -> None:
        kept = self._memory.kept
        if kept.check_for_updates and time.time() - kept.checked_at > DAY_SECONDS:
            self._memory.keep(checked_at=time.time())
            self._beside(self._look_for_newer)

    def _look_for_newer(self) -> None:
        try:
            newer = newer_version(self._start.version)
        except CannotTell as error:
            self._tell(Notice(f"Updates cannot be looked for: {error}.", "updates"))
            return
        self._events.put(Newer(newer))
        if newer is not None:
            words = f"Version {newer} is there: pip install -U claude-openai-bridge"
            self._tell(Notice(words, "updates"))

    def _client(self, url: str) -> ControlClient:
        return ControlClient(url, self._read_token)

    def _read_token(self) -> str:
        return read_token(Path(self._start.control_token))

    def _beside(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="tray-errand", daemon=True).start()
