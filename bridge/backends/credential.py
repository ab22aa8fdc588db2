"""What the calls to Claude have shown about one credential: an API key or a sign-in.

States: `unchecked` until the first call that shows it. Then `accepted` after each call that works,
and `rejected` after each one that upstream refuses because of the credential. Other failures, such
as a limit or no network, show nothing and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.errors import AccountRefused, KeyRejected, NotSignedIn
from bridge.wire.health import CredentialState

KEY_REJECTED = "Anthropic rejected the API key"


class Credential:
    """`words` are upstream's reason, while the state is `rejected`; they never contain the key."""

    def __init__(self) -> None:
        self.state: CredentialState = "unchecked"
        self.words = ""

    @property
    def is_rejected(self) -> bool:
        return self.state == "rejected"

    def accept(self) -> None:
        self.state, self.words = "accepted", ""

    def reject(self, words: str) -> None:
        words = words.removeprefix(f"{KEY_REJECTED}: ").strip().removesuffix(".")
        self.state, self.words = "rejected", words

    def forget(self) -> None:
        """Go back to `unchecked`: the credential may be another one now."""
        self.state, self.words = "unchecked", ""

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Take the state from a call to Claude."""
        try:
            yield
        except (AccountRefused, KeyRejected, NotSignedIn) as error:
            self.reject(error.message)
            raise
        self.accept()
