"""Memory that is shared with the compositor, for pictures."""

from __future__ import annotations

import mmap
import os

from bridge.computer.native.wayland.connection import Connection
from bridge.computer.native.wayland.pixels import Buffer
from bridge.computer.native.wayland.wire import Request, WaylandError

_CREATE_POOL, _CREATE_BUFFER, _DESTROY_POOL = Request(0, "nhi"), Request(0, "niiiiu"), Request(1)
_DESTROY_BUFFER = Request(0)


class SharedMemory:
    """The memory of one buffer, which the compositor reads or writes."""

    def __init__(self, connection: Connection, shm: int, buffer: Buffer) -> None:
        """`shm`: the number of a `wl_shm`; `buffer` must have been checked.

        Raises WaylandError for one of more than the protocol's 2 GB.
        """
        if buffer.length >= 1 << 31:
            raise WaylandError("The compositor offers a picture of more than 2 GB.")
        self._connection = connection
        self.buffer = buffer
        descriptor = os.memfd_create("claude-bridge", os.MFD_CLOEXEC)
        try:
            os.ftruncate(descriptor, buffer.length)
            self.bytes = mmap.mmap(descriptor, buffer.length)
            pool = connection.make_id()
            connection.send(shm, _CREATE_POOL, pool, buffer.length, descriptors=[descriptor])
        finally:
            os.close(descriptor)
        # A compositor takes new numbers only in their order, so this one is made after the pool's.
        self.object = connection.make_id()
        size = (buffer.width, buffer.height, buffer.stride)
        connection.send(pool, _CREATE_BUFFER, self.object, 0, *size, buffer.format)
        # The memory stays as long as the buffer.
        connection.send(pool, _DESTROY_POOL)

    def destroy(self) -> None:
        self._connection.send(self.object, _DESTROY_BUFFER)
        self.bytes.close()
