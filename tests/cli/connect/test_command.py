"""`claude-bridge connect`: writes, proves by a request, shows, and undoes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from bridge.cli.client import NotProven
from bridge.cli.connect.prove_request import format_proof
from bridge.cli.main import main
from bridge.paths import find_paths
from bridge.wire.connect import Sighting
from tests.cli.started_server import StartedServer
from tests.connect.test_files import posix_only

CODEX = """\
#!{python}
import json, os, pathlib, tomllib, urllib.request
config = tomllib.loads(pathlib.Path("~/.codex/config.toml").expanduser().read_text())
provider = config["model_providers"][config["model_provider"]]
body = {{"model": config["model"], "input": "Hello", "tools": [], "store": False}}
headers = {{"Content-Type": "application/json", "User-Agent": "codex_exec/0.171.0 (test)"}}
url = provider["base_url"] + "/responses"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
"""


AIDER = """\
#!{python}
import json, pathlib, re, sys, urllib.request
if "--version" in sys.argv:
    sys.exit(print("aider 0.86.2"))
config = pathlib.Path("~/.aider.conf.yml").expanduser().read_text()
values = dict(line.split(": ", 1) for line in config.splitlines())
messages = [{{"role": "user", "content": "Hi"}}]
body = {{"model": values["model"].partition("/")[2], "messages": messages}}
key = "Bearer " + values["openai-api-key"]
headers = {{"Content-Type": "application/json", "Authorization": key}}
url = values["openai-api-base"].strip('"') + "/chat/completions"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
"""


@pytest.fixture
def user(server: StartedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without programs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("SHELL", "/bin/bash")
    for name in ("CODEX_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def add_program(user: Path, name: str, text: str) -> None:
    (user / "bin").mkdir(exist_ok=True)
    program = user / "bin" / name
    program.write_text(text.format(python=sys.executable))
    program.chmod(0o755)


@posix_only
def test_a_program_is_written_proved_and_undone(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_program(user, "codex", CODEX)
    config = user / ".codex" / "config.toml"
    config.parent.mkdir()
    config.write_text('# mine\nmodel = "gpt-5" # the best\n')

    assert main(["connect", "codex"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Changed {config}: model, model_provider, ")
    assert lines[2:] == [
        "✓ Codex CLI 0.171.0 asked as bridge-echo",
        "✓ answered by bridge-echo",
        "– not streamed",
        "– offers no tools",
    ]
    assert config.read_text().startswith('# mine\nmodel = "bridge-echo" # the best\n')

    assert main(["connect"]) == 0
    name, state = capsys.readouterr().out.splitlines()[0].split(maxsplit=1)
    assert name == "codex"
    state = re.sub(r"2\d{3}-\d\d-\d\d \d\d:\d\d", "then", state)
    assert state == "connected 0.171.0: asked bridge-echo, bridge-echo answered (then)"

    assert main(["connect", "codex", "--undo"]) == 0
    assert capsys.readouterr().out == f"{config} is as it was before, byte for byte.\n"
    assert config.read_text() == '# mine\nmodel = "gpt-5" # the best\n'
    # The proof is forgotten with it.
    assert main(["connect"]) == 0
    assert f"codex             installed; would write {config}" in capsys.readouterr().out


@posix_only
def test_a_program_that_does_not_send_its_version_is_asked_for_it(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_program(user, "aider", AIDER)
    assert main(["connect", "aider"]) == 0
    assert "✓ aider 0.86.2 asked as bridge-echo" in capsys.readouterr().out
    assert main(["connect"]) == 0
    assert "aider             connected 0.86.2: asked bridge-echo" in capsys.readouterr().out
    assert main(["connect", "--undo"]) == 0


@posix_only
def test_a_long_version_is_cut_as_the_bridge_takes_it(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = "1" + ".23" * 20
    add_program(user, "aider", AIDER.replace("0.86.2", version))
    assert main(["connect", "aider"]) == 0
    assert f"✓ aider {version[:40]} asked as bridge-echo" in capsys.readouterr().out
    assert main(["connect", "--undo"]) == 0


@posix_only
def test_a_program_that_does_not_ask_is_not_connected(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_program(user, "qwen", "#!{python}\nraise SystemExit('cannot start: no screen')\n")
    assert main(["connect", "qwen"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Not connected yet: no request came from Qwen Code.",
        "cannot start: no screen",
    ]
    assert main(["connect"]) == 0
    assert "written, not proved yet: no request came from it." in capsys.readouterr().out
    assert main(["connect", "--undo"]) == 0
    assert not (user / ".qwen" / "settings.json").exists()


def test_a_dry_run_shows_the_lines_and_writes_nothing(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connect", "aider", "--dry-run", "--model", "opus"]) == 0
    assert "+model: openai/opus" in capsys.readouterr().out
    assert not (user / ".aider.conf.yml").exists()


def test_a_file_that_cannot_be_parsed_is_named_and_left(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = user / ".aider.conf.yml"
    config.write_text("a: [\n")
    assert main(["connect", "aider"]) == 1
    assert f"aider: {config} is not changed: it is not valid YAML: " in capsys.readouterr().err
    assert config.read_text() == "a: [\n"


def test_a_program_with_its_own_store_gets_steps(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connect", "cursor", "--wait", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "The bridge knows no file of Cursor that it can write. By hand:"
    # The public address that it needs comes first.
    assert lines[1].startswith("First give the bridge a public address (a tunnel), with an access")


def test_a_project_is_undone_in_its_own_folder(
    user: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = user / "one", user / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / ".env").write_text("MINE=1\n")
        monkeypatch.chdir(folder)
        assert main(["connect", "project"]) == 0
    capsys.readouterr()
    assert main(["connect", "project", "--undo"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{two / '.env'} is as it was before, byte for byte.",
        f"Not changed: {one / '.env'}. Undo it in the folder of each, or everything with: "
        "claude-bridge connect --undo",
    ]
    assert (two / ".env").read_text() == "MINE=1\n"
    assert "OPENAI_API_KEY" in (one / ".env").read_text()
    # Elsewhere, there is nothing to undo.
    monkeypatch.chdir(user)
    assert main(["connect", "project", "--undo"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("Not changed: ")
    # Without a name, everything is undone.
    assert main(["connect", "--undo"]) == 0
    assert (one / ".env").read_text() == "MINE=1\n"
    assert not list((find_paths().connections).glob("project*"))


@posix_only
def test_a_project_whose_file_is_a_link_by_now_is_undone(
    user: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, real = user / ".env", user / "shared.env"
    file.write_text("MINE=1\n")
    monkeypatch.chdir(user)
    assert main(["connect", "project"]) == 0
    file.rename(real)
    file.symlink_to(real)
    capsys.readouterr()
    assert main(["connect", "project", "--undo"]) == 0
    assert capsys.readouterr().out == f"{file} is as it was before, byte for byte.\n"
    assert (real.read_text(), file.is_symlink()) == ("MINE=1\n", True)


def test_undo_says_what_it_did_although_the_proof_cannot_be_forgotten(
    user: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["connect", "codex", "aider", "--wait", "0"]) == 0
    capsys.readouterr()

    def refuse(*_: object, **__: object) -> None:
        raise NotProven("Another program answers at that address.")

    with monkeypatch.context() as patch:
        patch.setattr("bridge.cli.connect.command.open_client", refuse)
        assert main(["connect", "codex", "aider", "--undo"]) == 1
    output = capsys.readouterr()
    files = user / ".codex" / "config.toml", user / ".aider.conf.yml"
    assert output.out.splitlines() == [
        f"{file} is removed; the bridge had made it." for file in files
    ]
    assert output.err.splitlines() == [
        f"{title}: what its requests proved is not forgotten: "
        "Another program answers at that address."
        for title in ("Codex CLI", "aider")
    ]


def test_a_proof_stays_while_the_program_is_connected_in_another_folder(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(user)
    assert main(["connect", "open-webui", "--wait", "0"]) == 0
    changes: list[object] = []
    monkeypatch.setattr(
        "bridge.cli.connect.command._change_proof", lambda *words: changes.append(1)
    )
    (user / "other").mkdir()
    monkeypatch.chdir(user / "other")
    assert main(["connect", "open-webui", "--undo"]) == 0
    assert changes == []
    assert main(["connect", "--undo"]) == 0
    assert changes == [1]


def test_an_unknown_program_is_answered_with_the_nearest_name(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connect", "codx"]) == 2
    assert "no program “codx”. Did you mean “codex”?" in capsys.readouterr().err


def test_without_a_server_only_connecting_needs_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["connect"]) == 0
    assert capsys.readouterr().err.startswith("No bridge is running, so nothing new can be proved.")
    assert main(["connect", "--undo"]) == 0
    assert main(["connect", "codex"]) == 3


def test_proofs_that_cannot_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLAUDE_BRIDGE_HOME", str(tmp_path / "home"))
    file = find_paths().proofs
    file.parent.mkdir(parents=True)
    file.write_text("{")
    assert main(["connect"]) == 0
    assert f"Nothing is known of earlier requests: cannot use {file}: it is damaged." in (
        capsys.readouterr().err
    )


def test_a_proof_says_whether_tools_work() -> None:
    proof = Sighting(
        at=1.0, asked="gpt-5.6", answered="claude-sonnet-5-5", stream=True, tools=9,
        tool_calls=True, outcome="stop", failed=False,
    )  # fmt: skip
    assert format_proof("Codex", proof).splitlines() == [
        "✓ Codex asked as gpt-5.6",
        "✓ answered by claude-sonnet-5-5",
        "✓ streaming",
        "✓ tools work",
    ]
