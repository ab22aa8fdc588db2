"""Checks of images, by their bytes and headers."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

from PIL import Image, UnidentifiedImageError

from tests.fake_anthropic.rejection import need_dict, need_one_of, need_only, need_str, refuse
from tests.fake_anthropic.rules import ImageTier

KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
HIGHEST_EDGE = 8000
MANY = 20
EDGE_OF_MANY = 2000
_FIELDS = {
    "base64": frozenset({"type", "media_type", "data"}),
    "url": frozenset({"type", "url"}),
    "file": frozenset({"type", "file_id"}),
}
Size = tuple[int, int]


def check_image(block: dict[str, Any], where: str) -> Size | None:
    """Return the image's size, or None if it is given by URL or id."""
    source = need_dict(block.get("source"), f"{where}.source")
    kind = need_one_of(source.get("type"), tuple(_FIELDS), f"{where}.source.type")
    where = f"{where}.source.{kind}"
    need_only(source, _FIELDS[kind], where)
    if kind == "base64":
        return _check_base64(source, where)
    if kind == "url":
        url = need_str(source.get("url"), f"{where}.url")
        if not url.startswith(("http://", "https://")):
            raise refuse(f"{where}.url: Only HTTP(S) URLs are supported")
    else:
        need_str(source.get("file_id"), f"{where}.file_id")
    return None


def _check_base64(source: dict[str, Any], where: str) -> Size:
    media_type = need_one_of(source.get("media_type"), tuple(KINDS.values()), f"{where}.media_type")
    kind, size = _look(_decode(source.get("data"), where), where)
    if kind != media_type:
        raise refuse(
            f"{where}: The image was specified using the {media_type} media type, but the image "
            f"appears to be a {kind} image"
        )
    if max(size) > HIGHEST_EDGE:
        raise too_large(
            [where],
            f"{where}: At least one of the image dimensions exceed max allowed size: "
            f"{HIGHEST_EDGE} pixels",
            HIGHEST_EDGE,
        )
    return size


def _decode(data: Any, where: str) -> bytes:
    text = need_str(data, f"{where}.data")
    if not text:
        raise refuse(f"{where}.data: image cannot be empty")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise refuse(f"{where}.data: Invalid base64 data") from error


def _look(data: bytes, where: str) -> tuple[str, Size]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind, size = KINDS.get(image.format or ""), image.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise refuse("Could not process image") from error
    if kind is None:
        raise refuse(f"{where}: Could not process image")
    return kind, size


def too_large(paths: list[str], message: str, edge: int) -> Exception:
    """Build the 400 with the error code that the SDK recognizes."""
    details = {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": edge,
        "paths": paths,
    }
    return refuse(message, details)


def check_tier(where: str, size: Size, tier: ImageTier) -> None:
    """Check an image that must not be scaled down."""
    width, height = size
    if max(size) <= tier.edge and width * height <= tier.megapixels * 1_000_000:
        return
    raise too_large(
        [where],
        f"{where}: image dimensions {width}x{height} exceed this model's maximum of "
        f"{tier.edge} pixels on the long edge and {tier.megapixels} megapixels",
        tier.edge,
    )


def check_many(sizes: list[tuple[str, Size]], count: int) -> None:
    """Check that no image is large in a request with over 20 of them."""
    if count <= MANY:
        return
    paths = [where for where, size in sizes if max(size) > EDGE_OF_MANY]
    if paths:
        raise too_large(
            paths,
            f"{paths[0]}: At least one of the image dimensions exceed max allowed size for "
            f"many-image requests: {EDGE_OF_MANY} pixels",
            EDGE_OF_MANY,
        )
