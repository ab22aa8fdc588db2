"""Several sign-ins of the real Claude Code: one is used at a time, and only where it is named."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import rate_limited
from tests.fake_anthropic.server import FakeAnthropic

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a sign-in in a file")

NAMES = ("home", "work")
FAR = 3600


def sign_in(folder: Path, name: str, email: str = "") -> None:
    """Write a sign-in as Claude Code does, over the one before; it may name the account."""
    oauth = {
        "accessToken": f"sk-ant-oat01-{name}",
        "refreshToken": f"refresh-{name}",
        "expiresAt": int((time.time() + 3600) * 1000),
        "scopes": ["user:inference", "user:profile"],
        "subscriptionType": "max",
    }
    folder.mkdir(parents=True, exist_ok=True)
    if email:
        account = {"emailAddress": email, "organizationUuid": "made-up"}
        (folder / ".claude.json").write_text(json.dumps({"oauthAccount": account}))
    file = folder / ".credentials.json"
    file.write_text(json.dumps({"claudeAiOauth": oauth}))
    file.chmod(0o600)


@pytest.fixture
def folders(tmp_path: Path, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The folders of two sign-ins, beside Claude Code's own, which is a token."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-own")
    for name in NAMES:
        sign_in(tmp_path / name, name)
    return {name: str(tmp_path / name) for name in NAMES}


async def ask(bridge: Bridge, **headers: str) -> Mapping[str, str]:
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        messages: Any = [{"role": "user", "content": "Hi"}]
        raw = await client.chat.completions.with_raw_response.create(
            model="claude-sonnet-5-5", messages=messages, extra_headers=headers
        )
        return raw.headers


async def switch(bridge: Bridge, name: str) -> int:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{bridge.url}/control/switches", json={"sign_in": name}) as response,
    ):
        return response.status


def get_account(fake: FakeAnthropic) -> str:
    """Return whose token the last request had."""
    return fake.requests[-1].headers["authorization"].removeprefix("Bearer sk-ant-oat01-")


async def test_the_sign_in_in_use_is_switched_and_never_pooled(
    folders: dict[str, str], fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(backend="claude-code", sign_ins=folders, claude_spares=0)
    await ask(bridge)
    assert get_account(fake) == "own"
    assert await switch(bridge, "work") == 200
    await ask(bridge)
    assert get_account(fake) == "work"
    status = await bridge.selection.get_status()
    assert status.reason.startswith("sign-in “work”: signed in to Claude Code")
    fake.script(rate_limited(FAR))
    with pytest.raises(openai.RateLimitError):
        await ask(bridge)
    assert get_account(fake) == "work", "another account does not step in"
    assert await switch(bridge, "gone") == 400


async def test_a_request_may_name_its_sign_in(
    folders: dict[str, str], fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(backend="claude-code", sign_ins=folders, claude_spares=0)
    headers: dict[str, Any] = {"X-Bridge-Sign-In": "home"}
    await ask(bridge, **headers)
    assert get_account(fake) == "home"
    await ask(bridge)
    assert get_account(fake) == "own"
    bridge.switches.backend = "offline"
    with pytest.raises(openai.NotFoundError, match="The bridge is offline"):
        await ask(bridge, **headers)
    bridge.switches.backend = "claude-code"
    unknown: dict[str, Any] = {"X-Bridge-Sign-In": "gone"}
    with pytest.raises(openai.BadRequestError, match="there are `default`, `home`, `work`"):
        await ask(bridge, **unknown)


async def test_a_sign_in_answers_for_another_only_by_the_users_chain(
    folders: dict[str, str], fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(
        backend="claude-code",
        sign_ins=folders,
        claude_spares=0,
        fallback=("claude-code:work when limited",),
    )
    fake.script(rate_limited(FAR))
    headers = await ask(bridge)
    assert get_account(fake) == "work"
    assert headers["x-bridge-notice"] == (
        "backend: claude-code failed (rate_limit_exceeded); claude-code (sign-in work) answers"
    )


async def test_a_rule_names_the_sign_in_and_nothing_else_answers(
    folders: dict[str, str], fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    rule: Any = {"name": "Work", "client": "openai-python", "sign_in": "work"}
    bridge = await start_bridge(
        backend="auto",
        sign_ins=folders,
        claude_spares=0,
        rules=[rule],
        fallback=("claude-code", "claude-code:home", "claude-code:work", "anthropic"),
    )
    await ask(bridge)
    assert get_account(fake) == "work"
    headers: dict[str, Any] = {"X-Bridge-Sign-In": "home"}
    with pytest.raises(openai.PermissionDeniedError, match="requires the sign-in `work`"):
        await ask(bridge, **headers)
    fake.script(rate_limited(FAR))
    with pytest.raises(openai.RateLimitError):
        await ask(bridge)
    assert {get_account(fake)} == {"work"}
    assert len(fake.requests) == 2


async def test_the_same_sign_in_is_not_asked_again_under_its_name(
    folders: dict[str, str], fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(
        backend="claude-code",
        sign_ins=folders,
        sign_in="home",
        claude_spares=0,
        fallback=("claude-code:home", "claude-code:work"),
    )
    fake.script(rate_limited(FAR))
    headers = await ask(bridge)
    assert headers["x-bridge-notice"] == (
        "backend: claude-code failed (rate_limit_exceeded); claude-code (sign-in work) answers"
    )
    fake.script(rate_limited(FAR))
    named: dict[str, Any] = {"X-Bridge-Sign-In": "work"}
    headers = await ask(bridge, **named)
    assert headers["x-bridge-notice"] == (
        "backend: claude-code (sign-in work) failed (rate_limit_exceeded); claude-code answers"
    )
    assert get_account(fake) == "home"
    assert len(fake.requests) == 4


async def test_each_sign_in_has_a_plan_of_its_own(
    folders: dict[str, str], fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(backend="claude-code", sign_ins=folders, claude_spares=0)
    fields = {"utilization": 1.0, "resetsAt": time.time() + FAR}
    full = {"unifiedWindows": {"five_hour": fields}, "overageStatus": "allowed"}
    bridge.plan.for_account("default").note(full)
    with pytest.raises(openai.RateLimitError, match="costs money"):
        await ask(bridge)
    await switch(bridge, "work")
    await ask(bridge)
    assert get_account(fake) == "work"


async def test_the_plan_of_a_replaced_account_is_unknown_until_its_first_answer(
    tmp_path: Path, fake: FakeAnthropic, start_bridge: StartBridge, folders: dict[str, str]
) -> None:
    sign_in(tmp_path / "work", "work", email="me@example.org")
    # A spare that is just starting could write the account that it has read over the new one.
    bridge = await start_bridge(
        backend="claude-code", sign_ins=folders, sign_in="work", claude_spares=0
    )
    await ask(bridge)
    fields = {"utilization": 1.0, "resetsAt": time.time() + FAR}
    plan = bridge.plan.for_account("work")
    plan.note({"unifiedWindows": {"five_hour": fields}, "overageStatus": "allowed"})
    plan.agree("always")
    # The same account signs in again.
    sign_in(tmp_path / "work", "again", email="me@example.org")
    assert (await bridge.selection.get_status()).active == "claude-code"
    assert plan.build_report().agreement == "always"
    sign_in(tmp_path / "work", "other", email="you@example.org")
    assert (await bridge.selection.get_status()).active == "claude-code"
    report = plan.build_report()
    assert (report.words, report.agreement) == ("unknown until the first answer", "no")
    await ask(bridge)
    assert get_account(fake) == "other"


async def test_a_folder_without_a_sign_in_says_how_to_sign_in(
    tmp_path: Path, fake: FakeAnthropic, start_bridge: StartBridge, folders: dict[str, str]
) -> None:
    bridge = await start_bridge(
        backend="claude-code",
        sign_ins={"new": str(tmp_path / "new")},
        sign_in="new",
        claude_spares=0,
    )
    with pytest.raises(openai.AuthenticationError, match="with `claude-bridge login new`"):
        await ask(bridge)
    assert fake.requests == []
