"""What can be asked of the bridge and of its peers: the three endpoints of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.wire.bodies import to_messages_body, to_response_body
from tests.benchmarks.wire.load import Target
from tests.benchmarks.wire.programs import ANTHROPIC, OPENAI


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path, how it is asked, and what each of its answers contains."""

    path: str
    headers: Mapping[str, str]
    convert: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    marker: bytes

    def at(self, name: str, url: str, pid: int | None) -> Target:
        return Target(name, url, self.path, self.headers, self.convert, pid, self.marker)


ENDPOINTS: Mapping[str, Endpoint] = {
    "chat": Endpoint("/v1/chat/completions", OPENAI, dict, b'"choices"'),
    "responses": Endpoint("/v1/responses", OPENAI, to_response_body, b'"response'),
    "messages": Endpoint("/v1/messages", ANTHROPIC, to_messages_body, b'"message'),
}
