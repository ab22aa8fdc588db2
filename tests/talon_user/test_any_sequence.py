"""After any sequence of commands, pauses, errors and endings, the next question works at once."""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.talon_user.conftest import load_world, reset_package
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import (
    App,
    CodeEditor,
    EditorWithTerminal,
    PasswordSafe,
    SlowPaster,
    Terminal,
    UnknownTerminal,
)
from tests.talon_world.world import PACKAGE

SEQUENCES = 2000
STEPS = 14
QUESTIONS = (
    "claude ask for something",
    "claude on this ask about it",
    "claude on clip to clip ask about it",
    "claude on all to window ask about it",
    "claude to new file ask for something",
    "claude fix grammar this",
    "claude make shorter line",
    "claude summarize this below",
    "claude explain clip above",
    "claude retry",
    "claude continue",
    "claude shell list the files",
    "claude fix",
    "claude shorten all in one line",
    "claude please make it better",
    "claude apply clip",
    "claude and shorten",
    "claude remember this",
)
OTHER_COMMANDS = (
    "claude resume",
    "claude here",
    "claude undo",
    "claude close",
    "claude insert",
    "claude history",
    "claude new thread",
    "claude use opus",
    "claude approve",
    "claude help stop",
    "claude history tail",
    "claude forget context",
    "claude queue",
    "claude drop",
    "claude context",
    "claude paste",
    "claude take block two",
    "claude copy block one",
    "claude discard",
    "claude next page",
    "claude window open",
    "claude window close",
    "claude notices",
    "tail",
    "type two words",
)
APPS: tuple[type[App], ...] = (
    App,
    CodeEditor,
    EditorWithTerminal,
    PasswordSafe,
    SlowPaster,
    Terminal,
    UnknownTerminal,
)


def load() -> TalonWorld:
    world = load_world(gui={"canvas"})
    # test_costs.py measures strictly. Among 30,000 steps, a busy machine makes some slow.
    world.script.watchdog = 0.05
    world.add_commands('tail: key(end)\ntype two words: "two words"\n')
    return world


def is_waiting_for_copy() -> bool:
    """Return whether our copy key was just pressed: then nothing tells whose copy it is."""
    clipboard: Any = sys.modules[f"{PACKAGE}.desktop.clipboard"]
    loan = clipboard.BorrowedClipboard.current
    return loan is not None and bool(loan.waits_for_copy)


class Shared:
    """One Talon for all sequences of a test."""

    world: TalonWorld
    bridge: ScriptedBridge


class VoiceMachine(RuleBasedStateMachine):
    """What a user, their apps and the bridge may do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.bridge = Shared.world, Shared.bridge
        reset_package(self.world)
        self.bridge.streams.clear()
        self.notes = self.world.open(App, "notes")
        self.other: App | None = None
        self.has_confirmed = False
        self.copied = "mine"

    @rule(words=st.sampled_from(QUESTIONS))
    def ask(self, words: str) -> None:
        self.world.say(words)

    @rule(words=st.sampled_from(OTHER_COMMANDS))
    def say(self, words: str) -> None:
        self.has_confirmed = self.has_confirmed or words == "claude resume"
        # Another package's command fails when Talon cannot type or press keys.
        is_others = "tail" in words or not words.startswith("claude")
        with suppress(RuntimeError) if is_others else nullcontext():
            self.world.say(words)

    @rule()
    def stop(self) -> None:
        self.world.say("claude stop")

    @rule(app=st.sampled_from(APPS))
    def switch_window(self, app: type[App]) -> None:
        self.other = self.world.open(app, "other")

    @rule(window=st.sampled_from(("notes", "other", "none")))
    def focus(self, window: str) -> None:
        self.world.focus({"notes": self.notes, "other": self.other, "none": None}[window])

    @rule(start=st.integers(0, 30), length=st.integers(0, 30))
    def select(self, start: int, length: int) -> None:
        end = len(self.notes.text)
        self.notes.anchor, self.notes.caret = min(start, end), min(start + length, end)

    @rule(at=st.integers(0, 30))
    def click(self, at: int) -> None:
        self.notes.click(min(at, len(self.notes.text)))

    @rule(title=st.sampled_from(("notes", "another document")))
    def show_document(self, title: str) -> None:
        self.notes.title = title

    @rule(text=st.sampled_from(("mine too", "")))
    def copy(self, text: str) -> None:
        while self.world.script.run(is_waiting_for_copy):
            self.world.advance(0.1)
        self.world.clipboard.user_copies(text)
        self.copied = text

    @rule(end=st.sampled_from((" claude send", " claude cancel", "")))
    def speak_in_several_phrases(self, end: str) -> None:
        self.world.say("claude listen")
        self.world.say(f"two words{end}")

    @rule(text=st.sampled_from(("one ", "two\nthree", "\n", "(x) ", "```py\ncode\n```\n")))
    def send_text(self, text: str) -> None:
        if self.bridge.open_stream is not None:
            self.bridge.open_stream.send_text(text)

    @rule(end=st.sampled_from(("end", "hang up", "error")))
    def end_answer(self, end: str) -> None:
        stream = self.bridge.open_stream
        if stream is None:
            return
        if end == "end":
            stream.send_end()
        elif end == "hang up":
            stream.hang_up()
        else:
            stream.send("error", message="Claude is overloaded.")

    @rule(seconds=st.sampled_from((0.05, 0.2, 0.6, 2.0, 40.0)))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(broken=st.sampled_from(("insert", "key", "edit.copy")))
    def break_action(self, broken: str) -> None:
        """Let an action fail, as it does when an app hangs or a package is half loaded."""
        self.world.broken.add(broken)

    @rule()
    def lock_clipboard(self) -> None:
        self.world.clipboard.locked = True

    @rule()
    def mend_everything(self) -> None:
        self.world.broken.clear()
        self.world.clipboard.locked = False

    @rule()
    def stop_and_ask(self) -> None:
        """The promise: whatever happened before, a stop is enough for the next question."""
        self.mend_everything()
        self.world.say("claude stop")
        self.world.advance(0.6)
        self.notes.focus()
        self.notes.text, before = "", len(self.bridge.streams)
        self.notes.click(0)
        self.world.say("claude ask again")
        assert len(self.bridge.streams) == before + 1, self.world.notifications
        stream = self.bridge.streams[-1]
        stream.send_text("It works.")
        stream.send_end()
        self.world.advance(3)
        assert self.notes.text == "It works.", self.world.notifications
        # What a task waits for outside of the script's time may come a moment later.
        self.world.run_until(lambda: not self.world.cron_jobs)
        self.check_clipboard()

    def check_clipboard(self) -> None:
        """The promise: it has what was copied last, unless a notice says something else."""
        if any("clipboard" in note for note in self.world.notifications):
            self.copied = self.world.clipboard.text
            self.world.notifications.clear()
        assert self.world.clipboard.text == self.copied

    def teardown(self) -> None:
        for window in self.world.windows:
            if isinstance(window, UnknownTerminal):
                assert "interrupted" not in window.ran or self.has_confirmed
            elif isinstance(window, Terminal):
                assert window.ran == []
        self.stop_and_ask()
        assert self.world.script.violations == []


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Any:
    with load() as world:
        Shared.world, Shared.bridge = world, ScriptedBridge()
        Shared.bridge.attach(world, monkeypatch)
        yield


@pytest.mark.usefixtures("shared")
def test_any_sequence_ends_in_a_working_question() -> None:
    run_state_machine_as_test(
        VoiceMachine,
        settings=settings(max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None),
    )
