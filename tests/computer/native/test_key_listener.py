"""The stop key where pynput listens for it; pynput itself is not here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.computer.indicator import STOP_KEY_PRESSED
from bridge.computer.native.key_listener import KeyListener, to_pynput
from bridge.errors import DesktopUnavailable


class Listeners:
    """As pynput's `GlobalHotKeys`."""

    def __init__(self, hotkeys: dict[str, Callable[[], Any]]) -> None:
        self.hotkeys = hotkeys
        self.said: list[str] = []
        made.append(self)

    def start(self) -> None:
        self.said.append("start")

    def stop(self) -> None:
        self.said.append("stop")


made: list[Listeners] = []


@pytest.mark.parametrize(
    ("hotkey", "theirs"),
    [
        ("ctrl+alt+Escape", "<ctrl>+<alt>+<esc>"),
        ("shift+cmd+x", "<shift>+<cmd>+x"),
        ("ctrl+F12", "<ctrl>+<f12>"),
    ],
)
def test_keys_are_spelled_as_pynput_spells_them(hotkey: str, theirs: str) -> None:
    assert to_pynput(hotkey) == theirs


def test_it_listens_stops_and_ends() -> None:
    stops: list[str] = []
    listener = KeyListener("ctrl+alt+Escape", Listeners)
    listener.show(stops.append)
    made[-1].hotkeys["<ctrl>+<alt>+<esc>"]()
    assert stops == [STOP_KEY_PRESSED]
    listener.hide()
    listener.hide()
    assert made[-1].said == ["start", "stop"]


def test_where_the_system_lets_nobody_listen_the_cure_is_said() -> None:
    def refuses(hotkeys: Any) -> Any:
        raise OSError("not trusted")

    with pytest.raises(DesktopUnavailable, match="Input Monitoring"):
        KeyListener("ctrl+alt+Escape", refuses).show(print)


def test_no_key_is_no_listener() -> None:
    count = len(made)
    KeyListener("none", Listeners).show(print)
    assert len(made) == count
