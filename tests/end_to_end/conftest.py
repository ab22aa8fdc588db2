"""A panel, a fake Anthropic and a tray."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.end_to_end.tray import Tray
from tests.tray_host.host import TrayHost


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of the fake Anthropic, which runs as a separate process."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fake_anthropic"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
        yield url
        process.terminate()


@pytest.fixture
async def panel(session_bus: str, x_display: str) -> AsyncIterator[TrayHost]:
    async with TrayHost(session_bus) as host:
        yield host


@pytest.fixture
def tray(panel: TrayHost, upstream: str) -> Iterator[Tray]:
    started = Tray()
    yield started
    started.close()
