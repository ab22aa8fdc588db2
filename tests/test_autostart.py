"""Starting with the session: Windows and macOS by fakes, XDG and systemd by files and programs."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.autostart import (
    NAME,
    RunKey,
    build_desktop_entry,
    build_launch_agent,
    build_systemd_unit,
    find_autostart,
)
from bridge.cli.config.template import render_settings_file

SYSTEMCTL = """#!/bin/sh
echo "$@" >> "{log}"
exit {code}
"""


class FakeRegistry:
    """The Run key of a user."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {"OneDrive": "onedrive.exe"}

    def read(self, name: str) -> str | None:
        return self.values.get(name)

    def write(self, name: str, value: str) -> None:
        self.values[name] = value

    def remove(self, name: str) -> None:
        self.values.pop(name, None)


def test_windows_has_a_value_in_the_run_key() -> None:
    registry = FakeRegistry()
    autostart = RunKey(registry, [r"C:\Program Files\Python\python.exe", "-m", "bridge", "tray"])
    assert not autostart.is_on()
    autostart.enable()
    assert registry.values[NAME] == r'"C:\Program Files\Python\python.exe" -m bridge tray'
    assert autostart.is_on()
    autostart.disable()
    autostart.disable()
    assert registry.values == {"OneDrive": "onedrive.exe"}


def test_macos_has_an_agent_that_starts_once_and_only_with_a_screen(tmp_path: Path) -> None:
    autostart = find_autostart("darwin", {"HOME": str(tmp_path)})
    autostart.enable()
    path = tmp_path / "Library" / "LaunchAgents" / "org.claude-openai-bridge.tray.plist"
    agent = plistlib.loads(path.read_bytes())
    assert agent["ProgramArguments"] == [sys.executable, "-P", "-m", "bridge", "tray"]
    assert (agent["RunAtLoad"], agent["LimitLoadToSessionType"]) == (True, "Aqua")
    assert "KeepAlive" not in agent
    autostart.disable()
    assert not path.exists()
    assert plistlib.loads(build_launch_agent(["a b", "<&>"]))["ProgramArguments"] == ["a b", "<&>"]


def test_elsewhere_it_is_an_xdg_entry_that_a_desktop_can_hide(tmp_path: Path) -> None:
    autostart = find_autostart("linux", {"HOME": str(tmp_path), "XDG_CONFIG_HOME": ""})
    autostart.enable()
    path = tmp_path / ".config" / "autostart" / "claude-bridge.desktop"
    assert f"Exec={sys.executable} -P -m bridge tray\n" in path.read_text()
    assert autostart.is_on()
    path.write_text(path.read_text() + "Hidden=true\n")
    assert not autostart.is_on(), "the desktop's own settings switched it off"
    autostart.enable()
    assert autostart.is_on()


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/usr/bin/python3", "/usr/bin/python3"),
        ("/opt/my venv/python", '"/opt/my venv/python"'),
        ("50%", '"50%%"'),
        ('say "hi"', r'"say \\"hi\\""'),
        ("$HOME", r'"\\$HOME"'),
    ],
)
def test_words_of_the_entry_are_quoted_as_the_specification_says(word: str, written: str) -> None:
    assert f"\nExec={written}\n" in build_desktop_entry([word]).decode()


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = tmp_path / "claude-bridge.service"
    unit.write_text(build_systemd_unit([sys.executable, "-m", "bridge", "serve"]))
    assert f"ExecStart={sys.executable} -m bridge serve\n" in unit.read_text()
    assert "ExecStart='/a b/python' -m" in build_systemd_unit(["/a b/python", "-m"])
    if Path("/usr/bin/systemd-analyze").exists():
        result = subprocess.run(
            ["systemd-analyze", "--user", "verify", str(unit)], capture_output=True, text=True
        )
        assert str(unit) not in result.stderr, result.stderr


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/usr/bin/python", "/usr/bin/python"),
        ("a b", "'a b'"),
        ("$HOME", "'$$HOME'"),
        ("${X}", "'$${X}'"),
        ("100%h", "100%%h"),
        (r"C:\x20", r"'C:\\x20'"),
        ("it's", r"'it\x27s'"),
        ("", "''"),
    ],
)
def test_systemd_gets_each_word_as_it_is(word: str, written: str) -> None:
    assert f"\nExecStart=/p {written}\n" in build_systemd_unit(["/p", word])


def command(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environ},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="XDG")
def test_the_command_switches_it_on_and_off_and_says_which() -> None:
    assert (command("autostart", "status").returncode, command("autostart", "on").returncode) == (
        3,
        0,
    )
    status = command("autostart", "status")
    assert status.returncode == 0
    assert status.stdout.endswith(".config/autostart/claude-bridge.desktop)\n")
    assert command("--port", "9123", "autostart", "on").returncode == 0
    entry = Path(os.environ["XDG_CONFIG_HOME"]) / "autostart" / "claude-bridge.desktop"
    assert f"Exec={sys.executable} -P -m bridge tray --port 9123\n" in entry.read_text()
    assert command("autostart", "off").stdout == "Start at login: off\n"
    assert command("autostart", "status").returncode == 3


@pytest.mark.skipif(sys.platform != "linux", reason="systemd")
def test_a_headless_machine_gets_a_unit(tmp_path: Path) -> None:
    log = tmp_path / "systemctl.log"
    fake = tmp_path / "systemctl"
    fake.write_text(SYSTEMCTL.format(log=log, code=0))
    fake.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    unit = tmp_path / ".config" / "systemd" / "user" / "claude-bridge.service"
    assert "enable-linger" in command("autostart", "on", "--server", PATH=path).stdout
    assert unit.exists()
    assert command("autostart", "status", "--server", PATH=path).returncode == 0
    assert command("autostart", "off", "--server", PATH=path).returncode == 0
    assert not unit.exists()
    assert log.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now claude-bridge.service",
        "--user disable --now claude-bridge.service",
        "--user daemon-reload",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="systemd")
@pytest.mark.parametrize("there", [True, False])
def test_where_systemd_does_not_work_it_says_so(tmp_path: Path, there: bool) -> None:
    if there:
        fake = tmp_path / "systemctl"
        fake.write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")
        fake.chmod(0o755)
    result = command("autostart", "on", "--server", PATH=str(tmp_path))
    assert result.returncode == 2
    expected = (
        "daemon-reload failed: Failed to connect to bus" if there else "systemctl was not found"
    )
    assert expected in result.stderr


def test_the_settings_file_is_made_with_every_setting_and_changes_none(home: Path) -> None:
    result = command("settings", "--path")
    assert result.stdout == f"{home}/config/config.toml\n"
    assert (home / "config" / "config.toml").read_text() == render_settings_file()
    assert command("autostart", "status").returncode == 3, "it can be read"
    (home / "config" / "config.toml").write_text("port = 8123\n")
    command("settings", "--path")
    assert (home / "config" / "config.toml").read_text() == "port = 8123\n"


def test_each_line_of_the_settings_file_is_valid_toml(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.settings import Settings, load_settings

    lines = render_settings_file().splitlines()
    names = tuple(f"# {name} = " for name in Settings.model_fields)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(
        "\n".join(line.removeprefix("# ") for line in lines if line.startswith(names))
    )
    assert load_settings() == Settings.model_construct()
