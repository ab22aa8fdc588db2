"""Input on macOS: keys, exact text and counted clicks, by Quartz events."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.computer.apps.app import App
from bridge.computer.desktop import Button, Check, Direction, Window, WindowId
from bridge.computer.keys import SYMBOLS
from bridge.computer.native.app_identity import identify_app
from bridge.computer.native.input import Input, parse_key_codes, split_text
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable, InvalidRequest

DOUBLE_CLICK_SECONDS = 0.5
_DOCK_LAYER, _MENU_LAYER = 20, 101
"""Window levels (kCGDockWindowLevel, kCGPopUpMenuWindowLevel)."""
_DOUBLE_CLICK_POINTS = 4
_PACE_SECONDS = 0.005
"""Between two events of text; some programs lose faster ones."""

_SHIFT, _CONTROL, _OPTION, _COMMAND = 0x20000, 0x40000, 0x80000, 0x100000
FLAGS: Mapping[str, int] = (
    dict.fromkeys(("Shift_L", "Shift_R"), _SHIFT)
    | dict.fromkeys(("Control_L", "Control_R"), _CONTROL)
    | dict.fromkeys(("Alt_L", "Alt_R", "ISO_Level3_Shift"), _OPTION)
    | dict.fromkeys(("Super_L", "Super_R"), _COMMAND)
)
"""Flags that other keys carry while one of these modifiers is down."""

_ON_ANSI = {
    **dict(zip("asdfhgzxcv", range(10), strict=True)),
    **dict(zip("bqweryt123465=97-80]ou[ip", range(0x0B, 0x24), strict=True)),
    **dict(zip("lj'k;\\,/nm.", range(0x25, 0x30), strict=True)),
    "`": 0x32,
}
_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
KEYS: Mapping[str, int] = parse_key_codes("""
    Return 24  Tab 30  space 31  BackSpace 33  Escape 35  Super_R 36  Super_L 37  Shift_L 38
    Caps_Lock 39  Alt_L 3A  Control_L 3B  Shift_R 3C  Alt_R 3D  ISO_Level3_Shift 3D
    Control_R 3E  KP_Decimal 41  KP_Multiply 43  KP_Add 45  Num_Lock 47  KP_Divide 4B
    KP_Enter 4C  KP_Subtract 4E  KP_0 52  KP_1 53  KP_2 54  KP_3 55  KP_4 56  KP_5 57  KP_6 58
    KP_7 59  KP_8 5B  KP_9 5C  Insert 72  Home 73  Page_Up 74  Delete 75  End 77  Page_Down 79
    Left 7B  Right 7C  Down 7D  Up 7E  Menu 6E  F1 7A  F2 78  F3 63  F4 76  F5 60  F6 61
    F7 62  F8 64  F9 65  F10 6D  F11 67  F12 6F  F13 69  F14 6B  F15 71  F16 6A  F17 40
    F18 4F  F19 50  F20 5A  XF86AudioRaiseVolume 48  XF86AudioLowerVolume 49  XF86AudioMute 4A
""")
"""Key codes of HIToolbox's Events.h."""
_CONTROLS = {"\n": "Return", "\t": "Tab", "\b": "BackSpace", "\x1b": "Escape"}


@dataclass(frozen=True, slots=True)
class Press:
    """A key code with flags; a `character` is sent instead of the key's own."""

    code: int
    flags: int = 0
    character: str = ""


class ClickCounter:
    """Counter of clicks in a row: on macOS each click event carries its number."""

    def __init__(self) -> None:
        self._last: tuple[Button, Point, float] | None = None
        self.count = 0

    def count_click(self, button: Button, at: Point, now: float) -> int:
        """Return 1 for a click, 2 for the second of a double click; `now` in seconds."""
        again = False
        if self._last is not None:
            before, where, when = self._last
            far = max(abs(where.x - at.x), abs(where.y - at.y))
            soon = now - when <= DOUBLE_CLICK_SECONDS
            again = before == button and soon and far <= _DOUBLE_CLICK_POINTS
        self.count = self.count + 1 if again else 1
        self._last = (button, at, now)
        return self.count


class MacInput(Input):
    """Input on macOS. Raises DesktopUnavailable without the Accessibility permission.

    `quartz`: the module of that name, or an object with its functions.
    """

    def __init__(
        self,
        quartz: Any = None,
        mouse: Any = None,
        *,
        trusted: Callable[[], bool] | None = None,
        front: Callable[[], int] | None = None,
        name_bundle: Callable[[int], str] | None = None,
        activate: Callable[[int], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _require_permission((trusted or _is_trusted)())
        super().__init__(mouse)
        self._quartz: Any = quartz or _import_quartz()
        self._front = front or _find_front_process
        self._name_bundle = name_bundle or _name_bundle
        self._activate = activate or _activate_program
        self._clock = clock
        self._clicks = ClickCounter()
        self._pressed: Button | None = None
        self._held: dict[str, Press] = {}

    def move(self, to: Point) -> None:
        # With a button down macOS expects a drag event.
        name = (
            "MouseMoved" if self._pressed is None else f"{_name_button(self._pressed)}MouseDragged"
        )
        self._post_mouse(name, to, self._pressed or "left", self._clicks.count)

    def press(self, button: Button) -> None:
        at = self.read_pointer()
        count = self._clicks.count_click(button, at, self._clock())
        self._pressed = button
        self._post_mouse(f"{_name_button(button)}MouseDown", at, button, count)

    def release(self, button: Button) -> None:
        self._pressed = None
        self._post_mouse(
            f"{_name_button(button)}MouseUp", self.read_pointer(), button, self._clicks.count
        )

    def scroll(self, direction: Direction, clicks: int) -> None:
        """Scroll by one line for each notch."""
        # Horizontally, left is positive on macOS.
        step = 1 if direction in ("up", "left") else -1
        amounts = (step,) if direction in ("up", "down") else (0, step)
        quartz = self._quartz
        for _ in range(clicks):
            unit = quartz.kCGScrollEventUnitLine
            self._post(quartz.CGEventCreateScrollWheelEvent(None, unit, len(amounts), *amounts))

    def press_key(self, keysym: str) -> None:
        """Press a key. Raises InvalidRequest for a name that macOS does not have."""
        if keysym not in self._held:
            press = find_press(keysym)
            self._held[keysym] = press
            self._post_key(press, down=True)

    def release_key(self, keysym: str) -> None:
        """Release a key; does nothing if it is not down."""
        press = self._held.pop(keysym, None)
        if press is not None:
            self._post_key(press, down=False)

    def type(self, text: str, check: Check) -> None:
        check()
        for piece in split_text(text):
            check()
            for part in split_typed(piece):
                # No flags: a held modifier must not turn text into shortcuts.
                for down in (True, False):
                    self._post_key(part, down=down, flags=0)
                time.sleep(_PACE_SECONDS)

    def list_windows(self) -> Sequence[Window]:
        quartz = self._quartz
        shown = quartz.kCGWindowListOptionOnScreenOnly | quartz.kCGWindowListExcludeDesktopElements
        windows = quartz.CGWindowListCopyWindowInfo(shown, quartz.kCGNullWindowID)
        return read_windows(windows or (), self._front(), self._name_bundle)

    def activate_window(self, window: Window) -> None:
        self._activate(window.id.process)

    def find_focused(self) -> WindowId | None:
        return next((window.id for window in self.list_windows() if window.active), None)

    def find_pointed(self) -> WindowId | None:
        at = self.read_pointer()
        return next((window.id for window in self.list_windows() if at in window.area), None)

    def close(self) -> None:
        for keysym in list(self._held):
            self.release_key(keysym)

    def _post_key(self, press: Press, *, down: bool, flags: int | None = None) -> None:
        quartz = self._quartz
        # Without the flags of held modifiers, programs would see no shortcut.
        if flags is None:
            flags = press.flags
            for keysym in self._held:
                flags |= FLAGS.get(keysym, 0)
        event = quartz.CGEventCreateKeyboardEvent(None, press.code, down)
        if press.character:
            units = len(press.character.encode("utf-16-le")) // 2
            quartz.CGEventKeyboardSetUnicodeString(event, units, press.character)
        quartz.CGEventSetFlags(event, flags)
        self._post(event)

    def _post_mouse(self, name: str, at: Point, button: Button, count: int) -> None:
        quartz = self._quartz
        numbers = {"left": 0, "right": 1, "middle": 2}
        kind = getattr(quartz, f"kCGEvent{name}")
        event = quartz.CGEventCreateMouseEvent(None, kind, (at.x, at.y), numbers[button])
        quartz.CGEventSetIntegerValueField(event, quartz.kCGMouseEventClickState, count)
        flags = 0
        for keysym in self._held:
            flags |= FLAGS.get(keysym, 0)
        quartz.CGEventSetFlags(event, flags)
        self._post(event)

    def _post(self, event: Any) -> None:
        self._quartz.CGEventPost(self._quartz.kCGHIDEventTap, event)


def find_press(keysym: str) -> Press:
    """Find a key by name, or by its character on an ANSI keyboard.

    The press carries the character too, for other layouts. Raises InvalidRequest.
    """
    if keysym in KEYS:
        return Press(KEYS[keysym])
    character = SYMBOLS.get(keysym, keysym)
    if len(character) != 1:
        raise InvalidRequest(f"macOS has no key `{keysym[:40]}`.", param="text")
    plain = _SHIFTED.get(character, character.lower())
    flags = _SHIFT if plain != character else 0
    code = _ON_ANSI.get(plain)
    return Press(0, 0, character) if code is None else Press(code, flags, character)


def split_typed(text: str) -> list[Press]:
    """Split text into presses of control keys, and presses that carry the rest."""
    parts: list[Press] = []
    for character in text:
        if character in _CONTROLS:
            parts.append(Press(KEYS[_CONTROLS[character]]))
        elif parts and parts[-1].character:
            parts[-1] = Press(0, 0, parts[-1].character + character)
        else:
            parts.append(Press(0, 0, character))
    return parts


def read_windows(
    entries: Sequence[Mapping[str, Any]],
    front: int,
    name_bundle: Callable[[int], str],
    find_app: Callable[[int], App | None] = identify_app,
) -> list[Window]:
    """Read windows, the topmost first; the first of process `front` is active.

    `entries`: what CGWindowListCopyWindowInfo returns. `name_bundle` returns a process' bundle
    id: the name that macOS gives, such as “Terminal”, is translated. `find_app` names its program.
    """
    windows: list[Window] = []
    has_active = False
    for entry in entries:
        # Higher layers are the menu bar, the Dock and notifications, but also menus.
        if (
            not 0 <= (layer := entry.get("kCGWindowLayer", 0)) < _DOCK_LAYER
            and layer != _MENU_LAYER
        ):
            continue
        process = int(entry.get("kCGWindowOwnerPID", 0))
        active = not has_active and layer < _DOCK_LAYER and process == front
        has_active |= active
        bounds = entry["kCGWindowBounds"]
        area = Rect(*(round(bounds[name]) for name in ("X", "Y", "Width", "Height")))
        title, owner = (str(entry.get(f"kCGWindow{name}") or "") for name in ("Name", "OwnerName"))
        id = WindowId(int(entry.get("kCGWindowNumber", 0)), process)
        names = (name_bundle(process),)
        windows.append(Window(title, owner, area, active, id, names, app=find_app(process)))
    return windows


def _name_button(button: Button) -> str:
    return {"left": "Left", "right": "Right", "middle": "Other"}[button]


def _require_permission(trusted: bool) -> None:
    if not trusted:
        raise DesktopUnavailable(
            "macOS does not let this program control the keyboard and the mouse. Allow it in "
            "System Settings > Privacy & Security > Accessibility, then start the bridge again."
        )


def _is_trusted() -> bool:
    library = ctypes.cdll.LoadLibrary(
        "/System/Library/Frameworks/ApplicationServices.framework/ApplicationServices"
    )
    library.AXIsProcessTrusted.restype = ctypes.c_bool
    return bool(library.AXIsProcessTrusted())


def _import_quartz() -> Any:
    import Quartz

    return Quartz


def _find_front_process() -> int:
    from AppKit import NSWorkspace

    front = NSWorkspace.sharedWorkspace().frontmostApplication()
    return int(front.processIdentifier()) if front is not None else -1


def _name_bundle(process: int) -> str:
    from AppKit import NSRunningApplication

    program = NSRunningApplication.runningApplicationWithProcessIdentifier_(process)
    return str(program.bundleIdentifier() or "") if program is not None else ""


def _activate_program(process: int) -> None:
    """Bring a program to the front, with the window it had in front last."""
    from AppKit import NSApplicationActivateIgnoringOtherApps, NSRunningApplication

    program = NSRunningApplication.runningApplicationWithProcessIdentifier_(process)
    # A program that has ended has no window either, which is noticed.
    if program is not None:
        program.activateWithOptions_(NSApplicationActivateIgnoringOtherApps)
