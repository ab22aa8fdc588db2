"""Tests of long waits, the queue, lost threads and new models."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bridge.settings import find_paths
from tests.fake_anthropic.script import Drop, Reply, Text
from tests.talon_user.commands.conftest import Talk
from tests.talon_user.conftest import load_world
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App

TIMED_OUT = (
    "Claude has not answered within 60 s. Say “claude retry”, or wait longer with the setting "
    "user.claude_timeout_seconds."
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[TalonWorld]:
    """A Talon with a focused text field, whose answers come from `scripted`."""
    with load_world() as world:
        world.forget_setting("user.claude_timeout_seconds")
        world.open()
        yield world
        assert world.script.violations == []


def test_a_question_without_an_answer_ends(world: TalonWorld, scripted: ScriptedBridge) -> None:
    assert world.focused is not None
    world.say("claude ask hi")
    world.advance(29)
    assert world.notifications == []
    world.advance(2)
    (notice,) = world.notifications
    assert notice == "Still waiting for Claude, for 30 s now. Say “claude stop” to wait no longer."
    world.advance(31)
    assert world.notifications[1:] == [TIMED_OUT]
    assert (scripted.open_stream, world.cron_jobs) == (None, [])
    world.say("claude retry")
    scripted.streams[-1].send_text("Hello.")
    scripted.streams[-1].send_end()
    world.advance(3)
    assert world.focused.text == "Hello."


def test_an_answer_that_has_begun_is_not_timed(world: TalonWorld, scripted: ScriptedBridge) -> None:
    assert world.focused is not None
    world.say("claude ask hi")
    world.advance(20)
    scripted.streams[0].send_text("Hello ")
    world.advance(200)
    scripted.streams[0].send_text("you")
    scripted.streams[0].send_end()
    world.advance(3)
    assert (world.focused.text, world.notifications) == ("Hello you", [])


@pytest.mark.parametrize(("seconds", "notes"), [(0.0, 0), (300.0, 1), (10.0, 2)])
def test_the_time_is_a_setting(
    world: TalonWorld, scripted: ScriptedBridge, seconds: float, notes: int
) -> None:
    world.set_setting("user.claude_timeout_seconds", seconds)
    world.say("claude ask hi")
    world.advance(200)
    assert len(world.notifications) == notes
    world.say("claude stop")


def test_the_queue_can_be_seen_and_shortened(world: TalonWorld, scripted: ScriptedBridge) -> None:
    for words in ("one", "two", "three"):
        world.say(f"claude ask for {words}")
    world.say("claude queue")
    assert world.notifications[-1] == "Now: for one\n1: for two\n2: for three"
    world.say("claude drop")
    world.say("claude queue")
    assert world.notifications[-2:] == ["Dropped: for three", "Now: for one\n1: for two"]
    world.say("claude drop")
    world.say("claude drop")
    assert world.notifications[-1] == "No question waits."
    scripted.streams[0].send_text("One.")
    scripted.streams[0].send_end()
    world.advance(3)
    assert (len(scripted.streams), world.cron_jobs) == (1, [])
    world.say("claude queue")
    assert world.notifications[-1] == "No question waits."


def test_a_dropped_retry_selects_nothing(world: TalonWorld, scripted: ScriptedBridge) -> None:
    assert world.focused is not None
    world.say("claude ask for one")
    scripted.streams[0].send_text("One.")
    scripted.streams[0].send_end()
    world.advance(3)
    world.say("claude ask for two")
    world.say("claude retry")
    world.say("claude drop")
    world.say("claude stop")
    world.advance(3)
    assert world.focused.selected == ""


async def test_a_broken_answer_offers_a_retry(talk: Talk, notes: App) -> None:
    talk.fake.script(Reply((Text("one two", ("one ", "two")),), fault=Drop(2)))
    await talk.say("claude ask something")
    assert "claude retry" in talk.notes[0]


async def test_a_lost_thread_is_replaced_by_a_new_one(talk: Talk, notes: App) -> None:
    talk.script_answers("One.", "Two.")
    await talk.say("claude ask for one")
    state_file = find_paths().data / "talon.json"
    state = json.loads(state_file.read_text())
    state_file.write_text(json.dumps({**state, "thread": ["resp_gone"]}))
    talk.world.reload()
    await talk.wait_until_idle()
    await talk.say("claude ask for two")
    assert talk.notes == [
        "The bridge does not have the conversation any more, so this question starts a new one."
    ]
    assert notes.text == "One.Two."
    assert json.loads(state_file.read_text())["thread"][0] != "resp_gone"


async def test_a_lost_answer_is_not_continued(talk: Talk, notes: App) -> None:
    state_file = find_paths().data / "talon.json"
    state_file.parent.mkdir(parents=True, exist_ok=True)
    state_file.write_text(json.dumps({"thread": ["resp_gone"], "at": 0, "model": ""}))
    talk.world.reload()
    await talk.wait_until_idle()
    await talk.say("claude continue")
    (notice,) = talk.notes
    assert "resp_gone not found" in notice
    assert talk.fake.bodies("/v1/messages") == []


async def test_new_models_are_known_a_minute_later(talk: Talk, notes: App) -> None:
    lists = talk.world.declarations.lists
    await talk.say("claude ask hi")
    lists["user.claude_model_name"] = {"old": "claude-old"}
    await talk.say("claude ask hi")
    assert lists["user.claude_model_name"] == {"old": "claude-old"}
    talk.world.advance(61)
    await talk.say("claude ask hi")
    assert "opus" in lists["user.claude_model_name"]
