"""Tests that each failure is one sentence with a hint, and that text and clipboard survive."""

from __future__ import annotations

import asyncio
import time

import pytest

from bridge.keys import KeyChain, NamedKey
from bridge.settings import find_paths
from tests.conftest import StartBridge
from tests.fake_anthropic.script import (
    CutOff,
    Drop,
    ErrorEvent,
    Failure,
    Hang,
    Malformed,
    Play,
    Reply,
    Text,
    rate_limited,
    refuses,
)
from tests.talon_user.commands.conftest import Talk
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App

HALF = "one two three four"
PIECES = ("one ", "two ", "three ", "four")


def reply_with_fault(fault: Drop | Hang | ErrorEvent | Malformed | CutOff) -> Reply:
    return Reply((Text(HALF, PIECES),), fault=fault)


async def test_a_stopped_bridge_is_reported_within_a_second(
    any_talk: Talk, start_bridge: StartBridge
) -> None:
    notes = any_talk.world.open()
    url = any_talk.bridge.url
    await any_talk.stop_bridge()
    start, began = time.perf_counter(), any_talk.world.script.now
    any_talk.world.say("claude ask hi")
    await any_talk.wait_until(lambda: any_talk.notes)
    assert time.perf_counter() - start < 10
    assert any_talk.world.script.now - began < 1
    address = url.removeprefix("http://")
    assert any_talk.notes == [
        f"The Claude bridge is not running at {address}. "
        "Start it from its tray icon or run claude-bridge."
    ]
    await any_talk.wait_until_idle()
    assert notes.text == ""


@pytest.mark.parametrize(
    ("play", "notice"),
    [
        (Failure(401), "sk-ant"),
        (rate_limited(9), "Wait 9 s, then say “claude retry”."),
        (Failure(500, message="It broke."), "say “claude retry”."),
        (Failure(529), "say “claude retry”."),
        (Failure(400, message="prompt is too long: 2 tokens > 1 maximum"), "too long"),
        (Reply((Text(HALF),), raw="data: {oops\n\n"), "say “claude retry”."),
    ],
    ids=["401", "429", "500", "529", "too long", "bad json"],
)
async def test_a_failure_before_the_answer_is_reported_once(
    talk: Talk, notes: App, play: Play, notice: str
) -> None:
    talk.fake.script(play)
    talk.world.clipboard.user_copies("mine")
    await talk.say("claude ask something")
    (sentence,) = talk.notes
    assert notice in sentence or "key" in sentence
    assert (notes.text, talk.world.clipboard.text) == ("", "mine")


@pytest.mark.parametrize(
    "fault",
    [Drop(2), ErrorEvent(2), Malformed(2), CutOff(2)],
    ids=["drop", "error inside a 200", "bad json", "cut off"],
)
async def test_text_before_a_broken_stream_stays(
    talk: Talk, notes: App, fault: Drop | ErrorEvent | Malformed | CutOff
) -> None:
    talk.fake.script(reply_with_fault(fault))
    talk.world.clipboard.user_copies("mine")
    await talk.say("claude ask something")
    assert notes.text
    assert HALF.startswith(notes.text)
    assert notes.text != HALF
    assert len(talk.notes) == 1
    assert talk.world.clipboard.text == "mine"
    talk.script_answers("Whole.")
    await talk.say("claude retry")
    assert notes.text == "Whole."


async def test_a_hanging_answer_can_be_stopped(talk: Talk, notes: App) -> None:
    talk.fake.script(reply_with_fault(Hang(2)))
    talk.world.say("claude ask something")
    await talk.wait_until(lambda: notes.text)
    talk.world.advance(100)
    assert (notes.text, talk.notes) == ("one two ", [])
    await talk.say("claude stop")
    await talk.fake.wait_closed(1, timeout=30)


async def test_a_bridge_that_stops_during_an_answer_is_reported(talk: Talk, notes: App) -> None:
    talk.fake.script(Reply((Text("word " * 400),), delay=0.01))
    talk.world.say("claude ask something")
    await talk.wait_until(lambda: notes.text)
    talk.bridge.stop_requested.set()
    await talk.wait_until_idle()
    assert notes.text != "word " * 400
    assert len(talk.notes) == 1


async def test_a_refusal_is_reported(talk: Talk, notes: App) -> None:
    talk.fake.script(refuses())
    await talk.say("claude ask something")
    assert talk.notes == ["Claude refused to write more of this answer."]


async def test_an_empty_answer_is_reported(talk: Talk, notes: App) -> None:
    talk.fake.script(Reply((Text(""),)))
    await talk.say("claude ask something")
    assert talk.notes == ["Claude's answer is empty."]


async def test_a_wrong_access_key_is_reported_with_a_hint(talk: Talk, notes: App) -> None:
    def give_key() -> None:
        chain = KeyChain(find_paths().data)
        chain.save(chain.load().with_key("bridge", NamedKey("default", "cb-right")))

    await asyncio.to_thread(give_key)
    await talk.bridge.keys.reload()
    await talk.say("claude ask something")
    (sentence,) = talk.notes
    assert sentence.endswith(
        "Set user.claude_api_key in your Talon settings to the bridge's access key."
    )
    talk.world.set_setting("user.claude_api_key", "cb-right")
    talk.script_answers("Yes.")
    await talk.say("claude retry")
    assert notes.text == "Yes."


async def test_a_reload_during_an_answer_cleans_up(talk: Talk, notes: App) -> None:
    talk.world.set_setting("user.claude_insert_mode", "lines")
    talk.world.clipboard.user_copies("mine")
    talk.fake.script(Reply((Text("line\n" * 400),), delay=0.005))
    talk.world.say("claude ask something")
    await talk.wait_until(lambda: notes.text)
    talk.world.reload()
    await talk.fake.wait_closed(1, timeout=30)
    await talk.wait_until_idle()
    assert talk.world.clipboard.text == "mine"
    text = notes.text
    talk.script_answers("Again.")
    await talk.say("claude ask something")
    assert notes.text == text + "Again."


def test_without_a_task_there_is_no_cron_job(world: TalonWorld) -> None:
    world.open()
    world.advance(3600)
    assert world.cron_jobs == []
    world.say("claude stop")
    assert world.cron_jobs == []


async def test_a_complete_paused_answer_needs_no_cron_job(talk: Talk, notes: App) -> None:
    talk.fake.script(Reply((Text("one two"),), delay=0.02))
    talk.world.say("claude ask something")
    await talk.wait_until(lambda: notes.text)
    talk.world.open(title="other")
    await talk.wait_until_idle()
    assert talk.world.cron_jobs == []
    notes.focus()
    await talk.say("claude resume")
    assert notes.text == "one two"
