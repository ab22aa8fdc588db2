"""A rejected key or sign-in is not "ready", until a call works again or it is changed."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, rate_limited
from tests.fake_anthropic.server import FakeAnthropic

RIGHT, WRONG = NamedKey("default", "sk-ant-test"), NamedKey("old", "sk-ant-wrong")


@pytest.fixture(autouse=True)
def upstream(fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)


async def save_keys(*keys: NamedKey) -> None:
    await asyncio.to_thread(KeyChain(find_paths().data).save, Keys(anthropic=keys))


async def fetch(bridge: Bridge, path: str, body: Any = None) -> tuple[int, Any]:
    method = "GET" if body is None else "POST"
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.request(method, path, json=body) as answer,
    ):
        return answer.status, await answer.json()


async def ask(bridge: Bridge) -> int:
    messages = [{"role": "user", "content": "Hi"}]
    body = {"model": "claude-haiku-5-5", "messages": messages}
    return (await fetch(bridge, "/v1/chat/completions", body))[0]


async def get_health(bridge: Bridge) -> tuple[bool, str, str]:
    health = (await fetch(bridge, "/health"))[1]
    return health["ready"], health["backend"]["reason"], health["backend"]["hint"] or ""


async def wait_for_listing(fake: FakeAnthropic) -> None:
    """Wait until the bridge has loaded the list of models, as it does at its start."""
    async with asyncio.timeout(10):
        while not fake.listings:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)


async def test_a_wrong_key_in_the_environment_is_noticed_at_the_start(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the list of models, which is loaded anyway: no further call is made."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong")
    bridge = await start_bridge(backend="anthropic")
    await wait_for_listing(fake)
    assert await get_health(bridge) == (
        False,
        "Anthropic rejected the API key of ANTHROPIC_API_KEY: invalid bearer token",
        "Check ANTHROPIC_API_KEY, and restart the bridge. To test without Claude, use the model "
        "`bridge-echo`.",
    )
    assert (len(fake.listings), fake.requests) == (1, [])


async def test_a_key_is_unchecked_until_it_is_used(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    fake.models = Failure(500)
    await save_keys(RIGHT)
    bridge = await start_bridge(backend="anthropic")
    await wait_for_listing(fake)
    assert (await get_health(bridge))[:2] == (True, "using API key “default”, not checked yet")
    assert await ask(bridge) == 200
    assert (await get_health(bridge))[:2] == (True, "using API key “default”")
    assert bridge.selection.list_routes("anthropic")[0].credential == "accepted"


async def test_a_key_that_is_revoked_and_restored(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await save_keys(RIGHT)
    bridge = await start_bridge(backend="anthropic")
    assert await ask(bridge) == 200
    fake.keys = ()
    assert await ask(bridge) == 401
    ready, reason, hint = await get_health(bridge)
    assert (ready, reason) == (
        False,
        "Anthropic rejected the API key “default”: invalid bearer token",
    )
    assert "claude-bridge key set anthropic" in hint
    health = (await fetch(bridge, "/health"))[1]
    assert health["routes"][0]["credential"] == "rejected"
    assert "sk-ant" not in str(health)
    # Reading the same key again proves nothing.
    await fetch(bridge, "/control/reload", {})
    assert not (await get_health(bridge))[0]
    fake.keys = ("sk-ant-test",)
    assert await ask(bridge) == 200
    assert (await get_health(bridge))[0]


async def test_a_replaced_key_is_ready_without_a_restart(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await save_keys(NamedKey("default", "sk-ant-wrong"))
    bridge = await start_bridge(backend="anthropic")
    assert await ask(bridge) == 401
    assert not (await get_health(bridge))[0]
    status, saved = await fetch(
        bridge, "/control/keys", {"owner": "anthropic", "secret": "sk-ant-test"}
    )
    assert (status, saved["check"]) == (200, "accepted")
    assert (await get_health(bridge))[0]


@pytest.mark.parametrize("play", [rate_limited(1), Failure(403), Failure(402), Failure(500)])
async def test_other_failures_say_nothing_about_the_key(
    start_bridge: StartBridge, fake: FakeAnthropic, play: Failure
) -> None:
    await save_keys(RIGHT)
    bridge = await start_bridge(backend="anthropic")
    fake.script(play)
    assert await ask(bridge) >= 400
    assert (await get_health(bridge))[0]


async def test_with_several_keys_the_wrong_one_is_named(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await save_keys(WRONG, RIGHT)
    bridge = await start_bridge(backend="anthropic")
    assert await ask(bridge) == 200
    health = (await fetch(bridge, "/health"))[1]
    assert health["ready"]
    states = [(route["label"], route["credential"]) for route in health["routes"]]
    assert states == [("key old", "rejected"), ("key default", "accepted")]
    assert "invalid bearer token" in health["routes"][0]["problem"]
    assert "sk-ant" not in str(health)


async def test_with_all_keys_rejected_each_request_still_tries(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await save_keys(WRONG, RIGHT)
    fake.keys = ()
    bridge = await start_bridge(backend="anthropic")
    for _ in range(3):
        assert await ask(bridge) == 401
    ready, reason, _ = await get_health(bridge)
    assert (ready, "“old”" in reason, "“default”" in reason) == (False, True, True)
    fake.keys = ("sk-ant-test",)
    statuses = [await ask(bridge) for _ in range(2)]
    assert 200 in statuses
    assert (await get_health(bridge))[0]


async def test_a_rejected_sign_in_never_leads_to_the_paid_key(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await save_keys(RIGHT)
    bridge = await start_bridge()
    claude_code: Any = await bridge.selection._backends["claude-code"].find_route("default")
    sign_in = (await claude_code._get_routes())[0].backend
    sign_in._credential.reject("Claude Code is not signed in: token revoked")
    sign_in._sign_in.get_status = _report_signed_in
    ready, reason, hint = await get_health(bridge)
    assert (ready, reason) == (False, "Claude Code is not signed in: token revoked")
    assert "claude-bridge login" in hint
    await bridge.selection.reload()
    assert (await get_health(bridge))[0]


async def _report_signed_in() -> Any:
    from bridge.backends.claude_code.sign_in.status import SignInResult

    return SignInResult(True, "oauth_token")


@pytest.mark.parametrize(
    ("models", "status", "words"),
    [
        (None, 200, "Anthropic accepted the key."),
        (Failure(529), 200, "The key is unchecked: the answer was status 529"),
        (
            Failure(401, message="no such key"),
            400,
            "Anthropic rejected this key; not saved: no such",
        ),
        (
            Failure(403, message="not you"),
            400,
            "Anthropic rejected this key; not saved: not you",
        ),
    ],
)
async def test_a_key_is_checked_before_it_is_saved(
    start_bridge: StartBridge,
    fake: FakeAnthropic,
    models: Failure | None,
    status: int,
    words: str,
) -> None:
    bridge = await start_bridge(backend="anthropic")
    fake.models = models
    answered, body = await fetch(
        bridge, "/control/keys", {"owner": "anthropic", "secret": ' "sk-ant-test"\n'}
    )
    said = body["words"] if answered == 200 else body["error"]["message"]
    assert (answered, said.startswith(words)) == (status, True)
    saved = await asyncio.to_thread(KeyChain(find_paths().data).load)
    assert [key.secret for key in saved.anthropic] == (["sk-ant-test"] if status == 200 else [])
