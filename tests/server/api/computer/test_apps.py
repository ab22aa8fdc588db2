"""What Claude may do in each program: asked at first contact, remembered, and revoked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bridge.computer.apps.app import App
from bridge.computer.apps.levels import Level
from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.base import Element
from bridge.computer.screen.geometry import Rect
from bridge.paths import find_paths
from bridge.private_files import write_private
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop, make_app

Call = Callable[..., Coroutine[Any, Any, tuple[int, Any]]]

CLICK = {"action": "left_click", "coordinate": [100, 200]}
DELETE = {"action": "key", "text": "Delete"}
ALL = Rect(0, 0, 1920, 1080)
NOTES = Window("Notes", "notes", ALL, active=True, id=WindowId(5, 50))
SHELL = Window("~ : bash", "xterm", ALL, active=True, id=WindowId(6, 60))


@pytest.fixture
def desktop(pretended: FakeDesktop) -> FakeDesktop:
    pretended.shown.append(NOTES)
    return pretended


@pytest.fixture
async def call(desktop: FakeDesktop, bridge: Bridge) -> AsyncIterator[Call]:
    """The user's own program: it has the control token."""
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with aiohttp.ClientSession(bridge.url, headers=headers) as session:

        async def send(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with session.request(method, path, json=body) as answer:
                return answer.status, await answer.json()

        yield send


@pytest.fixture
async def asking(call: Call) -> None:
    """The mode that asks before risky steps, and for programs that are new to Claude."""
    await call("POST", "/control/switches", {"computer": {"mode": "ask_risky"}})


async def act(call: Call, *actions: Any) -> tuple[int, Any]:
    return await call("POST", "/computer/actions", {"actions": list(actions)})


async def wait_for_approval(call: Call) -> Any:
    """Return the first pending approval, once there is one."""
    for _ in range(500):
        _, status = await call("GET", "/computer")
        if status["waiting"]:
            return status["waiting"][0]
        await asyncio.sleep(0.01)
    raise AssertionError("nothing ever waited")


async def decide(call: Call, **decision: Any) -> tuple[Any, tuple[int, Any]]:
    """Decide on the next approval; return what was shown, and the answer."""
    shown = await wait_for_approval(call)
    body = {"digest": shown["digest"], **decision}
    return shown, await call("POST", f"/computer/approvals/{shown['id']}", body)


async def act_and_decide(call: Call, *actions: Any, **decision: Any) -> tuple[Any, Any, int]:
    """Act, and decide on it; return what was shown, the decision's answer, and the status."""
    acting = asyncio.create_task(act(call, *actions))
    shown, (_, answer) = await decide(call, **decision)
    status, _ = await acting
    return shown, answer, status


async def remember(bridge: Bridge, level: Level, *names: str) -> None:
    apps = tuple(map(make_app, names))
    await asyncio.to_thread(bridge.computer.apps.remember, apps, level, "the user")


def was_clicked(desktop: FakeDesktop) -> bool:
    clicked = ("press", "left") in desktop.done
    desktop.done.clear()
    return clicked


pytestmark = pytest.mark.usefixtures("asking")


async def test_the_first_contact_is_asked_about_and_once_is_once(
    call: Call, desktop: FakeDesktop
) -> None:
    for _ in range(2):
        shown, _, status = await act_and_decide(call, CLICK, approved=True)
        assert shown["risks"] == ["an undecided app: notes (/usr/bin/notes)"]
        assert shown["apps"] == [{"name": "notes", "path": "/usr/bin/notes"}]
        assert shown["levels"] == ["view", "click", "everything"]
        assert (status, was_clicked(desktop)) == (200, True)
    assert (await call("GET", "/computer/apps"))[1] == {"apps": []}


async def test_clicks_are_remembered_and_a_risky_step_still_asks(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    await act_and_decide(call, CLICK, approved=True, level="click")
    assert (await act(call, CLICK))[0] == 200
    shown, _, status = await act_and_decide(call, DELETE, approved=False)
    assert (shown["risks"], shown["levels"]) == (["deleting"], ["everything"])
    assert status == 403
    await act_and_decide(call, DELETE, approved=True, level="everything")
    assert (await act(call, DELETE))[0] == 200
    (app,) = (await call("GET", "/computer/apps"))[1]["apps"]
    assert (app["name"], app["path"], app["level"]) == ("notes", "/usr/bin/notes", "everything")
    assert app["by"].startswith("you")
    assert await asyncio.to_thread(find_paths().computer_apps.exists)


async def test_a_program_that_claude_may_only_look_at_gets_nothing_in_any_mode(
    call: Call, desktop: FakeDesktop
) -> None:
    _, _, status = await act_and_decide(call, CLICK, approved=False, level="view")
    assert status == 403
    for switch in ({"mode": "ask"}, {"mode": "ask_risky"}, {"mode": "allowed", "minutes": 1}):
        await call("POST", "/control/switches", {"computer": switch})
        status, answer = await act(call, CLICK)
        assert (status, answer["error"]["code"]) == (403, "not_approved")
        assert "lets Claude look at notes (/usr/bin/notes)" in answer["error"]["message"]
    assert (await act(call, {"action": "screenshot"}))[0] == 200
    assert not was_clicked(desktop)


@pytest.mark.parametrize(
    "action",
    [
        {"action": "click_element", "name": "Save"},
        {"action": "set_value", "name": "City", "value": "Bonn"},
    ],
    ids=lambda action: action["action"],
)
async def test_an_action_by_name_is_held_to_the_apps_level(
    call: Call, desktop: FakeDesktop, bridge: Bridge, action: Any
) -> None:
    save = Element("button", "Save", box=Rect(600, 340, 80, 32))
    desktop.elements.placed = [save, Element("field", "City", box=Rect(600, 400, 80, 32))]
    shown, _, status = await act_and_decide(call, action, approved=True)
    assert shown["apps"] == [{"name": "notes", "path": "/usr/bin/notes"}]
    assert status == 200
    desktop.elements.done.clear()
    await remember(bridge, "view", "notes")
    status, answer = await act(call, action)
    assert (status, answer["error"]["code"]) == (403, "not_approved")
    assert desktop.elements.done == []
    await remember(bridge, "click", "notes")
    assert (await act(call, action))[0] == 200


@pytest.mark.parametrize(
    "decision",
    [
        {"approved": True, "level": "view"},
        {"approved": False, "level": "click"},
        {"approved": False, "level": "everything"},
    ],
)
async def test_a_level_that_contradicts_the_decision_is_refused(
    decision: dict[str, Any], call: Call
) -> None:
    acting = asyncio.create_task(act(call, CLICK))
    _, (status, answer) = await decide(call, **decision)
    assert (status, answer["error"]["param"]) == (400, "level")
    await decide(call, approved=False)
    await acting


async def test_in_the_mode_ask_nothing_is_offered_and_everything_asks(
    call: Call, bridge: Bridge
) -> None:
    await remember(bridge, "everything", "notes")
    await call("POST", "/control/switches", {"computer": {"mode": "ask"}})
    shown, _, _ = await act_and_decide(call, CLICK, approved=False)
    assert (shown["apps"], shown["levels"], shown["risks"]) == ([], [], [])
    acting = asyncio.create_task(act(call, CLICK))
    _, (status, answer) = await decide(call, approved=True, level="click")
    assert (status, answer["error"]["message"]) == (
        400,
        "The level `click` is not offered for this request.",
    )
    await decide(call, approved=False)
    await acting


async def test_a_decision_is_changed_and_revoked(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    await remember(bridge, "click", "notes")
    (app,) = (await call("GET", "/computer/apps"))[1]["apps"]
    path = f"/computer/apps/{app['id']}"
    status, answer = await call("POST", path, {"level": "view"})
    assert (status, answer["apps"][0]["level"]) == (200, "view")
    assert (await act(call, CLICK))[0] == 403
    assert (await call("DELETE", path))[0] == 200
    assert (await call("DELETE", path))[0] == 404
    assert (await call("POST", path, {"level": "click"}))[0] == 404
    shown, _, _ = await act_and_decide(call, CLICK, approved=False)
    assert shown["risks"] == ["an undecided app: notes (/usr/bin/notes)"]


async def test_a_revocation_ends_a_batch_that_is_running(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    await remember(bridge, "click", "notes")

    def revoke(line: tuple[Any, ...]) -> None:
        if line[0] == "release":
            bridge.computer.apps.forget(make_app("notes").id)

    desktop.before = revoke
    status, answer = await act(call, CLICK, CLICK)
    assert status == 200
    assert [outcome["done"] for outcome in answer["outcomes"]] == [True, False]
    assert "has not decided on notes" in answer["outcomes"][1]["result"]


# --- attacks: what a window calls itself


async def test_another_programs_class_and_title_get_nothing(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    await remember(bridge, "everything", "notes")
    copy = replace(NOTES, id=WindowId(7, 70), app=App("/home/x/evil"))
    desktop.shown[:] = [copy]
    shown, _, _ = await act_and_decide(call, CLICK, approved=False)
    assert shown["risks"] == ["an undecided app: evil (/home/x/evil)"]
    assert not was_clicked(desktop)


async def test_a_program_that_becomes_another_one_loses_the_approval(
    call: Call, desktop: FakeDesktop
) -> None:
    """While the user decides, the process executes another program and keeps its window."""
    acting = asyncio.create_task(act(call, CLICK))
    await wait_for_approval(call)
    desktop.shown[:] = [replace(NOTES, app=App("/home/x/evil"))]
    await decide(call, approved=True, level="click")
    _, answer = await acting
    assert "has not decided on evil" in answer["outcomes"][0]["result"]
    assert not was_clicked(desktop)


async def test_in_the_mode_ask_it_loses_the_approval_too(call: Call, desktop: FakeDesktop) -> None:
    await call("POST", "/control/switches", {"computer": {"mode": "ask"}})
    acting = asyncio.create_task(act(call, CLICK))
    await wait_for_approval(call)
    desktop.shown[:] = [replace(NOTES, app=App("/home/x/evil"))]
    await decide(call, approved=True)
    _, answer = await acting
    assert "belongs to another program now" in answer["outcomes"][0]["result"]
    assert not was_clicked(desktop)


async def test_a_window_of_an_unknown_program_is_asked_about_each_time(
    call: Call, desktop: FakeDesktop
) -> None:
    desktop.shown[:] = [replace(NOTES, program="")]
    for _ in range(2):
        shown, _, status = await act_and_decide(call, CLICK, approved=True)
        assert shown["risks"] == ["an undecided app: a program that the system does not name"]
        assert (shown["apps"], shown["levels"], status) == ([], [], 200)


async def test_a_window_below_that_is_not_allowed_gets_no_click_when_the_one_on_top_goes(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    await remember(bridge, "everything", "notes")
    await remember(bridge, "view", "xterm")
    desktop.shown[:] = [NOTES, replace(SHELL, active=False)]

    def close_notes(line: tuple[Any, ...]) -> None:
        if line[0] == "move":
            desktop.shown[:] = [SHELL]

    desktop.before = close_notes
    status, answer = await act(call, CLICK)
    assert (status, answer["outcomes"][0]["done"]) == (200, False)
    assert "another window appeared" in answer["outcomes"][0]["result"]
    assert not was_clicked(desktop)


async def test_a_batch_that_opens_a_new_program_stops_there(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    """A chain of harmless steps: the click starts a viewer, which gets none of the rest."""
    await remember(bridge, "everything", "notes")
    viewer = Window("a.pdf", "viewer", ALL, active=True, id=WindowId(8, 80))

    def opens(line: tuple[Any, ...]) -> None:
        if line[0] == "release":
            desktop.shown[:] = [viewer, replace(NOTES, active=False)]

    desktop.before = opens
    status, answer = await act(call, CLICK, {"action": "type", "text": "x"}, CLICK)
    assert status == 200
    assert [outcome["done"] for outcome in answer["outcomes"]] == [True, False, False]
    assert "has not decided on viewer (/usr/bin/viewer)" in answer["outcomes"][1]["result"]
    assert ("type", "x") not in desktop.done


async def test_a_damaged_file_stops_computer_use(call: Call, desktop: FakeDesktop) -> None:
    path = find_paths().computer_apps
    await asyncio.to_thread(write_private, path, "{")
    status, answer = await act(call, CLICK)
    assert (status, answer["error"]["code"]) == (503, "rules_unreadable")
    assert str(path) in answer["error"]["message"]
    assert (await call("GET", "/computer/apps"))[0] == 503
    assert not was_clicked(desktop)


async def test_only_the_token_opens_the_list(bridge: Bridge, call: Call) -> None:
    async with aiohttp.ClientSession(bridge.url) as session:
        for method, path in (
            ("GET", "/computer/apps"),
            ("POST", "/computer/apps/x"),
            ("DELETE", "/computer/apps/x"),
        ):
            body = {"level": "everything"} if method == "POST" else None
            async with session.request(method, path, json=body) as answer:
                assert answer.status == 403, path
