"""The clipboard is ours through the whole answer, and is written to as rarely as possible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.talon_user.conftest import load_world
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, SlowPaster, Terminal, UnknownTerminal

LONG = "word " * 40


@pytest.fixture
def world() -> Iterator[TalonWorld]:
    with load_world(community=True) as world:
        yield world
        assert world.script.violations == []


@pytest.mark.parametrize("app", [App, SlowPaster])
@pytest.mark.parametrize("threshold", [-1, 0, 10, 79, 80, 1000])
def test_communitys_threshold_changes_nothing(
    world: TalonWorld, scripted: ScriptedBridge, app: type[App], threshold: int
) -> None:
    world.set_setting("user.paste_to_insert_threshold", threshold)
    window = world.open(app)
    world.clipboard.user_copies("mine", html="<b>mine</b>")
    world.say("claude ask hello")
    scripted.answer(world, "Short. ", LONG, "a line\n", "and the last few words", pause=0.6)
    assert window.text == f"Short. {LONG}a line\nand the last few words"
    assert world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}


@pytest.mark.parametrize("app", [Terminal, UnknownTerminal])
@pytest.mark.parametrize("threshold", [0, 5, 80])
def test_a_terminal_gets_everything_typed_whatever_the_threshold_is(
    world: TalonWorld, scripted: ScriptedBridge, app: type[App], threshold: int
) -> None:
    world.set_setting("user.paste_to_insert_threshold", threshold)
    world.set_setting("user.claude_terminals", "Zap")
    terminal: Any = world.open(app)
    world.clipboard.user_copies("mine")
    world.say("claude ask hello")
    scripted.answer(world, "ls\n", LONG, "-l: (é)", pause=0.6)
    assert (terminal.text, terminal.ran) == (f"ls {LONG}-l: (é)", [])
    assert (world.clipboard.writes, world.clipboard.text) == (0, "mine")


def test_a_suggested_command_is_inserted_whatever_the_threshold_is(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    world.set_setting("user.paste_to_insert_threshold", 5)
    terminal: Any = world.open(Terminal)
    world.clipboard.user_copies("mine")
    world.say("claude shell show the log")
    scripted.answer(world, "git log -1", pause=0.6)
    world.say("claude insert")
    world.advance(2)
    assert (terminal.text, terminal.ran, world.clipboard.text) == ("git log -1", [], "mine")


@pytest.mark.parametrize(
    ("words", "writes"),
    [
        ("claude fix it this", 3),  # restored after reading, the answer, restored after the paste
        ("claude explain this here", 1),
        ("claude ask hello", 0),
    ],
)
def test_a_question_writes_to_the_clipboard_no_more_than_it_must(
    world: TalonWorld, scripted: ScriptedBridge, words: str, writes: int
) -> None:
    window = world.open()
    window.write("one two three")
    window.select("two")
    world.clipboard.user_copies("mine")
    world.say(words)
    world.advance(1)
    scripted.answer(world, "2", pause=0.6)
    assert (world.clipboard.writes, world.clipboard.text) == (writes, "mine")


def test_reading_nothing_leaves_the_clipboard_alone(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    world.open()
    world.clipboard.user_copies("mine")
    before = world.clipboard.serial
    world.say("claude fix it this")
    world.advance(2)
    assert world.notifications == ["Nothing is selected."]
    assert world.clipboard.serial == before


def test_reading_nothing_restores_what_an_earlier_answer_could_not(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    world.open()
    world.clipboard.user_copies("mine")
    world.say("claude ask hello")
    scripted.streams[0].send_text("one\ntwo\n")
    scripted.streams[0].send_end()
    world.advance(0.1)
    world.clipboard.locked = True
    world.advance(1)
    world.clipboard.locked = False
    world.say("claude fix it this")
    world.advance(2)
    assert (world.notifications, world.clipboard.text) == (["Nothing is selected."], "mine")
