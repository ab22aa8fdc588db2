"""Several turns of Claude, and the actions between them, as one message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.agent.as_message import MessageAssembler
from bridge.agent.events import ActionsDone, ApprovalRequested, Event, LoopEnded
from bridge.computer.approval.pending import PendingApproval
from bridge.computer.approval.shown import ShownStep
from bridge.deadline import Deadline
from bridge.errors import Stopped, StreamBroken
from bridge.translate.stream.content_blocks import BlockCollector
from bridge.translate.stream.message_end import MessageEnd
from bridge.wire.messages import MessageEvent
from tests.clocks import at
from tests.fake_anthropic.play import counting_ids, events
from tests.fake_anthropic.script import (
    Block,
    RedactedThinking,
    Reply,
    Text,
    Thinking,
    ToolUse,
    Usage,
)

CLICK = ToolUse("left_click", {"coordinate": [1, 2]}, toolset_name="computer")
CLICKED = ActionsDone(("Click at (1, 2)",), None)
BODY: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
    "thinking": {"type": "adaptive", "display": "summarized"},
}


def turn(*blocks: Block, **more: Any) -> list[Any]:
    return list(events(Reply(blocks, **more), BODY, counting_ids()))


def assemble(*assembled: Event) -> list[MessageEvent]:
    machine = MessageAssembler()
    return [event for one in assembled for event in machine.feed(one)]


def blocks(assembled: list[MessageEvent]) -> list[tuple[str, str]]:
    answer = BlockCollector()
    for event in assembled:
        answer.feed(event)
    return [(block["type"], block[block["type"]]) for block in answer.list_all_blocks()]


def ending(assembled: list[MessageEvent]) -> Any:
    *_, end, stop = assembled
    assert stop["type"] == "message_stop"
    return end


def test_a_single_turn_is_unchanged() -> None:
    assembled = assemble(*turn(Thinking("Hm."), Text("Done.")), LoopEnded("completed", 1))
    assert blocks(assembled) == [("thinking", "Hm."), ("text", "Done.")]
    assert ending(assembled)["delta"]["stop_reason"] == "end_turn"


def test_actions_become_thinking_and_tool_calls_are_left_out() -> None:
    assembled = assemble(
        *turn(Text("I click."), CLICK), CLICKED, *turn(Text("Done.")), LoopEnded("completed", 2)
    )
    assert blocks(assembled) == [
        ("text", "I click."),
        ("thinking", "→ Click at (1, 2)\n"),
        ("text", "\n\nDone."),
    ]


def test_a_failure_is_shown_below_its_action() -> None:
    assembled = assemble(*turn(CLICK), ActionsDone(("Click at (1, 2)",), "Not executed: no."))
    assert blocks(assembled) == [("thinking", "→ Click at (1, 2)\n  Not executed: no.\n")]


def test_a_pending_approval_is_shown_as_thinking() -> None:
    waiting = PendingApproval(
        "appr_1", (ShownStep("Press Delete"),), ("deleting",), "curl", Deadline(at(0), 0), None
    )
    assembled = assemble(*turn(CLICK), ApprovalRequested(waiting))
    assert blocks(assembled) == [("thinking", "Waiting for your approval: Press Delete\n")]


def test_thinking_loses_its_signature() -> None:
    assembled = assemble(
        *turn(Thinking("Hm."), RedactedThinking(), Text("So.")), LoopEnded("completed", 1)
    )
    assert "signature" not in str(assembled)
    assert blocks(assembled) == [("thinking", "Hm."), ("text", "So.")]


def test_tokens_of_all_turns_are_added_up() -> None:
    first, second = Usage(100, 10, 5, 0), Usage(30, 7, 0, 105)
    assembled = assemble(
        *turn(CLICK, usage=first),
        CLICKED,
        *turn(Text("Done."), usage=second),
        LoopEnded("completed", 2),
    )
    usage = ending(assembled)["usage"]
    assert usage["input_tokens"] == 130
    assert usage["output_tokens"] == 17
    assert usage["cache_creation_input_tokens"] == 5
    assert usage["cache_read_input_tokens"] == 105


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (
            LoopEnded("stopped", 1, "The mouse was moved by hand."),
            "Stopped: the mouse was moved by hand.",
        ),
        (
            LoopEnded("limit", 1, "the limit of 5 turns is reached"),
            "Ended: the limit of 5 turns is reached.",
        ),
    ],
)
def test_a_stop_or_a_limit_is_explained_in_the_text(end: LoopEnded, said: str) -> None:
    assembled = assemble(*turn(Text("I click."), CLICK), end)
    assert blocks(assembled)[-1] == ("text", f"\n\n{said}")
    assert ending(assembled)["delta"]["stop_reason"] == "end_turn"


def test_the_tokens_of_earlier_turns_are_known_before_the_end() -> None:
    first = turn(CLICK, usage=Usage(input_tokens=1000, output_tokens=20))
    begun = turn(Text("Done."), usage=Usage(input_tokens=2000, output_tokens=9))[:1]
    end = MessageEnd()
    for event in assemble(*first, CLICKED):
        end.feed(event)
    assert (end.usage["input_tokens"], end.usage["output_tokens"]) == (1000, 20)
    for event in assemble(*first, CLICKED, *begun):
        end.feed(event)
    assert end.usage["input_tokens"] == 3000
    assert end.stop_reason is None


def test_the_stop_reason_is_that_of_the_last_turn() -> None:
    assembled = assemble(*turn(Text("I wa"), stop_reason="max_tokens"), LoopEnded("completed", 1))
    assert ending(assembled)["delta"]["stop_reason"] == "max_tokens"


def test_a_loop_that_ends_before_the_first_turn_is_an_error() -> None:
    with pytest.raises(Stopped, match="You pressed stop"):
        assemble(LoopEnded("stopped", 0, "You pressed stop."))
    with pytest.raises(StreamBroken):
        assemble(LoopEnded("completed", 0))


BLOCKS = st.one_of(
    st.text(min_size=1, max_size=9).map(Text),
    st.text(min_size=1, max_size=9).map(Thinking),
    st.just(RedactedThinking()),
    st.just(CLICK),
)


@given(st.lists(st.lists(BLOCKS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_any_loop_is_one_valid_message(turns: list[list[Block]]) -> None:
    """One start, one end; consecutive blocks, one open at a time; all texts are included."""
    assembled = assemble(
        *(event for one in turns for event in (*turn(*one), CLICKED)),
        LoopEnded("completed", len(turns)),
    )
    kinds = [event["type"] for event in assembled]
    assert kinds.count("message_start") == kinds.count("message_stop") == 1
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    opened = [event["index"] for event in assembled if event["type"] == "content_block_start"]
    closed = [event["index"] for event in assembled if event["type"] == "content_block_stop"]
    assert opened == closed == list(range(len(opened)))
    said = "".join(text for kind, text in blocks(assembled) if kind == "text")
    wanted = [block.text for one in turns for block in one if isinstance(block, Text)]
    assert said == "\n\n".join(wanted)
