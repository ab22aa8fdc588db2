"""The windows a person sees, with a window manager and without."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from bridge.computer.desktop import Window
from bridge.computer.native.x11.keyboard import X11Hands
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.native.programs.start import TK_TITLE, eventually, gtk_window, tk_window
from tests.desktop import need_program, x_display

pytestmark = pytest.mark.end_to_end

TK = Rect(300, 200, 900, 500)


def test_windows_are_told_without_a_window_manager(hands: X11Hands, tmp_path: Path) -> None:
    with tk_window(tmp_path, TK) as tk, gtk_window(tmp_path) as gtk:
        tk.take_keyboard()
        assert eventually(lambda: len(hands.windows()) == 2)
        assert [one for one in hands.windows() if one.program == "Tk"] == [
            Window(TK_TITLE, "Tk", TK, active=True)
        ]
        (other,) = (one for one in hands.windows() if one.program != "Tk")
        assert other == Window("GTK window", "Gtk_window.py", gtk.area, active=False)
        gtk.take_keyboard()
        assert [one.title for one in hands.windows() if one.active] == ["GTK window"]
    assert eventually(lambda: hands.windows() == [])


def test_windows_are_told_as_the_window_manager_lists_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_program("openbox")
    with x_display("1920x1080") as name:
        monkeypatch.setenv("DISPLAY", name)
        hands = X11Hands({"DISPLAY": name})
        manager = subprocess.Popen(["openbox"], stderr=subprocess.DEVNULL)
        try:
            with tk_window(tmp_path, TK), gtk_window(tmp_path):
                assert eventually(lambda: len(hands.windows()) == 2)
                for title in (TK_TITLE, "GTK window", TK_TITLE):
                    click_title(hands, title)
                    assert eventually(partial(is_top_and_active, hands, title))
                (tk,) = (one for one in hands.windows() if one.title == TK_TITLE)
                assert tk.area.size == TK.size
                assert tk.program == "Tk"
                # The frame is around it.
                assert 0 <= tk.area.left - TK.left < 20
                assert 0 < tk.area.top - TK.top < 60
        finally:
            hands.close()
            manager.terminate()
            manager.wait()


def is_top_and_active(hands: X11Hands, title: str) -> bool:
    found = hands.windows()
    return found[0].title == title and [one.title for one in found if one.active] == [title]


def click_title(hands: X11Hands, title: str) -> None:
    (window,) = (one for one in hands.windows() if one.title == title)
    hands.move(Point(window.area.left + 200, window.area.top - 8))
    hands.press("left")
    hands.release("left")
