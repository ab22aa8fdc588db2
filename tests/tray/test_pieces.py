"""The small parts: errands, updates, sleep and networks, ports, the lock, what is remembered."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridge.autostart import find_autostart
from bridge.launching import own_command
from tray.api_types import Client, Connect
from tray.clipboard import NoClipboard
from tray.command_runner import Errands, Failed, run_command
from tray.commands import Copy, InstallTalon, Open, StartAtLogin, Switch
from tray.control_client import ControlClient, NoServer
from tray.notifications import Notice
from tray.ports import is_free, next_free
from tray.preferences import Kept, Memory
from tray.single_instance import Door, knock, only_one
from tray.updates import CannotTell, newer_version
from tray.wake_detector import Surroundings, own_addresses


class FakeClient(ControlClient):
    """A server that has a key of its own."""

    def connect(self) -> Connect:
        return Connect(f"{self.url}/v1", "cb-own", (Client("Zed", "In settings.json.", "{}"),))

    def ticket(self) -> str:
        return "the-ticket"


class Desk:
    """Errands with nothing real behind them."""

    def __init__(self, tmp_path: Path) -> None:
        self.url: str | None = "http://127.0.0.1:8123"
        self.copied: list[str] = []
        self.opened: list[str] = []
        self.told: list[str] = []
        self.ran: list[Sequence[str]] = []
        self.answer = (0, "")
        self.clipboard_works = True
        self.log = tmp_path / "bridge.log"
        self.errands = Errands(
            url=lambda: self.url,
            client=lambda url: FakeClient(url, lambda: "token"),
            clipboard=self,
            autostart=find_autostart("linux", {"HOME": str(tmp_path)}),
            log_file=self.log,
            tell=self._tell,
            run=self._run,
            open_page=lambda url, token, page: self._open(f"{url}{page} {token}"),
            open_file=lambda path: self._open(str(path)),
        )

    def copy(self, text: str) -> None:
        if not self.clipboard_works:
            raise NoClipboard("To copy from the menu, install xclip.")
        self.copied.append(text)

    def _open(self, what: str) -> bool:
        self.opened.append(what)
        return True

    def _tell(self, notice: Notice) -> None:
        self.told.append(notice.text)

    def _run(self, words: Sequence[str]) -> tuple[int, str]:
        self.ran.append(words)
        return self.answer


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_copies_come_from_the_server_that_runs_and_are_told(desk: Desk) -> None:
    for what in (Copy("url"), Copy("key"), Copy("snippet", "Zed")):
        desk.errands.do(what)
    assert desk.copied == ["http://127.0.0.1:8123/v1", "cb-own", "{}"]
    assert desk.told == [
        "The base URL http://127.0.0.1:8123/v1 is copied.",
        "The key is copied.",
        "Copied for Zed. In settings.json.",
    ]


def test_what_cannot_be_copied_is_said_but_never_the_key(desk: Desk) -> None:
    desk.clipboard_works = False
    with pytest.raises(Failed, match=r"install xclip. It is: http://127.0.0.1:8123/v1"):
        desk.errands.do(Copy("url"))
    with pytest.raises(Failed) as failed:
        desk.errands.do(Copy("key"))
    assert "cb-own" not in str(failed.value)


def test_without_a_server_it_says_so(desk: Desk) -> None:
    desk.url = None
    for command in (Copy("url"), Switch(paused=True), Open("dashboard")):
        with pytest.raises(Failed, match="No server runs"):
            desk.errands.do(command)


def test_a_server_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoServer):
        ControlClient("http://127.0.0.1:9", str).health()
    desk = Desk(tmp_path)
    desk.url = "http://127.0.0.1:9"
    with pytest.raises(Failed, match="No server runs"):
        desk.errands.do(Switch(paused=True))


def test_talon_is_installed_by_the_command(desk: Desk) -> None:
    desk.answer = (0, "Linked /home/me/.talon/user/claude-bridge")
    desk.errands.do(InstallTalon())
    assert desk.ran == [own_command("install-talon")]
    assert desk.told == ["Linked /home/me/.talon/user/claude-bridge"]
    desk.answer = (2, "Talon was not found")
    with pytest.raises(Failed, match="not installed: Talon was not found"):
        desk.errands.do(InstallTalon())


def test_pages_are_opened_with_the_token_and_logs_where_there_are_any(desk: Desk) -> None:
    desk.errands.do(Open("setup"))
    with pytest.raises(Failed, match="There is no log yet"):
        desk.errands.do(Open("logs"))
    desk.log.touch()
    desk.errands.do(Open("logs"))
    assert desk.opened == ["http://127.0.0.1:8123/setup the-ticket", str(desk.log)]


def test_start_at_login_is_written(desk: Desk) -> None:
    desk.errands.do(StartAtLogin(on=True))
    assert desk.errands.autostart.is_on()
    desk.errands.do(StartAtLogin(on=False))
    assert not desk.errands.autostart.is_on()


def test_a_command_says_what_came_of_it() -> None:
    said = [sys.executable, "-c", "print('one'); print('two')"]
    assert run_command(said) == (0, "one")
    failed = "import sys; sys.stderr.write('claude-bridge: no\\n'); sys.exit(2)"
    assert run_command([sys.executable, "-c", failed]) == (2, "no")
    code, words = run_command(["/nowhere/program"])
    assert code == 1
    assert "/nowhere/program" in words


@pytest.mark.parametrize(
    ("latest", "newer"),
    [("0.2.0", "0.2.0"), ("0.10.0", "0.10.0"), ("0.1.0", None), ("0.0.9", None)],
)
def test_a_newer_version_is_one_that_is_newer(latest: str, newer: str | None) -> None:
    asked: list[Sequence[str]] = []

    def pip(words: Sequence[str]) -> str:
        asked.append(words)
        return f"claude-openai-bridge ({latest})\nAvailable versions: {latest}, 0.0.1\n"

    assert newer_version("0.1.0", pip) == newer
    assert asked[0][1:5] == ["-m", "pip", "index", "versions"]


def test_where_nobody_knows_of_versions_that_is_said() -> None:
    with pytest.raises(CannotTell, match="no released version"):
        newer_version("0.1.0", lambda _: "ERROR: nothing")


def test_sleep_and_another_network_are_noticed() -> None:
    now = 100.0
    addresses: tuple[str, ...] = ("192.0.2.7",)
    surroundings = Surroundings(lambda: now, lambda: addresses)
    assert not surroundings.changed(2.0)
    now += 2.1
    assert not surroundings.changed(2.0)
    now += 10
    assert not surroundings.changed(2.0), "a busy machine is late"
    now += 3600
    assert surroundings.changed(2.0), "it slept"
    now += 2
    addresses = ()
    assert not surroundings.changed(2.0), "nothing can be tried without a network"
    now += 2
    addresses = ("198.51.100.4",)
    assert surroundings.changed(2.0)
    now += 2
    assert not surroundings.changed(2.0)


def test_own_addresses_can_be_asked_anywhere() -> None:
    assert all(isinstance(one, str) for one in own_addresses())


def test_the_next_free_port_is_found_only_where_one_is_needed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        offered = next_free("127.0.0.1", port)
        assert offered is not None
        assert offered > port
        assert is_free("127.0.0.1", offered)
    assert next_free("127.0.0.1", port) is None
    assert next_free("127.0.0.1", 0) is None


def test_only_who_knows_the_secret_is_heard_at_the_door(tmp_path: Path) -> None:
    path = tmp_path / "door"
    heard = threading.Event()
    assert not knock(path), "nobody is at home"
    door = Door(path, heard.set)
    port = path.read_text().split()[0]
    path.with_name("wrong").write_text(f"{port} wrong")
    assert not knock(path.with_name("wrong"))
    assert not heard.is_set()
    assert knock(path)
    assert heard.is_set()
    door.close()
    assert not knock(path)


def test_one_tray_runs_for_one_person(tmp_path: Path) -> None:
    with only_one(tmp_path / "lock") as first, only_one(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with only_one(tmp_path / "lock") as again:
        assert again


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"checked_at": "never"}'])
def test_what_is_remembered_outlives_the_tray_and_a_broken_file_does_not_end_it(
    tmp_path: Path, broken: str
) -> None:
    path = tmp_path / "data" / "tray.json"
    Memory(path).keep(greeted=True, checked_at=5.0)
    assert Memory(path).kept == Kept(greeted=True, checked_at=5.0)
    path.write_text(broken)
    assert Memory(path).kept == Kept()


def test_the_trays_process_loads_nothing_large() -> None:
    """Memory: the settings, and pydantic behind them, are most of what it could save."""
    code = (
        "import sys, tray.app, tray.icon.status_notifier; "
        "print([n for n in ('pydantic', 'aiohttp', 'anthropic', 'keyring', 'psutil') "
        "if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "[]\n", result.stderr
