"""What the user says to the desktop's dialog, and desktops that lack a portal: no desktop runs."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from dbus_fast import MessageType, Variant
from PIL import Image

from bridge.computer.desktop import DesktopEnded
from bridge.computer.native import factory
from bridge.computer.native.portal import pipewire, session
from bridge.computer.native.portal.bus import PortalError
from bridge.computer.native.portal.session import PortalSession
from bridge.computer.native.portal.shortcut import SHORTCUTS, PortalStopKey
from bridge.computer.native.portal.view_only import VIEW_ONLY
from bridge.computer.native.portal_access import DENIED_SECONDS, PortalAccess
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable
from tests.computer.native.portal.fake_portal import FakePortal, fake_portal
from tests.computer.native.programs.start import eventually
from tests.computer.native.wayland.fake_compositor import fake_compositor
from tests.desktop import session_bus

SCREEN = {"position": Variant("(ii)", [0, 0]), "size": Variant("(ii)", [1280, 720])}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """A session whose compositor has nothing of wlroots."""
    with (
        session_bus() as bus,
        fake_compositor(tmp_path_factory.mktemp("w")) as (compositor, variables),
        pytest.MonkeyPatch.context() as patch,
    ):
        compositor.offered = [("wl_compositor", 4)]
        made = {**variables, "DBUS_SESSION_BUS_ADDRESS": bus, "XDG_SESSION_TYPE": "wayland"}
        for name, value in made.items():
            patch.setenv(name, value)
        yield made


@pytest.fixture
def portal(environment: Mapping[str, str]) -> Iterator[FakePortal]:
    with fake_portal(environment) as made:
        made.streams = [(7, SCREEN)]
        yield made


def refuse(make: Callable[[], object]) -> str:
    with pytest.raises(DesktopUnavailable) as caught:
        make()
    return caught.value.message


def test_a_yes_gives_the_screens_that_the_user_shares(portal: FakePortal) -> None:
    portal.streams = [(7, SCREEN), (8, {**SCREEN, "position": Variant("(ii)", [1280, 0])})]
    with closing(PortalSession(PortalAccess())) as made:
        areas = [stream.area for stream in made.streams]
    assert areas == [Rect(0, 0, 1280, 720), Rect(1280, 0, 1280, 720)]


def test_the_permission_is_remembered_in_a_private_file(portal: FakePortal, tmp_path: Path) -> None:
    file = tmp_path / "token"
    for _ in range(3):
        PortalSession(PortalAccess(file)).close()
    assert portal.tokens == [None, "token-1", "token-2"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_older_portal_remembers_nothing(portal: FakePortal, tmp_path: Path) -> None:
    portal.versions[session.REMOTE] = 1
    PortalSession(PortalAccess(tmp_path / "token")).close()
    assert not (tmp_path / "token").exists()


def test_a_no_is_remembered_for_a_while(portal: FakePortal) -> None:
    now = [1000.0]
    access = PortalAccess(clock=lambda: now[0])
    portal.answer = 1
    assert refuse(lambda: PortalSession(access)) == session.DENIED
    portal.answer = 0
    assert refuse(lambda: PortalSession(access)) == session.DENIED
    assert len(portal.tokens) == 1, "the dialog is not shown again"
    now[0] += DENIED_SECONDS
    PortalSession(access).close()


def test_a_dialog_without_an_answer_is_closed(
    portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "ASK_SECONDS", 0.1)
    portal.answer = None
    assert refuse(lambda: PortalSession(PortalAccess())) == session.UNANSWERED
    assert portal.closed_requests == 1


def test_an_end_by_the_user_ends_all_input(portal: FakePortal) -> None:
    with closing(PortalSession(PortalAccess())) as made:
        made.notify("NotifyPointerButton", "iu", 0x110, 1)
        portal.end_session()
        assert eventually(lambda: made.is_ended)
        with pytest.raises(DesktopEnded, match="you ended it or the screen was locked"):
            made.notify("NotifyPointerButton", "iu", 0x110, 0)
    assert portal.notified == ["NotifyPointerButton"]


@pytest.mark.parametrize("kind", [MessageType.SIGNAL, MessageType.METHOD_CALL])
def test_another_program_cannot_speak_for_the_portal(kind: MessageType, portal: FakePortal) -> None:
    """Any program of the user can send what looks like a yes, a key press, or an end."""
    with closing(PortalSession(PortalAccess())) as made:
        portal.imitate_end(kind)
        made.notify("NotifyPointerButton", "iu", 0x110, 1)
        assert not made.is_ended


def test_a_closed_connection_is_one_that_fails(portal: FakePortal) -> None:
    """The clipboard's thread and that of the stop key may come a moment later."""
    made = PortalSession(PortalAccess())
    made.close()
    with pytest.raises(PortalError, match="is closed"):
        made.notify("NotifyPointerButton", "iu", 0x110, 1)


def test_closing_ends_the_wait_for_the_user(portal: FakePortal) -> None:
    portal.versions[SHORTCUTS] = 1
    portal.answer = None
    key = PortalStopKey("ctrl+alt+Escape")
    assert eventually(lambda: bool(portal.shortcut[0]))
    key.close()
    assert not key._binding.is_alive()


@pytest.mark.parametrize("side", [0, -5, 100_000])
def test_an_impossible_screen_is_refused(side: int, portal: FakePortal) -> None:
    portal.streams = [(7, {**SCREEN, "size": Variant("(ii)", [side, 720])})]
    assert "describes a screen" in refuse(lambda: PortalSession(PortalAccess()))


def test_no_screen_is_refused(portal: FakePortal) -> None:
    portal.streams = []
    assert refuse(lambda: PortalSession(PortalAccess())) == session.NO_SCREEN


def test_a_screen_without_remote_interaction_is_refused(portal: FakePortal) -> None:
    portal.devices = 0
    assert refuse(lambda: PortalSession(PortalAccess())) == session.NO_DEVICES


def test_without_the_library_its_package_is_named(
    portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipewire, "LIBRARY", "libpipewire-none.so")
    pipewire.load_pipewire.cache_clear()
    try:
        assert "`libpipewire-0.3-0`" in refuse(factory.open_desktop)
    finally:
        pipewire.load_pipewire.cache_clear()


def test_what_is_missing_is_named(portal: FakePortal) -> None:
    portal.versions.clear()
    said = refuse(factory.open_desktop)
    assert "does not offer screen capture (ext_image_copy_capture_manager_v1 or zwlr" in said
    assert "`xdg-desktop-portal-gnome`" in said
    assert "X11 session" in said


def test_without_a_bus_the_reason_is_said(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    assert "There is no session bus" in refuse(factory.open_desktop)


def test_where_only_screenshots_are_offered_claude_sees_and_does_nothing(
    portal: FakePortal, tmp_path: Path
) -> None:
    portal.versions = {session.SCREENSHOT: 2}
    file = tmp_path / "a screenshot.png"

    def take() -> None:
        Image.new("RGB", (300, 200), (1, 2, 3)).save(file)
        portal.picture = file.as_uri()

    take()
    with closing(factory.open_desktop()) as desktop:
        assert not file.exists(), "the picture is nobody else's business"
        assert desktop.list_screens() == (Rect(0, 0, 300, 200),)
        take()
        assert desktop.grab(Rect(10, 10, 20, 20)).getcolors() == [(400, (1, 2, 3))]
        for act in (
            lambda: desktop.move(Point(5, 5)),
            lambda: desktop.press("left"),
            lambda: desktop.press_key("a"),
            lambda: desktop.type("a", lambda: None),
            lambda: desktop.scroll("down", 1),
        ):
            assert refuse(act) == VIEW_ONLY
        portal.answer = 1
        assert "did not allow it" in refuse(lambda: desktop.grab(Rect(0, 0, 1, 1)))
