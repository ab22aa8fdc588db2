"""Capture outputs: by `ext-image-copy-capture` where it is offered, else by `wlr-screencopy`."""

# Both work in two steps: the compositor says what it wants to write, and then writes it into memory
# that is shared with it. That memory is kept for the next picture of the same size.

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.computer.native.wayland.connection import Connection, Event
from bridge.computer.native.wayland.outputs import Output
from bridge.computer.native.wayland.pixels import FORMATS, Buffer, read_pixels, turn_upright
from bridge.computer.native.wayland.shared_memory import SharedMemory
from bridge.computer.native.wayland.wire import Request, WaylandError

if TYPE_CHECKING:
    from PIL.Image import Image

EXT, SOURCES = "ext_image_copy_capture_manager_v1", "ext_output_image_capture_source_manager_v1"
WLR = "zwlr_screencopy_manager_v1"
_DESTROY = Request(0)


@dataclass
class _Frame:
    """What the events of one picture have said so far."""

    transform: int
    buffers: list[Buffer] = field(default_factory=list)
    is_announced: bool = False
    is_upside_down: bool = False
    is_ready: bool = False
    is_failed: bool = False

    @property
    def is_over(self) -> bool:
        return self.is_ready or self.is_failed

    def announce(self) -> None:
        self.is_announced = True

    def finish(self, *_time: int) -> None:
        self.is_ready = True

    def fail(self, *_reason: int) -> None:
        self.is_failed = True


class Capture(ABC):
    """Pictures of outputs on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._shm = connection.bind_first("wl_shm", 1)
        self._memory: dict[int, SharedMemory] = {}

    @abstractmethod
    def capture(self, output: Output, *, with_pointer: bool) -> Image:
        """Return an image of an output, upright. Raises WaylandError."""

    def _provide_memory(self, output: Output, buffer: Buffer) -> SharedMemory:
        """Return memory for a picture of an output: that of the last one, if it fits."""
        memory = self._memory.get(output.object)
        if memory is None or memory.buffer != buffer:
            if memory is not None:
                memory.destroy()
            memory = self._memory[output.object] = SharedMemory(self._connection, self._shm, buffer)
        return memory

    def _wait_for_picture(self, frame: _Frame, memory: SharedMemory) -> Image:
        self._connection.wait_for(lambda: frame.is_over)
        if frame.is_failed:
            raise WaylandError("The compositor gave no picture of the screen.")
        upside_down = frame.is_upside_down
        image = read_pixels(memory.bytes, memory.buffer, is_upside_down=upside_down)
        return turn_upright(image, frame.transform)


def open_capture(connection: Connection) -> Capture:
    """Choose the protocol. Raises WaylandError if none is offered."""
    if connection.has(EXT) and connection.has(SOURCES):
        return ExtCapture(connection)
    if connection.has(WLR):
        return WlrCapture(connection)
    raise WaylandError(f"The compositor offers neither {EXT} nor {WLR}.")


def choose_buffer(buffers: list[Buffer]) -> Buffer:
    """Choose a buffer that can be read. Raises WaylandError if there is none."""
    if not buffers:
        raise WaylandError("The compositor does not write pictures into shared memory.")
    known = next((each for each in buffers if each.format in FORMATS), buffers[0])
    known.check()
    return known


class WlrCapture(Capture):
    """https://wayland.app/protocols/wlr-screencopy-unstable-v1"""

    _CAPTURE_OUTPUT, _COPY, _DESTROY_FRAME = Request(0, "nio"), Request(0, "o"), Request(1)
    _VERSION = 3
    _UPSIDE_DOWN = 1

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._manager = connection.bind_first(WLR, self._VERSION)
        self._announces = connection.find(WLR)[0].version >= self._VERSION

    def capture(self, output: Output, *, with_pointer: bool) -> Image:
        frame, object = _Frame(output.transform), self._connection.make_id()

        def add_buffer(format: int, width: int, height: int, stride: int) -> None:
            frame.buffers.append(Buffer(format, width, height, stride))
            # Before version 3 there is one buffer, and nothing after it.
            frame.is_announced = not self._announces

        def set_flags(flags: int) -> None:
            frame.is_upside_down = bool(flags & self._UPSIDE_DOWN)

        events = {
            0: Event("uuuu", add_buffer),
            1: Event("u", set_flags),
            2: Event("uuu", frame.finish),
            3: Event("", frame.fail),
            6: Event("", frame.announce),
        }
        self._connection.listen(object, events)
        self._connection.send(
            self._manager, self._CAPTURE_OUTPUT, object, int(with_pointer), output.object
        )
        try:
            self._connection.wait_for(lambda: frame.is_announced or frame.is_failed)
            if frame.is_failed:
                raise WaylandError("The compositor gave no picture of the screen.")
            memory = self._provide_memory(output, choose_buffer(frame.buffers))
            self._connection.send(object, self._COPY, memory.object)
            return self._wait_for_picture(frame, memory)
        finally:
            self._connection.send(object, self._DESTROY_FRAME)


class ExtCapture(Capture):
    """https://wayland.app/protocols/ext-image-copy-capture-v1"""

    _CREATE_SOURCE, _CREATE_SESSION = Request(0, "no"), Request(0, "nou")
    _CREATE_FRAME, _DESTROY_SESSION = Request(0, "n"), Request(1)
    _ATTACH, _DAMAGE, _CAPTURE = Request(1, "o"), Request(2, "iiii"), Request(3)
    _PAINT_CURSORS = 1

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._manager = connection.bind_first(EXT, 1)
        self._sources = connection.bind_first(SOURCES, 1)

    def capture(self, output: Output, *, with_pointer: bool) -> Image:
        source, session = self._connection.make_id(), self._connection.make_id()
        frame = self._listen_to_session(session, output.transform)
        options = self._PAINT_CURSORS if with_pointer else 0
        self._connection.send(self._sources, self._CREATE_SOURCE, source, output.object)
        self._connection.send(self._manager, self._CREATE_SESSION, session, source, options)
        try:
            self._connection.wait_for(lambda: frame.is_announced or frame.is_failed)
            memory = self._provide_memory(output, choose_buffer(frame.buffers))
            return self._capture_frame(session, frame, memory)
        finally:
            self._connection.send(session, self._DESTROY_SESSION)
            self._connection.send(source, _DESTROY)

    def _listen_to_session(self, session: int, transform: int) -> _Frame:
        """Collect the buffers: the compositor tells one size, and each format that it has."""
        frame, sizes, formats = _Frame(transform), [(0, 0)], list[int]()

        def set_size(width: int, height: int) -> None:
            sizes[0] = (width, height)

        def announce() -> None:
            width, height = sizes[0]
            frame.buffers = [
                Buffer(format, width, height, width * FORMATS[format][1])
                for format in formats
                if format in FORMATS
            ]
            frame.announce()

        events = {
            0: Event("uu", set_size),
            1: Event("u", formats.append),
            4: Event("", announce),
            5: Event("", frame.fail),
        }
        self._connection.listen(session, events)
        return frame

    def _capture_frame(self, session: int, frame: _Frame, memory: SharedMemory) -> Image:
        object = self._connection.make_id()

        def set_transform(transform: int) -> None:
            frame.transform = transform if transform in range(8) else 0

        events = {
            0: Event("u", set_transform),
            3: Event("", frame.finish),
            4: Event("u", frame.fail),
        }
        self._connection.listen(object, events)
        self._connection.send(session, self._CREATE_FRAME, object)
        self._connection.send(object, self._ATTACH, memory.object)
        size = (memory.buffer.width, memory.buffer.height)
        self._connection.send(object, self._DAMAGE, 0, 0, *size)
        self._connection.send(object, self._CAPTURE)
        try:
            return self._wait_for_picture(frame, memory)
        finally:
            self._connection.send(object, _DESTROY)
