"""What the user does in the window while Claude writes pauses the answer, where Talon sees it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.talon_user.conftest import load_world
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, CodeEditor, MacApp, SlowPaster

CONTINUE = "Say “claude resume” to continue at the cursor, or “claude stop”."
CLICKED = f"Paused because you clicked. {CONTINUE}"
COPIED = f"Paused because something was copied. {CONTINUE}"
OTHER_DOCUMENT = f"Paused because the window shows something else now. {CONTINUE}"
CARET_MOVED = f"Paused because the cursor moved. {CONTINUE}"


def begin(world: TalonWorld, scripted: ScriptedBridge, app: type[App] = App) -> App:
    """Open a window with text after the cursor, and let the beginning of an answer arrive."""
    window = world.open(app)
    window.write("before after")
    window.move_caret(7)
    world.say("claude ask hello")
    scripted.streams[-1].send_text("one ")
    world.advance(1)
    assert window.text == "before one after"
    return window


def act(window: App, action: str) -> None:
    """Do something as the user."""
    if action == "click":
        window.click(0)
    elif action == "copy":
        window.world.clipboard.user_copies("before")
    elif action == "tab":
        window.title = "Another document"
    elif action == "move":
        window.move_caret(0)
    else:
        window.write("typed")


@pytest.mark.parametrize(
    ("app", "action", "notice"),
    [
        (App, "click", CLICKED),
        (App, "copy", COPIED),
        (App, "tab", OTHER_DOCUMENT),
        (MacApp, "move", CARET_MOVED),
        (MacApp, "write", CARET_MOVED),
    ],
)
def test_an_act_of_the_user_pauses_the_answer(
    world: TalonWorld, scripted: ScriptedBridge, app: type[App], action: str, notice: str
) -> None:
    window = begin(world, scripted, app)
    act(window, action)
    before = window.text
    scripted.answer(world, "two")
    assert (window.text, world.notifications) == (before, [notice])
    caret = window.caret
    world.say("claude resume")
    world.advance(2)
    assert window.text == f"{before[:caret]}two{before[caret:]}"
    assert (world.notifications, world.cron_jobs) == ([notice], [])


@pytest.mark.parametrize("reads", [False, True])
@pytest.mark.parametrize("app", [App, SlowPaster, MacApp, CodeEditor])
def test_what_the_answer_itself_does_pauses_nothing(
    world: TalonWorld, scripted: ScriptedBridge, app: type[App], reads: bool
) -> None:
    window = world.open(app)
    if reads:
        window.write("some text")
        window.select("some")
    world.say("claude explain this here" if reads else "claude ask hello")
    world.advance(1)
    for piece in ("one ", "two\n", "three (3)", "\n", "four " * 30, "five"):
        scripted.streams[0].send_text(piece)
        world.advance(0.3)
        if not reads:
            window.title = f"*{window.text[:12]} - {window.name}"
    scripted.streams[0].send_end()
    world.advance(2)
    answer = f"one two\nthree (3)\n{'four ' * 30}five"
    assert window.text == (f"some{answer} text" if reads else answer)
    assert world.notifications == []


def test_an_answer_never_stops_inside_a_word(world: TalonWorld, scripted: ScriptedBridge) -> None:
    window = world.open()
    world.say("claude ask hello")
    for piece in ("the mo", "on is fa", "r"):
        scripted.streams[0].send_text(piece)
        world.advance(1)
        assert window.text in ("the ", "the moon is ")
    scripted.streams[0].send_end()
    world.advance(1)
    assert window.text == "the moon is far"


def test_text_without_spaces_is_streamed_too(world: TalonWorld, scripted: ScriptedBridge) -> None:
    window = world.open()
    world.say("claude ask hello")
    scripted.streams[0].send_text("月" * 200)
    world.advance(1)
    assert window.text == "月" * 200


def test_a_talon_that_reports_no_clicks_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with load_world(has_tap=False) as world:
        scripted: Any = ScriptedBridge()
        scripted.attach(world, monkeypatch)
        window = world.open()
        world.say("claude ask hello")
        scripted.streams[0].send_text("one ")
        world.advance(1)
        window.click(0)
        scripted.answer(world, "two")
        assert (window.text, world.notifications) == ("twoone ", [])


@pytest.mark.parametrize(("place", "text"), [("to clip", "one two"), ("append", "mine\none two")])
def test_nothing_pauses_an_answer_that_does_not_go_to_the_cursor(
    world: TalonWorld, scripted: ScriptedBridge, place: str, text: str
) -> None:
    world.add_commands("tail: key(end)\n")
    window = world.open()
    world.clipboard.user_copies("mine")
    world.say(f"claude {place} ask hello")
    scripted.streams[0].send_text("one ")
    world.advance(1)
    world.say("tail")
    window.click(0)
    world.open(App, "other")
    scripted.answer(world, "two")
    assert world.clipboard.text == text
    assert len(world.notifications) == 1
    assert "clipboard" in world.notifications[0]
