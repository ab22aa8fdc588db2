"""A strict embedding service on loopback, with OpenAI's API or Voyage's."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import Mapping
from typing import Any, Literal, Self

from aiohttp import web

from tests.serving import Served

OPENAI_FIELDS = {"model", "input", "encoding_format", "dimensions"}
VOYAGE_FIELDS = {
    "model",
    "input",
    "encoding_format",
    "output_dimension",
    "output_dtype",
    "truncation",
}


def vector_of(text: str | list[int], length: int) -> list[float]:
    """Return numbers that float32 represents exactly and that depend on the text."""
    seed = len(text) if isinstance(text, str) else sum(text) % 97
    return [(seed + index) / 8 for index in range(1, length + 1)]


class FakeService(Served):
    """Returns the vectors in reverse order, as a service may."""

    def __init__(
        self, kind: Literal["openai", "voyage"] = "openai", *, max_inputs: int = 2_048
    ) -> None:
        self.kind = kind
        self.max_inputs = max_inputs
        self.bodies: list[dict[str, Any]] = []
        self.numbers_only = False
        """Ignores a request for base64."""
        self.answer: web.Response | None = None
        """A response to send instead of vectors."""
        self.silent = False
        self.breaks = False

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/embeddings", self._create_embeddings)
        return app

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.url += "/v1"
        return self

    async def _create_embeddings(self, request: web.Request) -> web.Response:
        if request.headers.get("authorization") != "Bearer its-key":
            return build_error(401, "Incorrect API key provided.", "invalid_api_key")
        body = await request.json()
        self.bodies.append(body)
        if self.silent:
            await asyncio.sleep(60)
        if self.breaks:
            assert request.transport is not None
            request.transport.abort()
        if self.answer is not None:
            return self.answer
        self._check_body(body)
        return web.json_response(self._build_response(body))

    def _check_body(self, body: Mapping[str, Any]) -> None:
        assert set(body) <= (OPENAI_FIELDS if self.kind == "openai" else VOYAGE_FIELDS)
        assert 1 <= len(body["input"]) <= self.max_inputs
        if self.kind == "voyage":
            assert all(isinstance(text, str) for text in body["input"])
            assert body["truncation"] is False
            assert body["output_dtype"] == "float"

    def _build_response(self, body: Mapping[str, Any]) -> dict[str, Any]:
        length = body.get("dimensions", body.get("output_dimension", 4))
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": self._encode_vector(vector_of(text, length), body),
            }
            for index, text in enumerate(body["input"])
        ]
        tokens = sum(len(text) for text in body["input"])
        usage = {"total_tokens": tokens}
        if self.kind == "openai":
            usage["prompt_tokens"] = tokens
        return {"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}

    def _encode_vector(self, vector: list[float], body: Mapping[str, Any]) -> Any:
        if self.numbers_only or body.get("encoding_format") != "base64":
            return vector
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def build_error(status: int, message: str, code: str | None = None, **headers: str) -> web.Response:
    error = {"message": message, "type": "made_up", "param": None, "code": code}
    renamed = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response({"error": error}, status=status, headers=renamed)
