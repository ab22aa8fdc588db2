"""Read one HTTP/1.1 response from bytes as they arrive."""

from typing import Optional

HEAD_LIMIT = 64 * 1024


class BadResponse(Exception):
    """The bytes are not a complete HTTP response; the message is a sentence for the user."""


class ResponseReader:
    """Reader that returns body bytes; `feed` takes bytes cut anywhere, `finish` the end."""

    # States: head (`status` is None), body, complete. The body ends with its last chunk, after
    # `_left` bytes, or, when neither is announced, with the end of input.
    # In a chunked body, `_left` is: None before a size line, the bytes left of a chunk, and 0
    # before the line break after a chunk. `_in_trailer` is set after the last chunk.

    def __init__(self) -> None:
        """Start before the status line."""
        self.status: Optional[int] = None
        self.headers: dict[str, str] = {}
        self.complete = False
        self._raw = b""
        self._left: Optional[int] = None
        self._chunked = False
        self._in_trailer = False

    def feed(self, data: bytes) -> bytes:
        """Return the body bytes that `data` makes available."""
        self._raw += data
        while self.status is None:
            if not self._read_head():
                return b""
        return self._read_chunks() if self._chunked else self._read_plain()

    def finish(self) -> None:
        """Process the end of input; raise BadResponse if the response is incomplete."""
        if self.status is None:
            raise BadResponse("The bridge closed the connection before responding.")
        if not self.complete and (self._chunked or self._left is not None):
            raise BadResponse("The bridge closed the connection during the answer.")
        self.complete = True

    def _read_head(self) -> bool:
        end = self._raw.find(b"\r\n\r\n")
        if end > HEAD_LIMIT or (end < 0 and len(self._raw) > HEAD_LIMIT):
            raise BadResponse("The bridge's response headers are too long.")
        if end < 0:
            return False
        lines = self._raw[:end].decode("latin-1").split("\r\n")
        self._raw = self._raw[end + 4 :]
        status = _parse_status(lines[0])
        # A 1xx response only announces the real one.
        if status >= 200:
            self._take_head(status, lines[1:])
        return True

    def _take_head(self, status: int, lines: list[str]) -> None:
        self.status = status
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self._chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        length = self.headers.get("content-length", "")
        if not self._chunked and length.isascii() and length.isdigit():
            self._left = int(length)

    def _read_plain(self) -> bytes:
        if self._left is None:
            body, self._raw = self._raw, b""
            return body
        body, self._raw = self._raw[: self._left], b""
        self._left -= len(body)
        self.complete = self._left == 0
        return body

    def _read_chunks(self) -> bytes:
        body = b""
        while not self.complete:
            if self._left:
                piece = self._raw[: self._left]
                self._raw = self._raw[len(piece) :]
                self._left -= len(piece)
                body += piece
                if self._left:
                    return body
            if not self._read_chunk_line():
                return body
        return body

    def _read_chunk_line(self) -> bool:
        line, end, rest = self._raw.partition(b"\r\n")
        if not end:
            if len(self._raw) > HEAD_LIMIT:
                raise BadResponse("The bridge's chunked response is malformed.")
            return False
        self._raw = rest
        if self._in_trailer:
            self.complete = not line
        elif self._left == 0:
            self._left = None  # the line break that ends a chunk
        else:
            self._left = _parse_chunk_size(line)
            self._in_trailer = self._left == 0
        return True


def _parse_status(line: str) -> int:
    protocol, _, rest = line.partition(" ")
    code = rest[:3]
    if not protocol.startswith("HTTP/1.") or not (code.isascii() and code.isdigit()):
        raise BadResponse("The server at the bridge's address does not speak HTTP.")
    return int(code)


def _parse_chunk_size(line: bytes) -> int:
    digits = line.split(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF") or len(digits) > 8:
        raise BadResponse("The bridge's chunked response is malformed.")
    return int(digits, 16)
