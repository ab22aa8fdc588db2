"""The destination `snippet`: offered when the answer is there, inserted in a spoken command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.talon_user.conftest import load_world
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.apps import CodeEditor, Terminal

READY = "The snippet is ready. Say “claude insert” where it belongs."
LOOP = "for ${1:item} in $2:\n    $0"


@pytest.fixture
def world() -> Iterator[TalonWorld]:
    with load_world(community=True, gui={"canvas"}) as world:
        yield world
        assert world.script.violations == []


def ask_for_snippet(world: TalonWorld, scripted: ScriptedBridge) -> None:
    world.say("claude to snippet ask for a loop")
    scripted.answer(world, f"```py\n{LOOP}\n```\n")


def test_a_snippet_is_offered_and_inserted(world: TalonWorld, scripted: ScriptedBridge) -> None:
    editor: Any = world.open(CodeEditor)
    ask_for_snippet(world, scripted)
    assert "snippet: write $1" in scripted.streams[0].body["instructions"]
    assert (editor.snippets, world.notifications) == ([], [READY])
    assert LOOP.splitlines()[0] in world.seen
    world.say("claude insert")
    assert (editor.snippets, editor.text, world.cron_jobs) == ([LOOP], "", [])
    world.say("claude insert")
    assert editor.snippets == [LOOP]


def test_a_snippet_that_is_no_longer_shown_is_not_inserted(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    editor: Any = world.open(CodeEditor)
    ask_for_snippet(world, scripted)
    world.say("claude discard")
    world.say("claude insert")
    assert editor.snippets == []


def test_no_snippet_is_inserted_into_a_terminal(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    ask_for_snippet(world, scripted)
    terminal: Any = world.open(Terminal)
    world.say("claude insert")
    assert (terminal.snippets, terminal.ran) == ([], [])
    assert world.notifications[-1].startswith("A snippet cannot be inserted into a terminal.")


def test_a_failed_insertion_is_reported(world: TalonWorld, scripted: ScriptedBridge) -> None:
    world.open(CodeEditor)
    ask_for_snippet(world, scripted)
    world.broken.add("user.insert_snippet")
    world.say("claude insert")
    assert world.notifications[-1].startswith("That did not work because of an error:")


def test_without_community_the_destination_is_refused_by_name() -> None:
    with load_world() as bare:
        bare.open(CodeEditor)
        bare.say("claude snip ask for a loop")
        assert bare.notifications == ["The destination “snippet” needs the community package."]
