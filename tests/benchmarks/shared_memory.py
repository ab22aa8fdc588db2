"""XShmGetImage alone, called through Xlib: the least time that a screenshot of X can take."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_Z_PIXMAP, _ALL_PLANES = 2, ctypes.c_ulong(0xFFFFFFFF)
_PRIVATE, _NEW, _REMOVE = 0, 0o1600, 0


class _Segment(ctypes.Structure):
    _fields_ = (
        ("seg", ctypes.c_ulong),
        ("id", ctypes.c_int),
        ("address", ctypes.c_void_p),
        ("read_only", ctypes.c_int),
    )


class _Image(ctypes.Structure):
    """The head of an XImage."""

    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("xoffset", ctypes.c_int),
        ("format", ctypes.c_int),
        ("data", ctypes.c_void_p),
    )


@contextmanager
def shared_memory(display: str, width: int, height: int) -> Iterator[Callable[[], bytes]]:
    """A call that fills the memory again; it returns the first pixels, as a proof."""
    c, x11, ext = ctypes.CDLL(None), ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXext.so.6")
    for made in (x11.XOpenDisplay, x11.XDefaultVisual, ext.XShmCreateImage, c.shmat):
        made.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    server = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    visual = ctypes.c_void_p(x11.XDefaultVisual(server, 0))
    root = ctypes.c_ulong(x11.XDefaultRootWindow(server))
    segment = _Segment(id=c.shmget(_PRIVATE, ctypes.c_size_t(width * height * 4), _NEW))
    segment.address = c.shmat(segment.id, None, 0)
    shared = ctypes.byref(segment)
    image = ctypes.c_void_p(
        ext.XShmCreateImage(server, visual, 24, _Z_PIXMAP, None, shared, width, height)
    )
    ctypes.cast(image, ctypes.POINTER(_Image)).contents.data = segment.address
    ext.XShmAttach(server, shared)
    x11.XSync(server, 0)
    # Gone with the last that uses it.
    c.shmctl(segment.id, _REMOVE, None)

    def grab() -> bytes:
        assert ext.XShmGetImage(server, root, image, 0, 0, _ALL_PLANES)
        return ctypes.string_at(segment.address, 64)

    yield grab
    ext.XShmDetach(server, shared)
    x11.XCloseDisplay(server)
    c.shmdt(ctypes.c_void_p(segment.address))
