"""Images that are too large for the model are scaled down."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bridge.errors import InvalidRequest
from bridge.models.rules import LARGE, SMALL, ImageSize
from bridge.translate.chat.images import fit_image, fit_size, limit_for_count
from bridge.translate.notices import Notices


def block(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> dict[str, Any]:
    written = io.BytesIO()
    Image.new(mode, (width, height)).save(written, kind)
    data = base64.b64encode(written.getvalue()).decode()
    media_type = f"image/{kind.lower()}"
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def open_image(image: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(image["source"]["data"])))


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.sampled_from([LARGE, SMALL]))
def test_a_scaled_size_respects_both_limits_and_the_shape(
    width: int, height: int, largest: ImageSize
) -> None:
    new_width, new_height = fit_size(width, height, largest)
    assert 1 <= new_width <= min(width, largest.edge)
    assert 1 <= new_height <= min(height, largest.edge)
    assert new_width * new_height <= largest.pixels
    assert abs(new_width * height - new_height * width) <= max(width, height)


def test_an_image_within_the_limits_is_unchanged() -> None:
    image, notices = block(1000, 1000), Notices()
    assert fit_image(image, SMALL, "x", notices) is image
    assert notices.lines() == ()


@pytest.mark.parametrize(("kind", "becomes"), [("PNG", "PNG"), ("JPEG", "JPEG"), ("GIF", "PNG")])
def test_a_large_image_is_scaled_with_a_notice(kind: str, becomes: str) -> None:
    notices = Notices()
    scaled = fit_image(block(3000, 1500, kind), SMALL, "x", notices)
    assert open_image(scaled).size == (1516, 758)
    assert open_image(scaled).format == becomes
    assert scaled["source"]["media_type"] == f"image/{becomes.lower()}"
    assert notices.lines() == ("image: scaled from 3000x1500 to 1516x758 pixels",)


def test_transparency_is_preserved() -> None:
    assert open_image(fit_image(block(3000, 10, mode="RGBA"), SMALL, "x", Notices())).mode == "RGBA"


def test_the_same_image_gives_the_same_bytes() -> None:
    first = fit_image(block(3000, 1500), SMALL, "x", Notices())
    assert fit_image(block(3000, 1500), SMALL, "y", Notices()) == first


def test_many_images_have_a_smaller_edge_limit() -> None:
    assert limit_for_count(20, LARGE) == LARGE
    assert limit_for_count(21, LARGE) == ImageSize(2000, LARGE.pixels)


def test_an_address_is_passed_on() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
    assert fit_image(image, SMALL, "x", Notices()) is image


@pytest.mark.parametrize("size", [(10_000, 9_000), (30_000, 30_000)])
def test_a_decompression_bomb_is_refused_before_decoding(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        fit_image(block(*size, mode="1"), LARGE, "messages[0].content[0].image_url.url", Notices())
    assert caught.value.param == "messages[0].content[0].image_url.url"


def test_a_truncated_image_is_refused_naming_the_field() -> None:
    image = block(3000, 1500, "JPEG")
    data = image["source"]["data"]
    image["source"]["data"] = data[: len(data) // 8 * 4]
    with pytest.raises(InvalidRequest, match="complete"):
        fit_image(image, SMALL, "x", Notices())
