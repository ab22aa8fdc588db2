"""`GET /openapi.json`: the endpoint table as an OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from functools import cache

from aiohttp import web

from bridge.server.http.endpoint import TABLE, Endpoint
from bridge.server.http.openapi import document


async def openapi(request: web.Request) -> web.Response:
    """Made once, beside the loop."""
    text = await asyncio.to_thread(_document, request.app[TABLE])
    return web.Response(text=text, content_type="application/json")


@cache
def _document(endpoints: tuple[Endpoint, ...]) -> str:
    return json.dumps(document(endpoints))
