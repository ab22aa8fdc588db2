"""What a question is about, from the spoken word to what Claude is given."""

from __future__ import annotations

import base64
import struct

import pytest

from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App, CodeEditor, SlowPaster, Terminal

TEXT = "one two\nthree four\nfive"


def given(text: str) -> str:
    return f"\n\n<text>\n{text}\n</text>"


@pytest.mark.parametrize(
    ("source", "read"), [("this", "two\nthree"), ("all", TEXT), ("line", "three four")]
)
async def test_the_selection_the_document_or_the_line_is_read(
    any_talk: Talk, source: str, read: str
) -> None:
    notes = any_talk.world.open()
    notes.write(TEXT)
    notes.select("two\nthree")
    any_talk.world.clipboard.user_copies("mine", html="<b>mine</b>")
    await any_talk.say(f"claude on {source} ask what is it")
    assert any_talk.asked() == "what is it" + given(read)
    assert any_talk.world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}


async def test_an_app_that_copies_late_is_waited_for(talk: Talk) -> None:
    slow = talk.world.open(SlowPaster)
    slow.write("late")
    slow.select("late")
    await talk.say("claude summarize this")
    assert talk.asked().endswith(given("late"))


async def test_the_clipboard_is_read_and_stays(talk: Talk, notes: App) -> None:
    talk.world.clipboard.user_copies("copied")
    await talk.say("claude on clip ask what is it")
    assert talk.asked() == "what is it" + given("copied")
    assert talk.world.clipboard.text == "copied"


async def test_the_last_dictation_is_read_with_community(make_talk: MakeTalk) -> None:
    talk = make_talk(community=True)
    talk.world.open()
    talk.world.modes = {"dictation"}
    talk.world.say("see you to morrow")
    talk.world.modes = {"command"}
    await talk.say("claude on last ask is it right")
    assert talk.asked() == "is it right" + given("see you to morrow")


async def test_without_community_it_is_said_that_it_takes_community(talk: Talk, notes: App) -> None:
    await talk.say("claude on last ask is it right")
    assert talk.notes == ["The source “last” needs the community package."]
    assert talk.fake.bodies("/v1/messages") == []


async def test_claudes_last_answer_is_read(talk: Talk, notes: App) -> None:
    talk.answers("Forty-two.")
    await talk.say("claude ask what is the answer")
    await talk.say("claude explain reply")
    assert talk.asked().endswith(given("Forty-two."))


@pytest.mark.parametrize(
    ("source", "sides", "words"),
    [
        ("screen", (0, 0, 1920, 1080), "Sending a picture of the screen: 1920 × 1080."),
        ("window", (10, 20, 800, 600), "Sending a picture of the focused window: 800 × 600."),
    ],
)
async def test_a_picture_is_taken_shown_and_sent(
    talk: Talk, notes: App, source: str, sides: tuple[int, ...], words: str
) -> None:
    await talk.say(f"claude on {source} ask what is it")
    assert talk.notes[0] == words
    (taken,) = talk.world.captured
    assert (taken.x, taken.y, taken.width, taken.height) == sides
    content = talk.fake.bodies("/v1/messages")[-1]["messages"][-1]["content"]
    assert [block["type"] for block in content] == ["image", "text"]
    png = base64.b64decode(content[0]["source"]["data"])
    assert struct.unpack(">II", png[16:24]) == sides[2:]


async def test_a_cursorless_target_is_read(make_talk: MakeTalk) -> None:
    talk = make_talk(community=True, cursorless=True)
    talk.world.open(CodeEditor)
    talk.world.cursorless["air"] = "a = 1"
    await talk.say("claude explain air")
    assert talk.asked().endswith(given("a = 1"))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("claude summarize this", "Nothing is selected."),
        ("claude summarize all", "There is no text here."),
        ("claude summarize line", "This line is empty."),
        ("claude summarize clip", "The clipboard has no text."),
        ("claude summarize reply", "Claude has not answered anything yet."),
        ("claude ask", "No question heard. Say it right after “claude ask”, without a pause."),
    ],
)
async def test_nothing_is_asked_about_nothing(any_talk: Talk, words: str, why: str) -> None:
    notes = any_talk.world.open()
    await any_talk.say(words)
    assert any_talk.notes == [why]
    assert (notes.text, any_talk.fake.bodies("/v1/messages")) == ("", [])


async def test_a_dictation_of_nothing_is_no_question(make_talk: MakeTalk) -> None:
    talk = make_talk()
    talk.world.open()
    talk.world.builtins["dictate.parse_words"] = lambda phrase: []
    await talk.say("claude ask hm")
    assert talk.notes == ["No question heard. Say it right after “claude ask”, without a pause."]


async def test_the_line_that_an_editor_copies_by_itself_is_not_taken_for_a_selection(
    talk: Talk,
) -> None:
    editor = talk.world.open(CodeEditor)
    editor.write("one\ntwo")
    editor.click(1)
    await talk.say("claude fix it this")
    (said,) = talk.notes
    assert said == "Only the whole line was copied. Say “line” to use it, or select some text."
    assert (editor.text, editor.caret, talk.fake.bodies("/v1/messages")) == ("one\ntwo", 1, [])


async def test_a_terminal_is_never_asked_to_copy(any_talk: Talk) -> None:
    terminal = any_talk.world.open(Terminal)
    assert isinstance(terminal, Terminal)
    for source in ("this", "all", "line"):
        await any_talk.say(f"claude summarize {source}")
    assert (terminal.ran, terminal.keys) == ([], [])
    assert set(any_talk.notes) == {
        "Text in a terminal cannot be selected by keyboard. Copy it, then say “clip”."
    }
