"""Tests of Cursorless targets and destinations, from the spoken command to the editor's text."""

from __future__ import annotations

import pytest

from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_user.conftest import TALON_USER
from tests.talon_world.apps import CodeEditor
from tests.talon_world.talon_files import read_talon_file

TEXT = "a = 1\nb = 2\n"
KEPT = "Say “claude window open” to see it, or “claude insert” with another place."


@pytest.fixture
def talk(make_talk: MakeTalk) -> Talk:
    """A Talk with Cursorless, in an editor that shows two hats."""
    talk = make_talk(community=True, cursorless=True)
    editor = talk.world.open(CodeEditor)
    editor.text = TEXT
    talk.world.cursorless.hats.update(air="a = 1", bat="b = 2")
    return talk


@pytest.fixture
def editor(talk: Talk) -> CodeEditor:
    """The editor."""
    assert isinstance(talk.world.focused, CodeEditor)
    return talk.world.focused


async def test_a_prompt_replaces_its_target(talk: Talk, editor: CodeEditor) -> None:
    talk.script_answers("```\na = 3\n```")
    await talk.say("claude at air fix code")
    assert talk.read_question().endswith("<text>\na = 1\n</text>")
    assert editor.text == "a = 3\nb = 2\n"
    await talk.say("claude undo")
    assert editor.text == TEXT


async def test_free_words_are_a_prompt_for_a_target(talk: Talk, editor: CodeEditor) -> None:
    talk.script_answers("```\na = 4\n```")
    await talk.say("claude at air please make it four")
    assert talk.read_question() == "make it four\n\n<text>\na = 1\n</text>"
    assert editor.text == "a = 4\nb = 2\n"


@pytest.mark.parametrize("words", ["at air ask what is it", "opus at air here ask what is it"])
async def test_a_question_about_a_target_is_answered_at_the_cursor(
    talk: Talk, editor: CodeEditor, words: str
) -> None:
    editor.click(len(TEXT))
    talk.script_answers("It is A.")
    await talk.say(f"claude {words}")
    assert talk.read_question() == "what is it\n\n<text>\na = 1\n</text>"
    assert editor.text == TEXT + "It is A."


async def test_an_answer_about_targets_can_go_to_the_clipboard(
    talk: Talk, editor: CodeEditor
) -> None:
    talk.script_answers("NEW")
    await talk.say("claude at air and bat to clip explain")
    assert talk.read_question().endswith("<text>\na = 1\nb = 2\n</text>")
    assert (talk.world.clipboard.text, editor.text) == ("NEW", TEXT)


async def test_several_targets_are_not_replaced_by_one_answer(
    talk: Talk, editor: CodeEditor
) -> None:
    await talk.say("claude at air and bat fix code")
    assert talk.notes == [
        "One answer cannot replace several targets. Name one, or say “to window” or “to clip”."
    ]
    assert (editor.text, talk.fake.bodies("/v1/messages")) == (TEXT, [])


@pytest.mark.parametrize("failure", ["No such hat", "Timed out waiting for response"])
async def test_a_target_that_cannot_be_read_is_reported(
    talk: Talk, editor: CodeEditor, failure: str
) -> None:
    talk.world.cursorless.failure = failure
    await talk.say("claude at air fix code")
    assert talk.notes == [f"Cursorless failed: {failure}."]
    assert (editor.text, talk.fake.bodies("/v1/messages")) == (TEXT, [])
    talk.world.cursorless.failure = ""
    talk.script_answers("It works.")
    await talk.say("claude to clip ask again")
    assert talk.world.clipboard.text == "It works."


async def test_a_target_that_has_changed_is_not_replaced(talk: Talk, editor: CodeEditor) -> None:
    talk.script_answers("a = 3")
    talk.world.say("claude at air fix code")
    editor.text = "a = 2\nb = 2\n"  # another program reformats the file
    await talk.wait_until(lambda: talk.notes)
    assert talk.notes[0].startswith("Paused because the selection has changed.")
    await talk.say("claude stop")
    assert editor.text == "a = 2\nb = 2\n"
    await talk.say("claude copy")
    assert talk.world.clipboard.text == "a = 3"


async def test_a_hat_that_moves_does_not_matter(talk: Talk, editor: CodeEditor) -> None:
    talk.script_answers("```\na = 3\n```")
    talk.world.say("claude at air fix code")
    talk.world.cursorless.hats["air"] = "b = 2"
    await talk.wait_until_idle()
    assert editor.text == "a = 3\nb = 2\n"


@pytest.mark.parametrize(
    ("place", "after"),
    [
        ("to bat", "a = 1\nNEW\n"),
        ("after air", "a = 1NEW\nb = 2\n"),
        ("before bat", "a = 1\nNEWb = 2\n"),
    ],
)
async def test_the_last_answer_goes_to_a_cursorless_destination(
    talk: Talk, editor: CodeEditor, place: str, after: str
) -> None:
    talk.script_answers("```\nNEW\n```")
    await talk.say("claude at air to clip fix code")
    await talk.say(f"claude insert {place}")
    assert editor.text == after


async def test_a_destination_that_fails_keeps_the_answer(talk: Talk, editor: CodeEditor) -> None:
    talk.script_answers("NEW")
    await talk.say("claude to clip ask for something")
    talk.world.notifications.clear()
    await talk.say("claude insert to bat")
    del talk.world.cursorless.hats["bat"]
    await talk.say("claude insert after bat")
    assert talk.notes == [f"Cursorless failed: No such hat. The answer is kept. {KEPT}"]
    await talk.say("claude insert after air")
    assert editor.text == "a = 1NEW\nNEW\n"


async def test_without_an_answer_there_is_nothing_to_insert(talk: Talk, editor: CodeEditor) -> None:
    await talk.say("claude insert to bat")
    assert talk.notes == ["There is no answer to insert."]
    assert editor.text == TEXT


@pytest.mark.parametrize("source", ["this", "line"])
async def test_our_sources_never_ask_cursorless(
    talk: Talk, editor: CodeEditor, source: str
) -> None:
    talk.world.cursorless.failure = "Timed out waiting for response"
    editor.select("a = 1")
    talk.script_answers("a = 3")
    await talk.say(f"claude make shorter {source}")
    assert talk.read_question().endswith("<text>\na = 1\n</text>")
    assert editor.text == "a = 3\nb = 2\n"


@pytest.mark.parametrize("target", ["this", "line"])
async def test_the_same_words_can_be_cursorless_targets(
    talk: Talk, editor: CodeEditor, target: str
) -> None:
    editor.select("b = 2")
    talk.script_answers("b = 3")
    await talk.say(f"claude at {target} make shorter")
    assert editor.text == "a = 1\nb = 3\n"


def test_the_slow_capture_is_in_one_rule() -> None:
    # Cursorless's target is a grammar of its own, which Talon compiles once for each use.
    file = read_talon_file(TALON_USER / "claude_cursorless.talon")
    rules = [command.rule.text for command in file.commands]
    assert sum("user.cursorless_target" in rule for rule in rules) == 1
    assert sum("user.cursorless_destination" in rule for rule in rules) == 1
