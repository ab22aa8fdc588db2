"""A run's conversation: what was asked stays the beginning of what is asked next, mostly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.agent.history import KEPT, LEFT_OUT, MOST, History
from bridge.wire.messages import Block, MessagesRequest

ASKED = MessagesRequest(
    "claude-opus-5-5",
    1000,
    ({"role": "user", "content": [{"type": "text", "text": "Turn on dark mode."}]},),
)
THOUGHT: Block = {"type": "thinking", "thinking": "Hm.", "signature": "s"}


def picture(name: str) -> Block:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": name}}


def turn(history: History, at: int, *content: Block) -> None:
    call: Block = {"type": "tool_use", "id": f"toolu_{at}", "name": "screenshot", "input": {}}
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": list(content)}
    history.answered([THOUGHT, call], [result])


def pictures(history: History) -> list[str]:
    return [
        part["source"]["data"]
        for message in history.request.messages
        for block in message["content"]
        if block["type"] == "tool_result"
        for part in block["content"]
        if part["type"] == "image"
    ]


def thoughts(history: History) -> int:
    return sum(
        block["type"] == "thinking"
        for message in history.request.messages
        for block in message["content"]
    )


def test_a_turn_and_what_came_of_it_go_behind_what_was_asked() -> None:
    history = History(ASKED)
    turn(history, 1, picture("a"))
    first, claude, person = history.request.messages
    assert first == ASKED.messages[0]
    assert [block["type"] for block in claude["content"]] == ["thinking", "tool_use"]
    assert person["content"][0]["tool_use_id"] == "toolu_1"


def test_a_paused_turn_goes_on_in_the_same_message() -> None:
    history = History(ASKED)
    history.go_on([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}])
    history.go_on([{"type": "text", "text": "Found."}])
    _, claude = history.request.messages
    assert [block["type"] for block in claude["content"]] == ["server_tool_use", "text"]


def test_thinking_that_cannot_go_back_is_left_out_at_once() -> None:
    history = History(ASKED, thinking_back=False)
    turn(history, 1, picture("a"))
    assert thoughts(history) == 0


def test_the_oldest_pictures_go_when_there_are_too_many() -> None:
    history = History(ASKED)
    for at in range(MOST + 1):
        turn(history, at, picture(str(at)))
    assert pictures(history) == [str(at) for at in range(MOST + 1 - KEPT, MOST + 1)]
    oldest = history.request.messages[2]["content"][0]
    assert oldest["content"] == [LEFT_OUT]


def test_bound_thinking_goes_with_what_it_was_bound_to() -> None:
    bound, free = History(ASKED), History(ASKED, bound=False)
    for history in (bound, free):
        for at in range(MOST + 1):
            turn(history, at, picture(str(at)))
    # The first turn thought before there was any picture: nothing before it has changed.
    assert thoughts(bound) == 1
    assert thoughts(free) == MOST + 1


@given(st.lists(st.integers(0, 3), max_size=60))
def test_the_cache_lives_but_for_few_takings_out(counts: list[int]) -> None:
    """Whatever the turns show: never too many pictures, the last never gone, and what was asked
    is the beginning of what is asked next, but for one time in every `MOST - KEPT` pictures."""
    history, changes, shown = History(ASKED), 0, 0
    for at, count in enumerate(counts):
        before = history.request.messages
        names = [f"{at}.{number}" for number in range(count)]
        turn(history, at, *map(picture, names))
        shown += count
        assert len(pictures(history)) <= MOST
        assert pictures(history)[len(pictures(history)) - count :] == names
        changes += history.request.messages[: len(before)] != before
    assert changes <= shown / (MOST - KEPT)
