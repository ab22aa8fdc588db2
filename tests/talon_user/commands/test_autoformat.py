"""Apps that change text while it is typed: nothing is deleted or replaced that is not Claude's."""

from __future__ import annotations

from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, AutoFormatter

TOUCHED = "Nothing was changed: the text before the cursor is not what Claude wrote."


def begin(world: TalonWorld, scripted: ScriptedBridge, answer: str) -> App:
    window = world.open(AutoFormatter)
    window.write("Mine. ")
    world.clipboard.user_copies("mine")
    world.say("claude ask hello")
    scripted.answer(world, answer)
    return window


def test_undo_notices_that_the_app_has_changed_the_text(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    window = begin(world, scripted, "it is -- far")
    assert window.text == "Mine. it is — far"
    world.say("claude undo")
    world.advance(2)
    assert (window.text, window.selected) == ("Mine. it is — far", "")
    assert (world.notifications, world.clipboard.text) == ([TOUCHED], "mine")


def test_a_change_of_the_same_length_is_noticed(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    window = begin(world, scripted, "teh moon")
    world.say("claude undo")
    world.advance(2)
    assert (window.text, world.notifications) == ("Mine. the moon", [TOUCHED])


def test_a_retry_replaces_nothing_that_the_app_has_changed(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    window = begin(world, scripted, "it is -- far")
    world.say("claude retry")
    world.advance(2)
    scripted.answer(world, "very far")
    assert window.text == "Mine. it is — farvery far"
    assert world.notifications == [f"{TOUCHED} The new answer is inserted at the cursor."]


def test_a_selection_is_replaced_as_it_was_read(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    window = world.open(AutoFormatter)
    window.write("one two three")
    window.select("two")
    world.say("claude fix this")
    world.advance(1)
    scripted.streams[0].send_text("2 -- ")
    world.advance(1)
    window.write("2")
    scripted.answer(world, "(c) 2")
    assert window.text.startswith("one 2 -- 2")
    world.say("claude undo")
    world.advance(2)
    assert "three" in window.text
    assert world.notifications[-1] == TOUCHED
