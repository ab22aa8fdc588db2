"""What takes a while: done on the thread of the click, so that nothing else waits for it."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.autostart import Autostart
from bridge.errors import SettingsError
from bridge.launching import own_command
from bridge.opening import open_file, open_page
from tray.clipboard import Clipboard, NoClipboard
from tray.commands import (
    Command,
    Copy,
    Decide,
    InstallTalon,
    Open,
    StartAtLogin,
    StopComputer,
    Switch,
    UseComputer,
)
from tray.control_client import ControlClient, NoServer, NotAnswering
from tray.notifications import Notice

_INSTALL_SECONDS = 120.0
_PAGES = {"dashboard": "/", "setup": "/setup"}

_log = logging.getLogger(__name__)

Run = Callable[[Sequence[str]], tuple[int, str]]
"""A command line: its exit code, and the line that says what came of it."""


class Failed(Exception):
    """It could not be done; the message says why, and what to do."""


@dataclass(frozen=True)
class Errands:
    """`url` is that of the running server, or None."""

    url: Callable[[], str | None]
    client: Callable[[str], ControlClient]
    clipboard: Clipboard
    autostart: Autostart
    log_file: Path
    tell: Callable[[Notice], None]
    run: Run
    open_page: Callable[[str, str, str], bool] = open_page
    open_file: Callable[[Path], bool] = open_file

    def do(self, command: Command) -> None:
        """Raises Failed."""
        try:
            self._do(command)
        except NoServer as error:
            raise Failed("No server runs. Start it from this menu.") from error
        except NotAnswering as error:
            raise Failed(f"It could not be done: {error}") from error
        except SettingsError as error:
            raise Failed(f"It could not be done: {error}") from error

    def _do(self, command: Command) -> None:
        match command:
            case Switch():
                self._server().switch(command.changes())
            case UseComputer(mode, minutes):
                wanted = {"mode": mode} if minutes is None else {"mode": mode, "minutes": minutes}
                self._server().switch({"computer": wanted})
            case StopComputer():
                self._server().stop_computer()
            case Decide(batch, approved):
                self._server().decide(batch, approved=approved)
            case Copy():
                self._copy(command)
            case InstallTalon():
                self._install_talon()
            case Open():
                self._open(command)
            case StartAtLogin(on):
                self.autostart.on() if on else self.autostart.off()

    def _server(self) -> ControlClient:
        url = self.url()
        if url is None:
            raise NoServer("none runs")
        return self.client(url)

    def _copy(self, wanted: Copy) -> None:
        connect = self._server().connect()
        match wanted.what:
            case "url":
                text, said = connect.base_url, f"The base URL {connect.base_url} is copied."
            case "key":
                text = connect.key or ""
                said = "The key is copied."
                if text == "any":
                    said = "Any key will do; `any` is copied."
            case "snippet":
                found = [one for one in connect.clients if one.name == wanted.client]
                if not found:
                    raise Failed(f"The server knows no client {wanted.client} any more.")
                text, said = found[0].snippet, f"Copied for {wanted.client}. {found[0].steps}"
        if not text:
            raise Failed("The bridge has a key of its own that it does not tell; restart it.")
        try:
            self.clipboard.copy(text)
        except NoClipboard as error:
            shown = "" if wanted.what == "key" else f" It is: {text}"
            raise Failed(f"{error}{shown}") from error
        self.tell(Notice(said, f"copied {wanted.what} {wanted.client}"))

    def _install_talon(self) -> None:
        code, words = self.run(own_command("install-talon"))
        if code != 0:
            raise Failed(f"The Talon commands are not installed: {words}")
        self.tell(Notice(words or "The Talon commands are installed.", "talon"))

    def _open(self, wanted: Open) -> None:
        match wanted.what:
            case "logs":
                if not self.log_file.exists():
                    raise Failed(f"There is no log yet; it will be {self.log_file}")
                if not self.open_file(self.log_file):
                    raise Failed(f"Nothing here opens files (xdg-open). The log: {self.log_file}")
            case "settings":
                code, words = self.run(own_command("settings"))
                if code != 0:
                    raise Failed(words)
                if words:
                    raise Failed(f"Nothing here opens files (xdg-open). The settings: {words}")
            case page:
                server = self._server()
                url = server.url
                if not self.open_page(url, server.ticket(), _PAGES[page]):
                    raise Failed(f"No browser could be opened; go to {url}{_PAGES[page]}")


def run_command(words: Sequence[str]) -> tuple[int, str]:
    """Runs it to its end; what it said first, or, if it failed, last on stderr."""
    try:
        result = subprocess.run(  # noqa: S603 - our own command
            words, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return 1, str(error)
    said = result.stdout if result.returncode == 0 else result.stderr or result.stdout
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines:
        return result.returncode, ""
    told = lines[0] if result.returncode == 0 else lines[-1]
    return result.returncode, told.removeprefix("claude-bridge: ")
