"""What the user sees of what goes on: state, model, queue, pauses, the last error."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text, rate_limited
from tests.talon_user.commands.conftest import MakeTalk, Talk

GUIS = ["canvas", "imgui"]
pytestmark = pytest.mark.parametrize("gui", GUIS)


@pytest.fixture
def seeing(make_talk: MakeTalk, gui: str) -> Talk:
    return make_talk(gui={gui})


async def test_state_model_and_queue_are_seen(seeing: Talk) -> None:
    seeing.fake.default = {"text": "word " * 60, "delay": 0.005, "first_delay": 0.2}
    notes = seeing.world.open()
    seeing.world.say("claude opus ask one")
    seeing.world.advance(0.06)
    assert seeing.world.seen == ["Claude is thinking · Opus 5.5"]
    await seeing.until(lambda: notes.text)
    seeing.world.say("claude ask two")
    seeing.world.say("claude ask three")
    seeing.world.advance(0.02)
    assert seeing.world.seen == ["Claude is writing · Opus 5.5 · 2 queued"]
    await seeing.say("claude stop")
    assert seeing.world.seen == []


async def test_a_pause_is_seen_with_the_way_out(seeing: Talk) -> None:
    seeing.fake.script(Reply((Text("word " * 60),), delay=0.005))
    notes = seeing.world.open()
    seeing.world.say("claude ask one")
    await seeing.until(lambda: notes.text)
    seeing.world.open(title="other")
    await seeing.idle()
    assert seeing.world.seen[:2] == ["Claude is writing · default", "Insertion paused"]
    assert "claude here" in " ".join(seeing.world.seen)
    notes.focus()
    await seeing.say("claude resume")
    assert seeing.world.seen == []


async def test_the_last_error_is_seen_until_the_next_command(seeing: Talk) -> None:
    seeing.fake.script(rate_limited(9))
    seeing.world.open()
    await seeing.say("claude ask one")
    assert "Wait 9 s, then say “claude retry”." in " ".join(seeing.world.seen)
    seeing.answers("Fine.")
    await seeing.say("claude ask two")
    assert seeing.world.seen == []


async def test_a_picture_is_seen_that_is_sent(seeing: Talk, gui: str) -> None:
    seeing.fake.default = {"text": "A cat.", "first_delay": 0.2}
    seeing.world.open()
    seeing.world.say("claude on screen ask what is it")
    seeing.world.advance(0.1)
    assert "Sending a picture of the screen: 1920 × 1080." in seeing.world.seen
    if gui == "canvas":
        shown = [one.shown for one in seeing.world.canvases if one.shown]
        assert any(canvas.images for canvas in shown)
    await seeing.idle()
    assert seeing.world.seen == []


async def test_it_can_be_turned_off(seeing: Talk) -> None:
    seeing.world.set_setting("user.claude_hud", "none")
    seeing.fake.default = {"text": "word", "first_delay": 0.1}
    seeing.world.open()
    seeing.world.say("claude ask one")
    seeing.world.advance(0.1)
    assert seeing.world.seen == []
    await seeing.idle()


async def test_a_long_answer_shows_its_end(seeing: Talk) -> None:
    seeing.world.open()
    seeing.answers("\n".join(f"line {number}" for number in range(100)))
    await seeing.say("claude to window ask for much")
    assert seeing.world.seen[0] == "Claude – for much"
    assert seeing.world.seen[-1] == "line 99"
    assert len(seeing.world.seen) < 40
