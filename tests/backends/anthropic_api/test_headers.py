"""Headers of Claude's API that clients get."""

from __future__ import annotations

from multidict import CIMultiDict

from bridge.backends.anthropic_api.headers import pick_headers


def test_only_headers_that_can_be_sent_are_picked() -> None:
    odd = {
        "Anthropic-RateLimit-Requests-Limit": "50",
        "anthropic-ratelimit-tokens-limit": "caf\xe9",
        "anthropic-ratelimit-tokens-reset": "x" * 500,
        "anthropic-organization-id": "org-1",
        "request-id": "req_1",
        "x-should-retry": "false",
        "set-cookie": "a=b",
    }
    assert pick_headers(CIMultiDict(odd)) == {
        "anthropic-ratelimit-requests-limit": "50",
        "x-should-retry": "false",
        "x-upstream-request-id": "req_1",
    }
    assert pick_headers(CIMultiDict({"x-should-retry": "perhaps"})) == {}
