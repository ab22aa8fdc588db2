"""Six tasks on a desktop by pixels and by names: success, actions, what is sent, time, pointer.

`python -m tests.benchmarks.elements [--only form]`, with an X server of its own, Chromium, a GTK
form, mousepad and Thunar. The steps are scripted, and by pixels as if every place were seen right
at once: the places come from the tree of elements. By pixels, a picture follows each action.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.computer.actions import read_action
from bridge.computer.batch import Grant, Outcome, carry_out
from bridge.computer.desktop import Window
from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.elements.base import NamedElement
from bridge.computer.executor import DesktopContext
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.screens import Screens
from bridge.computer.native.x11.input import X11Input
from bridge.computer.performer import Performer
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Point
from bridge.errors import BridgeError, InvalidRequest
from tests.benchmarks.browser import Browser, run_browser
from tests.benchmarks.permission_scenes import FIRST_FILE, PYTHON
from tests.computer.elements.test_atspi import session
from tests.computer.native.programs.start import eventually

_GTK = Path(__file__).parents[1] / "computer" / "native" / "programs" / "gtk_form.py"
_FORM = """<!doctype html><meta charset="utf-8"><title>Order</title>
<form onsubmit="event.preventDefault(); document.title = 'Sent'">
<p><label>Name <input id=name></label> <label>Email <input id=email type=email></label>
<p><label>Code <input id=code type=password></label> <label>Find <input id=find type=search></label>
<p><label>Amount <input id=amount type=number value=1></label>
<label>Volume <input id=volume type=range min=0 max=100 value=0></label>
<p><label>Day <input id=day type=date></label>
<p><label>Size <select id=size><option>Small<option>Middle<option>Large</select></label>
<p><label><input id=agree type=checkbox>I agree</label>
<label><input id=post type=radio name=way>Post</label>
<label><input id=courier type=radio name=way>Courier</label>
<p><label>Notes <textarea id=notes></textarea></label>
<p><button>Continue</button></form>"""
_READ = """JSON.stringify(Object.fromEntries([["title", document.title], ...[...document
    .querySelectorAll("input, select, textarea")].map(each => [each.id,
    ["checkbox", "radio"].includes(each.type) ? each.checked : each.value])]))"""
_FILLED: dict[str, Any] = {
    "title": "Sent",
    "name": "Ann Ö",
    "email": "ann@example.org",
    "code": "hunter2",
    "find": "tea",
    "amount": "7",
    "volume": "40",
    "day": "2026-05-04",
    "size": "Large",
    "agree": True,
    "courier": True,
    "notes": "two\nlines",
}
_DRAG = """<!doctype html><title>Board</title><style>div { width: 200px; height: 90px; margin: 40px;
border: 1px solid } p { margin: 0 }</style><div><p draggable=true id=card>Card</p></div>
<div id=done ondragover="event.preventDefault()"
ondrop="this.append(document.getElementById('card')); document.title = 'Moved'">Done</div>"""
_LONG = """<!doctype html><title>Long page</title>{}
<button onclick="document.title = 'Found'">Continue reading</button>{}"""
_PARAGRAPHS = "".join(f"<p>Paragraph {number}" for number in range(120))


@dataclass
class Run:
    """One task done in one way, and what it took."""

    desktop: NativeDesktop
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._context = DesktopContext(self.desktop, Performer(self.desktop), lambda: None)
        self._capture = Capture(CaptureOptions())
        self._start = self.desktop.read_pointer()

    def do(self, member: str, **fields: Any) -> Outcome:
        """Carry out an action as it is when everything is allowed."""
        started = time.perf_counter()
        self._context.performer.begin()
        actions = [read_action(member, fields)]
        work = carry_out(actions, self._capture, DEFAULT, Grant(None), self.outcomes.append)
        work(self._context)
        self.seconds += time.perf_counter() - started
        return self.outcomes[-1]

    def see(self, member: str, **fields: Any) -> None:
        """Carry out an action, and take a picture of its result."""
        self.do(member, **fields)
        self.do("screenshot")

    def find_place(self, role: str | None, name: str, *, part: float = 0.5) -> list[int]:
        """Return where an element is, in pixels of the picture; nothing is counted for that."""
        found: list[NamedElement] = []
        assert eventually(lambda: self._look_for(role, name, found), 15), name
        box = found[0].element.box
        assert box is not None, name
        view = self._capture.get_view(self.desktop)
        point = Point(box.left + round(box.width * part), box.top + box.height // 2)
        return [*view.to_picture(point)]

    def find_first_file(self) -> list[int]:
        """Return where Thunar always has the icon of the first file."""
        window = find_active(self.desktop)
        assert window is not None
        x, y = FIRST_FILE
        point = Point(window.area.left + x, window.area.top + y)
        return [*self._capture.get_view(self.desktop).to_picture(point)]

    def is_known(self, role: str | None, name: str) -> bool:
        return self._look_for(role, name, [])

    def is_on_screen(self, role: str | None, name: str) -> bool:
        found: list[NamedElement] = []
        self._look_for(role, name, found)
        return bool(found) and "off screen" not in found[0].element.states

    def _look_for(self, role: Any, name: str, found: list[NamedElement]) -> bool:
        window = find_active(self.desktop)
        if window is not None:
            try:
                found[:] = self.desktop.elements.find(window, role, name).elements
            except InvalidRequest:
                found.clear()
        return bool(found)

    @property
    def has_failed(self) -> bool:
        return any(outcome.failed for outcome in self.outcomes)

    @property
    def text_bytes(self) -> int:
        return sum(len(each.text.encode()) for each in self.outcomes if each.picture is None)

    @property
    def picture_tokens(self) -> int:
        """Return what Anthropic counts for the pictures: a token for each 28×28 pixels."""
        sizes = [each.picture.size for each in self.outcomes if each.picture is not None]
        return sum(-(-size.width // 28) * -(-size.height // 28) for size in sizes)

    @property
    def has_moved_pointer(self) -> bool:
        return self.desktop.read_pointer() != self._start


Steps = Callable[[Run], None]


@dataclass(frozen=True)
class Task:
    """A task with the steps for each way; `by_names` is None where that cannot be done."""

    name: str
    start: Callable[[], None]
    by_pixels: Steps
    by_names: Steps | None
    is_done: Callable[[], bool]


def find_active(desktop: NativeDesktop) -> Window | None:
    return next((window for window in desktop.list_windows() if window.active), None)


# --- in Chromium


def fill_by_pixels(run: Run) -> None:
    run.do("screenshot")
    for name, text in (
        *(("Name", "Ann Ö"), ("Email", "ann@example.org"), ("Code", "hunter2"), ("Find", "tea")),
        ("Notes", "two\nlines"),
    ):
        run.see("left_click", coordinate=run.find_place(None, name))
        run.see("type", text=text)
    run.see("triple_click", coordinate=run.find_place(None, "Amount", part=0.2))
    run.see("type", text="7")
    run.see("left_click", coordinate=run.find_place("slider", "Volume"))
    run.see("key", text="Home")
    run.see("key", text="Right", repeat=40)
    run.see("left_click", coordinate=run.find_place(None, "Month Day"))
    run.see("type", text="05042026")
    run.see("left_click", coordinate=run.find_place("combo box", "Size"))
    run.see("type", text="Large\n")
    for name in ("I agree", "Courier"):
        run.see("left_click", coordinate=run.find_place(None, name))
    run.see("left_click", coordinate=run.find_place("button", "Continue"))


def fill_by_names(run: Run) -> None:
    run.do("list_elements")
    for name, value in (
        *(("Name", "Ann Ö"), ("Email", "ann@example.org"), ("Code", "hunter2"), ("Find", "tea")),
        *(("Notes", "two\nlines"), ("Amount", "7"), ("Volume", "40"), ("Size", "Large")),
        *(("Month Day", "5"), ("Day Day", "4"), ("Year Day", "2026")),
        *(("I agree", "on"), ("Courier", "on")),
    ):
        run.do("set_value", name=name, value=value)
    run.do("click_element", role="button", name="Continue")


def drag_by_pixels(run: Run) -> None:
    """Drag in steps: Chromium takes one quick `left_click_drag` for a drag only now and then."""
    run.do("screenshot")
    start, end = run.find_place("text", "Card"), run.find_place("text", "Done")
    run.do("mouse_move", coordinate=start)
    run.do("left_mouse_down")
    run.do("mouse_move", coordinate=[start[0] + 10, start[1] + 10])
    run.see("mouse_move", coordinate=end)
    run.do("mouse_move", coordinate=[end[0] + 3, end[1] + 3])
    run.see("left_mouse_up")


def find_by_pixels(run: Run) -> None:
    run.do("screenshot")
    for _ in range(30):
        if run.is_on_screen("button", "Continue reading"):
            break
        run.see("scroll", coordinate=[300, 400], scroll_direction="down", scroll_amount=10)
    run.see("left_click", coordinate=run.find_place("button", "Continue reading"))


def find_by_names(run: Run) -> None:
    run.do("find_element", name="Continue reading")
    run.do("click_element", name="Continue reading")


# --- in other programs


def rename_by_pixels(run: Run) -> None:
    run.do("screenshot")
    run.see("left_click", coordinate=run.find_first_file())
    run.see("key", text="F2")
    run.see("key", text="ctrl+a")
    run.see("type", text="final.txt\n")


def rename_by_names(run: Run) -> None:
    """Rename the only file: Thunar does not tell its files, but its menus and dialogs.

    Its dialog is opened by a key, as GTK answers nothing in one that a click by name opens.
    """
    run.do("list_elements")
    run.do("click_element", role="menu", name="Edit")
    run.do("click_element", role="menu item", name="Select all Files")
    run.do("key", text="F2")
    run.do("wait", duration=1)
    run.do("set_value", role="field", value="final.txt")
    run.do("click_element", role="button", name="Rename")


def edit_by_pixels(run: Run) -> None:
    run.do("screenshot")
    run.see("left_click", coordinate=run.find_place("field", ""))
    run.see("key", text="ctrl+a")
    run.see("type", text="A new text.")
    run.see("key", text="ctrl+s")


def edit_by_names(run: Run) -> None:
    run.do("list_elements")
    run.do("set_value", role="field", value="A new text.")
    run.do("click_element", role="menu", name="File")
    run.do("find_element", role="menu item", name="Save")
    run.do("click_element", role="menu item", name="Save")


def choose_by_pixels(run: Run) -> None:
    run.do("screenshot")
    run.see("left_click", coordinate=run.find_place("menu", "File"))
    run.see("left_click", coordinate=run.find_place("menu item", "Open"))
    run.see("key", text="ctrl+n")


def choose_by_names(run: Run) -> None:
    run.do("list_elements")
    run.do("click_element", role="menu", name="File")
    run.do("click_element", role="menu item", name="Open")
    run.do("key", text="ctrl+n")


class Tasks:
    """The tasks, with the programs that they need."""

    def __init__(self, desktop: NativeDesktop, folder: Path, stack: ExitStack) -> None:
        self._desktop = desktop
        self._folder = folder
        self._stack = stack
        self._browser: Browser | None = None
        self._program: subprocess.Popen[bytes] | None = None
        self._files = 0

    def list_all(self) -> list[Task]:
        moved, found = self._has_title("Moved"), self._has_title("Found")
        return [
            Task("form", self._show_form, fill_by_pixels, fill_by_names, self._is_filled),
            Task("drag and drop", self._show_board, drag_by_pixels, None, moved),
            Task("rename", self._start_files, rename_by_pixels, rename_by_names, self._is_renamed),
            Task("edit, save", self._start_editor, edit_by_pixels, edit_by_names, self._is_saved),
            Task("scroll", self._show_long, find_by_pixels, find_by_names, found),
            Task("menu, keys", self._start_form, choose_by_pixels, choose_by_names, self._is_made),
        ]

    def stop(self) -> None:
        if self._program is not None:
            self._program.kill()
            self._program.wait()
            self._program = None

    def _show(self, page: str, known: str) -> None:
        if self._browser is None:
            self._browser = self._stack.enter_context(run_browser(self._folder))
        self._browser.show(page)
        self._wait_for_element(known)

    def _show_form(self) -> None:
        self._show(_FORM, "Continue")

    def _show_board(self) -> None:
        self._show(_DRAG, "Card")

    def _show_long(self) -> None:
        self._show(_LONG.format(_PARAGRAPHS, _PARAGRAPHS), "Continue reading")

    def _read(self) -> dict[str, Any]:
        assert self._browser is not None
        return dict(json.loads(str(self._browser.evaluate(_READ))))

    def _is_filled(self) -> bool:
        return _FILLED.items() <= self._read().items()

    def _has_title(self, title: str) -> Callable[[], bool]:
        return lambda: self._read()["title"] == title

    def _start(self, words: list[str], known: str) -> None:
        """Start a program, and wait until its window has the keyboard and tells its elements."""
        self._program = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self._make_env()
        )
        self._wait_for_element(known)

    def _make_env(self) -> dict[str, str]:
        # GTK loads its bridge to the accessibility bus from here.
        return {**os.environ, "HOME": str(self._folder), "NO_AT_BRIDGE": "0"}

    def _wait_for_element(self, name: str) -> None:
        run = Run(self._desktop)
        if not eventually(lambda: run.is_known(None, name), 30):
            raise TimeoutError(f"“{name}” did not appear")
        time.sleep(0.5)

    def _make_folder(self) -> Path:
        self._files += 1
        made = self._folder / f"files{self._files}"
        made.mkdir()
        (made / "draft.txt").write_text("An old text.\n", "utf-8")
        return made

    def _start_files(self) -> None:
        self._made = self._make_folder()
        self._start(["thunar", str(self._made)], "Edit")

    def _is_renamed(self) -> bool:
        return [path.name for path in self._made.iterdir()] == ["final.txt"]

    def _start_editor(self) -> None:
        self._made = self._make_folder()
        self._start(["mousepad", "--disable-server", str(self._made / "draft.txt")], "File")

    def _is_saved(self) -> bool:
        return (self._made / "draft.txt").read_text("utf-8").strip() == "A new text."

    def _start_form(self) -> None:
        self._made = self._make_folder() / "state.json"
        self._start([PYTHON, str(_GTK), str(self._made), "Form"], "Send it")

    def _is_made(self) -> bool:
        state = json.loads(self._made.read_text("utf-8"))
        return bool(state["log"] == ["menu Open", "menu New"])


def measure(task: Task, tasks: Tasks, steps: Steps, desktop: NativeDesktop) -> str:
    """Do a task, and return its line of figures."""
    problem = ""
    try:
        task.start()
        run = Run(desktop)
        steps(run)
        done = eventually(task.is_done, 5) and not run.has_failed
        problem = next((each.text for each in run.outcomes if each.failed), "")
    except (BridgeError, TimeoutError, AssertionError, IndexError) as error:
        return f"failed: {type(error).__name__}: {error}"
    finally:
        tasks.stop()
    moved = "moved" if run.has_moved_pointer else "still"
    return (
        f"{'done' if done else 'FAILED':6} {len(run.outcomes):3} actions {run.picture_tokens:6,} "
        f"picture tokens {run.text_bytes:6,} bytes of text {run.seconds:5.1f} s  pointer {moved}"
        f"{'  ' if problem else ''}{problem[:200]}"
    )


@contextmanager
def open_desktop() -> Iterator[NativeDesktop]:
    device = X11Input({"DISPLAY": os.environ["DISPLAY"]})
    with closing(NativeDesktop(Screens(), device, AtspiElements())) as desktop:
        time.sleep(0.5)
        yield desktop


def main(only: str | None) -> None:
    """Do all tasks, and print both ways below each other."""
    with (
        tempfile.TemporaryDirectory() as folder,
        session(),
        open_desktop() as desktop,
        ExitStack() as stack,
    ):
        tasks = Tasks(desktop, Path(folder), stack)
        for task in tasks.list_all():
            if only is not None and only not in task.name:
                continue
            print(f"{task.name:14} pixels  {measure(task, tasks, task.by_pixels, desktop)}")
            by_names = task.by_names
            line = "not by names" if by_names is None else measure(task, tasks, by_names, desktop)
            print(f"{'':14} names   {line}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="a part of a task's name")
    main(parser.parse_args().only)
