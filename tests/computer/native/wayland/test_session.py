"""Compositors that lack something, refuse, or send what cannot be: no compositor runs here."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bridge.computer.native.wayland import capture, pointer
from bridge.computer.native.wayland.connection import Connection
from bridge.computer.native.wayland.screens import WaylandScreens
from bridge.computer.native.wayland.session import connect
from bridge.computer.native.wayland.wire import WaylandError
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable
from tests.computer.native.wayland.fake_compositor import (
    OUTPUT,
    WHOLE,
    FakeCompositor,
    fake_compositor,
)

Session = tuple[FakeCompositor, Mapping[str, str]]
AREA = Rect(0, 0, 4, 2)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with fake_compositor(tmp_path) as made:
        yield made


def test_the_newer_protocol_gives_a_picture(session: Session) -> None:
    compositor, environment = session
    screens = WaylandScreens(environment)
    assert screens.list_screens() == (AREA,)
    assert screens.grab(AREA).getcolors() == [(8, (0x11, 0x22, 0x33))]
    compositor.color = 0x445566
    assert screens.grab(AREA, with_pointer=True).getcolors() == [(8, (0x44, 0x55, 0x66))]
    screens.close()


def test_it_tells_how_the_picture_is_turned(session: Session) -> None:
    compositor, environment = session
    compositor.transform = 1
    screens = WaylandScreens(environment)
    assert screens.list_screens() == (Rect(0, 0, 2, 4),)
    assert screens.grab(Rect(0, 0, 2, 4)).size == (2, 4)
    screens.close()


@pytest.mark.parametrize(
    ("interfaces", "words"),
    [
        ((capture.EXT,), "screen capture (ext_image_copy_capture_manager_v1 or zwlr"),
        ((pointer.MANAGER,), "a virtual pointer (zwlr_virtual_pointer_manager_v1)"),
    ],
)
def test_what_is_missing_is_named(
    interfaces: tuple[str, ...], words: str, session: Session
) -> None:
    compositor, environment = session
    compositor.offered = [each for each in WHOLE if each[0] not in interfaces]
    with pytest.raises(DesktopUnavailable) as caught:
        connect(environment)
    assert words in caught.value.message


def test_a_session_without_a_compositor_is_named(tmp_path: Path) -> None:
    with pytest.raises(DesktopUnavailable) as caught:
        connect({"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "wayland-7"})
    assert f"cannot be reached at {tmp_path}/wayland-7: No such file" in caught.value.message
    assert "WAYLAND_DISPLAY" in caught.value.message


def test_without_a_runtime_folder_the_variable_is_named() -> None:
    with pytest.raises(DesktopUnavailable, match="XDG_RUNTIME_DIR is not set"):
        connect({"WAYLAND_DISPLAY": "wayland-0"})


def test_without_a_screen_the_reason_is_said(session: Session) -> None:
    compositor, environment = session
    compositor.offered = [each for each in WHOLE if each != OUTPUT]
    with pytest.raises(DesktopUnavailable, match="No screen is on"):
        WaylandScreens(environment)


@pytest.mark.parametrize("size", [(0, 2), (4, 2**31), (2**20, 2**20)])
def test_an_impossible_picture_is_refused(size: tuple[int, int], session: Session) -> None:
    compositor, environment = session
    screens = WaylandScreens(environment)
    compositor.size = size
    with pytest.raises(WaylandError, match="offers a picture"):
        screens.grab(AREA)
    screens.close()


@pytest.mark.parametrize("mode", [(2**30, 2), (4, 100_000)])
def test_an_impossible_screen_is_refused(mode: tuple[int, int], session: Session) -> None:
    compositor, environment = session
    compositor.mode = mode
    with pytest.raises(WaylandError, match="describes a screen"):
        WaylandScreens(environment)


def test_a_picture_that_fails_is_an_error(session: Session) -> None:
    compositor, environment = session
    compositor.fails = True
    screens = WaylandScreens(environment)
    with pytest.raises(WaylandError, match="no picture"):
        screens.grab(AREA)
    screens.close()


def test_a_compositor_that_ends_is_an_error_and_not_a_hang(session: Session) -> None:
    compositor, environment = session
    screens = WaylandScreens(environment)
    compositor.hangs_up_at = ("frame", 3)
    with pytest.raises(WaylandError, match="ended the connection"):
        screens.grab(AREA)
    screens.close()


def test_a_compositor_that_does_not_answer_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "wayland-0"))
        silent.listen()
        monkeypatch.setattr(Connection.wait_for, "__defaults__", (0.05,))
        with pytest.raises(DesktopUnavailable, match="did not answer within"):
            connect({"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "wayland-0"})
