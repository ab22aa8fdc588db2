"""Answer input that is not HTTP with an OpenAI error object that does not quote it."""

from __future__ import annotations

import logging

from aiohttp import web

from bridge.errors import BridgeError, InternalError, InvalidRequest
from bridge.server.http.error_body import build_error_body

_log = logging.getLogger(__name__)


class QuietHandler(web.RequestHandler):
    """aiohttp's protocol, without its error page.

    aiohttp quotes the line that it cannot parse, in its answer and in the log. The line may contain
    an API key.
    """

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a header that cannot be parsed, or an error outside of the middleware.

        Raises ConnectionError if a response has begun: aiohttp closes the connection then.
        """
        if status < 500:
            _log.warning("Received data that is not HTTP: %s", type(exc).__name__)
            error: BridgeError = InvalidRequest(
                "The header of the request cannot be read.", status=status
            )
        else:
            _log.error("A request failed outside of its handler.", exc_info=exc)
            error = InternalError("The bridge itself failed.")
        if request.writer.output_size > 0:
            raise ConnectionError("a response has begun already")
        response = web.json_response(dict(build_error_body(error)), status=error.status)
        # The parser does not know where the next request begins, so the connection is closed.
        response.force_close()
        return response
