"""Keys that follow at once on what opens a dialog arrive in the dialog."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from bridge.computer.actions import Action, Key, LeftClick, Screenshot, Type
from bridge.computer.batch import Grant, Outcome, carry_out
from bridge.computer.executor import DesktopContext
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.factory import open_desktop
from bridge.computer.performer import Performer
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Point
from tests import desktop
from tests.computer.native.programs.start import eventually

_SAVE = Path(__file__).parent / "programs" / "gtk_save.py"
_MENU = Point(60, 40)


class Hands:
    """A desktop with one program, and batches that are carried out on it."""

    def __init__(self, native: NativeDesktop, names: Path) -> None:
        self._context = DesktopContext(native, Performer(native), lambda: None)
        self._capture = Capture(CaptureOptions())
        self._names = names

    def act(self, *actions: Action) -> float:
        """Carry out a batch; return the seconds that it took."""
        outcomes: list[Outcome] = []
        started = time.monotonic()
        self._context.performer.begin()
        carry_out(actions, self._capture, DEFAULT, Grant(None), outcomes.append)(self._context)
        assert [one.text for one in outcomes if one.failed] == []
        return time.monotonic() - started

    def save_as(self, name: str) -> bool:
        """Return whether a document was saved under this name, without a look at the screen."""
        self.act(Key(text="ctrl+s"), Type(text=name), Key(text="Return"))
        return eventually(lambda: name in self.list_names(), 5)

    def open_menu(self) -> float:
        """Return the seconds that a click and a picture of its result take."""
        place = self._capture.get_view(self._context.desktop).to_picture(_MENU)
        seconds = self.act(LeftClick(coordinate=place), Screenshot())
        self.act(Key(text="Escape"), Screenshot())
        return seconds

    def list_names(self) -> Sequence[str]:
        return self._names.read_text("utf-8").split() if self._names.exists() else ()


@contextmanager
def run_hands(folder: Path) -> Iterator[Hands]:
    """A display with a window manager and a GTK window."""
    desktop.need_program("openbox")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("DISPLAY", stack.enter_context(desktop.x_display("1920x1080")))
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        for words in (["openbox"], ["/usr/bin/python3", str(_SAVE), str(folder / "names")]):
            program = stack.enter_context(subprocess.Popen(words, stderr=subprocess.DEVNULL))
            stack.callback(program.kill)
        native = stack.enter_context(closing(open_desktop()))
        assert eventually(lambda: any(w.title == "Document" for w in native.list_windows()), 30)
        time.sleep(0.5)  # its window is drawn
        yield Hands(native, folder / "names")


@pytest.mark.end_to_end
def test_a_name_that_is_typed_at_once_arrives_in_the_dialog(tmp_path: Path) -> None:
    with run_hands(tmp_path) as hands:
        assert [hands.save_as(f"name{number}.txt") for number in range(4)] == [True] * 4
