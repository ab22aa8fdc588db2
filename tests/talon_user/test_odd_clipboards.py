"""Clipboards that are locked, change in steps, or are read late: nothing of the user's is lost."""

from __future__ import annotations

import pytest

from tests.talon_user.loopback import DONE, STREAM_HEAD, LoopbackBridge, build_delta
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import SlowPaster

LOCKED = (
    "That did not work because of an error: the clipboard is locked by another program. "
    "Talon's log has the details."
)
NOT_RESTORED = (
    "Another program keeps the clipboard locked, so what you had copied could not be restored."
)


NOT_READ = (
    "The program that you copied from does not respond, so what you had copied cannot be read and "
    "restored."
)


def paste_answer(world: TalonWorld, scripted: ScriptedBridge) -> None:
    """Ask, and let Claude's answer be pasted."""
    world.say("claude ask hello")
    scripted.streams[-1].send_text("one\ntwo\n")
    scripted.streams[-1].send_end()
    world.advance(0.1)


def test_a_clipboard_that_is_locked_for_a_moment_is_restored_later(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    notes = world.open()
    world.clipboard.user_copies("mine", html="<b>mine</b>")
    paste_answer(world, scripted)
    world.clipboard.locked = True
    world.advance(1)
    world.clipboard.locked = False
    world.advance(0.2)
    assert world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}
    assert (notes.text, world.notifications, world.cron_jobs) == ("one\ntwo\n", [], [])


def test_a_clipboard_that_stays_locked_is_reported_once(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    world.open()
    world.clipboard.user_copies("mine")
    paste_answer(world, scripted)
    world.clipboard.locked = True
    world.advance(10)
    assert (world.notifications, world.cron_jobs) == ([NOT_RESTORED], [])


def test_an_answer_before_the_clipboard_is_restored_keeps_what_the_user_copied(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    world.open()
    world.clipboard.user_copies("mine")
    paste_answer(world, scripted)
    world.clipboard.locked = True
    world.advance(1)
    world.clipboard.locked = False
    paste_answer(world, scripted)
    world.advance(3)
    assert world.clipboard.text == "mine"


@pytest.mark.parametrize(
    "words", ["claude fix it this", "claude on clip ask what is it", "claude fix it line"]
)
def test_a_locked_clipboard_ends_a_question_with_one_notice(world: TalonWorld, words: str) -> None:
    notes = world.open()
    notes.write("some text")
    notes.select("some")
    world.clipboard.locked = True
    world.say(words)
    world.advance(1)
    assert world.notifications == [LOCKED]
    world.clipboard.locked = False
    with LoopbackBridge(STREAM_HEAD, build_delta("It works."), DONE) as bridge:
        world.set_setting("user.claude_bridge_url", bridge.url)
        notes.click(0)
        world.say("claude ask hello")
        world.run_until(lambda: not world.cron_jobs)
    assert "It works." in notes.text


def test_a_selection_is_read_from_an_app_that_writes_the_clipboard_in_steps(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    slow = world.open(SlowPaster)
    slow.write("some text")
    slow.select("some")
    world.clipboard.user_copies("mine", html="<b>mine</b>")
    world.say("claude explain this")
    world.advance(1)
    (content,) = scripted.streams[0].body["input"][0]["content"]
    assert "<text>\nsome\n</text>" in content["text"]
    assert world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}


@pytest.mark.parametrize("words", ["ask hello", "explain this", "on clip ask why", "fix all"])
def test_a_program_that_does_not_deliver_what_was_copied_is_waited_for_once(
    world: TalonWorld, scripted: ScriptedBridge, words: str
) -> None:
    notes = world.open()
    notes.write("one two")
    notes.select("two")
    world.clipboard.silent = True
    world.script.watchdog = 21  # one wait cannot be avoided
    for _ in range(3):
        world.say(f"claude {words}")
        if scripted.open_stream is not None:
            scripted.answer(world, "three\nfour\n")
        world.advance(2)
    assert world.clipboard.silent_reads == 1
    assert world.notifications.count(NOT_READ) == 1
    world.say("claude stop")
    world.advance(5)
    world.clipboard.user_copies("mine")
    world.say("claude on clip to window ask why")
    (content,) = scripted.streams[-1].body["input"][0]["content"]
    assert "<text>\nmine\n</text>" in content["text"]


def test_a_program_that_does_not_deliver_is_waited_for_once_after_a_selection_was_read(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    notes = world.open()
    notes.write("one two")
    notes.select("two")
    world.say("claude explain this")
    world.run_until(lambda: bool(scripted.streams))
    world.clipboard.user_copies("other")
    world.clipboard.silent = True
    world.script.watchdog = 21  # one wait cannot be avoided
    world.advance(60)
    assert world.clipboard.silent_reads == 1
    assert world.clipboard.text == "other"
