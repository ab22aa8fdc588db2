"""Who may use the desktop over `/v1`: programs without a credential are asked about, once."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.computer.approval.asker import build_asker
from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.keys import NamedKey
from bridge.server.http.peer.base import Address, Peer, Process
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop
from tests.fake_anthropic.script import ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

OPUS = "claude-opus-5-5"
CLICK = ToolUse("left_click", {"coordinate": [100, 200]}, toolset_name="computer")
CURL = Peer("1000", True, (Process(41, "/usr/bin/curl"),))
CHAT: dict[str, Any] = {
    "model": OPUS,
    "computer_use": True,
    "messages": [{"role": "user", "content": "Click."}],
}
RESPONSE: dict[str, Any] = {"model": f"{OPUS}+computer", "input": "Click."}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", CHAT),
    "chat by the model's name": (
        "/v1/chat/completions",
        {**CHAT, "computer_use": None, "model": f"{OPUS}+computer"},
    ),
    "chat streamed": ("/v1/chat/completions", {**CHAT, "stream": True}),
    "response": ("/v1/responses", RESPONSE),
    "response streamed": ("/v1/responses", {**RESPONSE, "stream": True}),
}


class FakeFinder:
    """A system that tells what the test sets."""

    def __init__(self) -> None:
        self.peer: Peer | None = CURL
        self.asked = 0

    def find(self, server: Address, client: Address) -> Peer | None:
        self.asked += 1
        return self.peer


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> FakeFinder:
    finder = FakeFinder()
    monkeypatch.setattr("bridge.server.http.peer.find._open_finder", lambda: finder)
    return finder


@pytest.fixture
def desktop(pretended: FakeDesktop) -> FakeDesktop:
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True))
    return pretended


@pytest.fixture
async def computer(desktop: FakeDesktop, bridge: Bridge, fake: FakeAnthropic) -> Bridge:
    """A bridge with computer use on; Claude clicks once whenever it is asked."""
    bridge.computer.allow_for(5)
    fake.script(*[calls(CLICK), says("Done.")] * 6)
    return bridge


@pytest.fixture
async def session(computer: Bridge) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(computer.url) as session:
        yield session


async def post(
    session: aiohttp.ClientSession, path: str, body: Any, key: str = "any"
) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {key}", "User-Agent": "Claude-Bridge-Tray/1.0"}
    async with session.post(path, json=body, headers=headers) as answer:
        return answer.status, await answer.text()


def has_clicked(desktop: FakeDesktop) -> bool:
    return ("press", "left") in desktop.done


async def wait_for_question(bridge: Bridge) -> Any:
    async with asyncio.timeout(10):
        while not bridge.computer.approvals.pending:
            await asyncio.sleep(0.01)
    return bridge.computer.approvals.pending[0]


@pytest.mark.parametrize("way", WAYS)
async def test_a_program_is_asked_about_before_it_uses_the_desktop(
    way: str,
    finder: FakeFinder,
    computer: Bridge,
    session: aiohttp.ClientSession,
    desktop: FakeDesktop,
) -> None:
    asking = asyncio.create_task(post(session, *WAYS[way]))
    question = await wait_for_question(computer)
    assert question.about == "program"
    assert question.asked_by == (
        "curl (/usr/bin/curl, process 41), which says it is “claude-bridge-tray”"
    )
    assert desktop.done == []
    computer.computer.approvals.decide(question.id, True, "you")
    status, text = await asking
    assert status == 200, text
    assert has_clicked(desktop)
    # Not again, for this program; for another one, again.
    assert (await post(session, *WAYS[way]))[0] == 200
    finder.peer = Peer("1000", True, (Process(41, "/opt/curl"),))
    asking = asyncio.create_task(post(session, *WAYS[way]))
    question = await wait_for_question(computer)
    assert "(/opt/curl, process 41)" in question.asked_by
    computer.computer.approvals.decide(question.id, False, "denied by the user")
    status, text = await asking
    assert (status, "not_approved" in text) == (403, True)


@pytest.mark.parametrize("way", [*WAYS, "background"])
@pytest.mark.parametrize("peer", [Peer("65534", False), None], ids=["another user", "unknown"])
async def test_another_user_and_an_unknown_program_are_refused(
    way: str,
    peer: Peer | None,
    finder: FakeFinder,
    computer: Bridge,
    session: aiohttp.ClientSession,
    desktop: FakeDesktop,
) -> None:
    finder.peer = peer
    path, body = WAYS.get(way, ("/v1/responses", {**RESPONSE, "background": True, "store": True}))
    status, text = await post(session, path, body)
    assert (status, json.loads(text)["error"]["code"]) == (403, "forbidden")
    assert "claude-bridge key set bridge" in text
    assert desktop.done == []
    assert computer.computer.approvals.pending == []


async def test_a_summary_never_uses_the_desktop(
    finder: FakeFinder, bridge: Bridge, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    """Whatever the model of the request is called."""
    bridge.computer.allow_for(5)
    fake.script(says("We clicked."))
    items = [{"type": "message", "role": "user", "content": "Click."}]
    async with aiohttp.ClientSession(bridge.url) as session:
        status, text = await post(
            session, "/v1/responses/compact", {"model": f"{OPUS}+computer", "input": items}
        )
    assert status == 200, text
    assert (desktop.done, finder.asked) == ([], 0)


async def test_each_message_of_a_socket_is_checked(
    finder: FakeFinder, computer: Bridge, session: aiohttp.ClientSession, desktop: FakeDesktop
) -> None:
    async with session.ws_connect("/v1/responses") as socket:
        await socket.send_json({"type": "response.create", **RESPONSE})
        question = await wait_for_question(computer)
        computer.computer.approvals.decide(question.id, True, "you")
        while (await socket.receive_json())["type"] != "response.completed":
            pass
        del desktop.done[:]
        # The program hands the connection to a process of another user.
        finder.peer = Peer("65534", False)
        await socket.send_json({"type": "response.create", **RESPONSE})
        assert (await socket.receive_json())["error"]["code"] == "forbidden"
    assert desktop.done == []


async def test_a_background_response_is_asked_about(
    finder: FakeFinder, computer: Bridge, session: aiohttp.ClientSession, desktop: FakeDesktop
) -> None:
    body = {**RESPONSE, "background": True, "store": True}
    status, _ = await post(session, "/v1/responses", body)
    assert status == 200
    # The client has left by now; the question names it all the same.
    question = await wait_for_question(computer)
    assert "/usr/bin/curl" in question.asked_by
    assert desktop.done == []
    computer.computer.approvals.decide(question.id, True, "you")
    async with asyncio.timeout(10):
        while not has_clicked(desktop):
            await asyncio.sleep(0.01)


async def test_requests_meanwhile_wait_for_the_same_decision(
    finder: FakeFinder, computer: Bridge, session: aiohttp.ClientSession, desktop: FakeDesktop
) -> None:
    asking = [asyncio.create_task(post(session, *WAYS["chat"])) for _ in range(4)]
    question = await wait_for_question(computer)
    while finder.asked < 4:
        await asyncio.sleep(0.01)
    assert len(computer.computer.approvals.pending) == 1
    computer.computer.approvals.decide(question.id, False, "denied by the user")
    answers = await asyncio.gather(*asking)
    assert [status for status, _ in answers] == [403] * 4
    assert desktop.done == []


async def test_programs_cannot_flood_the_user_with_questions(
    finder: FakeFinder, computer: Bridge, session: aiohttp.ClientSession
) -> None:
    asking = []
    for number in range(6):
        finder.peer = Peer("1000", True, (Process(number, f"/opt/{number}"),))
        before = finder.asked
        asking.append(asyncio.create_task(post(session, *WAYS["chat"])))
        while finder.asked == before:
            await asyncio.sleep(0.01)
    (last,), _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    assert last.result()[0] == 409
    assert len(computer.computer.approvals.pending) == 5
    computer.computer.stop("The test is over.")
    await asyncio.wait(asking)


async def test_an_unanswered_question_is_asked_again(
    finder: FakeFinder,
    computer: Bridge,
    session: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(computer.computer.approvals, "_seconds", 0.1)
    for _ in range(2):
        status, text = await post(session, *WAYS["chat"])
        assert (status, "no answer within" in text) == (403, True)
    assert computer.computer.asker_decisions == []


async def test_a_revoked_program_stops_and_is_asked_about_again(
    finder: FakeFinder,
    computer: Bridge,
    session: aiohttp.ClientSession,
    fake: FakeAnthropic,
) -> None:
    fake.script(calls(ToolUse("wait", {"duration": 60}, toolset_name="computer")))
    asking = asyncio.create_task(post(session, *WAYS["chat"]))
    computer.computer.approvals.decide((await wait_for_question(computer)).id, True, "you")
    headers = {"Authorization": f"Bearer {computer.control_token}"}
    async with session.get("/computer", headers=headers) as answer:
        (known,) = (await answer.json())["programs"]
    assert (known["approved"], "/usr/bin/curl" in known["program"]) == (True, True)
    while not computer.computer.active:
        await asyncio.sleep(0.01)
    path = f"/computer/programs/{known['id']}"
    async with session.delete(path) as answer:
        assert answer.status == 403, "only with the control token"
    async with session.delete(path, headers=headers) as answer:
        assert answer.status == 200
    async with session.delete(path, headers=headers) as answer:
        assert answer.status == 404
    _, text = await asyncio.wait_for(asking, 30)
    assert "approval for this program was revoked" in text
    asking = asyncio.create_task(post(session, *WAYS["chat"]))
    assert (await wait_for_question(computer)).about == "program"
    computer.computer.stop("The test is over.")
    await asking


async def test_an_approval_ends_when_computer_use_is_turned_off(
    finder: FakeFinder, computer: Bridge, session: aiohttp.ClientSession
) -> None:
    asking = asyncio.create_task(post(session, *WAYS["chat"]))
    computer.computer.approvals.decide((await wait_for_question(computer)).id, True, "you")
    await asking
    assert len(computer.computer.asker_decisions) == 1
    computer.computer.stop("The user pressed stop.")
    computer.computer.allow_for(5)
    assert computer.computer.asker_decisions == []


def test_a_page_is_asked_about_apart_from_its_browser() -> None:
    """Every page of an allowed origin comes from the same program."""
    one = build_asker([("/usr/bin/chromium", 7)], "1000", origin="https://one.example")
    two = build_asker([("/usr/bin/chromium", 7)], "1000", origin="https://two.example")
    assert one.identity != two.identity
    assert "for the page https://one.example" in one.label


# --- credentials


async def test_the_control_token_is_not_asked_about(
    finder: FakeFinder, computer: Bridge, session: aiohttp.ClientSession, desktop: FakeDesktop
) -> None:
    finder.peer = Peer("65534", False)
    status, text = await post(session, *WAYS["chat"], key=computer.control_token)
    assert status == 200, text
    assert has_clicked(desktop)


@pytest.mark.parametrize(("may_use_computer", "status"), [(True, 200), (False, 403)])
async def test_an_access_key_needs_the_right(
    may_use_computer: bool,
    status: int,
    finder: FakeFinder,
    computer: Bridge,
    session: aiohttp.ClientSession,
    desktop: FakeDesktop,
) -> None:
    finder.peer = Peer("65534", False)
    await computer.keys.save_key("bridge", NamedKey("laptop", "cb-key", may_use_computer))
    answered, text = await post(session, *WAYS["chat"], key="cb-key")
    assert answered == status, text
    assert has_clicked(desktop) is may_use_computer


async def test_the_log_does_not_believe_the_caller(
    finder: FakeFinder, computer: Bridge, session: aiohttp.ClientSession, home: Path
) -> None:
    body = {
        "actions": [{"action": "left_click", "coordinate": [1, 2]}],
        "asked_by": "you\u202e\n (dashboard)",
    }
    await post(session, "/computer/actions", body, key=computer.control_token)
    line = json.loads((home / "data" / "computer-log.jsonl").read_text("utf-8"))
    assert line["asked_by"] == (
        "curl (/usr/bin/curl, process 41) with the control token, "
        "which says it is “you‹U+202E›⏎ (dashboard)”"
    )


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="needs root")
async def test_a_real_program_of_another_user_is_refused(
    computer: Bridge, desktop: FakeDesktop
) -> None:
    script = (
        "import json, sys, urllib.request as u, urllib.error as e\n"
        "r = u.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'})\n"
        "try: print(u.urlopen(r).status)\n"
        "except e.HTTPError as error: print(error.code)\n"
    )
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
        *("/usr/bin/python3", "-c", script),
        *(f"{computer.url}/v1/chat/completions", json.dumps(CHAT)),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert printed.strip() == b"403"
    assert desktop.done == []
