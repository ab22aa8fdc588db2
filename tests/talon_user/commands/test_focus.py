"""Tests of changes of window, other phrases and a second question during an answer."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import Talk
from tests.talon_world.apps import App, CodeEditor, SlowPaster

TEXT = "".join(f"line {number}\n" for number in range(40))


async def start_answer(talk: Talk, app: type[App] = App) -> App:
    talk.fake.script(Reply((Text(TEXT),), delay=0.005))
    window = talk.world.open(app, "first")
    talk.world.say("claude ask for much")
    await talk.wait_until(lambda: window.text)
    return window


@pytest.mark.parametrize("mode", ["stream", "lines", "at_end"])
async def test_no_text_is_lost_when_the_focus_moves(talk: Talk, mode: str) -> None:
    talk.world.set_setting("user.claude_insert_mode", mode)
    talk.fake.script(Reply((Text(TEXT),), delay=0.005))
    first = talk.world.open(App, "first")
    talk.world.say("claude ask for much")
    await talk.wait_until(lambda: talk.fake.requests)
    other = talk.world.open(App, "other")
    await talk.wait_until_idle()
    written = first.text
    assert (TEXT.startswith(written), other.text) == (True, "")
    first.focus()
    await talk.wait_until_idle()
    assert first.text == written
    await talk.say("claude resume")
    assert (first.text, other.text) == (TEXT, "")


async def test_claude_here_moves_the_rest_to_another_window(talk: Talk) -> None:
    first = await start_answer(talk)
    other = talk.world.open(CodeEditor, "other")
    talk.world.advance(1)
    await talk.say("claude here")
    assert first.text
    assert first.text + other.text == TEXT


async def test_another_packages_command_pauses(talk: Talk) -> None:
    talk.world.add_commands("tail: key(end)\n")
    first = await start_answer(talk)
    talk.world.say("tail")
    await talk.wait_until_idle()
    assert first.text != TEXT
    assert talk.notes == ["Paused because you spoke. Say “claude resume” or “claude stop”."]
    await talk.say("claude resume")
    assert first.text == TEXT


async def test_our_commands_do_not_pause(talk: Talk) -> None:
    first = await start_answer(talk)
    talk.world.say("claude use opus")
    await talk.wait_until_idle()
    assert (first.text, talk.notes) == (TEXT, ["Using Opus 5.5 from now on."])


async def test_our_command_after_another_in_one_phrase_pauses(talk: Talk) -> None:
    talk.world.add_commands("tail: key(end)\n")
    first = await start_answer(talk)
    talk.world.say("tail claude ask more")
    await talk.wait_until(lambda: talk.notes)
    await talk.wait_until_idle()
    assert first.text != TEXT
    await talk.say("claude stop")


async def test_dictation_that_begins_with_the_prefix_pauses(talk: Talk) -> None:
    first = await start_answer(talk)
    talk.world.modes = {"dictation"}
    talk.world.say("claude is what i call it")
    await talk.wait_until_idle()
    assert talk.notes == ["Paused because you spoke. Say “claude resume” or “claude stop”."]
    assert "claude is what i call it" in first.text
    talk.world.modes = {"command"}
    await talk.say("claude stop")


async def test_two_questions_are_answered_in_order(talk: Talk) -> None:
    talk.script_answers("one. ", "two. ")
    window = talk.world.open()
    talk.world.say("claude ask first")
    talk.world.say("claude ask second")
    await talk.wait_until_idle()
    assert window.text == "one. two. "
    assert [talk.read_question(0), talk.read_question(1)] == ["first", "second"]


async def test_a_queued_question_starts_only_in_its_window(talk: Talk) -> None:
    talk.script_answers("one. ", "two. ")
    first = talk.world.open(App, "first")
    talk.world.say("claude to clip ask first")
    talk.world.say("claude ask second")
    other = talk.world.open(App, "other")
    await talk.wait_until_idle()
    assert (first.text, other.text, len(talk.fake.bodies("/v1/messages"))) == ("", "", 1)
    await talk.say("claude here")
    assert (first.text, other.text) == ("", "two. ")


async def test_a_copy_during_the_answer_survives(talk: Talk) -> None:
    talk.world.clipboard.user_copies("old")
    slow = await start_answer(talk, SlowPaster)
    talk.world.clipboard.user_copies("new", html="<i>new</i>")
    await talk.wait_until_idle()
    await talk.say("claude resume")
    assert slow.text == TEXT
    assert talk.world.clipboard.formats == {"text/plain": "new", "html": "<i>new</i>"}


async def test_a_slow_answer_blocks_nothing(talk: Talk) -> None:
    talk.fake.default = {"text": "late", "first_delay": 0.5}
    notes = talk.world.open()
    talk.world.say("claude ask something")
    talk.world.advance(30)
    assert talk.world.script.slowest < 0.02
    await talk.wait_until_idle()
    assert notes.text == "late"
