"""Record which response a conversation continues from; ids and times only, no content."""

import json
from dataclasses import dataclass, field


@dataclass
class Thread:
    """The response ids of the current conversation, oldest first.

    `at` is the time of the last response, in Unix seconds.
    """

    ids: list[str] = field(default_factory=list)
    at: float = 0.0

    def find_tip(self, now: float, minutes: float) -> str:
        """Return the id to continue from, or empty if the last is older than `minutes`."""
        return self.ids[-1] if self.ids and now - self.at <= minutes * 60 else ""

    def add(self, before: str, response: str, now: float) -> None:
        """Append a response that continues from `before`, or start a thread if that is empty."""
        earlier = self.ids[: self.ids.index(before) + 1] if before in self.ids else []
        self.ids = [*earlier, response] if response else earlier
        self.at = now

    def pop(self) -> str:
        """Remove the newest response and return its id, or empty if there is none."""
        return self.ids.pop() if self.ids else ""

    def clear(self) -> None:
        """Start a new thread with the next question."""
        self.ids = []


@dataclass
class SavedState:
    """What is saved across restarts of Talon: the thread, and the model the user chose."""

    thread: Thread = field(default_factory=Thread)
    model: str = ""

    def to_json(self) -> str:
        """Return the state as JSON."""
        return json.dumps({"model": self.model, "thread": self.thread.ids, "at": self.thread.at})


def parse_state(text: str) -> SavedState:
    """Parse the JSON of `SavedState.to_json`; raise ValueError if it is not a JSON object."""
    state = json.loads(text)
    if not isinstance(state, dict):
        raise ValueError("not an object")
    thread = state.get("thread")
    ids = [item for item in thread if isinstance(item, str)] if isinstance(thread, list) else []
    at = state.get("at")
    return SavedState(
        Thread(ids, float(at) if isinstance(at, (int, float)) else 0.0),
        str(state.get("model") or ""),
    )
