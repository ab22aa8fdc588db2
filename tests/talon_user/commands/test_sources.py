"""Tests of the sources, from the spoken command to what Claude receives."""

from __future__ import annotations

import base64
import struct

import pytest

from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App, CodeEditor, SlowPaster, Terminal
from tests.talon_world.gui import Image

TEXT = "one two\nthree four\nfive"


def format_text(text: str) -> str:
    return f"\n\n<text>\n{text}\n</text>"


@pytest.mark.parametrize(
    ("source", "read"), [("this", "two\nthree"), ("all", TEXT), ("line", "three four")]
)
async def test_selection_document_and_line_are_read(any_talk: Talk, source: str, read: str) -> None:
    notes = any_talk.world.open()
    notes.write(TEXT)
    notes.select("two\nthree")
    any_talk.world.clipboard.user_copies("mine", html="<b>mine</b>")
    await any_talk.say(f"claude on {source} ask what is it")
    assert any_talk.read_question() == "what is it" + format_text(read)
    assert any_talk.world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}


async def test_a_slow_copy_is_awaited(talk: Talk) -> None:
    slow = talk.world.open(SlowPaster)
    slow.write("late")
    slow.select("late")
    await talk.say("claude summarize this")
    assert talk.read_question().endswith(format_text("late"))


async def test_the_clipboard_is_read_and_unchanged(talk: Talk, notes: App) -> None:
    talk.world.clipboard.user_copies("copied")
    await talk.say("claude on clip ask what is it")
    assert talk.read_question() == "what is it" + format_text("copied")
    assert talk.world.clipboard.text == "copied"


async def test_the_last_dictation_is_read_with_community(make_talk: MakeTalk) -> None:
    talk = make_talk(community=True)
    talk.world.open()
    talk.world.modes = {"dictation"}
    talk.world.say("see you to morrow")
    talk.world.modes = {"command"}
    await talk.say("claude on last ask is it right")
    assert talk.read_question() == "is it right" + format_text("see you to morrow")


async def test_the_last_dictation_needs_community(talk: Talk, notes: App) -> None:
    await talk.say("claude on last ask is it right")
    assert talk.notes == ["The source “last” needs the community package."]
    assert talk.fake.bodies("/v1/messages") == []


async def test_claudes_last_answer_is_read(talk: Talk, notes: App) -> None:
    talk.script_answers("Forty-two.")
    await talk.say("claude ask what is the answer")
    await talk.say("claude explain reply")
    assert talk.read_question().endswith(format_text("Forty-two."))


@pytest.mark.parametrize(
    ("source", "sides", "words"),
    [
        ("screen", (0, 0, 1920, 1080), "Sending a picture of the screen: 1920 × 1080."),
        ("window", (10, 20, 800, 600), "Sending a picture of the focused window: 800 × 600."),
    ],
)
async def test_a_picture_is_taken_announced_and_sent(
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


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("claude summarize this", "Nothing is selected."),
        ("claude summarize all", "There is no text here."),
        ("claude summarize line", "This line is empty."),
        ("claude summarize clip", "The clipboard has no text and no picture."),
        ("claude summarize reply", "Claude has not answered anything yet."),
        ("claude ask", "No question heard. Say it right after “claude ask”, without a pause."),
    ],
)
async def test_an_empty_source_is_reported(any_talk: Talk, words: str, why: str) -> None:
    notes = any_talk.world.open()
    await any_talk.say(words)
    assert any_talk.notes == [why]
    assert (notes.text, any_talk.fake.bodies("/v1/messages")) == ("", [])


async def test_an_empty_question_is_reported(make_talk: MakeTalk) -> None:
    talk = make_talk()
    talk.world.open()
    talk.world.builtins["dictate.parse_words"] = lambda phrase: []
    await talk.say("claude ask hm")
    assert talk.notes == ["No question heard. Say it right after “claude ask”, without a pause."]


async def test_a_line_copied_without_a_selection_is_rejected(
    talk: Talk,
) -> None:
    editor = talk.world.open(CodeEditor)
    editor.write("one\ntwo")
    editor.click(1)
    await talk.say("claude fix it this")
    (notice,) = talk.notes
    assert notice == "Only the whole line was copied. Say “line” to use it, or select some text."
    assert (editor.text, editor.caret, talk.fake.bodies("/v1/messages")) == ("one\ntwo", 1, [])


async def test_nothing_is_copied_in_a_terminal(any_talk: Talk) -> None:
    terminal = any_talk.world.open(Terminal)
    assert isinstance(terminal, Terminal)
    for source in ("this", "all", "line"):
        await any_talk.say(f"claude summarize {source}")
    assert (terminal.ran, terminal.keys) == ([], [])
    assert set(any_talk.notes) == {
        "Text in a terminal cannot be selected by keyboard. Copy it, then say “clip”."
    }


async def test_the_picture_on_the_clipboard_is_sent(talk: Talk, notes: App) -> None:
    talk.world.clipboard.put({"image/png": "…"})
    talk.script_answers("A cat.")
    await talk.say("claude on clip ask what is it")
    assert talk.notes == ["Sending a picture on the clipboard: 640 × 480."]
    content = talk.fake.bodies("/v1/messages")[-1]["messages"][-1]["content"]
    assert [block["type"] for block in content] == ["image", "text"]
    png = base64.b64decode(content[0]["source"]["data"])
    assert struct.unpack(">II", png[16:24]) == (640, 480)
    assert (notes.text, talk.world.clipboard.formats) == ("A cat.", {"image/png": "…"})


async def test_text_on_the_clipboard_comes_before_a_picture(talk: Talk, notes: App) -> None:
    talk.world.clipboard.put({"text/plain": "a cat", "image/png": "…"})
    await talk.say("claude on clip ask what is it")
    assert talk.read_question().endswith(format_text("a cat"))


async def test_a_picture_that_cannot_be_encoded_ends_the_question(
    talk: Talk, notes: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_image: Image) -> Image:
        raise MemoryError

    monkeypatch.setattr(Image, "encode", fail)
    await talk.say("claude on screen ask what is it")
    assert talk.notes == ["The picture could not be encoded: MemoryError."]


async def test_the_screen_is_the_one_with_the_focused_window(talk: Talk, notes: App) -> None:
    notes.screen = talk.world.screens[1]
    await talk.say("claude on screen ask what is it")
    (taken,) = talk.world.captured
    assert (taken.x, taken.width) == (1920, 1280)
