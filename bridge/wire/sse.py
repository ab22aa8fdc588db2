"""Encode and decode server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.wire.json_bytes import encode_ascii_json

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"


def encode_data(value: Any) -> bytes:
    """Encode one event, in ASCII, so that no reader splits it at U+2028."""
    return b"data: %b\n\n" % encode_ascii_json(value)


def encode_event(event: Mapping[str, Any]) -> bytes:
    """Encode one event with its type as the event's name, as Anthropic's clients expect."""
    # Not over `encode_data`: a call takes as long as the rest of it.
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode("ascii"), encode_ascii_json(event))


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_EVENT = 64 * 1024 * 1024
"""Bytes of one event, or of one line; a web search's result has some hundred thousand."""


# Input: bytes, split anywhere. Output: the `data` of each event that is complete. State: `_rest`,
# the pieces behind the last line end, `_data`, the data lines of an event that has not ended,
# `_size`, the bytes of both, and `_began`. An event ends with an empty line; one whose data is
# empty is none, as the standard says. Other fields (`event`, `id`, `retry`), comments and a byte
# order mark at the beginning are ignored.


class SseDecoder:
    """A decoder of bytes, split anywhere, to the `data` of each complete event."""

    def __init__(self) -> None:
        # Joined once, since a long line may come in a thousand pieces.
        self._rest: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0
        self._began = False
        """Whether a line was decoded."""

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the data of the events that this piece completes. Lines end with LF or CRLF.

        Raises ValueError when an event is longer than MAX_EVENT.
        """
        # Nearly every piece consists of complete events and needs no state.
        if not self._rest and not self._data and piece.endswith(b"\n\n"):
            return self._split_whole_events(piece)
        return self._split_lines(piece)

    def _split_whole_events(self, piece: bytes) -> list[bytes]:
        """Decode a piece in which every event is a name, one line of data and an empty line.

        Any other piece goes to `_split_lines`.
        """
        events = piece[:-2].split(b"\n\n")
        # With one line end in each event, there is no other line and no comment.
        if piece.count(b"\n") != 3 * len(events) or b"\r" in piece:
            return self._split_lines(piece)
        done: list[bytes] = []
        for event in events:
            name, _, data = event.partition(b"\ndata: ")
            if not data or name[:7] != b"event: ":
                return self._split_lines(piece)
            done.append(data)
        return done

    def _split_lines(self, piece: bytes) -> list[bytes]:
        self._rest.append(piece)
        self._size += len(piece)
        done: list[bytes] = []
        if b"\n" in piece:
            *lines, rest = b"".join(self._rest).split(b"\n")
            self._rest = [rest] if rest else []
            done = self._add_lines(lines)
            self._size = len(rest) + sum(map(len, self._data))
        if self._size > MAX_EVENT:
            raise ValueError("an event is too long")
        return done

    def _add_lines(self, lines: list[bytes]) -> list[bytes]:
        done: list[bytes] = []
        for line in lines:
            line = line.removesuffix(b"\r")
            if not self._began:
                line = line.removeprefix(_BYTE_ORDER_MARK)
                self._began = True
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                if data := b"\n".join(self._data):
                    done.append(data)
                self._data = []
        return done
