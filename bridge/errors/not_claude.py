"""Failures of an upstream that was reached, but did not answer as Claude's API does."""

from __future__ import annotations

from bridge.errors.upstream import UpstreamFailed


class NotClaudeApi(UpstreamFailed):
    """Something else than Claude's API answered, or changed its answer on the way.

    Not retried: the same program would answer again.
    """

    code = "upstream_unrecognized"
    summary = "Something answered that is not Claude's API."
    hint = "Check ANTHROPIC_BASE_URL, and any gateway or proxy on the way to Claude's API."


class UpstreamWebPage(NotClaudeApi):
    """The answer is an HTML page: of a proxy, a firewall, a Wi-Fi sign-in or a wrong address."""

    code = "upstream_web_page"
    summary = "A web page came back instead of an answer of Claude's API."
    hint = (
        "A proxy, firewall or Wi-Fi sign-in page may stand in between: open any page in your "
        "browser. Then check ANTHROPIC_BASE_URL."
    )


class GatewayFailed(UpstreamWebPage):
    """The HTML page of a gateway that could not reach Claude's API; that may pass, so retry."""


class UpstreamRedirected(NotClaudeApi):
    """The answer is a redirect. It is not followed: the API key would go to another address."""

    code = "upstream_redirected"
    summary = "Claude's API was said to have moved to another address."
    hint = "If you trust the new address, set ANTHROPIC_BASE_URL to it."


class UpstreamNotStreaming(NotClaudeApi):
    """The answer is JSON in one piece, though a stream of events was requested."""

    code = "upstream_not_streaming"
    summary = "The answer came in one piece instead of as a stream."
    hint = "Turn on streaming in the gateway that ANTHROPIC_BASE_URL names, or do without it."


class UpstreamEncoded(NotClaudeApi):
    """The answer is compressed in a way that was not requested, or its compression is damaged."""

    code = "upstream_encoded"
    summary = "The answer was compressed in a way that cannot be read."
    hint = "Turn off compression in the gateway or proxy on the way to Claude's API."


class UpstreamNotUtf8(NotClaudeApi):
    """The answer is text in another encoding than UTF-8."""

    code = "upstream_not_utf8"
    summary = "The answer was not in UTF-8."
    hint = "A gateway on the way to Claude's API changes its answers: set it to UTF-8."


class UpstreamEmpty(UpstreamFailed):
    """The answer has no content, though its status is a success."""

    code = "upstream_empty"
    summary = "Claude's API answered with nothing."
    hint = "Try again. If it persists, check any gateway or proxy on the way to Claude's API."


class UpstreamErrorCut(UpstreamFailed):
    """Upstream reported an error, and the connection broke before its text was complete."""

    code = "upstream_error_cut"
    summary = "Claude's API reported an error, but the connection broke before its text ended."
    hint = "Try again. If it persists, check your network."
