"""The bridge's own pages: everything is from this server, and nothing may frame them."""

from __future__ import annotations

import re

import aiohttp
import pytest

from tests.conftest import StartBridge

PAGES = ("/", "/setup", "/open", "/docs", "/inspect")
_LOADED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=[\"']([^\"']+)")
_SOURCES = {"'self'", "'none'"}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_nothing_from_elsewhere_and_cannot_be_framed(
    start_bridge: StartBridge, path: str
) -> None:
    bridge = await start_bridge(backend="offline")
    headers = {"Accept": "text/html"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.get(path) as answer,
    ):
        text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert (rules["default-src"], rules["frame-ancestors"]) == ("'self'", "'none'")
    assert {source for sources in rules.values() for source in sources.split()} <= _SOURCES
    loaded = _LOADED.findall(text)
    assert loaded
    assert [url for url in loaded if "//" in url] == []
