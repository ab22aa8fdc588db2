"""A headless Sway for each module, whose variables are also in the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.factory import open_desktop
from tests.computer.native.wayland.sway import run_sway


@pytest.fixture(scope="module")
def sway() -> Iterator[Mapping[str, str]]:
    with run_sway() as session, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DISPLAY", raising=False)
        for name, value in session.items():
            patch.setenv(name, value)
        yield session


@pytest.fixture
def desktop(sway: Mapping[str, str]) -> Iterator[NativeDesktop]:
    made = open_desktop()
    yield made
    made.close()
