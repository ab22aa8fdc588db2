"""Fixtures: a fake Talon with our package loaded, with and without community."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.world import PACKAGE

STRICT = 0.02
"""Seconds that a callback may take: a tenth of what disturbs speech recognition."""
TALON_USER = Path(__file__).parents[2] / "talon_user"


def load_world(**options: Any) -> TalonWorld:
    """Return a fake Talon with our package loaded."""
    world = TalonWorld(**options)
    try:
        load_package(world)
    except BaseException:
        world.close()  # otherwise later tests would see its modules and its guard
        raise
    return world


def load_package(world: TalonWorld) -> None:
    """Load the package while no bridge is running, then set a strict watchdog."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    world.set_setting("user.claude_bridge_url", f"http://127.0.0.1:{port}")
    # In these tests, virtual time passes faster than a bridge's real time.
    world.set_setting("user.claude_timeout_seconds", 0.0)
    world.load_package(TALON_USER)
    world.script.watchdog = STRICT
    world.run_until(lambda: not world.cron_jobs)
    assert world.notifications == []


def reset_package(world: TalonWorld) -> None:
    """Replace all state of the package and of the computer: loading it again takes 0.1 s."""
    claude: Any = sys.modules[f"{PACKAGE}.claude"]
    world.broken.clear()
    world.clipboard.locked = False
    claude.session.engine.end()
    claude.session.close_windows()
    world.advance(5)
    claude.session = claude.Session()
    claude.conversation = claude.Conversation(claude.session)
    world.notifications.clear()
    world.windows.clear()
    world.modes = {"command"}
    world.clipboard.user_copies("mine")


@pytest.fixture
def world() -> Iterator[TalonWorld]:
    """A Talon without community."""
    with load_world() as world:
        yield world
        assert world.script.violations == []


@pytest.fixture(params=[False, True], ids=["bare", "community"])
def any_world(request: pytest.FixtureRequest) -> Iterator[TalonWorld]:
    """A Talon, once without community and once with it."""
    with load_world(community=request.param) as world:
        yield world
        assert world.script.violations == []


@pytest.fixture
def scripted(world: TalonWorld, monkeypatch: pytest.MonkeyPatch) -> ScriptedBridge:
    """The bridge whose answers the test sends by hand."""
    bridge = ScriptedBridge()
    bridge.attach(world, monkeypatch)
    return bridge
