"""`claude-bridge uninstall` lists what it removes, asks, and leaves everything else alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.autostart import find_autostart
from bridge.cli.folders import remove_folder
from bridge.cli.main import main
from bridge.cli.uninstall import _find_uninstaller
from bridge.connect.installed import System
from bridge.connect.programs.table import find_row
from bridge.connect.service import Address, Connector
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.paths import Paths, find_paths
from tests.cli.started_server import SECONDS, StartedServer
from tests.cli.terminal import Terminal
from tray.single_instance import acquire_instance_lock


@pytest.fixture
def used(home: Path, tmp_path: Path) -> Path:
    """A home as after some use: settings, keys, a log, Talon's link and the start at login."""
    (tmp_path / ".talon" / "user").mkdir(parents=True)
    KeyChain(home / "data").save(Keys((NamedKey("default", "sk-ant-test"),)))
    assert main(["install-talon"]) == 0
    assert main(["config", "set", "retries", "1"]) == 0
    assert main(["autostart", "on"]) == 0
    (home / "logs").mkdir()
    (home / "logs" / "bridge.log").write_text("line\n")
    return home


def test_without_a_yes_it_only_lists(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["uninstall"]) == 2
    printed = capsys.readouterr()
    assert printed.err == "claude-bridge: nothing was removed. To confirm, add --yes\n"
    lines = printed.out.splitlines()
    assert lines[0] == "This would be removed:"
    for part in ("start at login", "link to the voice commands", "saved API keys", "control token"):
        assert sum(part in line for line in lines) == 1, part
    assert (used / "data").exists()


def test_with_a_yes_all_of_it_is_removed_and_nothing_else(
    used: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / ".talon" / "user" / "mine.talon"
    other.write_text("mine")
    server = StartedServer(used, "--backend", "offline")
    capsys.readouterr()
    try:
        assert main(["uninstall", "--yes"]) == 0
        assert server.process.wait(SECONDS) == 0
    finally:
        server.close()
    out = capsys.readouterr().out
    assert f"the running server at {server.url}" in out
    assert f"Stopped the server at {server.url}." in out
    assert "\nRemoved.\n" in out
    assert list(used.iterdir()) == []
    assert list((tmp_path / ".talon" / "user").iterdir()) == [other]
    assert not find_autostart().is_on()
    last = out.splitlines()[-1]
    assert last.startswith("To remove the program itself: ")
    assert "uninstall claude" in last
    assert main(["uninstall"]) == 0
    assert capsys.readouterr().out.startswith("Nothing to remove")


def test_what_cannot_be_removed_is_named_and_the_rest_goes(
    used: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeyChain, "reset", lambda self: "it is locked")
    assert main(["uninstall", "--yes"]) == 1
    error = capsys.readouterr().err
    assert "Not removed: the saved API keys" in error
    assert "it is locked" in error
    assert not (used / "data").exists()


@pytest.mark.parametrize("logs", ["logs", "all/Logs"])
def test_one_folder_for_several_purposes_is_listed_and_removed_once(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    logs: str,
) -> None:
    """macOS has data and settings in the same folder, and Windows the logs, too."""
    paths = Paths(tmp_path / "all", tmp_path / "all", tmp_path / logs)
    monkeypatch.setattr("bridge.cli.uninstall.find_paths", lambda: paths)
    paths.logs.mkdir(parents=True)
    paths.data.mkdir(exist_ok=True)
    for file in (paths.config_file, paths.control_token, paths.log_file):
        file.write_text("x")
    assert main(["uninstall", "--yes"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count(f"({paths.data},") == 1
    assert not paths.data.exists()
    assert not paths.logs.exists()


def test_a_server_that_goes_on_keeps_all_of_it(
    used: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its control token, nothing could stop it, and it would write its files again."""
    server = StartedServer(used, "--backend", "offline")
    try:
        with monkeypatch.context() as context:
            context.setattr("bridge.cli.server.stop.wait_until", lambda *_: False)
            assert main(["uninstall", "--yes"]) == 1
    finally:
        server.close()
    assert "still runs" in capsys.readouterr().err
    assert (used / "data" / "control-token").exists()
    assert find_autostart().is_on()


def test_while_the_tray_app_runs_it_refuses(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with acquire_instance_lock(used / "data" / "tray.lock"):
        assert main(["uninstall", "--yes"]) == 1
    assert "Choose Quit in its menu" in capsys.readouterr().err
    assert (used / "data").exists()


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("/home/a/.local/share/pipx/venvs/x", "pipx uninstall "),
        ("/home/a/.local/share/uv/tools/x", "uv tool uninstall "),
        ("/home/a/project/.venv", "-m pip uninstall "),
    ],
)
def test_the_program_is_removed_as_it_was_installed(
    prefix: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", prefix)
    assert expected in _find_uninstaller()


def test_the_bridges_own_folder_goes_with_the_only_one_in_it(tmp_path: Path) -> None:
    # As on Linux: ~/.local/state/claude-bridge/log
    logs = tmp_path / "claude-bridge" / "log"
    logs.mkdir(parents=True)
    remove_folder(logs)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_d_removes_nothing(
    used: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(""))
    assert main(["uninstall"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "Nothing was removed."
    assert (used / "data").exists()


def test_programs_get_their_settings_back(
    used: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = connect_aider(tmp_path)
    assert main(["uninstall", "--yes"]) == 0
    assert "the bridge's values in the settings of programs (aider)" in capsys.readouterr().out
    assert config.read_text() == "# mine\n"
    assert list(used.iterdir()) == []


def test_what_is_stored_of_a_programs_file_stays_if_it_cannot_be_given_back(
    used: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = connect_aider(tmp_path)
    config.write_text("a: [")
    assert main(["uninstall", "--yes"]) == 1
    assert f"{config} was changed since" in capsys.readouterr().err
    (backup,) = (used / "data" / "connections").glob("*.backup")
    assert backup.read_text() == "# mine\n"


def connect_aider(user: Path) -> Path:
    config = user / ".aider.conf.yml"
    config.write_text("# mine\n")
    row = find_row("aider")
    assert row is not None
    connector = Connector(find_paths(), System(user, {}, "linux"))
    connector.write(row, Address("http://127.0.0.1:8000/v1", "default", None))
    return config
