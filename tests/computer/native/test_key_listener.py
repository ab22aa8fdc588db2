"""The stop key through pynput, with a stand-in for pynput."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.computer.indicator import STOP_KEY_PRESSED
from bridge.computer.native.key_listener import KeyListener, to_pynput
from bridge.errors import DesktopUnavailable


class Listeners:
    """A fake of pynput's `GlobalHotKeys`."""

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
def test_keys_in_pynputs_spelling(hotkey: str, theirs: str) -> None:
    assert to_pynput(hotkey) == theirs


def test_the_stop_key_stops_until_it_is_hidden() -> None:
    stops: list[str] = []
    listener = KeyListener("ctrl+alt+Escape", Listeners)
    listener.show(stops.append)
    made[-1].hotkeys["<ctrl>+<alt>+<esc>"]()
    assert stops == [STOP_KEY_PRESSED]
    listener.hide()
    listener.hide()
    assert made[-1].said == ["start", "stop"]


def test_a_system_that_forbids_listening_is_an_error_with_a_hint() -> None:
    def refuse(hotkeys: Any) -> Any:
        raise OSError("not trusted")

    with pytest.raises(DesktopUnavailable, match="Input Monitoring"):
        KeyListener("ctrl+alt+Escape", refuse).show(print)


def test_without_a_stop_key_nothing_listens() -> None:
    count = len(made)
    KeyListener("none", Listeners).show(print)
    assert len(made) == count
