"""Tests of what the corner and the panel show."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text, rate_limited
from tests.talon_user.commands.conftest import MakeTalk, Talk

GUIS = ["canvas", "imgui"]
pytestmark = pytest.mark.parametrize("gui", GUIS)


@pytest.fixture
def talk(make_talk: MakeTalk, gui: str) -> Talk:
    return make_talk(gui={gui})


async def test_state_model_and_queue_are_shown(talk: Talk) -> None:
    talk.fake.default = {"text": "word " * 60, "delay": 0.005, "first_delay": 0.2}
    notes = talk.world.open()
    talk.world.say("claude opus ask one")
    talk.world.advance(0.06)
    assert talk.world.seen == ["Claude is thinking · Opus 5.5"]
    await talk.wait_until(lambda: notes.text)
    talk.world.say("claude ask two")
    talk.world.say("claude ask three")
    talk.world.advance(0.02)
    assert talk.world.seen == ["Claude is writing · Opus 5.5 · 2 queued"]
    await talk.say("claude stop")
    assert talk.world.seen == []


async def test_a_pause_is_shown_with_a_hint(talk: Talk) -> None:
    talk.fake.script(Reply((Text("word " * 60),), delay=0.005))
    notes = talk.world.open()
    talk.world.say("claude ask one")
    await talk.wait_until(lambda: notes.text)
    talk.world.open(title="other")
    await talk.wait_until_idle()
    assert talk.world.seen[:2] == ["Claude is writing · default", "Insertion paused"]
    assert "claude here" in " ".join(talk.world.seen)
    notes.focus()
    await talk.say("claude resume")
    assert talk.world.seen == []


async def test_the_last_error_is_shown_until_the_next_command(talk: Talk) -> None:
    talk.fake.script(rate_limited(9))
    talk.world.open()
    await talk.say("claude ask one")
    assert "Wait 9 s, then say “claude retry”." in " ".join(talk.world.seen)
    talk.script_answers("Fine.")
    await talk.say("claude ask two")
    assert talk.world.seen == []


async def test_a_picture_that_is_sent_is_shown(talk: Talk, gui: str) -> None:
    talk.fake.default = {"text": "A cat.", "first_delay": 0.2}
    talk.world.open()
    talk.world.say("claude on screen ask what is it")
    await talk.wait_until(lambda: talk.fake.requests)
    talk.world.advance(0.1)
    assert "Sending a picture of the screen: 1920 × 1080." in talk.world.seen
    if gui == "canvas":
        shown = [one.shown for one in talk.world.canvases if one.shown]
        assert any(canvas.images for canvas in shown)
    await talk.wait_until_idle()
    assert talk.world.seen == []


async def test_the_hud_can_be_turned_off(talk: Talk) -> None:
    talk.world.set_setting("user.claude_hud", "none")
    talk.fake.default = {"text": "word", "first_delay": 0.1}
    talk.world.open()
    talk.world.say("claude ask one")
    talk.world.advance(0.1)
    assert talk.world.seen == []
    await talk.wait_until_idle()


async def test_a_long_answer_shows_its_end(talk: Talk) -> None:
    talk.world.open()
    talk.script_answers("\n".join(f"line {number}" for number in range(100)))
    await talk.say("claude to window ask for much")
    assert talk.world.seen[0] == "Claude – for much · page 4 of 4"
    assert talk.world.seen[-1].strip() == "line 99"
    assert len(talk.world.seen) < 40
