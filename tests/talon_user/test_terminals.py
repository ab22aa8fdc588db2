"""What may be a terminal never gets a line break or a copy key, in any app."""

from __future__ import annotations

from typing import Any

import pytest

from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import (
    App,
    EditorWithTerminal,
    Element,
    Terminal,
    UnknownApp,
    UnknownTerminal,
)

FLATTENED = "Line breaks were replaced with spaces, because a terminal would run each line."
MAY_RUN = (
    "Paused because this may be a terminal, which would run each line. If a text field has the "
    "focus, say “claude resume”."
)
MAY_STOP = (
    "Paused because this may be a terminal, where the copy key stops a program. If a text field "
    "has the focus, say “claude resume”."
)
MAY_NOT_UNDO = (
    "Paused because this may be a terminal, where text cannot be undone. If a text field has the "
    "focus, say “claude resume”."
)
MOVED = (
    "Paused because the focus moved between a terminal and a text field. Go back and say “claude "
    "resume”, or say “claude here” to continue here."
)
TERMINALS = [
    ("Hyper", "/opt/Hyper/hyper", ""),
    ("Tabby", "/opt/Tabby/tabby", ""),
    ("Warp", "", "dev.warp.Warp-Stable"),
    ("URxvt", "/usr/bin/urxvt", ""),
    ("Guake", "/usr/bin/python3.13", ""),
    ("PuTTY", r"C:\Program Files\PuTTY\putty.exe", ""),
    ("iTerm2", "", "com.googlecode.iterm2"),
    ("Windows Command Processor", r"C:\Windows\System32\cmd.exe", ""),
]


def answer(world: TalonWorld, scripted: ScriptedBridge, text: str = "ls\nrm x\n") -> None:
    """Let Claude answer the open question."""
    scripted.streams[-1].send_text(text)
    scripted.streams[-1].send_end()
    world.advance(2)


def ask(world: TalonWorld, scripted: ScriptedBridge, text: str = "ls\nrm x\n") -> None:
    world.say("claude ask hello")
    answer(world, scripted, text)


@pytest.mark.parametrize(("name", "exe", "bundle"), TERMINALS)
def test_no_terminal_runs_a_line(
    world: TalonWorld, scripted: ScriptedBridge, name: str, exe: str, bundle: str
) -> None:
    class Named(Terminal):
        pass

    Named.name, Named.exe, Named.bundle = name, exe, bundle
    terminal: Any = world.open(Named)
    ask(world, scripted)
    assert (terminal.text, terminal.ran) == ("ls rm x ", [])
    assert world.notifications == [FLATTENED]


@pytest.mark.parametrize("tells", ["title", "tag", "element"])
def test_the_terminal_of_an_editor_runs_nothing(
    world: TalonWorld, scripted: ScriptedBridge, tells: str
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    editor.focus_terminal(tells)
    ask(world, scripted)
    assert (editor.shell.text, editor.shell.ran, editor.text) == ("ls rm x ", [], "")


def test_an_editors_terminal_that_nothing_tells_gets_no_line_without_a_confirmation(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    editor.focus_terminal("")
    ask(world, scripted)
    assert (editor.shell.ran, world.notifications) == ([], [MAY_RUN])
    world.say("claude stop")
    assert editor.shell.ran == []


def test_an_editor_gets_the_lines_after_a_confirmation(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor = world.open(EditorWithTerminal)
    ask(world, scripted, "def f():\n    return 1\n")
    assert (editor.text, world.notifications) == ("def f():", [MAY_RUN])
    world.say("claude resume")
    world.advance(2)
    assert editor.text == "def f():\n    return 1\n"
    assert (world.notifications, world.cron_jobs) == ([MAY_RUN], [])


@pytest.mark.parametrize("sign", ["title", "element", "setting"])
def test_an_editor_that_tells_where_the_focus_is_needs_no_confirmation(
    world: TalonWorld, scripted: ScriptedBridge, sign: str
) -> None:
    editor = world.open(EditorWithTerminal)
    if sign == "title":
        editor.title = "main.py focus:[Text Editor]"
    elif sign == "element":
        editor.element = Element(get={"AXRoleDescription": "editor"}.get)
    else:
        world.set_setting("user.claude_text_apps", "Code")
    ask(world, scripted, "a\nb\n")
    assert (editor.text, world.notifications) == ("a\nb\n", [])


@pytest.mark.parametrize("tells", ["title", "tag", "element"])
def test_an_app_of_the_users_list_still_has_a_terminal(
    world: TalonWorld, scripted: ScriptedBridge, tells: str
) -> None:
    world.set_setting("user.claude_text_apps", "Code")
    editor: Any = world.open(EditorWithTerminal)
    editor.focus_terminal(tells)
    ask(world, scripted)
    assert (editor.shell.text, editor.shell.ran) == ("ls rm x ", [])


def test_one_line_needs_no_confirmation(world: TalonWorld, scripted: ScriptedBridge) -> None:
    window = world.open(UnknownApp)
    ask(world, scripted, "It is (384,400 km) away.")
    assert (window.text, world.notifications) == ("It is (384,400 km) away.", [])


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\nx", "a\x03", "a\u2028b"])
def test_an_unknown_terminal_runs_nothing(
    world: TalonWorld, scripted: ScriptedBridge, text: str
) -> None:
    terminal: Any = world.open(UnknownTerminal)
    ask(world, scripted, text)
    assert (terminal.ran, world.notifications) == ([], [MAY_RUN])


def test_an_app_can_be_added_to_the_terminals(world: TalonWorld, scripted: ScriptedBridge) -> None:
    world.set_setting("user.claude_terminals", "Emacs, zap")
    terminal: Any = world.open(UnknownTerminal)
    ask(world, scripted)
    assert (terminal.text, terminal.ran) == ("ls rm x ", [])


@pytest.mark.parametrize("source", ["this", "line", "all"])
@pytest.mark.parametrize("tells", ["title", "tag", "element", ""])
def test_no_copy_key_reaches_the_terminal_of_an_editor(
    world: TalonWorld, scripted: ScriptedBridge, source: str, tells: str
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    editor.focus_terminal(tells)
    world.say(f"claude summarize {source}")
    world.advance(2)
    assert (editor.shell.keys, editor.shell.ran, scripted.streams) == ([], [], [])
    assert len(world.notifications) == 1


def test_a_selection_is_read_and_replaced_after_one_confirmation(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor = world.open(EditorWithTerminal)
    editor.write("one two three")
    editor.select("two")
    world.say("claude fix it this")
    world.advance(2)
    assert (world.notifications, scripted.streams) == ([MAY_STOP], [])
    world.say("claude resume")
    world.advance(2)
    answer(world, scripted, "2\n2")
    assert (editor.text, world.notifications) == ("one 2\n2 three", [MAY_STOP])


def test_a_queued_question_does_not_copy_in_the_terminal_that_has_the_focus_by_then(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    editor.title = "main.py focus:[Text Editor]"
    world.say("claude to window ask hello")
    world.say("claude summarize this")
    editor.focus_terminal("title")
    answer(world, scripted, "hi")
    assert (editor.shell.keys, editor.shell.ran) == ([], [])


def test_an_answer_pauses_when_the_focus_moves_to_the_terminal_of_the_same_window(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    editor.title = "main.py focus:[Text Editor]"
    world.say("claude ask hello")
    scripted.streams[0].send_text("a\n")
    world.advance(1)
    editor.focus_terminal("title")
    answer(world, scripted, "rm x\n")
    assert (editor.text, editor.shell.text, editor.shell.ran) == ("a\n", "", [])
    assert world.notifications == [MOVED]
    world.say("claude here")
    world.advance(1)
    assert (editor.shell.text, editor.shell.ran) == ("rm x ", [])


def test_a_confirmation_ends_with_the_next_pause(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    world.say("claude ask hello")
    scripted.streams[0].send_text("a\nb\n")
    world.advance(1)
    world.say("claude resume")
    world.advance(1)
    assert editor.text == "a\nb\n"
    world.add_commands("panel terminal: key(escape)\n")
    world.say("panel terminal")
    editor.focus_terminal("")
    answer(world, scripted, "rm x\n")
    world.say("claude resume")
    world.advance(1)
    assert (editor.shell.text, editor.shell.ran) == ("rm x", [])
    assert world.notifications[-1] == MAY_RUN


def test_undo_does_not_copy_in_what_may_be_a_terminal(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    ask(world, scripted, "one line")
    editor.focus_terminal("")
    world.say("claude undo")
    world.advance(1)
    assert (editor.shell.keys, world.notifications) == ([], [MAY_NOT_UNDO])
    editor.focus_text()
    world.say("claude resume")
    world.advance(1)
    assert (editor.text, world.cron_jobs) == ("", [])


def test_undo_is_refused_in_the_terminal_of_an_editor(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor: Any = world.open(EditorWithTerminal)
    ask(world, scripted, "one line")
    editor.focus_terminal("title")
    world.say("claude undo")
    world.advance(1)
    assert (editor.shell.keys, editor.shell.ran) == ([], [])
    assert world.notifications == [
        "Cannot undo in a terminal, because its text cannot be read. Use its own keys."
    ]


def test_no_new_file_is_opened_in_a_terminal(world: TalonWorld, scripted: ScriptedBridge) -> None:
    terminal: Any = world.open(Terminal)
    world.say("claude new file ask hello")
    world.advance(1)
    assert (terminal.keys, scripted.streams) == ([], [])
    assert world.notifications == [
        "“new file” does not work in a terminal. Say “here”, “to clip” or “to window”."
    ]


def test_an_app_that_describes_no_element_works(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    window = world.open(App)
    window.element = Element()
    ask(world, scripted, "a\nb\n")
    assert (window.text, world.notifications) == ("a\nb\n", [])
