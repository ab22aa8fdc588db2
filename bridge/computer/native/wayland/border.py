"""Draw a border around every screen, above all windows: `wlr-layer-shell`."""

from __future__ import annotations

from typing import NamedTuple

from bridge.computer.indicator import BORDER_POINTS, COLOR
from bridge.computer.native.wayland.connection import Connection, Event
from bridge.computer.native.wayland.outputs import LONGEST_SIDE, Output, Outputs
from bridge.computer.native.wayland.pixels import Buffer
from bridge.computer.native.wayland.shared_memory import SharedMemory
from bridge.computer.native.wayland.wire import Request, WaylandError

SHELL = "zwlr_layer_shell_v1"
_CREATE_SURFACE, _CREATE_REGION, _DESTROY_REGION = Request(0, "n"), Request(1, "n"), Request(0)
_ATTACH, _SET_INPUT, _COMMIT, _DAMAGE = (
    Request(1, "oii"),
    Request(5, "o"),
    Request(6),
    Request(2, "iiii"),
)
_GET_LAYER_SURFACE, _SET_SIZE, _SET_ANCHOR = Request(0, "noous"), Request(0, "uu"), Request(1, "u")
_SET_ZONE, _ACK = Request(2, "i"), Request(6, "u")
_OVERLAY, _WHOLE_SCREEN = 3, -1
_NAME = "claude-bridge-border"
_XRGB8888 = 1
_TOP, _BOTTOM, _LEFT, _RIGHT = 1, 2, 4, 8


class _Strip(NamedTuple):
    """One side of a screen; 0 is as long as the screen."""

    anchors: int
    width: int
    height: int


_STRIPS = (
    _Strip(_TOP | _LEFT | _RIGHT, 0, BORDER_POINTS),
    _Strip(_BOTTOM | _LEFT | _RIGHT, 0, BORDER_POINTS),
    _Strip(_LEFT | _TOP | _BOTTOM, BORDER_POINTS, 0),
    _Strip(_RIGHT | _TOP | _BOTTOM, BORDER_POINTS, 0),
)


class Border:
    """The border of one connection, with which it goes away."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._compositor = connection.bind_first("wl_compositor", 1)
        self._shm = connection.bind_first("wl_shm", 1)
        self._shell = connection.bind_first(SHELL, 1)
        self._drawn = 0

    def draw(self) -> None:
        """Draw it on every screen, and wait until it is there."""
        outputs = Outputs(self._connection).read()
        for output in outputs:
            for strip in _STRIPS:
                self._draw_strip(output, strip)
        wanted = len(outputs) * len(_STRIPS)
        self._connection.wait_for(lambda: self._drawn >= wanted)
        self._connection.roundtrip()

    def _draw_strip(self, output: Output, strip: _Strip) -> None:
        surface = self._connection.make_id()
        self._connection.send(self._compositor, _CREATE_SURFACE, surface)
        self._let_clicks_through(surface)
        layer = self._connection.make_id()

        def paint(serial: int, width: int, height: int) -> None:
            self._connection.send(layer, _ACK, serial)
            self._paint(surface, width, height)
            self._drawn += 1

        self._connection.listen(layer, {0: Event("uuu", paint)})
        self._connection.send(
            self._shell, _GET_LAYER_SURFACE, layer, surface, output.object, _OVERLAY, _NAME
        )
        self._connection.send(layer, _SET_SIZE, strip.width, strip.height)
        self._connection.send(layer, _SET_ANCHOR, strip.anchors)
        # Also above panels, which keep other windows away from them.
        self._connection.send(layer, _SET_ZONE, _WHOLE_SCREEN)
        self._connection.send(surface, _COMMIT)

    def _let_clicks_through(self, surface: int) -> None:
        empty = self._connection.make_id()
        self._connection.send(self._compositor, _CREATE_REGION, empty)
        self._connection.send(surface, _SET_INPUT, empty)
        self._connection.send(empty, _DESTROY_REGION)

    def _paint(self, surface: int, width: int, height: int) -> None:
        if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
            raise WaylandError(f"The compositor wants a border of {width}x{height} points.")
        memory = SharedMemory(
            self._connection, self._shm, Buffer(_XRGB8888, width, height, 4 * width)
        )
        memory.bytes[:] = COLOR.to_bytes(4, "little") * (width * height)
        self._connection.send(surface, _ATTACH, memory.object, 0, 0)
        self._connection.send(surface, _DAMAGE, 0, 0, width, height)
        self._connection.send(surface, _COMMIT)
