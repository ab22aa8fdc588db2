"""Images in recorded JSON: what is shown has a small picture in their place."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SHORTEST = 400
"""Characters of base64 below which a text is shown as it is."""
_SIDE = 160
_MAX_PIXELS = 64_000_000


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An image and its thumbnail, a JPEG in base64; empty if it cannot be read."""

    placeholder: str
    media_type: str
    size: int
    """Bytes of the image itself."""
    thumbnail: str


def replace_images(text: str, value: Any) -> tuple[str, list[ShownImage]]:
    """Replace the images of a JSON text, whose decoded value is given; return them, too.

    Slow: to be called in a thread.
    """
    images: list[ShownImage] = []
    for media_type, data in dict.fromkeys(_find_images(value)):
        placeholder = f"[image {len(images) + 1}]"
        size, thumbnail = _shrink(data)
        images.append(ShownImage(placeholder, media_type, size, thumbnail))
        text = text.replace(data, placeholder)
    return text, images


def _find_images(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the media type and the base64 of each image."""
    match value:
        case {"type": "base64", "media_type": str(media_type), "data": str(data)}:
            if media_type.startswith("image/") and len(data) >= _SHORTEST:
                yield media_type, data
        case dict():
            for item in value.values():
                yield from _find_images(item)
        case list():
            for item in value:
                yield from _find_images(item)
        case str() if value.startswith("data:image/"):
            head, _, data = value.partition(";base64,")
            if len(data) >= _SHORTEST:
                yield head.removeprefix("data:"), data


def _shrink(data: str) -> tuple[int, str]:
    """Return the size of an image and its thumbnail."""
    # Imported on use: it is slow to load.
    from PIL import Image

    try:
        content = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return len(data), ""
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > _MAX_PIXELS:
                return len(content), ""
            image.thumbnail((_SIDE, _SIDE))
            output = io.BytesIO()
            image.convert("RGB").save(output, "JPEG", quality=70)
    # Pillow raises many kinds for damaged images; the exchange is shown all the same.
    except Exception:  # noqa: BLE001 - a picture that cannot be read has no thumbnail
        return len(content), ""
    return len(content), base64.b64encode(output.getvalue()).decode("ascii")
