"""The events of computer use, as sentences for the banner."""

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
    done = step(type="run.finished", status="limit", text="Half.", steps=9)
    limit = "Claude reached its step limit. Half."
    assert done == RunStep(limit, final=True, status="limit")


def test_words_that_come_one_by_one_are_a_sentence() -> None:
    events = RunEventReader()
    told = [json.dumps({"type": "run.text", "text": text}) for text in ("I ", "see", " it.")]
    steps = [events.feed(one) for one in told]
    assert [one.sentence for one in steps if one] == ["I", "I see", "I see it."]
    events.feed(json.dumps({"type": "run.acted", "what": ["Click."]}))
    assert events.feed(json.dumps({"type": "run.text", "text": "Now"})) == RunStep("Now")


def test_why_a_step_was_not_done_is_told() -> None:
    assert step(type="run.acted", what=["Click."], failed="Nobody agreed.") == RunStep(
        "Nobody agreed."
    )


def test_an_error_is_told_in_its_own_words() -> None:
    with pytest.raises(AnswerFailed, match="no desktop"):
        step(type="run.error", error={"message": "no desktop", "code": "x"})


def test_the_end_is_complete() -> None:
    events = RunEventReader()
    events.feed(json.dumps({"type": "run.started", "id": "run_1", "model": "m"}))
    assert (events.run_id, events.complete) == ("run_1", False)
    events.feed(json.dumps({"type": "run.finished", "status": "completed", "text": "", "steps": 1}))
    assert events.complete
