"""Tests of stop, undo, retry, continue, threads and history, from the spoken command on."""

from __future__ import annotations

import json
import logging

import pytest
from openai import AsyncOpenAI, NotFoundError

from bridge.settings import find_paths
from tests.fake_anthropic.script import Reply, Text, rate_limited
from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, Chat, CodeEditor, CompletionPopup, SlowPaster, Terminal

LONG = "word " * 400
GRAPHEMES = "A👩‍👩‍👧 née e\u0301 🇩🇪🇫🇷 👍🏽\n\ttab [x](y)\n"


def reply_slowly(text: str = LONG) -> Reply:
    return Reply((Text(text),), delay=0.01)


async def start_answer(talk: Talk, app: type[App] = App) -> App:
    talk.fake.script(reply_slowly())
    window = talk.world.open(app)
    talk.world.say("claude ask for much")
    await talk.wait_until(lambda: "word" in window.text)
    return window


@pytest.mark.parametrize("mode", ["command", "dictation", "sleep"])
async def test_stop_works_in_every_mode(talk: Talk, mode: str) -> None:
    window = await start_answer(talk)
    talk.world.modes = {mode}
    await talk.say("claude stop")
    await talk.fake.wait_closed(1, timeout=30)
    assert talk.fake.requests[0].closed_early
    assert LONG.startswith(window.text)
    assert (len(window.text) < len(LONG), talk.notes) == (True, [])


async def test_a_hot_key_stops_claude(talk: Talk) -> None:
    talk.world.add_commands("key(f13): user.claude_stop()\n")
    await start_answer(talk)
    talk.world.press_key("f13")
    await talk.fake.wait_closed(1, timeout=30)
    await talk.wait_until_idle()


@pytest.mark.parametrize("noise", ["hiss", "pop"])
async def test_the_noise_from_the_setting_stops_claude(make_talk: MakeTalk, noise: str) -> None:
    talk = make_talk()
    talk.world.set_setting("user.claude_stop_noise", noise)
    talk.world.reload()
    await talk.wait_until_idle()
    await start_answer(talk)
    {"hiss": talk.world.pop, "pop": talk.world.hiss}[noise]()
    talk.world.advance(1)
    assert talk.world.cron_jobs != []
    {"hiss": talk.world.hiss, "pop": talk.world.pop}[noise]()
    talk.world.advance(0.15)
    await talk.fake.wait_closed(1, timeout=30)
    await talk.wait_until_idle()
    talk.world.hiss()
    assert talk.notes == []


def test_a_hiss_of_speech_does_not_stop_claude(
    world: TalonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set_setting("user.claude_stop_noise", "hiss")
    world.reload()
    bridge = ScriptedBridge()
    bridge.attach(world, monkeypatch)
    notes = world.open()
    world.say("claude ask hi")
    world.hiss()
    world.advance(0.03)
    world.hiss(active=False)
    world.advance(0.15)
    bridge.answer(world, "done")
    assert notes.text == "done"


async def test_without_the_setting_noises_do_nothing(talk: Talk, notes: App) -> None:
    talk.script_answers("done")
    talk.world.say("claude ask hi")
    talk.world.hiss()
    talk.world.pop()
    await talk.wait_until_idle()
    assert notes.text == "done"


@pytest.mark.parametrize("app", [App, CodeEditor, CompletionPopup, SlowPaster, Chat])
@pytest.mark.parametrize("text", ["Just this.", GRAPHEMES], ids=["plain", "graphemes"])
async def test_undo_removes_only_the_answer(any_talk: Talk, app: type[App], text: str) -> None:
    window = any_talk.world.open(app)
    window.write("before after")
    window.click(7)
    any_talk.world.clipboard.user_copies("mine")
    any_talk.script_answers(text)
    await any_talk.say("claude ask something")
    assert window.text == f"before {text}after"
    await any_talk.say("claude undo")
    assert (window.text, window.caret) == ("before after", 7)
    assert (any_talk.world.clipboard.text, any_talk.notes) == ("mine", [])
    await any_talk.say("claude undo")
    assert any_talk.notes == ["Nothing to undo."]


async def test_undo_restores_replaced_text(any_talk: Talk) -> None:
    window = any_talk.world.open()
    window.write("one two three")
    window.select("two")
    any_talk.script_answers("ZWEI")
    await any_talk.say("claude fix grammar this")
    assert window.text == "one ZWEI three"
    await any_talk.say("claude undo")
    assert window.text == "one two three"


async def test_undo_leaves_changed_text_alone(talk: Talk, notes: App) -> None:
    talk.script_answers("Hello there")
    await talk.say("claude ask something")
    notes.write("!")
    await talk.say("claude undo")
    assert (notes.text, notes.caret, notes.anchor) == ("Hello there!", 12, 12)
    notice = "Nothing was changed: the text before the cursor is not what Claude wrote."
    assert talk.notes == [notice]


@pytest.mark.parametrize(
    ("app", "other_window", "reason"),
    [
        (Terminal, False, "Cannot undo in a terminal"),
        (App, True, "Claude's last text is in another window"),
    ],
)
async def test_undo_reports_why_it_cannot_run(
    talk: Talk, app: type[App], other_window: bool, reason: str
) -> None:
    window = talk.world.open(app)
    talk.script_answers("ls")
    await talk.say("claude ask something")
    other = talk.world.open() if other_window else window
    await talk.say("claude undo")
    assert (window.text, other.text if other_window else "") == ("ls", "")
    assert talk.notes[0].startswith(reason)


async def test_undo_during_an_answer_stops_it_first(talk: Talk) -> None:
    window = await start_answer(talk)
    await talk.say("claude undo")
    await talk.fake.wait_closed(1, timeout=30)
    assert (window.text, talk.notes) == ("", [])


async def test_retry_replaces_the_old_answer(any_talk: Talk) -> None:
    window = any_talk.world.open()
    window.write("one two three")
    window.select("two")
    any_talk.script_answers("ZWEI", "DEUX")
    await any_talk.say("claude translate to german this")
    await any_talk.say("claude retry with opus")
    assert window.text == "one DEUX three"
    assert any_talk.read_question(0) == any_talk.read_question(1)
    models = [body["model"] for body in any_talk.fake.bodies("/v1/messages")]
    assert models == ["claude-sonnet-5-5", "claude-opus-5-5"]
    assert len(any_talk.fake.bodies("/v1/messages")[1]["messages"]) == 1
    await any_talk.say("claude undo")
    assert (window.text, any_talk.notes) == ("one two three", [])


async def test_retry_below_whole_lines_leaves_one_line_break(talk: Talk, notes: App) -> None:
    notes.write("one\ntwo\nthree")
    notes.select("one\ntwo\n")
    talk.script_answers("OLD", "NEW")
    await talk.say("claude make longer this below")
    await talk.say("claude retry")
    assert notes.text == "one\ntwo\nNEW\nthree"


async def test_retry_after_a_change_inserts_at_the_caret(talk: Talk, notes: App) -> None:
    talk.script_answers("Hello", "Hi")
    await talk.say("claude ask something")
    notes.write("! ")
    await talk.say("claude retry")
    assert notes.text == "Hello! Hi"
    assert talk.notes[0].endswith(
        "not what Claude wrote. The new answer is inserted at the cursor."
    )


async def test_retry_after_a_failure_asks_again(talk: Talk, notes: App) -> None:
    talk.fake.script(rate_limited(7))
    await talk.say("claude ask something")
    assert talk.notes[-1].endswith("Wait 7 s, then say “claude retry”.")
    talk.script_answers("Hello")
    await talk.say("claude retry")
    assert notes.text == "Hello"


async def test_again_on_asks_about_another_source(talk: Talk, notes: App) -> None:
    notes.write("first")
    await talk.say("claude make formal all to clip")
    talk.world.clipboard.user_copies("second")
    await talk.say("claude again on clip")
    assert talk.read_question(1) == talk.read_question(0).replace("first", "second")


@pytest.mark.parametrize("words", ["retry", "again on this"])
async def test_retry_without_a_question_is_reported(talk: Talk, notes: App, words: str) -> None:
    await talk.say(f"claude {words}")
    assert talk.notes == ["There is no question yet. Say “claude ask” and your question."]


def read_turns(talk: Talk) -> list[str]:
    messages = talk.fake.bodies("/v1/messages")[-1]["messages"]
    return ["".join(block["text"] for block in turn["content"]) for turn in messages]


async def test_questions_continue_a_thread(talk: Talk, notes: App) -> None:
    talk.script_answers("Paris.", "Two million.", "Berlin.")
    await talk.say("claude ask what is the capital")
    await talk.say("claude ask how many live there")
    assert read_turns(talk) == ["what is the capital", "Paris.", "how many live there"]
    await talk.say("claude new thread")
    await talk.say("claude ask again")
    assert read_turns(talk) == ["again"]
    assert talk.notes == ["The next question starts a new thread."]


async def test_a_retry_continues_from_the_same_response(talk: Talk, notes: App) -> None:
    talk.script_answers("Paris.", "Two.", "Three.", "Four.")
    await talk.say("claude ask what is the capital")
    await talk.say("claude ask how many live there")
    await talk.say("claude retry")
    assert read_turns(talk) == ["what is the capital", "Paris.", "how many live there"]
    await talk.say("claude ask and now")
    assert read_turns(talk)[3:] == ["Three.", "and now"]


async def test_a_named_prompt_starts_a_thread(talk: Talk, notes: App) -> None:
    talk.script_answers("One.", "Two.", "Three.")
    await talk.say("claude ask one")
    notes.write("x")
    await talk.say("claude summarize line to clip")
    assert len(read_turns(talk)) == 1
    await talk.say("claude ask and now")
    assert read_turns(talk)[1:] == ["Two.", "and now"]


async def test_a_thread_survives_a_reload_and_ends_by_the_setting(talk: Talk, notes: App) -> None:
    await talk.say("claude ask one")
    talk.world.reload()
    await talk.wait_until_idle()
    await talk.say("claude ask two")
    assert len(read_turns(talk)) == 3
    talk.world.set_setting("user.claude_thread_minutes", 0.0)
    await talk.say("claude ask three")
    assert read_turns(talk) == ["three"]


async def test_continue_extends_a_truncated_answer(talk: Talk, notes: App) -> None:
    talk.fake.script(Reply((Text("It goes on "),), stop_reason="max_tokens"))
    await talk.say("claude ask for much")
    cut = "Claude's answer reached its length limit. Say “claude continue”."
    assert talk.notes == [cut]
    talk.script_answers("and on.")
    await talk.say("claude continue")
    assert notes.text == "It goes on and on."
    assert read_turns(talk)[:2] == ["for much", "It goes on "]


async def test_continue_does_not_wait_for_an_answer_that_is_paused(talk: Talk, notes: App) -> None:
    talk.script_answers("One.", "Two.")
    await talk.say("claude ask one")
    talk.world.say("claude ask two")
    talk.world.open(App, "other")
    await talk.wait_until(lambda: talk.notes)
    await talk.say("claude continue")
    paused = "Claude's answer is paused. Say “claude resume”, or “claude stop” first."
    assert talk.notes[-1] == paused
    notes.focus()
    await talk.say("claude resume")
    assert notes.text == "One.Two."


async def test_continue_without_an_answer_is_reported(talk: Talk, notes: App) -> None:
    await talk.say("claude continue")
    assert talk.notes == ["There is no answer to continue."]


async def test_forget_that_deletes_the_last_answer_in_the_bridge(
    talk: Talk, notes: App, client: AsyncOpenAI
) -> None:
    talk.script_answers("One.", "Secret.", "Three.")
    await talk.say("claude ask one")
    await talk.say("claude ask two")
    first, second = json.loads((find_paths().data / "talon.json").read_text())["thread"]
    assert (await client.responses.retrieve(second)).output_text == "Secret."
    await talk.say("claude forget that")
    assert talk.notes == ["The last answer is deleted."]
    with pytest.raises(NotFoundError):
        await client.responses.retrieve(second)
    assert (await client.responses.retrieve(first)).output_text == "One."
    await talk.say("claude ask three")
    assert read_turns(talk) == ["one", "One.", "three"]
    await talk.say("claude history")
    assert "Secret" not in talk.notes[-1]


async def test_forget_without_an_answer_is_reported(talk: Talk, notes: App) -> None:
    await talk.say("claude forget that")
    assert talk.notes == ["There is no answer to forget."]


async def test_history_shows_questions_and_answers(make_talk: MakeTalk) -> None:
    talk = make_talk(gui={"canvas"})
    talk.world.open()
    talk.script_answers("Paris.", "Rome.")
    await talk.say("claude ask of france")
    await talk.say("claude ask of italy")
    await talk.say("claude history")
    assert talk.world.seen == [
        "Recent questions", "", "› of italy  (default)", "   Rome.", "› of france  (default)",
        "   Paris.",
    ]  # fmt: skip


async def test_only_ids_and_times_are_logged(
    talk: Talk, notes: App, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "claude")
    talk.script_answers("Secret answer.")
    await talk.say("claude ask secret question")
    (record,) = [one for one in caplog.records if one.name == "claude"]
    assert record.getMessage().startswith("resp_")
    assert record.getMessage().endswith(" s")
    assert "ecret" not in record.getMessage()
