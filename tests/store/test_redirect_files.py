"""Files that sign a browser in are private, and are removed after use or in a minute."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from bridge.store.redirect_files import (
    FOLDER,
    RedirectFiles,
    find_snap_folder,
    write_redirect_file,
)
from tests.conftest import StartBridge

LINK = re.compile(r'url=(http://[^"]+)"')


def test_only_the_user_can_read_the_file_and_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir(mode=0o755)
    path = write_redirect_file(folder, "http://127.0.0.1:8000/open#ticket=t&page=%2F")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "url=http://127.0.0.1:8000/open#ticket=t&amp;page=%2F" in path.read_text()


def test_files_that_a_crash_left_are_removed(tmp_path: Path) -> None:
    old, new = (write_redirect_file(tmp_path, "http://127.0.0.1") for _ in range(2))
    os.utime(old, (1, 1))
    last = write_redirect_file(tmp_path, "http://127.0.0.1")
    assert set(tmp_path.iterdir()) == {new, last}


async def test_a_file_is_removed_when_its_ticket_has_expired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.store.redirect_files.SECONDS", 0.05)
    files = RedirectFiles()
    path = await files.create(tmp_path, "http://127.0.0.1", "ticket")
    assert path.exists()
    async with asyncio.timeout(30):
        while path.exists():
            await asyncio.sleep(0.01)
    await files.close()


async def test_all_files_are_removed_at_the_end(tmp_path: Path) -> None:
    files = RedirectFiles()
    paths = [await files.create(tmp_path, "http://127.0.0.1", str(at)) for at in range(3)]
    await files.close()
    assert [path for path in paths if path.exists()] == []


@pytest.mark.parametrize(
    ("snap", "expected"),
    [("firefox", True), ("chromium", False), ("..", False), ("../firefox", False), ("", False)],
)
def test_a_browser_from_a_snap_has_a_folder_of_its_own(
    tmp_path: Path, snap: str, expected: bool
) -> None:
    common = tmp_path / "snap" / "firefox" / "common"
    common.mkdir(parents=True)
    assert find_snap_folder(snap, tmp_path) == (common / FOLDER if expected else None)


async def post(bridge: Bridge, path: str, body: object, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post(path, json=body) as answer,
    ):
        return answer.status, await answer.json()


async def create_file(bridge: Bridge, body: object) -> Path:
    status, answer = await post(bridge, "/control/pages", body, bridge.control_token)
    assert status == 200, answer
    return Path(answer["file"])


def read_ticket(path: Path) -> str:
    match = re.search(r"#ticket=([\w-]+)", path.read_text())
    assert match is not None
    return match[1]


async def test_a_file_is_made_for_the_token_and_removed_once_its_ticket_is_redeemed(
    start_bridge: StartBridge, home: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    assert (await post(bridge, "/control/pages", {"page": "/"}))[0] == 403
    path = await create_file(bridge, {"page": "/setup"})
    assert path.parent == home / "data" / "pages"
    ticket = read_ticket(path)
    status, answer = await post(
        bridge, "/control/tickets/redeem", {"ticket": ticket, "page": "/setup"}
    )
    assert status == 200
    assert bridge.page_sessions.accepts(answer["token"])
    async with asyncio.timeout(30):
        while path.exists():
            await asyncio.sleep(0.01)


async def test_a_ticket_is_for_the_page_that_it_was_made_for(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    ticket = read_ticket(await create_file(bridge, {"page": "/setup?x=1#approval"}))
    redeem = "/control/tickets/redeem"
    assert (await post(bridge, redeem, {"ticket": ticket, "page": "/"}))[0] == 403
    # A ticket from another page is used up all the same.
    assert (await post(bridge, redeem, {"ticket": ticket, "page": "/setup"}))[0] == 403


@pytest.mark.parametrize(
    "page", ["", "setup", "//evil.example", "/docs", "/control/stop", "http://x/", "/\\x", "/#<b>"]
)
async def test_a_file_leads_to_no_other_page(start_bridge: StartBridge, page: str) -> None:
    bridge = await start_bridge(backend="offline")
    status, _ = await post(bridge, "/control/pages", {"page": page}, bridge.control_token)
    assert status == 400


async def test_a_folder_that_cannot_be_written_to_is_named(
    start_bridge: StartBridge, home: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    (home / "data" / "pages").write_text("not a folder")
    status, answer = await post(bridge, "/control/pages", {"page": "/"}, bridge.control_token)
    assert status == 500
    assert f"Cannot write a file in {home / 'data' / 'pages'}: " in answer["error"]["message"]
    assert "claude-bridge dashboard --url" in answer["error"]["message"]


@pytest.mark.parametrize("snap", ["..", "firefox/../..", "no-such-snap"])
async def test_a_file_is_in_no_other_folder(start_bridge: StartBridge, snap: str) -> None:
    bridge = await start_bridge(backend="offline")
    body = {"page": "/", "snap": snap}
    status, _ = await post(bridge, "/control/pages", body, bridge.control_token)
    assert status == 400
