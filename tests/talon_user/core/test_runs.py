"""Tests of the sentences for computer-use events."""

import json

import pytest

from talon_user.core.runs import RunEventReader, RunStep
from talon_user.wire.answer import AnswerFailed


def step(**event: object) -> RunStep | None:
    return RunEventReader().feed(json.dumps(event))


def test_each_event_is_a_sentence() -> None:
    assert step(type="run.text", text="I will\n open it.") == RunStep("I will open it.")
    assert step(type="run.acted", what="Click at 3, 4") == RunStep("Click at 3, 4")
    assert step(type="run.thinking", text="hm") is None
    asked = step(
        type="run.approval", id="a1", what=["Type “x”.", "Press Enter."], risks=["sends"],
        expires_at=12.5,
    )  # fmt: skip
    sentence = "Claude wants to: Type “x”. Press Enter. (sends)"
    assert asked == RunStep(sentence, approval="a1", expires_at=12.5)
    paused = step(type="run.paused", reason="The mouse was moved.")
    assert paused == RunStep("Paused. The mouse was moved.", paused=True)
    assert step(type="run.resumed") == RunStep("Claude continues.", paused=False)
    done = step(type="run.finished", status="limit", text="Half.", steps=9)
    limit = "Claude reached its step limit. Half."
    assert done == RunStep(limit, final=True, status="limit")


def test_an_approval_that_has_to_be_cut_is_not_whole() -> None:
    for text in ("Type “ls⏎\nreboot⏎\n”", "Type “" + "x" * 300 + "”", "Type “a  b”"):
        asked = step(type="run.approval", id="a1", what=[text], digest="d1")
        assert asked is not None
        assert (asked.is_whole, asked.digest) == (False, "d1")
        assert asked.sentence == "Claude waits for your approval: too long to show here."


def test_text_pieces_are_joined_to_a_sentence() -> None:
    events = RunEventReader()
    data = [json.dumps({"type": "run.text", "text": text}) for text in ("I ", "see", " it.")]
    steps = [events.feed(one) for one in data]
    assert [one.sentence for one in steps if one] == ["I", "I see", "I see it."]
    events.feed(json.dumps({"type": "run.acted", "what": ["Click."]}))
    assert events.feed(json.dumps({"type": "run.text", "text": "Now"})) == RunStep("Now")


def test_the_reason_for_a_failed_step_is_shown() -> None:
    assert step(type="run.acted", what=["Click."], failed="Nobody agreed.") == RunStep(
        "Nobody agreed."
    )


def test_an_error_event_raises_its_message() -> None:
    with pytest.raises(AnswerFailed, match="no desktop"):
        step(type="run.error", error={"message": "no desktop", "code": "x"})


def test_the_last_event_completes_the_run() -> None:
    events = RunEventReader()
    events.feed(json.dumps({"type": "run.started", "id": "run_1", "model": "m"}))
    assert (events.run_id, events.complete) == ("run_1", False)
    events.feed(json.dumps({"type": "run.finished", "status": "completed", "text": "", "steps": 1}))
    assert events.complete
