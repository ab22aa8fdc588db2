"""The conversation of an agent loop: it only grows at its end, except when pictures are removed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.agent.history import MAX_PICTURES, PICTURES_LEFT, REMOVED_PICTURE, History
from bridge.wire.messages import Block, MessagesRequest

FIRST_REQUEST = MessagesRequest(
    "claude-opus-5-5",
    1000,
    ({"role": "user", "content": [{"type": "text", "text": "Turn on dark mode."}]},),
)
THINKING: Block = {"type": "thinking", "thinking": "Hm.", "signature": "s"}


def picture(name: str) -> Block:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": name}}


def add_turn(history: History, number: int, *content: Block) -> None:
    call: Block = {"type": "tool_use", "id": f"toolu_{number}", "name": "screenshot", "input": {}}
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": list(content)}
    history.add_turn([THINKING, call], [result])


def list_pictures(history: History) -> list[str]:
    return [
        part["source"]["data"]
        for message in history.request.messages
        for block in message["content"]
        if block["type"] == "tool_result"
        for part in block["content"]
        if part["type"] == "image"
    ]


def count_thinking(history: History) -> int:
    return sum(
        block["type"] == "thinking"
        for message in history.request.messages
        for block in message["content"]
    )


def test_a_turn_and_its_results_are_appended_to_the_request() -> None:
    history = History(FIRST_REQUEST)
    add_turn(history, 1, picture("a"))
    first, assistant, user = history.request.messages
    assert first == FIRST_REQUEST.messages[0]
    assert [block["type"] for block in assistant["content"]] == ["thinking", "tool_use"]
    assert user["content"][0]["tool_use_id"] == "toolu_1"


def test_a_paused_turn_continues_in_the_same_message() -> None:
    history = History(FIRST_REQUEST)
    search: Block = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    history.add_paused_turn([search])
    history.add_paused_turn([{"type": "text", "text": "Found."}])
    _, assistant = history.request.messages
    assert [block["type"] for block in assistant["content"]] == ["server_tool_use", "text"]


def test_thinking_that_cannot_be_sent_back_is_left_out() -> None:
    history = History(FIRST_REQUEST, thinking_back=False)
    add_turn(history, 1, picture("a"))
    assert count_thinking(history) == 0


def test_the_oldest_pictures_are_removed_when_there_are_too_many() -> None:
    history = History(FIRST_REQUEST)
    numbers = range(MAX_PICTURES + 1)
    for number in numbers:
        add_turn(history, number, picture(str(number)))
    assert list_pictures(history) == [str(number) for number in numbers[-PICTURES_LEFT:]]
    oldest = history.request.messages[2]["content"][0]
    assert oldest["content"] == [REMOVED_PICTURE]


def test_thinking_bound_to_a_removed_picture_is_removed_too() -> None:
    bound, free = History(FIRST_REQUEST), History(FIRST_REQUEST, bound=False)
    for history in (bound, free):
        for number in range(MAX_PICTURES + 1):
            add_turn(history, number, picture(str(number)))
    # The first turn's thinking came before any picture: nothing before it has changed.
    assert count_thinking(bound) == 1
    assert count_thinking(free) == MAX_PICTURES + 1


@given(st.lists(st.integers(0, 3), max_size=60))
def test_the_cache_is_rarely_lost(counts: list[int]) -> None:
    """There are never too many pictures, and the newest remain, whatever the turns contain.

    Each request extends the one before, except once in `MAX_PICTURES - PICTURES_LEFT` pictures.
    """
    history, changes, total = History(FIRST_REQUEST), 0, 0
    for number, count in enumerate(counts):
        before = history.request.messages
        names = [f"{number}.{index}" for index in range(count)]
        add_turn(history, number, *map(picture, names))
        total += count
        assert len(list_pictures(history)) <= MAX_PICTURES
        assert list_pictures(history)[len(list_pictures(history)) - count :] == names
        changes += history.request.messages[: len(before)] != before
    assert changes <= total / (MAX_PICTURES - PICTURES_LEFT)
