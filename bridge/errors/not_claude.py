"""Failures of an upstream that was reached, but did not answer as Claude's API does."""

from __future__ import annotations

from bridge.errors.upstream import UpstreamFailed


class NotClaudeApi(UpstreamFailed):
    """Something else than Claude's API answered, or changed its answer on the way.

    Not retried: the same program would answer again.
    """

    code = "upstream_unrecognized"
    summary = "Something other than Claude's API answered."
    hint = "Check ANTHROPIC_BASE_URL, and any gateway or proxy on the way to Claude's API."


class UpstreamWebPage(NotClaudeApi):
    """The answer is an HTML page: of a proxy, a firewall, a Wi-Fi sign-in or a wrong address."""

    code = "upstream_web_page"
    summary = "A web page came back instead of an answer of Claude's API."
    hint = (
        "Open any web page in your browser: a Wi-Fi sign-in, proxy or firewall may be in the way. "
        "If not, check ANTHROPIC_BASE_URL."
    )


class GatewayFailed(UpstreamWebPage):
    """The HTML page of a gateway that could not reach Claude's API; that may pass, so retry."""


class UpstreamRedirected(NotClaudeApi):
    """The answer is a redirect. It is not followed: the API key would go to another address."""

    code = "upstream_redirected"
    summary = "The address of Claude's API redirected to another one."
    hint = "If you trust the new address, set ANTHROPIC_BASE_URL to it."


class UpstreamNotStreaming(NotClaudeApi):
    """The answer is JSON in one piece, though a stream of events was requested."""

    code = "upstream_not_streaming"
    summary = "The answer came in one piece instead of as a stream."
    hint = "Turn on streaming in the gateway at ANTHROPIC_BASE_URL, or connect without it."


class UpstreamEncoded(NotClaudeApi):
    """The answer is compressed in a way that was not requested, or its compression is damaged."""

    code = "upstream_encoded"
    summary = "The answer was compressed in a way that cannot be read."
    hint = "Turn off compression in the gateway or proxy on the way to Claude's API."


class UpstreamNotUtf8(NotClaudeApi):
    """The answer is text in another encoding than UTF-8."""

    code = "upstream_not_utf8"
    summary = "The answer was not in UTF-8."
    hint = "Check any gateway or proxy on the way to Claude's API: it must not change the encoding."


class UpstreamEmpty(UpstreamFailed):
    """The answer has no content, though its status is a success."""

    code = "upstream_empty"
    summary = "Claude's API sent an empty answer."
    hint = "Try again. If it persists, check any gateway or proxy on the way to Claude's API."


class UpstreamErrorCut(UpstreamFailed):
    """Upstream reported an error, and the connection broke before its text was complete."""

    code = "upstream_error_cut"
    summary = "Claude's API reported an error, but the connection broke before its text ended."
    hint = "Try again. If it persists, check your network."
