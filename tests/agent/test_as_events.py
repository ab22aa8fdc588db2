"""A run in events of its own."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bridge.agent.as_events import RunEventConverter
from bridge.agent.events import ActionsDone, ApprovalRequested, Event, LoopEnded
from bridge.computer.approvals import PendingApproval
from bridge.wire.computer import RunEvent
from tests.agent.test_as_message import turn
from tests.fake_anthropic.script import Text, Thinking, ToolUse, Usage

SHAPE: TypeAdapter[Any] = TypeAdapter(RunEvent)
CLICK = ToolUse("left_click", {"coordinate": [1, 2]}, toolset_name="computer")


def told(*events: Event) -> list[dict[str, Any]]:
    machine = RunEventConverter()
    given = [event for one in events for event in machine.feed(one)]
    for event in given:
        SHAPE.validate_python(event)
    return given


def test_words_come_as_they_are_written() -> None:
    given = told(*turn(Thinking("Hm."), Text("So be it.")), LoopEnded("completed", 1))
    assert "".join(e["text"] for e in given if e["type"] == "run.thinking") == "Hm."
    assert "".join(e["text"] for e in given if e["type"] == "run.text") == "So be it."
    assert given[-1] == {
        "type": "run.finished", "status": "completed", "text": "So be it.", "steps": 1,
    }  # fmt: skip


def test_the_last_word_is_that_of_the_last_turn() -> None:
    given = told(
        *turn(Text("I click."), CLICK),
        ActionsDone(("Click",), None),
        *turn(Text("Done.")),
        LoopEnded("completed", 2),
    )
    assert given[-1]["text"] == "Done."


def test_a_stop_says_why() -> None:
    given = told(*turn(Text("I click."), CLICK), LoopEnded("stopped", 1, "The mouse was moved."))
    assert given[-1]["text"] == "The mouse was moved."
    assert given[-1]["status"] == "stopped"


def test_what_is_asked_and_done_is_told() -> None:
    waiting = PendingApproval("appr_1", ("Press Delete",), ("deleting",), "curl", 5.0, None)
    asked, acted = told(
        ApprovalRequested(waiting), ActionsDone(("Press Delete",), "Not executed: no.")
    )
    assert asked == {
        "type": "run.approval",
        "id": "appr_1",
        "what": ["Press Delete"],
        "risks": ["deleting"],
        "expires_at": 5.0,
    }
    assert acted["failed"] == "Not executed: no."


def test_tokens_of_all_turns_are_added_up() -> None:
    machine = RunEventConverter()
    for event in (*turn(CLICK, usage=Usage(100, 10)), *turn(Text("Done."), usage=Usage(30, 7))):
        machine.feed(event)
    assert machine.usage["input_tokens"] == 130
    assert machine.usage["output_tokens"] == 17
