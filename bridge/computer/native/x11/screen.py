"""Read an X server's monitors and cursor, through libxcb.

Xlib would end the whole process when the server goes away. mss reads the monitors only once, and
does not report which pixel of a cursor points. mss needs the same libraries.
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
"""Bytes of a reply's head; a word in it counts the four-byte units that follow."""
_MONITOR = struct.Struct("=IBBHhhHHII")
_CURSOR = struct.Struct("=HHHH")


class Monitor(NamedTuple):
    """A monitor, as RandR reports it."""

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
    """One connection to an X server; methods raise OSError when it is gone."""

    def __init__(self, display: str) -> None:
        """Connect to `display`, such as `:0`. Raises OSError if no server answers."""
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
        self._root = self._find_root(number.value)
        try:
            self._randr = self._load_extension("randr", (1, 5))
            self._xfixes = self._load_extension("xfixes", (2, 0))
        except OSError:
            self.close()
            raise

    def read_area(self) -> Rect:
        """Return the area of all monitors together."""
        reply = self._send_request(self._xcb, "get_geometry", self._root)
        return Rect(*struct.unpack_from("=hhHH", reply, 12))

    def list_monitors(self) -> list[Monitor]:
        """Return the monitors that are on; empty if the server cannot list them."""
        if self._randr is None:
            return []
        reply = self._send_request(self._randr, "randr_get_monitors", self._root, 1)
        (count,) = struct.unpack_from("=I", reply, 12)
        at, monitors = _HEAD, []
        for _ in range(count):
            atom, primary, _, outputs, *area, _, _ = _MONITOR.unpack_from(reply, at)
            monitors.append(Monitor(self._read_atom_name(atom), Rect(*area), bool(primary)))
            at += _MONITOR.size + 4 * outputs
        return monitors

    def read_cursor(self) -> Cursor | None:
        """Return the cursor as it looks now; None if the server does not provide it."""
        if self._xfixes is None:
            return None
        reply = self._send_request(self._xfixes, "xfixes_get_cursor_image")
        width, height, x, y = _CURSOR.unpack_from(reply, 12)
        pixels = reply[_HEAD : _HEAD + 4 * width * height]
        return Cursor(decode_cursor(pixels, width, height), (x, y))

    def is_xwayland(self) -> bool:
        """Return whether this server runs inside Wayland, whatever the environment says."""
        names = [monitor.name for monitor in self.list_monitors()]
        return self._has_extension("XWAYLAND") or any(name.startswith("XWAYLAND") for name in names)

    def close(self) -> None:
        """Close the connection; may be called again."""
        if self._connection:
            self._xcb.xcb_disconnect(self._connection)
            self._connection = ctypes.c_void_p()

    def _find_root(self, number: int) -> int:
        self._xcb.xcb_get_setup.restype = ctypes.c_void_p
        self._xcb.xcb_setup_roots_iterator.restype = _Roots
        setup = ctypes.c_void_p(self._xcb.xcb_get_setup(self._connection))
        roots = self._xcb.xcb_setup_roots_iterator(setup)
        for _ in range(number):
            self._xcb.xcb_screen_next(ctypes.byref(roots))
        return int(roots.data[0])

    def _has_extension(self, extension: str) -> bool:
        name = extension.encode()
        return bool(self._send_request(self._xcb, "query_extension", len(name), name)[8])

    def _load_extension(self, name: str, required: tuple[int, int]) -> ctypes.CDLL | None:
        """Load an extension's library; None if the server lacks it or is too old.

        The protocol requires the version query before any other request.
        """
        if not self._has_extension(name.upper()):
            return None
        library = ctypes.CDLL(f"libxcb-{name}.so.0")
        version = struct.unpack_from(
            "=II", self._send_request(library, f"{name}_query_version", *required), 8
        )
        return library if version >= required else None

    def _read_atom_name(self, atom: int) -> str:
        reply = self._send_request(self._xcb, "get_atom_name", atom)
        (length,) = struct.unpack_from("=H", reply, 8)
        return reply[_HEAD : _HEAD + length].decode("utf-8", "replace")

    def _send_request(self, library: ctypes.CDLL, request: str, *arguments: int | bytes) -> bytes:
        """Send a request; return the whole reply as bytes."""
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


def decode_cursor(pixels: bytes, width: int, height: int) -> Image:
    """Convert XFixes' cursor to RGBA; its BGRA bytes have colours multiplied by alpha."""
    from PIL import Image

    return Image.frombytes("RGBa", (width, height), pixels, "raw", "BGRa").convert("RGBA")
