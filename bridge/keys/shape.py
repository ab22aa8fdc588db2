"""Check the shape of a typed or pasted key, before it is sent or saved anywhere."""

from __future__ import annotations

from bridge.errors import SettingsError
from bridge.keys.named_key import Owner

_QUOTES = "\"'`“”‘’"
_CREATE = "Create a key at platform.claude.com."
ACCESS_KEY_PREFIX = "cb-"
"""Of the access keys that `claude-bridge key set bridge --generate` creates."""

# The first prefix that fits counts, so that longer ones come first.
_NOT_ANTHROPIC = (
    ("sk-ant-oat", "is a sign-in token of Claude Code. To use it, run `claude-bridge login`."),
    ("sk-ant-ort", "is a sign-in token of Claude Code. To use it, run `claude-bridge login`."),
    ("sk-ant-admin", f"is an Admin API key, which cannot send messages. {_CREATE}"),
    ("sk-ant-", ""),
    ("sk-or-", f"is an OpenRouter key, not an Anthropic key. {_CREATE}"),
    ("sk-", f"is an OpenAI key, not an Anthropic key. {_CREATE}"),
    (ACCESS_KEY_PREFIX, f"is an access key of this bridge, not an Anthropic key. {_CREATE}"),
)
_NOT_BRIDGE = (("sk-", "is a key of another service, which clients of this bridge must not know."),)
_NOT_EMBEDDINGS = (
    ("sk-ant-", "is an Anthropic key, and Anthropic has no embeddings."),
    (ACCESS_KEY_PREFIX, "is an access key of this bridge."),
)
_NOT_CLOUD = (
    ("sk-ant-", "is an Anthropic key. Save it with `claude-bridge key set anthropic`."),
    (ACCESS_KEY_PREFIX, "is an access key of this bridge."),
)
_WRONG_PREFIXES = {
    "anthropic": _NOT_ANTHROPIC,
    "bridge": _NOT_BRIDGE,
    "cloud": _NOT_CLOUD,
    "embeddings": _NOT_EMBEDDINGS,
}


def check_secret(typed: str, owner: Owner, *, own_upstream: bool = False) -> str:
    """Return a key without what was copied along with it. Raises SettingsError.

    Around the key, whitespace, quotation marks, `Bearer` and `NAME=` are removed. With
    `own_upstream` (a gateway in ANTHROPIC_BASE_URL), a key for Anthropic may have any prefix but
    those of other services. The messages never contain the key.
    """
    secret = _trim(typed)
    _check_characters(secret)
    for prefix, problem in _WRONG_PREFIXES[owner]:
        if secret.startswith(prefix):
            if problem:
                raise SettingsError(f"not saved: this {problem}")
            return secret
    if owner == "anthropic" and not own_upstream:
        raise SettingsError(
            f"not a valid key: Anthropic API keys begin with sk-ant-. {_CREATE} For a gateway, "
            "set ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY in the environment of the bridge."
        )
    return secret


def _trim(typed: str) -> str:
    secret = typed.strip().removeprefix("export ").strip()
    name, equals, value = secret.partition("=")
    if equals and name.isidentifier() and name.isupper():
        secret = value.strip()
    secret = secret.strip(_QUOTES).strip()
    if secret[:7].lower() == "bearer ":
        secret = secret[7:].strip()
    return secret


def _check_characters(secret: str) -> None:
    if not secret:
        raise SettingsError("not a valid key: it is empty")
    if "\n" in secret or "\r" in secret:
        raise SettingsError("not a valid key: it contains a line break; paste the key alone")
    if any(character.isspace() for character in secret):
        raise SettingsError("not a valid key: it contains a space; paste the key alone")
    if any(quote in secret for quote in _QUOTES):
        raise SettingsError("not a valid key: it contains a quotation mark; paste the key alone")
    # HTTP headers cannot carry other characters.
    if not secret.isascii() or not secret.isprintable():
        raise SettingsError("not a valid key: it contains special characters; copy it again")
