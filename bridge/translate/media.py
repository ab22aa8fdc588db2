"""Images from data URLs and addresses to Anthropic's image blocks."""

from __future__ import annotations

import base64
import binascii
import re

from bridge.errors import InvalidRequest
from bridge.wire.messages import Block

_DATA_URL = re.compile(r"data:(?P<label>[^,]*),(?P<data>.*)", re.DOTALL | re.IGNORECASE)
_WHITE = re.compile(r"\s+")


def image_block(url: str, param: str) -> Block:
    """The image block of an `image_url`; `param` names the field in errors.

    A data URL's label is not believed: the kind is read from the bytes, because clients mislabel
    and upstream goes by the bytes.
    """
    if url.startswith(("https://", "http://")):
        return {"type": "image", "source": {"type": "url", "url": url}}
    match = _DATA_URL.fullmatch(url)
    if match is None or not match["label"].lower().endswith("base64"):
        raise InvalidRequest(
            "An image must be a base64 data URL (data:image/png;base64,…) or an http(s) address.",
            param=param,
        )
    data = _WHITE.sub("", match["data"])
    source = {"type": "base64", "media_type": _kind(_head(data, param), param), "data": data}
    return {"type": "image", "source": source}


def _head(data: str, param: str) -> bytes:
    try:
        base64.b64decode(data, validate=True)
        return base64.b64decode(data[:64])
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(f"The image is not valid base64: {error}.", param=param) from error


def _kind(head: bytes, param: str) -> str:
    kind = sniff(head)
    if kind in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        return kind
    raise InvalidRequest(
        f"Claude takes PNG, JPEG, GIF and WebP images; this is {kind or 'of an unknown kind'}.",
        param=param,
    )


def sniff(head: bytes) -> str | None:
    """The media type that the first bytes tell, or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "image/heic or image/avif"
    signatures = {
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"\xff\xd8\xff": "image/jpeg",
        b"GIF8": "image/gif",
        b"BM": "image/bmp",
        b"II*\0": "image/tiff",
        b"MM\0*": "image/tiff",
        b"%PDF": "application/pdf",
        b"<svg": "image/svg+xml",
        b"<?xml": "image/svg+xml",
    }
    return next((kind for magic, kind in signatures.items() if head.startswith(magic)), None)
