"""Failures on the way to Claude or to the embedding model."""

from __future__ import annotations

from typing import ClassVar

from bridge.errors.base import BridgeError


class UpstreamFailed(BridgeError):
    """Upstream reported a failure that no other class describes."""

    status = 502
    type = "server_error"
    code = "upstream_error"
    anthropic_type = "api_error"
    summary = "Claude's API reported an error."
    hint = "Try again. If it persists, see https://status.anthropic.com."


class UpstreamUnreachable(UpstreamFailed):
    """Upstream could not be connected to."""

    code = "upstream_unreachable"
    summary = "Could not connect to Claude."
    hint = "Check your network, VPN and proxy settings."


class StreamBroken(UpstreamFailed):
    """A stream ended too early: the connection dropped, or an event could not be read."""

    code = "stream_broken"
    summary = "The reply ended too early, or could not be read."
    hint = "Try again. If it persists, check your network, and any gateway or proxy."


class ConnectionDropped(StreamBroken):
    """The connection of the client is to be closed in the middle of its response, without a word.

    Only the echo raises it, to show what the client does then.
    """

    code = "connection_dropped"
    summary = "The offline echo dropped the connection, as the message `prove cut` asks."
    hint = "Nothing is wrong: it shows what your client does when a connection breaks."


class OutputMismatch(UpstreamFailed):
    """Claude's reply lacks the requested form: the JSON, the tool call or the ending."""

    # An old name, but part of the API: clients may compare it.
    code = "promise_not_kept"
    summary = "Claude's reply didn't match the requested JSON schema or tool call."
    hint = "Try again, or use a simpler schema."


class Overloaded(BridgeError):
    """Claude is overloaded."""

    # OpenAI's API has no status 529, which is Anthropic's own for this.
    status = 503
    type = "server_error"
    code = "overloaded"
    anthropic_type = "overloaded_error"
    anthropic_status: ClassVar[int | None] = 529
    summary = "Claude is overloaded."
    hint = "Try again in a few minutes."


class UpstreamTimedOut(BridgeError):
    """Upstream reported a timeout."""

    status = 504
    type = "server_error"
    code = "upstream_timeout"
    anthropic_type = "timeout_error"
    summary = "Claude did not respond in time."
    hint = "Try again, or increase upstream_silence_seconds."


class UpstreamSilent(UpstreamTimedOut):
    """The bridge stopped waiting for upstream. It is not retried: the user waited long enough."""


class EmbeddingModelMissing(BridgeError):
    """The embedding model is not stored here and could not be downloaded."""

    status = 503
    type = "server_error"
    code = "embedding_model_missing"
    anthropic_type = "overloaded_error"
    summary = "The embedding model could not be downloaded."
    hint = "Connect to the internet once, or put its files into the folder that the error names."


class EmbeddingModelBroken(BridgeError):
    """The files of the embedding model are not those of a usable model."""

    status = 500
    type = "server_error"
    code = "embedding_model_broken"
    anthropic_type = "api_error"
    summary = "The files of the embedding model cannot be used."
    hint = "Replace its files as the error says, or choose another embedding_model."
