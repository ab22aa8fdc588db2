"""Errors when the screen cannot be captured."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bridge.computer.native.environment import (
    LOCKED,
    NO_DISPLAY,
    NOT_ALLOWED,
    WAYLAND,
    can_see_screen,
    check_session,
    make_capture_error,
)
from bridge.errors import DesktopUnavailable


@pytest.mark.parametrize(
    "environment",
    [
        {"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"},
        {"XDG_SESSION_TYPE": "Wayland"},
        {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"},
    ],
)
def test_wayland_is_refused_with_a_hint_to_use_x11(environment: Mapping[str, str]) -> None:
    assert find_refusal(environment, "linux") == WAYLAND
    assert "X11 session" in WAYLAND
    assert "XWayland" in WAYLAND


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ""}, {"XDG_SESSION_TYPE": "tty"}])
def test_without_a_display_the_error_names_the_variable(environment: Mapping[str, str]) -> None:
    assert find_refusal(environment, "linux") == NO_DISPLAY
    assert "DISPLAY" in NO_DISPLAY


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": ":0"},
        {"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11", "WAYLAND_DISPLAY": ""},
        {"DISPLAY": ":99", "XDG_SESSION_TYPE": "tty"},
    ],
)
def test_an_x11_display_is_enough(environment: Mapping[str, str]) -> None:
    check_session(environment, "linux", fail_if_called)
    check_session(environment, "freebsd14", fail_if_called)


@pytest.mark.parametrize(("platform", "said"), [("darwin", NOT_ALLOWED), ("win32", LOCKED)])
def test_macos_and_windows_decide_themselves(platform: str, said: str) -> None:
    check_session({}, platform, lambda: True)
    assert find_refusal({}, platform, can_see=False) == said


def test_the_settings_of_macos_are_named() -> None:
    assert "System Settings > Privacy & Security > Screen Recording" in NOT_ALLOWED


@pytest.mark.parametrize(
    ("platform", "words"),
    [("linux", "XAUTHORITY"), ("win32", "locked"), ("darwin", "Screen Recording")],
)
def test_a_failed_capture_gives_its_reason_in_one_line(platform: str, words: str) -> None:
    said = make_capture_error(platform, OSError("BadMatch\n  Major opcode: 130")).message
    assert words in said
    assert said.endswith("(BadMatch Major opcode: 130)")


def test_an_error_without_a_message_is_named_by_its_class() -> None:
    assert make_capture_error("linux", AssertionError()).message.endswith("(AssertionError)")


@pytest.mark.skipif("sys.platform in ('win32', 'darwin')", reason="those have a say")
def test_on_other_platforms_capturing_is_allowed() -> None:
    assert can_see_screen()


def find_refusal(environment: Mapping[str, str], platform: str, *, can_see: bool = True) -> str:
    with pytest.raises(DesktopUnavailable) as caught:
        check_session(environment, platform, lambda: can_see)
    assert caught.value.status == 503
    return caught.value.message


def fail_if_called() -> bool:
    raise AssertionError("X11 needs no permission")
