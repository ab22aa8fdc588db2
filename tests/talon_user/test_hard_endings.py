"""What is left after an end, however it came: the clipboard, the modes, the suggested command."""

from __future__ import annotations

from typing import Any

import pytest

from tests.talon_user.conftest import load_world
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, EditorWithTerminal, SlowPaster, UnknownTerminal

MAY_STOP = (
    "Paused because this may be a terminal, where the copy key stops a program. If a text field "
    "has the focus, say “claude resume”."
)
NO_SUGGESTION = (
    "There is no suggested command or snippet. Say “claude shell” and what a command should do, or "
    "“claude paste” to insert the last answer."
)


def select(window: App, text: str = "one two three", part: str = "two") -> None:
    window.write(text)
    window.select(part)


# The copy key.


def test_nothing_is_remembered_from_what_may_be_a_terminal_without_a_confirmation(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    terminal: Any = world.open(UnknownTerminal)
    world.say("claude remember this")
    world.advance(1)
    assert (terminal.ran, world.notifications) == ([], [MAY_STOP])
    world.say("claude stop")
    window = world.open(EditorWithTerminal)
    select(window)
    world.say("claude remember this")
    world.say("claude resume")
    world.advance(1)
    assert world.notifications[-1].startswith("Claude remembers 3 characters.")


@pytest.mark.parametrize("words", ["claude fix that", "claude undo"])
def test_no_copy_key_reaches_a_terminal_that_gets_the_focus_during_the_selection(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with load_world(community=True) as world:
        bridge = ScriptedBridge()
        bridge.attach(world, monkeypatch)
        editor: Any = world.open(EditorWithTerminal)
        editor.title = "main.py focus:[Text Editor]"
        text = "word " * 12
        world.last_dictated = text
        if words == "claude undo":
            world.say("claude ask hello")
            bridge.answer(world, text)
        else:
            editor.write(text)
        world.say(words)
        world.advance(0.1)
        assert editor.selected
        editor.focus_terminal("title")
        world.advance(2)
        assert (editor.shell.keys, editor.shell.ran) == ([], [])
        assert world.cron_jobs == []


# The clipboard.


def test_a_reload_right_after_reading_restores_the_clipboard(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    select(world.open())
    world.clipboard.user_copies("mine", html="<b>mine</b>")
    world.say("claude explain this")
    world.advance(0.15)
    assert (len(scripted.streams), world.clipboard.text) == (1, "two")
    world.reload()
    world.advance(1)
    assert world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}


def test_a_reload_while_the_clipboard_is_locked_restores_it_later(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    world.open()
    world.clipboard.user_copies("mine")
    world.say("claude ask hello")
    scripted.streams[0].send_text("one\ntwo\n")
    world.advance(0.1)
    world.clipboard.locked = True
    world.reload()
    world.clipboard.locked = False
    world.advance(1)
    assert world.clipboard.text == "mine"


def test_a_question_about_the_clipboard_gets_the_users_content(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    select(world.open())
    world.clipboard.user_copies("mine")
    world.say("claude remember this")
    world.say("claude on clip append ask what is it")
    world.advance(1)
    (content,) = scripted.streams[0].body["input"][0]["content"]
    assert "<text>\nmine\n</text>" in content["text"]


def test_an_answer_is_added_to_the_users_content(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    select(world.open())
    world.clipboard.user_copies("mine")
    world.say("claude explain this to after clip")
    world.advance(0.15)
    scripted.answer(world, "NEW", pause=0.01)
    assert world.clipboard.text == "mine\nNEW"


def test_a_stop_before_the_app_has_copied_restores_the_clipboard(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    slow = world.open(SlowPaster)
    select(slow)
    world.clipboard.user_copies("mine")
    world.say("claude explain this")
    world.advance(0.1)
    world.say("claude stop")
    world.advance(2)
    assert (world.clipboard.text, world.cron_jobs) == ("mine", [])


# The next question.


def test_a_stop_ends_listening_too(world: TalonWorld, scripted: ScriptedBridge) -> None:
    notes = world.open()
    world.say("claude listen")
    world.say("how far")
    world.say("claude stop")
    assert world.modes == {"command"}
    assert world.notifications[-1] == "Nothing was sent."
    world.say("claude ask hello")
    scripted.answer(world, "Hi.")
    assert notes.text == "Hi."


@pytest.mark.parametrize("broken", ["mode.enable", "mode.disable"])
def test_a_mode_that_cannot_be_changed_leaves_the_commands_usable(
    world: TalonWorld, broken: str
) -> None:
    world.open()
    world.broken.add(broken)
    world.say("claude listen")
    world.broken.clear()
    assert "command" in world.modes
    assert world.notifications[-1].startswith("That did not work because of an error:")
    world.say("claude stop")
    assert world.modes == {"command"}


@pytest.mark.parametrize("broken", ["mode.enable", "mode.disable"])
def test_a_mode_that_cannot_be_left_is_left_with_the_next_stop(
    world: TalonWorld, broken: str
) -> None:
    world.open()
    world.say("claude listen")
    world.broken.add(broken)
    world.say("claude stop")
    world.broken.clear()
    world.say("claude stop")
    assert world.modes == {"command"}


# Slow apps.


def test_an_undo_that_is_stopped_after_its_paste_pastes_what_was_replaced(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    slow = world.open(SlowPaster)
    select(slow)
    world.clipboard.user_copies("mine")
    world.say("claude fix this")
    world.advance(1)
    scripted.answer(world, "2")
    assert slow.text == "one 2 three"
    world.say("claude undo")
    while world.clipboard.text != "two":
        world.advance(0.05)
    world.advance(0.05)
    while world.clipboard.formats == {"text/plain": "2"}:
        world.advance(0.05)
    world.say("claude stop")
    world.advance(2)
    assert (slow.text, world.clipboard.text) == ("one two three", "mine")
    assert not any("nothing was undone" in note for note in world.notifications)


@pytest.mark.parametrize("end", ["error", "reload", "stop"])
def test_a_slow_app_never_pastes_what_the_user_had_copied(
    world: TalonWorld, scripted: ScriptedBridge, end: str
) -> None:
    slow = world.open(SlowPaster)
    world.clipboard.user_copies("mine")
    world.say("claude ask hello")
    scripted.streams[0].send_text("one\ntwo\n")
    world.advance(0.1)
    assert world.clipboard.text == "one\ntwo\n"
    if end == "error":
        scripted.streams[0].poll = lambda: 1 / 0  # type: ignore[assignment,return-value]
        world.advance(0.05)
    elif end == "reload":
        world.reload()
    else:
        world.say("claude stop")
    world.advance(2)
    assert (slow.text, world.clipboard.text, world.cron_jobs) == ("one\ntwo\n", "mine", [])


# Shell commands.


REPLACED = ("claude help stop", "claude history", "claude explain clip")


@pytest.mark.parametrize(
    ("gui", "words"),
    [
        *(({"canvas"}, words) for words in (*REPLACED, "claude discard", "claude close")),
        *(({"canvas"}, f"claude window {verb}") for verb in ("open", "close")),
        *((set(), words) for words in REPLACED),
    ],
)
def test_a_command_that_is_no_longer_shown_is_not_inserted(
    gui: set[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with load_world(gui=gui) as world:
        bridge = ScriptedBridge()
        bridge.attach(world, monkeypatch)
        notes = world.open()
        world.clipboard.user_copies("some text")
        world.say("claude to clip ask hello")
        bridge.answer(world, "Hi.")
        world.say("claude shell list the files")
        bridge.answer(world, "ls")
        world.say(words)
        if words == "claude explain clip":
            bridge.answer(world, "It is text.")
        world.advance(1)
        world.say("claude insert")
        world.advance(1)
        assert (notes.text, world.notifications[-1]) == ("", NO_SUGGESTION)


def test_a_reload_drops_the_suggested_command(world: TalonWorld, scripted: ScriptedBridge) -> None:
    notes = world.open()
    world.say("claude shell list the files")
    scripted.answer(world, "ls")
    world.reload()
    world.say("claude insert")
    world.advance(1)
    assert notes.text == ""
