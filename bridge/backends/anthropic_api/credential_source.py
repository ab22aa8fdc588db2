"""Tells which credential is used, in the order of the `anthropic` SDK, without loading it.

A key given by name, ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, then a profile or a federation, which
only the SDK can use.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.keys import NamedKey


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """`use` says that it is used; `name` is the variable, the profile or the key in quotes."""

    use: str
    name: str


API_KEY = CredentialSource("ANTHROPIC_API_KEY is set", "ANTHROPIC_API_KEY")
AUTH_TOKEN = CredentialSource("ANTHROPIC_AUTH_TOKEN is set", "ANTHROPIC_AUTH_TOKEN")
PROFILE = CredentialSource("using an `ant auth login` profile", "the `ant auth login` profile")

_OF_PROFILES = ("ANTHROPIC_PROFILE", "ANTHROPIC_CONFIG_DIR", "ANTHROPIC_FEDERATION_RULE_ID")


def find_given(key: NamedKey | None, environ: Mapping[str, str]) -> CredentialSource | None:
    """Return the credential that is given as a key or a variable."""
    if key is not None:
        return CredentialSource(f"using API key “{key.name}”", f"“{key.name}”")
    if environ.get("ANTHROPIC_API_KEY"):
        return API_KEY
    return AUTH_TOKEN if environ.get("ANTHROPIC_AUTH_TOKEN") else None


def may_have_profile(environ: Mapping[str, str]) -> bool:
    """Return whether the SDK may find a profile or a federation; if not, it need not be loaded."""
    return any(map(environ.get, _OF_PROFILES)) or _find_profile_folder(environ).exists()


def _find_profile_folder(environ: Mapping[str, str]) -> Path:
    if sys.platform != "win32":
        return Path.home() / ".config" / "anthropic"
    roaming = environ.get("APPDATA")
    return (Path(roaming) if roaming else Path.home() / "AppData" / "Roaming") / "Anthropic"
