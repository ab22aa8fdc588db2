"""`POST /v1/completions` with the real client."""

from __future__ import annotations

from typing import Any, get_type_hints

import openai
import pytest
from openai import AsyncOpenAI
from openai.types import Completion
from openai.types.completion_create_params import CompletionCreateParamsNonStreaming

from bridge.translate.chat.request import IGNORED_PARAMETERS
from bridge.translate.completions import CONTINUE_PROMPT, FILL_IN_PROMPT
from bridge.wire.completions import CompletionRequest
from tests.fake_anthropic.script import Usage, says
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-haiku-5-5"


async def create_completion(client: AsyncOpenAI, **more: Any) -> Any:
    body: Any = {"model": MODEL, "prompt": "Once upon", "max_tokens": 3000, **more}
    return await client.completions.create(**body)


def get_sent_body(fake: FakeAnthropic) -> list[tuple[str, str]]:
    """System prompt and user's words of each request upstream."""
    bodies = [request.body for request in fake.requests if request.method == "POST"]
    return [
        (body["system"][0]["text"], body["messages"][0]["content"][0]["text"]) for body in bodies
    ]


async def test_a_text_is_continued(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says(" a time", usage=Usage(20, 4)))
    answer = await create_completion(client)
    Completion.model_validate(answer.to_dict(), strict=True)
    assert (answer.object, answer.choices[0].text) == ("text_completion", " a time")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.to_dict()["total_tokens"] == 24
    assert get_sent_body(fake) == [(CONTINUE_PROMPT, "<text>Once upon</text>")]
    assert fake.requests[-1].body["thinking"] == {"type": "disabled"}


async def test_a_gap_is_filled(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says("x * 2"))
    answer = await create_completion(client, prompt="return ", suffix="\n\nend", stop=["\n\n"])
    assert answer.choices[0].text == "x * 2"
    assert get_sent_body(fake) == [
        (FILL_IN_PROMPT, "<before>return </before><after>\n\nend</after>")
    ]


async def test_it_streams(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says("one two three", usage=Usage(5, 3)))
    stream = await create_completion(client, stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    # OpenAI's own type has no null for a finish_reason that is not there yet; its API sends it.
    Completion.model_validate(chunks[-2].to_dict(), strict=True)
    assert "".join(c.text for chunk in chunks for c in chunk.choices) == "one two three"
    assert [c.finish_reason for chunk in chunks for c in chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 8
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].id.startswith("cmpl-")


@pytest.mark.parametrize("stream", [False, True])
async def test_two_prompts_with_two_choices_each(
    client: AsyncOpenAI, fake: FakeAnthropic, stream: bool
) -> None:
    fake.default = {"text": "!"}
    answer = await create_completion(client, prompt=["a", "b"], n=2, echo=True, stream=stream)
    texts = dict.fromkeys(range(4), "")
    for part in [part async for part in answer] if stream else [answer]:
        for choice in part.choices:
            texts[choice.index] += choice.text
    assert texts == {0: "a!", 1: "a!", 2: "b!", 3: "b!"}
    assert [words for _, words in sorted(get_sent_body(fake))] == [
        "<text>a</text>", "<text>a</text>", "<text>b</text>", "<text>b</text>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"prompt": [1, 2, 3]}, "prompt"),
        ({"prompt": [[1], [2]]}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["x"] * 21}, "prompt"),
        ({"n": 4, "best_of": 2}, "best_of"),
        ({"max_tokens": -1}, "max_tokens"),
    ],
)
async def test_unsupported_parameters_are_rejected_by_name(
    client: AsyncOpenAI, more: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await create_completion(client, **more)
    assert caught.value.param == param


async def test_ignored_parameters_are_in_the_notice(client: AsyncOpenAI) -> None:
    raw = await client.completions.with_raw_response.create(
        model="gpt-3.5-turbo-instruct", prompt="x", best_of=3, logprobs=2, seed=4
    )
    notice = raw.headers["x-bridge-notice"]
    for name in ("model:", "best_of ignored:", "logprobs ignored:", "seed ignored:"):
        assert name in notice


def test_every_parameter_is_mapped_or_ignored_with_a_reason() -> None:
    theirs = set(get_type_hints(CompletionCreateParamsNonStreaming))
    assert theirs <= {*CompletionRequest.model_fields, *IGNORED_PARAMETERS}
