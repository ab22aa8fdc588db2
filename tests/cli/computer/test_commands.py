"""`claude-bridge computer …`, against a real bridge."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.cli.computer.health import format_computer_use
from bridge.cli.main import main
from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element
from bridge.computer.permission import Permission
from bridge.computer.screen.geometry import Rect
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop, make_app
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

CLICKED = [("move", 100, 200), ("press", "left"), ("release", "left")]


@pytest.fixture
async def bridge(
    pretended: FakeDesktop,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1280, 720), active=True))
    pretended._screens = (Rect(0, 0, 1280, 720),)
    return await start_bridge(backend="anthropic", computer_approval_seconds=5)


async def run_command(bridge: Bridge, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Run the command in a separate process, without a terminal."""
    port = bridge.url.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "--port", port, *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(stdin), 30)
    assert process.returncode is not None
    return process.returncode, out.decode(errors="replace"), err.decode()


def list_input(desktop: FakeDesktop) -> list[Any]:
    return [line for line in desktop.done if line[0] != "close"]


async def test_click_type_and_key(bridge: Bridge, pretended: FakeDesktop) -> None:
    bridge.computer.allow_for(1)
    code, out, _ = await run_command(bridge, "computer", "click", "100", "200")
    assert (code, out) == (0, "Click at (100, 200) in “Notes”\n")
    assert list_input(pretended) == CLICKED
    del pretended.done[:]
    assert (await run_command(bridge, "computer", "type", "hé"))[0] == 0
    assert (await run_command(bridge, "computer", "key", "ctrl+s"))[0] == 0
    assert list_input(pretended) == [
        ("type", "h"), ("type", "é"),
        ("key_down", "Control_L"), ("key_down", "s"), ("key_up", "s"), ("key_up", "Control_L"),
    ]  # fmt: skip


async def test_elements_by_name(bridge: Bridge, pretended: FakeDesktop) -> None:
    bridge.computer.allow_for(1)
    pretended.elements.placed = [
        Element("button", "Save", box=Rect(100, 200, 80, 20)),
        Element("field", "City", box=Rect(100, 300, 80, 20)),
    ]
    code, out, _ = await run_command(bridge, "computer", "elements")
    assert (code, out.split("\n")[1]) == (0, 'e1ab button "Save" [100, 200, 179, 219]')
    assert (await run_command(bridge, "computer", "click-element", "e1ab"))[:2] == (
        0,
        "Click the button “Save” by its name in “Notes”\n",
    )
    field = ("City", "Ulm", "--role", "field", "--window", "notes")
    assert (await run_command(bridge, "computer", "set-value", *field))[0] == 0
    code, _, error = await run_command(bridge, "computer", "click-element", "Sav")
    assert code == 1
    assert 'There is no element "Sav". Use the id of one of these: e1ab button "Save"' in error
    assert pretended.elements.done == [("press", "Save"), ("set_value", "City", "Ulm")]
    assert list_input(pretended) == []


class Recorder:
    """A client that only records the actions that it is to send."""

    def __init__(self) -> None:
        self.actions: list[dict[str, Any]] = []

    def send(self, method: str, path: str, body: Any = None) -> Recorder:
        self.actions += body["actions"]
        return self

    def json(self) -> dict[str, Any]:
        return {"outcomes": []}

    def close(self) -> None:
        """Do nothing: nothing is open."""


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("windows", {"action": "list_windows"}),
        ("focus notes", {"action": "focus_window", "window": "notes"}),
        ("elements", {"action": "list_elements", "window": None}),
        (
            "elements City --role field",
            {"action": "find_element", "window": None, "role": "field", "name": "City"},
        ),
        (
            "read-text e12ab --window w7",
            {"action": "read_text", "id": "e12ab", "role": None, "window": "w7"},
        ),
    ],
)
def test_a_command_by_name_is_one_action(
    words: str, action: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Recorder()
    monkeypatch.setattr("bridge.cli.computer.commands.open_client", lambda arguments: client)
    assert main(["computer", *words.split()]) == 0
    assert client.actions == [action]


async def test_a_dry_run_only_shows_what_would_be_done(
    bridge: Bridge, pretended: FakeDesktop
) -> None:
    bridge.computer.allow_for(1)
    code, out, _ = await run_command(bridge, "computer", "type", "--dry-run", "sudo reboot")
    assert "risky: a command" in out
    assert "Not executed: a dry run." in out
    assert list_input(pretended) == []
    assert code == 0


async def test_screenshot_writes_a_file(bridge: Bridge, tmp_path: Path) -> None:
    bridge.computer.allow_for(1)
    path = tmp_path / "shot.webp"
    code, out, _ = await run_command(bridge, "computer", "screenshot", "-o", str(path))
    assert (code, out) == (0, f"{path}\n")
    image = Image.open(io.BytesIO(path.read_bytes()))
    assert (image.format, image.size) == ("WEBP", (1280, 720))


async def test_everything_is_refused_while_computer_use_is_off(
    bridge: Bridge, pretended: FakeDesktop
) -> None:
    for words in (("click", "1", "1"), ("screenshot", "-o", "-"), ("run", "Click.")):
        code, out, err = await run_command(bridge, "computer", *words)
        assert (code, out) == (1, "")
        assert "Only a human can turn it on" in err
    assert pretended.done == []


async def test_computer_on_needs_a_terminal(bridge: Bridge) -> None:
    code, _, err = await run_command(bridge, "computer", "on", "--mode", "allowed", stdin=b"y\n")
    assert code == 2
    assert "no prompt and no program may do it" in err
    assert bridge.computer.permission.mode == "off"


async def run_at_terminal(bridge: Bridge, *words: str) -> int:
    ours, theirs = os.openpty()
    port = bridge.url.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "--port", port, *words), stdin=theirs
    )
    try:
        return await asyncio.wait_for(process.wait(), 30)
    finally:
        os.close(ours)
        os.close(theirs)


async def test_a_user_at_a_terminal_can_turn_it_on(bridge: Bridge) -> None:
    assert await run_at_terminal(bridge, "computer", "on", "--mode", "ask_risky") == 0
    assert bridge.computer.permission.mode == "ask_risky"
    assert (await run_command(bridge, "computer", "off"))[0] == 0


async def test_zero_minutes_are_refused(bridge: Bridge) -> None:
    words = ("computer", "on", "--mode", "allowed", "--minutes", "0")
    assert await run_at_terminal(bridge, *words) == 1
    assert bridge.computer.permission.mode == "off"


async def test_stop_ends_the_action_and_turns_computer_use_off(bridge: Bridge) -> None:
    bridge.computer.set_permission(Permission("ask_risky"))
    waiting = asyncio.create_task(
        run_command(bridge, "computer", "do", '{"action": "wait", "duration": 60}')
    )
    while not bridge.computer.active:
        await asyncio.sleep(0.01)
    stopped = await run_command(bridge, "computer", "stop")
    assert stopped[:2] == (0, "Stopped; computer use is off.\n")
    code, _, err = await waiting
    assert (code, err) == (1, "The user pressed stop.\n")
    assert bridge.computer.permission == Permission()


async def test_a_bridge_that_is_not_running_is_an_error(bridge: Bridge) -> None:
    bridge.url = "http://127.0.0.1:9"
    code, _, err = await run_command(bridge, "computer", "stop")
    assert code == 3
    assert err == "No bridge is running at http://127.0.0.1:9. Start it with: claude-bridge\n"


async def test_a_task_is_shown_step_by_step(bridge: Bridge, fake: FakeAnthropic) -> None:
    bridge.computer.allow_for(1)
    click = ToolUse("left_click", {"coordinate": [100, 200]}, toolset_name="computer")
    fake.script(Reply((Text("I click. "), click)), says("Done."))
    code, out, err = await run_command(bridge, "computer", "run", "Click.")
    assert code == 0
    assert out == "I click. Done.\n"
    assert "→ Click at (100, 200) in “Notes”" in err


async def test_a_task_that_needs_approval_shows_where_to_approve(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    bridge.computer.set_permission(Permission("ask"))
    fake.script(
        calls(ToolUse("key", {"text": "Delete"}, toolset_name="computer")), says("Then not.")
    )
    running = asyncio.create_task(run_command(bridge, "computer", "run", "Delete it."))
    while not bridge.computer.approvals.pending:
        await asyncio.sleep(0.01)
    (waiting,) = bridge.computer.approvals.pending
    bridge.computer.approvals.decide(waiting.id, False, "denied by the user")
    code, out, err = await running
    assert (code, out) == (0, "Then not.\n")
    assert "? Press Delete in “Notes”" in err
    assert "Approve or deny it in the tray or on the dashboard." in err


async def test_replay_repeats_the_actions(
    bridge: Bridge, pretended: FakeDesktop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    bridge.computer.allow_for(1)
    drag = {"action": "left_click_drag", "start_coordinate": [10, 20], "coordinate": [60, 70]}
    batch = [
        {"action": "left_click", "coordinate": [100, 200]},
        {"action": "type", "text": "é"},
        drag,
    ]
    assert (await run_command(bridge, "computer", "do", json.dumps(batch)))[0] == 0
    first = list_input(pretended)
    log = home / "data" / "computer-log.jsonl"
    kept = home / "kept.jsonl"
    rows = [json.loads(line) | {"at": 1767323045.5} for line in log.read_text().splitlines()]
    kept.write_text("\n".join(map(json.dumps, rows)))
    code, out, _ = await run_command(bridge, "computer", "replay", str(kept), "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        "1: 2026-01-02 03:04:05 Click at (100, 200) in “Notes”",
        "2: 2026-01-02 03:04:05 Type “é” in “Notes”",
        "3: 2026-01-02 03:04:05 Drag from (10, 20) to (60, 70) in “Notes”",
    ]
    assert list_input(pretended) == first
    del pretended.done[:]
    assert (await run_command(bridge, "computer", "replay", str(kept)))[0] == 0
    assert list_input(pretended) == first
    del pretended.done[:]
    assert (await run_command(bridge, "computer", "replay", str(kept), "--from", "2", "--to", "2"))[
        0
    ] == 0
    assert list_input(pretended) == [("type", "é")]


async def test_replay_holds_a_button_as_before(
    bridge: Bridge, pretended: FakeDesktop, home: Path
) -> None:
    bridge.computer.allow_for(1)
    batch = [
        {"action": "mouse_move", "coordinate": [10, 20]},
        {"action": "left_mouse_down"},
        {"action": "mouse_move", "coordinate": [60, 70]},
        {"action": "left_mouse_up"},
        {"action": "left_click", "coordinate": [100, 200]},
    ]
    assert (await run_command(bridge, "computer", "do", json.dumps(batch)))[0] == 0
    first = list_input(pretended)
    assert first.index(("move", 60, 70)) < first.index(("release", "left"))
    kept = home / "kept.jsonl"
    kept.write_bytes((home / "data" / "computer-log.jsonl").read_bytes())
    del pretended.done[:]
    assert (await run_command(bridge, "computer", "replay", str(kept)))[0] == 0
    assert list_input(pretended) == first


async def test_a_file_that_cannot_be_written_is_an_error(bridge: Bridge, tmp_path: Path) -> None:
    bridge.computer.allow_for(1)
    place = str(tmp_path / "nowhere" / "s.png")
    code, _, err = await run_command(bridge, "computer", "screenshot", "-o", place)
    assert (code, err) == (
        2,
        f"claude-bridge: {place} cannot be written: No such file or directory\n",
    )


@pytest.mark.parametrize(
    ("health", "line"),
    [
        ({"mode": "off", "active": False, "waiting": 0}, "Computer use: off"),
        (
            {"mode": "ask", "active": True, "waiting": 0},
            "Computer use: ask, Claude is using this computer",
        ),
        (
            {"mode": "ask", "active": False, "paused": True, "waiting": 0},
            "Computer use: ask, paused because the mouse was moved (resume by voice, tray or "
            "dashboard)",
        ),
        (
            {"mode": "ask", "active": False, "waiting": 2},
            "Computer use: ask, 2 waiting for your approval (tray or dashboard)",
        ),
    ],
)
def test_waiting_is_not_called_using(health: dict[str, Any], line: str) -> None:
    assert format_computer_use(health) == line


async def test_apps_are_listed_and_removed_at_a_terminal_only(bridge: Bridge) -> None:
    apps = bridge.computer.apps
    assert (await run_command(bridge, "computer", "apps"))[1] == (
        "No decisions yet: you are asked about each program.\n"
    )
    notes = make_app("notes")
    await asyncio.to_thread(apps.remember, (notes,), "view", "the user")
    _, out, _ = await run_command(bridge, "computer", "apps")
    assert out == f"look only: notes (/usr/bin/notes, id {notes.id})\n"
    code, _, err = await run_command(bridge, "computer", "apps", "--remove", "notes")
    assert (code, "needs a terminal" in err) == (2, True)
    assert apps.find_level(notes) == "view"
    assert await run_at_terminal(bridge, "computer", "apps", "--remove", "mail") == 2
    assert await run_at_terminal(bridge, "computer", "apps", "--remove", "notes") == 0
    assert apps.find_level(notes) is None
