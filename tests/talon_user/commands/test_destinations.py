"""Tests of the destinations, from the spoken command to the text in the app."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App, Chat, CodeEditor, SlowPaster, Terminal

TEXT = "first\nsecond line\nthird"


@pytest.mark.parametrize("app", [App, SlowPaster, CodeEditor])
@pytest.mark.parametrize(
    ("destination", "after"),
    [
        ("here", "first\nsecondNEW\n  x line\nthird"),
        ("replace", "first\nNEW\n  x line\nthird"),
        ("above", "first\nNEW\n  x\nsecond line\nthird"),
        ("below", "first\nsecond line\nNEW\n  x\nthird"),
    ],
)
async def test_an_answer_is_inserted_at_its_destination(
    any_talk: Talk, app: type[App], destination: str, after: str
) -> None:
    window = any_talk.world.open(app)
    window.write(TEXT)
    window.select("second")
    any_talk.world.clipboard.user_copies("mine")
    any_talk.script_answers("NEW\n  x")
    await any_talk.say(f"claude make shorter this {destination}")
    assert window.text == after
    assert any_talk.world.clipboard.text == "mine"
    assert any_talk.notes == []


async def test_an_answer_below_whole_lines_gets_its_own_line(talk: Talk) -> None:
    window = talk.world.open()
    window.write("one\ntwo\nthree")
    window.select("one\ntwo\n")
    talk.script_answers("NEW")
    await talk.say("claude make longer this below")
    assert window.text == "one\ntwo\nNEW\nthree"


@pytest.mark.parametrize(("source", "after"), [("all", "NEW"), ("line", "first\nsecond line\nNEW")])
async def test_the_line_or_the_document_is_replaced(talk: Talk, source: str, after: str) -> None:
    window = talk.world.open()
    window.write(TEXT)
    talk.script_answers("NEW")
    await talk.say(f"claude fix grammar {source}")
    assert window.text == after


async def test_a_replacing_prompt_about_the_clipboard_inserts(
    talk: Talk,
) -> None:
    window = talk.world.open()
    window.write("old ")
    talk.world.clipboard.user_copies("copied")
    talk.script_answers("NEW")
    await talk.say("claude fix grammar clip")
    assert window.text == "old NEW"


async def test_replace_needs_a_selection(talk: Talk, notes: App) -> None:
    talk.world.clipboard.user_copies("copied")
    await talk.say("claude fix grammar clip replace")
    notice = "“replace” needs text to replace. Say “this”, “that”, “line” or “all”."
    assert talk.notes == [notice]


async def test_a_changed_selection_is_not_replaced(talk: Talk) -> None:
    window = talk.world.open()
    window.write(TEXT)
    window.select("second")
    talk.fake.script(Reply((Text("NEW"),), first_delay=0.1))
    talk.world.say("claude fix grammar this")
    await talk.wait_until(lambda: talk.fake.requests)
    window.select("third")
    await talk.wait_until_idle()
    assert window.text == TEXT
    assert talk.notes == [
        "Paused because the selection has changed. Select the text again and say “claude resume”, "
        "say “claude here” to insert at the cursor, or “claude stop” and then “claude window open” "
        "to see the answer."
    ]
    window.select("second")
    await talk.say("claude resume")
    assert window.text == "first\nNEW line\nthird"


async def test_an_answer_can_go_to_the_clipboard(talk: Talk, notes: App) -> None:
    talk.world.clipboard.user_copies("old")
    talk.script_answers("NEW")
    await talk.say("claude to clip ask something")
    assert (notes.text, talk.world.clipboard.text) == ("", "NEW")
    assert talk.notes == ["Claude's answer is on the clipboard."]


@pytest.mark.parametrize("gui", ["canvas", "imgui"])
async def test_a_panel_shows_the_answer(make_talk: MakeTalk, gui: str) -> None:
    talk = make_talk(gui={gui})
    notes = talk.world.open()
    talk.script_answers("It is\n  so.")
    await talk.say("claude to window ask why")
    assert (notes.text, talk.notes) == ("", [])
    assert [line.removeprefix("    ") for line in talk.world.seen] == [
        "Claude – why", "", "1   It is", "  so.",
    ]  # fmt: skip
    await talk.say("claude close")
    assert talk.world.seen == []


async def test_without_a_hud_the_panels_answer_goes_to_the_clipboard(talk: Talk) -> None:
    talk.script_answers("It is so.")
    await talk.say("claude to window ask why")
    assert talk.world.clipboard.text == "It is so."
    notice = "No window can be shown here, so Claude's answer is on the clipboard."
    assert talk.notes == [notice]


async def test_an_answer_can_go_to_a_new_file(any_talk: Talk) -> None:
    editor = any_talk.world.open(CodeEditor)
    editor.write("x = 1")
    any_talk.script_answers("```python\ndef test_x():\n    assert x\n```")
    editor.select("x = 1")
    await any_talk.say("claude write tests")
    new = any_talk.world.windows[-1]
    assert (editor.text, new.title) == ("x = 1", "Untitled")
    assert new.text == "def test_x():\n    assert x"
    assert any_talk.notes == []


async def test_an_answer_can_go_to_a_new_file_in_the_same_window(talk: Talk) -> None:
    class Tabs(App):
        def new_file(self) -> None:
            self.text = ""
            self.click(0)

    tabs = talk.world.open(Tabs)
    tabs.write("old")
    talk.script_answers("NEW")
    await talk.say("claude new file ask for something")
    assert tabs.text == "NEW"


async def test_above_and_below_are_refused_in_a_terminal(talk: Talk) -> None:
    terminal = talk.world.open(Terminal)
    assert isinstance(terminal, Terminal)
    for place in ("above", "below"):
        await talk.say(f"claude {place} ask something")
    assert (terminal.text, terminal.ran, terminal.keys) == ("", [], [])
    hint = "does not work in a terminal. Say “here”, “to clip” or “to window”."
    assert talk.notes == [f"“above” {hint}", f"“below” {hint}"]


async def test_below_does_not_send_a_chat_message(talk: Talk) -> None:
    chat = talk.world.open(Chat)
    assert isinstance(chat, Chat)
    chat.write("Hi")
    talk.script_answers("there\nyou")
    await talk.say("claude below ask something")
    assert (chat.text, chat.sent) == ("Hi\nthere\nyou", [])


async def test_an_answer_is_added_to_the_clipboard(talk: Talk, notes: App) -> None:
    for before, after in (("", "NEW"), ("mine", "mine\nNEW")):
        talk.world.clipboard.user_copies(before)
        talk.script_answers("NEW")
        await talk.say("claude append ask for something")
        assert (talk.world.clipboard.text, notes.text) == (after, "")
        assert talk.notes[-1] == "Claude's answer is added to the clipboard."


async def test_the_default_destination_is_a_setting(talk: Talk, notes: App) -> None:
    talk.world.set_setting("user.claude_default_destination", "clip")
    talk.world.add_list("user.claude_my_prompt", make_it_rhyme="[none] Make a rhyme.")
    for words, text in (("ask for one", ""), ("make it rhyme", ""), ("here ask for one", "NEW")):
        talk.script_answers("NEW")
        await talk.say(f"claude {words}")
        assert (notes.text, talk.world.clipboard.text) == (text, "NEW")


async def test_an_unknown_default_destination_is_reported(talk: Talk, notes: App) -> None:
    talk.world.set_setting("user.claude_default_destination", "the moon")
    talk.script_answers("NEW")
    await talk.say("claude ask for one")
    assert talk.notes[0].startswith("user.claude_default_destination must be here, above")
    assert notes.text == "NEW"
