"""Read the pictures of one screen from PipeWire, and where the pointer is on it."""

# A thread of libpipewire calls `_process` for each new picture, and for each move of the pointer.
# The last picture stays where it is in memory that is shared with the desktop; it is copied only
# when somebody looks, and given back when the next one comes. So a video costs nothing while nobody
# looks. All fields are read and changed with the loop's lock, which the thread has while it calls.
#
# States: connecting, until there is a picture; showing; ended, when the desktop ends the stream.

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bridge.computer.native.portal import pipewire, pods
from bridge.computer.native.portal.cursor_meta import SIZES, CursorMeta, read_cursor_meta
from bridge.computer.screen.geometry import Size

if TYPE_CHECKING:
    from PIL.Image import Image

    from bridge.computer.desktop import Cursor

FIRST_SECONDS = 5.0
"""How long the first picture may take."""
_LOOK_SECONDS = 0.005
_MOST_BYTES = 1 << 30
_NAME = b"claude-bridge"
_PROPERTIES = b"media.type=Video media.category=Capture media.role=Screen"


class FrameError(OSError):
    """There is no picture."""


class Frames:
    """One stream; `grab` and the rest are called from one thread."""

    def __init__(self, descriptor: int, node: int) -> None:
        """Connect to a node; the descriptor of the connection is used up.

        Raises DesktopUnavailable without the library, FrameError if PipeWire refuses.
        """
        self._stack = ExitStack()
        # Once it is connected, libpipewire closes the descriptor.
        self._stack.callback(_close_quietly, descriptor)
        self._format: pods.PictureFormat | None = None
        self._buffer: int | None = None
        self._error = ""
        self._pointer: CursorMeta | None = None
        self._image: CursorMeta | None = None
        self._changed = threading.Event()
        try:
            self._library = pipewire.load_pipewire()
            self._open_stream(descriptor, node)
        except BaseException:
            self._stack.close()
            raise

    def grab(self) -> Image:
        """Return the last picture. Raises FrameError if there is none."""
        from PIL import Image

        until = time.monotonic() + FIRST_SECONDS
        while True:
            with self._hold_lock():
                if self._error:
                    raise FrameError(f"The desktop has ended the pictures: {self._error}.")
                if self._format is not None and self._buffer is not None:
                    pixels, stride = self._read_pixels(self._format)
                    order, size = self._format.order, self._format.size
                    return Image.frombytes("RGB", size, pixels, "raw", order, stride)
            if time.monotonic() > until:
                raise FrameError(f"The desktop gave no picture within {FIRST_SECONDS:g} s.")
            self._changed.wait(_LOOK_SECONDS)

    @property
    def size(self) -> Size | None:
        """The pixels of a picture; None before the first one."""
        with self._hold_lock():
            return None if self._format is None else self._format.size

    def read_pointer(self) -> CursorMeta | None:
        """Return the pointer; None if it is hidden, or on another screen."""
        with self._hold_lock():
            return self._pointer

    def read_cursor(self) -> Cursor | None:
        """Return the image of the pointer; None if it is hidden, or on another screen."""
        with self._hold_lock():
            image = self._image if self._pointer is not None else None
        return None if image is None else image.make_image()

    def close(self) -> None:
        """End the stream; may be called again."""
        self._stack.close()

    def _open_stream(self, descriptor: int, node: int) -> None:
        library, stack = self._library, self._stack
        loop = _need(library.pw_thread_loop_new(_NAME, None), "loop")
        stack.callback(library.pw_thread_loop_destroy, loop)
        inner = library.pw_thread_loop_get_loop(loop)
        context = _need(library.pw_context_new(inner, None, 0), "context")
        stack.callback(library.pw_context_destroy, context)
        self._loop = loop
        if library.pw_thread_loop_start(loop) < 0:
            raise FrameError("PipeWire's thread does not start.")
        stack.callback(library.pw_thread_loop_stop, loop)
        with self._hold_lock():
            # A copy: libpipewire closes it, also if it fails.
            own = os.dup(descriptor)
            core = _need(library.pw_context_connect_fd(context, own, None, 0), "connection")
            stack.callback(self._call_with_lock, library.pw_core_disconnect, core)
            properties = library.pw_properties_new_string(_PROPERTIES)
            stream = _need(library.pw_stream_new(core, _NAME, properties), "stream")
            self._stream = stream
            stack.callback(self._call_with_lock, library.pw_stream_destroy, stream)
            self._listen(stream)
            self._start_stream(stream, node)

    def _listen(self, stream: int) -> None:
        # These are kept: libpipewire has no references that Python knows of.
        self._hook = pipewire.make_hook()
        self._events = pipewire.StreamEvents(
            version=0,
            state_changed=pipewire.STATE_CHANGED(self._change_state),
            param_changed=pipewire.PARAM_CHANGED(self._change_param),
            remove_buffer=pipewire.BUFFER(self._remove_buffer),
            process=pipewire.PROCESS(self._process),
        )
        self._library.pw_stream_add_listener(stream, self._hook, ctypes.byref(self._events), None)

    def _start_stream(self, stream: int, node: int) -> None:
        flags = pipewire.AUTOCONNECT | pipewire.MAP_BUFFERS | pipewire.DO_NOT_RECONNECT
        formats = _make_params(pods.write_formats())
        result = self._library.pw_stream_connect(
            stream, pipewire.INPUT, node, flags, formats.pointers, 1
        )
        if result < 0:
            raise FrameError(f"PipeWire refuses the stream: {os.strerror(-result)}.")

    def _change_state(self, _data: Any, _old: int, state: int, error: bytes | None) -> None:
        if state in (pipewire.ERROR, pipewire.UNCONNECTED):
            self._error = (error or b"it is not connected").decode("utf-8", "replace")

    def _change_param(self, _data: Any, id: int, pod: int | None) -> None:
        if id != pods.FORMAT or not pod:
            return
        try:
            length = pods.read_length(ctypes.string_at(pod, 8))
            self._format = pods.read_format(ctypes.string_at(pod, length))
        except pods.PodError as error:
            self._error = str(error).rstrip(".")
            return
        params = _make_params(pods.write_buffers(), pods.write_cursor_meta(SIZES))
        self._library.pw_stream_update_params(self._stream, params.pointers, 2)

    def _remove_buffer(self, _data: Any, buffer: int) -> None:
        if buffer == self._buffer:
            self._buffer = None

    def _process(self, _data: Any) -> None:
        """Take all that is new; keep the last buffer with a picture, and give back the others."""
        while buffer := self._library.pw_stream_dequeue_buffer(self._stream):
            content = ctypes.cast(buffer, ctypes.POINTER(pipewire.PwBuffer))[0].buffer[0]
            self._read_pointer(content)
            # A move of the pointer alone comes without a picture.
            if _has_picture(content):
                buffer, self._buffer = self._buffer, buffer
            if buffer is not None:
                self._library.pw_stream_queue_buffer(self._stream, buffer)
        self._changed.set()

    def _read_pointer(self, content: pipewire.SpaBuffer) -> None:
        for meta in content.metas[: content.n_metas]:
            if meta.type == pods.CURSOR and meta.data:
                data = ctypes.string_at(meta.data, min(meta.size, SIZES[-1]))
                self._pointer = read_cursor_meta(data)
                if self._pointer is not None and self._pointer.pixels:
                    self._image = self._pointer

    def _read_pixels(self, format: pods.PictureFormat) -> tuple[Any, int]:
        """Return the memory with the last picture, and the bytes of a line."""
        buffer = ctypes.cast(self._buffer or 0, ctypes.POINTER(pipewire.PwBuffer))[0].buffer[0]
        data = buffer.datas[0]
        chunk = data.chunk[0]
        stride = chunk.stride or format.size.width * 4
        length, start = stride * format.size.height, chunk.offset
        fits = format.size.width * 4 <= stride and start + length <= data.maxsize <= _MOST_BYTES
        if not fits:
            raise FrameError(f"The desktop gave {data.maxsize} bytes for {format.size} pixels.")
        return (ctypes.c_char * length).from_address(data.data + start), stride

    @contextmanager
    def _hold_lock(self) -> Iterator[None]:
        self._library.pw_thread_loop_lock(self._loop)
        try:
            yield
        finally:
            self._library.pw_thread_loop_unlock(self._loop)

    def _call_with_lock(self, function: Any, argument: int) -> None:
        with self._hold_lock():
            function(argument)


class _Params:
    """Parameters of a stream, and the memory that they are in."""

    def __init__(self, written: tuple[bytes, ...]) -> None:
        self._memory = [ctypes.create_string_buffer(pod, len(pod)) for pod in written]
        addresses = [ctypes.addressof(each) for each in self._memory]
        self.pointers = (ctypes.c_void_p * len(addresses))(*addresses)


def _make_params(*written: bytes) -> _Params:
    return _Params(written)


def _has_picture(content: pipewire.SpaBuffer) -> bool:
    if content.n_datas < 1:
        return False
    data = content.datas[0]
    is_corrupted = 1
    chunk = data.chunk[0]
    return bool(data.data) and chunk.size > 0 and not chunk.flags & is_corrupted


def _need(pointer: int | None, what: str) -> int:
    if not pointer:
        raise FrameError(f"PipeWire gives no {what}.")
    return pointer


def _close_quietly(descriptor: int) -> None:
    with suppress(OSError):
        os.close(descriptor)
