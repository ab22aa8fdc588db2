"""Tells which credential the `anthropic` SDK uses, without loading the SDK where that is possible.

The order is the SDK's own: a key given by name, ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, a profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.keys import NamedKey

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """`use` says that it is used; `name` is the variable, the profile or the key in quotes."""

    use: str
    name: str


API_KEY = CredentialSource("ANTHROPIC_API_KEY is set", "ANTHROPIC_API_KEY")
AUTH_TOKEN = CredentialSource("ANTHROPIC_AUTH_TOKEN is set", "ANTHROPIC_AUTH_TOKEN")
PROFILE = CredentialSource("using an `ant auth login` profile", "the `ant auth login` profile")


def find_given(key: NamedKey | None, environ: Mapping[str, str]) -> CredentialSource | None:
    """Return the credential that is given as a key or a variable; it needs no profile."""
    if key is not None:
        return CredentialSource(f"using API key “{key.name}”", f"“{key.name}”")
    if environ.get("ANTHROPIC_API_KEY"):
        return API_KEY
    return AUTH_TOKEN if environ.get("ANTHROPIC_AUTH_TOKEN") else None


def find_in_client(key: NamedKey | None, client: AsyncAnthropic) -> CredentialSource | None:
    """Return the credential that a client of the SDK uses; None without one."""
    given = {"ANTHROPIC_API_KEY": client.api_key, "ANTHROPIC_AUTH_TOKEN": client.auth_token}
    source = find_given(key, {name: secret for name, secret in given.items() if secret})
    return source or (PROFILE if client.credentials is not None else None)
