"""`GET /openapi.json`: the endpoint table as an OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from functools import cache

from aiohttp import web

from bridge.server.http.endpoint import ENDPOINTS_BY_ROUTE, Answer, Endpoint
from bridge.server.http.openapi import build_document


async def get_openapi_document(request: web.Request) -> web.Response:
    """Return the OpenAPI document; it is built once, in a thread."""
    text = await asyncio.to_thread(
        _encode_document, tuple(request.app[ENDPOINTS_BY_ROUTE].values())
    )
    return web.Response(text=text, content_type="application/json")


# Hundreds of schemas take longer than a request should; they do not change while the server runs.
@cache
def _encode_document(endpoints: tuple[Endpoint, ...]) -> str:
    return json.dumps(build_document(endpoints))


ROUTES = (
    Endpoint(
        "GET",
        "/openapi.json",
        get_openapi_document,
        "Pages",
        "The API description for programs (OpenAPI)",
        Answer("An OpenAPI 3.1 document.", dict),
        access="open",
    ),
)
