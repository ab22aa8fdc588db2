"""Tests of computer use by voice: approvals, banner, stop and failures."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from bridge.settings import find_paths
from tests.talon_user.commands.fake_computer import FakeComputer
from tests.talon_user.conftest import load_world
from tests.talon_world import TalonWorld

STARTED = {"type": "run.started", "id": "run_1", "model": "claude-opus-5-5"}
ASKING = {
    "type": "run.approval", "id": "a1", "what": ["Press Enter."], "risks": ["sends"],
}  # fmt: skip
MOVED = {"type": "run.paused", "reason": "The mouse was moved."}
DONE = {"type": "run.finished", "status": "completed", "text": "It is sent.", "steps": 2}
QUESTION = "Let Claude use this computer? “open the settings”"
HINT = "Say “claude approve” or “claude deny”."


@pytest.fixture
async def computer() -> AsyncIterator[FakeComputer]:
    token = find_paths().control_token
    token.parent.mkdir(parents=True)
    token.write_text("secret-token\n")
    async with FakeComputer("secret-token") as fake:
        fake.events = [STARTED, {"type": "run.text", "text": "I see."}, DONE]
        yield fake


@pytest.fixture
def world(computer: FakeComputer) -> Iterator[TalonWorld]:
    with ExitStack() as stack:
        world = stack.enter_context(load_world(gui={"canvas"}))
        world.set_setting("user.claude_bridge_url", computer.url)
        world.open()
        yield world
        assert world.script.violations == []


async def wait_until(world: TalonWorld, happened: Any) -> None:
    await world.run_until_async(happened)


async def wait_until_idle(world: TalonWorld) -> None:
    await wait_until(world, lambda: not world.cron_jobs)
    world.advance(0.5)


def seen(world: TalonWorld) -> str:
    return "\n".join(world.seen)


async def test_a_run_starts_only_after_approval(world: TalonWorld, computer: FakeComputer) -> None:
    world.say("claude computer open the settings")
    world.advance(1)
    assert QUESTION in world.seen
    assert HINT in world.seen
    assert (computer.runs, computer.modes, world.notifications) == ([], [], [])
    world.say("claude approve")
    await wait_until(world, lambda: computer.runs)
    request = {
        "prompt": "open the settings",
        "model": "default",
        "asked_by": "the voice commands",
    }
    assert computer.runs == [request]
    assert computer.modes == ["ask_risky"]
    await wait_until(world, lambda: "I see." in world.seen)
    await wait_until_idle(world)
    assert computer.modes == ["ask_risky", "off"]
    assert world.notifications[-1] == "Claude is done. It is sent."
    assert "claude stop" not in seen(world)


@pytest.mark.parametrize("answer", ["claude deny", "claude stop", None])
async def test_a_denial_a_stop_or_silence_starts_nothing(
    world: TalonWorld, computer: FakeComputer, answer: str | None
) -> None:
    world.say("claude computer open the settings")
    if answer:
        world.say(answer)
    else:
        world.advance(29)
        assert QUESTION in world.seen
        world.advance(2)
        sentence = "Denied: you did not say “claude approve” in time."
        assert world.notifications[-1] == sentence
    await wait_until_idle(world)
    assert (computer.runs, computer.modes, QUESTION in world.seen) == ([], [], False)


@pytest.mark.parametrize(("answer", "approved"), [("approve", True), ("deny", False)])
async def test_a_risky_step_needs_another_approval(
    world: TalonWorld, computer: FakeComputer, answer: str, approved: bool
) -> None:
    computer.mode = "ask"
    computer.events = [STARTED, {**ASKING, "expires_at": time.time() + 60}, DONE]
    world.say("claude computer send the mail")
    world.say("claude approve")
    await wait_until(world, lambda: "Claude wants to: Press Enter. (sends)" in world.seen)
    assert HINT in world.seen
    world.say(f"claude {answer}")
    await wait_until(world, lambda: computer.decided)
    assert computer.decided == [("a1", approved)]
    await wait_until_idle(world)
    assert computer.modes == []


async def test_a_step_that_has_to_be_cut_is_reviewed_on_the_dashboard(
    world: TalonWorld, computer: FakeComputer
) -> None:
    computer.mode = "ask"
    step = {**ASKING, "what": ["Type “ls⏎\nreboot⏎\n”"], "expires_at": time.time() + 60}
    computer.events = [STARTED, step, DONE]
    world.say("claude computer send the mail")
    world.say("claude approve")
    await wait_until(world, lambda: "Review it on the dashboard" in seen(world))
    world.say("claude approve")
    world.advance(1)
    assert computer.decided == []
    world.say("claude deny")
    await wait_until(world, lambda: computer.decided)
    assert computer.decided == [("a1", False)]
    await wait_until_idle(world)


async def test_silence_denies_a_risky_step(world: TalonWorld, computer: FakeComputer) -> None:
    computer.mode = "ask"
    computer.events = [STARTED, {**ASKING, "expires_at": time.time() + 0.3}, DONE]
    world.say("claude computer send the mail")
    world.say("claude approve")
    sentence = "Denied: you did not say “claude approve” in time."
    await wait_until(world, lambda: sentence in world.seen)
    assert computer.decided == []
    world.say("claude approve")
    await wait_until(world, lambda: "Nothing is waiting for approval." in seen(world))
    assert computer.decided == []
    world.say("claude stop")
    await wait_until_idle(world)


async def test_stop_ends_the_run_and_switches_computer_use_off(
    world: TalonWorld, computer: FakeComputer
) -> None:
    computer.events = [STARTED, *[{"type": "run.acted", "what": "Scroll."}] * 500, DONE]
    world.say("claude computer scroll for ever")
    world.say("claude approve")
    await wait_until(world, lambda: "Scroll." in world.seen)
    world.modes = {"sleep"}
    world.say("claude stop")
    await wait_until_idle(world)
    await wait_until(world, lambda: computer.hung_up)
    assert (computer.stopped, computer.modes) == (1, ["ask_risky", "off"])
    assert world.seen == []


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([STARTED, {**DONE, "status": "limit", "text": ""}], "step limit"),
        ([STARTED, {**DONE, "status": "failed", "text": "No."}], "could not do it. No."),
        ([{"type": "run.error", "error": {"message": "No desktop."}}], "No desktop."),
        ([STARTED], "closed the connection"),
    ],
)
async def test_the_end_of_a_run_is_reported(
    world: TalonWorld, computer: FakeComputer, events: list[Any], sentence: str
) -> None:
    computer.events = events
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until_idle(world)
    assert sentence in world.notifications[-1]
    assert computer.mode == "off"


async def test_a_missing_token_is_reported_with_a_hint(
    world: TalonWorld, computer: FakeComputer
) -> None:
    find_paths().control_token.unlink()
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until_idle(world)
    sentence = "No control token found. Start the bridge once on this computer."
    assert world.notifications[-1] == sentence


async def test_a_wrong_token_is_reported(world: TalonWorld, computer: FakeComputer) -> None:
    computer.token = "another"
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until_idle(world)
    assert world.notifications[-1].startswith("The token is wrong.")
    assert computer.runs == []


async def test_without_a_hud_notifications_ask(computer: FakeComputer) -> None:
    with load_world() as world:
        world.set_setting("user.claude_bridge_url", computer.url)
        world.open()
        world.say("claude computer open the settings")
        assert world.notifications == [f"{QUESTION} {HINT}"]
        world.say("claude deny")
        await wait_until_idle(world)


@pytest.mark.parametrize("words", ["claude approve", "claude deny"])
def test_approval_without_a_request_is_reported(world: TalonWorld, words: str) -> None:
    world.say(words)
    assert world.notifications == ["Nothing is waiting for approval."]


async def test_a_program_that_does_not_prove_to_be_the_bridge_gets_no_token(
    world: TalonWorld, computer: FakeComputer
) -> None:
    # The fake refuses to be sent the token before it proved that it has it.
    computer.proves = "another-token"
    world.say("claude computer open the settings")
    world.advance(1)
    world.say("claude approve")
    await wait_until(
        world, lambda: any("did not prove that it is your bridge" in n for n in world.notifications)
    )
    assert (computer.runs, computer.modes) == ([], [])


async def test_gaze_does_not_move_the_mouse_while_claude_uses_it(
    world: TalonWorld, computer: FakeComputer
) -> None:
    world.gaze = {"control", "control_zoom"}
    computer.events = [STARTED, ASKING, DONE]
    world.say("claude computer open the settings")
    assert world.gaze == {"control", "control_zoom"}
    world.say("claude approve")
    await wait_until(world, lambda: computer.runs and not world.gaze)
    await wait_until(world, lambda: "Press Enter." in seen(world))
    assert world.gaze == {"control", "control_zoom"}
    world.say("claude approve")
    assert world.gaze == set()
    await wait_until_idle(world)
    assert world.gaze == {"control", "control_zoom"}


async def test_a_run_that_a_moved_mouse_has_paused_continues_when_the_user_says_so(
    world: TalonWorld, computer: FakeComputer
) -> None:
    world.gaze = {"control"}
    computer.events = [STARTED, MOVED, {"type": "run.resumed"}, DONE]
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until(world, lambda: "Paused. The mouse was moved." in seen(world))
    assert computer.runs[0]["mouse_moved"] == "pause"
    assert "Say “claude resume” to continue." in seen(world)
    assert (world.gaze, computer.resumed) == ({"control"}, 0)
    world.say("claude resume")
    assert world.gaze == set()
    await wait_until_idle(world)
    assert (computer.resumed, computer.stopped) == (1, 0)
    assert world.gaze == {"control"}


async def test_a_run_is_still_paused_after_more_text_of_claude(
    world: TalonWorld, computer: FakeComputer
) -> None:
    world.gaze = {"control"}
    text = {"type": "run.text", "text": "I will open them."}
    computer.events = [STARTED, MOVED, text, {"type": "run.resumed"}, DONE]
    computer.waits_after = text
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until(world, lambda: "I will open them." in seen(world))
    assert "Say “claude resume” to continue." in seen(world)
    assert world.gaze == {"control"}
    world.say("claude resume")
    await wait_until_idle(world)
    assert computer.resumed == 1


async def test_a_step_still_waits_for_approval_after_a_pause(
    world: TalonWorld, computer: FakeComputer
) -> None:
    asking = {**ASKING, "expires_at": time.time() + 60}
    computer.events = [STARTED, asking, MOVED, {"type": "run.resumed"}, DONE]
    computer.waits_after = MOVED
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until(world, lambda: "Paused. The mouse was moved." in seen(world))
    computer.waits_after = {"type": "run.resumed"}
    world.say("claude resume")
    await wait_until(world, lambda: HINT in seen(world))
    world.say("claude approve")
    await wait_until_idle(world)
    assert computer.decided == [("a1", True)]


async def test_without_gaze_control_a_moved_mouse_ends_the_run(
    world: TalonWorld, computer: FakeComputer
) -> None:
    computer.events = [STARTED, DONE]
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until_idle(world)
    assert "mouse_moved" not in computer.runs[0]


async def test_gaze_is_given_back_after_a_stop(world: TalonWorld, computer: FakeComputer) -> None:
    world.gaze = {"control1"}
    computer.events = [STARTED, {"type": "run.text", "text": "I see."}, ASKING, DONE]
    world.say("claude computer open the settings")
    world.say("claude approve")
    await wait_until(world, lambda: not world.gaze)
    world.say("claude stop")
    assert world.gaze == {"control1"}
    await wait_until_idle(world)
