"""Tests of a spoken question through the real bridge to the text in the focused window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, CodeEditor

CODE = "def f(xs):\n    for x in xs:\n        print(x)\n"


@pytest.fixture
def world() -> Iterator[TalonWorld]:
    with TalonWorld() as talon_world:
        talon_world.load_package("talon_user")
        yield talon_world


async def test_the_echo_model_answers_at_the_cursor(
    world: TalonWorld, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(backend="offline")
    world.set_setting("user.claude_bridge_url", bridge.url)
    field = world.open(App)
    world.say("claude ask what is two plus two")
    await world.run_until_async(lambda: not world.cron_jobs)
    assert field.text == "[bridge-echo, not Claude] what is two plus two"


async def test_code_arrives_exactly_in_an_editor(
    world: TalonWorld, bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.default = {"text": CODE.rstrip()}
    world.set_setting("user.claude_bridge_url", bridge.url)
    editor = world.open(CodeEditor)
    world.say("claude ask print every item")
    await world.run_until_async(lambda: not world.cron_jobs)
    assert editor.text == CODE.rstrip()
    assert fake.requests[0].body["messages"][0]["content"] == [
        {"type": "text", "text": "print every item"}
    ]


async def test_claude_stop_ends_the_generation_upstream(
    world: TalonWorld, bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.default = {"text": "word " * 1000, "delay": 0.01}
    world.set_setting("user.claude_bridge_url", bridge.url)
    field = world.open(App)
    world.say("claude ask go on for ever")
    await world.run_until_async(lambda: "word" in field.text)
    world.say("claude stop")
    await fake.wait_closed(1, timeout=30)
    assert fake.requests[0].closed_early


async def test_missing_credentials_are_reported_with_a_hint(
    world: TalonWorld, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge()
    world.set_setting("user.claude_bridge_url", bridge.url)
    field = world.open(App)
    world.say("claude ask hello")
    await world.run_until_async(lambda: not world.cron_jobs)
    assert field.text == ""
    assert any("ANTHROPIC_API_KEY" in str(sentence) for sentence in world.notifications)
