"""Scale one image: the right way up, in its colours, and in no more bytes than before."""

from __future__ import annotations

import bisect
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bridge.errors.abandoned import raise_if_abandoned

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION = 0x0112
_QUALITIES = (95, 90, 85, 80, 72, 65, 50, 35)
_BYTE_LIMIT, _WORD_LIMIT = 255, 65535
_COLOURS = 256


def scale_image(image: Image, size: tuple[int, int], most_bytes: int) -> tuple[str, bytes]:
    """Return the media type and the content of an image in `size`, before it is turned upright.

    `most_bytes` is the length of the original. Of all encodings the first that is not longer is
    used, else the shortest. Raises OSError, ValueError or SyntaxError if it cannot be decoded.
    """
    kind = "JPEG" if image.format in ("JPEG", "MPO") else image.format or "PNG"
    turn = image.getexif().get(_ORIENTATION)
    # For JPEG, the decoder itself scales by a power of two, which is much faster.
    image.draft(None, size)
    raise_if_abandoned()
    small = _resize(image, size)
    raise_if_abandoned()
    return _encode(_turn_upright(small, turn), kind, most_bytes)


def _resize(image: Image, size: tuple[int, int]) -> Image:
    """Resize to an image of mode L, RGB or RGBA, in sRGB."""
    from PIL.Image import Resampling

    profile = image.info.get("icc_profile")
    plain = _reduce_depth(image)
    if plain.mode in ("P", "PA") or plain.has_transparency_data:
        plain = plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    elif plain.mode == "1":
        plain = plain.convert("L")
    raise_if_abandoned()
    small = plain.resize(size, Resampling.LANCZOS)
    if profile:
        small = _convert_to_srgb(small, profile)
    return small if small.mode in ("L", "RGB", "RGBA") else small.convert("RGB")


def _reduce_depth(image: Image) -> Image:
    """Convert 16 and 32 bits a pixel to 8; Pillow's own conversion would cut off all but white."""
    if not image.mode.startswith(("I", "F")):
        return image
    wide = image.convert("F")
    lowest, highest = (float(edge) for edge in wide.getextrema()[:2])  # type: ignore[arg-type]  # one band has two numbers
    if image.mode.startswith("I;16") or (lowest >= 0 and _BYTE_LIMIT < highest <= _WORD_LIMIT):
        factor, offset = _BYTE_LIMIT / _WORD_LIMIT, 0.0
    elif lowest >= 0 and highest <= _BYTE_LIMIT and image.mode == "I":
        factor, offset = 1.0, 0.0
    else:
        # Without a defined range, as in scientific images: from the darkest to the brightest.
        factor = _BYTE_LIMIT / ((highest - lowest) or 1.0)
        offset = -lowest * factor
    return wide.point(lambda value: value * factor + offset).convert("L")


def _convert_to_srgb(image: Image, profile: bytes) -> Image:
    """Convert by an ICC profile, which the scaled image will not have; a broken one is ignored."""
    from PIL import ImageCms

    if image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=target
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted if converted is not None else image


def _turn_upright(image: Image, orientation: object) -> Image:
    """Apply the EXIF orientation, which the scaled image will not have."""
    from PIL.Image import Transpose

    methods = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    method = methods.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


def _encode(image: Image, kind: str, most_bytes: int) -> tuple[str, bytes]:
    """Encode without loss if that is short enough, else in the best quality that is."""
    image.info = {}
    shortest: tuple[str, bytes] | None = None
    for encoded in _list_encodings(image, kind, most_bytes):
        if shortest is None or len(encoded[1]) < len(shortest[1]):
            shortest = encoded
        if len(encoded[1]) <= most_bytes:
            return encoded
        raise_if_abandoned()
    if shortest is None:
        raise ValueError("there is no encoding for this image")
    return shortest


def _list_encodings(image: Image, kind: str, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Encode in the ways that Claude reads, the best for such an image first."""
    from PIL import features

    has_webp = features.check("webp")
    if kind != "JPEG":
        if kind != "WEBP" or not has_webp:
            yield _save(image, "PNG", optimize=True)
        if has_webp:
            # Half as long as PNG for screenshots and drawings, and faster with these values.
            yield _save(image, "WEBP", lossless=True, method=1, quality=30)
        else:
            yield _save(image.quantize(_COLOURS), "PNG", optimize=True)
            return
    lossy = "JPEG" if kind == "JPEG" else "WEBP"
    opaque = image.convert("RGB") if lossy == "JPEG" and image.mode == "RGBA" else image
    yield _find_best_quality(opaque, lossy, most_bytes)


def _find_best_quality(image: Image, kind: str, most_bytes: int) -> tuple[str, bytes]:
    """Encode in the best of `_QUALITIES` that is short enough, else in the last."""
    encodings: dict[int, tuple[str, bytes]] = {}

    def is_short(at: int) -> bool:
        raise_if_abandoned()
        options = {"optimize": True} if kind == "JPEG" else {"method": 2}
        encodings[at] = _save(image, kind, quality=_QUALITIES[at], **options)
        return len(encodings[at][1]) <= most_bytes

    # They become shorter from one to the next, so that a few of them tell where the limit is.
    best = bisect.bisect_left(range(len(_QUALITIES) - 1), True, key=is_short)
    if best not in encodings:
        is_short(best)
    return encodings[best]


def _save(image: Image, kind: str, **options: Any) -> tuple[str, bytes]:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return f"image/{kind.lower()}", output.getvalue()
