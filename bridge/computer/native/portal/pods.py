"""PipeWire's binary format: what a stream of pictures may be, and what it is; pure."""

# A pod is a size, a type, and a body that is padded to 8 bytes. An object has properties, each a
# key, flags and a pod. A choice says what a value may be: a default, and the others after it.
# https://docs.pipewire.org/page_spa_pod.html

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.computer.screen.geometry import Size

LONGEST_SIDE = 32_767
"""Pixels of a side; the X protocol has the same limit."""
FORMATS: Mapping[int, str] = {7: "RGBX", 8: "BGRX", 11: "RGBX", 12: "BGRX"}
"""What can be read of `spa_video_format`, and how a pixel lies: RGBx, BGRx, RGBA, BGRA."""
ENUM_FORMAT, FORMAT, BUFFERS, META = 3, 4, 5, 6
"""The parameters of a stream: the formats to choose from, the chosen one, memory, and what else."""
CURSOR = 5
"""The kind of metadata that has the pointer."""
_ID, _INT, _RECTANGLE, _FRACTION, _OBJECT, _CHOICE = 3, 4, 10, 11, 15, 19
_FORMAT_OBJECT, _BUFFERS_OBJECT, _META_OBJECT = 0x40003, 0x40004, 0x40005
_MEDIA_TYPE, _MEDIA_SUBTYPE = 1, 2
_VIDEO_FORMAT, _VIDEO_SIZE, _RATE, _MOST_RATE = 0x20001, 0x20003, 0x20004, 0x20005
_VIDEO, _RAW = 2, 1
_RANGE, _ENUM, _FLAGS = 1, 3, 4
_DATA_TYPE, _META_TYPE, _META_SIZE = 6, 1, 2
_IN_MEMORY = 1 << 1 | 1 << 2
"""Memory that a program can read, and none that only the graphics card can."""
_MOST_PER_SECOND = 30
_HEADER = struct.Struct("=II")


class PodError(ValueError):
    """What another program sent is no pod of the expected kind."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """How the pictures of a stream lie in memory."""

    order: str
    """As Pillow names it."""
    size: Size


def write_formats() -> bytes:
    """Write the formats that can be read: pixels in memory, of any size."""
    formats = b"".join(struct.pack("=I", each) for each in (8, *FORMATS))
    sizes = struct.pack("=6I", 1920, 1080, 1, 1, LONGEST_SIDE, LONGEST_SIDE)
    rates = struct.pack("=6I", _MOST_PER_SECOND, 1, 0, 1, 1000, 1)
    properties = {
        _MEDIA_TYPE: _write_pod(_ID, struct.pack("=I", _VIDEO)),
        _MEDIA_SUBTYPE: _write_pod(_ID, struct.pack("=I", _RAW)),
        _VIDEO_FORMAT: _write_choice(_ENUM, _ID, 4, formats),
        _VIDEO_SIZE: _write_choice(_RANGE, _RECTANGLE, 8, sizes),
        # None of its own: a picture comes when something has changed.
        _RATE: _write_pod(_FRACTION, struct.pack("=II", 0, 1)),
        _MOST_RATE: _write_choice(_RANGE, _FRACTION, 8, rates),
    }
    return _write_object(_FORMAT_OBJECT, ENUM_FORMAT, properties)


def write_buffers() -> bytes:
    """Write which memory is wanted for a stream."""
    kinds = _write_choice(_FLAGS, _INT, 4, struct.pack("=i", _IN_MEMORY))
    return _write_object(_BUFFERS_OBJECT, BUFFERS, {_DATA_TYPE: kinds})


def write_cursor_meta(sizes: Sequence[int]) -> bytes:
    """Write that the pointer is wanted; `sizes`: bytes for it, and the least and the most."""
    size = _write_choice(_RANGE, _INT, 4, struct.pack("=3i", *sizes))
    kind = _write_pod(_ID, struct.pack("=I", CURSOR))
    return _write_object(_META_OBJECT, META, {_META_TYPE: kind, _META_SIZE: size})


def read_format(pod: bytes) -> PictureFormat:
    """Read the format that was chosen. Raises PodError."""
    values = dict(_read_object(pod))
    format, size = values.get(_VIDEO_FORMAT, b""), values.get(_VIDEO_SIZE, b"")
    try:
        (number,), (width, height) = struct.unpack("=I", format), struct.unpack("=II", size)
    except struct.error as error:
        raise PodError("The stream has no size or no format.") from error
    if number not in FORMATS or not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
        raise PodError(f"The stream has pixels of format {number} and {width}x{height} of them.")
    return PictureFormat(FORMATS[number], Size(width, height))


def read_length(header: bytes) -> int:
    """Return how long a pod is; `header`: its first 8 bytes. Raises PodError."""
    try:
        size, _ = _HEADER.unpack(header)
    except struct.error as error:
        raise PodError("The pod has no header.") from error
    if size > LONGEST_SIDE:
        raise PodError(f"The pod has {size} bytes.")
    return int(size) + _HEADER.size


def _read_object(pod: bytes) -> Iterator[tuple[int, bytes]]:
    """Read the properties of an object: keys and bodies, of a choice that of its default."""
    length = read_length(pod[:8])
    kind = struct.unpack_from("=I", pod, 4)[0] if len(pod) >= length else None
    if kind != _OBJECT:
        raise PodError("The pod is no object.")
    at = 16
    while at + 16 <= length:
        key, _flags, size, kind = struct.unpack_from("=IIII", pod, at)
        body = pod[at + 16 : at + 16 + size]
        if len(body) != size or at + 16 + size > length:
            raise PodError("The pod ends too early.")
        if kind == _CHOICE and size >= 16:
            width = struct.unpack_from("=I", body, 8)[0]
            yield key, body[16 : 16 + width]
        else:
            yield key, body
        at += 16 + _pad(size)


def _write_object(kind: int, id: int, properties: Mapping[int, bytes]) -> bytes:
    body = struct.pack("=II", kind, id)
    for key, pod in properties.items():
        body += struct.pack("=II", key, 0) + pod
    return _write_pod(_OBJECT, body)


def _write_choice(choice: int, kind: int, size: int, values: bytes) -> bytes:
    return _write_pod(_CHOICE, struct.pack("=IIII", choice, 0, size, kind) + values)


def _write_pod(kind: int, body: bytes) -> bytes:
    return _HEADER.pack(len(body), kind) + body.ljust(_pad(len(body)), b"\0")


def _pad(size: int) -> int:
    return (size + 7) // 8 * 8
