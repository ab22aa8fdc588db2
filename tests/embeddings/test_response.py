"""The response: base64 as OpenAI's clients decode it, and JSON encoded piece by piece."""

from __future__ import annotations

import base64
import json
import struct

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from openai import AsyncOpenAI, omit
from openai.types import CreateEmbeddingResponse

from bridge.embeddings.base import EmbeddingResult
from bridge.embeddings.response import build_response, encode_response, from_base64, to_base64
from bridge.wire.embeddings import EncodingFormat

TWO = EmbeddingResult(np.array([[0.1, -1], [0.25, 3e-45]], np.float32), 7, "small")


def test_base64_is_little_endian_float32() -> None:
    words = to_base64(np.array([1.5, -2], np.float32))
    assert base64.b64decode(words) == struct.pack("<2f", 1.5, -2)
    assert from_base64(words).tolist() == [1.5, -2]


def test_the_byte_order_of_the_computer_does_not_matter() -> None:
    assert to_base64(np.array([1.5, -2], ">f4")) == to_base64(np.array([1.5, -2], np.float32))


@pytest.mark.parametrize("text", ["AAAA", "not base64", "AAAAAA=", "ä"])
def test_invalid_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_base64(text)


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_the_encoded_response_has_openais_fields(encoding: EncodingFormat) -> None:
    body = encode_response(TWO, encoding)
    assert json.loads(body) == build_response(TWO, encoding)
    read = json.loads(body)
    assert set(read) == set(CreateEmbeddingResponse.model_fields)
    assert read["model"] == "small"
    assert read["usage"] == {"prompt_tokens": 7, "total_tokens": 7}


@pytest.mark.parametrize("encoding", ["float", "base64"])
async def test_openais_client_decodes_exactly_the_float32_that_were_sent(
    encoding: EncodingFormat,
) -> None:
    """It asks for base64 when its caller asks for nothing."""

    async def embeddings(request: web.Request) -> web.Response:
        assert (await request.json())["encoding_format"] == encoding
        body = encode_response(TWO, encoding)
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/embeddings", embeddings)
    async with TestServer(app) as server:
        client = AsyncOpenAI(base_url=str(server.make_url("/v1")), api_key="any", max_retries=0)
        async with client:
            wanted = encoding if encoding == "float" else omit
            read = await client.embeddings.create(input="a", model="m", encoding_format=wanted)
    assert [item.index for item in read.data] == [0, 1]
    assert np.array_equal(np.array([item.embedding for item in read.data], np.float32), TWO.vectors)
