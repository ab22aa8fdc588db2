"""What is left of a plan: from the real Claude Code to `/usage`, to headers, and to a refusal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aiohttp
import openai
import psutil
import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, Reply, says
from tests.fake_anthropic.server import FakeAnthropic

PREFIX = "anthropic-ratelimit-unified"
RESET = int(time.time()) + 3 * 3600


def build_limits(used: float, *, overage: str = "allowed", in_use: bool = False) -> dict[str, str]:
    return {
        f"{PREFIX}-status": "rejected" if used >= 1 else "allowed",
        f"{PREFIX}-reset": str(RESET),
        f"{PREFIX}-representative-claim": "five_hour",
        f"{PREFIX}-5h-status": "allowed",
        f"{PREFIX}-5h-utilization": str(used),
        f"{PREFIX}-5h-reset": str(RESET),
        f"{PREFIX}-7d-status": "allowed",
        f"{PREFIX}-7d-utilization": "0.31",
        f"{PREFIX}-7d-reset": str(RESET + 86_400),
        f"{PREFIX}-overage-status": overage,
        f"{PREFIX}-overage-in-use": str(in_use).lower(),
    }


def answers(headers: Mapping[str, str]) -> Reply:
    return replace(says("Hello."), headers=headers)


async def ask(bridge: Bridge, text: str = "Hi") -> Mapping[str, str]:
    """Ask through the real client; return the headers of the answer."""
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        raw = await client.chat.completions.with_raw_response.create(
            model="claude-sonnet-5-5", messages=[{"role": "user", "content": text}]
        )
        assert raw.parse().choices[0].message.content
        return raw.headers


async def call(bridge: Bridge, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, bridge.url + path, json=body) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()


async def read_plan(bridge: Bridge) -> dict[str, Any]:
    (plan,) = (await call(bridge, "GET", "/usage"))["plans"]
    return dict(plan)


async def wait_for_plan(bridge: Bridge, words: str) -> dict[str, Any]:
    """Wait until the plan is what Claude Code has said behind its answer."""
    async with asyncio.timeout(30):
        while not (plan := await read_plan(bridge))["words"].startswith(words):
            await asyncio.sleep(0.01)
    return plan


async def test_what_claude_said_behind_its_answer_is_shown(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    assert (await read_plan(claude_code))["words"] == "unknown until the first answer"
    fake.script(answers(build_limits(0.62)), answers(build_limits(0.7)))
    headers = await ask(claude_code)
    assert "x-ratelimit-remaining-5h" not in headers, "nothing was known when it began"
    plan = await wait_for_plan(claude_code, "Session 62 %, resets ")
    assert plan["words"].endswith(" · Week 31 %")
    assert [(each["name"], each["used"], each["resets_at"]) for each in plan["windows"]] == [
        ("five_hour", 0.62, RESET),
        ("seven_day", 0.31, RESET + 86_400),
    ]
    headers = await ask(claude_code, "And now?")
    assert (headers["x-ratelimit-limit-5h"], headers["x-ratelimit-remaining-5h"]) == ("100", "38")
    assert headers["x-ratelimit-reset-5h"].startswith(("2h", "3h0m"))
    assert headers["x-ratelimit-remaining-7d"] == "69"
    users = (await call(claude_code, "GET", "/usage"))["plan_users"]
    assert {(user["window"], user["requests"]) for user in users} == {
        ("five_hour", 2),
        ("seven_day", 2),
    }


def list_children() -> list[str]:
    names = []
    for child in psutil.Process().children():
        # It may end while it is looked at.
        with suppress(psutil.NoSuchProcess):
            names.append(child.name())
    return names


async def test_a_process_that_is_not_kept_says_it_too_and_is_gone_soon(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="claude-code", claude_live_sessions=0, claude_spares=0)
    fake.script(answers(build_limits(0.81)))
    await ask(bridge)
    plan = await wait_for_plan(bridge, "Session 81 %")
    assert "81 % of your plan is used" in plan["alerts"][0]["words"]
    async with asyncio.timeout(30):
        while "claude" in list_children():
            await asyncio.sleep(0.01)


async def test_extra_usage_is_refused_until_the_user_agrees(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(answers(build_limits(1.02, in_use=True)), says("Agreed."))
    await ask(claude_code)
    plan = await wait_for_plan(claude_code, "Session 102 %")
    assert (plan["extra_usage"], plan["agreement"]) == ("in_use", "no")
    assert "Going on would be extra usage, which costs money." in plan["refusal"]
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(claude_code)
    assert caught.value.code == "extra_usage_not_agreed"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert len(fake.requests) == 1, "nothing was sent"
    agreed = await call(claude_code, "POST", "/control/extra-usage", {"agreement": "window"})
    assert (agreed["agreement"], agreed["refusal"]) == ("window", None)
    await ask(claude_code)


async def test_a_limit_without_extra_usage_is_claudes_own_to_tell(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    limits = build_limits(1.0, overage="rejected")
    fake.script(Failure(429, headers=limits), Failure(429, headers=limits))
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(claude_code)
        assert caught.value.code == "rate_limit_exceeded"
    plan = await read_plan(claude_code)
    assert (plan["words"].split(",")[0], plan["extra_usage"]) == ("Session 100 %", "off")
    assert len(fake.requests) == 2


async def test_anthropics_clients_get_anthropics_names(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(answers(build_limits(0.62)), says("Hello."))
    await ask(claude_code)
    await wait_for_plan(claude_code, "Session 62 %")
    body = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(claude_code.url + "/v1/messages", json=body) as response,
    ):
        assert response.headers[f"{PREFIX}-5h-utilization"] == "0.62"
        assert response.headers[f"{PREFIX}-5h-reset"] == str(RESET)


# --- several sign-ins: a choice is for the plan that needs it


@pytest.fixture
async def several(start_bridge: StartBridge) -> Bridge:
    return await start_bridge(
        backend="offline", sign_ins={"home": "/made-up", "work": "/made-up-2"}
    )


def use_up(bridge: Bridge, account: str) -> None:
    fields = {"utilization": 1.0, "resetsAt": RESET}
    info = {"unifiedWindows": {"five_hour": fields}, "overageStatus": "allowed"}
    bridge.plan.for_account(account).note(info)


def list_agreements(bridge: Bridge) -> list[str]:
    names = ("default", "home", "work")
    return [bridge.plan.for_account(name).build_report().agreement for name in names]


async def choose(bridge: Bridge, **choice: str) -> Any:
    return await call(bridge, "POST", "/control/extra-usage", choice)


async def test_extra_usage_is_allowed_for_the_account_that_is_refused(several: Bridge) -> None:
    use_up(several, "work")
    assert (await choose(several, agreement="window"))["account"] == "work"
    assert list_agreements(several) == ["no", "no", "window"]
    use_up(several, "default")
    use_up(several, "home")
    assert (await choose(several, agreement="window"))["account"] == "default", "the one in use"
    assert list_agreements(several) == ["window", "no", "window"]
    await choose(several, agreement="always", account="home")
    assert list_agreements(several) == ["window", "always", "window"]
    assert (await choose(several, agreement="no", account="home"))["account"] == "home"
    assert list_agreements(several) == ["window", "no", "window"]
    await choose(several, agreement="no")
    assert list_agreements(several) == ["no", "no", "no"]


async def test_extra_usage_is_allowed_for_no_account_by_guess(several: Bridge) -> None:
    use_up(several, "home")
    use_up(several, "work")
    with pytest.raises(AssertionError, match="The plans of `home` and `work` are used up"):
        await choose(several, agreement="window")
    with pytest.raises(AssertionError, match=r"There is no sign-in `\.\./default`"):
        await choose(several, agreement="window", account="../default")
    assert list_agreements(several) == ["no", "no", "no"]
