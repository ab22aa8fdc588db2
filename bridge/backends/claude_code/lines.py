"""Splits the output of a process into lines, as it is read."""

from __future__ import annotations

from bridge.errors import StreamBroken


class LineSplitter:
    """Feed it bytes in any split; it returns the lines that each piece completes."""

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` is the longest line that is accepted, without its end."""
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        """Of the line that has no end yet: joined once, since an image may be a hundred pieces."""
        self._size = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """Raises StreamBroken when a line is longer than `max_bytes`."""
        first, *others = piece.split(b"\n")
        self._size += len(first)
        self._pieces.append(first)
        if self._size > self._max_bytes:
            raise StreamBroken("Claude Code wrote a line that is too long.")
        if not others:
            return []
        *complete, rest = others
        lines = [b"".join(self._pieces), *complete]
        self._pieces, self._size = [rest], len(rest)
        return lines

    def finish(self) -> list[bytes]:
        """The end of input: return the last line if it has no line end."""
        rest, self._pieces, self._size = b"".join(self._pieces), [], 0
        return [rest] if rest else []
