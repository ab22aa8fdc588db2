"""Where answers go: lines above and below keep the indentation; a failure deselects nothing."""

from __future__ import annotations

import pytest

from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, CodeEditor, SlowPaster

CODE = "def f():\n    one = 1\n\n    return one"


@pytest.mark.parametrize("app", [App, CodeEditor, SlowPaster])
@pytest.mark.parametrize(
    ("words", "after"),
    [
        ("claude below ask hello", "    one = 1\n    two\n\n      three"),
        ("claude above ask hello", "    two\n\n      three\n    one = 1"),
        ("claude explain this below", "    one = 1\n    two\n\n      three"),
        ("claude explain this above", "    two\n\n      three\n    one = 1"),
        ("claude explain line below", "    one = 1\n    two\n\n      three"),
    ],
)
def test_lines_above_and_below_are_indented_like_the_line(
    world: TalonWorld, scripted: ScriptedBridge, app: type[App], words: str, after: str
) -> None:
    editor = world.open(app)
    editor.write(CODE)
    editor.select("one")
    world.clipboard.user_copies("mine")
    if "ask" in words:
        editor.click(editor.text.index("one") + 2)
    world.say(words)
    world.advance(1)
    scripted.answer(world, "tw", "o\n\n", "  three")
    assert editor.text == CODE.replace("    one = 1", after)
    assert (world.clipboard.text, world.notifications) == ("mine", [])


@pytest.mark.parametrize("words", ["claude below ask hello", "claude above ask hello"])
def test_an_answer_that_is_indented_already_is_left_as_it_is(
    world: TalonWorld, scripted: ScriptedBridge, words: str
) -> None:
    editor = world.open(CodeEditor)
    editor.write(CODE)
    editor.click(editor.text.index("one"))
    world.say(words)
    scripted.answer(world, "```py\n    if x:\n        two\n```")
    assert "\n    if x:\n        two\n" in editor.text


def test_below_whole_lines_is_indented_like_the_last_of_them(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor = world.open()
    editor.write(CODE)
    editor.select("def f():\n    one = 1\n")
    world.say("claude explain this below")
    world.advance(1)
    scripted.answer(world, "two")
    assert editor.text == "def f():\n    one = 1\n    two\n\n    return one"


def test_an_empty_line_has_no_indentation(world: TalonWorld, scripted: ScriptedBridge) -> None:
    editor = world.open()
    editor.write(CODE)
    editor.click(editor.text.index("\n\n") + 1)
    world.say("claude below ask hello")
    scripted.answer(world, "two")
    assert editor.text == "def f():\n    one = 1\n\ntwo\n    return one"


def test_a_retry_keeps_the_indentation(world: TalonWorld, scripted: ScriptedBridge) -> None:
    editor = world.open(CodeEditor)
    editor.write("    one")
    world.say("claude below ask hello")
    scripted.answer(world, "two\nlines")
    assert editor.text == "    one\n    two\n    lines"
    world.say("claude retry")
    world.advance(2)
    scripted.answer(world, "three\nlines")
    assert editor.text == "    one\n    three\n    lines"
    world.say("claude undo")
    world.advance(2)
    assert editor.text == "    one"


@pytest.mark.parametrize("place", ["here", "above", "below", "replace"])
@pytest.mark.parametrize("end", ["error", "hang up", "empty", "stop"])
def test_a_question_that_fails_keeps_the_selection(
    world: TalonWorld, scripted: ScriptedBridge, place: str, end: str
) -> None:
    editor = world.open()
    editor.write(CODE)
    editor.select("one")
    world.say(f"claude explain this {place}")
    world.advance(1)
    if end == "error":
        scripted.streams[0].send("error", message="Claude is overloaded.")
    elif end == "hang up":
        scripted.streams[0].hang_up()
    elif end == "empty":
        scripted.streams[0].send_end()
    else:
        world.say("claude stop")
    world.advance(2)
    assert (editor.text, editor.selected, world.cron_jobs) == (CODE, "one", [])


def test_a_failing_question_opens_no_file(world: TalonWorld, scripted: ScriptedBridge) -> None:
    world.open()
    world.say("claude new file ask hello")
    scripted.streams[0].hang_up()
    world.advance(2)
    assert len(world.windows) == 1


def test_a_move_that_is_interrupted_stays_on_its_line(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    slow = world.open(SlowPaster)
    slow.write("    one\n    two")
    slow.select("one")
    world.add_commands("do nothing: key(escape)\n")
    world.say("claude explain this below")
    world.advance(1)
    scripted.streams[0].send_text("new")
    world.advance(0.1)
    world.say("do nothing")
    scripted.streams[0].send_end()
    world.say("claude resume")
    world.advance(4)
    assert slow.text == "    one\n    new\n    two"


def test_a_command_while_the_indentation_is_read_replaces_nothing(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    slow = world.open(SlowPaster)
    slow.write("    one")
    world.add_commands('type x: "x"\n')
    world.say("claude below ask hello")
    scripted.streams[0].send_text("two")
    world.advance(0.1)
    assert slow.selected == "    one"
    world.say("type x")
    assert slow.text == "    onex"
    scripted.streams[0].send_end()
    world.say("claude resume")
    world.advance(4)
    assert slow.text == "    onex\n    two"
