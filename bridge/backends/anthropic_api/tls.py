"""The TLS settings of all connections to Claude's API."""

from __future__ import annotations

import functools
import os
import ssl

import httpx2

from bridge.errors import UpstreamUnreachable


def get_tls_context() -> ssl.SSLContext:
    """Return the context that all clients share; call it in a thread.

    The first call reads the certificates, of which there are 150: that takes 50 ms. Raises
    UpstreamUnreachable if they cannot be read.
    """
    # Both variables name certificates to trust in place of the usual ones.
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        return _create_context(file, folder)
    except OSError as error:
        raise UpstreamUnreachable(
            f"The certificates for connections to Claude's API cannot be read: {error}. "
            f"SSL_CERT_FILE is {file or 'not set'}, SSL_CERT_DIR is {folder or 'not set'}."
        ) from error


@functools.lru_cache(4)
def _create_context(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    return httpx2.create_ssl_context()
