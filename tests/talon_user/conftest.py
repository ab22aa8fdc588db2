"""A Talon with our package loaded, with and without community."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.talon_world import TalonWorld

TALON_USER = Path(__file__).parents[2] / "talon_user"


@pytest.fixture
def world() -> Iterator[TalonWorld]:
    """A Talon without community."""
    with TalonWorld() as world:
        world.load_package(TALON_USER)
        yield world
        assert world.script.violations == []


@pytest.fixture(params=[False, True], ids=["bare", "community"])
def any_world(request: pytest.FixtureRequest) -> Iterator[TalonWorld]:
    """A Talon, once without community and once with it."""
    with TalonWorld(community=request.param) as world:
        world.load_package(TALON_USER)
        yield world
        assert world.script.violations == []
