"""A token server that the real Claude Code reaches, with the fake upstream behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.backends.claude_code.token_server import TokenServer, run_token_server
from tests.fake_anthropic.server import FakeAnthropic


@pytest.fixture
async def tokens(
    tmp_path: Path, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TokenServer]:
    """The sign-in of all Claude Code processes that are started in the test."""
    async with run_token_server(tmp_path) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
        yield server
