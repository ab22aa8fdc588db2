"""Whether the bridge may listen on an address that other computers can reach."""

from __future__ import annotations

from bridge.errors import SettingsError
from bridge.keys.named_key import Keys


def check_access_key(host: str, keys: Keys) -> None:
    """Raise SettingsError if there is no access key; `host` can be reached by others."""
    if not keys.bridge:
        raise SettingsError(
            f"setting host: {host} can be reached by others, so the bridge needs an access key. "
            "Create one with: claude-bridge key set bridge --generate"
        )
