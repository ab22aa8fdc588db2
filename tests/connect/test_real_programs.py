"""Real programs: connected, asked with a tool call, and disconnected byte for byte.

`CONNECT_PROGRAMS` names the folders of their commands, as `.ci/run` installs them. Programs that
are not there are left out. `pytest -m real_programs` runs only these tests.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.connect.installed import System
from bridge.connect.programs.row import Row
from bridge.connect.programs.table import find_row
from bridge.connect.service import Address, Connector
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.paths import Paths, find_paths
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

pytestmark = pytest.mark.real_programs

SECONDS = 120
WORD = "from-a-tool"
ECHO = {"command": f"echo {WORD}"}


@dataclass(frozen=True)
class Case:
    """A program, the tool that it is told to call, and more words for its command line."""

    name: str
    tool: ToolUse | None
    flags: tuple[str, ...] = ()
    before: str = ""
    """A config file that it has already."""
    rewrites: bool = False
    """Whether it writes its own file anew when it is run, so that only our values can go."""


CASES = (
    Case(
        "codex",
        ToolUse(
            "functions__exec",
            {"input": f"text(JSON.stringify(await tools.exec_command({{cmd: 'echo {WORD}'}})));"},
        ),
        before='# mine\r\nmodel = "gpt-5.6"   # the best\r\n\r\n[tui]\r\nnotifications = true\r\n',
    ),
    Case(
        "claude-code",
        ToolUse("Bash", {**ECHO, "description": "Print a word"}),
        ("--allowedTools", "Bash"),
        before='{"env": {"MINE": "1"}}',
    ),
    Case(
        "opencode",
        ToolUse("bash", {**ECHO, "description": "Print a word"}),
        before='{\n  "$schema": "https://opencode.ai/config.json",\n  // mine\n'
        '  "agent": { "title": { "disable": true } },\n}\n',
    ),
    Case(
        "qwen",
        ToolUse("run_shell_command", {**ECHO, "description": "Print", "is_background": False}),
        ("--yolo",),
        # In its own layout: it rewrites its file when it starts.
        before='{\n  // mine\n  "$version": 4,\n  "ui": {\n    "hideTips": true\n  }\n}',
    ),
    Case(
        "continue",
        ToolUse("Bash", ECHO),
        ("--auto",),
        before="name: Mine # mine\nversion: 1.0.0\nschema: v1\nmodels: []  # none yet\n",
    ),
    Case("copilot", ToolUse("bash", {**ECHO, "description": "Print"}), ("--allow-all-tools",)),
    Case(
        "kilo",
        ToolUse("bash", {**ECHO, "description": "Print a word"}),
        ("--auto",),
        before='{\n  // mine\n  "share": "disabled"\n}\n',
        rewrites=True,
    ),
    Case(
        "droid",
        ToolUse(
            "Execute", {**ECHO, "summary": "Print", "riskLevelReason": "none", "riskLevel": "low"}
        ),
        ("--auto", "low"),
        before='{\n  // mine\n  "theme": "dark"\n}\n',
    ),
    Case(
        "cline",
        ToolUse("run_commands", {"commands": [f"echo {WORD}"]}),
        rewrites=True,
    ),
    Case("llm", ToolUse("llm_version", {}), ("-T", "llm_version")),
    Case(
        "gptme",
        ToolUse("shell", {"command": f"echo {WORD}"}),
        ("--tool-format", "tool", "--tools", "shell"),
        before="# mine\n[prompt]\nabout_user = 'Me'\n",
    ),
    Case("aider", None, ("--no-show-model-warnings", "--no-analytics"), before="# mine\n"),
)


SECRET = "cb-0123456789"


def find_program(command: str) -> str | None:
    folder = os.environ.get("CONNECT_PROGRAMS")
    return shutil.which(command, path=folder) if folder else None


def list_installed() -> list[Case]:
    """Return the programs that are there; without any, no test is collected."""
    rows = {case.name: find_row(case.name) for case in CASES}
    return [case for case in CASES if (row := rows[case.name]) and find_program(row.ask[0])]


def list_with_key() -> list[Case]:
    """Return the programs to try with an access key: only Codex, unless all are asked for."""
    everything = os.environ.get("CONNECT_ALL_WITH_KEY")
    return [case for case in list_installed() if everything or case.name == "codex"]


@pytest.mark.parametrize("case", list_installed(), ids=lambda case: case.name)
async def test_a_real_program_is_connected_calls_a_tool_and_is_disconnected(
    case: Case, bridge: Bridge, fake: FakeAnthropic, tmp_path: Path
) -> None:
    await connect_ask_and_undo(case, bridge, fake, tmp_path, None)


@pytest.mark.parametrize("case", list_with_key(), ids=lambda case: case.name)
async def test_a_real_program_takes_the_access_key_from_a_variable(
    case: Case, start_anthropic: StartBridge, fake: FakeAnthropic, tmp_path: Path
) -> None:
    keys = Keys().with_key("bridge", NamedKey("laptop", SECRET))
    await asyncio.to_thread(KeyChain(find_paths().data).save, keys)
    await connect_ask_and_undo(case, await start_anthropic(), fake, tmp_path, SECRET)


async def connect_ask_and_undo(
    case: Case, bridge: Bridge, fake: FakeAnthropic, tmp_path: Path, key: str | None
) -> None:
    row = find_row(case.name)
    assert row is not None
    program = find_program(row.ask[0])
    assert program is not None
    user = tmp_path / "user"
    user.mkdir()
    system = System(user, {"SHELL": "/bin/bash"}, "linux")
    connector = Connector(Paths(tmp_path, tmp_path / "data", tmp_path), system)
    files = await asyncio.to_thread(connector.find_files, row)
    if case.before:
        files[0].parent.mkdir(parents=True, exist_ok=True)
        files[0].write_bytes(case.before.encode())
    before = {file: file.read_bytes() if file.exists() else None for file in files}

    address = Address(f"{bridge.url}/v1", "default", key)
    await asyncio.to_thread(connector.write, row, address)
    if key is not None and row.variable:
        assert not any(key.encode() in file.read_bytes() for file in files)
    answers = [calls(case.tool)] if case.tool else []
    fake.script(*answers, says("All done."), says("All done."), says("All done."))
    words = [word.format(prompt="Call the tool once, then say done.") for word in row.ask[1:]]
    variables = await asyncio.to_thread(list_variables, connector, row, key)
    output = await run_program(program, [*words, *case.flags], user, variables)

    assert b"All done." in output, output.decode()
    proof = bridge.sightings.get(row.name)
    is_told_apart = key is None or row.is_known_by_agent
    assert (proof is not None) == is_told_apart
    if case.tool is not None and row.name != "llm":
        assert WORD in json.dumps([body["messages"] for body in fake.bodies()[1:]])
    if proof is not None:
        assert (proof.asked, proof.failed) == ("default", False)
        assert proof.tool_calls or case.tool is None or row.name == "llm"
        print(f"{row.title}: {proof}")

    assert await asyncio.to_thread(connector.undo, row)
    after = {file: file.read_bytes() if file.exists() else None for file in files}
    if case.rewrites:
        assert not any(b"laude" in (content or b"") for content in after.values())
    else:
        assert after == before


def list_variables(connector: Connector, row: Row, key: str | None) -> dict[str, str]:
    """Return the environment of a new terminal in which the key is set, too."""
    record = connector.ledger.read(row.name)
    named = {row.variable: key} if row.variable and key else {}
    return named | {
        str(one.path[0]): str(one.value)
        for file in (record.files if record else ())
        if file.format == "shell"
        for one in file.written
    }


async def run_program(
    program: str, words: list[str], user: Path, variables: dict[str, str]
) -> bytes:
    """Run a program in an empty folder; return what it printed."""
    work = user / "work"
    work.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(program, *words),
        cwd=work,
        env={
            "HOME": str(user),
            "PATH": os.environ["PATH"],
            "SHELL": "/bin/bash",
            **variables,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    return output
