"""A chat with a picture, in the words of the other two endpoints."""

from __future__ import annotations

from tests.benchmarks.wire.bodies import build_chat, to_messages_body, to_response_body

CHAT = build_chat(
    20,
    messages=[
        {"role": "user", "content": "Before."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "deltas=20"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
            ],
        },
    ],
)


def test_as_a_response() -> None:
    assert to_response_body(CHAT)["input"] == [
        {"role": "user", "content": "Before."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "deltas=20"},
                {"type": "input_image", "image_url": "data:image/png;base64,QUJD"},
            ],
        },
    ]


def test_as_messages() -> None:
    picture = {"type": "base64", "media_type": "image/png", "data": "QUJD"}
    assert to_messages_body(CHAT)["messages"] == [
        {"role": "user", "content": "Before."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "deltas=20"},
                {"type": "image", "source": picture},
            ],
        },
    ]
