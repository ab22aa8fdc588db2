"""What the menu shows for a status."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.icons import SIZES, draw_icon
from tray.menu import LABEL_LENGTH, Entry, Status, describe, entries_of, look_of

RUNNING = Status(
    "running",
    url="http://127.0.0.1:8000",
    ready=True,
    model="claude-opus-5-5",
    models=("claude-opus-5-5",),
    backend="anthropic",
)


def enabled(status: Status) -> set[str]:
    return {entry.key for entry in entries_of(status) if entry.enabled and entry.command}


@pytest.mark.parametrize(
    ("status", "words", "look", "can"),
    [
        (Status("stopped"), "Stopped", "stopped", {"start", "quit"}),
        (Status("starting"), "Starting…", "starting", {"stop", "restart", "quit"}),
        (
            RUNNING,
            "Ready on http://127.0.0.1:8000 · Anthropic API",
            "running",
            {"stop", "restart", "copy", "open", "quit"},
        ),
        (
            replace(RUNNING, ready=False, sentence="Set a key."),
            "Set a key.",
            "attention",
            {"stop", "restart", "copy", "open", "quit"},
        ),
        (
            Status("failing", sentence="It died."),
            "It died.",
            "attention",
            {"stop", "restart", "quit"},
        ),
        (Status("stopping"), "Stopping: running answers may finish…", "starting", {"quit"}),
        (Status("stopped", sentence="Port taken."), "Port taken.", "attention", {"start", "quit"}),
    ],
)
def test_each_state_has_its_words_look_and_entries(
    status: Status, words: str, look: str, can: set[str]
) -> None:
    assert describe(status) == words
    assert look_of(status) == look
    assert enabled(status) == can


def test_a_joined_server_keeps_running_and_the_menu_says_so() -> None:
    assert entries_of(replace(RUNNING, joined=True))[-1].label == "Quit (the server keeps running)"


@given(
    st.builds(
        Status,
        st.sampled_from(["stopped", "starting", "running", "failing", "stopping"]),
        url=st.sampled_from([None, "http://127.0.0.1:8000"]),
        ready=st.booleans(),
        model=st.sampled_from([None, "m"]),
        models=st.lists(st.text(min_size=1), unique=True).map(tuple),
        sentence=st.text(),
        joined=st.booleans(),
    )
)
def test_the_menu_keeps_its_shape_whatever_happens(status: Status) -> None:
    entries = entries_of(status)
    assert [entry.key for entry in entries] == [
        entry.key for entry in entries_of(Status("stopped"))
    ]
    assert all(len(entry.label) <= max(LABEL_LENGTH, 40) for entry in entries)
    assert len(_all_keys(entries)) == len(set(_all_keys(entries)))


def _all_keys(entries: tuple[Entry, ...]) -> list[str]:
    return [key for entry in entries for key in (entry.key, *_all_keys(entry.children))]


@pytest.mark.parametrize("size", SIZES)
def test_every_look_can_be_told_from_the_others(size: int) -> None:
    pictures = {
        draw_icon(look, size).tobytes() for look in ("stopped", "starting", "running", "attention")
    }
    assert len(pictures) == 4
    assert draw_icon("running", size).size == (size, size)
