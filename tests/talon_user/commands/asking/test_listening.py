"""Tests of questions over several phrases."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App


@pytest.fixture(params=[False, True], ids=["commands first", "text first"])
def talk(talk: Talk, request: pytest.FixtureRequest) -> Talk:
    """A Talk whose Talon prefers commands or free text."""
    talk.world.prefers_text = request.param
    talk.world.add_commands("tail: key(end)\n")
    return talk


@pytest.mark.parametrize("sent", ["claude send", "the moon claude send"])
async def test_a_question_is_spoken_in_several_phrases(talk: Talk, notes: App, sent: str) -> None:
    talk.script_answers("Far.")
    await talk.say("claude opus listen")
    await talk.say("how far")
    await talk.say("tail is")
    assert talk.fake.bodies("/v1/messages") == []
    await talk.say(sent)
    assert talk.read_question() == f"how far tail is {sent.removesuffix('claude send')}".strip()
    assert talk.fake.bodies("/v1/messages")[-1]["model"] == "claude-opus-5-5"
    assert (notes.text, talk.world.modes) == ("Far.", {"command"})


async def test_a_source_and_a_destination_are_kept(talk: Talk, notes: App) -> None:
    talk.world.clipboard.user_copies("copied")
    talk.script_answers("NEW")
    for words in ("claude on clip to clip listen", "what", "is it", "claude send"):
        await talk.say(words)
    assert talk.read_question() == "what is it\n\n<text>\ncopied\n</text>"
    assert (notes.text, talk.world.clipboard.text) == ("", "NEW")


async def test_a_question_can_be_cancelled(talk: Talk, notes: App) -> None:
    for words in ("claude listen", "how far", "claude cancel"):
        await talk.say(words)
    assert talk.notes[-1] == "Nothing was sent."
    assert talk.world.modes == {"command"}
    await talk.say("tail")
    assert talk.fake.bodies("/v1/messages") == []


async def test_an_empty_question_is_reported(talk: Talk, notes: App) -> None:
    await talk.say("claude listen")
    await talk.say("claude send")
    assert talk.notes[-1].startswith("No question heard.")
    assert talk.world.modes == {"command"}


async def test_the_corner_shows_the_words(make_talk: MakeTalk) -> None:
    talk = make_talk(gui={"canvas"})
    talk.world.open()
    await talk.say("claude listen")
    assert talk.world.seen == ["Listening"]
    await talk.say("how far")
    assert talk.world.seen == ["Listening: how far"]
    await talk.say("claude cancel")
    assert talk.world.seen == []


async def test_an_answer_continues_while_the_next_question_is_spoken(
    talk: Talk, notes: App
) -> None:
    talk.fake.script(Reply((Text("word " * 400),), delay=0.01))
    talk.world.say("claude ask for much")
    await talk.wait_until(lambda: "word" in notes.text)
    talk.world.say("claude listen")
    talk.world.say("how far")
    assert not any(note.startswith("Paused") for note in talk.notes)
    talk.world.say("claude stop")
    await talk.fake.wait_closed(1, timeout=2)
    await talk.wait_until_idle()
    assert talk.world.modes == {"command"}


async def test_a_reload_leaves_the_mode(talk: Talk, notes: App) -> None:
    await talk.say("claude listen")
    talk.world.reload()
    await talk.wait_until_idle()
    assert talk.world.modes == {"command"}
