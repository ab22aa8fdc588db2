"""Convert images and files, from data URLs and addresses, to Anthropic's blocks."""

from __future__ import annotations

import re

import pybase64

from bridge.errors import InvalidRequest
from bridge.wire.chat import FileData
from bridge.wire.messages import Block

_DATA_URL = re.compile(r"data:(?P<label>[^,]*),(?P<data>.*)", re.DOTALL | re.IGNORECASE)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HEAD = 32
"""Bytes at the start that tell the media type."""


def build_image_block(url: str, param: str) -> Block:
    """Build the image block of an `image_url`; `param` names the field in errors.

    The media type is detected from the bytes: clients mislabel data URLs, and the API checks the
    type against the bytes.
    """
    if _ADDRESS.match(url):
        return {"type": "image", "source": _build_url_source(url, param)}
    match = _DATA_URL.fullmatch(url)
    if match is None or not match["label"].lower().endswith("base64"):
        raise InvalidRequest(
            "An image must be a base64 data URL (data:image/png;base64,…) or an https URL.",
            param=param,
        )
    data, content = _decode_base64(match["data"], param)
    source = {
        "type": "base64",
        "media_type": _detect_image_type(content[:_HEAD], param),
        "data": data,
    }
    return {"type": "image", "source": source}


def build_document_block(file: FileData, param: str) -> Block:
    """Build the document block of a `file` part.

    It is a PDF or text as a base64 data URL, or the address of a PDF, whatever field has it.
    """
    block: Block = {"type": "document", "source": _choose_document_source(file, param)}
    return {**block, "title": file.filename} if file.filename else block


def _choose_document_source(file: FileData, param: str) -> Block:
    for name in ("file_url", "file_data", "file_id"):
        value = getattr(file, name)
        if value and _ADDRESS.match(value):
            return _build_url_source(value, f"{param}.{name}")
        if value and (name == "file_data" or _DATA_URL.fullmatch(value)):
            match = _DATA_URL.fullmatch(value)
            data = match["data"] if match else value
            return _build_document_source(data, f"{param}.{name}")
    raise InvalidRequest(
        "File ids are not supported; send file_data as a base64 data URL, or the https address of "
        "a PDF as file_url.",
        param=param,
    )


def _build_url_source(address: str, param: str) -> Block:
    """Build the source for an https address, its scheme in lower case: the API takes no other."""
    scheme, _, rest = address.partition(":")
    if scheme.lower() != "https":
        raise InvalidRequest(
            "Claude's API opens https addresses only; send an https address, or the content as a "
            "base64 data URL.",
            param=param,
        )
    return {"type": "url", "url": f"https:{rest}"}


def _build_document_source(data: str, param: str) -> Block:
    data, content = _decode_base64(data, param)
    if content.startswith(b"%PDF"):
        return {"type": "base64", "media_type": "application/pdf", "data": data}
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        kind = sniff_media_type(content) or "of an unknown kind"
        raise InvalidRequest(
            f"Claude reads PDF and text files; this file is {kind}.", param=param
        ) from error
    if not text.strip():
        raise InvalidRequest("The file is empty.", param=param)
    return {"type": "text", "media_type": "text/plain", "data": text}


def _decode_base64(data: str, param: str) -> tuple[str, bytes]:
    """Return base64 without white space, and what it decodes to. Raises InvalidRequest."""
    try:
        return data, pybase64.b64decode(data, validate=True)
    except ValueError:
        # Looking for white space takes longer than decoding, and most data has none.
        data = "".join(data.split())
    try:
        return data, pybase64.b64decode(data, validate=True)
    except ValueError as error:
        raise InvalidRequest(f"Invalid base64: {error}.", param=param) from error


def _detect_image_type(head: bytes, param: str) -> str:
    kind = sniff_media_type(head)
    if kind in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        return kind
    raise InvalidRequest(
        f"Claude reads PNG, JPEG, GIF and WebP images; this is {kind or 'of an unknown kind'}.",
        param=param,
    )


def sniff_media_type(head: bytes) -> str | None:
    """Detect the media type from the first 32 bytes, or return None."""
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
