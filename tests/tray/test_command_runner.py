"""Commands that take a while, with fakes for the server, the clipboard and the desktop."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.autostart import find_autostart
from bridge.launching import build_own_command
from bridge.wire.access import IssuedCode
from bridge.wire.connect import Connections, Program
from tests.tray.statuses import CODEX, ZED
from tray.clipboard import NoClipboard
from tray.command_runner import CommandFailed, CommandRunner, run_cli
from tray.commands import ConnectProgram, Copy, Open
from tray.notifications import Notice
from tray.server.control_client import ControlClient, NoServer


class FakeClient(ControlClient):
    """A server with an access key."""

    key: str | None = "cb-own"

    def fetch_connections(self) -> Connections:
        return Connections(base_url=f"{self.url}/v1", key=self.key, clients=[ZED])

    def create_redirect_file(self, page: str, snap: str | None) -> str:
        file = self.pages / f"open{page.replace('/', '-')}.html"
        file.touch()
        return str(file)

    def create_code(self) -> IssuedCode:
        return IssuedCode(code="K7QM-2XDR", seconds=300.0)

    def connect_program(self, name: str, *, undo: bool) -> Program:
        done = f"{name} is {'as before' if undo else 'changed'}."
        return replace(CODEX, results=[done], written=not undo)

    pages: Path


class FakeDesktop:
    """Records what is copied, opened, shown and run."""

    def __init__(self, tmp_path: Path) -> None:
        self.url: str | None = "http://127.0.0.1:8123"
        self.key: str | None = "cb-own"
        self.copied: list[str] = []
        self.opened: list[str] = []
        self.notices: list[str] = []
        self.commands: list[Sequence[str]] = []
        self.result = (0, "")
        self.clipboard_works = True
        self.can_open = True
        self.can_read_files = True
        self.log = tmp_path / "bridge.log"
        self.runner = CommandRunner(
            find_url=lambda: self.url,
            connect=self._connect,
            clipboard=self,
            autostart=find_autostart("linux", {"HOME": str(tmp_path)}),
            log_file=self.log,
            notify=self._notify,
            run_cli=self._run_cli,
            open_page=lambda create_file, page: self._open(create_file(page, None)),
            open_file=lambda path: self._open(str(path)),
            sleep=lambda _seconds: self._load_page(),
        )

    def copy(self, text: str) -> None:
        if not self.clipboard_works:
            raise NoClipboard("To copy from the menu, install xclip.")
        self.copied.append(text)

    def _connect(self, url: str) -> ControlClient:
        client = FakeClient(url, lambda: "token")
        client.key = self.key
        client.pages = self.log.parent
        return client

    def _open(self, what: str) -> bool:
        self.opened.append(what)
        return self.can_open

    def _load_page(self) -> None:
        """What the server does once the browser has loaded the page."""
        if self.can_read_files:
            Path(self.opened[-1]).unlink()

    def _notify(self, notice: Notice) -> None:
        self.notices.append(notice.text)

    def _run_cli(self, words: Sequence[str]) -> tuple[int, str]:
        self.commands.append(words)
        return self.result


@pytest.fixture
def desktop(tmp_path: Path) -> FakeDesktop:
    return FakeDesktop(tmp_path)


def test_url_key_and_examples_are_copied_from_the_running_server(desktop: FakeDesktop) -> None:
    for command in (Copy("url"), Copy("key"), Copy("snippet", "Zed")):
        desktop.runner.copy(command)
    assert desktop.copied == ["http://127.0.0.1:8123/v1", "cb-own", "{}"]
    assert desktop.notices == [
        "Copied the base URL http://127.0.0.1:8123/v1",
        "Copied the access key.",
        "Copied the Zed example. In settings.json.",
    ]


def test_a_bridge_without_an_access_key_accepts_any(desktop: FakeDesktop) -> None:
    desktop.key = "any"
    desktop.runner.copy(Copy("key"))
    assert desktop.copied == ["any"]
    assert desktop.notices == ["Copied `any`: this bridge accepts any key."]


def test_an_access_key_that_the_server_withholds_cannot_be_copied(desktop: FakeDesktop) -> None:
    desktop.key = None
    with pytest.raises(CommandFailed, match=r"The access key isn't readable right now. Restart"):
        desktop.runner.copy(Copy("key"))


def test_a_client_that_the_server_does_not_know_has_no_example(desktop: FakeDesktop) -> None:
    with pytest.raises(CommandFailed, match="The server no longer has an example for Emacs"):
        desktop.runner.copy(Copy("snippet", "Emacs"))


def test_a_failed_copy_shows_the_text_but_never_the_key(desktop: FakeDesktop) -> None:
    desktop.clipboard_works = False
    with pytest.raises(CommandFailed, match=r"install xclip. The text is: http://127.0.0.1:8123"):
        desktop.runner.copy(Copy("url"))
    with pytest.raises(CommandFailed) as failure:
        desktop.runner.copy(Copy("key"))
    assert "cb-own" not in str(failure.value)


def test_without_a_server_the_message_explains_how_to_start_it(desktop: FakeDesktop) -> None:
    desktop.url = None
    message = r"The server isn't running\. Choose Start server"
    with pytest.raises(CommandFailed, match=message):
        desktop.runner.copy(Copy("url"))
    with pytest.raises(CommandFailed, match=message):
        desktop.runner.switch({"paused": True})
    with pytest.raises(CommandFailed, match=message):
        desktop.runner.open(Open("dashboard"))


def test_a_server_that_refuses_connections_is_not_running(tmp_path: Path) -> None:
    with pytest.raises(NoServer):
        ControlClient("http://127.0.0.1:9", str).fetch_health()
    desktop = FakeDesktop(tmp_path)
    desktop.url = "http://127.0.0.1:9"
    with pytest.raises(CommandFailed, match="The server isn't running"):
        desktop.runner.switch({"paused": True})


def test_talon_commands_are_installed_by_the_cli(desktop: FakeDesktop) -> None:
    desktop.result = (0, "Linked /home/me/.talon/user/claude-bridge")
    desktop.runner.install_talon()
    assert desktop.commands == [build_own_command("install-talon")]
    assert desktop.notices == ["Linked /home/me/.talon/user/claude-bridge"]
    desktop.result = (2, "Talon was not found")
    with pytest.raises(CommandFailed, match="install the Talon commands: Talon was not found"):
        desktop.runner.install_talon()


def test_a_code_for_an_open_page_is_shown(desktop: FakeDesktop) -> None:
    desktop.runner.show_code()
    assert desktop.notices == ["Enter this code on the page within 5 minutes: K7QM-2XDR"]


def test_pages_are_opened_through_a_file(desktop: FakeDesktop) -> None:
    desktop.runner.open(Open("setup"))
    assert desktop.opened == [str(desktop.log.parent / "open-setup.html")]
    assert desktop.notices == []
    desktop.can_open = False
    with pytest.raises(CommandFailed, match="run: claude-bridge dashboard --url"):
        desktop.runner.open(Open("dashboard"))


def test_a_browser_that_cannot_read_the_file_is_explained(desktop: FakeDesktop) -> None:
    desktop.can_read_files = False
    desktop.runner.open(Open("dashboard"))
    assert desktop.notices == [
        "If the page stays empty, your browser cannot read files in hidden folders. "
        "In a terminal, run: claude-bridge dashboard --url"
    ]


def test_the_log_is_opened_once_it_exists(desktop: FakeDesktop) -> None:
    with pytest.raises(CommandFailed, match="There is no log yet"):
        desktop.runner.open(Open("logs"))
    desktop.log.touch()
    desktop.runner.open(Open("logs"))
    assert desktop.opened == [str(desktop.log)]
    desktop.can_open = False
    with pytest.raises(CommandFailed, match="No app is set up to open this file: "):
        desktop.runner.open(Open("logs"))


def test_the_settings_file_is_opened_by_the_cli(desktop: FakeDesktop) -> None:
    desktop.runner.open(Open("settings"))
    assert desktop.commands == [build_own_command("settings")]
    desktop.result = (0, "/home/me/config.toml")
    with pytest.raises(CommandFailed, match="No app is set up to open this file: /home/me/config"):
        desktop.runner.open(Open("settings"))


def test_start_at_login_is_turned_on_and_off(desktop: FakeDesktop) -> None:
    desktop.runner.set_start_at_login(True)
    assert desktop.runner.autostart.is_on()
    desktop.runner.set_start_at_login(False)
    assert not desktop.runner.autostart.is_on()


def test_a_command_returns_its_first_line_or_its_last_error() -> None:
    assert run_cli([sys.executable, "-c", "print('one'); print('two')"]) == (0, "one")
    failing = "import sys; sys.stderr.write('claude-bridge: no\\n'); sys.exit(2)"
    assert run_cli([sys.executable, "-c", failing]) == (2, "no")
    code, line = run_cli(["/nowhere/program"])
    assert code == 1
    assert "/nowhere/program" in line


def test_a_program_is_connected_and_the_notice_says_what_to_do(desktop: FakeDesktop) -> None:
    desktop.runner.connect_program(ConnectProgram("codex"))
    desktop.runner.connect_program(ConnectProgram("codex", undo=True))
    assert desktop.notices == ["codex is changed. Start: codex", "codex is as before."]
