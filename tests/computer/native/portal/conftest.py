"""A headless mutter for each module, with a portal in front of it, in the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.factory import open_desktop
from tests.computer.native.portal.fake_portal import FakePortal, fake_portal
from tests.computer.native.portal.mutter import run_mutter


@pytest.fixture(scope="module")
def mutter() -> Iterator[Mapping[str, str]]:
    with run_mutter("1920x1080") as session, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DISPLAY", raising=False)
        for name, value in session.items():
            # Programs of the test's own user have their own home.
            if name != "HOME":
                patch.setenv(name, value)
        yield session


@pytest.fixture(scope="module")
def portal(mutter: Mapping[str, str]) -> Iterator[FakePortal]:
    with fake_portal(mutter) as made:
        yield made


@pytest.fixture(scope="module")
def desktop(portal: FakePortal) -> Iterator[NativeDesktop]:
    made = open_desktop()
    yield made
    made.close()
