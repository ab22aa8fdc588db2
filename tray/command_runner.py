"""Carry out the commands that take a while; each call blocks its thread until it ends."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.autostart import Autostart
from bridge.errors import SettingsError
from bridge.launching import build_own_command
from bridge.opening import open_file, open_page
from bridge.wire.connect import Connections
from bridge.wire.usage import Agreement
from tray.clipboard import Clipboard, NoClipboard
from tray.commands import ConnectProgram, Copy, Open
from tray.notifications import Notice
from tray.server.control_client import ControlClient, NoServer, NotAnswering

_CLI_SECONDS = 120.0
_PAGES = {"dashboard": "/", "setup": "/setup", "accounts": "/#accounts"}
_PAGE_SECONDS = 20
"""Seconds for a browser to start and to load a page, which removes the file it was opened with."""
_BY_HAND = "In a terminal, run: claude-bridge dashboard --url"
_NO_APP = "No app is set up to open this file"

CreateFile = Callable[[str, str | None], str]
"""Have the server write a file for a page and a browser's snap; return its path."""
RunCli = Callable[[Sequence[str]], tuple[int, str]]
"""Run a command line; return its exit code and the output line to show."""


class CommandFailed(Exception):
    """The command failed; the message names the problem and the fix."""


@dataclass(frozen=True)
class CommandRunner:
    """All methods raise CommandFailed."""

    find_url: Callable[[], str | None]
    """Return the URL of the running server; None if none runs."""
    connect: Callable[[str], ControlClient]
    clipboard: Clipboard
    autostart: Autostart
    log_file: Path
    notify: Callable[[Notice], None]
    run_cli: RunCli
    open_page: Callable[[CreateFile, str], bool] = open_page
    open_file: Callable[[Path], bool] = open_file
    sleep: Callable[[float], None] = time.sleep

    def switch(self, changes: dict[str, Any]) -> None:
        """Change the server's switches."""
        with _explain_failures():
            self._find_server().switch(changes)

    def stop_computer(self) -> None:
        """Stop computer use."""
        with _explain_failures():
            self._find_server().stop_computer()

    def resume_computer(self) -> None:
        """Continue what is paused because the mouse was moved."""
        with _explain_failures():
            self._find_server().resume_computer()

    def decide(self, batch: str, *, approved: bool, digest: str = "") -> None:
        """Approve or deny a batch of computer actions."""
        with _explain_failures():
            self._find_server().decide(batch, approved=approved, digest=digest)

    def allow_extra_usage(self, agreement: Agreement, account: str) -> None:
        """Agree to use that costs money beyond the plan, or to no more of it."""
        with _explain_failures():
            self._find_server().allow_extra_usage(agreement, account)

    def record_requests(self, on: bool) -> None:
        """Turn the recorder of requests on or off."""
        with _explain_failures():
            self._find_server().record_requests(on)

    def set_start_at_login(self, on: bool) -> None:
        """Turn start at login on or off."""
        with _explain_failures():
            if on:
                self.autostart.enable()
            else:
                self.autostart.disable()

    def copy(self, command: Copy) -> None:
        """Copy what the command names, and notify the user."""
        with _explain_failures():
            connections = self._find_server().fetch_connections()
        text, message = _choose_text(command, connections)
        try:
            self.clipboard.copy(text)
        except NoClipboard as error:
            # The desktop may store notifications, so none may contain the key.
            shown = "" if command.what == "key" else f" The text is: {text}"
            raise CommandFailed(f"{error}{shown}") from error
        self.notify(Notice(message, f"copied {command.what} {command.client}"))

    def connect_program(self, command: ConnectProgram) -> None:
        """Write the bridge into a program's settings, or undo it, and notify the user."""
        with _explain_failures():
            server = self._find_server()
            program = server.connect_program(command.name, undo=command.undo)
        lines = [*program.results, *([] if command.undo else [program.start])]
        self.notify(Notice(" ".join(filter(None, lines)), f"connect {command.name}"))

    def install_talon(self) -> None:
        """Install the Talon commands, and notify the user."""
        code, line = self.run_cli(build_own_command("install-talon"))
        if code != 0:
            raise CommandFailed(f"Couldn't install the Talon commands: {line}")
        self.notify(Notice(line or "The Talon commands are installed.", "talon"))

    def show_code(self) -> None:
        """Show a code that unlocks a page of the bridge which is open already."""
        with _explain_failures():
            issued = self._find_server().create_code()
        minutes = round(issued.seconds / 60)
        text = f"Enter this code on the page within {minutes} minutes: {issued.code}"
        # Each has a topic of its own: only the newest one works.
        self.notify(Notice(text, f"code {issued.code}"))

    def open(self, command: Open) -> None:
        """Open the page or the file that the command names."""
        match command.what:
            case "logs":
                self._open_log()
            case "settings":
                self._open_settings()
            case page:
                self._open_page(_PAGES[page])

    def _open_log(self) -> None:
        if not self.log_file.exists():
            raise CommandFailed(f"There is no log yet. It will be written to {self.log_file}")
        if not self.open_file(self.log_file):
            raise CommandFailed(f"{_NO_APP}: {self.log_file}")

    def _open_settings(self) -> None:
        # Run the command, which creates the file first: the tray does not load the settings.
        code, line = self.run_cli(build_own_command("settings"))
        if code != 0:
            raise CommandFailed(line)
        if line:
            # The command prints the path if it could not open the file.
            raise CommandFailed(f"{_NO_APP}: {line}")

    def _open_page(self, path: str) -> None:
        files: list[Path] = []

        def create_file(page: str, snap: str | None) -> str:
            file = server.create_redirect_file(page, snap)
            files.append(Path(file))
            return file

        with _explain_failures():
            server = self._find_server()
            was_opened = self.open_page(create_file, path)
        if not was_opened:
            raise CommandFailed(f"Couldn't open a browser. {_BY_HAND}")
        self._explain_empty_page(files)

    def _explain_empty_page(self, files: Sequence[Path]) -> None:
        """Notify the user if the browser has not read the file: then its page is empty."""
        for _ in range(_PAGE_SECONDS):
            if not any(file.exists() for file in files):
                return
            self.sleep(1.0)
        text = (
            f"If the page stays empty, your browser cannot read files in hidden folders. {_BY_HAND}"
        )
        self.notify(Notice(text, "empty page"))

    def _find_server(self) -> ControlClient:
        url = self.find_url()
        if url is None:
            raise NoServer("No server is running.")
        return self.connect(url)


def run_cli(words: Sequence[str]) -> tuple[int, str]:
    """Run a command to its end.

    Returns the exit code and the first line of its output; after a failure, the last line of
    stderr.
    """
    try:
        result = subprocess.run(  # noqa: S603 - our own command
            words, capture_output=True, text=True, timeout=_CLI_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return 1, str(error)
    succeeded = result.returncode == 0
    output = result.stdout if succeeded else result.stderr or result.stdout
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not lines:
        return result.returncode, ""
    return result.returncode, lines[0 if succeeded else -1].removeprefix("claude-bridge: ")


def _choose_text(command: Copy, connections: Connections) -> tuple[str, str]:
    """Return the text to copy, and the notification about it."""
    match command.what:
        case "url":
            return connections.base_url, f"Copied the base URL {connections.base_url}"
        case "key":
            if connections.key is None:
                raise CommandFailed("The access key isn't readable right now. Restart the bridge.")
            if connections.key == "any":
                return "any", "Copied `any`: this bridge accepts any key."
            return connections.key, "Copied the access key."
        case "snippet":
            for connection in connections.clients:
                if connection.client == command.client:
                    message = f"Copied the {command.client} example. {connection.steps}"
                    return connection.snippet, message
            raise CommandFailed(f"The server no longer has an example for {command.client}.")


@contextmanager
def _explain_failures() -> Iterator[None]:
    """Raise CommandFailed, with a message for the user, in place of other errors."""
    try:
        yield
    except NoServer as error:
        raise CommandFailed("The server isn't running. Choose Start server.") from error
    except (NotAnswering, SettingsError) as error:
        raise CommandFailed(f"That didn't work: {error}") from error
