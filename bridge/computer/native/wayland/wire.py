"""Write and read messages of Wayland; the one check of what a compositor sends."""

# A message is the id of an object, a word with its length and the number of a request or an event,
# and arguments. Nothing in it names their types: these are the letters of a signature here.
#
#     i u   a signed and an unsigned number      o n   an object, and a new one
#     f     a number with 8 binary places        s     a text, which ends with a zero
#     h     a file descriptor, sent beside it    a     an array of bytes
#
# https://wayland.freedesktop.org/docs/html/ch04.html#sect-Protocol-Wire-Format

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_HEAD = struct.Struct("=II")
_WORD = struct.Struct("=I")
_NUMBER = struct.Struct("=i")
_STEPS = 256
"""Of a number with binary places."""

Argument = int | float | str | bytes
"""What an event or a request carries; a file descriptor is not in it."""


class WaylandError(OSError):
    """The compositor has ended the connection, or sends what the protocol does not allow."""


class Request(NamedTuple):
    """A request of an interface: its number and the types of its arguments."""

    opcode: int
    signature: str = ""


class Message(NamedTuple):
    """An event as it comes: the arguments are read once its interface is known."""

    object: int
    opcode: int
    body: bytes


def write_request(object: int, request: Request, *arguments: Argument) -> bytes:
    """Write a request to an object; file descriptors are sent beside it."""
    kinds = request.signature.replace("h", "")
    pairs = zip(kinds, arguments, strict=True)
    body = b"".join(_write_argument(kind, argument) for kind, argument in pairs)
    return _HEAD.pack(object, (_HEAD.size + len(body)) << 16 | request.opcode) + body


def read_arguments(body: bytes, signature: str) -> tuple[Argument, ...]:
    """Read the arguments of an event. Raises WaylandError for others than these."""
    arguments: list[Argument] = []
    at = 0
    for kind in signature.replace("h", ""):
        argument, at = _read_argument(kind, body, at)
        arguments.append(argument)
    if at != len(body):
        raise WaylandError("The compositor sent an event with more than it has.")
    return tuple(arguments)


class Stream:
    """Cuts what comes into messages, however it was split."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are whole now. Raises WaylandError for an impossible length."""
        self._rest += data
        while len(self._rest) >= _HEAD.size:
            object, word = _HEAD.unpack_from(self._rest)
            length = word >> 16
            if length < _HEAD.size or length % _WORD.size:
                raise WaylandError(f"The compositor sent a message of {length} bytes.")
            if len(self._rest) < length:
                return
            body, self._rest = self._rest[_HEAD.size : length], self._rest[length:]
            yield Message(object, word & 0xFFFF, body)


def _write_argument(kind: str, argument: Argument) -> bytes:
    if isinstance(argument, str | bytes):
        data = argument.encode() + b"\0" if isinstance(argument, str) else argument
        return _WORD.pack(len(data)) + data + bytes(-len(data) % _WORD.size)
    if kind == "f":
        return _NUMBER.pack(round(argument * _STEPS))
    return (_NUMBER if kind == "i" else _WORD).pack(int(argument))


def _read_argument(kind: str, body: bytes, at: int) -> tuple[Argument, int]:
    """Read one argument, and where the next one begins."""
    if at + _WORD.size > len(body):
        raise WaylandError("The compositor sent an event that is too short.")
    after = at + _WORD.size
    if kind in "if":
        (number,) = _NUMBER.unpack_from(body, at)
        return (number / _STEPS if kind == "f" else number), after
    (word,) = _WORD.unpack_from(body, at)
    if kind not in "sa":
        return word, after
    data, end = body[after : after + word], after + word + -word % _WORD.size
    if end > len(body):
        raise WaylandError("The compositor sent an event that is too short.")
    # Programs choose titles: a wrong character must not end the connection.
    return (data if kind == "a" else data.rstrip(b"\0").decode("utf-8", "replace")), end
