"""Tests of the answer window: pages, blocks, paste, copy, take, discard, close."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talon_user.conftest import load_world
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import PasswordSafe, Terminal

ANSWER = "Run this:\n\n```sh\ncd /\nls\n```\n\nIt lists files."
LONG = "".join(f"line {number}\n" for number in range(1, 101))
TO_WINDOW = "claude to window ask why"


class Talk:
    """One Talon whose bridge is a script."""

    def __init__(self, world: TalonWorld, bridge: ScriptedBridge) -> None:
        self.world, self.bridge = world, bridge
        self.notes = world.open(title="notes")

    def ask(self, words: str, *pieces: str) -> None:
        """Ask, and let these pieces of the answer arrive."""
        self.say(words)
        self.receive(*pieces)

    def receive(self, *pieces: str) -> None:
        """Let pieces of the current answer arrive."""
        for piece in pieces:
            self.bridge.streams[-1].send_text(piece)
            self.world.advance(0.2)

    def end(self) -> None:
        """End the current answer."""
        self.bridge.streams[-1].send_end()
        self.world.advance(3)

    def say(self, words: str) -> None:
        """Speak, and wait until it has been done."""
        self.world.say(words)
        self.world.advance(2)

    @property
    def seen(self) -> list[str]:
        """What the window shows, without the margin for numbers."""
        return [line.removeprefix("    ") for line in self.world.seen]


@pytest.fixture
def make_talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Talk]]:
    worlds = []

    def make(**options: Any) -> Talk:
        world = load_world(**options)
        worlds.append(world)
        bridge = ScriptedBridge()
        bridge.attach(world, monkeypatch)
        return Talk(world, bridge)

    yield make
    for world in worlds:
        world.close()
        assert world.script.violations == []


@pytest.fixture(params=["canvas", "imgui"])
def talk(request: pytest.FixtureRequest, make_talk: Callable[..., Talk]) -> Talk:
    """A Talk with a window, once of each kind."""
    return make_talk(gui={request.param})


@pytest.fixture
def canvas_talk(make_talk: Callable[..., Talk]) -> Talk:
    return make_talk(gui={"canvas"})


@pytest.fixture
def blind_talk(make_talk: Callable[..., Talk]) -> Talk:
    """A Talk without a GUI library."""
    return make_talk()


# What is shown.


def test_blocks_are_numbered(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    assert talk.seen == [
        "Claude – why", "", "1   Run this:", "", "2   cd /", "ls", "", "3   It lists files.",
    ]  # fmt: skip


def test_pages_can_be_turned(talk: Talk) -> None:
    talk.ask(TO_WINDOW, LONG)
    talk.end()
    assert talk.seen[0] == "Claude – why · page 4 of 4"
    talk.say("claude page one")
    assert (talk.seen[0], talk.seen[2]) == ("Claude – why · page 1 of 4", "1   line 1")
    talk.say("claude next page")
    assert (talk.seen[0], talk.seen[2]) == ("Claude – why · page 2 of 4", "line 33")
    talk.say("claude previous page")
    assert talk.seen[2] == "1   line 1"
    talk.say("claude page nine")
    assert talk.world.notifications == ["There is no page 9. The last one is page 4."]


def test_a_list_begins_with_its_first_page(talk: Talk) -> None:
    talk.say("claude help")
    assert "page 1 of" in talk.seen[0]
    first = talk.seen[2:]
    talk.say("claude next page")
    assert "page 2 of" in talk.seen[0]
    assert talk.seen[2] not in first


def test_without_an_open_window_there_is_no_page(talk: Talk) -> None:
    talk.say("claude next page")
    assert talk.world.notifications == ["Claude's window is not open."]


def test_the_end_is_followed_until_a_page_is_turned(talk: Talk) -> None:
    talk.ask(TO_WINDOW, LONG)
    assert talk.seen[-1] == "line 100"
    talk.receive("line 101\n")
    assert talk.seen[-1] == "line 101"
    talk.say("claude page two")
    talk.receive("line 102\n" * 40)
    assert "Claude – why · page 2 of 5" in talk.seen
    assert "line 33" in talk.seen
    talk.say("claude page five")
    talk.receive("line 103\n")
    assert talk.seen[-1] == "line 103"


def test_the_mouse_wheel_scrolls(canvas_talk: Talk) -> None:
    talk = canvas_talk
    talk.ask(TO_WINDOW, LONG)
    talk.end()
    talk.world.scroll(15)
    talk.world.advance(0.1)
    assert talk.seen[-1] == "line 97"
    talk.world.scroll(-15)
    talk.world.advance(0.1)
    assert talk.seen[-1] == "line 100"


def test_a_canvas_without_scroll_events_still_shows(canvas_talk: Talk) -> None:
    canvas_talk.world.canvas_topics.remove("scroll")
    canvas_talk.ask(TO_WINDOW, "So.")
    assert canvas_talk.seen[-1].strip() == "So."


def test_one_canvas_is_resized(canvas_talk: Talk) -> None:
    talk = canvas_talk
    talk.ask(TO_WINDOW, *(f"line {number}\n" for number in range(50)))
    assert talk.world.canvases_created == 2  # the corner and the panel
    (panel,) = [one for one in talk.world.canvases if one.blocks_mouse]
    heights = panel.rect.height
    talk.end()
    talk.say("claude window close")
    assert (talk.seen, panel.blocks_mouse) == ([], False)
    talk.ask(TO_WINDOW, "So.")
    assert talk.seen[-1].strip() == "So."
    assert talk.world.canvases_created == 2
    assert panel.rect.height < heights


def test_the_window_opens_on_the_screen_with_the_focus(canvas_talk: Talk) -> None:
    talk = canvas_talk
    second = talk.world.screens[1]
    talk.notes.screen = second
    talk.ask(TO_WINDOW, "So.")
    rects = [one.rect for one in talk.world.canvases if one.shown]
    assert len(rects) == 2
    for rect in rects:
        assert second.rect.x <= rect.x
        assert rect.x + rect.width <= second.rect.x + second.rect.width
    talk.notes.screen = talk.world.screens[0]
    talk.receive(" It stays.")
    assert [one.rect for one in talk.world.canvases if one.shown] == rects
    talk.end()
    talk.say("claude close")
    talk.world.focus(None)
    talk.say("claude history")
    (rect,) = [one.rect for one in talk.world.canvases if one.shown]
    assert rect.x < second.rect.x


def test_a_closed_window_stays_closed_and_its_answer_can_be_pasted(talk: Talk) -> None:
    talk.ask(TO_WINDOW, "It is")
    talk.say("claude window close")
    talk.receive(" so.")
    talk.end()
    assert talk.seen == []
    talk.say("claude paste")
    assert talk.notes.text == "It is so."


def test_an_answer_that_was_inserted_can_be_shown(talk: Talk) -> None:
    talk.ask("claude ask why", ANSWER)
    talk.end()
    talk.say("claude window open")
    assert talk.seen[0] == "Claude's last answer"
    assert talk.seen[-1] == "3   It lists files."


@pytest.mark.parametrize("answer", [LONG * 250, "word " * 40_000, "\n" * 200_000])
def test_an_answer_of_200_kb_never_blocks_speech(talk: Talk, answer: str) -> None:
    talk.ask(TO_WINDOW, answer)
    talk.end()
    talk.world.advance(120)
    assert talk.world.cron_jobs == []
    talk.say("claude page one")
    talk.say("claude copy")
    assert talk.world.clipboard.text == answer
    talk.say("claude paste")
    assert talk.notes.text == answer
    talk.say("claude undo")
    talk.say("claude history")
    talk.say("claude window open")
    talk.world.advance(120)
    assert talk.world.script.slowest < talk.world.script.watchdog


@pytest.mark.parametrize("limit", [0, 40])
@pytest.mark.parametrize("mode", ["stream", "lines", "at_end"])
def test_an_answer_of_200_kb_to_a_free_question_never_blocks_speech(
    canvas_talk: Talk, limit: int, mode: str
) -> None:
    talk = canvas_talk
    talk.world.set_setting("user.claude_window_lines", limit)
    talk.world.set_setting("user.claude_insert_mode", mode)
    talk.ask("claude ask why", LONG * 250)
    talk.end()
    assert talk.notes.text == ("" if limit else LONG * 250)
    assert talk.world.script.slowest < talk.world.script.watchdog


# Paste, copy, take.


def test_the_answer_is_pasted_at_the_cursor(talk: Talk) -> None:
    talk.notes.write("ab")
    talk.notes.click(1)
    talk.world.clipboard.user_copies("mine")
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    talk.say("claude paste")
    assert talk.notes.text == f"a{ANSWER}b"
    assert talk.world.clipboard.text == "mine"
    assert talk.seen != []
    talk.say("claude undo")
    assert talk.notes.text == "ab"


def test_a_block_is_pasted_without_its_fences(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    talk.say("claude paste block two")
    assert talk.notes.text == "cd /\nls"
    talk.say("claude paste block nine")
    assert talk.world.notifications == ["There is no block 9. The last one is block 3."]
    assert talk.world.cron_jobs == []


def test_take_pastes_and_closes(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    talk.say("claude take block three")
    assert (talk.notes.text, talk.seen) == ("It lists files.", [])


def test_a_paste_that_is_stopped_does_not_close(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    talk.world.say("claude take")
    talk.world.say("claude stop")
    talk.world.advance(3)
    assert (talk.notes.text, talk.seen[0]) == ("", "Claude – why")


def test_a_block_is_copied(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    talk.say("claude copy block two")
    assert talk.world.clipboard.text == "cd /\nls"
    assert talk.world.notifications == ["Block 2 is on the clipboard."]


def test_a_locked_clipboard_is_reported(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    talk.world.clipboard.locked = True
    talk.say("claude copy")
    (notice,) = talk.world.notifications
    assert notice.startswith("That did not work because of an error: the clipboard is locked")


def test_a_terminal_gets_no_line_break(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    terminal = talk.world.open(Terminal)
    assert isinstance(terminal, Terminal)
    talk.say("claude paste block two")
    assert (terminal.text, terminal.ran) == ("cd / ls", [])


def test_nothing_is_pasted_into_a_denied_app(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    safe = talk.world.open(PasswordSafe)
    talk.say("claude paste")
    assert safe.text == ""
    assert "Claude does not work in this app" in talk.world.notifications[0]


def test_a_paste_waits_for_the_answer(talk: Talk) -> None:
    talk.ask(TO_WINDOW, "One.\n")
    talk.say("claude paste")
    assert talk.notes.text == ""
    talk.receive("Two.")
    talk.end()
    assert talk.notes.text == "One.\nTwo."


def test_a_paste_for_another_window_waits(talk: Talk) -> None:
    talk.ask(TO_WINDOW, "One.")
    talk.say("claude paste")
    other = talk.world.open(title="other")
    talk.end()
    assert (talk.notes.text, other.text) == ("", "")
    assert "another window has the focus" in talk.world.notifications[-1]
    talk.notes.focus()
    talk.say("claude resume")
    assert (talk.notes.text, other.text) == ("One.", "")


@pytest.mark.parametrize("command", ["paste", "copy", "take block one", "window open", "speak"])
def test_without_an_answer_each_command_says_so(talk: Talk, command: str) -> None:
    talk.say(f"claude {command}")
    assert talk.world.notifications == [
        "There is no answer yet. Say “claude ask” and your question."
    ]


def test_code_that_was_inserted_is_pasted_without_the_prose(talk: Talk) -> None:
    talk.world.add_list("user.claude_my_prompt", list_files="[none, here, code] List the files.")
    talk.ask("claude list files", ANSWER)
    talk.end()
    talk.notes.text = ""
    talk.notes.click(0)
    talk.say("claude paste")
    assert talk.notes.text == "cd /\nls"


def test_without_a_gui_the_answer_is_copied_and_can_be_pasted(blind_talk: Talk) -> None:
    talk = blind_talk
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    assert talk.world.clipboard.text == ANSWER
    assert len(talk.world.notifications) == 1
    talk.world.clipboard.user_copies("mine")
    talk.say("claude paste block two")
    assert (talk.notes.text, talk.world.clipboard.text) == ("cd /\nls", "mine")
    talk.say("claude window open")
    assert "No window can be shown here" in talk.world.notifications[-1]


# Discard and close.


def test_a_discarded_answer_is_gone(talk: Talk) -> None:
    talk.ask(TO_WINDOW, ANSWER)
    talk.end()
    talk.say("claude discard")
    assert talk.seen == []
    assert talk.world.notifications == ["The answer is discarded."]
    talk.say("claude paste")
    assert talk.notes.text == ""
    talk.say("claude discard")
    assert talk.world.notifications[-1] == "There is no answer to discard."


def test_discarding_an_answer_that_still_arrives_stops_it(talk: Talk) -> None:
    talk.ask(TO_WINDOW, "It is")
    talk.say("claude discard")
    assert talk.bridge.streams[-1].finished
    assert (talk.seen, talk.world.cron_jobs) == ([], [])
    talk.say("claude paste")
    assert talk.notes.text == ""


def test_discarding_a_long_answer_that_was_moved_stops_it(talk: Talk) -> None:
    talk.ask("claude ask why", "one\n")
    talk.bridge.streams[-1].send_text(LONG)
    talk.world.advance(0.1)
    talk.say("claude discard")
    assert talk.bridge.streams[-1].finished
    assert (talk.seen, talk.world.cron_jobs) == ([], [])
    talk.say("claude paste")
    assert talk.notes.text == "one\n"


@pytest.mark.parametrize("command", ["claude discard", "claude window close", "claude close"])
def test_a_suggested_command_that_is_no_longer_shown_is_not_inserted(
    talk: Talk, command: str
) -> None:
    talk.ask("claude shell clean up", "rm -rf build")
    talk.end()
    assert "rm -rf build" in " ".join(talk.seen)
    talk.say(command)
    assert talk.seen == []
    talk.say("claude insert")
    assert talk.notes.text == ""
    assert "There is no suggested command or snippet." in talk.world.notifications[-1]


# Long answers.


def test_a_long_answer_to_a_free_question_goes_to_the_window(talk: Talk) -> None:
    talk.world.set_setting("user.claude_insert_mode", "at_end")
    talk.ask("claude ask why", LONG)
    assert talk.world.notifications == [
        "The answer has more than 40 lines, so it is in Claude's window. Say “claude paste” to "
        "insert it."
    ]
    talk.end()
    assert (talk.notes.text, talk.seen[-1]) == ("", "line 100")
    talk.say("claude paste")
    assert talk.notes.text == LONG
    assert len(talk.world.notifications) == 1


@pytest.mark.parametrize("mode", ["stream", "lines"])
def test_what_was_inserted_before_the_answer_became_long_stays(talk: Talk, mode: str) -> None:
    talk.world.set_setting("user.claude_insert_mode", mode)
    talk.world.clipboard.user_copies("mine")
    talk.ask("claude ask why", "one\ntwo\n")
    assert talk.notes.text == "one\ntwo\n"
    talk.receive(LONG)
    talk.end()
    assert talk.notes.text == "one\ntwo\n"
    assert talk.seen[-1] == "line 100"
    assert talk.world.clipboard.text == "mine"
    (notice,) = talk.world.notifications
    assert "Its beginning was already inserted" in notice
    talk.say("claude undo")
    talk.say("claude paste")
    assert talk.notes.text == "one\ntwo\n" + LONG


def test_an_answer_is_long_only_above_the_limit(talk: Talk) -> None:
    talk.world.set_setting("user.claude_window_lines", 2)
    talk.ask("claude ask why", "one\n", "two", "\n", "\n")
    talk.end()
    assert (talk.notes.text, talk.world.notifications) == ("one\ntwo\n\n", [])


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        ("claude ask why", ("user.claude_window_lines", 0)),
        ("claude here ask why", ("user.claude_window_lines", 2)),
        ("claude explain clip here", ("user.claude_window_lines", 2)),
    ],
)
def test_other_answers_are_inserted_whatever_their_length(
    talk: Talk, words: str, setting: tuple[str, int]
) -> None:
    talk.world.set_setting(*setting)
    talk.world.clipboard.user_copies("mine")
    talk.ask(words, LONG)
    talk.end()
    assert (talk.notes.text, talk.world.notifications) == (LONG, [])


def test_long_code_is_inserted(talk: Talk) -> None:
    talk.world.set_setting("user.claude_code_mode", True)
    talk.ask("claude ask why", f"```\n{LONG}```\n")
    talk.end()
    assert talk.notes.text + "\n" == LONG


def test_without_a_gui_a_long_answer_is_inserted(blind_talk: Talk) -> None:
    blind_talk.ask("claude ask why", LONG)
    blind_talk.end()
    assert blind_talk.notes.text == LONG


def test_a_paused_answer_that_becomes_long_is_paused_no_longer(talk: Talk) -> None:
    talk.ask("claude ask why", "one\n")
    talk.world.open(title="other")
    talk.receive(LONG)
    talk.end()
    assert (talk.notes.text, talk.world.cron_jobs) == ("one\n", [])
    talk.notes.focus()
    talk.ask("claude here ask again", "So.")
    talk.end()
    assert talk.notes.text == "one\nSo."


# Notices and speech.


def test_notices_can_be_shown(talk: Talk) -> None:
    screen = sys.modules["claude-bridge.desktop.screen"]
    screen.recent_notices.clear()
    talk.say("claude notices")
    assert talk.seen[2:] == ["There are no notices yet."]
    for _ in range(11):
        talk.say("claude stop")
    talk.say("claude undo")
    talk.say("claude notices")
    start = talk.seen.index("Recent notices")
    shown = ["Recent notices", "", "Nothing to undo.", *["Nothing to stop."] * 9]
    assert talk.seen[start : start + len(shown)] == shown
    assert talk.seen.count("Nothing to stop.") == 9


def test_notices_are_shown_without_a_gui(blind_talk: Talk) -> None:
    blind_talk.say("claude stop")
    blind_talk.say("claude notices")
    blind_talk.say("claude notices")
    assert blind_talk.world.notifications == ["Nothing to stop."] * 3


@pytest.fixture
def spoken(talk: Talk) -> list[str]:
    """What the voice of sight-free-talon says."""
    sentences: list[str] = []

    def tts(text: str, interrupt: bool = True) -> None:
        sentences.append(text)

    talk.world.builtins["user.tts"] = tts
    return sentences


def test_the_answer_is_read_aloud(talk: Talk, spoken: list[str]) -> None:
    talk.ask("claude ask why", "It is **so**. Really.")
    talk.end()
    talk.say("claude speak")
    talk.world.advance(9)
    assert spoken == ["It is so.", "Really."]
    talk.say("claude stop")
    talk.say("claude speak notices")
    talk.world.advance(9)
    assert spoken[2:] == ["Nothing to stop."]


def test_reading_200_kb_aloud_never_blocks_speech(talk: Talk, spoken: list[str]) -> None:
    talk.ask(TO_WINDOW, "One two. " * 23_000)
    talk.end()
    talk.say("claude speak")
    talk.world.advance(9)
    assert spoken[:2] == ["One two."] * 2
    talk.say("claude stop")
    count = len(spoken)
    talk.world.advance(9)
    assert (len(spoken), talk.world.cron_jobs) == (count, [])


def test_without_a_voice_speak_says_so(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    talk.ask(TO_WINDOW, "So.")
    talk.end()
    talk.say("claude speak")
    assert "No voice found" in talk.world.notifications[-1]


def test_a_window_of_another_app_is_not_needed(talk: Talk) -> None:
    talk.world.focus(None)
    talk.ask(TO_WINDOW, "So.")
    talk.end()
    talk.say("claude paste")
    assert talk.world.notifications == ["No window has the focus. Focus a window first."]
    talk.world.focus(talk.notes)
    talk.say("claude paste")
    assert talk.notes.text == "So."
