"""Without a usable X server, the error names the reason."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bridge.computer.native.x11.connection import import_xlib, open_display, provide_authority
from bridge.computer.native.x11.input import X11Input
from bridge.errors import DesktopUnavailable


def test_a_missing_display_comes_with_a_hint() -> None:
    with pytest.raises(DesktopUnavailable, match=r"DISPLAY is not set.*xvfb-run"):
        open_display({})


# Xlib leaves the socket open after it failed to reach a server.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_missing_server_is_named() -> None:
    with pytest.raises(DesktopUnavailable, match=r"The X server :9876 cannot be reached"):
        X11Input({"DISPLAY": ":9876"})


def test_an_invalid_display_name_is_an_error() -> None:
    with pytest.raises(DesktopUnavailable, match="cannot be reached"):
        open_display({"DISPLAY": "nonsense"})


def test_wayland_is_an_error(x_display: str) -> None:
    with pytest.raises(DesktopUnavailable, match=r"Wayland session.*Xorg"):
        open_display({"DISPLAY": x_display, "WAYLAND_DISPLAY": "wayland-0"})


def test_the_error_for_a_mix_of_two_xlib_packages_names_what_to_reinstall(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "Xlib.ext.xtest", None)
    monkeypatch.delattr("Xlib.ext.xtest")
    with pytest.raises(DesktopUnavailable, match="--force-reinstall --no-deps python-xlib"):
        import_xlib()


def test_an_old_xlib_gets_an_empty_cookie_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("Xlib.__version__", (0, 15))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XAUTHORITY", raising=False)
    with provide_authority():
        assert Path(os.environ["XAUTHORITY"]).read_bytes() == b""
    assert "XAUTHORITY" not in os.environ


@pytest.mark.parametrize(("version", "exists"), [((0, 15), True), ((0, 33), False)])
def test_the_users_cookie_file_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: tuple[int, int], exists: bool
) -> None:
    monkeypatch.setattr("Xlib.__version__", version)
    cookies = tmp_path / "cookies"
    if exists:
        cookies.touch()
    monkeypatch.setenv("XAUTHORITY", str(cookies))
    with provide_authority():
        assert os.environ["XAUTHORITY"] == str(cookies)


def test_a_connection_works_without_a_cookie_file(
    x_display: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XAUTHORITY", raising=False)
    monkeypatch.setattr("Xlib.__version__", (0, 15))
    display = open_display({"DISPLAY": x_display})
    assert display.get_display_name() == x_display
    display.close()
