"""Remembers which response of the bridge's a conversation goes on from; ids and times only."""

import json
from dataclasses import dataclass, field


@dataclass
class Thread:
    """The links of the current conversation, oldest first, and when the last was made.

    Times are Unix seconds.
    """

    links: list[str] = field(default_factory=list)
    at: float = 0.0

    def tip(self, now: float, minutes: float) -> str:
        """Return the id to go on from; none when the last answer is older than `minutes`."""
        return self.links[-1] if self.links and now - self.at <= minutes * 60 else ""

    def add(self, before: str, made: str, now: float) -> None:
        """Take a response that was made after `before`; with none before, a thread begins."""
        kept = self.links[: self.links.index(before) + 1] if before in self.links else []
        self.links = [*kept, made] if made else kept
        self.at = now

    def forget(self) -> str:
        """Drop the newest response, and return its id to be deleted; none when there is none."""
        return self.links.pop() if self.links else ""

    def clear(self) -> None:
        """Begin anew with the next question."""
        self.links = []


@dataclass
class Memory:
    """What outlives a restart of Talon: the thread and the model that was chosen for good."""

    thread: Thread = field(default_factory=Thread)
    model: str = ""

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps({"model": self.model, "thread": self.thread.links, "at": self.thread.at})


def load(text: str) -> Memory:
    """Read `dump`'s JSON; what cannot be read raises ValueError."""
    kept = json.loads(text)
    if not isinstance(kept, dict):
        raise ValueError("not an object")
    links = kept.get("thread")
    ids = [one for one in links if isinstance(one, str)] if isinstance(links, list) else []
    at = kept.get("at")
    thread = Thread(ids, float(at) if isinstance(at, (int, float)) else 0.0)
    return Memory(thread, str(kept.get("model") or ""))
