"""Stop, undo, retry, go on, threads and history, from the spoken word on."""

from __future__ import annotations

import json
import logging

import pytest
from openai import AsyncOpenAI, NotFoundError

from bridge.settings import find_paths
from tests.fake_anthropic.script import Reply, Text, rate_limited
from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App, Chat, CodeEditor, CompletionPopup, SlowPaster, Terminal

LONG = "word " * 400
GRAPHEMES = "A👩‍👩‍👧 née e\u0301 🇩🇪🇫🇷 👍🏽\n\ttab [x](y)\n"


def slowly(text: str = LONG) -> Reply:
    return Reply((Text(text),), delay=0.01)


async def started(talk: Talk, app: type[App] = App) -> App:
    talk.fake.script(slowly())
    window = talk.world.open(app)
    talk.world.say("claude ask for much")
    await talk.until(lambda: "word" in window.text)
    return window


@pytest.mark.parametrize("mode", ["command", "dictation", "sleep"])
async def test_stop_is_heard_in_every_mode_and_ends_generation(talk: Talk, mode: str) -> None:
    window = await started(talk)
    talk.world.modes = {mode}
    await talk.say("claude stop")
    await talk.fake.wait_closed(1, timeout=2)
    assert talk.fake.requests[0].closed_early
    assert LONG.startswith(window.text)
    assert (len(window.text) < len(LONG), talk.notes) == (True, [])


async def test_a_hot_key_stops(talk: Talk) -> None:
    talk.world.add_commands("key(f13): user.claude_stop()\n")
    await started(talk)
    talk.world.press_key("f13")
    await talk.fake.wait_closed(1, timeout=2)
    await talk.idle()


@pytest.mark.parametrize("noise", ["hiss", "pop"])
async def test_a_noise_stops_where_the_setting_says_so(make_talk: MakeTalk, noise: str) -> None:
    talk = make_talk()
    talk.world.set_setting("user.claude_stop_noise", noise)
    talk.world.reload()
    await talk.idle()
    await started(talk)
    {"hiss": talk.world.pop, "pop": talk.world.hiss}[noise]()
    talk.world.advance(1)
    assert talk.world.cron_jobs != []
    {"hiss": talk.world.hiss, "pop": talk.world.pop}[noise]()
    await talk.fake.wait_closed(1, timeout=2)
    await talk.idle()
    talk.world.hiss()
    assert talk.notes == []


async def test_without_the_setting_noises_are_somebody_elses(talk: Talk, notes: App) -> None:
    talk.answers("done")
    talk.world.say("claude ask hi")
    talk.world.hiss()
    talk.world.pop()
    await talk.idle()
    assert notes.text == "done"


@pytest.mark.parametrize("app", [App, CodeEditor, CompletionPopup, SlowPaster, Chat])
@pytest.mark.parametrize("text", ["Just this.", GRAPHEMES], ids=["plain", "graphemes"])
async def test_undo_takes_out_what_is_ours_and_nothing_else(
    any_talk: Talk, app: type[App], text: str
) -> None:
    window = any_talk.world.open(app)
    window.write("before after")
    window.click(7)
    any_talk.world.clipboard.user_copies("mine")
    any_talk.answers(text)
    await any_talk.say("claude ask something")
    assert window.text == f"before {text}after"
    await any_talk.say("claude undo")
    assert (window.text, window.caret) == ("before after", 7)
    assert (any_talk.world.clipboard.text, any_talk.notes) == ("mine", [])
    await any_talk.say("claude undo")
    assert any_talk.notes == ["Nothing to undo."]


async def test_undo_brings_back_what_was_replaced(any_talk: Talk) -> None:
    window = any_talk.world.open()
    window.write("one two three")
    window.select("two")
    any_talk.answers("ZWEI")
    await any_talk.say("claude fix grammar this")
    assert window.text == "one ZWEI three"
    await any_talk.say("claude undo")
    assert window.text == "one two three"


async def test_undo_leaves_what_somebody_has_touched(talk: Talk, notes: App) -> None:
    talk.answers("Hello there")
    await talk.say("claude ask something")
    notes.write("!")
    await talk.say("claude undo")
    assert (notes.text, notes.caret, notes.anchor) == ("Hello there!", 12, 12)
    said = "Nothing was changed: the text before the cursor is not what Claude wrote."
    assert talk.notes == [said]


@pytest.mark.parametrize(
    ("app", "elsewhere", "why"),
    [
        (Terminal, False, "Cannot undo in a terminal"),
        (App, True, "Claude's last text is in another window"),
    ],
)
async def test_undo_says_why_it_cannot(
    talk: Talk, app: type[App], elsewhere: bool, why: str
) -> None:
    window = talk.world.open(app)
    talk.answers("ls")
    await talk.say("claude ask something")
    other = talk.world.open() if elsewhere else window
    await talk.say("claude undo")
    assert (window.text, other.text if elsewhere else "") == ("ls", "")
    assert talk.notes[0].startswith(why)


async def test_undo_in_the_middle_stops_first(talk: Talk) -> None:
    window = await started(talk)
    await talk.say("claude undo")
    await talk.fake.wait_closed(1, timeout=2)
    assert (window.text, talk.notes) == ("", [])


async def test_retry_puts_the_new_answer_in_the_place_of_the_old(any_talk: Talk) -> None:
    window = any_talk.world.open()
    window.write("one two three")
    window.select("two")
    any_talk.answers("ZWEI", "DEUX")
    await any_talk.say("claude translate to german this")
    await any_talk.say("claude retry with opus")
    assert window.text == "one DEUX three"
    assert any_talk.asked(0) == any_talk.asked(1)
    models = [body["model"] for body in any_talk.fake.bodies("/v1/messages")]
    assert models == ["claude-sonnet-5-5", "claude-opus-5-5"]
    assert len(any_talk.fake.bodies("/v1/messages")[1]["messages"]) == 1
    await any_talk.say("claude undo")
    assert (window.text, any_talk.notes) == ("one two three", [])


async def test_a_retry_after_a_touch_writes_at_the_caret(talk: Talk, notes: App) -> None:
    talk.answers("Hello", "Hi")
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
    talk.answers("Hello")
    await talk.say("claude retry")
    assert notes.text == "Hello"


async def test_again_on_another_thing(talk: Talk, notes: App) -> None:
    notes.write("first")
    await talk.say("claude make formal all to clip")
    talk.world.clipboard.user_copies("second")
    await talk.say("claude again on clip")
    assert talk.asked(1) == talk.asked(0).replace("first", "second")


@pytest.mark.parametrize("words", ["retry", "again on this"])
async def test_there_must_be_something_to_ask_again(talk: Talk, notes: App, words: str) -> None:
    await talk.say(f"claude {words}")
    assert talk.notes == ["There is no question yet. Say “claude ask” and your question."]


def turns(talk: Talk) -> list[str]:
    messages = talk.fake.bodies("/v1/messages")[-1]["messages"]
    return ["".join(block["text"] for block in turn["content"]) for turn in messages]


async def test_questions_go_on_in_a_thread_that_the_bridge_keeps(talk: Talk, notes: App) -> None:
    talk.answers("Paris.", "Two million.", "Berlin.")
    await talk.say("claude ask what is the capital")
    await talk.say("claude ask how many live there")
    assert turns(talk) == ["what is the capital", "Paris.", "how many live there"]
    await talk.say("claude new thread")
    await talk.say("claude ask again")
    assert turns(talk) == ["again"]
    assert talk.notes == ["The next question starts a new thread."]


async def test_a_retry_goes_on_from_where_the_first_try_did(talk: Talk, notes: App) -> None:
    talk.answers("Paris.", "Two.", "Three.", "Four.")
    await talk.say("claude ask what is the capital")
    await talk.say("claude ask how many live there")
    await talk.say("claude retry")
    assert turns(talk) == ["what is the capital", "Paris.", "how many live there"]
    await talk.say("claude ask and now")
    assert turns(talk)[3:] == ["Three.", "and now"]


async def test_a_prompt_begins_a_thread_that_a_question_goes_on_in(talk: Talk, notes: App) -> None:
    talk.answers("One.", "Two.", "Three.")
    await talk.say("claude ask one")
    notes.write("x")
    await talk.say("claude summarize line to clip")
    assert len(turns(talk)) == 1
    await talk.say("claude ask and now")
    assert turns(talk)[1:] == ["Two.", "and now"]


async def test_a_thread_outlives_a_reload_and_ends_by_the_setting(talk: Talk, notes: App) -> None:
    await talk.say("claude ask one")
    talk.world.reload()
    await talk.idle()
    await talk.say("claude ask two")
    assert len(turns(talk)) == 3
    talk.world.set_setting("user.claude_thread_minutes", 0.0)
    await talk.say("claude ask three")
    assert turns(talk) == ["three"]


async def test_continue_goes_on_after_an_answer_that_was_cut_off(talk: Talk, notes: App) -> None:
    talk.fake.script(Reply((Text("It goes on "),), stop_reason="max_tokens"))
    await talk.say("claude ask for much")
    cut = "Claude's answer reached its length limit. Say “claude continue”."
    assert talk.notes == [cut]
    talk.answers("and on.")
    await talk.say("claude continue")
    assert notes.text == "It goes on and on."
    assert turns(talk)[:2] == ["for much", "It goes on "]


async def test_there_must_be_something_to_go_on_from(talk: Talk, notes: App) -> None:
    await talk.say("claude continue")
    assert talk.notes == ["There is no answer to continue."]


async def test_forget_that_goes_one_back_and_deletes_it_in_the_bridge(
    talk: Talk, notes: App, client: AsyncOpenAI
) -> None:
    talk.answers("One.", "Secret.", "Three.")
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
    assert turns(talk) == ["one", "One.", "three"]
    await talk.say("claude history")
    assert "Secret" not in talk.notes[-1]


async def test_with_nothing_to_forget_it_says_so(talk: Talk, notes: App) -> None:
    await talk.say("claude forget that")
    assert talk.notes == ["There is no answer to forget."]


async def test_history_shows_questions_and_answers(make_talk: MakeTalk) -> None:
    talk = make_talk(gui={"canvas"})
    talk.world.open()
    talk.answers("Paris.", "Rome.")
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
    talk.answers("Secret answer.")
    await talk.say("claude ask secret question")
    (record,) = [one for one in caplog.records if one.name == "claude"]
    assert record.getMessage().startswith("resp_")
    assert record.getMessage().endswith(" s")
    assert "ecret" not in record.getMessage()
