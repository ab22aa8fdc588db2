"""Continued conversations reach upstream as from new processes; the real Claude Code."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from bridge.server.state import Bridge
from tests.backends.claude_code.continued.talk import Talk, sessions, user
from tests.backends.claude_code.leftovers import list_processes, settled
from tests.backends.claude_code.test_same_as_api import LOOK
from tests.backends.upstream import unmarked, without_device, without_own
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text, refuses, says, thinks
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.api.test_stored import call

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="counts processes as on POSIX")

CHATS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "text": (["Hi", "How are you?", "And now?"], {}),
    "odd text": (["/clear", "@/etc/hosts <b>\n\n x ", "(no content)"], {}),
    "images": ([LOOK["content"], "What is it?", LOOK["content"]], {}),
    "system prompt and stops": (["Hi", "Go on"], {"stop": ["END"], "max_tokens": 5000}),
    "older": (["Hi", LOOK["content"], "And now?"], {"model": "claude-opus-4-6"}),
    "oldest": (["Hi", "How are you?", "And now?"], {"model": "claude-haiku-4-5"}),
}
ANSWERS = (" Hello.\n\n", "Fine *thanks*, \u2028 é 😀", "Bye.")


def script(fake: FakeAnthropic) -> None:
    fake.script(*(says(answer) for answer in ANSWERS))


@pytest.mark.parametrize("name", CHATS)
async def test_a_continued_chat_reaches_upstream_as_from_new_processes(
    start_bridge: StartBridge, fake: FakeAnthropic, name: str
) -> None:
    turns, options = CHATS[name]
    history = [{"role": "system", "content": "Be kind."}] if "system" in name else []
    for live in (3, 0):
        bridge = await start_bridge(
            backend="claude-code", claude_live_sessions=live, claude_spares=0
        )
        talk = Talk(bridge, *history, **options)
        script(fake)
        for turn in turns:
            await talk.say(turn)
        fake._script.clear()
    count = len(turns)
    assert sessions(fake) == ["A"] * count + ["B", "C", "D"][:count]
    bodies = [without_own(body) for body in fake.bodies()]
    assert bodies[:count] == bodies[count:]


async def test_the_notes_of_claude_code_are_sent_once_and_stay_in_their_place(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    """All that differs from new processes, which have them behind the last turn."""
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    talk = Talk(bridge)
    for turn in ("one", "two", "three"):
        await talk.say(turn)
    first, _, third = (unmarked(without_device(body)) for body in fake.bodies())
    assert third["messages"][: len(first["messages"])] == first["messages"]
    assert json.dumps(third).count("# Environment") == 1
    assert {**third, "messages": 0} == {**first, "messages": 0}


async def test_an_answer_with_thinking_is_not_continued(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    """Claude Code would send the thinking again, and clients of most endpoints do not."""
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    fake.script(thinks("Hm.", "One."))
    talk = Talk(bridge)
    await talk.say("one")
    await settled(0)
    await talk.say("two")
    assert sessions(fake) == ["A", "B"]
    assert "Hm." not in json.dumps(fake.bodies()[1])


async def test_conversations_that_take_turns_do_not_mix(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    cats, dogs = Talk(claude_code), Talk(claude_code)
    for number in range(3):
        await asyncio.gather(cats.say(f"cats {number}"), dogs.say(f"dogs {number}"))
    of: dict[str, set[str]] = {"cats": set(), "dogs": set()}
    for session, body in zip(sessions(fake), fake.bodies(), strict=True):
        words = json.dumps(body["messages"])
        assert ("cats" in words) != ("dogs" in words)
        of["cats" if "cats" in words else "dogs"].add(session)
    assert [len(of["cats"]), len(of["dogs"])] == [1, 1]


async def test_anything_but_the_same_conversation_starts_anew(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0, claude_live_sessions=9)
    talk = Talk(bridge)
    await talk.say("one")
    edited = Talk(bridge, user("one!"), *talk.messages[1:])
    await edited.say("two")
    await talk.say("two", max_tokens=5000)
    longer = Talk(bridge, *talk.messages[:2], user("more"), *talk.messages[1:2])
    await longer.say("two")
    again = Talk(bridge, *talk.messages[:2])
    assert sessions(fake) == ["A", "B", "C", "D"]
    await again.say("two")
    assert sessions(fake)[-1] == "A"
    branch = Talk(bridge, *talk.messages[:2])
    await branch.say("two")
    assert sessions(fake)[-1] == "E", "the process is a turn ahead"


@pytest.mark.parametrize("stop_reason", ["max_tokens", "refusal", "model_context_window_exceeded"])
async def test_nothing_is_kept_or_sent_behind_other_stop_reasons(
    start_bridge: StartBridge, fake: FakeAnthropic, stop_reason: str
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    reply = refuses("No.") if stop_reason == "refusal" else says("One.")
    # Claude Code sends another request at the answer's end, and is stopped at the event before. On
    # a busy computer it may win that race; it always would if it was not stopped.
    sent = []
    for _ in range(3):
        before = len(fake.bodies())
        fake.script(replace(reply, stop_reason=stop_reason, delay=0.1))
        await Talk(bridge).say("one")
        await settled(0)
        sent.append(len(fake.bodies()) - before)
        if sent[-1] == 1:
            break
    assert sent[-1] == 1, sent


async def test_a_client_that_leaves_in_the_middle_ends_its_session(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    talk = Talk(bridge)
    await talk.say("one")
    fake.default = Reply((Text("word " * 50),), delay=0.1)
    saying = asyncio.create_task(talk.say("two"))
    await fake.wait_requests(2, 10)
    saying.cancel()
    await settled(0)
    assert sessions(fake) == ["A", "A"]
    await fake.wait_closed(2, 5)


async def test_a_request_that_needs_the_slot_gets_it(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0, claude_processes=1)
    first, second = Talk(bridge), Talk(bridge)
    await first.say("one")
    await second.say("one")
    await second.say("two")
    await first.say("two")
    assert sessions(fake) == ["A", "B", "B", "C"]


async def test_a_process_that_died_while_idle_is_replaced(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    talk = Talk(bridge)
    await talk.say("one")
    for process in list_processes():
        process.kill()
    assert await talk.say("two") == "Hello from the fake upstream."
    assert sessions(fake) == ["A", "B"]


async def test_a_deletion_of_content_ends_the_sessions(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    talk = Talk(bridge)
    await talk.say("one")
    await call(bridge, "POST", "/control/forget", {"all": True})
    await settled(0)
    await talk.say("two")
    assert sessions(fake) == ["A", "B"]


async def test_sessions_end_with_the_sign_in_and_with_the_bridge(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    talk = Talk(bridge)
    await talk.say("one")
    await bridge.selection.reload()
    await talk.say("two")
    assert sessions(fake) == ["A", "B"]
    assert len(list_processes()) == 1
    await bridge.selection.close()
    await settled(0)
