"""Anthropic's blocks in a chat are read as OpenAI's parts, in their places."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.wire.chat_input.blocks import read_blocks

CALL = {"type": "tool_use", "id": "t1", "name": "read", "input": {"path": "a"}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "x"}]}
IMAGE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
    "cache_control": {"type": "ephemeral"},
}
TEXT = {"type": "text", "text": "Hi"}


def read(*messages: dict[str, Any]) -> Any:
    return read_blocks(list(messages))


def test_openais_messages_are_not_touched() -> None:
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": [TEXT, {"type": "image_url", "image_url": {"url": "x"}}]},
        {"role": "assistant", "content": None, "tool_calls": []},
    ]
    assert read_blocks(messages) is messages


def test_calls_and_results_become_tool_calls_and_tool_messages() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "s"}
    assert read(
        {"role": "assistant", "content": [thinking, TEXT, CALL]},
        {"role": "user", "content": [TEXT, RESULT]},
        {"role": "user", "content": [{**RESULT, "content": "no", "is_error": True}]},
    ) == [
        {
            "role": "assistant",
            "content": [TEXT],
            "thinking_blocks": [thinking],
            "tool_calls": [
                {
                    "id": "t1",
                    "type": "function",
                    "function": {"name": "read", "arguments": {"path": "a"}},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "t1", "content": [{"type": "text", "text": "x"}]},
        {"role": "user", "content": [TEXT]},
        {"role": "tool", "tool_call_id": "t1", "content": "[error] no"},
    ]


def test_images_documents_and_texts_become_parts() -> None:
    parts = [
        IMAGE,
        {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
        {"type": "document", "title": "a.pdf", "source": {"type": "base64", "data": "JVBE"}},
        {"type": "document", "source": {"type": "text", "data": "words"}},
        {"type": "input_text", "text": "a"},
        {"type": "output_text", "text": "b"},
        {"type": "image_url", "image_url": "data:image/png;base64,AAAA"},
        {"type": "input_image", "image_url": "https://a.example/b.png"},
    ]
    assert read({"role": "user", "content": parts})[0]["content"] == [
        {
            "type": "image_url",
            "image_url": {"url": "data:image/png;base64,AAAA"},
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
        {"type": "file", "file": {"file_data": "data:;base64,JVBE", "filename": "a.pdf"}},
        {"type": "text", "text": "words"},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": None}},
    ]


odd = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "content", "source", "role", "image_url", "data"]),
            st.one_of(
                inner, st.sampled_from(["tool_use", "tool_result", "image", "document", "user"])
            ),
        ),
    ),
    max_leaves=12,
)


@given(odd)
def test_any_messages_are_read_without_a_crash(messages: Any) -> None:
    read_blocks(messages)
