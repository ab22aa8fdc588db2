"""Translates the failures of Anthropic's SDK and its transport to the bridge's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import anthropic
import httpx2

from bridge.backends.anthropic_api import errors
from bridge.errors import (
    BridgeError,
    NotClaudeApi,
    NotSignedIn,
    StreamBroken,
    UpstreamEncoded,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamUnreachable,
)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise every failure of the SDK or its transport as a BridgeError, from its cause."""
    try:
        yield
    except anthropic.APIStatusError as error:
        raise from_status_error(error) from error
    except (anthropic.APITimeoutError, httpx2.TimeoutException) as error:
        raise UpstreamSilent(errors.SILENT) from error
    except anthropic.APIConnectionError as error:
        where = f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"
        raise _from_connection_error(where, error.__cause__ or error) from error
    except httpx2.DecodingError as error:
        raise UpstreamEncoded(f"{errors.UNREADABLE} {UpstreamEncoded.hint}") from error
    except httpx2.HTTPError as error:
        raise StreamBroken(errors.BROKEN) from error
    except anthropic.CredentialsError as error:
        raise NotSignedIn(f"Anthropic's credentials cannot be used: {error}") from error
    except anthropic.APIError as error:
        raise UpstreamFailed(f"Claude's API failed: {error.message}") from error
    except anthropic.AnthropicError as error:
        raise UpstreamFailed(f"The Anthropic SDK failed: {error}") from error


def from_status_error(error: anthropic.APIStatusError) -> BridgeError:
    """Translate an error of the SDK by the response that it was made from."""
    try:
        body = error.response.content
    except httpx2.ResponseNotRead:
        body = b""
    return errors.from_response(error.status_code, error.response.headers, body)


def _from_connection_error(where: str, error: BaseException) -> BridgeError:
    """Translate what the SDK calls a connection error; `where` is upstream's scheme and host.

    Only what happened before there was a connection is reported as no connection.
    """
    causes = list(_walk_causes(error))
    if any(isinstance(cause, httpx2.DecodingError) for cause in causes):
        return UpstreamEncoded(f"{errors.UNREADABLE} {UpstreamEncoded.hint}")
    broken = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
    # A server that closes at once is a ConnectError, too, but not one of the operating system.
    was_connected = isinstance(error, httpx2.ConnectError) and not any(
        isinstance(cause, OSError) for cause in causes
    )
    if was_connected or any(isinstance(cause, broken) for cause in causes):
        return StreamBroken(errors.BROKEN)
    # The transport passes on aiohttp's own error for a response that is not HTTP.
    if getattr(error, "status", None) is not None:
        return NotClaudeApi(f"{errors.NOT_HTTP} {NotClaudeApi.hint}")
    return UpstreamUnreachable(errors.describe_connection_failure(where, error))


def _walk_causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
