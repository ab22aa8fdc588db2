"""Answers what is no HTTP at all in OpenAI's words, without quoting it: it may hold a key."""

from __future__ import annotations

import logging

from aiohttp import web

from bridge.errors import BridgeError, InternalError, InvalidRequest
from bridge.wire.errors import error_body

_log = logging.getLogger(__name__)


class QuietHandler(web.RequestHandler):
    """aiohttp's own tells the sender, and the log, the line that it could not read."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """For a header that cannot be read, and for a fault outside of every handler."""
        if status < 500:
            _log.warning("What came was no HTTP: %s", type(exc).__name__)
            error: BridgeError = InvalidRequest(
                "The header of the request cannot be read.", status=status
            )
        else:
            _log.error("A request failed outside of its handler.", exc_info=exc)
            error = InternalError("The bridge itself failed.")
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        response = web.json_response(dict(error_body(error)), status=error.status)
        response.force_close()
        return response
