"""Windows' functions for input and windows, called through ctypes."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import wintypes
from pathlib import PureWindowsPath
from typing import Any, ClassVar

from bridge.computer.desktop import Window, WindowId
from bridge.computer.native.app_identity import identify_app
from bridge.computer.native.windows.input import UNICODE, KeyEvent
from bridge.computer.screen.geometry import Rect

_MOUSE, _KEYBOARD = 0, 1
_EXTENDED_FRAME_BOUNDS, _CLOAKED = 9, 14
_QUERY_LIMITED_INFORMATION = 0x1000
_ROOT = 2
"""GA_ROOT: the window itself, not a control in it."""
_BACKGROUND = ("Progman", "WorkerW", "Shell_TrayWnd")
"""Window classes of the desktop itself."""


class _Mouse(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        ("dx", wintypes.LONG),
        ("dy", wintypes.LONG),
        ("data", wintypes.DWORD),
        ("flags", wintypes.DWORD),
        ("time", wintypes.DWORD),
        ("extra", ctypes.c_void_p),
    ]


class _Keyboard(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        ("key", wintypes.WORD),
        ("scan", wintypes.WORD),
        ("flags", wintypes.DWORD),
        ("time", wintypes.DWORD),
        ("extra", ctypes.c_void_p),
    ]


class _Either(ctypes.Union):
    _fields_: ClassVar[Any] = [("mouse", _Mouse), ("keyboard", _Keyboard)]


class InputRecord(ctypes.Structure):
    """INPUT of winuser.h: 40 bytes on 64-bit Windows."""

    _fields_: ClassVar[Any] = [("type", wintypes.DWORD), ("of", _Either)]


class WindowsSystem:
    """Windows' real functions; works on Windows only."""

    def __init__(self) -> None:
        # Other platforms lack this attribute, and mypy runs there.
        libraries: Any = vars(ctypes)["windll"]
        self._user32, self._kernel32 = libraries.user32, libraries.kernel32
        self._dwm = libraries.dwmapi
        self._user32.VkKeyScanW.argtypes = [wintypes.WCHAR]
        # Signed, so that -1 for a missing key is not read as 65535.
        self._user32.VkKeyScanW.restype = ctypes.c_short
        self._user32.GetForegroundWindow.restype = wintypes.HWND
        self._user32.WindowFromPoint.argtypes = [wintypes.POINT]
        self._user32.WindowFromPoint.restype = wintypes.HWND
        self._user32.GetAncestor.restype = wintypes.HWND
        self._kernel32.OpenProcess.restype = wintypes.HANDLE

    def send_keys(self, events: Sequence[KeyEvent]) -> int:
        return self._send(
            [make_keyboard_input(event, self._find_scan_code(event)) for event in events]
        )

    def turn_wheel(self, kind: int, delta: int) -> None:
        mouse = _Mouse(data=delta & 0xFFFFFFFF, flags=kind)
        self._send([InputRecord(type=_MOUSE, of=_Either(mouse=mouse))])

    def find_key(self, character: str) -> int:
        return int(self._user32.VkKeyScanW(character))

    def list_windows(self) -> Sequence[Window]:
        active = self._user32.GetForegroundWindow()
        windows: list[Window] = []
        make: Any = vars(ctypes)["WINFUNCTYPE"](wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)

        def look(window: int, _: int) -> bool:
            if self._is_seen(window):
                windows.append(self._describe_window(window, active=window == active))
            return True

        self._user32.EnumWindows(make(look), 0)
        return windows

    def activate_window(self, window: WindowId) -> None:
        handle, user32 = wintypes.HWND(window.number), self._user32
        front = user32.GetForegroundWindow()
        # Windows lets a program choose the window in front only if its input is shared with the
        # program that is in front now.
        theirs = user32.GetWindowThreadProcessId(wintypes.HWND(front), None) if front else 0
        own = self._kernel32.GetCurrentThreadId()
        is_attached = bool(theirs) and bool(user32.AttachThreadInput(own, theirs, True))
        try:
            user32.BringWindowToTop(handle)
            user32.SetForegroundWindow(handle)
        finally:
            if is_attached:
                user32.AttachThreadInput(own, theirs, False)

    def find_focused(self) -> WindowId | None:
        window = self._user32.GetForegroundWindow()
        return self._read_id(window) if window else None

    def find_pointed(self) -> WindowId | None:
        at = wintypes.POINT()
        self._user32.GetCursorPos(ctypes.byref(at))
        window = self._user32.GetAncestor(self._user32.WindowFromPoint(at), _ROOT)
        return self._read_id(window) if window and not self._is_background(window) else None

    def _find_scan_code(self, event: KeyEvent) -> int:
        # Remote desktops and games read the scan code, not the virtual key.
        return event.scan if event.flags & UNICODE else self._user32.MapVirtualKeyW(event.key, 0)

    def _send(self, inputs: Sequence[InputRecord]) -> int:
        array = (InputRecord * len(inputs))(*inputs)
        return int(self._user32.SendInput(len(inputs), array, ctypes.sizeof(InputRecord)))

    def _is_seen(self, window: int) -> bool:
        if not self._user32.IsWindowVisible(window) or self._user32.IsIconic(window):
            return False
        # Windows of other virtual desktops and suspended apps count as visible, but are cloaked.
        cloaked = wintypes.DWORD()
        size = ctypes.sizeof(cloaked)
        self._dwm.DwmGetWindowAttribute(window, _CLOAKED, ctypes.byref(cloaked), size)
        # Menus have no title, and get clicks.
        return not cloaked.value and not self._is_background(window)

    def _describe_window(self, window: int, *, active: bool) -> Window:
        edges = wintypes.RECT()
        size = ctypes.sizeof(edges)
        failed = self._dwm.DwmGetWindowAttribute(
            window, _EXTENDED_FRAME_BOUNDS, ctypes.byref(edges), size
        )
        if failed:
            self._user32.GetWindowRect(window, ctypes.byref(edges))
        area = Rect(edges.left, edges.top, edges.right - edges.left, edges.bottom - edges.top)
        id, names = self._read_id(window), (self._read_class(window),)
        program = self._read_program(id.process)
        title, app = self._read_title(window), identify_app(id.process)
        return Window(title, program, area, active, id, names, app=app)

    def _read_title(self, window: int) -> str:
        text = ctypes.create_unicode_buffer(512)
        self._user32.GetWindowTextW(window, text, len(text))
        return text.value

    def _is_background(self, window: int) -> bool:
        return self._read_class(window) in _BACKGROUND

    def _read_class(self, window: int) -> str:
        text = ctypes.create_unicode_buffer(64)
        self._user32.GetClassNameW(window, text, len(text))
        return text.value

    def _read_id(self, window: int) -> WindowId:
        process = wintypes.DWORD()
        self._user32.GetWindowThreadProcessId(window, ctypes.byref(process))
        return WindowId(int(window), int(process.value))

    def _read_program(self, number: int) -> str:
        process = self._kernel32.OpenProcess(_QUERY_LIMITED_INFORMATION, False, number)
        if not process:
            return ""
        path = ctypes.create_unicode_buffer(1024)
        length = wintypes.DWORD(len(path))
        # ctypes would pass a plain number as 32 bits.
        handle = wintypes.HANDLE(process)
        self._kernel32.QueryFullProcessImageNameW(handle, 0, path, ctypes.byref(length))
        self._kernel32.CloseHandle(handle)
        return PureWindowsPath(path.value).name


def make_keyboard_input(event: KeyEvent, scan: int) -> InputRecord:
    """Make the INPUT structure that SendInput takes."""
    keyboard = _Keyboard(key=event.key, scan=scan, flags=event.flags)
    return InputRecord(type=_KEYBOARD, of=_Either(keyboard=keyboard))
