"""`/control/connections`: the same as the command, for the dashboard and the tray."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.connect.installed import read_system
from bridge.connect.programs.table import find_row
from bridge.connect.service import Address, Connector
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.server.api.test_control import read_token


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "me"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / "me"


async def call(bridge: Bridge, body: Any = None, token: str | None = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {read_token() if token is None else token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(
            "GET" if body is None else "POST", f"{bridge.url}/control/connections", json=body
        ) as answer,
    ):
        return answer.status, await answer.json()


async def ask(bridge: Bridge, key: str) -> None:
    body = {"model": "bridge-echo", "messages": [{"role": "user", "content": "Hello"}]}
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        assert answer.status == 200


async def find_program(bridge: Bridge, name: str) -> Any:
    _, report = await call(bridge)
    return next(one for one in report["programs"] if one["name"] == name)


async def test_a_program_is_written_proved_and_undone(
    start_bridge: StartBridge, user: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    status, program = await call(bridge, {"program": "aider"})
    config = user / ".aider.conf.yml"
    assert (status, program["written"], program["proof"]) == (200, True, None)
    assert "model: openai/bridge-echo\n" in config.read_text()

    await ask(bridge, "any")
    assert (await find_program(bridge, "aider"))["proof"] is None
    await ask(bridge, "claude-bridge-aider")
    proof = (await find_program(bridge, "aider"))["proof"]
    assert (proof["asked"], proof["answered"], proof["failed"]) == (
        "bridge-echo",
        "bridge-echo",
        False,
    )

    status, program = await call(bridge, {"program": "aider", "undo": True})
    assert (status, program["written"]) == (200, False)
    assert program["results"] == [f"{config} is removed; the bridge had made it."]
    assert not config.exists()


async def test_only_the_user_may_write(start_bridge: StartBridge, user: Path) -> None:
    bridge = await start_bridge(backend="offline")
    assert (await call(bridge, {"program": "aider"}, token="any"))[0] == 403
    assert (await call(bridge, token="any"))[0] == 403
    assert not user.exists()


async def test_what_cannot_be_written_is_named(start_bridge: StartBridge, user: Path) -> None:
    bridge = await start_bridge(backend="offline")
    user.mkdir()
    config = user / ".aider.conf.yml"
    config.write_text("a: [\n")
    status, answer = await call(bridge, {"program": "aider"})
    assert (status, answer["error"]["code"]) == (409, "config_not_changed")
    assert answer["error"]["message"].startswith(f"{config} is not changed: ")
    assert (await call(bridge, {"program": "nothing"}))[0] == 404
    assert (await call(bridge, {"program": "cursor"}))[0] == 409


async def test_a_proof_outlives_the_server_and_is_forgotten_with_the_connection(
    start_bridge: StartBridge, user: Path
) -> None:
    first = await start_bridge(backend="offline")
    await ask(first, "claude-bridge-aider")
    path = first.paths.proofs
    async with asyncio.timeout(30):
        while not path.exists():
            await asyncio.sleep(0.01)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    second = await start_bridge(backend="offline")
    proof = (await find_program(second, "aider"))["proof"]
    assert (proof["asked"], proof["requests"]) == ("bridge-echo", 0)
    # Other programs do not learn what the user works with.
    assert [proof for proof in await list_proofs(second, "any") if proof] == []
    assert len([proof for proof in await list_proofs(second, read_token()) if proof]) == 1

    assert (await call(second, {"program": "aider", "undo": True}))[1]["proof"] is None
    async with asyncio.timeout(30):
        while path.exists():
            await asyncio.sleep(0.01)


async def test_a_program_that_is_connected_in_a_folder_keeps_its_proof(
    start_bridge: StartBridge, user: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    user.mkdir()
    row = find_row("librechat")
    assert row is not None
    address = Address(bridge.url, "bridge-echo", None)
    connector = Connector(bridge.paths, read_system(user))
    await asyncio.to_thread(connector.write, row, address)
    await ask(bridge, "claude-bridge-librechat")
    # The server has no current folder, so it undoes nothing.
    _, program = await call(bridge, {"program": "librechat", "undo": True})
    assert program["results"][0].startswith(f"Not changed: {user / 'librechat.yaml'}. ")
    assert program["proof"]["asked"] == "bridge-echo"


async def list_proofs(bridge: Bridge, token: str) -> list[Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{bridge.url}/connect") as answer,
    ):
        return [client["proof"] for client in (await answer.json())["clients"]]
