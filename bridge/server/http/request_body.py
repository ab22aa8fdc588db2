"""Read a request's JSON body and parse it into its model; an error names the wrong field.

The memory of all bodies together is bounded: a body is added to the request's lease piece by piece
as it arrives, and once more, by an estimate, before it is parsed. The middleware closes the lease
when the request has been answered.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from bridge.errors import BodyTimedOut, InvalidRequest, RequestTooLarge
from bridge.inspect.recording import CURRENT
from bridge.resilience.memory_budget import MemoryBudget, MemoryLease
from bridge.server.http.body.invalid_body import explain_invalid
from bridge.server.http.body.split_body import LARGE, SplitBody
from bridge.server.http.endpoint import find_endpoint
from bridge.server.http.error_body import UNREADABLE_BODY
from bridge.server.http.paths import DEPLOYMENT
from bridge.server.request_record import Asked, get_record
from bridge.server.state import BRIDGE, Bridge
from bridge.settings import Settings
from bridge.wire.json_bytes import encode_json, replace_surrogates

_Model = TypeVar("_Model", bound=BaseModel)

_SMALL = 1024
_SMALL_BODIES = MemoryBudget(sys.maxsize)
"""The budget of small bodies, which are never refused for it."""

LEASE = web.RequestKey("lease", MemoryLease)
"""The memory of the request's body, from the first byte until the request has been answered."""

_ENCODINGS = ("gzip", "deflate", "br", "zstd")
"""Those that aiohttp decompresses, one at a time."""

_SIZE = web.RequestKey("body_size", int)


def is_large(request: web.Request) -> bool:
    """Return whether the body that was read is large; its size counts after decompression."""
    size: int = request[_SIZE]
    return size >= LARGE


async def read_body(request: web.Request, model: type[_Model]) -> _Model:
    """Read the body and parse it.

    Raises InvalidRequest with `param` set to the wrong field, RequestTooLarge, TooManyBodies or
    BodyTimedOut; and TypeError if the endpoint's row declares another model.
    """
    # With another model in its row, the documentation would describe a different API.
    endpoint = find_endpoint(request)
    if endpoint is None or endpoint.body is not model:
        raise TypeError(f"{model.__name__} is not the body model of {request.match_info.route}.")
    bridge = request.app[BRIDGE]
    length, is_encoded = request.content_length, "Content-Encoding" in request.headers
    # A stop of computer use, and the proof before it, must get through while large bodies fill the
    # memory. The number of connections bounds how many small ones there can be.
    is_small = length is not None and length <= _SMALL and not is_encoded
    lease = request[LEASE] = (_SMALL_BODIES if is_small else bridge.bodies).open_lease()
    if is_encoded or not request.content.is_eof():
        body = await _receive_body(request, lease, bridge.settings)
        if is_encoded:
            _check_encoding(request, body)
    else:
        # Most bodies arrive with their header: there is nothing to wait for.
        body = _take_body(request, lease)
    if DEPLOYMENT in request:
        body = _add_model(body, request[DEPLOYMENT])
    if (recording := CURRENT.get()) is not None:
        recording.set_body(body.join())
    request[_SIZE] = body.size
    parsed = await _parse_body(bridge, lease, body, model)
    _note_asked(request, parsed)
    return parsed


def _note_asked(request: web.Request, body: BaseModel) -> None:
    """Note in the record what the body asks for, if it is one for an answer."""
    name = getattr(body, "model", None)
    if isinstance(name, str):
        tools = getattr(body, "tools", None)
        count = len(tools) if isinstance(tools, list | tuple) else 0
        get_record(request).asked = Asked(name, bool(getattr(body, "stream", False)), count)


def _check_encoding(request: web.Request, body: SplitBody) -> None:
    """Raise InvalidRequest if the body is still encoded, or nothing of it could be decoded."""
    encoding = request.headers["Content-Encoding"].strip()
    if encoding.lower() in _ENCODINGS:
        # A body that is cut off ends without an error.
        if not body.size and request.content_length:
            raise _build_unreadable()
    # Some clients name a charset here.
    elif encoding.lower() not in ("", "identity") and not body.outline.lstrip().startswith(b"{"):
        raise InvalidRequest(
            f"Content-Encoding {encoding[:100]} is not supported: use one of "
            f"{', '.join(_ENCODINGS)}, or none.",
            status=415,
        )


def _add_model(body: SplitBody, model: str) -> SplitBody:
    """Put the model of an Azure path into a body without one."""
    try:
        fields = from_json(body.join() or b"{}")
    except ValueError:
        return body
    if not isinstance(fields, dict) or fields.get("model"):
        return body
    named = SplitBody()
    named.feed(encode_json({**fields, "model": model}))
    return named


async def _parse_body(
    bridge: Bridge, lease: MemoryLease, body: SplitBody, model: type[_Model]
) -> _Model:
    """Parse a body that `lease` already has, and add what it takes once it is parsed.

    Raises like `read_body`.
    """
    if (rest := body.size - body.data_size) >= LARGE:
        # Its pieces are joined first, and it is twice in memory until then.
        lease.add(rest)
        lease.add(max(0, await bridge.heavy_work.run(body.estimate_memory) - rest))
        return await bridge.heavy_work.run(_parse_split, body, model)
    lease.add(body.estimate_memory())
    if not body.data_size:
        return _parse_json(body.outline, model)
    with suppress(ValueError):
        return validate_body(model, body.parse())
    # Without marks, the parser finds what is wrong, or reads what cannot be put back.
    return await bridge.heavy_work.run(_parse_whole, body, model)


@contextmanager
def explain_errors(raw: Mapping[str, Any]) -> Iterator[None]:
    """Raise a validation error of pydantic as InvalidRequest, about the body `raw`."""
    try:
        yield
    except ValidationError as error:
        raise explain_invalid(error, raw) from error


def validate_body(model: type[_Model], body: Any) -> _Model:
    """Validate a body that is already decoded. Raises InvalidRequest like `read_body`."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise explain_invalid(error, body, getattr(model, "read_variants", None)) from error


def _take_body(request: web.Request, lease: MemoryLease) -> SplitBody:
    """Return a body that has arrived as a whole."""
    body = SplitBody()
    try:
        body.feed(request.content.read_nowait())
    except web.RequestPayloadError as error:
        raise _build_unreadable() from error
    lease.add(body.size)
    return body


async def _receive_body(request: web.Request, lease: MemoryLease, settings: Settings) -> SplitBody:
    """Read the whole body, decompressed, as long as it is within the limits."""
    limit, body = settings.max_body_mb << 20, SplitBody()
    if (request.content_length or 0) > limit:
        raise _build_too_large(settings)
    loop, seconds = asyncio.get_running_loop(), settings.body_seconds
    try:
        async with asyncio.timeout(seconds) as timeout:
            # `request.read` would decompress up to the limit at once, before the budget is asked.
            while chunk := await request.content.readany():
                lease.add(len(chunk))
                body.feed(chunk)
                if body.size > limit:
                    raise _build_too_large(settings)
                timeout.reschedule(loop.time() + seconds)
                # A compressed body has arrived as a whole, so reading it waits for nothing.
                if body.size >= LARGE:
                    await asyncio.sleep(0)
    except web.RequestPayloadError as error:
        raise _build_unreadable() from error
    except TimeoutError as error:
        raise BodyTimedOut(
            f"The body stopped arriving for {seconds:g} seconds (setting body_seconds)."
        ) from error
    return body


def _build_unreadable() -> InvalidRequest:
    return InvalidRequest(UNREADABLE_BODY)


def _build_too_large(settings: Settings) -> RequestTooLarge:
    return RequestTooLarge(
        f"The body is larger than {settings.max_body_mb} MB (setting max_body_mb)."
    )


def _parse_split(body: SplitBody, model: type[_Model]) -> _Model:
    if body.data_size:
        with suppress(ValueError):
            return validate_body(model, body.parse())
    return _parse_whole(body, model)


def _parse_whole(body: SplitBody, model: type[_Model]) -> _Model:
    return _parse_json(body.take_whole(), model)


def _parse_json(body: bytes | bytearray, model: type[_Model]) -> _Model:
    # Not `model_validate_json`: it builds a tree of the body first, and takes a third longer.
    try:
        # Without a body, the error names the first missing field.
        fields = from_json(body or b"{}")
    except ValueError as error:
        if b"\\u" in body and (repaired := replace_surrogates(body)) != body:
            return _parse_json(repaired, model)
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from error
    return validate_body(model, fields)
