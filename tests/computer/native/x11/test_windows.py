"""The windows of an X display, with a window manager and without."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridge.computer.desktop import Window, WindowId
from bridge.computer.matching.windows import find_word
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


NEVER = ("KeePass",)


@contextmanager
def manage(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[X11Input, Any]]:
    """Yield the input device and a connection of a program, on a display of their own."""
    from Xlib.display import Display

    with x_display("1280x800") as name:
        monkeypatch.setenv("DISPLAY", name)
        input_device, program = X11Input({"DISPLAY": name}), Display(name)
        try:
            yield input_device, program
        finally:
            program.close()
            input_device.close()


def make_window(program: Any, title: str, *, popup: bool = False) -> Any:
    """Make a window without showing it."""
    from Xlib import X

    screen = program.screen()
    window = screen.root.create_window(
        300, 200, 300, 200, 0, screen.root_depth, override_redirect=popup, event_mask=X.KeyPressMask
    )
    if title:
        window.set_wm_name(title)
        window.set_wm_class("program", "Program")
    return window


def show(program: Any, *windows: Any) -> None:
    for window in windows:
        window.map()
    program.sync()


def set_text(program: Any, window: Any, name: str, kind: str, value: bytes) -> None:
    window.change_property(program.intern_atom(name), program.intern_atom(kind), 8, value)


def wait_for_active(input_device: X11Input, number: int) -> Window:
    """Bring a window to the front, and return it once it has the keyboard."""
    found: list[Window] = []

    def find() -> bool:
        found[:] = [one for one in input_device.list_windows() if one.id.number == number]
        for window in found:
            input_device.activate_window(window)
        return any(window.active for window in found)

    assert eventually(find)
    return found[0]


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("_NET_WM_NAME", "UTF8_STRING", b"Notes"),
        ("_NET_WM_NAME", "STRING", b"Notes"),
    ],
)
def test_every_title_of_a_window_counts(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: str, value: bytes
) -> None:
    with manage(monkeypatch) as (input_device, program):
        window = make_window(program, "KeePass")
        set_text(program, window, name, kind, value)
        show(program, window)
        assert find_word(NEVER, wait_for_active(input_device, window.id)) == "KeePass"


def test_compound_text_in_a_title_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with manage(monkeypatch) as (input_device, program):
        window = make_window(program, "")
        set_text(program, window, "WM_NAME", "COMPOUND_TEXT", b"Kee\x1b-APa\x1b%Gss\x1b%@")
        show(program, window)
        assert wait_for_active(input_device, window.id).title == "KeePass"


def test_a_long_title_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    with manage(monkeypatch) as (input_device, program):
        window = make_window(program, "KeePass" + "x" * 100_000)
        show(program, window)
        assert wait_for_active(input_device, window.id).title == "KeePass" + "x" * 4089


def test_a_dialog_belongs_to_its_owners_and_to_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    with manage(monkeypatch) as (input_device, program):
        first, second = make_window(program, "KeePass"), make_window(program, "Entry")
        of_owner, of_group = make_window(program, "Unlock"), make_window(program, "Search")
        second.set_wm_transient_for(first)
        of_owner.set_wm_transient_for(second)
        group_hint = 1 << 6
        of_group.set_wm_hints(flags=group_hint, window_group=first)
        for dialog in (of_owner, of_group):
            show(program, first, second, dialog)
            assert find_word(NEVER, wait_for_active(input_device, dialog.id)) == "KeePass"


def test_a_menu_without_an_owner_belongs_to_every_window_of_its_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from Xlib import X

    with manage(monkeypatch) as (input_device, program):
        main, popup = make_window(program, "KeePass"), make_window(program, "", popup=True)
        show(program, main)
        wait_for_active(input_device, main.id)
        show(program, popup)
        found = {one.id.number: one for one in input_device.list_windows()}
        assert find_word(NEVER, found[popup.id]) == "KeePass"
        # A menu may take the keyboard by itself.
        popup.set_input_focus(X.RevertToParent, X.CurrentTime)
        program.sync()
        assert input_device.find_focused() == found[popup.id].id


def test_a_window_outside_of_the_screen_has_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    with manage(monkeypatch) as (input_device, program):
        window = make_window(program, "KeePass")
        show(program, window)
        wait_for_active(input_device, window.id)
        window.configure(x=3000, y=2000)
        program.sync()
        assert eventually(lambda: wait_for_active(input_device, window.id).area.left > 1280), (
            "it is listed, because it gets keys"
        )
