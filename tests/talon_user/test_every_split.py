"""Tests that no cut of the stream and no timing of events loses text."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.talon_user.conftest import reset_package
from tests.talon_user.loopback import DONE, STREAM_HEAD, LoopbackBridge, build_delta
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App, Chat, CompletionPopup, SlowPaster

REPLIES = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("ab (\n\t\r\"'é🙂\u0301\u200d𝒳")),
        st.characters(exclude_categories=["Cs", "Cc"]),
    ),
    min_size=1,
    max_size=120,
)
EVENTS = st.lists(st.sampled_from(["away", "back", "resume", "speak", "copy", "wait"]), max_size=8)
SPLITS = st.lists(st.integers(1, 60), min_size=1, max_size=30)


def find_question(world: TalonWorld) -> Any:
    """Return the current question."""
    return sys.modules["claude-bridge.claude"].__dict__["session"].engine.current


def read_insertion(world: TalonWorld) -> tuple[str, str]:
    """Return the inserted and the pending text."""
    insertion = find_question(world).sink._insertion
    return "".join(insertion.inserted), insertion.pending


@pytest.fixture
def tail_world(world: TalonWorld) -> TalonWorld:
    """One Talon for all examples, with another package's command."""
    world.add_commands("tail: key(end)\n")
    return world


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reply=REPLIES,
    splits=SPLITS,
    events=EVENTS,
    mode=st.sampled_from(["stream", "lines", "at_end"]),
    app=st.sampled_from([App, SlowPaster, CompletionPopup, Chat]),
    size=st.integers(1, 9),
)
def test_inserted_and_pending_text_are_the_answer(
    tail_world: TalonWorld,
    reply: str,
    splits: list[int],
    events: list[str],
    mode: str,
    app: type[App],
    size: int,
) -> None:
    world = tail_world
    wire = b"".join(build_delta(reply[i : i + size]) for i in range(0, len(reply), size))
    parts = []
    for split in splits:
        parts.append(wire[:split])
        wire = wire[split:]
    reset_package(world)
    world.set_setting("user.claude_insert_mode", mode)
    other, window = world.open(App, "other"), world.open(app, "mine")
    with LoopbackBridge(STREAM_HEAD, *filter(None, [*parts, wire]), DONE) as bridge:
        world.set_setting("user.claude_bridge_url", bridge.url)
        world.say("claude ask something")
        for event in events:
            apply_event(world, event, window, other)
            if find_question(world) is not None and find_question(world).sink is not None:
                inserted, buffered = read_insertion(world)
                assert find_question(world).exchange.answer == inserted + buffered
                assert reply.startswith(inserted + buffered)
        window.focus()
        world.run_until(lambda: find_question(world) is None or find_question(world).idle)
        world.say("claude resume")
        world.run_until(lambda: not world.cron_jobs)
        world.advance(1)
    assert (window.text, other.text) == (reply, "")
    assert world.script.violations == []


def apply_event(world: TalonWorld, event: str, window: App, other: App) -> None:
    if event == "away":
        other.focus()
    elif event == "back":
        window.focus()
    elif event == "resume":
        world.say("claude resume")
    elif event == "speak" and world.focused is window:
        world.say("tail")
    elif event == "copy":
        # A copy before an app has read the clipboard is what that app pastes.
        while window.pending_pastes or other.pending_pastes:
            world.advance(0.01)
        world.clipboard.user_copies("copied")
    world.advance(0.15)
    time.sleep(0.005)
