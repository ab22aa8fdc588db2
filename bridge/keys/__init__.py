"""The user's keys: for Anthropic, the bridge itself, clouds, and an embedding service."""

from bridge.keys.chain import KeyChain, KeysUnreadable
from bridge.keys.named_key import OWNERS, Keys, NamedKey, Owner
from bridge.keys.shape import check_secret

__all__ = [
    "OWNERS",
    "KeyChain",
    "Keys",
    "KeysUnreadable",
    "NamedKey",
    "Owner",
    "check_secret",
]
