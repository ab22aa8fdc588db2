"""An agent loop as the events of `POST /computer/runs`."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bridge.agent.as_events import RunEventConverter
from bridge.agent.events import (
    ActionsDone,
    ApprovalRequested,
    Event,
    LoopEnded,
    PauseChanged,
)
from bridge.computer.approval.pending import PendingApproval
from bridge.computer.approval.shown import ShownStep
from bridge.deadline import Deadline
from bridge.wire.computer import RunEvent
from tests.agent.test_as_message import turn
from tests.clocks import at
from tests.fake_anthropic.script import Text, Thinking, ToolUse, Usage

SHAPE: TypeAdapter[Any] = TypeAdapter(RunEvent)
CLICK = ToolUse("left_click", {"coordinate": [1, 2]}, toolset_name="computer")


def convert(*events: Event) -> list[dict[str, Any]]:
    machine = RunEventConverter()
    run_events = [event for one in events for event in machine.feed(one)]
    for event in run_events:
        SHAPE.validate_python(event)
    return run_events


def test_text_and_thinking_are_streamed() -> None:
    run_events = convert(*turn(Thinking("Hm."), Text("So be it.")), LoopEnded("completed", 1))
    assert "".join(e["text"] for e in run_events if e["type"] == "run.thinking") == "Hm."
    assert "".join(e["text"] for e in run_events if e["type"] == "run.text") == "So be it."
    assert run_events[-1] == {
        "type": "run.finished", "status": "completed", "text": "So be it.", "steps": 1,
    }  # fmt: skip


def test_the_final_text_is_that_of_the_last_turn() -> None:
    run_events = convert(
        *turn(Text("I click."), CLICK),
        ActionsDone(("Click",), None),
        *turn(Text("Done.")),
        LoopEnded("completed", 2),
    )
    assert run_events[-1]["text"] == "Done."


def test_a_stop_has_its_reason() -> None:
    run_events = convert(
        *turn(Text("I click."), CLICK), LoopEnded("stopped", 1, "The mouse was moved.")
    )
    assert run_events[-1]["text"] == "The mouse was moved."
    assert run_events[-1]["status"] == "stopped"


def test_approvals_and_actions_are_events() -> None:
    waiting = PendingApproval(
        "appr_1", (ShownStep("Press Delete"),), ("deleting",), "curl", Deadline(at(0), 5), None
    )
    asked, acted = convert(
        ApprovalRequested(waiting), ActionsDone(("Press Delete",), "Not executed: no.")
    )
    assert asked == {
        "type": "run.approval",
        "id": "appr_1",
        "what": ["Press Delete"],
        "risks": ["deleting"],
        "expires_at": 5.0,
        "digest": waiting.digest,
    }
    assert acted["failed"] == "Not executed: no."


def test_a_pause_and_its_end_are_events() -> None:
    assert convert(PauseChanged("The mouse was moved."), PauseChanged("")) == [
        {"type": "run.paused", "reason": "The mouse was moved."},
        {"type": "run.resumed"},
    ]


def test_tokens_of_all_turns_are_added_up() -> None:
    machine = RunEventConverter()
    for event in (*turn(CLICK, usage=Usage(100, 10)), *turn(Text("Done."), usage=Usage(30, 7))):
        machine.feed(event)
    assert machine.usage["input_tokens"] == 130
    assert machine.usage["output_tokens"] == 17
