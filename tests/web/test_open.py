"""A real browser that was started with a file gets a session; no other way into that page works."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.attacks.test_pages import Page as ForeignPage
from tests.conftest import StartBridge
from tests.store.test_redirect_files import create_file
from tests.web.chromium import run_chromium

LINK = """<!doctype html><script>
location.href = BRIDGE + "/open#ticket=guess&page=" + encodeURIComponent("//evil.example/");
</script>"""


@pytest.mark.parametrize(("page", "host"), [("/", "127.0.0.1"), ("/setup?a=1#x", "::1")])
async def test_the_file_opens_the_page_signed_in(
    start_bridge: StartBridge, tmp_path: Path, page: str, host: str
) -> None:
    bridge = await start_bridge(backend="offline", host=host)
    path = await create_file(bridge, {"page": page})
    async with run_chromium(tmp_path / "profile", url=path.as_uri()) as opened:
        await opened.wait_for("location.protocol === 'http:' && location.pathname !== '/open'")
        await opened.wait_for("sessionStorage.getItem('session')")
        token = await opened.evaluate("sessionStorage.getItem('session')")
        assert bridge.page_sessions.accepts(token)
        kept = await opened.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
        assert bridge.control_token not in kept
        assert await opened.evaluate("location.href") == bridge.url + page
        assert await opened.evaluate("history.length") <= 2, "no address with the ticket is kept"
    assert not await asyncio.to_thread(path.exists)


async def test_a_link_on_another_site_leads_nowhere(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    page = ForeignPage(LINK.replace("BRIDGE", repr(bridge.url)))
    async with (
        page.serve() as port,
        run_chromium(tmp_path / "profile", url=f"http://localhost:{port}/") as opened,
    ):
        await opened.wait_for(f"location.origin === {bridge.url!r}")
        await opened.wait_for(
            "document.querySelector('#outcome')?.textContent.startsWith('This link does not')"
        )
        assert await opened.evaluate("sessionStorage.getItem('session')") is None


@pytest.mark.parametrize("path", ["/", "/setup", "/docs", "/health", "/v1/models"])
async def test_other_pages_cannot_be_opened_from_another_site(
    start_bridge: StartBridge, path: str
) -> None:
    bridge = await start_bridge(backend="offline")
    navigation = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert await get_status(bridge, path, {**navigation, "Sec-Fetch-Dest": "document"}) == 403


@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object", "image", "", None])
async def test_the_page_cannot_be_framed_or_fetched_by_another_site(
    start_bridge: StartBridge, destination: str | None
) -> None:
    bridge = await start_bridge(backend="offline")
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    if destination is not None:
        headers["Sec-Fetch-Dest"] = destination
    assert await get_status(bridge, "/open", headers) == 403
    mode = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "document"}
    assert await get_status(bridge, "/open", {**headers, **mode}) == 403


async def get_status(bridge: Bridge, path: str, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.get(path) as answer,
    ):
        return answer.status
