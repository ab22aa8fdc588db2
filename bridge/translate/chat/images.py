"""Scale images down to the size that the model accepts, with a notice."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

import pybase64

from bridge.errors import InvalidRequest
from bridge.errors.abandoned import raise_if_abandoned
from bridge.models.rules import ImageSize
from bridge.translate.chat.image_scaling import scale_image
from bridge.translate.notices import Notices
from bridge.wire.messages import Block

if TYPE_CHECKING:
    from PIL.Image import Image

MANY_IMAGES = 20
MAX_EDGE_OF_MANY = 2000
"""Pixels: the longest side allowed in a request with more than MANY_IMAGES images."""

LOW_DETAIL = ImageSize(512, 512 * 512)
"""OpenAI also scales an image with `detail: low` to 512 pixels."""

MAX_PIXELS = 80_000_000
"""Larger images are not decoded: this many pixels need 300 MB of memory."""

_HEAD = 64 * 1024
"""Base64 characters at the start, which contain the size of most images."""
_CACHED_IMAGES = 16
_UNREADABLE = "The image cannot be read. Check that it is complete."


def limit_for_count(count: int, largest: ImageSize) -> ImageSize:
    """Return the size limit of each image in a request with `count` of them."""
    if count <= MANY_IMAGES:
        return largest
    return ImageSize(min(largest.edge, MAX_EDGE_OF_MANY), largest.pixels)


def fit_image(block: Block, largest: ImageSize, param: str, notices: Notices) -> Block:
    """Scale an image block down to `largest`; smaller images and URLs stay as they are.

    `largest` is the same for both directions, so it also holds when the image is turned upright.

    `param` names the field in errors. Raises InvalidRequest if the image cannot be read.
    """
    raise_if_abandoned()
    if block["source"]["type"] != "base64":
        return block
    width, height = read_size(block["source"]["data"], param)
    size = fit_size(width, height, largest)
    if size == (width, height):
        return block
    check_pixels((width, height), param)
    media_type, data = encode_image(block["source"]["data"], size, param)
    notices.add(f"image: scaled from {width}x{height} to {size[0]}x{size[1]} pixels")
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def check_screenshot_size(block: Block, largest: ImageSize, param: str) -> None:
    """Raise InvalidRequest if a screenshot is larger than the model accepts.

    Scaling it would shift the coordinates of Claude's clicks, which are pixels of the image.
    """
    if block["source"]["type"] != "base64":
        return
    width, height = read_size(block["source"]["data"], param)
    wide, high = fit_size(width, height, largest)
    if (wide, high) != (width, height):
        raise InvalidRequest(
            f"A screenshot of {width}x{height} pixels is too large for this model. Scale it to "
            f"{wide}x{high} or smaller, and use coordinates in those pixels.",
            param=param,
        )


def fit_size(width: int, height: int, largest: ImageSize) -> tuple[int, int]:
    """Return the largest size in whole pixels with the same shape that is within both limits."""
    factor = min(1.0, largest.edge / max(width, height), (largest.pixels / (width * height)) ** 0.5)
    if factor == 1.0:
        return width, height
    return max(1, int(width * factor)), max(1, int(height * factor))


def read_size(data: str, param: str) -> tuple[int, int]:
    """Return width and height of an image in base64. Raises InvalidRequest naming the field."""
    try:
        return _open_image(pybase64.b64decode(data[:_HEAD]), param).size
    except InvalidRequest:
        # The size comes later if the file starts with a large preview or colour profile.
        return _open_image(pybase64.b64decode(data), param).size


def _open_image(content: bytes, param: str) -> Image:
    """Open an image; Pillow reads only its header here."""
    from PIL import Image, UnidentifiedImageError

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        return Image.open(io.BytesIO(content))
    except bombs as error:
        raise InvalidRequest("The image is too large to decode.", param=param) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InvalidRequest(_UNREADABLE, param=param) from error


def check_pixels(size: tuple[int, int], param: str) -> None:
    """Raise InvalidRequest for an image that would take too much memory to decode."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise InvalidRequest(
            f"The image has {width}x{height} pixels; the limit is {MAX_PIXELS // 1_000_000} "
            "megapixels.",
            param=param,
        )


@functools.lru_cache(maxsize=_CACHED_IMAGES)
def encode_image(
    data: str, size: tuple[int, int], param: str, most_bytes: int | None = None
) -> tuple[str, str]:
    """Scale an image and turn it upright; returns its media type and base64 data.

    It is never longer than the original, and not longer than `most_bytes` if that is possible.

    Cached, because clients send the same image again with every request of a conversation.
    """
    content = pybase64.b64decode(data)
    with _open_image(content, param) as image:
        try:
            most = len(content) if most_bytes is None else min(len(content), most_bytes)
            media_type, scaled = scale_image(image, size, most)
        except (OSError, ValueError, SyntaxError) as error:
            raise InvalidRequest(_UNREADABLE, param=param) from error
    return media_type, pybase64.b64encode(scaled).decode()
