"""Fixtures that every room may use: a bridge on a socket, the strict fake upstream behind it."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings
from openai import AsyncOpenAI

from bridge.compose import make_bridge
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.server.state import Bridge
from bridge.settings import find_paths, load_settings
from tests import desktop
from tests.computer.fake_desktop import FakeDesktop
from tests.fake_anthropic.rules import TODAY
from tests.fake_anthropic.server import FakeAnthropic

StartBridge = Callable[..., Awaitable[Bridge]]

# A busy machine is no finding: what is slow there is measured in tests/benchmarks. CI judges each
# change by the same examples; elsewhere they are new in each run.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CLAUDE_BRIDGE_TESTS_SAME_EXAMPLES" in os.environ,
)
settings.load_profile("patient")


MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there
MOST_MEMORY = 8 << 30
"""Bytes that a process of the tests may have; a worker has up to 2 GB."""


def pytest_configure() -> None:
    """Prepare the process: the controller of pytest-xdist, or a worker."""
    keep_files_in_memory()
    limit_memory()


def limit_memory() -> None:
    """Have what takes too much fail as a test with its name; else the system ends any process."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, hard))


def keep_files_in_memory() -> None:
    """Keep the files of the tests in memory: half of their time would be for disks to be written.

    Nothing here can show that a file outlives a power failure, whatever the tests wait for.
    """
    is_free = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30
    if is_free and os.access(MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


SLOW_FILES = (
    "end_to_end/test_packaging.py",
    "server/test_odd_events.py",
    "server/test_faults.py",
    "server/test_openapi.py",
    "talon_user/test_any_sequence.py",
    "test_house.py",
)
"""Files that take a minute or more: first, so that no worker has one of them left at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slow files first; the others stay in their order."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(SLOW_FILES))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the settings, keys or proxies of the user who runs it."""
    for name in list(os.environ):
        own = ("CLAUDE", "ANTHROPIC_", "AWS_", "GOOGLE_")
        if name.startswith(own) and "TESTS" not in name:
            monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    # No test calls Anthropic: nothing listens on this port. Tests with a fake replace it.
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    # Without credentials of a cloud, its tools would ask the network for those of this machine.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLAUDE_BRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    # No test sees the person's keyring; `bridge.keys` falls back to its file.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    return tmp_path / "home"


@pytest.fixture(autouse=True, scope="session")
def certificates_are_read_once() -> Iterator[None]:
    """Each client of a test would read them again, which takes longer than most tests."""
    create = ssl.create_default_context
    create_once = functools.cache(create)

    def create_context(*purpose: Any, **sources: Any) -> ssl.SSLContext:
        # Servers get their own certificate, and no two of them the same.
        return create(*purpose, **sources) if purpose else create_once(**sources)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", create_context)
        yield


@pytest.fixture(autouse=True)
def the_echo_does_not_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long echoes would take seconds. A test about the pauses sets them."""
    monkeypatch.setattr("bridge.backends.echo.PAUSE_SECONDS", 0)


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    """A blocking call of the bridge on the event loop fails the test."""
    guard = BlockBuster(scanned_modules=["bridge"])
    guard.activate()
    try:
        yield
    finally:
        guard.deactivate()


@pytest.fixture
def session_bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a private D-Bus, also in the environment."""
    with desktop.session_bus() as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def x_display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A virtual X display, also in the environment."""
    with desktop.x_display() as name:
        monkeypatch.setenv("DISPLAY", name)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        yield name


@pytest.fixture
async def fake() -> AsyncIterator[FakeAnthropic]:
    """The strict upstream; it takes the key `sk-ant-test`."""
    async with FakeAnthropic() as upstream:
        yield upstream


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> FakeDesktop:
    """The desktop that bridges find, in the place of this machine's own."""
    desktop = FakeDesktop()
    monkeypatch.setattr("bridge.computer.native.factory.open_desktop", lambda _: desktop)
    monkeypatch.delenv("DISPLAY", raising=False)
    return desktop


@pytest.fixture
async def start_bridge() -> AsyncIterator[StartBridge]:
    """Starts bridges on free ports with the settings given; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> Bridge:
            chosen = load_settings(**{"port": 0, "drain_seconds": 1, "retries": 0, **settings})
            bridge = await asyncio.to_thread(make_bridge, chosen, find_paths())
            bridge.read_today = lambda: TODAY
            task = asyncio.create_task(serve(bridge, listen(chosen.host, chosen.port)))
            stack.push_async_callback(_stop, bridge, task)
            listening = asyncio.create_task(bridge.listening.wait())
            await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                listening.cancel()
                await task
            return bridge

        yield start


async def _stop(bridge: Bridge, task: asyncio.Task[None]) -> None:
    bridge.stop_requested.set()
    await asyncio.wait_for(task, 10)


@pytest.fixture
def start_anthropic(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> StartBridge:
    """Starts bridges whose Claude is the fake upstream."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)

    async def start(**settings: Any) -> Bridge:
        return await start_bridge(backend="anthropic", **settings)

    return start


@pytest.fixture
async def bridge(start_anthropic: StartBridge) -> Bridge:
    """A bridge whose Claude is the fake upstream."""
    return await start_anthropic()


@pytest.fixture
async def claude_code(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    """A bridge that asks through the real Claude Code, whose upstream is the fake."""
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(backend="claude-code")


@pytest.fixture
async def client(bridge: Bridge) -> AsyncIterator[AsyncOpenAI]:
    """The real client, pointed at the bridge; it does not retry."""
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key="any", max_retries=0
    ) as openai_client:
        yield openai_client
