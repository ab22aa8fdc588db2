"""Keys are replaced wherever they stand, and nothing else is broken by it."""

from __future__ import annotations

import json

import pytest

from bridge.inspect.redaction import redact_headers, redact_json, redact_query


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "Cookie", "X-Goog-Api-Key", "X-Auth-Token", "Ocp-Apim-Subscription-Key",
        "X-Amz-Security-Token", "Cf-Access-Client-Secret", "Helicone-Auth", "Token", "X-My-Own",
    ],
)  # fmt: skip
def test_a_header_that_may_have_a_key_is_hidden(name: str) -> None:
    assert redact_headers([(name, "any value")]) == ((name, "[secret]"),)


@pytest.mark.parametrize("name", ["User-Agent", "anthropic-beta", "X-Stainless-OS", "Content-Type"])
def test_a_header_that_has_none_is_shown(name: str) -> None:
    assert redact_headers([(name, "any value")]) == ((name, "any value"),)


def test_values_of_a_query_are_hidden_unless_they_are_known() -> None:
    query = "key=AIza123&api-version=2026-10-21&access_token=x&limit=5&flag&empty="
    assert redact_query(query) == (
        "key=[secret]&api-version=2026-10-21&access_token=[secret]&limit=5&flag&empty="
    )


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ('curl -H "Authorization: Bearer abcd1234" http://x', 'Bearer [secret]" http://x'),
        ("My key is sk-ant-api03-abcdefgh.", "My key is [secret]."),
        ("git clone https://me:hunter22@host/x", "https://[secret]@host/x"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[secret]"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "Basic [secret]"),
        ("No key: \ud83d \\ and \"quotes\"\n", "No key: \ud83d \\ and \"quotes\"\n"),
    ],
)  # fmt: skip
def test_json_stays_valid_without_its_keys(words: str, shown: str) -> None:
    text = json.dumps({"messages": [{"content": words}]})
    content = json.loads(redact_json(text))["messages"][0]["content"]
    assert content.endswith(shown)
    assert (redact_json(text) == text) == (words == shown)


def test_an_escaped_key_is_one() -> None:
    assert redact_json('{"a": "\\u0073k-ant-api03-abcdefgh"}') == '{"a": "[secret]"}'


@pytest.mark.parametrize(
    "text",
    [
        "key={key}&x=1",
        "data: no JSON, {key}\n\n",
        '{{"a": {key}}}',
        "{{'a': '{key}'}}",
        '{{"a": "b"}} {key}',
        '{{"a": "{key}',
        '{{"a": "b\\n{key}',
    ],
)
def test_what_is_no_json_has_no_keys_either(text: str) -> None:
    key = "sk-ant-api03-abcdefghijklmnop"
    assert redact_json(text.format(key=key)) == text.format(key="[secret]")


@pytest.mark.parametrize(
    "text",
    [
        *("eyJ" * 100_000, '"' + "eyJ" * 100_000, '"\\"' * 100_000, '"' + "Bearer " * 50_000),
        '"' + '\\"' * 100_000,
    ],
    ids=["tokens", "cut", "quotes", "bearer", "cut quotes"],
)
def test_a_text_made_for_it_takes_no_time(text: str) -> None:
    """Once 5 s for 100 KB; the hang guard of the suite is the measure."""
    assert len(redact_json(text)) > 100_000
