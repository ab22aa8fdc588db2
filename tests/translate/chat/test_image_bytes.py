"""Long images are encoded again in the best quality that fits, and nothing else is touched."""

from __future__ import annotations

import base64
import io
import random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bridge.translate.chat.image_bytes import has_long_image, shorten_images
from bridge.translate.notices import Notices
from bridge.wire.messages import MessagesRequest

MOST = 120_000
DICE = random.Random(3)  # noqa: S311 - a test's dice
SIZE = (800, 600)


def draw_photo() -> Image.Image:
    """Draw soft shapes with some noise, as a camera sees them."""
    shades = np.zeros((SIZE[1], SIZE[0], 3))
    dice = np.random.default_rng(1)
    for cells in (4, 8, 16, 32, 64, 128):
        patch = Image.fromarray(dice.integers(0, 255, (cells, cells, 3), dtype=np.uint8))
        shades += np.asarray(patch.resize(SIZE, Image.Resampling.BICUBIC)) / cells**0.35
    shades = (shades - shades.min()) * 255 / (shades.max() - shades.min())
    return Image.fromarray((shades + dice.normal(0, 4, shades.shape)).clip(0, 255).astype(np.uint8))


def draw_text() -> Image.Image:
    image = Image.new("RGB", SIZE, "white")
    for y in range(0, SIZE[1], 13):
        words = "".join(DICE.choice("abcdefghijklmnopqrstuvwxyz  ") for _ in range(130))
        ImageDraw.Draw(image).text((4, y), words, fill=(20, 20, DICE.randrange(120)))
    return image


def draw_diagram() -> Image.Image:
    image = Image.new("RGB", SIZE, "white")
    for _ in range(300):
        edges = sorted((DICE.randrange(SIZE[0]), DICE.randrange(SIZE[0])))
        box = (edges[0], DICE.randrange(300), edges[1] + 3, 300 + DICE.randrange(300))
        ImageDraw.Draw(image).rectangle(box, outline=(DICE.randrange(255), 80, 200), width=2)
    return image


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def block(content: bytes, media_type: str = "image/png") -> dict[str, Any]:
    data = base64.b64encode(content).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def ask(*blocks: Any) -> MessagesRequest:
    return MessagesRequest("claude-sonnet-5-5", 100, ({"role": "user", "content": list(blocks)},))


def shorten(image: dict[str, Any]) -> tuple[bytes, str, tuple[str, ...]]:
    notices = Notices()
    request = shorten_images(ask(image), MOST, notices)
    source = request.messages[0]["content"][0]["source"]
    return base64.b64decode(source["data"]), source["media_type"], notices.lines()


def measure_psnr(one: Image.Image, other: Image.Image) -> float:
    """Return how alike they are, in dB; 99 if they are equal."""
    apart = np.asarray(one.convert("RGB"), float) - np.asarray(other.convert("RGB"), float)
    error = (apart**2).mean()
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize(
    ("draw", "least"), [(draw_photo, 32.0), (draw_text, 99.0), (draw_diagram, 99.0)]
)
def test_each_kind_of_image_keeps_its_quality(draw: Any, least: float) -> None:
    image = draw()
    # Without compression, as screenshots of some programs are.
    content = encode(image, compress_level=0)
    short, media_type, notices = shorten(block(content))
    again = Image.open(io.BytesIO(short))
    assert len(short) <= MOST
    assert again.size == image.size
    assert f"image/{str(again.format).lower()}" == media_type
    assert measure_psnr(image, again) >= least
    assert notices == ("image: encoded again; Claude Code accepts 120 kB in a user turn",)


def test_a_photo_keeps_more_than_jpeg_would() -> None:
    image = draw_photo()
    short, _, _ = shorten(block(encode(image)))
    jpegs = [encode(image, "JPEG", quality=quality) for quality in range(30, 96)]
    best = max((jpeg for jpeg in jpegs if len(jpeg) <= MOST), key=len)
    opened = [Image.open(io.BytesIO(content)) for content in (short, best)]
    assert measure_psnr(image, opened[0]) > measure_psnr(image, opened[1]) - 0.5


def test_a_short_image_and_everything_else_stays() -> None:
    small = block(encode(Image.new("RGB", (9, 9))))
    tool_result = {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": [block(encode(draw_photo()))],
    }
    address = {"type": "image", "source": {"type": "url", "url": "https://a.b/" + "c" * MOST * 2}}
    odd: list[Any] = [{"type": "image"}, {"type": "image", "source": {"data": 7}}, {}, "x"]
    request = ask(small, tool_result, address, *odd)
    assert not has_long_image(request, MOST)
    assert shorten_images(request, MOST, Notices()) == request


@pytest.mark.parametrize("content", [b"GIF89a" + b"x" * 2 * MOST, bytes(2 * MOST)])
def test_what_is_no_image_is_left_to_upstream(content: bytes) -> None:
    assert shorten(block(content)) == (content, "image/png", ())


def test_noise_that_cannot_be_short_enough_is_noticed() -> None:
    noise = Image.frombytes("RGB", (1500, 1500), DICE.randbytes(1500 * 1500 * 3))
    content = encode(noise, "JPEG", quality=98)
    short, _, notices = shorten(block(content, "image/jpeg"))
    assert short == content
    assert notices == ("image: longer than 120 kB; Claude Code reduces its quality",)
