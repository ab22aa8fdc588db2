"""What an X server says of its monitors and its cursor, asked through libxcb.

Not Xlib: that ends the whole process when the server goes away. And not mss, which asks for the
monitors only once and does not say where a cursor points. mss itself needs these libraries.
"""

from __future__ import annotations

import ctypes
import struct
from typing import TYPE_CHECKING, NamedTuple

from bridge.computer.desktop import Cursor
from bridge.computer.screen.geometry import Rect

if TYPE_CHECKING:
    from PIL.Image import Image

_HEAD = 32
"""Bytes of every reply; a word in it counts the four bytes each that follow."""
_MONITOR = struct.Struct("=IBBHhhHHII")
_CURSOR = struct.Struct("=HHHH")


class Monitor(NamedTuple):
    """A monitor, as RandR has it."""

    name: str
    area: Rect
    primary: bool


class _Cookie(ctypes.Structure):
    _fields_ = (("sequence", ctypes.c_uint),)


class _Roots(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.POINTER(ctypes.c_uint32)),
        ("rem", ctypes.c_int),
        ("index", ctypes.c_int),
    )


class XScreen:
    """One connection to an X server. Every method raises OSError when the server is gone."""

    def __init__(self, display: str) -> None:
        """`display` such as `:0`. Raises OSError when no server answers there."""
        self._c = ctypes.CDLL(None)
        self._xcb = ctypes.CDLL("libxcb.so.1")
        self._xcb.xcb_connect.restype = ctypes.c_void_p
        number = ctypes.c_int()
        self._connection = ctypes.c_void_p(
            self._xcb.xcb_connect(display.encode(), ctypes.byref(number))
        )
        if self._xcb.xcb_connection_has_error(self._connection):
            self.close()
            raise ConnectionRefusedError(f"no X server answers at {display}")
        self._root = self._root_of(number.value)
        try:
            self._randr = self._extension("randr", (1, 5))
            self._xfixes = self._extension("xfixes", (2, 0))
        except OSError:
            self.close()
            raise

    def area(self) -> Rect:
        """All monitors together."""
        reply = self._ask(self._xcb, "get_geometry", self._root)
        return Rect(*struct.unpack_from("=hhHH", reply, 12))

    def monitors(self) -> list[Monitor]:
        """Those that are on; empty where the server does not say."""
        if self._randr is None:
            return []
        reply = self._ask(self._randr, "randr_get_monitors", self._root, 1)
        (count,) = struct.unpack_from("=I", reply, 12)
        at, found = _HEAD, []
        for _ in range(count):
            atom, primary, _, outputs, *area, _, _ = _MONITOR.unpack_from(reply, at)
            found.append(Monitor(self._name_of(atom), Rect(*area), bool(primary)))
            at += _MONITOR.size + 4 * outputs
        return found

    def cursor(self) -> Cursor | None:
        """The cursor as it looks now; None where the server does not say."""
        if self._xfixes is None:
            return None
        reply = self._ask(self._xfixes, "xfixes_get_cursor_image")
        width, height, x, y = _CURSOR.unpack_from(reply, 12)
        pixels = reply[_HEAD : _HEAD + 4 * width * height]
        return Cursor(picture_of(pixels, width, height), (x, y))

    def is_xwayland(self) -> bool:
        """The server is one for X programs in a Wayland session, whatever the environment says."""
        names = [monitor.name for monitor in self.monitors()]
        return self._has("XWAYLAND") or any(name.startswith("XWAYLAND") for name in names)

    def close(self) -> None:
        """Hangs up; may be called again."""
        if self._connection:
            self._xcb.xcb_disconnect(self._connection)
            self._connection = ctypes.c_void_p()

    def _root_of(self, number: int) -> int:
        self._xcb.xcb_get_setup.restype = ctypes.c_void_p
        self._xcb.xcb_setup_roots_iterator.restype = _Roots
        setup = ctypes.c_void_p(self._xcb.xcb_get_setup(self._connection))
        roots = self._xcb.xcb_setup_roots_iterator(setup)
        for _ in range(number):
            self._xcb.xcb_screen_next(ctypes.byref(roots))
        return int(roots.data[0])

    def _has(self, extension: str) -> bool:
        name = extension.encode()
        return bool(self._ask(self._xcb, "query_extension", len(name), name)[8])

    def _extension(self, name: str, wanted: tuple[int, int]) -> ctypes.CDLL | None:
        """Its library, where the server has it, new enough; it must be told our version anyway."""
        if not self._has(name.upper()):
            return None
        library = ctypes.CDLL(f"libxcb-{name}.so.0")
        version = struct.unpack_from("=II", self._ask(library, f"{name}_query_version", *wanted), 8)
        return library if version >= wanted else None

    def _name_of(self, atom: int) -> str:
        reply = self._ask(self._xcb, "get_atom_name", atom)
        (length,) = struct.unpack_from("=H", reply, 8)
        return reply[_HEAD : _HEAD + length].decode("utf-8", "replace")

    def _ask(self, library: ctypes.CDLL, request: str, *arguments: int | bytes) -> bytes:
        """The reply as it came over the wire."""
        if not self._connection:
            raise ConnectionAbortedError("the connection to the X server is closed")
        send, receive = library[f"xcb_{request}"], library[f"xcb_{request}_reply"]
        send.restype, receive.restype = _Cookie, ctypes.c_void_p
        error = ctypes.c_void_p()
        cookie = send(self._connection, *arguments)
        reply = ctypes.c_void_p(receive(self._connection, cookie, ctypes.byref(error)))
        if not reply:
            self._c.free(error)
            raise ConnectionAbortedError(f"the X server did not answer {request}")
        (more,) = struct.unpack_from("=I", ctypes.string_at(reply, _HEAD), 4)
        content = ctypes.string_at(reply, _HEAD + 4 * more)
        self._c.free(reply)
        return content


def picture_of(pixels: bytes, width: int, height: int) -> Image:
    """RGBA, from BGRA bytes whose colours are multiplied with their alpha, as XFixes has them."""
    from PIL import Image

    return Image.frombytes("RGBa", (width, height), pixels, "raw", "BGRa").convert("RGBA")
