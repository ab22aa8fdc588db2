"""The claude-bridge command, run as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import APIError, OpenAI

from bridge import __version__
from bridge.cli.commands import COMMANDS, Command
from bridge.cli.exit_codes import MEANINGS
from bridge.cli.main import main
from bridge.cli.parsing import build_command_parser
from bridge.launching import build_own_command
from bridge.settings import Settings
from tests.docs.pages import ROOT

COMMAND = [sys.executable, "-m", "bridge"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=60, check=False
    )


class Served:
    """A server in its own process."""

    def __init__(self, *flags: str, stdin: int | None = None) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *flags],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Listening on http://127.0.0.1:"), self.process.communicate()
        self.url = line.split()[-1]
        self.port = self.url.rsplit(":", 1)[-1]

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=20)
        return self.process.returncode, stderr

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served("serve", "--port", "0", "--backend", "offline")
    yield server
    server.kill()


def test_version() -> None:
    assert run("--version").stdout == f"claude-bridge {__version__}\n"


@pytest.mark.parametrize("owner", ["anthropic", "bridge", "embeddings"])
@pytest.mark.parametrize("flag", [[], ["--key"], ["--secret"], ["--value"]])
def test_no_command_takes_a_key_as_an_argument(
    owner: str, flag: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["key", "set", owner, *flag, "sk-ant-secret"])
    error = capsys.readouterr().err
    assert "unknown argument" in error if flag else "a key is never an argument" in error
    assert "sk-ant-secret" not in error


def test_no_setting_is_a_secret() -> None:
    # Every setting is a flag, and other users can read command lines.
    secret = re.compile(r"api_key|secret|token|password|credential")
    assert [name for name in Settings.model_fields if secret.search(name)] == []


def test_help_fits_on_one_screen_and_names_all_listed_commands() -> None:
    result = run("--help")
    lines = result.stdout.splitlines()
    assert (result.returncode, result.stderr) == (0, "")
    assert len(lines) < 24
    assert max(map(len, lines)) <= 86
    listed = [command.name for command in COMMANDS if command.listed]
    assert [line.split()[0] for line in lines[1:-1]] == listed


def test_settings_are_in_the_help_of_what_starts_a_server() -> None:
    words = run("serve", "--help").stdout
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')} " in words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["statsu"], "claude-bridge: no command “statsu”. Did you mean “status”?\n"),
        (["--port", "8000", "lgos"], "claude-bridge: no command “lgos”. Did you mean “logs”?\n"),
        (["xyzzy"], "claude-bridge: no command “xyzzy”. See: claude-bridge --help\n"),
        (["key", "lst"], "claude-bridge key: no command “lst”. Did you mean “list”?\n"),
        (
            ["status", "--jsno"],
            "claude-bridge status: unknown argument “--jsno”. Did you mean “--json”?\n",
        ),
        (
            ["completion", "bahs"],
            "claude-bridge completion: argument shell: not a choice: “bahs”. "
            "Did you mean “bash”?\n",
        ),
        (
            ["status", "--backend", "offline"],
            "claude-bridge status: --backend is a setting: use it with `claude-bridge serve`, or "
            "save it with `claude-bridge config set backend VALUE`. "
            "See: claude-bridge status --help\n",
        ),
        (
            ["key", "set", "anthropic", "--nmae", "work"],
            "claude-bridge key set: unknown argument “--nmae”. Did you mean “--name”?\n",
        ),
        (
            ["computer", "screenshot", "a.png"],
            "claude-bridge computer screenshot: unknown argument “a.png”. "
            "See: claude-bridge computer screenshot --help\n",
        ),
        (["help"], "claude-bridge: no command “help”. Did you mean “--help”?\n"),
        (["version"], "claude-bridge: no command “version”. Did you mean “--version”?\n"),
        (
            ["config"],
            "claude-bridge config: missing: a command (get, set, edit, path). "
            "See: claude-bridge config --help\n",
        ),
        (
            ["config", "set"],
            "claude-bridge config set: missing: name, value. "
            "See: claude-bridge config set --help\n",
        ),
        (
            ["completion"],
            "claude-bridge completion: missing: shell (bash, zsh, fish, powershell). "
            "See: claude-bridge completion --help\n",
        ),
        (["\x1b[2Jls"], "claude-bridge: no command “[2Jls”. See: claude-bridge --help\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_slip_is_answered_in_one_line_with_what_was_meant(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words)
    except SystemExit as error:
        code = int(error.code or 0)
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err) == (2, "", message)


def test_a_reader_that_goes_ends_a_command_quietly() -> None:
    process = subprocess.Popen(
        [*COMMAND, "completion", "bash"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(30) == 0


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_has_a_module_and_a_help(command: Command) -> None:
    text = build_command_parser(command).format_help()
    # A description of its own may say more than the summary.
    assert text.startswith(f"usage: claude-bridge {command.name} ")


def test_a_subcommand_begins_with_what_it_does() -> None:
    words = run("key", "set", "--help").stdout
    assert "\n\nCheck and save a key, typed at a prompt or read from stdin.\n\n" in words


def test_what_the_terminal_cannot_show_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = run("statsu")
    expected = "claude-bridge: no command ?statsu?. Did you mean ?status??\n"
    assert (result.returncode, result.stderr) == (2, expected)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has this device")
def test_a_full_disk_behind_stdout_is_one_sentence() -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run([*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE)
    message = b"claude-bridge: cannot write the output: No space left on device\n"
    assert (result.returncode, result.stderr) == (1, message)


@pytest.mark.skipif(sys.platform == "win32", reason="the shell of POSIX")
@pytest.mark.parametrize(
    ("words", "closed", "code"),
    [
        ("config path", ">&-", 0),
        ("statsu", "2>&-", 2),
        ("uninstall", "<&-", 0),
        ("key reset", "<&-", 2),
        ("tray", "<&- >&- 2>&-", 2),
        ("config path", "<&- >&- 2>&-", 0),
    ],
)
def test_a_stream_that_is_closed_is_not_needed(words: str, closed: str, code: int) -> None:
    """At login, Windows starts the tray without any."""
    shell = f'"{sys.executable}" -m bridge {words} {closed}'
    environ = {k: v for k, v in os.environ.items() if not k.endswith("DISPLAY")}
    result = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, env=environ)
    assert result.returncode == code, result
    assert "Traceback" not in result.stderr
    assert words != "statsu" or result.stdout == ""


def test_the_exit_codes_are_documented() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for code, meaning in MEANINGS.items():
        assert f"| {code:d} | {meaning} |" in page


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_cleanly(served: Served, number: signal.Signals) -> None:
    code, stderr = served.end(number)
    assert code == 0
    assert "Traceback" not in stderr


def test_a_port_in_use_is_reported_in_one_sentence_with_exit_code_2(served: Served) -> None:
    second = run("serve", "--port", served.port)
    assert second.returncode == 2
    assert second.stderr == (
        f"claude-bridge: Port {served.port} is taken by another claude-bridge "
        f"(pid {served.process.pid}); stop it, or choose another port with --port.\n"
    )


def test_a_port_used_by_another_program_names_that_program() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.returncode == 2
    assert f"Port {port} is taken by " in result.stderr
    assert f"(pid {os.getpid()})" in result.stderr


def test_an_invalid_setting_is_reported_in_one_sentence_with_exit_code_2() -> None:
    result = run("serve", "--backend", "magic")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("claude-bridge: setting --backend: ")


def test_an_unknown_model_is_reported_at_start() -> None:
    result = run("serve", "--port", "0", "--model", "claude-opus-55")
    assert result.returncode == 2
    assert "setting model: The model `claude-opus-55` does not exist." in result.stderr


def test_status_prints_address_backend_and_active_requests(served: Served) -> None:
    result = run("status", "--port", served.port)
    assert result.returncode == 0
    assert f"Running at {served.url}" in result.stdout
    assert "Backend:  offline" in result.stdout
    assert "Active requests: 0" in result.stdout


def test_status_reports_that_nothing_is_running() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = run("status", "--port", str(port))
    assert result.returncode == 3
    assert f"no bridge at http://127.0.0.1:{port}" in result.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a desktop")
def test_without_a_display_the_server_runs_without_a_tray(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    server = Served("--port", "0", "--backend", "offline")
    code, stderr = server.end(signal.SIGTERM)
    assert code == 0
    first, *_ = stderr.splitlines()
    assert "DISPLAY" in first
    assert first.endswith("Running the server without a tray.")


def test_the_server_stops_with_the_tray_that_started_it() -> None:
    server = Served("serve", "--port", "0", "--stop-with-parent", stdin=subprocess.PIPE)
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.process.wait(20) == 0
    for pipe in (server.process.stdout, server.process.stderr):
        assert pipe is not None
        pipe.close()


def test_a_running_answer_finishes_while_the_server_stops(served: Served) -> None:
    words = " ".join(str(number) for number in range(40))
    with OpenAI(base_url=f"{served.url}/v1", api_key="any", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="bridge-echo", messages=[{"role": "user", "content": words}], stream=True
        )
        text = next(stream).choices[0].delta.content or ""
        served.process.send_signal(signal.SIGTERM)
        text += "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text.endswith(words)
    served.process.communicate(timeout=20)
    assert served.process.returncode == 0


def test_an_answer_that_outlasts_the_drain_ends_with_an_error() -> None:
    server = Served("serve", "--port", "0", "--backend", "offline", "--drain-seconds", "0.3")
    with OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="bridge-echo", messages=[{"role": "user", "content": "word " * 500}], stream=True
        )
        next(stream)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(APIError, match="stopped before this answer ended"):
            for _ in stream:
                pass
    assert time.monotonic() - started < 5
    server.process.communicate(timeout=20)
    assert server.process.returncode == 0


def test_the_server_creates_its_folders(served: Served, home: Path) -> None:
    assert (home / "data" / "control-token").exists()


def test_login_runs_claude_codes_own_sign_in(tmp_path: Path) -> None:
    program = tmp_path / "claude"
    program.write_text(f"#!{sys.executable}\nimport sys; print(sys.argv[1:]); sys.exit(7)\n")
    program.chmod(0o755)
    result = run("login", "--claude-cli", str(program))
    assert (result.returncode, result.stdout) == (7, "['auth', 'login']\n")


def test_login_without_the_program_is_an_error() -> None:
    result = run("login", "--claude-cli", "/nowhere/claude")
    assert result.returncode == 2
    assert result.stderr.startswith("claude-bridge: setting claude_cli: /nowhere")


@pytest.mark.parametrize("name", ["bridge/__main__.py", "argparse.py"])
def test_what_it_starts_again_runs_no_modules_of_the_current_folder(
    tmp_path: Path, name: str
) -> None:
    hostile = tmp_path / "downloaded" / name
    hostile.parent.mkdir(parents=True)
    hostile.write_text("raise SystemExit('run')")
    (hostile.parent / "__init__.py").write_text("")
    words, folder = build_own_command("config", "path"), tmp_path / "downloaded"
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
