"""Sound cues, and the context that goes only with the questions that ask for it."""

from __future__ import annotations

import pytest

from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld

NOTHING = "Nothing is remembered."
FOR_LATER = "Claude remembers 15 characters. They go with a question after “claude with context”."


@pytest.mark.parametrize("has_sounds", [False, True])
def test_sounds_are_a_setting(
    world: TalonWorld, scripted: ScriptedBridge, has_sounds: bool
) -> None:
    world.set_setting("user.claude_sounds", has_sounds)
    world.open()
    world.say("claude ask hello")
    scripted.answer(world, "Hi.")
    assert world.notifications == (["Claude has answered."] if has_sounds else [])
    world.say("claude stop")
    assert world.notifications[-1] == "Nothing to stop."
    assert world.sounds == 2 * has_sounds


def read_question(scripted: ScriptedBridge) -> str:
    return str(scripted.streams[-1].body["input"][0]["content"][-1]["text"])


def test_a_context_goes_only_with_the_question_that_asks_for_it(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    world.set_setting("user.claude_context_always", False)
    world.open()
    world.clipboard.user_copies("Bob is her dog.")
    world.say("claude remember clip")
    assert world.notifications == [FOR_LATER]
    world.say("claude ask one")
    assert read_question(scripted) == "one"
    scripted.answer(world, "1")
    world.say("claude with context claude ask two")
    assert read_question(scripted) == "<context>\nBob is her dog.\n</context>\n\ntwo"
    scripted.answer(world, "2")
    world.say("claude retry")
    world.advance(2)
    assert "<context>" in read_question(scripted)
    scripted.answer(world, "2")
    world.say("claude with context")
    world.say("claude and shorten")
    world.advance(2)
    assert "<context>" in read_question(scripted)
    scripted.answer(world, "2")
    world.say("claude ask three")
    assert read_question(scripted) == "three"


def test_with_context_needs_a_context(world: TalonWorld, scripted: ScriptedBridge) -> None:
    world.open()
    world.say("claude with context")
    assert world.notifications == [NOTHING]
    world.clipboard.user_copies("mine")
    world.say("claude remember clip")
    world.say("claude with context")
    world.say("claude forget context")
    world.say("claude ask one")
    assert read_question(scripted) == "one"
