"""Tests of the context, of prompts on the last answer, and of the clipboard as a prompt."""

from __future__ import annotations

import pytest

from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App, PasswordSafe

NOTICE = (
    "Claude remembers {} characters. They go with every question until you say "
    "“claude forget context”."
)


async def test_a_context_goes_with_every_question(talk: Talk, notes: App) -> None:
    notes.write("Ann is my boss.")
    notes.select("Ann is my boss.")
    talk.world.clipboard.user_copies("Bob is her dog.")
    await talk.say("claude remember this")
    await talk.say("claude remember clip")
    assert talk.notes == [NOTICE.format(15), NOTICE.format(30)]
    for _ in range(2):
        await talk.say("claude on clip ask who is it")
        assert talk.read_question() == (
            "<context>\nAnn is my boss.\n\nBob is her dog.\n</context>\n\n"
            "who is it\n\n<text>\nBob is her dog.\n</text>"
        )
        assert "between <context> and </context> is background" in talk.read_instructions()
    await talk.say("claude forget context")
    await talk.say("claude new thread claude ask who is it")
    assert talk.read_question() == "who is it"
    assert talk.world.clipboard.text == "Bob is her dog."


async def test_the_corner_shows_the_context_while_it_is_set(make_talk: MakeTalk) -> None:
    talk = make_talk(gui={"canvas"})
    talk.world.open()
    talk.world.clipboard.user_copies("x" * 1200)
    await talk.say("claude remember clip")
    assert "Claude remembers 1,200 characters" in talk.world.seen
    await talk.say("claude forget context")
    assert talk.world.seen == []


async def test_what_is_remembered_can_be_shown(talk: Talk, notes: App) -> None:
    await talk.say("claude context")
    talk.world.clipboard.user_copies("Bob is her dog.")
    await talk.say("claude remember clip")
    await talk.say("claude context")
    assert talk.notes[0] == "Nothing is remembered."
    assert talk.notes[-1].strip() == "Bob is her dog."


@pytest.mark.parametrize(
    ("source", "notice"),
    [
        ("this", "Nothing is selected."),
        ("screen", "Only text can be remembered. Say “remember this”, “clip”, “all”, “line” or "
         "“reply”."),
    ],
)  # fmt: skip
async def test_what_cannot_be_remembered_is_reported(
    talk: Talk, notes: App, source: str, notice: str
) -> None:
    await talk.say(f"claude remember {source}")
    assert talk.notes == [notice]


async def test_nothing_is_remembered_from_a_denied_app(talk: Talk) -> None:
    talk.world.open(PasswordSafe)
    talk.world.clipboard.user_copies("swordfish")
    await talk.say("claude remember clip")
    talk.world.open()
    await talk.say("claude ask hi")
    assert talk.read_question() == "hi"


async def test_a_context_has_a_limit(talk: Talk, notes: App) -> None:
    talk.world.clipboard.user_copies("x" * 150_000)
    await talk.say("claude remember clip")
    await talk.say("claude remember clip")
    assert talk.notes[1].startswith("Claude can remember 200,000 characters at most.")
    await talk.say("claude forget context")
    await talk.say("claude remember clip")
    assert talk.notes[-1] == NOTICE.format("150,000")


async def test_a_prompt_on_the_last_answer_replaces_it(talk: Talk, notes: App) -> None:
    talk.script_answers("a long answer", "short")
    await talk.say("claude ask for something")
    await talk.say("claude and shorten a lot")
    assert talk.read_question().endswith("\nAlso: a lot\n\n<text>\na long answer\n</text>")
    messages = talk.fake.bodies("/v1/messages")[-1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert notes.text == "short"


async def test_a_prompt_on_the_last_answer_can_have_a_destination(talk: Talk, notes: App) -> None:
    talk.script_answers("a long answer", "short")
    await talk.say("claude ask for something")
    await talk.say("claude and shorten to clip")
    assert (notes.text, talk.world.clipboard.text) == ("a long answer", "short")


async def test_a_prompt_in_the_thread_can_be_about_a_source(talk: Talk, notes: App) -> None:
    notes.write("one two")
    notes.select("two")
    talk.script_answers("A number.", "zwei")
    await talk.say("claude explain this to clip")
    await talk.say("claude and translate to german this")
    messages = talk.fake.bodies("/v1/messages")[-1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert talk.read_question().endswith("<text>\ntwo\n</text>")
    assert notes.text == "one zwei"


async def test_free_words_change_the_last_answer(talk: Talk, notes: App) -> None:
    talk.script_answers("a long answer", "short")
    await talk.say("claude ask for something")
    await talk.say("claude and please make it short")
    assert talk.read_question() == "make it short\n\n<text>\na long answer\n</text>"
    assert notes.text == "short"


async def test_without_an_answer_nothing_is_chained(talk: Talk, notes: App) -> None:
    await talk.say("claude and shorten")
    assert talk.notes == ["Claude has not answered anything yet."]


async def test_the_clipboard_can_be_the_prompt(talk: Talk, notes: App) -> None:
    notes.write("one two")
    notes.select("two")
    talk.world.clipboard.user_copies("Translate to German.")
    talk.script_answers("zwei")
    await talk.say("claude apply clip")
    assert talk.read_question() == "Translate to German.\n\n<text>\ntwo\n</text>"
    assert notes.text == "one zwei"


async def test_an_empty_clipboard_is_no_prompt(talk: Talk, notes: App) -> None:
    await talk.say("claude apply clip")
    assert talk.notes == ["The clipboard has no text."]


async def test_a_locked_clipboard_is_reported(talk: Talk, notes: App) -> None:
    talk.world.clipboard.locked = True
    await talk.say("claude apply clip")
    (notice,) = talk.notes
    assert "the clipboard is locked by another program" in notice
