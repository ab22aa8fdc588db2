"""What `doctor` says of computer use on each desktop; none of them runs here."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import pytest

from bridge.computer.native import support
from bridge.computer.native.portal import session
from bridge.computer.native.portal.shortcut import SHORTCUTS
from bridge.computer.native.support import describe_support
from bridge.errors import DesktopUnavailable
from tests.computer.native.portal.fake_portal import FakePortal, fake_portal
from tests.computer.native.wayland.fake_compositor import FakeCompositor, fake_compositor
from tests.desktop import session_bus

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="Linux' desktops")


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    with session_bus() as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture(scope="module")
def wayland(
    bus: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FakeCompositor, Mapping[str, str]]]:
    with fake_compositor(tmp_path_factory.mktemp("w")) as made:
        yield made


@pytest.fixture
def portal(bus: str) -> Iterator[FakePortal]:
    with fake_portal({"DBUS_SESSION_BUS_ADDRESS": bus}) as made:
        yield made


def test_x11_and_no_display() -> None:
    assert describe_support({"DISPLAY": ":7"}) == support.X11
    with pytest.raises(DesktopUnavailable, match="DISPLAY is not set"):
        describe_support({})


def test_wlroots_without_and_with_a_portal_for_the_key(
    wayland: tuple[FakeCompositor, Mapping[str, str]], portal: FakePortal
) -> None:
    _, environment = wayland
    assert describe_support(environment).endswith("unknown. There is no stop key")
    portal.versions[SHORTCUTS] = 1
    assert describe_support(environment).endswith("unknown")


def test_portals_and_what_they_lack(
    wayland: tuple[FakeCompositor, Mapping[str, str]],
    portal: FakePortal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compositor, environment = wayland
    monkeypatch.setattr(compositor, "offered", [("wl_compositor", 4)])
    said = describe_support(environment)
    assert said.startswith("portals: screenshots, the pointer and input, after you allow it")
    assert said.endswith("unknown. There is no stop key")
    portal.versions = {session.REMOTE: 1, session.CAST: 4}
    assert "Only characters of the keyboard's layout can be typed" in describe_support(environment)
    portal.versions = {session.SCREENSHOT: 1}
    assert describe_support(environment) == support.VIEW_ONLY
    portal.versions = {}
    with pytest.raises(DesktopUnavailable, match="does not offer screen capture"):
        describe_support(environment)
