"""All connections to Claude's API share their TLS settings."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from bridge.backends.anthropic_api.tls import get_tls_context


def test_the_certificates_are_read_once() -> None:
    assert get_tls_context() is get_tls_context()


def test_other_certificates_of_the_environment_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = get_tls_context()
    own = tmp_path / "own.pem"
    trustme.CA().cert_pem.write_to_path(str(own))
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    assert get_tls_context() is not usual
