"""Every snippet of the pages does what it looks like."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
import yaml

from bridge.cli.main import build_parser
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.docs.pages import Snippet, list_commands, list_kinds, list_snippets
from tests.embeddings.small_model import write_model
from tests.fake_anthropic.server import FakeAnthropic
from tests.talon_world.talon_files import read_talon_file, read_talon_list

ADDRESSES = ("http://localhost:8000", "http://127.0.0.1:8000")


@pytest.fixture
async def bridge(
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    pretended: FakeDesktop,
) -> Bridge:
    """It can do everything that is shown; its Claude is the fake."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    model = await asyncio.to_thread(write_model, tmp_path / "model")
    bridge = await start_bridge(backend="anthropic", embedding_model=str(model))
    bridge.computer.allow_for(1)
    return bridge


def each(kind: str) -> pytest.MarkDecorator:
    found = list_snippets(kind)
    return pytest.mark.parametrize("snippet", found, ids=[one.name for one in found])


def test_there_is_no_kind_that_nobody_checks() -> None:
    assert list_kinds() <= {"python", "json", "toml", "yaml", "sh", "text", "mermaid", "talon"}


async def approve_all(bridge: Bridge) -> None:
    """Approve what the user is asked: a program that asks for computer use for the first time."""
    approvals = bridge.computer.approvals
    while True:
        for pending in approvals.pending:
            approvals.decide(pending.id, True, "you")
        await asyncio.sleep(0.01)


@each("python")
async def test_python_runs(snippet: Snippet, bridge: Bridge) -> None:
    if not snippet.text.startswith(("from ", "import ")):
        # A part of the code itself, which has tests; or a part of a person's Talon file.
        assert snippet.made or snippet.page.parent.name == "talon_user"
        compile(snippet.text, snippet.name, "exec")
        return
    code = snippet.text
    for address in ADDRESSES:
        code = code.replace(address, bridge.url)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    approving = asyncio.create_task(approve_all(bridge))
    try:
        out, err = await asyncio.wait_for(process.communicate(), 60)
    finally:
        approving.cancel()
    assert process.returncode == 0, err.decode()
    assert out.strip() or "print" not in code


CURLS = [one for one in list_snippets("sh") if one.text.startswith("curl ")]


@pytest.mark.parametrize("snippet", CURLS, ids=[one.name for one in CURLS])
async def test_a_call_with_curl_is_answered(snippet: Snippet, bridge: Bridge) -> None:
    """Its words are read as curl reads them."""
    words = shlex.split(snippet.text.replace("\\\n", " "))
    (url,) = (word for word in words if word.startswith(ADDRESSES))
    for address in ADDRESSES:
        url = url.replace(address, bridge.url)
    behind = list(pairwise(words))
    headers = dict(value.split(": ", 1) for flag, value in behind if flag == "-H")
    (body,) = (value for flag, value in behind if flag == "-d")
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        assert answer.status == 200
        assert "content" in await answer.text()


@pytest.mark.parametrize(
    "command", [one for one in list_commands() if not re.search(r"[…{<|\[]", one)]
)
def test_a_command_in_a_line_is_one_of_ours(command: str) -> None:
    asked = re.sub(r"\b(?:JSON|X|Y)\b", "1", command)
    build_parser().parse_args(shlex.split(asked)[1:])


@each("json")
def test_json_is_json(snippet: Snippet) -> None:
    json.loads(snippet.text)


@each("toml")
def test_toml_is_toml(snippet: Snippet) -> None:
    tomllib.loads(snippet.text)


@each("yaml")
def test_yaml_is_yaml(snippet: Snippet) -> None:
    assert yaml.safe_load(snippet.text)


@each("talon")
def test_talon_is_read(snippet: Snippet, tmp_path: Path) -> None:
    if snippet.text.startswith("list:"):
        path = tmp_path / "mine.talon-list"
        path.write_text(snippet.text, "utf-8")
        assert read_talon_list(path).items
    else:
        path = tmp_path / "mine.talon"
        path.write_text(f"-\n{snippet.text}", "utf-8")
        assert read_talon_file(path).commands


@each("sh")
def test_a_shell_takes_it_and_our_command_has_it(snippet: Snippet) -> None:
    subprocess.run(["bash", "-n", "-c", snippet.text], check=True)
    for line in snippet.text.replace("\\\n", " ").splitlines():
        for part in line.partition("#")[0].split("&&"):
            words = shlex.split(part)
            if words and words[0] == "claude-bridge":
                build_parser().parse_args(words[1:])
