"""The sign-ins of Claude Code: who is signed in, cancelling, and signing out."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.backends.claude_code.sign_in_stand_in import CODE, write_sign_in
from tests.conftest import StartBridge
from tests.server.api.accounts.test_keys import call


@pytest.fixture
async def bridge(start_bridge: StartBridge, tmp_path: Path) -> Bridge:
    cli = write_sign_in(tmp_path / "claude")
    return await start_bridge(claude_cli=str(cli))


async def test_the_account_is_what_claude_code_reports_and_is_signed_out(bridge: Bridge) -> None:
    _, body = await call(bridge, "/control/sign-ins")
    (account,) = body["sign_ins"]
    assert (account["state"], account["words"]) == ("signed_out", "Not signed in.")
    await call(bridge, "/control/login", {})
    await call(bridge, "/control/login", {"code": CODE})
    _, body = await call(bridge, "/control/sign-ins")
    assert body["sign_ins"] == [
        {
            "name": "default",
            "active": True,
            "state": "signed_in",
            "email": "ada@example.com",
            "plan": "max",
            "words": "Connected as ada@example.com (Max)",
            "locked": None,
        }
    ]
    assert (await bridge.selection.get_status()).active == "claude-code"
    assert (await call(bridge, "/control/sign-ins", token="wrong"))[0] == 403
    assert (await call(bridge, "/control/logout", {}, token="wrong"))[0] == 403
    status, body = await call(bridge, "/control/logout", {})
    assert (status, body["sign_ins"][0]["state"]) == (200, "signed_out")
    assert (await bridge.selection.get_status()).active is None


async def test_a_token_of_the_environment_is_not_signed_out(
    start_bridge: StartBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    bridge = await start_bridge(claude_cli=str(write_sign_in(tmp_path / "claude")))
    _, body = await call(bridge, "/control/sign-ins")
    (account,) = body["sign_ins"]
    assert account["words"] == "Connected to Claude Code (oauth_token)"
    assert "CLAUDE_CODE_OAUTH_TOKEN" in account["locked"]
    status, body = await call(bridge, "/control/logout", {})
    assert (status, body["error"]["message"].split(".")[0]) == (
        400,
        "Claude Code is signed in by CLAUDE_CODE_OAUTH_TOKEN",
    )
    assert (await call(bridge, "/control/logout", {"sign_in": "nobody"}))[0] == 400


async def test_a_sign_in_that_waits_is_cancelled(bridge: Bridge) -> None:
    bearer = {"Authorization": f"Bearer {bridge.control_token}"}
    _, body = await call(bridge, "/control/login", {})
    assert body["state"] == "waiting"
    async with (
        aiohttp.ClientSession(bridge.url, headers=bearer) as session,
        session.delete("/control/login") as answer,
    ):
        assert (await answer.json())["state"] == "cancelled"
    assert (await call(bridge, "/control/login"))[1]["state"] == "cancelled"
    assert (await call(bridge, "/control/login", {}))[1]["state"] == "waiting"
