"""The user is signed in to the fake upstream, with each backend."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.server import FakeAnthropic


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch, fake: FakeAnthropic) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
