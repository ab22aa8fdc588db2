"""A scaled image is the right way up, has its colours, and has no more bytes than before."""

from __future__ import annotations

import base64
import io
import random
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw

from bridge.models.rules import ImageSize
from bridge.translate.chat.images import fit_image
from bridge.translate.notices import Notices

LARGEST = ImageSize(400, 400 * 400)
QUARTERS = [(250, 10, 10), (10, 250, 10), (10, 10, 250), (250, 250, 10)]
"""Top left, top right, bottom left, bottom right."""


def draw_quarters() -> Image.Image:
    image = Image.new("RGB", (800, 600))
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate(QUARTERS):
        left, top = index % 2 * 400, index // 2 * 300
        draw.rectangle((left, top, left + 399, top + 299), fill=colour)
    return image


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def scale(content: bytes, kind: str) -> tuple[Image.Image, int]:
    """Return the scaled image, and its length in bytes."""
    source = {"type": "base64", "media_type": f"image/{kind.lower()}"}
    block = {"type": "image", "source": {**source, "data": base64.b64encode(content).decode()}}
    scaled = base64.b64decode(fit_image(block, LARGEST, "x", Notices())["source"]["data"])
    return Image.open(io.BytesIO(scaled)), len(scaled)


def is_near(found: Any, expected: tuple[int, ...], most: int = 20) -> bool:
    return all(abs(a - b) <= most for a, b in zip(found, expected, strict=False))


def check_quarters(image: Image.Image, most: int = 20) -> None:
    width, height = image.size
    places = [(x, y) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    found = [image.convert("RGB").getpixel(place) for place in places]
    assert all(map(is_near, found, QUARTERS, [most] * 4)), found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_turned_upright(kind: str, orientation: int) -> None:
    # How a camera that is held in this way stores the picture: the inverse of what is displayed.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    upright = draw_quarters()
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    scaled, _ = scale(encode(stored, kind, exif=exif), kind)
    assert scaled.size == (400, 300)
    assert scaled.getexif().get(0x0112, 1) == 1
    check_quarters(scaled)


@pytest.mark.parametrize("mode", ["I;16", "I"])
def test_sixteen_bits_keep_their_shades(mode: str) -> None:
    row = Image.new("I", (800, 1))
    row.putdata([x * 65535 // 799 for x in range(800)])
    ramp = row.resize((800, 600)).convert(mode)
    scaled, _ = scale(encode(ramp, "TIFF" if mode == "I" else "PNG"), "PNG")
    shades = [scaled.convert("L").getpixel((x, 150)) for x in (0, 100, 200, 300, 399)]
    assert is_near(shades, (0, 64, 128, 191, 255), 3)


def test_other_modes_keep_their_colours() -> None:
    quarters = draw_quarters()
    for content, kind, most in (
        (encode(quarters.convert("CMYK"), "JPEG"), "JPEG", 20),
        (encode(quarters.quantize(16), "PNG"), "PNG", 20),
        (encode(quarters.convert("RGB").quantize(4), "GIF"), "GIF", 20),
        (encode(quarters, "WEBP", lossless=True), "WEBP", 20),
    ):
        check_quarters(scale(content, kind)[0], most)
    line = Image.new("1", (800, 600))
    ImageDraw.Draw(line).rectangle((0, 0, 399, 599), fill=1)
    scaled, _ = scale(encode(line, "PNG"), "PNG")
    assert [scaled.convert("L").getpixel((x, 100)) for x in (50, 350)] == [255, 0]


def test_a_colour_profile_is_applied_and_a_broken_one_ignored() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"broken"):
        scaled, _ = scale(encode(draw_quarters(), "PNG", icc_profile=profile), "PNG")
        assert "icc_profile" not in scaled.info
        check_quarters(scaled)


def test_a_transparent_palette_stays_transparent() -> None:
    image = Image.new("P", (800, 600), 0)
    image.putpalette([0, 0, 0, 250, 10, 10])
    ImageDraw.Draw(image).rectangle((0, 0, 399, 599), fill=1)
    scaled, _ = scale(encode(image, "PNG", transparency=0), "PNG")
    found: list[Any] = [scaled.convert("RGBA").getpixel((x, 100)) for x in (50, 350)]
    assert is_near(found[0], (250, 10, 10, 255))
    assert found[1][3] == 0


def draw_noise(mode: str) -> Image.Image:
    noise = random.Random(5).randbytes(900 * 700 * 3)  # noqa: S311 - a test's dice
    return Image.frombytes("RGB", (900, 700), noise).convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("1", "PNG", {}),
        ("P", "PNG", {}),
        ("P", "GIF", {}),
        ("RGB", "JPEG", {"quality": 5}),
        ("RGB", "JPEG", {"quality": 95}),
        ("L", "JPEG", {"quality": 10}),
        ("RGB", "WEBP", {"quality": 5}),
        ("RGBA", "WEBP", {"quality": 20}),
    ],
)
def test_fewer_pixels_never_take_more_bytes(mode: str, kind: str, options: dict[str, Any]) -> None:
    for image in (draw_noise(mode), draw_quarters().convert(mode)):
        content = encode(image, kind, **options)
        assert scale(content, kind)[1] <= max(len(content), 1500), (mode, kind)
