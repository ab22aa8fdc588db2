"""The tray app: shows the server's state and carries out commands."""

from __future__ import annotations

import logging
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, assert_never

from bridge.autostart import find_autostart
from bridge.errors import SettingsError
from bridge.logs import escape, set_up_logging
from bridge.opening import read_token
from bridge.running import list_servers, to_reachable
from tray.clipboard import find_clipboard
from tray.command_runner import CommandFailed, CommandRunner, run_cli
from tray.commands import (
    AllowExtraUsage,
    Command,
    ConnectProgram,
    Copy,
    Decide,
    InstallTalon,
    Open,
    Quit,
    RecordRequests,
    Refresh,
    Restart,
    ResumeComputer,
    ShowCode,
    Start,
    StartAtLogin,
    Stop,
    StopComputer,
    Switch,
    UseComputer,
)
from tray.icon.base import View
from tray.icon.factory import create_icon
from tray.launch_options import LaunchOptions
from tray.menu import build_menu
from tray.notifications import (
    Notice,
    RepeatFilter,
    build_greeting,
    find_notices,
    find_plan_notices,
    find_withdrawn_topics,
    list_alert_keys,
)
from tray.preferences import PreferenceStore
from tray.server.control_client import ControlClient, NoServer, NotAnswering
from tray.server.poller import Poller, Report
from tray.server.ports import find_free_port_above
from tray.server.server_process import ServerProcess
from tray.server.supervisor import Supervisor
from tray.single_instance import InstanceListener, acquire_instance_lock, notify_first_instance
from tray.status import (
    Status,
    choose_look,
    count_down,
    describe_second_start,
    describe_tooltip,
)
from tray.switches import SwitchChanges
from tray.terminal import show_start
from tray.wake_detector import WakeDetector

STEP_SECONDS = 2.0
BUSY_STEP_SECONDS = 0.2
"""Seconds between steps while the server starts or stops, and the user waits for it."""

_log = logging.getLogger(__name__)


def run(options: LaunchOptions) -> int:
    """Show the icon and keep a server running until Quit; return the exit code."""
    set_up_logging(options.log_level)
    with ExitStack() as stack:
        try:
            is_first = stack.enter_context(acquire_instance_lock(options.data_folder / "tray.lock"))
        except OSError as error:
            _log.warning("A second tray will not notice this one: %s", error)
            is_first = True
        if not is_first:
            return _hand_over(options)
        App(options).run()
    return 0


def _hand_over(options: LaunchOptions) -> int:
    """Have the first tray start its server if that is stopped; return the exit code."""
    answer = notify_first_instance(options.data_folder / "tray.port")
    if answer is None:
        answer = "Claude Bridge is already running, but its tray does not respond."
        print(answer, file=sys.stderr)  # noqa: T201 - for the terminal
        return 1
    print(escape(answer))  # noqa: T201 - for the terminal
    if options.user_flags:
        flags = " ".join(options.user_flags)
        text = f"Ignored {flags}: to use it, choose Quit in the tray menu and run this again."
        print(text)  # noqa: T201 - for the terminal
    return 0


class App:
    """The app: connects the icon, the supervisor, the poller and the command runner."""

    # Threads:
    #
    #   main     runs the icon's event loop (macOS allows no other thread)
    #   worker   owns the supervisor, the switches and the status
    #   poller   waits for the server's responses
    #   click    one per command, so that a slow command blocks neither the menu nor the worker
    #
    # All others hand functions to the worker through one queue (`_post`). So its state needs no
    # locks, and it never waits for anything but the queue.

    def __init__(self, options: LaunchOptions) -> None:
        # SimpleQueue, because its `put` is safe in a signal handler.
        self._calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._options = options
        self._icon = create_icon(self._on_command)
        self._autostart = find_autostart(flags=options.user_flags)
        self._start_at_login = self._autostart.is_on()
        self._preferences = PreferenceStore(options.data_folder / "tray.json")
        self._repeat_filter = RepeatFilter(time.monotonic)
        self._wake_detector = WakeDetector(time.time)
        self._switches = SwitchChanges()
        self._status = Status("starting")
        self._poller = Poller(self._connect, lambda report: self._post(self._receive, report))
        self._runner = CommandRunner(
            find_url=lambda: self._status.url,
            connect=self._connect,
            clipboard=find_clipboard(),
            autostart=self._autostart,
            log_file=Path(options.log_file),
            notify=self._notify,
            run_cli=run_cli,
        )
        self._supervisor = Supervisor(
            url=options.url,
            grace=options.grace,
            spawn=self._spawn_server,
            ask_to_stop=lambda url: self._run_in_background(lambda: self._ask_to_stop(url)),
            find_free_port=lambda: find_free_port_above(options.host, options.port),
            find_running=self._find_running,
        )

    def run(self) -> None:
        """Run until Quit; call it on the main thread."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._post(self._supervisor.stop, "quit"))
        listener = self._listen_for_second_instance()
        poller = threading.Thread(target=self._poller.run, name="tray-poller", daemon=True)
        worker = threading.Thread(target=self._work, name="tray-worker")
        poller.start()
        try:
            self._icon.run(self._build_view(self._status), on_shown=worker.start)
            worker.join()
        finally:
            self._poller.end()
            if listener is not None:
                listener.close()

    def _listen_for_second_instance(self) -> InstanceListener | None:
        try:
            return InstanceListener(
                self._options.data_folder / "tray.port",
                self._answer_second_instance,
            )
        except SettingsError as error:
            _log.warning("This tray will not notice a second one: %s", error)
            return None

    def _answer_second_instance(self) -> str:
        """Start a stopped server. Called on the listener's thread."""
        status = self._status
        self._post(self._respond_to_second_instance)
        return describe_second_start(status)

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the worker call the function; may be called on any thread."""
        self._calls.put(lambda: function(*arguments))

    # On the thread of the click

    def _on_command(self, command: Command) -> None:  # noqa: C901 - one case per command
        match command:
            case Start(port):
                self._post(self._supervisor.start, port)
            case Stop():
                self._post(self._supervisor.stop)
            case Restart():
                self._post(self._supervisor.stop, "start")
            case Quit():
                self._post(self._supervisor.stop, "quit")
            case Switch():
                self._change_switches(command.as_changes(), command.as_changes())
            case UseComputer(mode):
                self._change_switches({"computer": mode}, command.as_changes())
            case StopComputer():
                self._attempt(self._runner.stop_computer)
            case ResumeComputer():
                self._attempt(self._runner.resume_computer)
            case Decide(batch, approved, digest):
                self._attempt(lambda: self._runner.decide(batch, approved=approved, digest=digest))
            case AllowExtraUsage(agreement, account):
                self._attempt(lambda: self._runner.allow_extra_usage(agreement, account))
                self._poller.poll_now(refresh=True)
            case ConnectProgram():
                self._attempt(lambda: self._runner.connect_program(command))
                self._poller.poll_now(refresh=True)
            case Copy():
                self._attempt(lambda: self._runner.copy(command))
            case InstallTalon():
                self._attempt(self._runner.install_talon)
            case Open():
                self._attempt(lambda: self._runner.open(command))
            case ShowCode():
                self._attempt(self._runner.show_code)
            case RecordRequests(on):
                self._attempt(lambda: self._runner.record_requests(on))
            case StartAtLogin(on):
                self._change_start_at_login(on)
            case Refresh():
                self._poller.poll_now(refresh=True)
            case _:
                assert_never(command)
        self._poller.poll_now()

    def _change_switches(self, shown: Mapping[str, Any], body: dict[str, Any]) -> None:
        """Send a change, and show it: a choice at once, any other when the server accepts it."""
        self._post(self._switches.request, shown)
        if self._attempt(lambda: self._runner.switch(body)):
            self._post(self._switches.accept, shown, time.monotonic())
        else:
            self._post(self._switches.reject, shown)

    def _change_start_at_login(self, on: bool) -> None:
        self._post(self._show_start_at_login, on)
        if not self._attempt(lambda: self._runner.set_start_at_login(on)):
            self._post(self._show_start_at_login, not on)

    def _attempt(self, run_command: Callable[[], None]) -> bool:
        """Run a command and notify the user if it fails; return whether it succeeded."""
        try:
            run_command()
        except CommandFailed as error:
            self._notify(Notice(str(error), str(error)))
            return False
        return True

    # On the worker's thread

    def _work(self) -> None:
        try:
            self._supervisor.start()
            while not self._supervisor.finished:
                self._poller.set_target(self._supervisor.target)
                self._show(self._build_status())
                self._wait_for_calls()
        except Exception:  # noqa: BLE001 - logged; without the worker the icon would not react
            _log.exception("The tray failed")
        finally:
            self._icon.stop()

    def _wait_for_calls(self) -> None:
        """Wait for one call, then make all that are queued."""
        busy = self._status.state in ("starting", "stopping", "failing")
        pause = BUSY_STEP_SECONDS if busy else STEP_SECONDS
        try:
            self._calls.get(timeout=pause)()
            while True:
                self._calls.get_nowait()()
        except queue.Empty:
            pass
        if self._wake_detector.has_woken(pause):
            self._recover_from_sleep()

    def _receive(self, report: Report) -> None:
        self._supervisor.receive(report)
        if report.health is not None:
            self._switches.settle(report.requested_at)

    def _build_status(self) -> Status:
        status = self._switches.apply_to(self._supervisor.step())
        return replace(count_down(status, time.time()), start_at_login=self._start_at_login)

    def _show(self, status: Status) -> None:
        before = self._status
        if status == before:
            return
        self._status = status
        self._icon.show(self._build_view(status))
        show_start(before, status, self._options.version)
        for topic in find_withdrawn_topics(before, status):
            self._icon.withdraw(topic)
        notices = find_notices(before, status)
        if status.state == "running" and not self._preferences.values.greeted:
            notices = (self._greet(status),)
        shown = self._preferences.values.alerts
        for notice in (*notices, *find_plan_notices(before, status, shown)):
            self._notify(notice)
        self._remember_alerts(status)

    def _remember_alerts(self, status: Status) -> None:
        keys = list_alert_keys(status.plans)
        # Without plans the server is stopped or reports none, which says nothing of their alerts.
        if status.plans and keys != self._preferences.values.alerts:
            self._preferences.save(alerts=keys)

    def _greet(self, status: Status) -> Notice:
        self._preferences.save(greeted=True)
        if not status.ready:
            self._run_in_background(lambda: self._on_command(Open("setup")))
        return build_greeting(status)

    def _build_view(self, status: Status) -> View:
        menu = build_menu(status, self._options.version)
        return View(choose_look(status), describe_tooltip(status), menu)

    def _spawn_server(self, flags: Sequence[str]) -> ServerProcess:
        return ServerProcess(
            [*self._options.flags, *self._switches.as_flags(), *flags],
            # An empty call wakes the worker, whose next step looks at the process.
            on_change=lambda: self._post(lambda: None),
        )

    def _show_start_at_login(self, on: bool) -> None:
        self._start_at_login = on

    def _respond_to_second_instance(self) -> None:
        """Show that the tray runs, and start its server; without an icon, open the dashboard."""
        self._notify(Notice(describe_second_start(self._status), "already running"))
        self._supervisor.ensure_running()
        if not self._icon.visible and self._status.url is not None:
            self._run_in_background(lambda: self._on_command(Open("dashboard")))

    def _recover_from_sleep(self) -> None:
        """Have failed starts and routes to Claude retried at once."""
        self._supervisor.retry_now()
        url = self._status.url
        if url is not None:
            self._run_in_background(lambda: self._reload_server(url))

    # On separate threads

    def _reload_server(self, url: str) -> None:
        try:
            self._connect(url).reload()
        except (NoServer, NotAnswering) as error:
            _log.info("Reload after sleep or a change of network failed: %s", error)
        self._poller.poll_now(refresh=True)

    def _ask_to_stop(self, url: str) -> None:
        try:
            self._connect(url).stop()
        except (NoServer, NotAnswering) as error:
            self._post(self._supervisor.report_stop_failure, str(error))

    # On any thread

    def _notify(self, notice: Notice) -> None:
        if self._repeat_filter.allow(notice):
            self._icon.notify(notice)

    def _connect(self, url: str) -> ControlClient:
        return ControlClient(url, lambda: read_token(Path(self._options.control_token)))

    def _find_running(self) -> str | None:
        """Return the address of the server to attach to: at the set port, else the last started."""
        servers = list_servers(self._options.data_folder)
        at_port = [server for server in servers if server.port == self._options.port]
        # Who sets a port on the command line wants a server there.
        others = [] if "--port" in self._options.user_flags else servers
        chosen = next(iter(at_port or others), None)
        return to_reachable(chosen.url) if chosen is not None else None

    def _run_in_background(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="tray-background", daemon=True).start()
