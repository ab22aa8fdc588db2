"""Tests of prompts on the selection or the last dictation, and of phrases with several commands."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App, CodeEditor


@pytest.fixture(params=[False, True], ids=["lists first", "text first"])
def talk(make_talk: MakeTalk, request: pytest.FixtureRequest) -> Talk:
    """A Talk whose Talon prefers lists or text where a phrase can be read as both."""
    talk = make_talk(community=True)
    talk.world.prefers_text = request.param
    talk.world.clipboard.user_copies("copied")
    return talk


@pytest.fixture
def field(talk: Talk) -> App:
    """A text field with the word “two” selected."""
    field = talk.world.open()
    field.write("one two three")
    field.select("two")
    return field


@pytest.mark.parametrize("words", ["fix", "shorten", "fix this", "fix grammar", "fix it this"])
async def test_a_verb_changes_the_selection(talk: Talk, field: App, words: str) -> None:
    talk.script_answers("ZWEI")
    await talk.say(f"claude {words}")
    assert "Also" not in talk.read_question()
    assert talk.read_question().endswith("\n\n<text>\ntwo\n</text>")
    assert field.text == "one ZWEI three"


@pytest.mark.parametrize(
    ("words", "extra", "read"),
    [
        ("explain briefly", "briefly", "two"),
        ("explain this briefly", "briefly", "two"),
        ("explain clip in one line", "in one line", "copied"),
        ("explain all to window but be brief", "but be brief", "one two three"),
        ("explain to window this is code", "this is code", "two"),
    ],
)
async def test_more_words_are_added_to_the_prompt(
    talk: Talk, field: App, words: str, extra: str, read: str
) -> None:
    await talk.say(f"claude {words}")
    assert talk.read_question().endswith(f"\nAlso: {extra}\n\n<text>\n{read}\n</text>")
    assert field.text == "one two three"


async def test_the_longest_prompts_name_counts(talk: Talk) -> None:
    editor = talk.world.open(CodeEditor)
    editor.text = "a = 1"
    editor.select("a = 1")
    talk.script_answers("```\na = 2\n```")
    await talk.say("claude fix code this please")
    assert talk.read_question().startswith("Correct the mistakes in the code.")
    assert "\nAlso: please\n" in talk.read_question()
    assert editor.text == "a = 2"


async def test_free_words_change_the_selection(talk: Talk, field: App) -> None:
    talk.script_answers("ZWEI")
    await talk.say("claude please translate this")
    assert talk.read_question() == "translate this\n\n<text>\ntwo\n</text>"
    assert field.text == "one ZWEI three"


async def test_please_takes_a_source_and_a_destination(talk: Talk, field: App) -> None:
    talk.script_answers("NEW")
    await talk.say("claude opus on all to clip please translate it")
    assert talk.read_question() == "translate it\n\n<text>\none two three\n</text>"
    assert (talk.world.clipboard.text, field.text) == ("NEW", "one two three")


async def test_please_without_a_selection_changes_nothing(talk: Talk) -> None:
    notes = talk.world.open()
    await talk.say("claude please translate this")
    assert (talk.notes, notes.text) == (["Nothing is selected."], "")


async def dictate(talk: Talk, words: str) -> App:
    notes = talk.world.open()
    notes.write("Dear Ann, ")
    talk.world.modes = {"dictation"}
    talk.world.say(words)
    talk.world.modes = {"command"}
    return notes


async def test_a_dictation_is_corrected_in_place(talk: Talk) -> None:
    notes = await dictate(talk, "see you to morrow " + "and on" * 9)
    talk.script_answers("see you tomorrow")
    await talk.say("claude fix that")
    assert talk.read_question().endswith(f"<text>\n{talk.world.last_dictated}\n</text>")
    assert notes.text == "Dear Ann, see you tomorrow"
    assert talk.world.clipboard.text == "copied"
    await talk.say("claude undo")
    assert notes.text == "Dear Ann, " + talk.world.last_dictated


async def test_a_hint_says_what_a_dictation_was(talk: Talk) -> None:
    notes = await dictate(talk, "hello caty")
    talk.script_answers("hello Katie")
    await talk.say("claude that was a name with k")
    assert "The user says that it was: a name with k\n\n<text>\nhello caty" in talk.read_question()
    assert notes.text == "Dear Ann, hello Katie"


@pytest.mark.parametrize("words", ["fix that", "that was wrong", "shorten that to clip"])
async def test_a_dictation_that_is_not_there_is_left_alone(talk: Talk, words: str) -> None:
    notes = await dictate(talk, "hello caty")
    notes.write("!")
    await talk.say(f"claude {words}")
    assert talk.notes == [
        "Your last dictation is not before the cursor any more, so nothing was changed."
    ]
    assert (notes.text, notes.anchor, notes.caret) == ("Dear Ann, hello caty!", 21, 21)
    assert talk.fake.bodies("/v1/messages") == []


async def test_without_community_there_is_no_dictation(make_talk: MakeTalk) -> None:
    talk = make_talk()
    talk.world.open()
    await talk.say("claude fix that")
    assert talk.notes == ["The source “that” needs the community package."]


async def test_before_any_dictation_there_is_nothing_to_fix(talk: Talk) -> None:
    talk.world.open()
    await talk.say("claude fix that")
    assert talk.notes == ["You have not dictated anything yet."]


async def test_a_long_dictation_is_not_selected(talk: Talk) -> None:
    await dictate(talk, "hello")
    talk.world.last_dictated = "x" * 2001
    await talk.say("claude fix that")
    assert talk.notes[0].startswith("Your last dictation is too long")


async def test_commands_stand_beside_others_in_a_phrase(talk: Talk, field: App) -> None:
    talk.world.add_commands("tail: key(end)\n")
    talk.script_answers("!")
    await talk.say("claude close tail claude ask for a mark")
    assert field.text == "one two three!"
    assert talk.notes == []


@pytest.mark.parametrize(
    ("words", "pauses"),
    [
        ("claude history", False),
        ("claude history tail", True),
        ("tail claude history", True),
        ("claude use opus", False),
        ("claude help history", False),
    ],
)
async def test_only_a_phrase_of_ours_lets_the_insertion_continue(
    talk: Talk, words: str, pauses: bool
) -> None:
    notes = talk.world.open()
    talk.world.add_commands("tail: key(end)\n")
    talk.fake.script(Reply((Text("word " * 400),), delay=0.01))
    talk.world.say("claude ask for much")
    await talk.wait_until(lambda: "word" in notes.text)
    talk.world.say(words)
    assert any(note.startswith("Paused because you spoke") for note in talk.notes) == pauses
    await talk.say("claude stop")


@pytest.mark.parametrize(
    "words", ["tail claude approve", "claude deny tail", "tail claude insert", "claude undo tail"]
)
def test_risky_and_late_commands_are_not_chained(talk: Talk, words: str) -> None:
    talk.world.open()
    talk.world.add_commands("tail: key(end)\n")
    with pytest.raises(AssertionError):
        talk.world.say(words)
