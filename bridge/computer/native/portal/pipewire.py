"""The functions and structures of libpipewire that a reader of pictures needs."""

# Why not GStreamer: its bindings for Python come with the distribution and are in no virtual
# environment, and its elements for PipeWire are a package of their own. libpipewire is there
# wherever a desktop shares its screen; what is used of it here has not changed since 0.3.
# https://docs.pipewire.org/group__pw__stream.html

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int32, c_int64, c_uint32, c_void_p
from functools import cache
from typing import Any

from bridge.errors import DesktopUnavailable

LIBRARY = "libpipewire-0.3.so.0"
MISSING = (
    "Pictures of the screen come over PipeWire here, and its library is not installed. Install the "
    "package `libpipewire-0.3-0` (Debian, Ubuntu) or `pipewire-libs` (Fedora)."
)
INPUT, ANY_NODE = 0, 0xFFFFFFFF
AUTOCONNECT, MAP_BUFFERS, DO_NOT_RECONNECT = 1 << 0, 1 << 2, 1 << 7
ERROR, UNCONNECTED = -1, 0
"""States of a stream that has ended."""
_HOOK_BYTES = 64
"""Room for a `spa_hook`, which has 48."""


class Chunk(ctypes.Structure):
    """The part of the memory that has the picture."""

    _fields_ = (("offset", c_uint32), ("size", c_uint32), ("stride", c_int32), ("flags", c_int32))


class Data(ctypes.Structure):
    _fields_ = (
        ("type", c_uint32),
        ("flags", c_uint32),
        ("fd", c_int64),
        ("mapoffset", c_uint32),
        ("maxsize", c_uint32),
        ("data", c_void_p),
        ("chunk", POINTER(Chunk)),
    )


class Meta(ctypes.Structure):
    _fields_ = (("type", c_uint32), ("size", c_uint32), ("data", c_void_p))


class SpaBuffer(ctypes.Structure):
    _fields_ = (
        ("n_metas", c_uint32),
        ("n_datas", c_uint32),
        ("metas", POINTER(Meta)),
        ("datas", POINTER(Data)),
    )


class PwBuffer(ctypes.Structure):
    """The beginning of a `pw_buffer`."""

    _fields_ = (("buffer", POINTER(SpaBuffer)),)


DESTROY = CFUNCTYPE(None, c_void_p)
STATE_CHANGED = CFUNCTYPE(None, c_void_p, c_int, c_int, c_char_p)
CONTROL_INFO = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
IO_CHANGED = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p, c_uint32)
PARAM_CHANGED = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
BUFFER = CFUNCTYPE(None, c_void_p, c_void_p)
PROCESS = CFUNCTYPE(None, c_void_p)


class StreamEvents(ctypes.Structure):
    """The functions that a stream calls, in version 0: later ones are at the end."""

    _fields_ = (
        ("version", c_uint32),
        ("destroy", DESTROY),
        ("state_changed", STATE_CHANGED),
        ("control_info", CONTROL_INFO),
        ("io_changed", IO_CHANGED),
        ("param_changed", PARAM_CHANGED),
        ("add_buffer", BUFFER),
        ("remove_buffer", BUFFER),
        ("process", PROCESS),
        ("drained", DESTROY),
    )


def make_hook() -> Any:
    """Make the memory of a listener, which must stay as long as the stream."""
    return ctypes.create_string_buffer(_HOOK_BYTES)


@cache
def load_pipewire() -> Any:
    """Load the library, and make it ready. Raises DesktopUnavailable without it."""
    try:
        library: Any = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise DesktopUnavailable(MISSING) from error
    pointers = {
        "pw_thread_loop_new": (c_char_p, c_void_p),
        "pw_thread_loop_get_loop": (c_void_p,),
        "pw_context_new": (c_void_p, c_void_p, ctypes.c_size_t),
        "pw_context_connect_fd": (c_void_p, c_int, c_void_p, ctypes.c_size_t),
        "pw_properties_new_string": (c_char_p,),
        "pw_stream_new": (c_void_p, c_char_p, c_void_p),
        "pw_stream_dequeue_buffer": (c_void_p,),
    }
    numbers = {
        "pw_thread_loop_start": (c_void_p,),
        "pw_core_disconnect": (c_void_p,),
        "pw_stream_connect": (c_void_p, c_int, c_uint32, c_int, c_void_p, c_uint32),
        "pw_stream_update_params": (c_void_p, c_void_p, c_uint32),
        "pw_stream_queue_buffer": (c_void_p, c_void_p),
    }
    nothing = {
        "pw_init": (c_void_p, c_void_p),
        "pw_thread_loop_lock": (c_void_p,),
        "pw_thread_loop_unlock": (c_void_p,),
        "pw_thread_loop_stop": (c_void_p,),
        "pw_thread_loop_destroy": (c_void_p,),
        "pw_context_destroy": (c_void_p,),
        "pw_stream_destroy": (c_void_p,),
        "pw_stream_add_listener": (c_void_p, c_void_p, c_void_p, c_void_p),
    }
    for functions, result in ((pointers, c_void_p), (numbers, c_int), (nothing, None)):
        for name, arguments in functions.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, result
    library.pw_init(None, None)
    return library
