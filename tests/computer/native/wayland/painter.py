"""A window of one colour at the edge of a screen, drawn by the bridge's own client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bridge.computer.native.wayland import border
from bridge.computer.native.wayland.connection import Connection, Event
from bridge.computer.native.wayland.outputs import Outputs
from bridge.computer.native.wayland.pixels import Buffer
from bridge.computer.native.wayland.shared_memory import SharedMemory
from bridge.computer.native.wayland.wire import Request

TOP, BOTTOM, LEFT, RIGHT = 1, 2, 4, 8


@contextmanager
def painted(
    environment: Mapping[str, str], color: int, *, screen: int = 0, anchor: int = TOP | LEFT
) -> Iterator[None]:
    """Show 60×40 points of a colour in a corner of a screen; at the end they are gone."""
    with Connection(environment) as connection:
        output = Outputs(connection).read()[screen]
        compositor = connection.bind_first("wl_compositor", 1)
        shm = connection.bind_first("wl_shm", 1)
        shell = connection.bind_first(border.SHELL, 1)
        surface = connection.make_id()
        connection.send(compositor, Request(0, "n"), surface)
        layer = connection.make_id()
        configured: list[int] = []
        connection.listen(layer, {0: Event("uuu", lambda serial, *_: configured.append(serial))})
        connection.send(shell, Request(0, "noous"), layer, surface, output.object, 3, "painter")
        connection.send(layer, Request(0, "uu"), 60, 40)
        connection.send(layer, Request(1, "u"), anchor)
        connection.send(surface, Request(6))
        connection.wait_for(lambda: bool(configured))
        connection.send(layer, Request(6, "u"), configured[0])
        memory = SharedMemory(connection, shm, Buffer(1, 60, 40, 240))
        memory.bytes[:] = color.to_bytes(4, "little") * (60 * 40)
        connection.send(surface, Request(1, "oii"), memory.object, 0, 0)
        connection.send(surface, Request(2, "iiii"), 0, 0, 60, 40)
        connection.send(surface, Request(6))
        connection.roundtrip()
        yield
