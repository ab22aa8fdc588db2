"""Tests of computer use by voice through the real bridge, on a desktop that records input."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Point, Rect
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop, make_app
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.talon_user.conftest import load_world
from tests.talon_world import TalonWorld

CLICK = ToolUse("left_click", {"coordinate": [100, 200]}, toolset_name="computer")
TYPE = ToolUse("type", {"text": "x" * 100}, toolset_name="computer")
DELETE = ToolUse("key", {"text": "Delete"}, toolset_name="computer")


@pytest.fixture
async def bridge(
    pretended: FakeDesktop,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
) -> Bridge:
    notes = make_app("notes")
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True, app=notes))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(
        backend="anthropic", model="claude-opus-5-5", computer_approval_seconds=5
    )
    # Otherwise the user is asked about the app at first.
    await asyncio.to_thread(bridge.computer.apps.remember, (notes,), "click", "the user")
    return bridge


@pytest.fixture
def world(bridge: Bridge) -> Iterator[TalonWorld]:
    with load_world(gui={"canvas"}) as world:
        world.set_setting("user.claude_bridge_url", bridge.url)
        world.open()
        yield world
        assert world.script.violations == []


def list_input(desktop: FakeDesktop) -> list[object]:
    return [line for line in desktop.done if line[0] != "close"]


async def wait_until_idle(world: TalonWorld) -> None:
    await world.run_until_async(lambda: not world.cron_jobs)


async def test_after_approval_claude_clicks_and_computer_use_is_off_again(
    world: TalonWorld, fake: FakeAnthropic, pretended: FakeDesktop, bridge: Bridge
) -> None:
    fake.script(Reply((Text("I click."), CLICK)), says("The menu is open."))
    world.say("claude computer open the menu")
    world.advance(1)
    assert (list_input(pretended), bridge.computer.permission.mode) == ([], "off")
    world.say("claude approve")
    await wait_until_idle(world)
    assert world.notifications[-1] == "Claude is done. The menu is open."
    assert list_input(pretended) == [("move", 100, 200), ("press", "left"), ("release", "left")]
    assert bridge.computer.permission.mode == "off"


async def test_a_risky_step_waits_for_approval(
    world: TalonWorld, fake: FakeAnthropic, pretended: FakeDesktop
) -> None:
    fake.script(calls(DELETE), says("Deleted."))
    world.say("claude computer delete it")
    world.say("claude approve")
    await world.run_until_async(lambda: "Claude wants to" in " ".join(world.seen), 10)
    assert "(deleting)" in " ".join(world.seen)
    assert list_input(pretended) == []
    world.say("claude approve")
    await wait_until_idle(world)
    assert list_input(pretended) != []
    assert world.notifications[-1] == "Claude is done. Deleted."


async def test_a_denied_step_is_skipped(
    world: TalonWorld, fake: FakeAnthropic, pretended: FakeDesktop
) -> None:
    fake.script(calls(DELETE), says("I leave it."))
    world.say("claude computer delete it")
    world.say("claude approve")
    await world.run_until_async(lambda: "Claude wants to" in " ".join(world.seen), 10)
    world.say("claude deny")
    await wait_until_idle(world)
    assert list_input(pretended) == []


async def test_gaze_that_moves_the_mouse_pauses_the_run_until_the_user_resumes(
    world: TalonWorld, fake: FakeAnthropic, pretended: FakeDesktop, bridge: Bridge
) -> None:
    def look_away(_call: tuple[object, ...]) -> None:
        if pretended.done.count(("type", "x")) == 5:
            pretended.at = Point(900, 500)

    pretended.before = look_away
    world.gaze = {"control"}
    fake.script(calls(TYPE), calls(CLICK), says("Typed and clicked."))
    world.say("claude computer type it")
    world.say("claude approve")
    await world.run_until_async(lambda: "Say “claude resume”" in " ".join(world.seen), 30)
    assert bridge.computer.paused
    done = list_input(pretended)
    pretended.before = lambda _call: None
    world.say("claude resume")
    await wait_until_idle(world)
    assert world.notifications[-1] == "Claude is done. Typed and clicked."
    assert done.count(("type", "x")) <= 6
    assert list_input(pretended)[len(done) :] == [
        ("move", 100, 200),
        ("press", "left"),
        ("release", "left"),
    ]


async def test_stop_ends_the_run_and_turns_computer_use_off(
    world: TalonWorld, fake: FakeAnthropic, pretended: FakeDesktop, bridge: Bridge
) -> None:
    fake.script(Reply((Text("word " * 300), CLICK), delay=0.01))
    world.say("claude computer go on and on")
    world.say("claude approve")
    await world.run_until_async(lambda: "word word" in " ".join(world.seen), 10)
    world.say("claude stop")
    await wait_until_idle(world)
    assert list_input(pretended) == []
    await world.run_until_async(lambda: bridge.computer.permission.mode == "off", 5)
