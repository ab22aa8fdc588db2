"""The checks accept recorded requests that the real API accepted, except for betas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_anthropic.checks.request import check
from tests.fake_anthropic.rules import MODELS

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings" / "anthropic_traffic.jsonl"
OLD = {"anthropic-version": "2023-06-01"}
BETA_OR_SINCE_REFUSED = (
    "context_management: Extra",
    "mcp_servers: Extra",
    "output_format: Extra",
    "output_config.task_budget: Extra",
    "Input tag 'tool_addition'",
    "Input tag 'advisor_20260301'",
    # Accepted in spring, by an older version of the API.
    'first message must use the "user" role',
    "blocks must define tools",
    # Accepted in spring; today's documentation refuses them.
    "must contain non-whitespace text",
    "thinking.type: enabled is not supported",
)

pytestmark = pytest.mark.skipif(
    not RECORDINGS.exists(), reason="the recordings lie beside the project only"
)


def exchanges(status: int) -> Iterator[dict[str, Any]]:
    for line in RECORDINGS.read_text("utf-8").splitlines():
        exchange: dict[str, Any] = json.loads(line)
        if exchange["status"] == status and "messages" in exchange["request"]:
            yield exchange


def test_really_accepted_requests_pass() -> None:
    passed = 0
    for exchange in exchanges(200):
        body = exchange["request"]
        if body["model"] not in MODELS:  # retired since
            body = {**body, "model": "claude-haiku-4-5"}
        refused = check(body, OLD, counting="count_tokens" in exchange["url"])
        if refused is None:
            passed += 1
        else:
            assert any(words in refused.message for words in BETA_OR_SINCE_REFUSED), refused
    assert passed > 330


@pytest.mark.parametrize("status", [400, 404])
def test_really_refused_requests_are_refused_in_the_same_words(status: int) -> None:
    for exchange in exchanges(status):
        counting = "count_tokens" in exchange["url"]
        refused = check(exchange["request"], OLD, counting=counting)
        assert refused is not None
        told = exchange["response"]["error"]
        assert (refused.type, refused.message) == (told["type"], told["message"])
        assert refused.status == status
