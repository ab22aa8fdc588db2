"""The windows of an X display, with a window manager and without."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bridge.computer.desktop import Window, WindowId
from bridge.computer.native.x11.input import X11Input
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.native.programs.start import TK_TITLE, eventually, gtk_window, tk_window
from tests.desktop import need_program, x_display

pytestmark = pytest.mark.end_to_end

TK = Rect(300, 200, 900, 500)


def test_windows_without_a_window_manager(input_device: X11Input, tmp_path: Path) -> None:
    with tk_window(tmp_path, TK) as tk, gtk_window(tmp_path) as gtk:
        tk.take_focus()
        assert eventually(lambda: len(input_device.list_windows()) == 2)
        assert [one for one in input_device.list_windows() if one.program == "Tk"] == [
            Window(TK_TITLE, "Tk", TK, active=True)
        ]
        (other,) = (one for one in input_device.list_windows() if one.program != "Tk")
        assert other == Window("GTK window", "Gtk_window.py", gtk.area, active=False)
        gtk.take_focus()
        assert [one.title for one in input_device.list_windows() if one.active] == ["GTK window"]
        for title in (TK_TITLE, "GTK window"):
            activate_title(input_device, title)
            assert eventually(partial(is_top_and_active, input_device, title))
        closed = replace(input_device.list_windows()[0], id=WindowId(0x7FFFFF0, 1))
        input_device.activate_window(closed)
        assert is_top_and_active(input_device, "GTK window"), "a closed window is no error"
    assert eventually(lambda: input_device.list_windows() == [])


def test_windows_with_a_window_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_program("openbox")
    with x_display("1920x1080") as name:
        monkeypatch.setenv("DISPLAY", name)
        input_device = X11Input({"DISPLAY": name})
        manager = subprocess.Popen(["openbox"], stderr=subprocess.DEVNULL)
        try:
            with tk_window(tmp_path, TK), gtk_window(tmp_path):
                assert eventually(lambda: len(input_device.list_windows()) == 2)
                for title in (TK_TITLE, "GTK window", TK_TITLE):
                    click_title(input_device, title)
                    assert eventually(partial(is_top_and_active, input_device, title))
                for title in ("GTK window", TK_TITLE):
                    activate_title(input_device, title)
                    assert eventually(partial(is_top_and_active, input_device, title))
                (tk,) = (one for one in input_device.list_windows() if one.title == TK_TITLE)
                assert tk.area.size == TK.size
                assert tk.program == "Tk"
                # The frame is around it.
                assert 0 <= tk.area.left - TK.left < 20
                assert 0 < tk.area.top - TK.top < 60
        finally:
            input_device.close()
            manager.terminate()
            manager.wait()


def is_top_and_active(input_device: X11Input, title: str) -> bool:
    found = input_device.list_windows()
    return found[0].title == title and [one.title for one in found if one.active] == [title]


def activate_title(input_device: X11Input, title: str) -> None:
    (window,) = (one for one in input_device.list_windows() if one.title == title)
    input_device.activate_window(window)


def click_title(input_device: X11Input, title: str) -> None:
    (window,) = (one for one in input_device.list_windows() if one.title == title)
    input_device.move(Point(window.area.left + 200, window.area.top - 8))
    input_device.press("left")
    input_device.release("left")


def test_a_window_has_an_id_a_process_and_its_names(input_device: X11Input, tmp_path: Path) -> None:
    with gtk_window(tmp_path) as gtk:
        gtk.take_focus()
        assert gtk.process is not None
        (window,) = input_device.list_windows()
        assert window.id.process == gtk.process.pid
        assert {"gtk_window.py"} <= set(window.names)
        assert input_device.find_focused() == window.id
        input_device.move(gtk.middle)
        assert input_device.find_pointed() == window.id
        input_device.move(Point(1900, 20))
        assert input_device.find_pointed() is None
