"""`claude-bridge doctor` says what is wrong and how to fix it, and nothing about the user."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.doctor import claude, report
from bridge.cli.doctor.report import Check, hide_personal
from bridge.cli.main import main
from bridge.compose import ensure_control_token
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.paths import find_paths
from tests.cli.started_server import StartedServer

RunDoctor = Callable[[], tuple[int, dict[str, Any]]]


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunDoctor:
    """Run it, with a Claude Code that is not signed in; return the code and the last results."""
    cli = tmp_path / "claude"
    cli.write_text(f"#!{sys.executable}\nprint('{{\"loggedIn\": false}}')\n")
    cli.chmod(0o755)
    monkeypatch.setattr(claude, "_find_configured_cli", lambda: cli)

    def run() -> tuple[int, dict[str, Any]]:
        code = main(["doctor", "--json"])
        result = json.loads(capsys.readouterr().out)
        assert result["ok"] is (code == 0)
        return code, {check["name"]: check for check in result["checks"]}

    return run


def test_without_a_sign_in_and_a_key_it_says_how_to_connect(
    doctor: RunDoctor, free_port: int
) -> None:
    code, checks = doctor()
    assert code == 1
    assert checks["Sign-in"]["state"] == "fail"
    fix = "claude-bridge login, or: claude-bridge key set anthropic"
    assert checks["Sign-in"]["fix"] == fix
    assert (checks["Server"]["state"], checks["Port"]["text"]) == ("note", f"{free_port} is free")
    assert checks["Server"]["fix"] == "Start it with: claude-bridge"
    assert set(checks) >= {
        *("Versions", "Libraries", "Python", "Command", "Settings", "Keyring", "API keys"),
        *("Access keys", "Display", "Autostart", "Talon", "Disk"),
    }


def test_a_running_server_is_looked_at(
    server: StartedServer, doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_BACKEND", "offline")
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", server.port)
    code, checks = doctor()
    assert code == 0
    assert checks["Server"]["text"].startswith(f"running at {server.url}, version ")
    assert checks["Claude"]["text"].startswith("using the offline echo; this is not Claude")
    pid = server.process.pid
    assert checks["Port"]["text"] == f"{server.port} is used by the bridge (pid {pid})"


def test_a_port_of_another_program_is_named(
    doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("CLAUDE_BRIDGE_PORT", str(port))
        code, checks = doctor()
    assert code == 1
    assert checks["Port"]["text"].startswith(f"{port} is taken by ")
    assert checks["Port"]["fix"].endswith(f"claude-bridge config set port {port + 1}")


def test_a_broken_file_fails_one_check_and_not_the_others(home: Path, doctor: RunDoctor) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("port = = 1\n")
    code, checks = doctor()
    assert code == 1
    assert "cannot read " in checks["Settings"]["text"]
    assert checks["Settings"]["fix"] == "Correct it with: claude-bridge config edit"
    assert checks["Disk"]["state"] == "ok"


def test_settings_with_which_no_server_starts_fail(home: Path, doctor: RunDoctor) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("model = 'nonsense'\n")
    code, checks = doctor()
    assert code == 1
    assert "setting model: The model `nonsense` does not exist." in checks["Settings"]["text"]


def test_a_program_that_is_not_the_users_bridge_is_not_to_be_restarted(
    shared_server: StartedServer, doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_control_token(find_paths())
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", shared_server.port)
    _, checks = doctor()
    assert checks["Server"]["state"] == "note"
    assert "It may be another program, " in checks["Server"]["text"]
    assert checks["Server"]["fix"] == ""
    assert checks["Port"]["state"] == "fail"


def test_a_server_without_a_connection_is_one_problem(
    server: StartedServer, doctor: RunDoctor
) -> None:
    _, checks = doctor()
    assert (checks["Sign-in"]["state"], checks["Sign-in"]["fix"]) == ("note", "")


def test_without_a_desktop_the_server_alone_starts_at_login(doctor: RunDoctor) -> None:
    _, checks = doctor()
    assert checks["Autostart"]["fix"].endswith(": claude-bridge autostart on --server")
    assert checks["Display"]["fix"].endswith(": claude-bridge serve")


def test_a_display_without_a_session_bus_lacks_only_the_tray(
    doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, checks = doctor()
    assert checks["Display"]["text"].endswith("; there is no tray and no computer use here")
    monkeypatch.setenv("DISPLAY", ":0")
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    _, checks = doctor()
    assert checks["Display"]["text"].endswith("; there is no tray here")


def test_a_check_that_breaks_does_not_end_the_others(
    doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: 1 / 0)
    _, checks = doctor()
    assert (
        checks["Command"]["text"] == "this check failed itself: ZeroDivisionError: division by zero"
    )
    assert checks["Disk"]["state"] == "ok"


def test_nothing_about_the_user_and_no_key_is_printed(
    home: Path,
    tmp_path: Path,
    doctor: RunDoctor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(report, "_find_user_name", lambda: "annabel")
    secret = "sk-ant-api03-0123456789abcdef"
    chain = KeyChain(home / "data")
    chain.save(Keys((NamedKey("annabel's", secret),), (NamedKey("x", "cb-" + "y" * 30),)))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-fedcba9876543210")
    doctor()
    main(["doctor"])
    text = capsys.readouterr().out
    for private in (str(tmp_path), "annabel", secret, "fedcba98", "y" * 30):
        assert private not in text
    assert "“USER's”: could not be checked" in text
    assert "~/home/config/config.toml" in text


def test_the_home_folder_is_shown_as_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_find_user_name", lambda: "ann")
    home = str(tmp_path)
    assert hide_personal(f"{home}/x {home}y {home}") == f"~/x {home}y ~"
    assert hide_personal("/media/ann/disk annual") == "/media/USER/disk annual"
    assert hide_personal("a\x1b[2J\nb sk-ant-0123456789") == "a[2J b [secret]"


def test_a_failure_and_its_fix_are_two_lines() -> None:
    check = Check("Port", "fail", "8000 is taken", "End it.")
    assert list(check.as_lines()) == [
        "FAIL  Port         8000 is taken",
        "                   Fix: End it.",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this bus")
def test_a_desktop_without_a_tray_area_is_told_what_to_install(
    doctor: RunDoctor, session_bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    _, checks = doctor()
    assert checks["Display"]["state"] == "ok"
    assert checks["Tray"]["state"] == "warn"
    assert "AppIndicator extension" in checks["Tray"]["fix"]


def test_talons_link_is_checked(doctor: RunDoctor, tmp_path: Path) -> None:
    user = tmp_path / ".talon" / "user"
    user.mkdir(parents=True)
    assert doctor()[1]["Talon"]["fix"] == "Link them with: claude-bridge install-talon"
    assert main(["install-talon"]) == 0
    assert doctor_state(tmp_path) == "ok"
    (user / "claude-bridge").unlink()
    (user / "claude-bridge").symlink_to(tmp_path / "gone")
    assert doctor_state(tmp_path) == "warn"


def doctor_state(tmp_path: Path) -> str:
    from argparse import Namespace

    from bridge.cli.doctor.desktop import check_talon

    (check,) = check_talon(Namespace())
    return check.state


def test_settings_that_cannot_be_read_are_told_without_the_user_too(
    monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "_find_home", lambda: home)
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", "sk-ant-api03-a-key-in-the-wrong-place")
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("port = = 1\n")
    assert main(["doctor"]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    assert str(home) not in printed.out
    assert "a-key-in-the-wrong-place" not in printed.out
    (first, second) = [line for line in printed.out.splitlines() if " Address " in line]
    assert "cannot read ~/config/config.toml" in first
    assert "setting CLAUDE_BRIDGE_PORT: '[secret]' is not a port" in second
