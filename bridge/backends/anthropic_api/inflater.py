"""Decode a compressed body as it arrives, though compression is never requested."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from bridge.backends.anthropic_api.odd_answers import INFLATED, list_encodings
from bridge.errors import UpstreamEncoded

MOST_BYTES = 4 << 20
"""Decoded length of a piece: 256 KB could become 256 MB, and stop the loop for seconds."""
_GZIP_OR_ZLIB, _BARE = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS


class Inflater:
    """A decoder of gzip and deflate, for pieces that are split anywhere."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._has_begun = False

    def feed(self, piece: bytes) -> bytes:
        """Return what a piece decodes to.

        Raises UpstreamEncoded for damaged data, and for a piece of more than MOST_BYTES.
        """
        try:
            decoded = self._decode(piece)
        except zlib.error as error:
            raise UpstreamEncoded(
                f"The compression of Claude's answer is damaged ({error}). {UpstreamEncoded.hint}"
            ) from error
        if self._decoder.unconsumed_tail:
            raise UpstreamEncoded(
                f"Claude's answer is compressed more than answers can be. {UpstreamEncoded.hint}"
            )
        return decoded

    def _decode(self, piece: bytes) -> bytes:
        is_first, self._has_begun = not self._has_begun, True
        try:
            return self._decoder.decompress(piece, MOST_BYTES)
        except zlib.error:
            if not is_first:
                raise
            # Some servers send `deflate` without the header that the standard requires.
            self._decoder = zlib.decompressobj(_BARE)
            return self._decoder.decompress(piece, MOST_BYTES)


def choose_inflater(headers: Mapping[str, str]) -> Inflater | None:
    """Return a decoder for a body with these headers; None if it stays as it is."""
    encodings = list_encodings(headers)
    return Inflater() if len(encodings) == 1 and encodings[0] in INFLATED else None
