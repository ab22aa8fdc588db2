"""Images as large as the model takes them: larger ones are scaled down, with a notice."""

from __future__ import annotations

import base64
import functools
import io
from typing import TYPE_CHECKING

from bridge.errors import InvalidRequest
from bridge.models.rules import ImageSize
from bridge.translate.notices import Notices
from bridge.wire.messages import Block

if TYPE_CHECKING:
    from PIL.Image import Image

MANY_IMAGES = 20
MAX_EDGE_OF_MANY = 2000
"""With more images than MANY in a request, none may have a side longer than this."""

LOW_DETAIL = ImageSize(512, 512 * 512)
"""`detail: low` is a small version of the image at OpenAI too."""

MAX_PIXELS = 80_000_000
"""A larger image is not unpacked: 300 MB of memory."""

_HEAD = 64 * 1024
"""Base64 characters in which most images say their size."""
_REMEMBERED = 16
_UNREADABLE = "The image cannot be read; is it complete?"


def limit_for_count(count: int, largest: ImageSize) -> ImageSize:
    """The largest size for each of `count` images."""
    if count <= MANY_IMAGES:
        return largest
    return ImageSize(min(largest.edge, MAX_EDGE_OF_MANY), largest.pixels)


def fit_image(block: Block, largest: ImageSize, param: str, notices: Notices) -> Block:
    """The image block, scaled down where it is larger; `param` names the field in errors."""
    if block["source"]["type"] != "base64":
        return block
    width, height = _read_size(block["source"]["data"], param)
    wanted = fit_size(width, height, largest)
    if wanted == (width, height):
        return block
    if width * height > MAX_PIXELS:
        raise InvalidRequest(
            f"The image has {width}x{height} pixels; send it smaller than "
            f"{MAX_PIXELS // 1_000_000} megapixels.",
            param=param,
        )
    media_type, data = _scale_image(block["source"]["data"], wanted, param)
    notices.add(f"image: scaled from {width}x{height} to {wanted[0]}x{wanted[1]} pixels")
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def check_screenshot_size(block: Block, largest: ImageSize, param: str) -> Block:
    """The image block as it is. Raises InvalidRequest where the model takes none so large."""
    if block["source"]["type"] == "base64":
        width, height = _read_size(block["source"]["data"], param)
        wide, high = fit_size(width, height, largest)
        if (wide, high) != (width, height):
            raise InvalidRequest(
                f"A screenshot of {width}x{height} pixels is too large for this model; send it as "
                f"{wide}x{high} at most, and count its clicks in those pixels.",
                param=param,
            )
    return block


def fit_size(width: int, height: int, largest: ImageSize) -> tuple[int, int]:
    """The largest size of the same shape, in whole pixels, that keeps both limits."""
    factor = min(1.0, largest.edge / max(width, height), (largest.pixels / (width * height)) ** 0.5)
    if factor == 1.0:
        return width, height
    return max(1, int(width * factor)), max(1, int(height * factor))


def _read_size(data: str, param: str) -> tuple[int, int]:
    try:
        return _open_image(base64.b64decode(data[:_HEAD]), param).size
    except InvalidRequest:
        # The size stands further behind, after a large preview or colour profile.
        return _open_image(base64.b64decode(data), param).size


def _open_image(content: bytes, param: str) -> Image:
    """Reads the header only."""
    from PIL import Image, UnidentifiedImageError

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        return Image.open(io.BytesIO(content))
    except bombs as error:
        raise InvalidRequest("The image is far too large to unpack.", param=param) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InvalidRequest(_UNREADABLE, param=param) from error


@functools.lru_cache(maxsize=_REMEMBERED)
def _scale_image(data: str, size: tuple[int, int], param: str) -> tuple[str, str]:
    """The media type and base64 of the smaller image; the same image comes with every request."""
    from PIL import Image

    with _open_image(base64.b64decode(data), param) as image:
        kind = "JPEG" if image.format == "JPEG" else "PNG"
        try:
            image.draft("RGB", size)
            with_alpha = kind == "PNG" and image.has_transparency_data
            plain = image.convert("RGBA" if with_alpha else "RGB")
            small = plain.resize(size, Image.Resampling.LANCZOS)
        except (OSError, ValueError, SyntaxError) as error:
            raise InvalidRequest(_UNREADABLE, param=param) from error
    written = io.BytesIO()
    small.save(written, kind, quality=90)
    return f"image/{kind.lower()}", base64.b64encode(written.getvalue()).decode()
