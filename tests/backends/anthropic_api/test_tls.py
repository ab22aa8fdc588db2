"""All connections to Claude's API share their TLS settings."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import trustme

from bridge.backends.anthropic_api import tls
from bridge.backends.anthropic_api.tls import get_tls_context


@pytest.fixture(autouse=True)
def readings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ssl.SSLContext]]:
    """Each reading makes a context of its own; elsewhere the tests read the certificates once."""
    made: list[ssl.SSLContext] = []

    def create() -> ssl.SSLContext:
        made.append(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return made[-1]

    monkeypatch.setattr(httpx2, "create_ssl_context", create)
    tls._create_context.cache_clear()
    yield made
    tls._create_context.cache_clear()


def test_the_certificates_are_read_once(readings: list[ssl.SSLContext]) -> None:
    assert get_tls_context() is get_tls_context()
    assert len(readings) == 1


def test_other_certificates_of_the_environment_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = get_tls_context()
    own = tmp_path / "own.pem"
    trustme.CA().cert_pem.write_to_path(str(own))
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    assert get_tls_context() is not usual
