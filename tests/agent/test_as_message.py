"""Several turns of Claude's, and what was done between them, as one answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.agent.as_message import MessageAssembler
from bridge.agent.events import ActionsDone, ApprovalRequested, Event, LoopEnded
from bridge.computer.approvals import PendingApproval
from bridge.errors import StreamBroken
from bridge.translate.stream.content_blocks import BlockCollector
from bridge.wire.messages import MessageEvent
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


def joined(*told: Event) -> list[MessageEvent]:
    machine = MessageAssembler()
    return [event for one in told for event in machine.feed(one)]


def blocks(told: list[MessageEvent]) -> list[tuple[str, str]]:
    answer = BlockCollector()
    for event in told:
        answer.feed(event)
    return [(block["type"], block[block["type"]]) for block in answer.list_all_blocks()]


def ending(told: list[MessageEvent]) -> Any:
    *_, end, stop = told
    assert stop["type"] == "message_stop"
    return end


def test_one_turn_is_as_it_was() -> None:
    told = joined(*turn(Thinking("Hm."), Text("Done.")), LoopEnded("completed", 1))
    assert blocks(told) == [("thinking", "Hm."), ("text", "Done.")]
    assert ending(told)["delta"]["stop_reason"] == "end_turn"


def test_what_is_done_is_told_as_thinking_and_calls_are_not_told() -> None:
    told = joined(
        *turn(Text("I click."), CLICK), CLICKED, *turn(Text("Done.")), LoopEnded("completed", 2)
    )
    assert blocks(told) == [
        ("text", "I click."),
        ("thinking", "→ Click at (1, 2)\n"),
        ("text", "\n\nDone."),
    ]


def test_why_it_was_not_done_stands_below_it() -> None:
    told = joined(*turn(CLICK), ActionsDone(("Click at (1, 2)",), "Not executed: no."))
    assert blocks(told) == [("thinking", "→ Click at (1, 2)\n  Not executed: no.\n")]


def test_the_person_reads_that_they_are_waited_for() -> None:
    waiting = PendingApproval("appr_1", ("Press Delete",), ("deleting",), "curl", 0.0, None)
    told = joined(*turn(CLICK), ApprovalRequested(waiting))
    assert blocks(told) == [("thinking", "Waiting for your approval: Press Delete\n")]


def test_thinking_has_no_signature_that_would_hold_nowhere() -> None:
    told = joined(
        *turn(Thinking("Hm."), RedactedThinking(), Text("So.")), LoopEnded("completed", 1)
    )
    assert "signature" not in str(told)
    assert blocks(told) == [("thinking", "Hm."), ("text", "So.")]


def test_tokens_of_all_turns_are_added_up() -> None:
    first, second = Usage(100, 10, 5, 0), Usage(30, 7, 0, 105)
    told = joined(
        *turn(CLICK, usage=first),
        CLICKED,
        *turn(Text("Done."), usage=second),
        LoopEnded("completed", 2),
    )
    usage = ending(told)["usage"]
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
def test_an_end_that_is_not_claudes_is_said_in_its_text(end: LoopEnded, said: str) -> None:
    told = joined(*turn(Text("I click."), CLICK), end)
    assert blocks(told)[-1] == ("text", f"\n\n{said}")
    assert ending(told)["delta"]["stop_reason"] == "end_turn"


def test_an_answer_that_was_cut_says_so() -> None:
    told = joined(*turn(Text("I wa"), stop_reason="max_tokens"), LoopEnded("completed", 1))
    assert ending(told)["delta"]["stop_reason"] == "max_tokens"


def test_a_run_that_never_began_is_no_answer() -> None:
    with pytest.raises(StreamBroken):
        joined(LoopEnded("stopped", 0, "Stop."))


BLOCKS = st.one_of(
    st.text(min_size=1, max_size=9).map(Text),
    st.text(min_size=1, max_size=9).map(Thinking),
    st.just(RedactedThinking()),
    st.just(CLICK),
)


@given(st.lists(st.lists(BLOCKS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_any_run_is_one_right_answer(turns: list[list[Block]]) -> None:
    """One start, one end; blocks numbered through, one open at a time; every text is there."""
    told = joined(
        *(event for one in turns for event in (*turn(*one), CLICKED)),
        LoopEnded("completed", len(turns)),
    )
    kinds = [event["type"] for event in told]
    assert kinds.count("message_start") == kinds.count("message_stop") == 1
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    opened = [event["index"] for event in told if event["type"] == "content_block_start"]
    closed = [event["index"] for event in told if event["type"] == "content_block_stop"]
    assert opened == closed == list(range(len(opened)))
    said = "".join(text for kind, text in blocks(told) if kind == "text")
    wanted = [block.text for one in turns for block in one if isinstance(block, Text)]
    assert said == "\n\n".join(wanted)
