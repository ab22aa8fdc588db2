"""Windows and phrases that come between, through the real bridge; and two at once."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import Talk
from tests.talon_world.apps import App, CodeEditor, SlowPaster

TEXT = "".join(f"line {number}\n" for number in range(40))


async def begun(talk: Talk, app: type[App] = App) -> App:
    talk.fake.script(Reply((Text(TEXT),), delay=0.005))
    window = talk.world.open(app, "first")
    talk.world.say("claude ask for much")
    await talk.until(lambda: window.text)
    return window


@pytest.mark.parametrize("mode", ["stream", "lines", "at_end"])
async def test_focus_lost_and_found_loses_nothing(talk: Talk, mode: str) -> None:
    talk.world.set_setting("user.claude_insert_mode", mode)
    talk.fake.script(Reply((Text(TEXT),), delay=0.005))
    first = talk.world.open(App, "first")
    talk.world.say("claude ask for much")
    await talk.until(lambda: talk.fake.requests)
    other = talk.world.open(App, "other")
    await talk.idle()
    written = first.text
    assert (TEXT.startswith(written), other.text) == (True, "")
    first.focus()
    await talk.idle()
    assert first.text == written
    await talk.say("claude resume")
    assert (first.text, other.text) == (TEXT, "")


async def test_here_carries_the_rest_to_another_window(talk: Talk) -> None:
    first = await begun(talk)
    other = talk.world.open(CodeEditor, "other")
    talk.world.advance(1)
    await talk.say("claude here")
    assert first.text
    assert first.text + other.text == TEXT


async def test_a_phrase_of_somebody_elses_pauses(talk: Talk) -> None:
    talk.world.add_commands("tail: key(end)\n")
    first = await begun(talk)
    talk.world.say("tail")
    await talk.idle()
    assert first.text != TEXT
    assert talk.notes == ["Paused because you spoke. Say “claude resume” or “claude stop”."]
    await talk.say("claude resume")
    assert first.text == TEXT


async def test_commands_of_ours_do_not_pause(talk: Talk) -> None:
    first = await begun(talk)
    talk.world.say("claude use opus")
    await talk.idle()
    assert (first.text, talk.notes) == (TEXT, ["Using Opus 5.5 from now on."])


async def test_a_command_of_ours_after_anothers_does(talk: Talk) -> None:
    talk.world.add_commands("tail: key(end)\n")
    first = await begun(talk)
    talk.world.say("tail claude ask more")
    await talk.until(lambda: talk.notes)
    await talk.idle()
    assert first.text != TEXT
    await talk.say("claude stop")


async def test_dictation_that_begins_with_our_word_pauses(talk: Talk) -> None:
    first = await begun(talk)
    talk.world.modes = {"dictation"}
    talk.world.say("claude is what i call it")
    await talk.idle()
    assert talk.notes == ["Paused because you spoke. Say “claude resume” or “claude stop”."]
    assert "claude is what i call it" in first.text
    talk.world.modes = {"command"}
    await talk.say("claude stop")


async def test_two_questions_at_once_are_answered_in_turn(talk: Talk) -> None:
    talk.answers("one. ", "two. ")
    window = talk.world.open()
    talk.world.say("claude ask first")
    talk.world.say("claude ask second")
    await talk.idle()
    assert window.text == "one. two. "
    assert [talk.asked(0), talk.asked(1)] == ["first", "second"]


async def test_a_question_that_waited_begins_only_in_its_own_window(talk: Talk) -> None:
    talk.answers("one. ", "two. ")
    first = talk.world.open(App, "first")
    talk.world.say("claude to clip ask first")
    talk.world.say("claude ask second")
    other = talk.world.open(App, "other")
    await talk.idle()
    assert (first.text, other.text, len(talk.fake.bodies("/v1/messages"))) == ("", "", 1)
    await talk.say("claude here")
    assert (first.text, other.text) == ("", "two. ")


async def test_copying_in_the_middle_is_kept(talk: Talk) -> None:
    talk.world.clipboard.user_copies("old")
    slow = await begun(talk, SlowPaster)
    talk.world.clipboard.user_copies("new", html="<i>new</i>")
    await talk.idle()
    assert slow.text == TEXT
    assert talk.world.clipboard.formats == {"text/plain": "new", "html": "<i>new</i>"}


async def test_an_answer_that_takes_long_to_come_waits_for_nothing_else(talk: Talk) -> None:
    talk.fake.default = {"text": "late", "first_delay": 0.5}
    notes = talk.world.open()
    talk.world.say("claude ask something")
    talk.world.advance(30)
    assert talk.world.script.slowest < 0.02
    await talk.idle()
    assert notes.text == "late"
